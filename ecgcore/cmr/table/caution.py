"""What is unusual about a label table that is read all the same."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

_MOST_NAMED = 20


class TableCaution(StrEnum):
    """What a person sees in the spreadsheet, and the cells alone do not say."""

    HIDDEN_ROWS = "hidden-rows"
    STRUCK_ROWS = "struck-through-rows"
    HIDDEN_COLUMNS = "hidden-columns"


TABLE_CAUTION_HINTS = {
    TableCaution.HIDDEN_ROWS: "hidden and filtered rows are read like any other; delete those that do not count",
    TableCaution.STRUCK_ROWS: "struck-through text is read like any other; delete the rows or words that do not count",
    TableCaution.HIDDEN_COLUMNS: "hidden columns are read like any other; delete those that do not count",
}


def listed(noun: str, places: Sequence[object]) -> str:
    """Return places in words, not too many of them: ``rows 3, 4``."""
    more = len(places) - _MOST_NAMED
    named = ", ".join(map(str, places[:_MOST_NAMED])) + (f" and {more} more" if more > 0 else "")
    return f"{noun}{'s' if len(places) > 1 else ''} {named}"
