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


def sqlite_file(url: str) -> Path | None:
    """Return the file that a SQLAlchemy URL of SQLite names; None of another database, or of one in memory.

    >>> sqlite_file("sqlite:////data/50%25%3F/ledger.db")
    PosixPath('/data/50%?/ledger.db')
    """
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    named = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return Path(named) if named and named != ":memory:" else None
