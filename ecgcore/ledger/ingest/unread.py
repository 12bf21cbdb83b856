"""Which of the listed contents are to be read: new ones, and known ones that were never read where they lie now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, or_, select

from ecgcore.cmr.rules import catalogue
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import File, Row
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import SourceFile
from ecgcore.ledger.ingest.sighting import best_places


def known_contents(connection: Connection, sha256s: Iterable[str]) -> frozenset[str]:
    """Return those of the content hashes that the ledger holds, whatever their state."""
    found: set[str] = set()
    for part in chunks(sha256s):
        found |= set(connection.execute(select(File.sha256).where(File.sha256.in_(part))).scalars())
    return frozenset(found)


def unread(connection: Connection, files: Sequence[SourceFile]) -> frozenset[str]:
    """Return the contents to be read: unknown, misplaced until now, or changed while they were read."""
    sha256s = frozenset(file.sha256 for file in files)
    new = sha256s - known_contents(connection, sha256s)
    return new | _placed_anew(connection, files).keys() | _changed(connection, sha256s)


def refused_pages(connection: Connection, sha256s: Iterable[str]) -> frozenset[str]:
    """Return those of the contents that are ECG reports whose page was refused; of a PDF that was split, its pages."""
    found: set[str] = set()
    for part in chunks(sha256s):
        query = select(File.sha256).where(
            File.sha256.in_(part), File.kind == FileKind.ECG, File.fault_rule != catalogue.SPLIT.name
        )
        found |= set(connection.execute(query).scalars())
    return frozenset(found)


def to_record_anew(connection: Connection, files: Sequence[SourceFile]) -> dict[str, SourceFile]:
    """Return the known contents whose record is to be made anew, each with the file that says what it is.

    These are contents that lie at a place of another kind now, and tables that changed while they were read.
    """
    best = best_places(files)
    changed = {sha256: best[sha256] for sha256 in _changed(connection, best) if best[sha256].kind is FileKind.TABLE}
    return changed | _placed_anew(connection, files)


def _placed_anew(connection: Connection, files: Iterable[SourceFile]) -> dict[str, SourceFile]:
    """Find the contents that gave neither page nor rows and whose best place now is of another kind."""
    best = {sha256: file for sha256, file in best_places(files).items() if file.kind is not FileKind.UNKNOWN}
    found: dict[str, SourceFile] = {}
    for part in chunks(best):
        with_rows = select(Row.table_sha256).where(Row.table_sha256.in_(part))
        whole = or_(File.fault_rule.is_(None), File.fault_rule != catalogue.SPLIT.name)
        query = select(File.sha256, File.kind).where(
            File.sha256.in_(part), File.image_sha256.is_(None), File.sha256.not_in(with_rows), whole
        )
        found |= {sha256: best[sha256] for sha256, kind in connection.execute(query) if kind is not best[sha256].kind}
    return found


def _changed(connection: Connection, sha256s: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for part in chunks(sha256s):
        query = select(File.sha256).where(File.sha256.in_(part), File.fault_rule == catalogue.CHANGED.name)
        found |= set(connection.execute(query).scalars())
    return frozenset(found)
