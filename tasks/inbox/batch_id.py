"""The name of an ingest."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_batch_id(started: datetime) -> str:
    """Return a name that sorts by time and that no date parser accepts.

    Great Expectations reads a run's name as a date if it can: one bare number in nine then has an impossible time zone.
    """
    return f"batch-{started:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
