"""Benchmark: train the recipes on one snapshot, score all on the same locked rows, and write one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from prefect import flow

from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import RecipeError
from ecgcore.evaluation.benchmark.benchmark_figures import Drawing, figures
from ecgcore.evaluation.benchmark.benchmark_tables import Benchmark, tables
from ecgcore.evaluation.benchmark.contender import Contender, places_in
from ecgcore.evaluation.frame.predictions import LABEL_SUFFIX
from ecgcore.evaluation.study.readers import check_reads
from ecgcore.evaluation.study.reads import load_reads
from ecgcore.pages.benchmark_page import BenchmarkPage, RecipeLine, benchmark_document
from ecgcore.pages.document import Image
from ecgcore.pages.html import render_html
from ecgcore.predictor.formats.staging import staged_directory
from ecgcore.settings import PROJECT, Settings
from ecgcore.training.recipe.recipe import Recipe
from flows.train import trained
from tasks.cohort.snapshots import freeze
from tasks.judging.benchmarking import explained, locked_rows, scored, scored_controls
from tasks.prefect.artifacts import progress_bar, publish_page
from tasks.prefect.environment import open_ledger, prepare
from tasks.registry.logged_report import log_report
from tasks.registry.provenance import code_commit
from tasks.registry.registry import registry_of
from tasks.training.runs import Run, plan_runs

STUDY = (
    "multi-task", "multi-task-old", "transferred", "single-task-scar", "single-task-lvef", "multi-task-clinical",
    "single-task-scar-clinical", "single-task-lvef-clinical", "multi-task-60-40", "multi-task-70-30", "multi-task-1d",
    "multi-task-1d-old", "transferred-1d", "single-task-scar-1d", "single-task-lvef-1d", "xgboost", "majority",
)  # fmt: skip


@dataclass(frozen=True)
class BenchmarkOutcome:
    """What a benchmark came to: its folder, the areas under the ROC curve, and which runs were there already."""

    folder: Path
    areas: pd.DataFrame
    trained: tuple[str, ...]
    reused: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "report": str(self.folder / "report.html"),
            "trained": list(self.trained),
            "reused": list(self.reused),
            "auc": self.areas.to_dict("records"),
        }

    def to_text(self) -> str:
        """Return it as a few lines."""
        lines = [
            f"{row['recipe']:34} {row['target']:5} {row['test_set']:4} {row['rows']:8} "
            f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
            for row in self.areas.to_dict("records")
        ]
        counts = f"{len(self.trained)} recipes trained, {len(self.reused)} were trained before"
        return "\n".join([*lines, counts, f"report: {self.folder / 'report.html'}"])


@flow(name="benchmark", description="Every recipe of the study on the same snapshot and test rows, in one report.")
def benchmark(
    recipes: Sequence[str] = STUDY,
    overlay: str | None = None,
    reference: str | None = None,
    readers: str | None = None,
    controls: str | None = None,
) -> BenchmarkOutcome:
    """Train what is not trained yet, score, and report.

    Args:
        recipes: names of files in ``deployments/recipes``; the study's by default.
        overlay: name of a file in ``deployments/overlays`` laid over each, such as ``demo``.
        reference: the recipe that the others are compared with; the first by default.
        readers: a CSV of cardiologists' reads (docs/architecture.md); it may cover some of the targets and test sets.
        controls: a folder of reports of people taken as normal, without CMR; one ECG a person.

    Raises:
        EcgError: a recipe, the ledger, a test set, a training or a file fails its checks. What was trained stays.
    """
    settings = prepare()
    reads = load_reads(Path(readers)) if readers else None
    with open_ledger(settings) as ledger:
        info = freeze(settings)
        snapshot = Snapshot.open(info.path)
        sets, rows = locked_rows(ledger, snapshot)
        if not sets:
            raise RecipeError("benchmark", "no test set is locked", "run `ecg testset lock old` and `... new` first")
        runs = plan_runs(settings, info.snapshot_id, recipes, overlay)
        chosen = _reference(recipes, runs, reference or recipes[0])
        if reads is not None:
            _check_reads(reads, rows, chosen.recipe.model.targets)
        before = [run for run in runs if run.finished]
        with progress_bar("benchmark-progress", f"benchmark of {len(runs)} recipes") as bar:
            for done, run in enumerate(runs):
                bar.show(done, len(runs), f"training {run.name}")
                trained(settings, info.path, run)
        frames = {run.name: scored(ledger, snapshot, run.path, sets, rows) for run in runs}
        looks = {each.name: each.looks for each in locked_rows(ledger, snapshot)[0]}
    contenders = [_contender(run, frames[run.name]) for run in runs]
    normal = scored_controls(chosen.path, Path(controls)) if controls else None
    study = Benchmark(snapshot.studies, contenders, chosen.name, reads, normal)
    found = tables(study)
    drawings = figures(study, found) | {"explanation": explained(snapshot, chosen.path)}
    page = _page(snapshot, study, runs, looks, found, drawings)
    folder = _write(settings, info.snapshot_id, page, found, drawings)
    _publish(settings, folder, page, found["results"])
    areas = found["results"].query("metric == 'AUC'").drop(columns=["metric", "method"])
    return BenchmarkOutcome(
        folder, areas, tuple(r.name for r in runs if r not in before), tuple(r.name for r in before)
    )


def _reference(recipes: Sequence[str], runs: Sequence[Run], name: str) -> Run:
    """Return the run that ``name`` means: a recipe as it was asked for, or under the name that an overlay gave it."""
    for asked, run in zip(recipes, runs, strict=True):
        if name in (asked, run.name):
            return run
    raise RecipeError(f"reference {name}", "is not among the recipes of this benchmark", "name one of --recipes")


def _check_reads(reads: pd.DataFrame, rows: pd.DataFrame, targets: Sequence[str]) -> None:
    """Refuse reads that nothing can be compared with, before anything is trained and any look is counted."""
    studies = rows.rename(columns={target: target + LABEL_SUFFIX for target in targets})
    check_reads(reads, studies, places_in(studies, targets))


def _contender(run: Run, predictions: pd.DataFrame) -> Contender:
    signals = isinstance(run.recipe, Recipe) and run.recipe.model.family.is_signal
    return Contender(run.name, run.recipe.description, predictions, signals)


def _page(
    snapshot: Snapshot,
    study: Benchmark,
    runs: Sequence[Run],
    looks: dict[str, int],
    found: dict[str, pd.DataFrame],
    drawings: dict[str, tuple[Drawing, ...]],
) -> BenchmarkPage:
    return BenchmarkPage(
        created=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        snapshot=snapshot.id,
        commit=code_commit(PROJECT),
        reference=study.reference,
        recipes=[RecipeLine(r.name, r.recipe.description, r.recipe.sha256, r.path.name) for r in runs],
        looks=looks,
        tables=found,
        figures={part: [Image(d.png, d.description) for d in drawn] for part, drawn in drawings.items()},
        words={target: snapshot.words(target) for target in study.chosen.targets},
    )


def _write(
    settings: Settings,
    snapshot_id: str,
    page: BenchmarkPage,
    found: dict[str, pd.DataFrame],
    drawings: dict[str, tuple[Drawing, ...]],
) -> Path:
    """Write the report: it is there as a whole or not at all, and replaces an earlier one of the same snapshot."""
    folder = settings.folder("benchmarks") / f"{snapshot_id}-{page.reference}"
    with staged_directory(folder) as work:
        (work / "report.html").write_text(render_html(benchmark_document(page), folder), encoding="utf-8")
        (work / "tables").mkdir()
        for name, table in found.items():
            table.to_csv(work / "tables" / f"{name}.csv", index=False)
        (work / "figures").mkdir()
        for part, drawn in drawings.items():
            for number, drawing in enumerate(drawn, start=1):
                (work / "figures" / f"{part}-{number}.png").write_bytes(drawing.png)
    return folder


def _publish(settings: Settings, folder: Path, page: BenchmarkPage, results: pd.DataFrame) -> None:
    areas = results[results["metric"] == "AUC"]
    metrics = {
        f"auc.{row['recipe']}.{row['target']}.{row['test_set']}.{row['rows']}": float(row["value"])
        for row in areas.to_dict("records")
    }
    tags = {"snapshot": page.snapshot, "reference": page.reference, "code_commit": page.commit}
    log_report(registry_of(settings), folder.name, folder, tags, metrics)
    lines = [f"- {name}: {value:.3f}" for name, value in metrics.items()]
    publish_page(f"benchmark-{folder.name}", "\n".join([f"# Benchmark {folder.name}", *lines]), "benchmark")
