"""A file from outside: its bytes, its hash and what kind it really is."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import Reason, RefusalError

_PDF_HEADER_WITHIN = 8192  # bytes; mail and web gateways leave their own header before that of the PDF
_FOUND_WITHIN = 1024  # bytes; PDF readers look for header and trailer in this much of the start and the end
_TRAILER = re.compile(rb"startxref\s+\d+(?:\s+%%EOF)?")
_OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")
_PDF_HEADER, _PADDING = b"%PDF-", b"\0 \t\r\n"
_EXTENSIONS = {".pdf": "pdf", ".png": "picture", ".jpg": "picture", ".jpeg": "picture"}


class Kind(StrEnum):
    """What a file's content is."""

    PDF = "pdf"
    PICTURE = "picture"


@dataclass(frozen=True)
class Source:
    """One file, read once.

    Args:
        path: absolute.
        sha256: of the bytes, hex.
        size_bytes: length.
        modified_ns: of the file when it was read.
        data: the bytes.
    """

    path: Path
    sha256: str
    size_bytes: int
    modified_ns: int
    data: bytes

    @property
    def name(self) -> str:
        return self.path.name

    def kind(self) -> Kind:
        """Return what the content is.

        Raises:
            RefusalError: empty, neither PDF nor PNG nor JPEG, or named as something else.
        """
        if not self.data:
            raise RefusalError(self.name, Reason.UNREADABLE, "0 bytes")
        found = _sniff(self.data)
        named = _EXTENSIONS.get(self.path.suffix.lower())
        if found is None and named is Kind.PDF.value:
            raise RefusalError(self.name, Reason.UNREADABLE, "no PDF header")
        if found is None or (named is not None and named != found):
            raise RefusalError(
                self.name, Reason.NOT_A_REPORT_FILE, f"content is {found or 'neither PDF, PNG nor JPEG'}"
            )
        return found

    def check_pdf_end(self) -> None:
        """Check that the file has its end: Poppler repairs a truncated file and may show half an ECG.

        Raises:
            RefusalError: no ``startxref`` with its number, or objects follow the last one.
        """
        if self._pdf_end is None:
            raise RefusalError(self.name, Reason.UNREADABLE, "truncated: the end of the PDF is missing")

    def pdf(self) -> bytes:
        """Return the PDF alone, without what gateways and file systems left before or after it.

        It is all bytes where readers find header and trailer in them, in the first and last 1024.
        """
        start, end = self.data.find(_PDF_HEADER), self._pdf_end
        if end is None or (start < _FOUND_WITHIN and len(self.data.rstrip(_PADDING)) - end < _FOUND_WITHIN // 2):
            return self.data
        return self.data[start:end]

    @property
    def _pdf_end(self) -> int | None:
        """Where the trailer ends; None where there is none, or where the start of another part follows it."""
        found = _TRAILER.match(self.data, max(self.data.rfind(b"startxref"), 0))
        return None if found is None or _OBJECT.search(self.data, found.end()) else found.end()

    def check_unchanged(self) -> None:
        """Check that Poppler saw the bytes that were hashed.

        Raises:
            RefusalError: the file changed while it was read.
        """
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.modified_ns):
            raise RefusalError(self.name, Reason.UNREADABLE, "changed while it was read")


def read_source(path: Path, limits: Limits) -> Source:
    """Read and hash a file.

    Raises:
        RefusalError: too large, or it cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise RefusalError(path.name, Reason.NOT_A_REPORT_FILE, "no regular file")
            data = file.read(limits.max_bytes + 1)
    except OSError as e:
        raise RefusalError(path.name, Reason.UNREADABLE, e.strerror or "cannot be opened") from e
    sha256 = hashlib.sha256(data).hexdigest()
    return Source(path.absolute(), sha256, len(data), status.st_mtime_ns, data)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a named pipe in an inbox would block for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def check_size(source: Source, limits: Limits) -> None:
    """Raise RefusalError if the file has more bytes than allowed."""
    if source.size_bytes > limits.max_bytes:
        raise RefusalError(source.name, Reason.TOO_LARGE, f"more than {limits.max_bytes} bytes")


def _sniff(data: bytes) -> Kind | None:
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return Kind.PICTURE
    return Kind.PDF if _PDF_HEADER in data[:_PDF_HEADER_WITHIN] else None
