"""The decision page: written, registered and published."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ecgcore.pages.decision_page import DecisionPage, decision_document
from ecgcore.pages.document import Document, Image
from ecgcore.pages.html import render_html
from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.parts.gate_table import gate_table, interval_text, value_text
from ecgcore.pages.parts.operating_point import operating_points
from ecgcore.settings import Settings
from tasks.inbox.ingest_pages import QUARANTINE_PAGE
from tasks.judging.judge import Judgement
from tasks.judging.newcomers import Newcomers
from tasks.prefect.artifacts import publish_page, publish_table
from tasks.registry.candidate import Candidate
from tasks.registry.registry import Registry


def decision_page(settings: Settings, version: str, candidate: Candidate, judgement: Judgement) -> Document:
    """Return the page on a candidate."""
    summary = json.loads(candidate.documents["training.json"])
    champion = judgement.decision.champion
    return decision_document(
        DecisionPage(
            candidate=version,
            created=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            recipe=f"{candidate.tags.recipe} ({str(candidate.tags.recipe_sha256)[:12]})",
            snapshot=str(candidate.tags.snapshot),
            label_rule=str(candidate.tags.label_rule),
            first_weights=first_weights(candidate),
            operating_points=operating_points(summary),
            commit=candidate.code_commit,
            decision=judgement.decision,
            evaluations=judgement.evaluations,
            looks=judgement.looks,
            figures=tuple(Image(png, figure_sentence(name)) for name, png in judgement.figures.items()),
            exploratory=judgement.exploratory,
            earlier=judgement.earlier,
            links=decision_links(
                settings, candidate.slot, champion, candidate.model_dir.parent, candidate.snapshot_dir
            ),
        )
    )


def decision_links(
    settings: Settings, slot: str, champion: str | None, run_dir: Path, snapshot_dir: Path
) -> tuple[tuple[str, str], ...]:
    """Return what a reviewer may want to open beside the page, what it shows and its path; only what is there."""
    found = {
        "The champion's own decision page": decision_page_of(settings, slot, champion) if champion else None,
        "All that is in quarantine, and in no training": settings.folder("pages") / QUARANTINE_PAGE,
        "The snapshot: studies by split, label rule, test sets": snapshot_dir / "snapshot.json",
        "The recipe with every value": run_dir / "recipe.yaml",
        "What the training wrote about itself": run_dir / "summary.json",
    }
    return tuple((words, str(path)) for words, path in found.items() if path and path.exists())


def first_weights(candidate: Candidate) -> str:
    """Return in words what the training began with: a network that had to do without published weights scores lower."""
    summary = json.loads(candidate.documents["training.json"])
    if start := summary.get("start_from"):
        return f"those of the run {start['path']}"
    if summary.get("pretrained_loaded"):
        return "published ones"
    if candidate.recipe["model"].get("pretrained"):
        run = candidate.model_dir.parent.name
        return (
            "random: the recipe asks for published ones, and this machine could not load them; once it can, remove "
            f"runs/{run} under ECG_HOME and run `ecg retrain --force`"
        )
    return "random, as the recipe says"


def figure_sentence(name: str) -> str:
    """Return what a figure of a judgement shows; its name is such as ``roc-scar-old``."""
    kind, _, place = name.partition("-")
    target, _, test_set = place.rpartition("-")
    sentences = {
        "roc": f"ROC curve of {target} on the test set {test_set}.",
        "calibration": f"Calibration of {target} on the test set {test_set}.",
        "gates": "Estimate, interval and limit of every gate.",
    }
    return sentences.get(kind, name)


def decision_page_of(settings: Settings, slot: str, version: str, name: str = "decision") -> Path:
    """Return where the page on a version is."""
    return settings.folder("pages") / f"{name}-{slot}-{version}.html"


def publish_decision(
    settings: Settings, registry: Registry, slot: str, version: str, document: Document, name: str = "decision"
) -> Path:
    """Write the page, attach it to the registered version, publish it as an artifact, and return its path."""
    page = decision_page_of(settings, slot, version, name)
    page.write_text(render_html(document, page.parent), encoding="utf-8")
    registry.attach(slot, version, f"{name}.html", render_html(document))
    publish_page(f"{name}-{slot}-{version}", render_markdown(document), document.title)
    return page


def publish_gates(judgement: Judgement) -> None:
    """Publish the gate table as an artifact, as the decision page shows it."""
    table = gate_table("Gates", judgement.decision.results)
    rows = [dict(zip(table.columns, (cell.text for cell in row), strict=True)) for row in table.rows]
    publish_table("gates", rows, judgement.decision.reason)


def publish_newcomers(newcomers: Newcomers) -> None:
    """Publish the champion's scores on the studies that are new since its training as an artifact."""
    rows = [
        {
            "target": each.target,
            "studies": each.scores.n,
            "positives": each.scores.positives,
            "AUC": value_text(each.scores.auc),
            "interval": interval_text(each.scores.auc),
            "why not": "; ".join(each.scores.undefined),
        }
        for each in newcomers.evaluations
    ]
    publish_table("champion-on-new-studies", rows, f"Champion {newcomers.champion} on studies new since its training")
