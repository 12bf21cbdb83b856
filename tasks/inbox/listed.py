"""A file of the inbox with its hash, and what it is by its place and name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import PageFacts, SourceFile
from ecgcore.predictor.fingerprint import file_sha256
from tasks.inbox.ingest_summary import OUTSIDE
from tasks.inbox.storage import CMR_KINDS, Inbox, InboxFile

_FOLDERS = {"ecg", "cmr"}


@dataclass(frozen=True)
class Listed:
    """A file of the inbox with the hash of its bytes and what it is by its place and name.

    ``page`` is the page of a PDF that was split; ``file.relative`` then names it, and ``sha256`` is the page's.
    """

    file: InboxFile
    sha256: str
    kind: FileKind
    page: int | None = None

    def source(self, page: PageFacts | None = None, fault: Finding | None = None) -> SourceFile:
        """Return it as the ledger records it."""
        return SourceFile(self.file.relative, self.sha256, self.file.size, self.kind, page, fault)


def hashed(inbox: Inbox) -> list[Listed]:
    """Hash every ECG and CMR file, and every other file in their two folders."""
    others = [file for file in inbox.other if _folder(file) in _FOLDERS]
    kinds = [
        *((file, FileKind.ECG) for file in inbox.ecg),
        *((file, CMR_KINDS[Path(file.relative).suffix.lower()]) for file in inbox.cmr),
        *((file, FileKind.UNKNOWN) for file in others),
    ]
    return [Listed(file, file_sha256(file.path), kind) for file, kind in kinds]


def left_alone(inbox: Inbox) -> dict[str, str]:
    """Return the reason for each file that is in no state, by its path in the inbox."""
    others = [file.relative for file in inbox.other if _folder(file) not in _FOLDERS]
    return {file.relative: file.reason.value for file in inbox.skipped} | dict.fromkeys(others, OUTSIDE)


def _folder(file: InboxFile) -> str:
    return file.relative.split("/")[0].lower()
