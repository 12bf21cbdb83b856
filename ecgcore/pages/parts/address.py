"""How a page names a file that it leads to."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


def relative_address(target: str, folder: Path) -> str:
    """Return the address of a file for a page in ``folder``: relative and percent-encoded.

    It names no scheme and no machine, so the pages can be moved together with what they lead to.
    """
    return quote(os.path.relpath(target, folder), errors="replace")


def file_address(target: str) -> str:
    """Return the ``file:`` address of a file, for a terminal, which has no folder of its own."""
    return "file://" + quote(str(Path(target).absolute()), errors="replace")
