"""Retrain: enough new? -> snapshot -> champion on the new -> train -> judge -> register -> promote or wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prefect import flow

from ecgcore.data.snapshot import Snapshot
from ecgcore.ledger.decide.candidacy import GateVerdict
from ecgcore.settings import load_settings
from flows.train import train
from tasks.judging.due import check_data, why_not
from tasks.judging.outcome import RetrainOutcome
from tasks.judging.registering import candidate_of
from tasks.judging.retrain_steps import (
    champion_now,
    finish_promotion,
    freeze_snapshot,
    judge_candidate,
    note_start,
    promote_by_policy,
    publish,
    register,
    score_new_studies,
    serving,
)
from tasks.judging.retraining import open_retraining
from tasks.prefect.environment import prepare
from tasks.prefect.run_page import ended, named
from tasks.training.dispatch import trained
from tasks.training.runs import plan_run


def _name(given: Mapping[str, Any]) -> str:
    return f"retrain {given.get('recipe') or load_settings().recipe} {datetime.now(UTC):%Y-%m}"


@flow(
    name="retrain",
    flow_run_name=named(_name),
    description="New studies -> trained, judged and registered candidate; promoted if the policy says so.",
)
def retrain(
    recipe: str | None = None, policy: str | None = None, force: bool = False, overlay: str | None = None
) -> RetrainOutcome:
    """Retrain a recipe under a policy, one retraining of a slot at a time.

    The candidate is judged against the champion of the moment after the training, and promoted only over that one.

    Args:
        recipe: name of a file in ``deployments/recipes``; ``ECG_RECIPE`` if not given.
        policy: name of a file in ``deployments/policies``; ``ECG_POLICY`` if not given.
        force: train even if too few studies are new, or a batch limit is exceeded.
        overlay: name of a file in ``deployments/overlays`` laid over the recipe, if any.

    Raises:
        EcgError: recipe, policy, ledger, snapshot or training fails its checks, another retraining of the slot is
            under way, or the champion was trained for another label rule. Gates that say no are no error.
    """
    settings = prepare()
    with open_retraining(settings, recipe, policy, overlay, force) as job:
        check_data(job)
        info = freeze_snapshot(job)
        run = plan_run(settings, info.snapshot_id, job.lineage)
        champion = champion_now(job)
        if reason := why_not(job, info, run, champion):
            held = finish_promotion(job, run)
            outcome = RetrainOutcome.skipped(reason + held, serving(job))
            return ended(outcome, outcome.in_short())
        note_start(job, run, info)
        snapshot = Snapshot.open(info.path)
        newcomers = score_new_studies(job, snapshot, champion)
        trained(settings, info.path, run, train)
        if (now := champion_now(job)) != champion:  # changed in the hours of the training
            champion, newcomers = now, score_new_studies(job, snapshot, now)
        judgement = judge_candidate(job, snapshot, run, champion)
        candidate = candidate_of(job, run, snapshot, judgement, newcomers)
        version = register(job, candidate)
        page = publish(job, version, candidate, judgement)
        held = promote_by_policy(job, version) if judgement.gate is GateVerdict.PASS else ""
        outcome = RetrainOutcome.of(version, judgement, held, serving(job), page, snapshot.id, job.recipe.promotable)
    return ended(outcome, outcome.in_short())
