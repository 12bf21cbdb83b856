"""The connection to MLflow: always an explicit address, never MLflow's process-wide state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.sqlite_url import sqlite_file
from tasks.registry.address import artifacts_uri, follow_home
from tasks.registry.error import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SQLITE = "sqlite:///"
_DATABASES = (_SQLITE, "postgresql://", "postgresql+psycopg://")
_SERVERS = ("http://", "https://")


def connect(tracking_uri: str) -> MlflowClient:
    """Return a client of the tracking server or database; an SQLite database that was moved is at home again first.

    Raises:
        RegistryError: the address is neither a server's nor a database's (MLflow refuses plain folders), or the
            database cannot be written.
    """
    if not tracking_uri.startswith((*_DATABASES, *_SERVERS)):
        raise RegistryError(
            tracking_uri,
            "is neither a server nor a database",
            "set ECG_MLFLOW_TRACKING_URI to http://..., sqlite:///... or postgresql://...",
        )
    if tracking_uri.startswith(_SQLITE):
        database = _database_file(tracking_uri)
        database.parent.mkdir(parents=True, exist_ok=True)
        follow_home(database)
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    if tracking_uri.startswith(_SQLITE):
        _remove_misspelt_folder(client, tracking_uri)
    return client


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
        return artifacts_uri(_database_file(tracking_uri))
    raise RegistryError("MLflow database", "needs a place for its artifacts", "pass artifact_root, or use a server")


def _remove_misspelt_folder(client: MlflowClient, tracking_uri: str) -> None:
    """Remove the empty folder that MLflow makes beside a home whose path a URL cannot spell as it is (``%``, ``?``)."""
    misspelt = Path(tracking_uri.removeprefix(_SQLITE)).parent
    if misspelt.resolve() == _database_file(tracking_uri).parent:
        return
    client.search_registered_models(max_results=1)  # the registry's store makes it too, when it is first used
    for folder in (misspelt, *misspelt.parents):
        try:
            folder.rmdir()
        except OSError:  # gone, or not empty: the home's own parent
            return


def _database_file(tracking_uri: str) -> Path:
    file = sqlite_file(tracking_uri)
    if file is None:
        raise RegistryError(tracking_uri, "names no file", "give ECG_MLFLOW_TRACKING_URI a file or a server")
    return file.resolve()
