"""Batch limits over the last studies that the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecgcore.cmr.rules.batch_limits import WINDOW, Count, check_limits, limits_of
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ledger import Ledger
from ecgcore.targets.catalogue import Catalogue
from ecgcore.targets.target import Target


def batch_alerts(ledger: Ledger, catalogue: Catalogue) -> tuple[str, ...]:
    """Return a message for each share of the last rows that lies, with its whole interval, beyond its limit."""
    rows = ledger.recent_rows(WINDOW)
    states = [State(state) for state in rows["state"]]
    accepted = [labels for labels, state in zip(rows["labels"], states, strict=True) if state is State.ACCEPTED]
    counts = (
        Count("quarantined", states.count(State.QUARANTINED), len(rows)),
        *(_count(target, accepted) for target in catalogue.targets),
    )
    return tuple(alert.message for alert in check_limits(counts, limits_of(catalogue)))


def _count(target: Target, accepted: Sequence[Mapping[str, float]]) -> Count:
    values = [value for labels in accepted if (value := target.label(labels.get(target.column.key))) is not None]
    return Count(target.name, sum(values), len(values))
