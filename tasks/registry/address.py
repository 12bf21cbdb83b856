"""Where MLflow's own database says that a home's files are. It keeps absolute addresses, so a home that was moved or
copied would go on reading and writing where it was before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tasks.registry.error import RegistryError

ARTIFACTS = "artifacts"

_BUSY_SECONDS = 60.0
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def artifacts_uri(database: Path) -> str:
    """Return the address of the folder beside a database in which its artifacts lie."""
    return (database.parent / ARTIFACTS).as_uri()


def follow_home(database: Path) -> None:
    """Let the addresses in MLflow's database be those of the folder that it lies in now, in one transaction.

    Rewritten is what lay in ``artifacts`` beside the database, wherever that was; places of another kind stay as they
    are. Called before MLflow opens the database; where nothing was moved, it only reads.

    Raises:
        RegistryError: the database cannot be read or written.
    """
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            if any(_former(connection, database)):
                _rewrite(connection, database)
    except sqlite3.Error as error:
        hint = "check that it is MLflow's, that you may write it, and the disk's free space"
        raise RegistryError(database, f"cannot follow its home to where it lies now ({error})", hint) from error


def _former(connection: sqlite3.Connection, database: Path) -> Iterator[str]:
    """Yield the addresses that the folder of artifacts had before."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'").fetchone():
        return
    present = artifacts_uri(database)
    beside = f"/{'/'.join(present.split('/')[-2:])}"
    for (found,) in connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall():
        if found and found != present and found.startswith("file:") and found.endswith(beside):
            yield found


def _rewrite(connection: sqlite3.Connection, database: Path) -> None:
    present = artifacts_uri(database)
    connection.execute("BEGIN IMMEDIATE")
    for former in list(_former(connection, database)):  # again: another process may have been faster
        for table, column in _COLUMNS:
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - names of this module
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (present, len(former) + 1, former, len(former) + 1, f"{former}/"),
            )
    connection.execute("COMMIT")
