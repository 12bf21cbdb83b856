"""Areas and their differences where patients have several studies, against Obuchowski's sums and simpler samples."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.evaluation.estimate.discrimination.auc import Scale, auc_interval, placements
from ecgcore.evaluation.estimate.discrimination.bootstrap_auc import bootstrap_auc_interval
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.patients import clusters
from ecgcore.evaluation.frame.sample import make_sample


@pytest.fixture
def repeated():
    """120 patients of 1 to 4 studies, labels and scores alike within a patient, some with both classes."""
    rng = np.random.default_rng(5)
    patients = np.repeat(np.arange(120), rng.integers(1, 5, 120))
    labels = (rng.normal(size=120)[patients] + 0.5 * rng.normal(size=patients.size) > 0.5).astype(int)
    own = rng.normal(size=120)[patients]
    first, second = labels * 1.5 + own + 0.3 * rng.normal(size=(2, patients.size))
    return labels, first, second, patients


def by_definition(labels, first, second, patients):
    """Obuchowski, Biometrics 1997: the covariance of two areas, sum by sum; the variance where they are one."""
    ill, well = labels == 1, labels == 0
    psi = [np.array([[(a > b) + (a == b) / 2 for b in s[well]] for a in s[ill]]) for s in (first, second)]
    areas = [p.mean() for p in psi]
    names = sorted(set(patients.tolist()))
    whose_ill, whose_well = patients[ill], patients[well]
    m, n = ill.sum(), well.sum()
    rows, columns = [p.mean(axis=1) for p in psi], [p.mean(axis=0) for p in psi]
    x = [[sum(r[whose_ill == i] - a) for i in names] for r, a in zip(rows, areas, strict=True)]
    y = [[sum(c[whose_well == i] - a) for i in names] for c, a in zip(columns, areas, strict=True)]
    i10, i01, i = len(set(whose_ill.tolist())), len(set(whose_well.tolist())), len(names)
    s10 = i10 / ((i10 - 1) * m) * np.dot(x[0], x[1])
    s01 = i01 / ((i01 - 1) * n) * np.dot(y[0], y[1])
    s11, s11_back = i / (i - 1) * np.dot(x[0], y[1]), i / (i - 1) * np.dot(x[1], y[0])
    return s10 / m + s01 / n + (s11 + s11_back) / (m * n)


def test_the_variance_is_obuchowskis(repeated):
    labels, first, _, patients = repeated
    placed = placements(first[labels == 1], first[labels == 0])
    found = float(placed.variance_by(clusters(labels, patients)))
    assert found == pytest.approx(by_definition(labels, first, first, patients), rel=1e-10)
    assert found > 1.3 * float(placed.variance)


def test_the_variance_of_a_difference_is_obuchowskis(repeated):
    labels, first, second, patients = repeated
    both = [(first, first, 1), (second, second, 1), (first, second, -2)]
    expected = sum(sign * by_definition(labels, a, b, patients) for a, b, sign in both)
    found = paired_difference(labels, first, second, patients=patients)
    assert found.standard_error**2 == pytest.approx(expected, rel=1e-8)


def test_the_interval_is_near_that_of_resampled_patients(repeated):
    labels, first, _, patients = repeated
    probabilities = 1 / (1 + np.exp(-first))
    found = auc_interval(labels, probabilities, patients=patients)
    drawn = bootstrap_auc_interval(make_sample(labels, probabilities, patients), resampling=Resampling(2000, 1))
    assert found.high - found.low == pytest.approx(drawn.high - drawn.low, rel=0.08)
    assert "by patient" in found.method


@pytest.mark.parametrize("names", [np.arange, lambda n: [f"P{i:03d}" for i in range(n)]])
def test_without_repeats_nothing_changes_to_the_last_bit(repeated, names):
    labels, first, second, _ = repeated
    patients = names(labels.size)
    for scale in Scale:
        assert auc_interval(labels, first, 0.95, scale, patients) == auc_interval(labels, first, 0.95, scale)
    assert paired_difference(labels, first, second, 0.95, patients) == paired_difference(labels, first, second)


def test_equal_studies_of_a_patient_count_once():
    rng = np.random.default_rng(1)
    labels = np.repeat([1, 0], [30, 70])
    scores = rng.normal(labels * 1.2, size=(2, 100))
    three = {"patients": np.repeat(np.arange(100), 3)}
    one, more = paired_difference(labels, *scores), paired_difference(*np.repeat([labels, *scores], 3, axis=1), **three)
    assert more.standard_error == pytest.approx(one.standard_error, rel=1e-10)
    assert (more.difference.low, more.difference.high) == pytest.approx((one.difference.low, one.difference.high))
    single, thrice = (
        auc_interval(labels, scores[0]),
        auc_interval(np.repeat(labels, 3), np.repeat(scores[0], 3), **three),
    )
    assert (thrice.low, thrice.high) == pytest.approx((single.low, single.high))


def test_separated_classes_are_bounded_by_the_pairs_of_different_patients():
    # Four patients, two of each class: .025 ** (1 / 2) = .1581; one patient with both: nothing is known.
    found = auc_interval([1, 1, 1, 0, 0, 0], [4, 5, 6, 1, 2, 3], patients=[1, 1, 2, 3, 3, 4])
    assert found.low == pytest.approx(0.15811, abs=1e-5)
    assert auc_interval([1, 0], [2, 1], patients=[1, 1]).low == 0.0
