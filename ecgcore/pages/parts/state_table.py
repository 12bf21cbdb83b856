"""Files or rows by state, as a table whose total is shown."""

from __future__ import annotations

from collections.abc import Mapping

from ecgcore.pages.document import Cell, Table, number

_MEANING = {
    "accepted": "in a study",
    "waiting": "its partner has not arrived",
    "unpaired": "waited too long for its partner",
    "quarantined": "breaks a rule; see below",
    "duplicate": "the same content is known",
    "excluded": "right, but not of this cohort",
}


def state_table(caption: str, counts: Mapping[str, int]) -> Table:
    """Return counts by state in a fixed order, zeros included, with the meaning of each state and the total."""
    states = [*_MEANING, *sorted(set(counts) - set(_MEANING))]
    rows = [(Cell(s), number(counts.get(s, 0)), Cell(_MEANING.get(s, ""))) for s in states]
    rows.append((Cell("total"), number(sum(counts.values())), Cell("")))
    return Table(caption, ("state", "count", "meaning"), tuple(rows), len(rows))
