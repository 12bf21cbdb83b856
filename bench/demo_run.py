"""How long a demo run took, by what Prefect recorded of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_LONGEST = """
    select flow.name, max(julianday(flow_run.end_time) - julianday(flow_run.start_time)) * 86400
    from flow_run join flow on flow.id = flow_run.flow_id
    where flow.name in ('ingest', 'retrain') and flow_run.state_type = 'COMPLETED'
    group by flow.name
"""


def demo_seconds(home: Path) -> float | None:
    """Return the seconds of the longest ingest and retraining together; None if a home has no demo that trained.

    Drawing the hospital and predicting are not in it, so that a share of it is rather too large than too small.
    """
    database = home / "prefect" / "prefect.db"
    if not database.exists() or not (home / "inbox" / "demo.txt").exists() or not any(home.glob("runs/*/summary.json")):
        return None
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        found = dict(connection.execute(_LONGEST).fetchall())
    return sum(found.values()) if set(found) == {"ingest", "retrain"} else None
