"""Where the files of an inbox stand, each path and content counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ecgcore.cmr.rules import catalogue
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import File
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.ingest_batch import SourceFile


@dataclass(frozen=True, slots=True)
class FileStanding:
    """A file of the inbox and its state; rule, value and hint are empty where nothing is to be said."""

    path: str
    state: State
    rule: str = ""
    value: str = ""
    hint: str = ""


def standings(connection: Connection, files: Sequence[SourceFile]) -> list[FileStanding]:
    """Return the state of each file that the ledger holds, in the order given.

    A content's first path has the content's state; every further path is a duplicate of it.
    """
    known: dict[str, FileStanding] = {}
    columns = (File.sha256, File.path, File.state, File.rule, File.value, File.hint)
    for part in chunks(dict.fromkeys(file.sha256 for file in files)):
        for sha256, path, state, *reason in connection.execute(select(*columns).where(File.sha256.in_(part))):
            known[sha256] = FileStanding(path, state, *(text or "" for text in reason))
    return [_standing(file, known[file.sha256]) for file in files]


def _standing(file: SourceFile, known: FileStanding) -> FileStanding:
    if file.path == known.path:
        return known
    same = catalogue.SAME_CONTENT.found(known.path)
    return FileStanding(file.path, State.DUPLICATE, same.rule, same.value, same.hint)
