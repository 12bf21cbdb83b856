"""Store a model directory as a model that MLflow can load and serve."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.features import CATEGORY_NAMES, NUMBER_NAMES
from tasks.registry.candidate import Candidate
from tasks.registry.provenance import serving_requirements

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature

_CODE = Path(__file__).with_name("serving_model.py")


def log_served_model(client: MlflowClient, mlflow_run: str, candidate: Candidate, folder: Path) -> LoggedModel:
    """Store the candidate as a logged model of an MLflow run; ``folder`` must not exist yet.

    What an interrupted call left for this run is removed first.
    """
    experiment = client.get_run(mlflow_run).info.experiment_id
    for left in client.search_logged_models([experiment], filter_string=f"source_run_id = '{mlflow_run}'"):
        client.delete_logged_model(left.model_id)
    save_served_model(candidate, folder)
    model = client.create_logged_model(experiment, name=f"ecg-{candidate.slot}", source_run_id=mlflow_run)
    client.log_model_artifacts(model.model_id, str(folder))
    return client.finalize_logged_model(model.model_id, "READY")


def save_served_model(candidate: Candidate, folder: Path) -> None:
    """Write MLflow's own form of the candidate to ``folder``."""
    import mlflow.pyfunc

    with _quiet():
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(_CODE),
            artifacts={"model_dir": str(candidate.model_dir)},
            model_config={"model_class": candidate.model_class, "task": candidate.task},
            pip_requirements=serving_requirements(),
            signature=signature(candidate),
        )


def signature(candidate: Candidate) -> ModelSignature:
    """Return the served model's input and output columns."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    of_table = candidate.model_class in list(TableFamily)
    clinical = [*CATEGORY_NAMES, *NUMBER_NAMES] if of_table or candidate.model_class.endswith("-clinical") else []
    inputs: list[ColSpec | TensorSpec] = [] if of_table else [ColSpec("string", "image")]
    inputs += [ColSpec("double", name) for name in clinical]
    outputs: list[ColSpec | TensorSpec] = [ColSpec("double", f"{target}_probability") for target in candidate.targets]
    return ModelSignature(Schema(inputs), Schema(outputs))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without MLflow's advice on type hints, which the explicit signature makes pointless."""
    logger = logging.getLogger("mlflow.models.signature")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="mlflow")
            yield
    finally:
        logger.setLevel(level)
