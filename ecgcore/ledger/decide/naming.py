"""File names and paths as tables and folders write them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest
from pathlib import PurePosixPath

EXTENSIONS = frozenset({".pdf", ".png", ".jpg", ".jpeg"})

_YEAR = re.compile(r"(19|20)\d\d")
_MONTH = re.compile(r"0?[1-9]|1[0-2]")
_YEAR_MONTH = re.compile(r"((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])")


def components(path: str) -> tuple[str, ...]:
    """Split a path of either slash into its comparable parts: NFC, case folded, trimmed."""
    text = unicodedata.normalize("NFC", path.strip()).replace("\\", "/").casefold()
    return tuple(part.strip() for part in text.split("/") if part.strip() not in {"", "."})


def base_name(path: str) -> str:
    """Return the comparable base name, with its extension; "" for an empty cell."""
    parts = components(path)
    return parts[-1] if parts else ""


@lru_cache(maxsize=1 << 16)
def stem(path: str) -> str:
    """Return the comparable base name without an image or PDF extension."""
    name = base_name(path)
    suffix = PurePosixPath(name).suffix
    return name[: -len(suffix)].strip() if suffix in EXTENSIONS else name


def year_month(path: str) -> tuple[int | None, int | None]:
    """Read the year and month that a path's folders name: `2019/03`, `2019-03`, `201903` or `2019`; None if absent."""
    folders = components(path)[:-1]
    for here, following in zip_longest(folders, folders[1:], fillvalue=""):
        if joined := _YEAR_MONTH.fullmatch(here):
            return int(joined[1]), int(joined[2])
        if _YEAR.fullmatch(here):
            return int(here), int(following) if _MONTH.fullmatch(following) else None
    return None, None


def ends_with(path: str, cell: str) -> bool:
    """Tell whether a path ends with the folders that a cell's path names."""
    folders = components(cell)[:-1]
    return not folders or components(path)[:-1][-len(folders) :] == folders


def has_component(path: str, text: str) -> bool:
    """Tell whether one of the path's folders is `text`, numbers compared as numbers."""
    wanted = _number_or_text(text)
    return any(_number_or_text(folder) == wanted for folder in components(path)[:-1])


def _number_or_text(text: str) -> str:
    bare = text.strip().casefold().removesuffix(".0")
    return str(int(bare)) if bare.isascii() and bare.isdigit() else bare
