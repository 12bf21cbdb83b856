import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.errors import SettingsError
from ecgcore.synth.heart.liability import NORMAL, oracle_auc_of, rho_for


@pytest.mark.parametrize("prevalence", [0.12, 0.27, 0.5])
def test_auc_formula_agrees_with_simulation(prevalence):
    rng, rho, n = np.random.default_rng(0), 0.8, 200_000
    severity = rng.standard_normal(n)
    label = rho * severity + 0.6 * rng.standard_normal(n) > NORMAL.inv_cdf(1 - prevalence)
    assert oracle_auc_of(rho, prevalence) == pytest.approx(roc_auc_score(label, severity), abs=0.004)


def test_no_correlation_is_chance_and_full_correlation_is_perfect():
    assert oracle_auc_of(1e-9, 0.5) == pytest.approx(0.5, abs=1e-6)
    assert oracle_auc_of(0.9999, 0.5) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("auc", [0.6, 0.935, 0.95])
def test_rho_is_the_inverse(auc):
    assert oracle_auc_of(rho_for(auc, 0.187), 0.187) == pytest.approx(auc, abs=1e-6)


@pytest.mark.parametrize("auc", [0.5, 1.0])
def test_impossible_difficulty_is_refused(auc):
    with pytest.raises(SettingsError, match="oracle AUC"):
        rho_for(auc, 0.2)
