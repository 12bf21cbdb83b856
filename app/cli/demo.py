"""The demo: the whole job on a synthetic hospital. A second run finds nothing new."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from app.cli.synthesise import synthesise
from ecgcore.errors import SettingsError
from ecgcore.evaluation.gates.decision import Decision
from ecgcore.evaluation.gates.decision_file import read_decision
from ecgcore.pages.demo_page import DemoPage, PredictionLine, demo_document
from ecgcore.pages.html import render_html
from ecgcore.pages.terminal import print_document
from ecgcore.predictor.champion import champion_dir
from ecgcore.predictor.slot import CHAMPION
from ecgcore.settings import Settings
from ecgcore.surroundings import check_room
from ecgcore.synth.hospital import make_hospital
from flows.ingest import ingest
from tasks.cohort.snapshots import lock, locked_sets
from tasks.inbox.ingest_pages import links_of, rules_of
from tasks.inbox.ingest_summary import IngestSummary
from tasks.judging.outcome import RetrainOutcome
from tasks.prefect.environment import open_ledger, prepare

RECIPE, POLICY, TEST_SETS = "multi-task-demo", "demo", ("old", "new")


def demo(studies: int, seed: int) -> None:
    """Run the main job under ``ECG_HOME`` and print what happened.

    Raises:
        SettingsError: ``ECG_HOME`` holds something else than the demo, or a shared ledger or registry is set.
    """
    started = time.monotonic()
    settings = prepare()
    check_room(settings.home)
    _say(f"demo under {settings.home}: a synthetic hospital, no patients")
    inbox = _inbox(settings, studies, seed)
    summary = ingest(str(inbox))
    _say(f"ingested: {summary.to_text().splitlines()[0]}")
    known = {found["name"] for found in locked_sets(settings)}
    for name in TEST_SETS:
        if name not in known:
            _say(f"locked test set {name}: {lock(settings, name)['studies']} studies")
    _say("retraining (snapshot, train, evaluate, gates, registry, promotion)")
    from flows.retrain import retrain  # with torch and Lightning: the ingest is over, and took little memory

    outcome = retrain(RECIPE, POLICY)
    report, prediction = _predict(settings, seed)
    page = _page(settings, summary, outcome, report, prediction, time.monotonic() - started)
    path = settings.folder("pages") / "demo.html"
    document = demo_document(page)
    path.write_text(render_html(document, path.parent), encoding="utf-8")
    print_document(document)
    sys.stdout.write(f"\nThe same as a page: {path}\n")


def _inbox(settings: Settings, studies: int, seed: int) -> Path:
    inbox = settings.home / "inbox"
    _refuse_patients(settings, inbox)
    if not inbox.exists():
        partial = settings.folder("") / ".inbox-being-drawn"
        shutil.rmtree(partial, ignore_errors=True)
        synthesise(partial, studies, seed, defects=True)
        (partial / "demo.txt").write_text(f"studies={studies} seed={seed}", encoding="utf-8")
        partial.rename(inbox)
    return inbox


def _refuse_patients(settings: Settings, inbox: Path) -> None:
    """Check that nothing but the demo is where it writes: its studies would be locked and trained on beside patients'.

    A demo that was killed while it drew its inbox has recorded nothing yet.
    """
    shared = {"ECG_LEDGER_URL": settings.ledger_url, "ECG_MLFLOW_TRACKING_URI": settings.mlflow_tracking_uri}
    for name, value in shared.items():
        if value is not None:
            raise SettingsError(name, "is set, and the demo keeps to its own home", "unset it for the demo")
    if (inbox / "demo.txt").exists():
        return
    if inbox.exists() or _has_files(settings):
        raise SettingsError(settings.home, "holds something else than the demo", "set ECG_HOME to another folder")


def _has_files(settings: Settings) -> bool:
    if not (settings.home / "ledger.db").exists():
        return False
    with open_ledger(settings) as ledger:  # a look at an empty home makes an empty one
        return ledger.counts().files.total > 0


def _predict(settings: Settings, seed: int) -> tuple[Path | None, tuple[PredictionLine, ...]]:
    """Draw a report that no training saw and let the champion read it; nothing where there is no champion."""
    from ecgcore.predictor.classifier import ECGClassifier

    if not (settings.home / "champion").exists():
        return None, ()
    folder = settings.home / "demo-new-report"
    if not folder.exists():
        make_hospital(folder, studies=1, seed=seed + 1_000_003, workers=1)
    report = next((folder / "ecg").rglob("*.pdf"))
    answer = ECGClassifier(champion_dir(settings.home)).predict(report)
    lines = tuple(
        PredictionLine(target, bool(found["prediction"]), found["probability"]["positive"])
        for target, found in answer.items()
    )
    return report, lines


def _page(
    settings: Settings,
    summary: IngestSummary,
    outcome: RetrainOutcome,
    report: Path | None,
    prediction: tuple[PredictionLine, ...],
    seconds: float,
) -> DemoPage:
    return DemoPage(
        seconds=seconds,
        counts_by_state=summary.by_state,
        rules=rules_of(summary),
        decision=outcome.decision or _decision_on_champion(settings, outcome.champion),
        why_not_trained="" if outcome.trained else outcome.reason,
        champion=outcome.champion,
        predicted_file=report.name if report else "",
        prediction=prediction,
        links=_links(settings, summary, outcome),
        commands=_commands(settings),
        evaluations=outcome.evaluations,
    )


def _decision_on_champion(settings: Settings, champion: str | None) -> Decision | None:
    """Return the decision that the champion was registered with; None where there is no champion."""
    from tasks.registry.registry import registry_of

    if champion is None:
        return None
    return read_decision(registry_of(settings).read(CHAMPION, champion, "decision.json"))


def _links(settings: Settings, summary: IngestSummary, outcome: RetrainOutcome) -> tuple[tuple[str, str], ...]:
    from tasks.judging.publication import decision_page_of

    links = [("What came in", str(summary.page)), *links_of(summary)]
    docs = sorted((settings.home / "data_docs").glob("*/index.html"))
    if docs and not summary.data_docs:  # a second run validates nothing
        links.append(("What validation found in the label tables (Data Docs)", str(docs[-1])))
    page = outcome.page or decision_page_of(settings, CHAMPION, outcome.champion or "")
    if page.exists():
        links.insert(0, ("Decision page", str(page)))
    return (*links, *(("Quarantined rows to correct", str(path)) for path in summary.to_correct))


def _commands(settings: Settings) -> tuple[tuple[str, str], ...]:
    binaries = Path(sys.executable).parent
    return (
        ("Prefect UI", f"PREFECT_HOME={settings.home / 'prefect'} {binaries / 'prefect'} server start"),
        ("MLflow UI", f"{binaries / 'mlflow'} ui --backend-store-uri {settings.tracking_uri}"),
    )


def _say(text: str) -> None:
    sys.stderr.write(f"[demo] {text}\n")
