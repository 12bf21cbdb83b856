"""Snapshots and test sets, as the command line and the flows use them."""

from __future__ import annotations

from typing import Any

from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import SnapshotInfo, freeze_snapshot
from ecgcore.ledger.cohort.testset import LockedSet
from ecgcore.ledger.review.operator import operator_name
from ecgcore.settings import Settings
from tasks.prefect.environment import open_ledger


def freeze(settings: Settings) -> SnapshotInfo:
    """Freeze the accepted studies.

    Raises:
        SnapshotError: no study, or a test set that is not locked.
        LeakError: the studies mix training with test.
    """
    with open_ledger(settings) as ledger:
        return freeze_snapshot(ledger, settings.folder("snapshots"), settings.folder("images"), settings.catalogue)


def lock(settings: Settings, name: str) -> dict[str, Any]:
    """Lock a test set.

    Raises:
        LedgerError: it is locked already, or holds no study.
    """
    with open_ledger(settings) as ledger:
        return _plain(testset.lock(ledger, name, operator_name()))


def replace(settings: Settings, name: str, reviewer: str, reason: str, second: str | None = None) -> dict[str, Any]:
    """Lock a test set anew, without its disputed studies.

    Raises:
        LedgerError: as :func:`ecgcore.ledger.cohort.testset.replace`.
    """
    with open_ledger(settings) as ledger:
        return _plain(testset.replace(ledger, name, reviewer, reason, second))


def locked_sets(settings: Settings) -> list[dict[str, Any]]:
    """Return the locked test sets."""
    with open_ledger(settings) as ledger:
        return [_plain(each) for each in testset.locked_sets(ledger)]


def snapshot_text(info: SnapshotInfo) -> str:
    """Return a snapshot as a few lines."""
    splits = ", ".join(f"{count} {split}" for split, count in info.counts.items())
    state = "frozen" if info.created else "was frozen before, nothing is new"
    left_out = f"left out: {info.disputed_left_out} disputed, {info.unlocked_left_out} in no locked test set"
    return f"snapshot {info.snapshot_id} {state}: {splits}\n{left_out}\n{info.path}"


def snapshot_json(info: SnapshotInfo) -> dict[str, Any]:
    """Return a snapshot as plain values."""
    return {
        "snapshot": info.snapshot_id,
        "content_sha256": info.content_sha256,
        "path": str(info.path),
        "counts": dict(info.counts),
        "disputed_left_out": info.disputed_left_out,
        "unlocked_left_out": info.unlocked_left_out,
        "created": info.created,
    }


def _plain(locked: LockedSet) -> dict[str, Any]:
    return {
        "name": locked.name,
        "sha256": locked.sha256,
        "studies": locked.studies,
        "locked_at": locked.locked_at.isoformat(),
        "looks": locked.looks,
        "lifetime_looks": locked.lifetime_looks,
        "replaced": [each.to_text() for each in locked.replacements],
    }
