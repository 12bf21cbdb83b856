"""Whether a verdict was planned before the training, and what looked at the same answers before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review.judged_models import (
    Judged,
    judgements_of,
    note_judged,
    note_start,
    why_exploratory,
)
from ecgcore.predictor.fingerprint import directory_sha256
from ecgcore.training.rundir import RunDir
from tasks.judging.judge import Judgement
from tasks.training.runs import Run


def note_plan(ledger: Ledger, run: Run, policy: str, policy_sha256: str, snapshot: str) -> None:
    """Note recipe, policy and snapshot in the audit trail before the training begins, or goes on."""
    files = RunDir(run.path)
    begun = any(path.exists() for path in (files.checkpoint, files.metrics, files.summary))
    names = {"policy": policy, "policy_sha256": policy_sha256}
    detail = {"recipe": run.name, "recipe_sha256": run.sha256, "snapshot": snapshot}
    with ledger.writing() as connection:
        note_start(connection, datetime.now(UTC), run.path.name, begun, names, **detail)


def with_history(ledger: Ledger, judgement: Judgement, run: Run) -> Judgement:
    """Note a retraining's judgement; return it with why it only explores, if so, and every earlier look."""
    decision, model = judgement.decision, directory_sha256(run.path / "model")
    judged = Judged(
        run=run.path.name,
        recipe_sha256=run.sha256,
        model_sha256=model,
        by="retrain",
        policy=decision.policy_name,
        policy_sha256=decision.policy_sha256,
        verdict=judgement.gate.value,
    )
    with ledger.writing() as connection:
        earlier = judgements_of(connection, model, run.sha256)
        why = why_exploratory(connection, run.path.name, model, decision.policy_sha256)
        note_judged(connection, datetime.now(UTC), judged)
    return replace(judgement, exploratory=why, earlier=tuple(each.to_text() for each in earlier))


def note_scored(ledger: Ledger, run_dir: Path, recipe_sha256: str, by: str) -> None:
    """Note that a run's answers on the locked test sets are looked at without a policy, as a benchmark does."""
    judged = Judged(run_dir.name, recipe_sha256, directory_sha256(run_dir / "model"), by)
    with ledger.writing() as connection:
        note_judged(connection, datetime.now(UTC), judged)
