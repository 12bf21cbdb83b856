"""Whether a retraining is due: enough studies are new since the champion, and since the recipe's last candidate."""

from __future__ import annotations

from ecgcore.counted import counted
from ecgcore.errors import LedgerError
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import SnapshotInfo
from ecgcore.ledger.cohort.new_studies import new_studies
from ecgcore.ledger.promotion import promotion
from tasks.judging.retraining import Retraining
from tasks.release.serving import Champion
from tasks.training.runs import Run
from tasks.validation.alerts import batch_alerts


def check_data(job: Retraining) -> None:
    """Check the last batches and the locked test sets before anything is frozen.

    Raises:
        LedgerError: a batch limit is exceeded and the retraining is not forced, or a test set is not as it was locked.
    """
    alerts = batch_alerts(job.ledger, job.settings.catalogue)
    if alerts and not job.force:
        hint = "settle it, or retrain with --force"
        raise LedgerError("the last studies", f"exceed a batch limit: {alerts[0]}", hint)
    for name in job.policy.test_sets:
        testset.verify(job.ledger, name)


def why_not(job: Retraining, info: SnapshotInfo, run: Run, champion: Champion | None) -> str | None:
    """Return why nothing is trained on a snapshot; None if it is."""
    if job.force:
        return None
    if version := _trained_on(job, info, run):
        return f"nothing is new: version {version} was trained with this recipe on this snapshot"
    counts = {
        what: len(new_studies(job.ledger, info.snapshot_id, _snapshot(job, version)))
        for what, version in _judged_before(job, run, champion).items()
    }
    what = min(counts, key=lambda each: counts[each], default=None)  # the later of the two has fewer
    if what and counts[what] < job.settings.min_new_studies:
        fewer = f"fewer than {job.settings.min_new_studies}; --force trains anyway"
        studies = f"{counted(counts[what], 'study')} {'is' if counts[what] == 1 else 'are'}"
        return f"{studies} new since {what}, {fewer}"
    return None


def _judged_before(job: Retraining, run: Run, champion: Champion | None) -> dict[str, str]:
    """Return the versions that stand for studies seen before: each training draws again at the locked test sets."""
    found = {f"champion {champion.version}": champion.version} if champion else {}
    if version := job.registry.offered_version(job.slot, run.sha256):
        found[f"version {version}, the last candidate of this recipe"] = version
    return found


def _trained_on(job: Retraining, info: SnapshotInfo, run: Run) -> str | None:
    serving = promotion.current(job.ledger, job.slot)
    for version in (job.registry.offered_version(job.slot, run.sha256), serving.version if serving else None):
        tags = job.registry.tags(job.slot, version) if version else None
        if tags and (tags.snapshot, tags.recipe_sha256) == (info.snapshot_id, run.sha256):
            return version
    return None


def _snapshot(job: Retraining, version: str) -> str:
    return str(job.registry.tags(job.slot, version).snapshot)
