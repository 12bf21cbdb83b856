"""The inbox, a folder or an ``s3://bucket/prefix``, as a list of local files. Nothing is passed over in silence."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from ecgcore.errors import EcgError
from ecgcore.ledger.decide.state import FileKind
from ecgcore.reports.page.pdf_page import page_number

MAX_FILE_BYTES = 200 * 1024 * 1024
ECG_SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg"})
CMR_KINDS = {
    ".csv": FileKind.TABLE,
    ".xlsx": FileKind.TABLE,
    ".pdf": FileKind.NARRATIVE,
    ".txt": FileKind.NARRATIVE,
}

_SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_TEMPORARY_SUFFIXES = frozenset({".tmp", ".part", ".partial", ".crdownload", ".filepart"})


class InboxError(EcgError):
    """The inbox cannot be listed or a file in it cannot be fetched."""


class Skipped(StrEnum):
    """Why a file in the inbox is not handed on this time."""

    HIDDEN = "hidden"
    TEMPORARY = "temporary"
    SYSTEM = "system-file"
    UNSETTLED = "unsettled"
    LINK_OUTSIDE = "link-leaves-inbox"
    NOT_A_FILE = "not-a-plain-file"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    UNSAFE_NAME = "unsafe-name"
    CHANGED = "changed-meanwhile"


class InboxFolder(StrEnum):
    """Where in the inbox a file belongs by its place and suffix."""

    ECG = "ecg"
    CMR = "cmr"
    OTHER = "other"


@dataclass(frozen=True)
class InboxFile:
    """One file to ingest: a local ``path``, its POSIX path ``relative`` to the inbox, its ``size`` in bytes."""

    path: Path
    relative: str
    size: int


@dataclass(frozen=True)
class SkippedFile:
    """One file left in the inbox: its POSIX path ``relative`` to the inbox, why, and its ``size`` in bytes if known."""

    relative: str
    reason: Skipped
    size: int | None = None


@dataclass(frozen=True)
class Inbox:
    """What an inbox holds, each group sorted by relative path.

    ``other`` holds files that are neither reports nor tables by place and suffix; they are to be quarantined.
    ``skipped`` holds what is not handed on, with the reason.
    """

    ecg: tuple[InboxFile, ...] = ()
    cmr: tuple[InboxFile, ...] = ()
    other: tuple[InboxFile, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()

    def __len__(self) -> int:
        """Return how many files the inbox holds, skipped ones included."""
        return len(self.ecg) + len(self.cmr) + len(self.other) + len(self.skipped)


def list_inbox(
    uri: str,
    *,
    staging: Path | None = None,
    endpoint_url: str | None = None,
    settle_seconds: float = 0.0,
    max_bytes: int = MAX_FILE_BYTES,
) -> Inbox:
    """List an inbox; objects of a bucket are downloaded below ``staging`` unless they are there already.

    Args:
        uri: a folder, or ``s3://bucket/prefix``.
        staging: where a bucket's objects go; needed for a bucket only.
        endpoint_url: address of the object store; without it, boto3's own (``AWS_ENDPOINT_URL``).
        settle_seconds: files of a folder changed less than this ago may still be growing and are left for the next time
            (an object of a bucket appears only when it is complete).
        max_bytes: larger objects of a bucket are reported, not downloaded.

    Raises:
        InboxError: the folder or bucket is missing or cannot be read.
    """
    if uri.startswith("s3://"):
        from tasks.inbox.bucket import list_bucket

        if staging is None:
            raise InboxError(uri, "needs a staging folder", "pass staging=ECG_HOME/staging")
        return list_bucket(uri, staging, endpoint_url, max_bytes)
    return list_folder(Path(uri), settle_seconds)


def list_folder(folder: Path, settle_seconds: float) -> Inbox:
    """List the files of a folder, see :func:`list_inbox`. Links are followed only inside the folder."""
    check_folder(folder)
    errors: list[OSError] = []
    root = folder.resolve()
    now = time.time()
    entries = [_entry(path, root, now, settle_seconds) for path in _walk(root, errors)]
    if errors:
        hint = "give this user read permission on the inbox"
        raise InboxError(errors[0].filename, f"cannot be listed ({errors[0].strerror})", hint) from errors[0]
    return arrange(entry for entry in entries if entry is not None)


def check_folder(folder: Path) -> None:
    """Check that an inbox is there.

    Raises:
        InboxError: it is not a folder.
    """
    if not folder.is_dir():
        raise InboxError(folder, "is not a folder", "create it, or set ECG_INBOX to the folder that receives reports")


def arrange(entries: Iterable[InboxFile | SkippedFile]) -> Inbox:
    """Sort entries into an :class:`Inbox` by their place and suffix."""
    ordered = sorted(entries, key=lambda entry: entry.relative)
    files = [(folder_of(entry.relative), entry) for entry in ordered if isinstance(entry, InboxFile)]
    return Inbox(
        ecg=tuple(entry for folder, entry in files if folder is InboxFolder.ECG),
        cmr=tuple(entry for folder, entry in files if folder is InboxFolder.CMR),
        other=tuple(entry for folder, entry in files if folder is InboxFolder.OTHER),
        skipped=tuple(entry for entry in ordered if isinstance(entry, SkippedFile)),
    )


def folder_of(relative: str) -> InboxFolder:
    """Return where a file belongs: ``ecg/**`` and directly in ``cmr/`` by suffix in any case, all else is ``OTHER``."""
    path = PurePosixPath(relative)
    suffix = path.suffix.lower()
    if len(path.parts) >= 2 and path.parts[0].lower() == "ecg" and suffix in ECG_SUFFIXES:
        return InboxFolder.ECG
    if len(path.parts) == 2 and path.parts[0].lower() == "cmr" and suffix in CMR_KINDS:
        return InboxFolder.CMR
    return InboxFolder.OTHER


def skip_by_name(relative: str) -> Skipped | None:
    """Return why a file is skipped by its name alone (hidden, temporary, of a system, of a PDF's page), else None."""
    path = PurePosixPath(relative)
    if path.name.startswith("~$") or path.suffix.lower() in _TEMPORARY_SUFFIXES or path.name.endswith("~"):
        return Skipped.TEMPORARY
    if path.name.lower() in _SYSTEM_NAMES:
        return Skipped.SYSTEM
    if page_number(relative) is not None:
        return Skipped.UNSAFE_NAME  # the pages of a PDF that is split are named so
    if any(part.startswith(".") for part in path.parts) or path.parts[0] == "__MACOSX":
        return Skipped.HIDDEN
    return None


def _walk(root: Path, errors: list[OSError]) -> Iterator[Path]:
    for parent, folders, names in os.walk(root, onerror=errors.append):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in [*names, *linked])


def _entry(path: Path, root: Path, now: float, settle_seconds: float) -> InboxFile | SkippedFile | None:
    relative = path.relative_to(root).as_posix()
    if (readable := relative.encode("utf-8", "backslashreplace").decode()) != relative:
        return SkippedFile(readable, Skipped.UNSAFE_NAME)  # no page, table or ledger can hold a name that is no text
    try:
        reason, size = _inspect(path, root, now, settle_seconds)
    except FileNotFoundError:
        # a dangling link is still there to report, a file that was moved away meanwhile is not
        return SkippedFile(relative, Skipped.NOT_A_FILE) if path.is_symlink() else None
    except OSError:
        return SkippedFile(relative, Skipped.UNREADABLE)
    reason = skip_by_name(relative) or reason
    return InboxFile(path, relative, size) if reason is None else SkippedFile(relative, reason, size)


def _inspect(path: Path, root: Path, now: float, settle_seconds: float) -> tuple[Skipped | None, int]:
    status = path.stat()
    if not path.resolve().is_relative_to(root):
        return Skipped.LINK_OUTSIDE, status.st_size
    if not stat.S_ISREG(status.st_mode):
        return Skipped.NOT_A_FILE, status.st_size
    if abs(now - status.st_mtime) < settle_seconds:
        return Skipped.UNSETTLED, status.st_size
    return (None if os.access(path, os.R_OK) else Skipped.UNREADABLE), status.st_size
