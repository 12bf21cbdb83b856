"""A report in MLflow: one run that holds a page, its tables and its figures. Logged again, it replaces them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.registry.connection import connect, experiment_id
from tasks.registry.error import registry_errors
from tasks.registry.registry import Registry

EXPERIMENT = "ecg-benchmarks"
_RUN_TAG = "ecg_report_id"


def log_report(
    registry: Registry, report_id: str, folder: Path, tags: Mapping[str, str], metrics: Mapping[str, float]
) -> str:
    """Log the files below ``folder`` to the run of ``report_id`` and return the run's id.

    Args:
        registry: where MLflow is.
        report_id: the same id always means the same run.
        folder: the files, as the run shall hold them.
        tags: such as ``snapshot``.
        metrics: finite values by name.

    Raises:
        RegistryError: MLflow cannot be reached or refuses.
    """
    with registry_errors(f"report {report_id}"):
        client = connect(registry.tracking_uri)
        experiment = experiment_id(client, registry.tracking_uri, EXPERIMENT, registry.artifact_root)
        found = client.search_runs([experiment], f"tags.{_RUN_TAG} = '{report_id}'", max_results=1)
        run = found[0] if found else client.create_run(experiment, run_name=report_id, tags={_RUN_TAG: report_id})
        run_id = str(run.info.run_id)
        for name, value in tags.items():
            client.set_tag(run_id, name, value)
        for name, number in metrics.items():
            client.log_metric(run_id, name, number)
        client.log_artifacts(run_id, str(folder))
        client.set_terminated(run_id, "FINISHED")
    return run_id
