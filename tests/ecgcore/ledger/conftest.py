"""Ledgers on SQLite and on a real PostgreSQL server, and builders of files and rows."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest

from ecgcore.cmr.rules.finding import Finding, RowFault
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile, SourceRow
from ecgcore.ledger.ledger import Ledger
from ecgcore.pseudonym import Pseudonymiser

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LABELS = ("scar", "lvef_percent", "subendocardial_scar", "transmural_scar")
PSEUDONYMISER = Pseudonymiser(b"a key for tests, nothing else")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Builder:
    """Makes files and rows of a batch out of a few words."""

    def ecg(self, path: str, *, content: str = "", hn: str | None = None, day: date | None = None, fmt: str = "old",
            picture: str = "", fault: Finding | None = None, either: tuple[date, ...] = ()) -> SourceFile:  # fmt: skip
        digest, image = sha(content or path), sha("image" + (picture or content or path))
        patient = PSEUDONYMISER.patient_id(hn) if hn else None
        page = PageFacts(fmt, image, f"{image[:2]}/{image}.png", patient, day, possible_dates=either)
        return SourceFile(path, digest, 1000, FileKind.ECG, None if fault else page, fault)

    def table(self, path: str, content: str = "", fault: Finding | None = None) -> SourceFile:
        return SourceFile(path, sha(content or path), 100, FileKind.TABLE, fault=fault)

    def row(self, table: SourceFile, number: int, name: str, hn: str | None, day: date | None,
            *, fault: RowFault | None = None, **cells: object) -> SourceRow:  # fmt: skip
        patient = PSEUDONYMISER.patient_id(hn) if hn else None
        study = PSEUDONYMISER.study_id(patient, day) if patient and day else None
        values = {"file_name": name, "patient_id": patient, "study_id": study, "ecg_date": day, "cmr_date": day,
                  "raw": "{}"}  # fmt: skip
        labels = {"scar": 0, "lvef_percent": 60.0} | {name: cells.pop(name) for name in LABELS if name in cells}
        values["labels"] = {name: value for name, value in labels.items() if value is not None}
        row_id = f"{table.sha256[:16]}:{number}"
        return SourceRow(row_id=row_id, table_sha256=table.sha256, row=number, cells=values | cells, fault=fault)

    def batch(self, name: str, *items: SourceFile | SourceRow) -> IngestBatch:
        files = [item for item in items if isinstance(item, SourceFile)]
        return IngestBatch(name, files, [item for item in items if isinstance(item, SourceRow)])


@pytest.fixture(scope="session")
def build() -> Builder:
    return Builder()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own on 127.0.0.1; yields the URL of its maintenance database."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs (initdb, postgres) on this machine")
    folder = Path(tempfile.mkdtemp(prefix="ecg-postgres-"))  # pytest's own folders are closed to other users
    data, port = folder / "data", _free_port()
    as_user = _as_postgres(folder)
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", "ecg", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    command = [*as_user, programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(programs, port, server)
        yield f"postgresql://ecg@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


def _as_postgres(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    if not shutil.which("runuser") or subprocess.run(["id", "postgres"], capture_output=True).returncode:
        pytest.skip("running as root without a `postgres` user to run the server as")
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(programs: Path, port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        ready = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
        if subprocess.run(ready, capture_output=True).returncode == 0:
            return
        if server.poll() is not None:
            raise RuntimeError("the PostgreSQL server ended while starting")
        import time

        time.sleep(0.1)
    raise RuntimeError("the PostgreSQL server did not start in 30 s")


_databases = iter(range(1_000_000))


@pytest.fixture(scope="session")
def new_postgres_url(postgres: str) -> Callable[[], str]:
    """Make an empty database and return its URL."""

    def make() -> str:
        import psycopg

        name = f"ledger_{next(_databases)}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return postgres.rpartition("/")[0] + "/" + name

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Make empty ledgers' URLs, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgres_url")
    numbers = count()
    return lambda: f"sqlite:///{tmp_path / f'ledger-{next(numbers)}.db'}"


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """An empty ledger's URL, once on SQLite and once on PostgreSQL."""
    return new_url()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW
