"""The connection to the ledger's database: one writer at a time, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import fcntl
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from ecgcore.errors import LedgerError
from ecgcore.ledger.db.migrations import HEAD, upgrade

BUSY_SECONDS = 60
_WRITER_LOCK = 0x4543474C  # "ECGL": the PostgreSQL advisory lock that all writers share

log = logging.getLogger(__name__)


class Database:
    """An open, migrated ledger database. Safe to open in several processes at once.

    Args:
        url: SQLAlchemy URL (`sqlite:///path`, `postgresql://user@host/name`).

    Raises:
        LedgerError: the URL is wrong, the database cannot be reached, or it is newer than this code.
    """

    def __init__(self, url: str) -> None:
        self.url = _normalised(url)
        self.engine = _engine(self.url)
        self._writers = self.engine.execution_options(ecg_writer=True)
        with self._reachable(), _opening_lock(self.url):
            self._migrate()

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Yield a connection in one consistent read transaction.

        Raises:
            LedgerError: the database cannot go on: a full disk, a lost server.
        """
        with self._working(), self._read() as connection:
            yield connection

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """Yield a connection that holds the only write transaction; commit at the end, roll back on any error.

        Raises:
            LedgerError: the database cannot go on: a full disk, a lost server.
        """
        with self._working(), self._write() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._writers.connect() as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
            yield connection

    @contextmanager
    def exclusive(self, name: str, wait: bool = True) -> Iterator[None]:
        """Hold a named lock across transactions and processes, for hours if need be: it is itself no transaction.

        It ends with its process.

        Args:
            name: of the lock.
            wait: for another process that holds it, instead of refusing at once.

        Raises:
            LedgerError: another process holds it, and `wait` is false.
        """
        digest = hashlib.sha256(name.encode()).digest()
        path = _sqlite_file(self.url)
        if path is not None:
            with _locked_file(path.with_name(f"{path.name}.{digest.hex()[:12]}.lock"), None if wait else _held(name)):
                yield
            return
        key = {"key": int.from_bytes(digest[:8], "big", signed=True)}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if wait:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), key)
            elif not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar():
                raise _held(name)
            try:
                yield
            finally:
                _let_go(connection, name, key)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _migrate(self) -> None:
        with self._read() as connection:
            if _revision(connection) == HEAD:
                return
        with self._write() as connection:
            if _revision(connection) != HEAD:
                upgrade(connection)

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as e:
            rule = f"stopped answering ({e.orig or e}); what was not committed is not in it"
            hint = "check the disk's free space, or the database server, then run the command again"
            raise LedgerError(self.url.render_as_string(hide_password=True), rule, hint) from e

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, OSError) as e:
            cause = getattr(e, "orig", None) or e
            raise LedgerError(
                self.url.render_as_string(hide_password=True), f"cannot be opened ({cause})", "check ECG_LEDGER_URL"
            ) from e


def _normalised(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as e:
        raise LedgerError(
            "ledger URL", "is not a database URL", "give sqlite:///PATH or postgresql://USER@HOST/NAME"
        ) from e
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql", "postgres"} or (backend == "sqlite" and not _sqlite_file(parsed)):
        raise LedgerError(
            "ledger URL", f"names {parsed.drivername!r}", "give sqlite:///PATH or postgresql://USER@HOST/NAME"
        )
    return parsed if backend == "sqlite" else parsed.set(drivername="postgresql+psycopg")


def _sqlite_file(url: URL) -> Path | None:
    on_disk = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if on_disk else None


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # our own BEGIN, below
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("ecg_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _opening_lock(url: URL) -> Iterator[None]:
    """Hold a lock file while a SQLite ledger is opened: the change to WAL does not wait for other connections."""
    path = _sqlite_file(url)
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked_file(path.with_name(path.name + ".lock")):
        yield


@contextmanager
def _locked_file(path: Path, refusal: LedgerError | None = None) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if refusal is None else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise refusal or e from e
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # also for a forked child that holds the file open


def _held(name: str) -> LedgerError:
    return LedgerError(name, "is under way in another process", "wait until that has ended, then run it again")


def _let_go(connection: Connection, name: str, key: dict[str, int]) -> None:
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
    except DBAPIError as e:
        if not e.connection_invalidated:
            raise
        log.warning("the connection that held the lock %r broke, and the server let go of it then: %s", name, e.orig)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
