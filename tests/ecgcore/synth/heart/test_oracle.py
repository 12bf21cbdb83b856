import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ecgcore.errors import EvaluationError
from ecgcore.synth.heart.oracle import oracle_auc, rank_auc


@given(st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=60))
def test_rank_auc_is_that_of_scikit_learn(pairs):
    labels = np.array([label for label, _ in pairs])
    scores = np.array([score for _, score in pairs], dtype=float)
    if labels.all() or not labels.any():
        with pytest.raises(EvaluationError, match="at least one"):
            rank_auc(labels, scores)
    else:
        assert rank_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))


def test_each_study_counts_once_and_tables_do_not():
    nan = float("nan")
    truth = pd.DataFrame(
        {
            "kind": ["ecg", "row", "ecg", "ecg", "table"],
            "study": ["S0", "S0", "S1", "S2", ""],
            "scar": [1, 1, 0, 0, 0],
            "lvef_percent": [30.0, 30.0, 50.0, 60.0, nan],
            "scar_severity": [0.5, 0.5, 0.2, 0.9, nan],
            "lvef_severity": [2.0, 2.0, 1.0, 0.0, nan],
        }
    )
    auc = oracle_auc(truth)
    assert auc.scar == 0.5  # above one of two negatives
    assert auc.lvef == 1.0
    assert oracle_auc(truth, lvef_threshold=55).lvef == 1.0
