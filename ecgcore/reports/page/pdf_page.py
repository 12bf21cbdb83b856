"""One page of a PDF as a report of its own: how it is named, and what its content is known by.

The page is not taken out of its file: it is read where it lies, so nothing of it is lost and no copy is kept.
"""

from __future__ import annotations

import hashlib
import re

_PAGE = re.compile(r"(.*\.pdf)#page=([1-9][0-9]{0,5})\s*", re.IGNORECASE | re.DOTALL)


def page_path(pdf: str, number: int) -> str:
    """Return the path of a page, numbered from 1: ``ecg/batch.pdf#page=2``, which viewers open there."""
    return f"{pdf}#page={number}"


def pdf_of(path: str) -> str:
    """Return the path of the PDF that a page is in; any other path as it is."""
    found = _PAGE.fullmatch(path)
    return found[1] if found else path


def page_number(path: str) -> int | None:
    """Return the number of the page that a path names; None if it names a whole file."""
    found = _PAGE.fullmatch(path)
    return int(found[2]) if found else None


def page_sha256(sha256: str, number: int) -> str:
    """Return the hash that a page is known by: it follows from the file's hash and the page's number."""
    return hashlib.sha256(f"{sha256}#page={number}".encode()).hexdigest()
