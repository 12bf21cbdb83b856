"""File names and paths as tables and folders write them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest
from pathlib import PurePosixPath

from ecgcore.reports.page.pdf_page import pdf_of

EXTENSIONS = frozenset({".pdf", ".png", ".jpg", ".jpeg"})

_SPREADSHEET_NUMBER = re.compile(r"([0-9]+)\.0+")
_YEAR = re.compile(r"(19|20)\d\d")
_MONTH = re.compile(r"0?[1-9]|1[0-2]")
_YEAR_MONTH = re.compile(r"((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])")


_MARK_BEFORE_VOWEL = re.compile(r"([\u0e48-\u0e4c])([\u0e31\u0e34-\u0e3a\u0e47\u0e4d])")
_TWO_SARA_E = "\u0e40\u0e40"
_SARA_AE = "\u0e41"


def components(path: str) -> tuple[str, ...]:
    """Split a path of either slash into its comparable parts: alike if they look alike, case folded, trimmed."""
    parts = (alike(part.casefold()).casefold() for part in path.replace("\\", "/").split("/"))
    return tuple(part for part in parts if part not in {"", "."})


def alike(text: str) -> str:
    """Return one text for all that look the same.

    Composed or not (NFKC), every space and hyphen of one kind, none twice, nothing invisible; Thai marks in one order,
    and two sara e as the sara ae that they look like.
    """
    if text.isascii():
        return re.sub(r"\s+", " ", text).strip()
    seen = (_plain(c) for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    thai = _MARK_BEFORE_VOWEL.sub(r"\2\1", "".join(seen)).replace(_TWO_SARA_E, _SARA_AE)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", thai)).strip()


def _plain(character: str) -> str:
    return "-" if unicodedata.category(character) == "Pd" else character


def base_name(path: str) -> str:
    """Return the comparable base name, with its extension; "" for an empty cell. A page has that of its PDF."""
    parts = components(pdf_of(path))
    return parts[-1] if parts else ""


@lru_cache(maxsize=1 << 16)
def stem(path: str) -> str:
    """Return the comparable base name without an image or PDF extension; a spreadsheet's ``77001.0`` is ``77001``."""
    name = _without_extension(base_name(path))
    number = _SPREADSHEET_NUMBER.fullmatch(name)
    return number[1] if number else name


def stored_stems(path: str) -> frozenset[str]:
    """Return the stems under which a ledger may hold a path: today's, and the one of before names were made alike."""
    parts = unicodedata.normalize("NFC", path.strip()).replace("\\", "/").casefold().split("/")
    before = [part.strip() for part in parts if part.strip() not in {"", "."}]
    return frozenset({stem(path), _without_extension(before[-1]) if before else ""})


def _without_extension(name: str) -> str:
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
