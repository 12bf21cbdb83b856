"""Benchmark: train the recipes on one snapshot, score all on the same locked rows, and write one report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import RecipeError
from ecgcore.evaluation.benchmark.benchmark_figures import figures
from ecgcore.evaluation.benchmark.benchmark_tables import Benchmark, tables
from ecgcore.evaluation.study.reads import load_reads
from flows.train import train
from tasks.cohort.snapshots import freeze
from tasks.judging.benchmark_report import (
    BenchmarkOutcome,
    check_comparable,
    contender_of,
    page_of,
    publish_report,
    reference_run,
    write_report,
)
from tasks.judging.benchmarking import explained, locked_rows, scored, scored_controls
from tasks.prefect.artifacts import progress_bar
from tasks.prefect.environment import open_ledger, prepare
from tasks.prefect.run_page import ended, named
from tasks.training.dispatch import trained
from tasks.training.runs import plan_runs

STUDY = (
    "multi-task", "multi-task-old", "transferred", "single-task-scar", "single-task-lvef", "multi-task-clinical",
    "single-task-scar-clinical", "single-task-lvef-clinical", "multi-task-60-40", "multi-task-70-30", "multi-task-1d",
    "multi-task-1d-old", "transferred-1d", "single-task-scar-1d", "single-task-lvef-1d", "xgboost", "majority",
)  # fmt: skip


@flow(
    name="benchmark",
    flow_run_name=named(
        lambda given: f"benchmark of {len(given.get('recipes') or STUDY)} recipes {datetime.now(UTC):%Y-%m}"
    ),
    description="Every recipe of the study on the same snapshot and test rows, in one report.",
)
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
        readers: a CSV of cardiologists' reads (docs/architecture/evaluation.md); it may cover some of the
            targets and test sets.
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
        chosen = reference_run(recipes, runs, reference or recipes[0])
        if reads is not None:
            check_comparable(reads, rows, chosen.recipe.model.targets)
        before = [run for run in runs if run.finished]
        with progress_bar("benchmark-progress", f"benchmark of {len(runs)} recipes") as bar:
            for done, run in enumerate(runs):
                bar.show(done, len(runs), f"training {run.name}")
                trained(settings, info.path, run, train)
        frames = {run.name: scored(ledger, snapshot, run, sets, rows) for run in runs}
        looks = {each.name: each.looks for each in locked_rows(ledger, snapshot)[0]}
    contenders = [contender_of(run, frames[run.name]) for run in runs]
    normal = scored_controls(chosen.path, Path(controls)) if controls else None
    study = Benchmark(snapshot.studies, contenders, chosen.name, reads, normal)
    found = tables(study)
    drawings = figures(study, found) | {"explanation": explained(snapshot, chosen.path)}
    page = page_of(snapshot, study, runs, looks, found, drawings)
    folder = write_report(settings, info.snapshot_id, page, found, drawings)
    publish_report(settings, folder, page, found["results"])
    areas = found["results"].query("metric == 'AUC'").drop(columns=["metric", "method"])
    fresh = tuple(run.name for run in runs if run not in before)
    outcome = BenchmarkOutcome(folder, areas, fresh, tuple(run.name for run in before))
    return ended(outcome, outcome.in_short())
