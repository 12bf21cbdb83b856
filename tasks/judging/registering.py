"""Puts a finished training and its judgement together as a candidate for the registry."""

from __future__ import annotations

from ecgcore.data.snapshot import Snapshot
from ecgcore.evaluation.estimate.evaluation import to_json
from ecgcore.ledger.decide.candidacy import NO_CHAMPION
from ecgcore.predictor.scoring import registered_columns
from tasks.judging.judge import Judgement
from tasks.judging.label_rule_check import label_rule_of
from tasks.judging.newcomers import Newcomers
from tasks.judging.retraining import Retraining
from tasks.registry.candidate import Candidate
from tasks.registry.version_tags import VersionTags
from tasks.training.commit import training_commit
from tasks.training.runs import Run


def candidate_of(
    job: Retraining, run: Run, snapshot: Snapshot, judgement: Judgement, newcomers: Newcomers | None
) -> Candidate:
    """Return the candidate with all of its evidence.

    Judged by another policy, or against another champion, the same training is another candidate: a version keeps the
    verdict that it was registered with.
    """
    recipe, policy, run_dir = job.recipe, job.policy, run.path
    against = judgement.decision.champion or NO_CHAMPION
    tables = {"gates": judgement.gate_table()}
    if newcomers:
        tables["champion_on_new_studies"] = newcomers.table()
    return Candidate(
        slot=job.slot,
        run_id=f"{run_dir.name}-{policy.sha256[:8]}-vs-{against}",
        model_dir=run_dir / "model",
        golden_dir=run_dir / "golden",
        snapshot_dir=snapshot.path,
        targets=tuple(recipe.model.targets),
        recipe=recipe.to_dict(),
        metrics=judgement.metrics(),
        predictions=registered_columns(judgement.predictions),
        tags=VersionTags(
            gate=judgement.gate,
            judged_against=against,
            snapshot=snapshot.id,
            label_rule=label_rule_of(snapshot.meta),
            test_set_sha256=",".join(f"{look.test_set}:{look.sha256}" for look in judgement.looks),
            recipe=recipe.name,
            recipe_sha256=run.sha256,
            policy=policy.name,
            policy_sha256=policy.sha256,
            exploratory=judgement.exploratory,
            promotable=recipe.promotable,
        ),
        code_commit=training_commit(run_dir),
        documents={
            "recipe.yaml": (run_dir / "recipe.yaml").read_text(encoding="utf-8"),
            "policy.yaml": job.policy_file.read_text(encoding="utf-8"),
            "training.json": (run_dir / "summary.json").read_text(encoding="utf-8"),
            "decision.json": judgement.decision.to_json(),
            "evaluations.json": to_json(judgement.evaluations),
        },
        figures=judgement.figures,
        tables=tables,
        model_class=recipe.model.family.value,
        task=recipe.model.targets[0],
    )
