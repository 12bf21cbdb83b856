import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import roc_auc_score

from ecgcore.errors import PredictorError
from ecgcore.models.majority import MajorityModel


def test_everybody_gets_the_prevalence_as_scikit_learns_prior_does() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    theirs = DummyClassifier(strategy="prior").fit(np.zeros((5, 1)), labels).predict_proba(np.zeros((3, 1)))[:, 1]
    ours = MajorityModel({"scar": 2 / 5}).probabilities(np.empty((3, 0), dtype=np.float32))
    assert ours["scar"].tolist() == theirs.tolist() == [0.4, 0.4, 0.4]


@pytest.mark.parametrize(("share", "positives"), [(0.27, 30), (0.8, 75)])
def test_its_auc_is_one_half_and_its_accuracy_the_larger_share(share: float, positives: int) -> None:
    labels = np.arange(100) < positives
    found = MajorityModel({"t": share}).probabilities(np.empty((100, 0), dtype=np.float32))["t"]
    assert roc_auc_score(labels, found) == 0.5
    assert ((found > 0.5) == labels).mean() == max(positives, 100 - positives) / 100


@pytest.mark.parametrize("wrong", [{}, {"scar": 1.2}, {"scar": float("nan")}])
def test_a_share_outside_0_to_1_is_refused(wrong: dict) -> None:
    with pytest.raises(PredictorError):
        MajorityModel(wrong)
