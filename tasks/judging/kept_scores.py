"""What a run of an experiment says of studies that choose: scored once, and kept beside the run."""

from __future__ import annotations

import pandas as pd

from ecgcore import durable
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.predictor.scoring import registered_columns, score
from tasks.training.runs import Run

VALIDATION, OUT_OF_FOLD = "validation", "out of fold"


def choosing_scores(run: Run, snapshot: Snapshot, fold: bool) -> pd.DataFrame:
    """Return a run's predictions of the validation rows, or of the fold's own where the snapshot is a fold.

    ``test_set`` is ``validation`` or ``out of fold``. Rows of a locked test set are never among them.
    """
    file = run.path / "scores.parquet"
    if not file.exists():
        rows = snapshot.rows(Split.TEST if fold else Split.VALID)
        place = OUT_OF_FOLD if fold else VALIDATION
        with durable.whole_file(file) as draft:
            _scored(run, snapshot, rows[rows["test_set"].isna()]).assign(test_set=place).to_parquet(draft)
    return pd.read_parquet(file)


def locked_scores(run: Run, snapshot: Snapshot) -> pd.DataFrame:
    """Return a run's predictions of the rows of locked test sets. Count the look first; nothing is kept."""
    rows = snapshot.rows(Split.TEST)
    return _scored(run, snapshot, rows[rows["test_set"].notna()])


def _scored(run: Run, snapshot: Snapshot, rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["ecg_format"].isin(list(run.recipe.data.formats))].reset_index(drop=True)
    return registered_columns(score(snapshot, rows, run.path / "model"))
