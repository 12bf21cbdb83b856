"""Scores finished runs on the locked test sets, once for each run and state of the sets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ecgcore import durable
from ecgcore.counted import counted
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.errors import PredictorError
from ecgcore.evaluation.benchmark.benchmark_figures import Drawing
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.testset import LockedSet
from ecgcore.ledger.ledger import Ledger
from ecgcore.models.spec import Family
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.digest import file_sha256
from ecgcore.predictor.scoring import score
from ecgcore.reports.file.image_store import load_image
from ecgcore.training.recipe.recipe_file import load_recipe
from tasks.judging.planned import note_scored
from tasks.training.runs import Run

EXPLAINED = 60  # studies: enough for a mean map, and some seconds of work


def locked_rows(ledger: Ledger, snapshot: Snapshot) -> tuple[tuple[LockedSet, ...], pd.DataFrame]:
    """Return every locked test set, checked, and the snapshot's studies in them.

    Raises:
        LedgerError: a set no longer has its hash.
        LeakError: a test patient is in another split of the snapshot.
    """
    snapshot.leak_check()
    sets = tuple(testset.verify(ledger, each.name) for each in testset.locked_sets(ledger))
    rows = snapshot.rows(Split.TEST)
    return sets, rows[rows["test_set"].isin([each.name for each in sets])]


def scored(ledger: Ledger, snapshot: Snapshot, run: Run, sets: Sequence[LockedSet], rows: pd.DataFrame) -> pd.DataFrame:
    """Return a run's predictions frame on ``rows``, from its exported directory.

    The first time, a look is counted at each set before it is taken, and the frame is kept beside the run; the same
    model on the same sets is read from there.

    Raises:
        PredictorError: the model directory cannot be loaded.
    """
    kept = run.path / f"scored-{_key(run.path, sets)}.parquet"
    if kept.exists():
        return pd.read_parquet(kept)
    for each in sets:
        testset.look(ledger, each.name, f"benchmark {run.path.name}")
    note_scored(ledger, run.path, run.sha256, "benchmark")
    frame = score(snapshot, rows, run.path / "model")
    with durable.whole_file(kept) as draft:
        frame.to_parquet(draft, index=False)
    return frame


def _key(run_dir: Path, sets: Sequence[LockedSet]) -> str:
    """Return a hash of the model's files and the sets' hashes."""
    parts = [file_sha256(path) for path in sorted((run_dir / "model").iterdir())]
    parts += sorted(f"{each.name}:{each.sha256}" for each in sets)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def explained(snapshot: Snapshot, run_dir: Path) -> tuple[Drawing, ...]:
    """Return one figure per target of where an image model looks on validation studies; none for other models.

    Validation studies, because looking at pictures of test studies would be a look of another kind.

    Raises:
        PredictorError: the model directory cannot be loaded.
    """
    from ecgcore.explain.figure import panel_png
    from ecgcore.explain.panel import explain_panel

    classifier = classifier_of(run_dir)
    if classifier is None:
        return ()
    drawn = []
    for target in classifier.targets:
        rows = snapshot.rows(Split.VALID)
        rows = rows[rows[target].notna()].head(EXPLAINED)
        if rows[target].nunique() < 2:
            continue
        images = (load_image(snapshot.image_path(sha256)) for sha256 in rows["image_sha256"])
        panel = explain_panel(classifier, images, rows[target].astype(int).tolist(), target)
        title = f"Where the model finds its evidence: {target} ({counted(len(rows), 'validation study')})"
        drawn.append(Drawing(panel_png(title, panel), f"Grad-CAM++ of {target}: mean maps and examples"))
    return tuple(drawn)


def scored_controls(run_dir: Path, folder: Path) -> pd.DataFrame:
    """Return the predictions of an image model for reports of people taken as normal.

    ``patient_id`` is the file's content, so that one ECG given twice is refused by the statistic.

    Raises:
        PredictorError: the folder holds no report, or the model reads more than images.
        ReportError: a report that cannot be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".pdf", ".png", ".jpg", ".jpeg"})
    classifier = classifier_of(run_dir)
    if not files or classifier is None:
        rule = "holds no report (pdf, png, jpg)" if not files else "needs a reference that reads images only"
        raise PredictorError(folder, rule, "name a folder with one report per person, and an image recipe")
    found = classifier.predict_batch(files)
    names = [file_sha256(path) for path in files]
    scores = {f"{target}_probability": values for target, values in found.items()}
    return pd.DataFrame({"study_id": names, "patient_id": names, **scores})


def classifier_of(run_dir: Path) -> ECGClassifier | None:
    """Return the predictor of a run whose model reads images alone, None for every other family.

    Raises:
        PredictorError: the model directory cannot be loaded.
    """
    recipe = load_recipe(run_dir / "recipe.yaml")
    if recipe.model.family not in (Family.MULTI_TASK, Family.SINGLE_TASK):
        return None
    return ECGClassifier(run_dir / "model", None, round_probabilities=False)
