"""What is new since an earlier snapshot."""

from __future__ import annotations

from sqlalchemy import select

from ecgcore.data.split import Split
from ecgcore.ledger.db.tables import SnapshotStudy
from ecgcore.ledger.ledger import Ledger


def new_studies(ledger: Ledger, snapshot_id: str, since: str | None) -> frozenset[str]:
    """Return the training and validation studies of a snapshot that an earlier one did not have.

    Args:
        ledger: the ledger.
        snapshot_id: the later snapshot.
        since: the earlier one; None counts every study.
    """
    with ledger.reading() as connection:
        mine = select(SnapshotStudy.study_id).where(
            SnapshotStudy.snapshot_id == snapshot_id, SnapshotStudy.split != Split.TEST
        )
        now = set(connection.execute(mine).scalars())
        before = select(SnapshotStudy.study_id).where(SnapshotStudy.snapshot_id == since)
        return frozenset(now - set(connection.execute(before).scalars()) if since else now)
