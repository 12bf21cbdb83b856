"""Imputation against scikit-learn's own transform, against closed forms, and on simulated patients."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, kstest, norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import BayesianRidge

from ecgcore.data import imputation
from ecgcore.data.clinical import CLINICAL_COLUMNS
from ecgcore.data.imputation import FittedImputer, Imputation, fit_imputation
from ecgcore.data.snapshot import CATEGORICAL_FEATURES
from ecgcore.errors import PredictorError, TrainingError

FEMALE, DIABETES, HYPERTENSION, SMOKE, LIPIDS, AGE = range(6)
FACTORS = [DIABETES, HYPERTENSION, SMOKE, LIPIDS]


def patients(count: int, seed: int = 0) -> np.ndarray:
    """The truth: hypertension rises with age, diabetes and lipids with hypertension, men smoke."""
    rng = np.random.default_rng(seed)
    age = rng.normal(0.65, 0.13, count).clip(0.18, 1.2)
    female = rng.random(count) < 0.5
    pressure = rng.random(count) < 1 / (1 + np.exp(-6 * (age - 0.55)))
    diabetes = rng.random(count) < np.where(pressure, 0.5, 0.15)
    lipids = rng.random(count) < np.where(pressure, 0.7, 0.4)
    smoke = rng.random(count) < np.where(female, 0.05, 0.4)
    return np.stack([female, diabetes, pressure, smoke, lipids, age], axis=1).astype(float)


def with_gaps(table: np.ndarray, share: float, seed: int = 1) -> np.ndarray:
    """All risk factors of a patient are missing together, as in the study."""
    gone = np.random.default_rng(seed).random(len(table)) < share
    gapped = table.copy()
    gapped[np.ix_(gone, FACTORS)] = np.nan
    return gapped


def ids(count: int, first: int = 0) -> list[str]:
    return [f"S{i:020x}" for i in range(first, first + count)]


TRUTH = patients(3000)
GAPPED = with_gaps(TRUTH, 0.38)
GONE = np.isnan(GAPPED[:, SMOKE])


@pytest.fixture(scope="module")
def fitted() -> FittedImputer:
    return fit_imputation(GAPPED, ids(len(GAPPED)), rounds=10, seed=1)


@pytest.fixture(scope="module")
def complete(fitted) -> np.ndarray:
    return fitted.imputation.complete(GAPPED, ids(len(GAPPED)))


def test_without_chance_it_is_scikit_learns_transform():
    """The same chain of means, from an imputer that draws nothing."""
    table = GAPPED[:400]
    with pytest.warns(ConvergenceWarning):
        plain = IterativeImputer(BayesianRidge(), max_iter=4, tol=0, random_state=0).fit(table)
    chain = tuple(imputation._step(each) for each in plain.imputation_sequence_)
    ours = Imputation(0, tuple(plain.initial_imputer_.statistics_), chain, dict.fromkeys(CATEGORICAL_FEATURES, 0.5))
    still = replace(ours, chain=tuple(replace(s, noise=0.0, covariance=((0.0,) * 5,) * 5) for s in chain))
    np.testing.assert_allclose(still.draws(table, ids(400)), plain.transform(table), rtol=0, atol=1e-12)


def test_a_draw_has_the_posteriors_mean_and_spread(fitted):
    """Against BayesianRidge's own predictive mean and standard deviation."""
    step, estimator = fitted.imputation.chain[-3], fitted.sklearn.imputation_sequence_[-3].estimator
    row = TRUTH[:1]
    mean, sd = estimator.predict(row[:, step.others], return_std=True)
    normal = norm.ppf((np.arange(1000) + 0.5) / 1000)
    drawn = step.draw(np.repeat(row, 1000, axis=0), normal)
    assert kstest(drawn, norm(mean[0], sd[0]).cdf).statistic < 1e-3


def test_nothing_recorded_is_changed(complete):
    known = ~np.isnan(GAPPED)
    assert np.array_equal(complete[known], GAPPED[known])
    assert np.isin(complete[:, :5], (0, 1)).all() and not np.isnan(complete).any()


@pytest.mark.parametrize("column", FACTORS)
def test_the_imputed_reproduce_the_observed_prevalence(complete, column):
    """Exactly on the rows that the threshold was found on, within sampling error on others."""
    observed = TRUTH[~GONE, column].mean()
    assert complete[GONE, column].mean() == pytest.approx(observed, abs=1 / GONE.sum())


def test_new_patients_get_the_observed_prevalence_too(fitted):
    new = with_gaps(patients(4000, seed=9), 0.5, seed=10)
    gone = np.isnan(new[:, SMOKE])
    filled = fitted.imputation.complete(new, ids(4000, first=10**6))
    for column in FACTORS:
        low, high = binom.interval(1 - 1e-4, gone.sum(), TRUTH[~GONE, column].mean())
        assert low <= filled[gone, column].sum() <= high


def test_draws_keep_the_correlations_that_the_truth_has(fitted):
    """Filling with a mean would lose them (0.35 to 0), with a regression's mean it would multiply them.

    The regressions come from 1,860 rows, the draws and the truth from 1,140 each: the difference of two correlations
    has a standard error of sqrt(1/1860 + 2/1140) = 0.048, of which 3.3 are allowed.
    """
    drawn = fitted.imputation.draws(GAPPED, ids(len(GAPPED)))
    expected, found = np.corrcoef(TRUTH[GONE].T), np.corrcoef(drawn[GONE].T)
    assert np.abs(found - expected).max() < 3.3 * np.sqrt(1 / 1860 + 2 / 1140)
    assert expected[HYPERTENSION, AGE] > 0.25 and expected[SMOKE, FEMALE] < -0.3


def test_imputed_smokers_are_men_as_the_true_ones(complete):
    women = complete[:, FEMALE] == 1
    assert complete[GONE & ~women, SMOKE].mean() > 2 * complete[GONE & women, SMOKE].mean()


def test_other_rows_change_nothing(fitted):
    """What a study gets depends on its own values and name: the leak that an imputer of a whole table has."""
    one = fitted.imputation.complete(GAPPED[:50], ids(50))
    other = GAPPED.copy()
    other[50:, :5], other[50:, AGE] = 1 - np.nan_to_num(other[50:, :5]), 0.9
    assert np.array_equal(fitted.imputation.complete(other, ids(len(other)))[:50], one)
    order = np.random.default_rng(0).permutation(50)
    shuffled = fitted.imputation.complete(GAPPED[:50][order], [ids(50)[i] for i in order])
    assert np.array_equal(shuffled, one[order])


def test_it_is_a_function_of_the_seed():
    first, again, other = (
        fit_imputation(GAPPED[:600], ids(600), 3, seed).imputation.complete(GAPPED[:600], ids(600))
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_with_little_missing_the_threshold_comes_from_all_rows():
    table = TRUTH[:800].copy()
    table[:3, SMOKE] = np.nan
    found = fit_imputation(table, ids(800), 3, 1).imputation
    blind = table.copy()
    blind[:, FACTORS] = np.nan
    above = found.draws(blind, ids(800))[:, SMOKE] > found.thresholds["smoke"]
    assert above.mean() == pytest.approx(np.nanmean(table[:, SMOKE]), abs=1 / 800)


def test_a_missing_age_or_sex_is_imputed_among_adults(fitted):
    table = TRUTH[:400].copy()
    table[:200, AGE], table[200:, FEMALE] = np.nan, np.nan
    filled = fitted.imputation.complete(table, ids(400))
    assert ((filled[:, AGE] >= 0.18) & (filled[:, AGE] <= 1.3)).all()
    assert set(np.unique(filled[200:, FEMALE])) == {0.0, 1.0}


def test_a_feature_that_nobody_has_is_refused():
    table = GAPPED[:20].copy()
    table[:, SMOKE] = np.nan
    with pytest.raises(TrainingError, match="smoke recorded in no training study"):
        fit_imputation(table, ids(20), 3, 1)


def test_json_round_trip_gives_the_same_numbers(fitted, complete):
    again = Imputation.from_json(fitted.imputation.to_json())
    assert again == fitted.imputation
    assert np.array_equal(again.complete(GAPPED, ids(len(GAPPED))), complete)
    assert list(again.thresholds) == list(CATEGORICAL_FEATURES)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.update(columns=list(CLINICAL_COLUMNS)[::-1]),
        lambda c: c.pop("seed"),
        lambda c: c["thresholds"].pop("smoke"),
        lambda c: c["thresholds"].update(smoke=float("nan")),
        lambda c: c["start"].pop(),
        lambda c: c["chain"][0].update(feature=7),
        lambda c: c["chain"][0].update(feature=c["chain"][0]["others"][0]),
        lambda c: c["chain"][0]["covariance"].pop(),
        lambda c: c["chain"][0].update(noise="0.1"),
    ],
)
def test_an_altered_file_is_refused(fitted, spoil):
    content = json.loads(fitted.imputation.to_json())
    spoil(content)
    with pytest.raises(PredictorError, match=r"imputation\.json: is malformed"):
        Imputation.from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}"])
def test_a_garbled_file_is_refused(text):
    with pytest.raises(PredictorError, match=r"imputation\.json: is malformed"):
        Imputation.from_json(text)


def test_the_exported_imputer_is_the_fitted_one(fitted):
    import joblib

    buffer = io.BytesIO()
    joblib.dump(fitted.sklearn, buffer)
    buffer.seek(0)
    again = joblib.load(buffer)
    assert again.transform(GAPPED[:50]).shape == (50, 6)
    assert again.initial_imputer_.statistics_.tolist() == list(fitted.imputation.start)
