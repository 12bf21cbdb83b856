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
from ecgcore.ledger.review.operator import operator_name
from ecgcore.pages.experiment_page import ExperimentPage, experiment_document
from ecgcore.pages.html import render_html
from ecgcore.pages.markdown import render_markdown
from ecgcore.settings import Settings
from ecgcore.training.recipe.plan import BASE, Arm, Plan, load_plan
from tasks.cohort.snapshots import freeze
from tasks.judging.confirmation import Confirmation, confirmations, keep_confirmations
from tasks.prefect.environment import open_ledger
from tasks.training.trial import OUT_OF_FOLD, VALIDATION, Trial

log = logging.getLogger(__name__)


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
    home: Path
    weights: Path | None

    @property
    def folder(self) -> Path:
        return self.home / f"{self.plan.name}-{self.snapshot.id}"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @cached_property
    def folds(self) -> list[Snapshot]:
        """The snapshots of a cross-validation, none without."""
        count = self.plan.folds or 0
        return [
            open_fold(self.snapshot, count, i, self.home / f"folds-{count}-{self.snapshot.id}") for i in range(count)
        ]

    def trials(self, arm: Arm, seed: int) -> list[Trial]:
        """What is trained for one arm and seed: one trial, or one per fold."""
        recipe = self.plan.recipe(arm, seed)
        if self.plan.folds is None:
            return [Trial(arm.name, recipe, self.snapshot, self.runs, weights=self.weights)]
        return [Trial(arm.name, recipe, fold, self.runs, fold=True, weights=self.weights) for fold in self.folds]

    @property
    def all_trials(self) -> list[Trial]:
        """Seed by seed, so that a plan that is cut short has compared all arms."""
        return [t for seed in self.plan.seeds for arm in self.plan.arms for t in self.trials(arm, seed)]

    def scores(self, arm: Arm) -> list[pd.DataFrame]:
        """The predictions of one arm, a frame per seed."""
        return [
            pd.concat([trial.scores() for trial in self.trials(arm, seed)], ignore_index=True)
            for seed in self.plan.seeds
        ]

    def confirmed_by(self, variant: Arm) -> tuple[str, ...]:
        """The run directories, by name and sorted, that a confirmation of one variant scores on the tests."""
        arms = (self.plan.base, variant)
        trials = [trial for arm in arms for seed in self.plan.seeds for trial in self.trials(arm, seed)]
        return tuple(sorted(trial.run_dir.name for trial in trials))

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
    _train(opened.all_trials, at_most)
    done = sum(trial.trained for trial in opened.all_trials)
    found: tuple[Contrast, ...] = ()
    if done == len(opened.all_trials):
        found = _compare(opened)
    return ExperimentOutcome(opened.plan.name, opened.snapshot.id, done, len(opened.all_trials), found, opened.folder)


def confirm(settings: Settings, plan_file: Path, variant: str) -> ExperimentOutcome:
    """Score the base and one variant, chosen on validation, on the locked test sets: once, and counted as a look.

    Asked again for the same trainings, it returns what it found then. Edited recipes or other seeds are other
    trainings: they are confirmed anew, at a further look. Another variant is refused: the tests would start to choose.

    Raises:
        EcgError: the plan has no such variant, something is not trained yet, a test set is not locked or not as it was,
            or another variant was confirmed.
    """
    opened = _open(settings, plan_file)
    chosen = opened.plan.variant(variant)
    before = confirmations(opened.folder)
    _check_confirmable(opened, chosen, before)
    names = sorted(opened.snapshot.studies["test_set"].dropna().unique())
    standing = next((each for each in before if each.trials == opened.confirmed_by(chosen)), None)
    if standing is None:
        standing = _confirmed(settings, opened, chosen, names)
        before = (*before, standing)
        keep_confirmations(opened.folder, before)
    arms = {arm.name: _tests(opened, arm) for arm in (opened.plan.base, chosen)}
    said = [f"Test set {name}: look {standing.looks[name]} since it was locked." for name in names]
    if len(before) > 1:
        said.append(f"This plan was confirmed {len(before)} times, each time with other trainings.")
    found = _publish(opened, arms, names, "confirmed", (chosen,), tuple(said))
    count = len(opened.all_trials)
    return ExperimentOutcome(opened.plan.name, opened.snapshot.id, count, count, found, opened.folder)


def _open(settings: Settings, plan_file: Path) -> _Experiment:
    plan = load_plan(plan_file, settings.deployments / "recipes")
    snapshot = Snapshot.open(freeze(settings).path)
    snapshot.leak_check()
    return _Experiment(plan, snapshot, settings.folder("experiments"), settings.pretrained_weights)


def _train(trials: Sequence[Trial], at_most: int | None) -> None:
    waiting = [trial for trial in trials if not trial.trained]
    for trial in waiting[:at_most]:
        log.info("training %s, seed %d, in %s", trial.arm, trial.recipe.training.seed, trial.run_dir)
        trial.train()
        trial.scores()


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
        minutes=sum(trial.seconds for trial in opened.all_trials) / 60,
        looks=looks,
    )
    document = experiment_document(page)
    opened.folder.mkdir(parents=True, exist_ok=True)
    (opened.folder / f"{stem}.png").write_bytes(forest)
    durable.write_text(opened.folder / f"{stem}.csv", contrast_table(found).to_csv(index=False))
    durable.write_text(opened.folder / f"{stem}.md", render_markdown(document))
    durable.write_text(opened.folder / f"{stem}.html", render_html(document))
    return found


def _check_confirmable(opened: _Experiment, chosen: Arm, before: Sequence[Confirmation]) -> None:
    if opened.plan.folds is not None:
        rule = "is a cross-validation, which has no one model to confirm"
        raise TrainingError(f"plan {opened.plan.name}", rule, "confirm a plan without folds")
    missing = sum(not trial.trained for trial in opened.all_trials)
    if missing:
        rule = f"has {missing} trainings that are not finished"
        raise TrainingError(f"plan {opened.plan.name}", rule, "run `ecg experiment` to its end, then confirm")
    others = [each.variant for each in before if each.variant != chosen.name]
    if others:
        rule = f"was confirmed with variant {others[0]!r}"
        raise TrainingError(
            f"plan {opened.plan.name}", rule, "choose on validation; the tests confirm one variant only"
        )


def _confirmed(settings: Settings, opened: _Experiment, chosen: Arm, names: Sequence[str]) -> Confirmation:
    """Verify every locked set, then count a look at each: before anything is scored on them.

    Killed before the confirmation is written, it counts again: rather a look too many than one too few.
    """
    actor = f"experiment {opened.plan.name}, {chosen.name} against {BASE}, {operator_name()}"
    with open_ledger(settings) as ledger:
        for name in names:
            testset.verify(ledger, name)
        looks = {name: testset.look(ledger, name, actor) for name in names}
    return Confirmation(chosen.name, opened.confirmed_by(chosen), looks)


def _tests(opened: _Experiment, arm: Arm) -> list[pd.DataFrame]:
    """Return the test predictions of a confirmed arm, kept under their run directory's name: read again, not taken."""
    frames = []
    for seed in opened.plan.seeds:
        (trial,) = opened.trials(arm, seed)
        file = opened.folder / f"tests-{trial.run_dir.name}.parquet"
        if not file.exists():
            trial.tests().to_parquet(file.with_suffix(".partial"))
            file.with_suffix(".partial").replace(file)
        frames.append(pd.read_parquet(file))
    return frames
