"""A candidate's evidence, as MLflow keeps it: parameters, metrics, data sets and one folder of files."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.registry.candidate import Candidate
from tasks.registry.error import RegistryError
from tasks.registry.provenance import installed_packages

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput

MODEL_DIR = "model_dir"
GOLDEN_DIR = "golden"

_MAX_PARAM_CHARS = 500
_MAX_DIGEST_CHARS = 36  # MLflow's own limit; the whole hash stands in the tags
_BATCH = 100


def log_evidence(client: MlflowClient, mlflow_run: str, candidate: Candidate, folder: Path) -> None:
    """Log everything about a candidate to an MLflow run; ``folder`` is an empty place to put files together.

    Logging the same candidate again changes nothing but the metrics' history.
    """
    from mlflow.entities import Metric, Param

    params = [Param(name, value) for name, value in flat(candidate.recipe)]
    now = int(time.time() * 1000)
    metrics = [Metric(name, float(value), now, 0) for name, value in candidate.metrics.items()]
    for start in range(0, len(params), _BATCH):
        client.log_batch(mlflow_run, params=params[start : start + _BATCH])
    for start in range(0, len(metrics), _BATCH):
        client.log_batch(mlflow_run, metrics=metrics[start : start + _BATCH])
    client.log_inputs(mlflow_run, list(_datasets(candidate)))
    write_files(candidate, folder)
    client.log_artifacts(mlflow_run, str(folder))


def flat(recipe: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield a nested recipe as ``("optimiser.name", "adamw")`` pairs; a value beyond 500 characters is cut."""
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{name}", text if len(text) <= _MAX_PARAM_CHARS else f"{text[: _MAX_PARAM_CHARS - 1]}…"


def write_files(candidate: Candidate, folder: Path) -> None:
    """Write a candidate's files below ``folder`` as the registry shows them."""
    for name, text in candidate.documents.items():
        _child(folder, name).write_text(text, encoding="utf-8")
    for name, png in candidate.figures.items():
        _child(folder, f"figures/{name}.png").write_bytes(png)
    for name, table in candidate.tables.items():
        table.to_csv(_child(folder, f"tables/{name}.csv"), index=False)
        table.to_json(_child(folder, f"tables/{name}.json"), orient="records", indent=2)
    candidate.predictions.to_parquet(_child(folder, "predictions.parquet"), index=False)
    _child(folder, "environment.txt").write_text(installed_packages(), encoding="utf-8")
    shutil.copy(candidate.snapshot_dir / "snapshot.json", _child(folder, "snapshot.json"))
    shutil.copytree(candidate.model_dir, folder / MODEL_DIR)
    shutil.copytree(candidate.golden_dir, folder / GOLDEN_DIR)


def _child(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise RegistryError(name, "is not a file name", "name evidence by plain names")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _datasets(candidate: Candidate) -> Iterator[DatasetInput]:
    snapshot = _snapshot(candidate.snapshot_dir)
    folder = candidate.snapshot_dir
    source = json.dumps({"uri": f"{folder.parent.name}/{folder.name}"})  # of the home, wherever that is
    profile = json.dumps(snapshot.get("counts", {}))
    yield _dataset(f"snapshot {snapshot['id']}", snapshot["content_sha256"], source, profile, "training")
    for name, sha256 in sorted(snapshot.get("test_sets", {}).items()):
        yield _dataset(f"test set {name}", sha256, source, "{}", "evaluation")


def _dataset(name: str, sha256: str, source: str, profile: str, context: str) -> DatasetInput:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(name, sha256[:_MAX_DIGEST_CHARS], "local", source, schema=None, profile=profile)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", context)])


def _snapshot(snapshot_dir: Path) -> dict[str, Any]:
    try:
        content = json.loads((snapshot_dir / "snapshot.json").read_text(encoding="utf-8"))
        return {**content, "id": str(content["id"]), "content_sha256": str(content["content_sha256"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(snapshot_dir, "is not a snapshot", "register a run whose snapshot is there") from error
