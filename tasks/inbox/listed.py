"""A file of the inbox with its hash, and what it is by its place and name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.cmr.source_kind import SourceKind, classify
from ecgcore.ledger.decide.finding import Finding
from ecgcore.ledger.decide.kind import FileKind
from ecgcore.ledger.ingest.ingest_batch import PageFacts, SourceFile
from ecgcore.predictor.digest import file_sha256
from tasks.inbox.ingest_summary import OUTSIDE
from tasks.inbox.storage import Inbox
from tasks.inbox.storage import SourceFile as InboxFile

_FOLDERS = {"ecg", "cmr"}
_KINDS = {
    SourceKind.TABLE: FileKind.TABLE,
    SourceKind.NARRATIVE: FileKind.NARRATIVE,
    SourceKind.UNKNOWN: FileKind.UNKNOWN,
}


@dataclass(frozen=True)
class Listed:
    """A file of the inbox with the hash of its bytes and what it is by its place and name."""

    file: InboxFile
    sha256: str
    kind: FileKind

    def source(self, page: PageFacts | None = None, fault: Finding | None = None) -> SourceFile:
        """Return it as the ledger records it."""
        return SourceFile(self.file.relative, self.sha256, self.file.size, self.kind, page, fault)


def hashed(inbox: Inbox) -> list[Listed]:
    """Hash every ECG and CMR file, and every stranger in their two folders."""
    strangers = [file for file in inbox.other if _folder(file) in _FOLDERS]
    kinds = [
        *((file, FileKind.ECG) for file in inbox.ecg),
        *((file, _KINDS[classify(Path(file.relative))]) for file in inbox.cmr),
        *((file, FileKind.UNKNOWN) for file in strangers),
    ]
    return [Listed(file, file_sha256(file.path), kind) for file, kind in kinds]


def left_alone(inbox: Inbox) -> dict[str, str]:
    """Return the reason for each file that is in no state, by its path in the inbox."""
    strangers = [file.relative for file in inbox.other if _folder(file) not in _FOLDERS]
    return {file.relative: file.reason.value for file in inbox.skipped} | dict.fromkeys(strangers, OUTSIDE)


def _folder(file: InboxFile) -> str:
    return file.relative.split("/")[0].lower()
