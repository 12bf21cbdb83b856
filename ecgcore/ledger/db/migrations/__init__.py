"""Alembic migrations of the ledger, run when a ledger is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ecgcore.errors import LedgerError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for an open connection."""
    from alembic.config import Config  # imported here because most openings find nothing to migrate

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    """Bring the schema to :data:`HEAD` within the caller's transaction.

    Raises:
        LedgerError: the database was written by a newer version of this code.
    """
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(config(connection), HEAD)
    except CommandError as e:
        raise LedgerError(
            "ledger", f"has a schema that this version does not know ({e})", "update this software"
        ) from e
