from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.data.clinical import CLINICAL_COLUMNS
from ecgcore.data.dataset import MISSING
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.data.table_dataset import feature_table, table_dataset
from ecgcore.errors import SnapshotError

NAMES = ("age", "smoke", "female")


def test_rows_are_those_of_one_split_with_a_label_and_values_are_as_recorded(snapshot_path: Path) -> None:
    snapshot = Snapshot.open(snapshot_path)
    found = table_dataset(snapshot, Split.TRAIN, NAMES, ("scar", "lvef"), ("old", "new"))
    # of 20 studies every 4 (0, 1) train: 0 1 4 5 8 9 12 13 16 17; study 0 has neither label
    ages = [41, 44, 45, 48, 49, 52, 53, 56, 57]
    assert found.features[:, 0].tolist() == ages
    assert np.isnan(found.features[:, 1]).all()  # smoke was never recorded
    assert found.features[:, 2].tolist() == [a % 2 for a in ages]
    assert found.features.dtype == np.float32
    assert found.labels[:, 0].tolist() == [1, 0, MISSING, 0, 1, 0, 1, 0, 1]
    assert found.label_counts() == {"scar": (4, 4), "lvef": (0, 9)}


def test_labelled_rows_leave_out_missing_labels(snapshot_path: Path) -> None:
    snapshot = Snapshot.open(snapshot_path)
    features, labels = table_dataset(snapshot, Split.TRAIN, ("age",), ("scar", "lvef"), ("old", "new")).labelled("scar")
    assert features.ravel().tolist() == [41, 44, 48, 49, 52, 53, 56, 57]
    assert labels.tolist() == [1, 0, 0, 1, 0, 1, 0, 1]


def test_formats_are_chosen_and_a_target_without_column_is_refused(snapshot_path: Path) -> None:
    snapshot = Snapshot.open(snapshot_path)
    found = table_dataset(snapshot, Split.TRAIN, ("age",), ("lvef",), ("old",))
    assert found.features.ravel().tolist() == [49, 52]  # of the old studies 0 9 12, the first has no label
    with pytest.raises(SnapshotError, match="no label column 'stroke'"):
        table_dataset(snapshot, Split.TRAIN, ("age",), ("stroke",), ("old",))


def test_what_somebody_filled_in_counts_as_missing() -> None:
    row = {"female": 1, "diabetes": 1, "hypertension": 0, "smoke": 1, "dyslipidemia": 0, "age": 57.0}
    found = feature_table(pd.DataFrame([row | {"impute": 0}, row | {"impute": 1}]), ("smoke", "age", "female"))
    np.testing.assert_array_equal(found, np.array([[1, 57, 1], [np.nan, 57, 1]], dtype=np.float32))


def test_no_features_leave_the_rows() -> None:
    frame = pd.DataFrame({name: [1.0, 0.0] for name in CLINICAL_COLUMNS})
    assert feature_table(frame, ()).shape == (2, 0)
