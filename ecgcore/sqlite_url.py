"""The address of an SQLite file."""

from __future__ import annotations

from pathlib import Path


def sqlite_url(file: Path, driver: str = "sqlite") -> str:
    """Return the SQLAlchemy URL of a file, whatever its path holds: ``%``, ``?`` and ``#`` mean something in URLs.

    >>> sqlite_url(Path("/data/50%?/ledger.db"))
    'sqlite:////data/50%25%3F/ledger.db'
    """
    from sqlalchemy.engine import URL

    return URL.create(driver, database=str(file)).render_as_string(hide_password=False)
