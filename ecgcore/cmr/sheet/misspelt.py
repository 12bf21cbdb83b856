"""Column names that are probably a label or exclusion column, written otherwise.

A label under a name that is not known would be dropped and count as missing, and a cut mark or a child's age would keep
nobody out. So a table is refused if a column that decides something is absent while another name looks like it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher

from ecgcore.targets.in_force import catalogue

Words = tuple[str, ...]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_AGE = re.compile(r"ages?|age(?:in)?(?:y|yrs?|years?)")
_ALIKE = 0.85  # `patern` is 0.92 like `pattern`, `patient` 0.71


def lookalike(names: Iterable[str], absent: Iterable[str]) -> tuple[str, str] | None:
    """Return the first name that looks like an absent column, with that column; None if there is none.

    Only letters count, so that ``LVEF (%)`` looks like ``lvef``, and ``newcut`` and ``new cut?`` like ``new_cut``.
    A name looks like a column if it holds the column's letters, or nearly equals them (6 letters or more). ``age`` must
    be a word of its own, as in ``Age (years)`` and ``PatientAge``, not ``image`` or ``percentage``; a word that begins
    with the catalogue's `like` stands for its label, so that one with ``scar`` stands for ``scar_cad``.

    Args:
        names: the names that no label table has, as they are written.
        absent: columns that the table does not have.
    """
    deciding, lacking = deciding_columns(), set(absent)
    wanted = [column for column in deciding if column in lacking]
    pairs = ((name, column) for name in names for column in wanted if deciding[column](_words(name)))
    return next(pairs, None)


def _words(name: str) -> Words:
    return tuple(word.lower() for word in _WORD.findall(name))


def _letters_of(column: str) -> Callable[[Words], bool]:
    letters = column.replace("_", "")

    def looks_like(words: Words) -> bool:
        joined = "".join(words)
        return letters in joined or (len(letters) > 5 and SequenceMatcher(None, joined, letters).ratio() >= _ALIKE)

    return looks_like


def _is_age(words: Words) -> bool:
    return any(_AGE.fullmatch(word) for word in words)


def _begins(like: str) -> Callable[[Words], bool]:
    return lambda words: any(word.startswith(like) for word in words)


def deciding_columns() -> dict[str, Callable[[Words], bool]]:
    """Return, by the column that decides something, whether words look like it. The longer labels come first."""
    known = catalogue()
    return {
        **{c.written: _begins(c.like) if c.like else _letters_of(c.written) for c in (*known.details, *known.labels)},
        "age": _is_age,
        "pattern": _letters_of("pattern"),
        "new_cut": _letters_of("new_cut"),
    }
