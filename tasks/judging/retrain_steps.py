"""The steps of a retraining that a person sees in Prefect's page. The training between them is a flow run itself."""

from __future__ import annotations

import logging
from pathlib import Path

from ecgcore.data.snapshot import Snapshot
from ecgcore.ledger.cohort.freeze import SnapshotInfo
from ecgcore.ledger.cohort.new_studies import new_studies
from ecgcore.ledger.decide.permission import Decider, Ruling, permission
from ecgcore.ledger.promotion import promotion
from tasks.cohort.snapshots import freeze, snapshot_text
from tasks.judging.judge import Judgement, judge
from tasks.judging.label_rule_check import check_label_rule
from tasks.judging.newcomers import Newcomers, score_newcomers
from tasks.judging.planned import note_plan, with_history
from tasks.judging.publication import decision_page, publish_decision, publish_gates, publish_newcomers
from tasks.judging.retraining import Retraining
from tasks.prefect.step import step
from tasks.registry.candidate import Candidate
from tasks.release.promoting import candidacy_of, promote_version
from tasks.release.serving import Champion, champion_of
from tasks.training.runs import Run

log = logging.getLogger(__name__)


@step("freeze the snapshot")
def freeze_snapshot(job: Retraining) -> SnapshotInfo:
    """Freeze the accepted studies."""
    info = freeze(job.settings)
    log.info("%s", snapshot_text(info))
    return info


def champion_now(job: Retraining) -> Champion | None:
    """Return the version that serves the slot, checked to be one that a candidate can be compared with.

    Raises:
        EvaluationError: it was trained for another label rule.
        PromotionError: its release is missing or altered.
    """
    champion = champion_of(job.settings.home, job.ledger, job.slot)
    if champion:
        tags = job.registry.tags(job.slot, champion.version)
        check_label_rule(champion.version, tags, job.settings.folder("snapshots"), job.settings.catalogue)
    return champion


def note_start(job: Retraining, run: Run, info: SnapshotInfo) -> None:
    """Write recipe, policy and snapshot to the audit trail before the training begins."""
    note_plan(job.ledger, run, job.policy.name, job.policy.sha256, info.snapshot_id)


@step("score the champion on the new studies")
def score_new_studies(job: Retraining, snapshot: Snapshot, champion: Champion | None) -> Newcomers | None:
    """Test, then train: what the champion says of the studies that came after its training; None without a champion."""
    if champion is None:
        return None
    since = str(job.registry.tags(job.slot, champion.version).snapshot)
    newcomers = score_newcomers(snapshot, new_studies(job.ledger, snapshot.id, since), champion)
    if newcomers:
        publish_newcomers(newcomers)
    return newcomers


@step("judge on the locked test sets")
def judge_candidate(job: Retraining, snapshot: Snapshot, run: Run, champion: Champion | None) -> Judgement:
    """Score the exported model, compare it with the champion on the same rows, and decide by the gates."""
    model, golden, actor = run.path / "model", run.path / "golden", run.path.name
    judged = judge(job.ledger, snapshot, model, golden, job.policy, champion, actor, job.recipe.promotable)
    judgement = with_history(job.ledger, judged, run)
    publish_gates(judgement)
    log.info("%s: %s", judgement.gate.value, judgement.decision.reason)
    if judgement.exploratory:
        log.warning("exploratory, never promoted: %s", judgement.exploratory)
    return judgement


@step("register the candidate")
def register(job: Retraining, candidate: Candidate) -> str:
    """Register the candidate with all its evidence, and return its version."""
    version = job.registry.register_candidate(candidate)
    log.info("version %s of slot %s", version, job.slot)
    return version


@step("publish the decision page")
def publish(job: Retraining, version: str, candidate: Candidate, judgement: Judgement) -> Path:
    """Publish the page, then offer the version: a run killed before is judged and published by the next."""
    document = decision_page(job.settings, version, candidate, judgement)
    page = publish_decision(job.settings, job.registry, job.slot, version, document)
    job.registry.offer(job.slot, version)
    return page


@step("promote, if the policy says so")
def promote_by_policy(job: Retraining, version: str) -> str:
    """Promote a version if its policy does so without a person; return why not, where that is to be told."""
    candidacy = candidacy_of(job.registry, job.slot, version)
    by = Decider(job.policy.approval.value)
    answer = permission(candidacy, promotion.history(job.ledger, job.slot), by)
    log.info("version %s %s", version, answer.reason)
    if answer.allowed and by is Decider.AUTOMATIC:
        reason = "all blocking gates passed; approval is automatic by this policy"
        promote_version(job.settings, job.ledger, job.slot, version, f"policy {job.policy.name}", reason, by)
    if answer.allowed or answer.ruling in (Ruling.NEEDS_PERSON, Ruling.NOT_PROMOTABLE):
        return ""
    if answer.ruling is Ruling.EXPLORATORY:
        return f"; version {version} {answer.reason} ({answer.hint})"
    return f"; version {version} is not promoted without a person: it {answer.reason} ({answer.hint})"


def finish_promotion(job: Retraining, run: Run) -> str:
    """Promote to the end what a killed run registered but did not promote; see :func:`promote_by_policy`."""
    version = job.registry.offered_version(job.slot, run.sha256)
    if version is None or version == serving(job):
        return ""
    tags = job.registry.tags(job.slot, version)
    mine = (tags.gate, tags.policy_sha256) == ("pass", job.policy.sha256)
    return promote_by_policy(job, version) if mine else ""


def serving(job: Retraining) -> str | None:
    """Return the version that serves the slot, as the ledger says."""
    current = promotion.current(job.ledger, job.slot)
    return current.version if current else None
