"""The report of a benchmark: checked, written, logged and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ecgcore.counted import counted
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import RecipeError
from ecgcore.evaluation.benchmark.benchmark_figures import Drawing
from ecgcore.evaluation.benchmark.benchmark_tables import Benchmark
from ecgcore.evaluation.benchmark.contender import Contender, places_in
from ecgcore.evaluation.frame.predictions import LABEL_SUFFIX
from ecgcore.evaluation.study.readers import check_reads
from ecgcore.pages.benchmark_page import BenchmarkPage, RecipeLine, benchmark_document
from ecgcore.pages.document import Image
from ecgcore.pages.html import render_html
from ecgcore.predictor.formats.staging import staged_directory
from ecgcore.settings import PROJECT, Settings
from ecgcore.training.recipe.recipe import Recipe
from tasks.prefect.artifacts import publish_page
from tasks.registry.logged_report import log_report
from tasks.registry.provenance import code_commit
from tasks.registry.registry import registry_of
from tasks.training.runs import Run


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

    def in_short(self) -> str:
        """Return it as one sentence, for a list of runs."""
        return (
            f"{counted(len(self.trained), 'recipe')} trained, trained before: {len(self.reused)}; report: {self.folder}"
        )

    def to_text(self) -> str:
        """Return it as a few lines."""
        lines = [
            f"{row['recipe']:34} {row['target']:5} {row['test_set']:4} {row['rows']:8} "
            f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
            for row in self.areas.to_dict("records")
        ]
        return "\n".join([*lines, f"{self.in_short()}/report.html"])


def reference_run(recipes: Sequence[str], runs: Sequence[Run], name: str) -> Run:
    """Return the run that ``name`` means: a recipe as it was asked for, or under the name that an overlay gave it."""
    for asked, run in zip(recipes, runs, strict=True):
        if name in (asked, run.name):
            return run
    raise RecipeError(f"reference {name}", "is not among the recipes of this benchmark", "name one of --recipes")


def check_comparable(reads: pd.DataFrame, rows: pd.DataFrame, targets: Sequence[str]) -> None:
    """Refuse reads that nothing can be compared with, before anything is trained and any look is counted."""
    studies = rows.rename(columns={target: target + LABEL_SUFFIX for target in targets})
    check_reads(reads, studies, places_in(studies, targets))


def contender_of(run: Run, predictions: pd.DataFrame) -> Contender:
    """Return a run with its predictions, as the tables compare it."""
    signals = isinstance(run.recipe, Recipe) and run.recipe.model.family.is_signal
    return Contender(run.name, run.recipe.description, predictions, signals)


def page_of(
    snapshot: Snapshot,
    study: Benchmark,
    runs: Sequence[Run],
    looks: dict[str, int],
    found: dict[str, pd.DataFrame],
    drawings: dict[str, tuple[Drawing, ...]],
) -> BenchmarkPage:
    """Return the report's content."""
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


def write_report(
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


def publish_report(settings: Settings, folder: Path, page: BenchmarkPage, results: pd.DataFrame) -> None:
    """Log the report to MLflow, and publish its areas under the ROC curve as an artifact."""
    areas = results[results["metric"] == "AUC"]
    metrics = {
        f"auc.{row['recipe']}.{row['target']}.{row['test_set']}.{row['rows']}": float(row["value"])
        for row in areas.to_dict("records")
    }
    tags = {"snapshot": page.snapshot, "reference": page.reference, "code_commit": page.commit}
    log_report(registry_of(settings), folder.name, folder, tags, metrics)
    lines = [f"- {name}: {value:.3f}" for name, value in metrics.items()]
    publish_page(f"benchmark-{folder.name}", "\n".join([f"# Benchmark {folder.name}", *lines]), "benchmark")
