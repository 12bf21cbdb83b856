"""Batch limits over the last studies that the ledger holds."""

from __future__ import annotations

import pandas as pd

from ecgcore.cmr.label_rule import LabelRule
from ecgcore.cmr.rules.batch_limits import WINDOW, Count, check_limits
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ledger import Ledger


def batch_alerts(ledger: Ledger, rule: LabelRule) -> tuple[str, ...]:
    """Return a message for each share of the last rows that lies, with its whole interval, beyond its limit."""
    rows = ledger.recent_rows(WINDOW)
    states = [State(state) for state in rows["state"]]
    accepted = rows.loc[[state is State.ACCEPTED for state in states]]
    scar = accepted["scar"].dropna()
    lvef = [rule.reduced(percent) for percent in pd.to_numeric(accepted["lvef_percent"]).dropna()]
    counts = (
        Count("quarantined", states.count(State.QUARANTINED), len(rows)),
        Count("scar", int(scar.sum()), len(scar)),
        Count("lvef", sum(value == 1 for value in lvef), len(lvef)),
    )
    return tuple(alert.message for alert in check_limits(counts))
