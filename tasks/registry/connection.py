"""The connection to MLflow: always an explicit address, never MLflow's process-wide state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.registry.error import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
_DATABASES = (_SQLITE, "postgresql://", "postgresql+psycopg://")
_SERVERS = ("http://", "https://")


def connect(tracking_uri: str) -> MlflowClient:
    """Return a client of the tracking server or database.

    Raises:
        RegistryError: the address is neither a server's nor a database's (MLflow refuses plain folders).
    """
    if not tracking_uri.startswith((*_DATABASES, *_SERVERS)):
        raise RegistryError(
            tracking_uri,
            "is neither a server nor a database",
            "set ECG_MLFLOW_TRACKING_URI to http://..., sqlite:///... or postgresql://...",
        )
    if tracking_uri.startswith(_SQLITE):
        _database_file(tracking_uri).parent.mkdir(parents=True, exist_ok=True)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)


def experiment_id(client: MlflowClient, tracking_uri: str, name: str, artifact_root: str | None) -> str:
    """Return the id of an experiment, made if it is not there yet; two processes may do so at once."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_location=artifact_location(tracking_uri, artifact_root))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        found = client.get_experiment_by_name(name)
    if found is None or found.lifecycle_stage != "active":
        raise RegistryError(f"experiment {name}", "was deleted in MLflow", "restore it there, or name another")
    return str(found.experiment_id)


def artifact_location(tracking_uri: str, artifact_root: str | None) -> str | None:
    """Return where artifacts go: a server decides itself, SQLite's lie beside the database file.

    Raises:
        RegistryError: another database, and no ``artifact_root``.
    """
    if artifact_root is not None or tracking_uri.startswith(_SERVERS):
        return artifact_root
    if tracking_uri.startswith(_SQLITE):
        return (_database_file(tracking_uri).parent / "artifacts").as_uri()
    raise RegistryError("MLflow database", "needs a place for its artifacts", "pass artifact_root, or use a server")


def _database_file(tracking_uri: str) -> Path:
    return Path(tracking_uri.removeprefix(_SQLITE)).resolve()
