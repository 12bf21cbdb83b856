"""The paths at which contents were seen: which is recorded for a content found several times, and which are new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, insert, select, update

from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import File, FileSighting
from ecgcore.ledger.decide import naming
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.ingest_batch import SourceFile
from ecgcore.reports.page.pdf_page import pdf_of

_ORDER = tuple(FileKind)


class Placed(Protocol):
    """A content at a place."""

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""

    @property
    def kind(self) -> FileKind:
        """What it is by its place and name."""


P = TypeVar("P", bound=Placed)


def best_places(files: Iterable[P]) -> dict[str, P]:
    """Return the file recorded for each content: of several, the first of the kind that comes first in `FileKind`."""
    best: dict[str, P] = {}
    for file in files:
        standing = best.setdefault(file.sha256, file)
        if _ORDER.index(file.kind) < _ORDER.index(standing.kind):
            best[file.sha256] = file
    return best


def known_paths(connection: Connection, sha256s: Iterable[str]) -> dict[str, set[str]]:
    """Return every path at which each of the contents was seen; contents that the ledger does not hold are left out."""
    known: dict[str, set[str]] = {}
    for part in chunks(dict.fromkeys(sha256s)):
        for table in (File, FileSighting):
            for sha256, path in connection.execute(select(table.sha256, table.path).where(table.sha256.in_(part))):
                known.setdefault(sha256, set()).add(path)
    return known


def last_seen(connection: Connection, paths: Iterable[str]) -> dict[str, str]:
    """Return the content that was seen last at each of the paths."""
    wanted = set(paths)
    newest: dict[str, tuple[datetime, str]] = {}
    for part in chunks({stem for path in wanted for stem in naming.stored_stems(path)}):
        for table, seen in ((File, File.first_seen), (FileSighting, FileSighting.seen)):
            query = select(table.path, seen, table.sha256).where(table.stem.in_(part))
            for path, moment, sha256 in connection.execute(query):
                if path in wanted:
                    newest[path] = max(newest.get(path, (moment, sha256)), (moment, sha256))
    return {path: sha256 for path, (_, sha256) in newest.items()}


def restore_returned(connection: Connection, files: Sequence[SourceFile], now: datetime) -> int:
    """Record that contents lie again at a path of theirs which held another content since; return how many do.

    The pages of a PDF that was split come back with it.
    """
    known, last = known_paths(connection, [f.sha256 for f in files]), last_seen(connection, [f.path for f in files])
    there = [f for f in files if f.path in known.get(f.sha256, ())]
    returned = {f.path for f in there if last[f.path] != f.sha256}
    back = [f for f in there if f.path in returned or pdf_of(f.path) in returned]
    for file in back:
        here = {"sha256": file.sha256, "path": file.path}
        connection.execute(update(File).filter_by(**here).values(first_seen=now))
        connection.execute(update(FileSighting).filter_by(**here).values(seen=now))
    reopen(connection, [file.sha256 for file in back])
    return len(back)


def reopen(connection: Connection, sha256s: Iterable[str]) -> None:
    """Let superseded ECG reports wait again, because they lie in the inbox again."""
    for part in chunks(sha256s):
        superseded = File.sha256.in_(part), File.kind == FileKind.ECG, File.state == State.DUPLICATE
        connection.execute(update(File).where(*superseded).values(state=State.WAITING))


def sighting_values(sha256: str, path: str, batch: int, seen: datetime) -> dict[str, Any]:
    """Return the columns of a sighting."""
    return {
        "sha256": sha256,
        "path": path,
        "path_sha256": hashlib.sha256(path.encode()).hexdigest(),
        "stem": naming.stem(path),
        "batch": batch,
        "seen": seen,
    }


def keep_left_path(connection: Connection, sha256: str, path: str) -> int:
    """Keep the path recorded for a content that now gets `path` as a sighting; return how many sightings that adds."""
    query = select(File.path, File.batch, File.first_seen).where(File.sha256 == sha256)
    left = sighting_values(sha256, *connection.execute(query).one())
    if left["path"] == path:
        return 0
    there = update(FileSighting).where(FileSighting.sha256 == sha256, FileSighting.path == path)
    if connection.execute(there.values(**left)).rowcount:
        return 0
    connection.execute(insert(FileSighting).values(**left))
    return 1
