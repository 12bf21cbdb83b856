"""Where a file of the inbox lies, for a page that leads to it."""

from __future__ import annotations

from pathlib import Path


def inbox_file(inbox: str, name: str) -> str:
    """Return the path of an inbox's file, empty where the inbox is unknown or a bucket, which no page can open."""
    return "" if not inbox or "://" in inbox else str(Path(inbox).absolute() / name)
