"""Compare variants of a recipe on validation; look at the locked tests once, when asked to."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ecgcore import durable
from ecgcore.data.fold import open_fold
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import TrainingError
from ecgcore.evaluation.figures.contrast_forest import forest_png
from ecgcore.evaluation.study.contrast import Contrast, contrast_table, contrasts
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.review.judged_models import looked_at_together
from ecgcore.ledger.review.operator import operator_name
from ecgcore.pages.experiment_page import ExperimentPage, experiment_document
from ecgcore.pages.html import render_html
from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.stage_bar import stage_bar
from ecgcore.settings import Settings
from ecgcore.training.recipe.lineage import Lineage
from ecgcore.training.recipe.plan import BASE, Arm, Plan, load_plan
from ecgcore.training.train import train
from tasks.cohort.snapshots import freeze
from tasks.judging.confirmation import Confirmation, confirmations, keep_confirmations
from tasks.judging.kept_scores import OUT_OF_FOLD, VALIDATION, choosing_scores, locked_scores
from tasks.judging.planned import note_scored
from tasks.prefect.environment import open_ledger
from tasks.training.commit import note_commit
from tasks.training.runs import Run, plan_run

log = logging.getLogger(__name__)

EXPERIMENT = "experiment"


@dataclass(frozen=True)
class ExperimentOutcome:
    """Where an experiment stands.

    Args:
        name: of the plan.
        snapshot: what it trains on.
        trained, trials: trainings that are finished, and all of them.
        contrasts: empty until all are finished.
        folder: the results.
    """

    name: str
    snapshot: str
    trained: int
    trials: int
    contrasts: tuple[Contrast, ...]
    folder: Path

    @property
    def finished(self) -> bool:
        """Whether all is trained and compared."""
        return self.trained == self.trials

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        rows = json.loads(contrast_table(self.contrasts).to_json(orient="records"))
        counts = {"trained": self.trained, "trials": self.trials, "finished": self.finished}
        return {"plan": self.name, "snapshot": self.snapshot, **counts, "contrasts": rows, "folder": str(self.folder)}

    def to_text(self) -> str:
        """Return it as a few lines."""
        lines = [f"{self.name} on snapshot {self.snapshot}: {self.trained} of {self.trials} trainings are finished"]
        for c in self.contrasts:
            shown = f"{c.difference.value:+.4f} ({c.difference.low:+.4f} to {c.difference.high:+.4f})"
            lines.append(f"  {c.target}, {c.variant}: {shown}, p (Holm) {c.p_holm:.3f}, {c.finding}")
        return "\n".join([*lines, f"results: {self.folder}" if self.finished else "run it again to go on"])


@dataclass(frozen=True)
class _Experiment:
    """A plan on a snapshot."""

    plan: Plan
    snapshot: Snapshot
    settings: Settings

    @property
    def home(self) -> Path:
        return self.settings.folder("experiments")

    @property
    def folder(self) -> Path:
        return self.home / f"{self.plan.name}-{self.snapshot.id}"

    @cached_property
    def snapshots(self) -> list[Snapshot]:
        """What is trained on: the snapshot, or the folds of a cross-validation."""
        if self.plan.folds is None:
            return [self.snapshot]
        count, folder = self.plan.folds, self.home / f"folds-{self.plan.folds}-{self.snapshot.id}"
        return [open_fold(self.snapshot, count, number, folder) for number in range(count)]

    def runs(self, arm: Arm, seed: int) -> list[tuple[Run, Snapshot]]:
        """What is trained for one arm and seed: one run, or one per fold, each with its snapshot."""
        lineage = Lineage((self.plan.recipe(arm, seed),))
        return [(plan_run(self.settings, snapshot.id, lineage), snapshot) for snapshot in self.snapshots]

    @cached_property
    def all_runs(self) -> list[tuple[Run, Snapshot]]:
        """Seed by seed, so that a plan that is cut short has compared all arms."""
        return [each for seed in self.plan.seeds for arm in self.plan.arms for each in self.runs(arm, seed)]

    def scores(self, arm: Arm) -> list[pd.DataFrame]:
        """The predictions of one arm, a frame per seed."""
        return [pd.concat(map(self.scored, self.runs(arm, seed)), ignore_index=True) for seed in self.plan.seeds]

    def scored(self, trained: tuple[Run, Snapshot]) -> pd.DataFrame:
        """The predictions of one run, on the rows that choose."""
        return choosing_scores(*trained, fold=self.plan.folds is not None)

    def confirmed_by(self, variant: Arm) -> tuple[str, ...]:
        """The run directories, by name and sorted, that a confirmation of one variant scores on the tests."""
        return tuple(sorted(run.path.name for run in self.confirmed_runs(variant)))

    def confirmed_runs(self, variant: Arm) -> list[Run]:
        """The runs that a confirmation of one variant scores on the tests."""
        arms = (self.plan.base, variant)
        return [run for arm in arms for seed in self.plan.seeds for run, _ in self.runs(arm, seed)]

    @property
    def place(self) -> str:
        return VALIDATION if self.plan.folds is None else OUT_OF_FOLD


def experiment(settings: Settings, plan_file: Path, at_most: int | None = None) -> ExperimentOutcome:
    """Train what the plan names and is not trained yet, then compare every variant with the base on validation.

    Args:
        settings: the platform's.
        plan_file: a file such as those in ``deployments/experiments``.
        at_most: stop after so many trainings; running it again goes on.

    Raises:
        EcgError: the plan, a recipe, the snapshot or a training fails its checks.
    """
    opened = _open(settings, plan_file)
    _train(opened, at_most)
    done, count = sum(run.finished for run, _ in opened.all_runs), len(opened.all_runs)
    found = _compare(opened) if done == count else ()
    return ExperimentOutcome(opened.plan.name, opened.snapshot.id, done, count, found, opened.folder)


def confirm(settings: Settings, plan_file: Path, variant: str) -> ExperimentOutcome:
    """Score the base and one variant, chosen on validation, on the locked test sets: once, and counted as a look.

    Asked again for the same trainings, it returns what it found then. Edited recipes or other seeds are other
    trainings: they are confirmed anew, at a further look. Another variant is refused: the tests would start to choose.

    Raises:
        EcgError: the plan has no such variant, something is not trained yet, a test set is not locked or not as it was,
            or another variant was confirmed, by this plan or by one that shares its base.
    """
    opened = _open(settings, plan_file)
    chosen = opened.plan.variant(variant)
    before = confirmations(opened.folder)
    _check_confirmable(opened, chosen, before)
    names = sorted(opened.snapshot.studies["test_set"].dropna().unique())
    standing = next((each for each in before if each.trials == opened.confirmed_by(chosen)), None)
    if standing is None:
        _check_first_choice(settings, opened, chosen)
        standing = _confirmed(settings, opened, chosen, names)
        before = (*before, standing)
        keep_confirmations(opened.folder, before)
    arms = {arm.name: _tests(opened, arm) for arm in (opened.plan.base, chosen)}
    said = [f"Test set {name}: look {standing.looks[name]} since it was locked." for name in names]
    if len(before) > 1:
        said.append(f"This plan was confirmed {len(before)} times, each time with other trainings.")
    found = _publish(opened, arms, names, "confirmed", (chosen,), tuple(said))
    count = len(opened.all_runs)
    return ExperimentOutcome(opened.plan.name, opened.snapshot.id, count, count, found, opened.folder)


def _open(settings: Settings, plan_file: Path) -> _Experiment:
    plan = load_plan(plan_file, settings.deployments / "recipes")
    snapshot = Snapshot.open(freeze(settings).path)
    snapshot.leak_check()
    return _Experiment(plan, snapshot, settings)


def _train(opened: _Experiment, at_most: int | None) -> None:
    waiting = [each for each in opened.all_runs if not each[0].finished]
    for number, (run, snapshot) in enumerate(waiting[:at_most], start=1):
        log.info("training %s", run.path)
        note_commit(run.path)
        with stage_bar(f"train {run.path.name} ({number} of {len(waiting)})"):
            weights, device = opened.settings.pretrained_weights, opened.settings.train_device
            train(snapshot.path, run.recipe, run.path, weights=weights, device=device, progress=False)
        opened.scored((run, snapshot))


def _compare(opened: _Experiment) -> tuple[Contrast, ...]:
    arms = {arm.name: opened.scores(arm) for arm in opened.plan.arms}
    return _publish(opened, arms, [opened.place], "results", opened.plan.variants)


def _publish(
    opened: _Experiment,
    arms: dict[str, list[pd.DataFrame]],
    places: Sequence[str],
    stem: str,
    variants: Sequence[Arm],
    looks: tuple[str, ...] = (),
) -> tuple[Contrast, ...]:
    """Compare, and write CSV, Markdown, HTML and the forest plot."""
    found = contrasts(arms, BASE, places)
    forest = forest_png(opened.plan.name, found)
    page = ExperimentPage(
        name=opened.plan.name,
        description=opened.plan.description,
        place=f"{' and '.join(places)}, snapshot {opened.snapshot.id}",
        seeds=opened.plan.seeds,
        whys={arm.name: arm.why for arm in variants},
        contrasts=found,
        forest=forest,
        minutes=sum(run.seconds for run, _ in opened.all_runs) / 60,
        looks=looks,
    )
    document = experiment_document(page)
    durable.write_bytes(opened.folder / f"{stem}.png", forest)
    durable.write_text(opened.folder / f"{stem}.csv", contrast_table(found).to_csv(index=False))
    durable.write_text(opened.folder / f"{stem}.md", render_markdown(document))
    durable.write_text(opened.folder / f"{stem}.html", render_html(document, opened.folder))
    return found


def _check_confirmable(opened: _Experiment, chosen: Arm, before: Sequence[Confirmation]) -> None:
    if opened.plan.folds is not None:
        rule = "is a cross-validation, which has no one model to confirm"
        raise TrainingError(f"plan {opened.plan.name}", rule, "confirm a plan without folds")
    missing = sum(not run.finished for run, _ in opened.all_runs)
    if missing:
        rule = f"has {missing} trainings that are not finished"
        raise TrainingError(f"plan {opened.plan.name}", rule, "run `ecg experiment` to its end, then confirm")
    others = [each.variant for each in before if each.variant != chosen.name]
    if others:
        rule = f"was confirmed with variant {others[0]!r}"
        raise TrainingError(
            f"plan {opened.plan.name}", rule, "choose on validation; the tests confirm one variant only"
        )


def _check_first_choice(settings: Settings, opened: _Experiment, chosen: Arm) -> None:
    """Refuse a second variant of the same base under another plan's name: the tests would start to choose."""
    base = [run.path.name for seed in opened.plan.seeds for run, _ in opened.runs(opened.plan.base, seed)]
    with open_ledger(settings) as ledger, ledger.reading() as connection:
        looked = looked_at_together(connection, base)
    for by, runs in looked.items():
        kind, _, plan = by.partition(" ")
        if (kind, plan != opened.plan.name) == (EXPERIMENT, True) and not runs <= {*opened.confirmed_by(chosen)}:
            rule = f"has the base that plan {plan!r} confirmed another variant of"
            hint = "choose on validation; the tests confirm one variant of a base only, whatever a plan is called"
            raise TrainingError(f"plan {opened.plan.name}", rule, hint)


def _confirmed(settings: Settings, opened: _Experiment, chosen: Arm, names: Sequence[str]) -> Confirmation:
    """Verify every locked set, then count a look at each: before anything is scored on them.

    Killed before the confirmation is written, it counts again: rather a look too many than one too few.
    """
    actor = f"experiment {opened.plan.name}, {chosen.name} against {BASE}, {operator_name()}"
    with open_ledger(settings) as ledger:
        for name in names:
            testset.verify(ledger, name)
        looks = {name: testset.look(ledger, name, actor) for name in names}
        for run in opened.confirmed_runs(chosen):
            note_scored(ledger, run.path, run.sha256, f"{EXPERIMENT} {opened.plan.name}")
    return Confirmation(chosen.name, opened.confirmed_by(chosen), looks)


def _tests(opened: _Experiment, arm: Arm) -> list[pd.DataFrame]:
    """Return the test predictions of a confirmed arm, kept under their run directory's name: read again, not taken."""
    frames = []
    for seed in opened.plan.seeds:
        ((run, snapshot),) = opened.runs(arm, seed)
        file = opened.folder / f"tests-{run.path.name}.parquet"
        if not file.exists():
            with durable.whole_file(file) as draft:
                locked_scores(run, snapshot).to_parquet(draft)
        frames.append(pd.read_parquet(file))
    return frames
