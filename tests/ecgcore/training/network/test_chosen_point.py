"""Where the exported model says positive."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from ecgcore.errors import RecipeError
from ecgcore.evaluation.estimate.answers.confusion import Confusion
from ecgcore.models.odds_line import IDENTITY
from ecgcore.training.network.chosen_point import choose_point, choose_points, highest_threshold
from ecgcore.training.recipe.operating_point import CALIBRATED, OperatingPoint, PointKind
from ecgcore.training.recipe.strict import from_mapping, to_mapping


def at_least(sensitivity):
    return OperatingPoint(PointKind.MIN_SENSITIVITY, sensitivity)


def drawn(positives, negatives, seed=0, distance=1.5):
    rng = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [positives, negatives])
    margin = rng.normal(distance * labels, 1.0)
    return np.stack([-margin / 2, margin / 2], axis=1), labels


@pytest.mark.parametrize("sensitivity", [0.5, 0.8, 0.85, 0.9, 0.95])
def test_the_threshold_is_the_highest_of_scikit_learns_roc_curve_that_finds_so_many(sensitivity):
    logits, labels = drawn(40, 160)
    margin = logits[:, 1] - logits[:, 0]
    found = highest_threshold(sensitivity, margin[labels == 1], margin)
    false, true, cuts = roc_curve(labels, margin, drop_intermediate=False)
    first = int(np.argmax(true >= sensitivity - 1e-12))
    called = margin > found
    assert called[labels == 1].mean() == true[first] and called[labels == 0].mean() == false[first]
    assert found < cuts[first]
    assert found > cuts[first + 1]


def test_a_threshold_below_the_lowest_row_is_one_unit_lower():
    assert highest_threshold(0.9, [1.0, 2.0], [1.0, 2.0, 3.0]) == 0.0


def test_the_calibrated_point_shifts_nothing():
    logits, labels = drawn(40, 160)
    found = choose_point("scar", CALIBRATED, logits, labels)
    assert (found.shift, found.threshold, found.line) == (0.0, 0.5, found.calibration.line)
    assert found.chosen == found.calibrated


def test_a_least_sensitivity_shifts_the_intercept_and_says_what_it_costs():
    logits, labels = drawn(40, 160)
    found, before = (choose_point("scar", p, logits, labels) for p in (at_least(0.9), CALIBRATED))
    assert found.calibration == before.calibration and found.calibrated == before.chosen
    assert found.line.slope == before.line.slope
    assert found.line.intercept == pytest.approx(before.line.intercept + found.shift)
    assert found.shift > 0 and found.threshold == pytest.approx(1 / (1 + np.exp(found.shift)))
    assert (found.chosen.true_positive, found.chosen.false_negative) == (36, 4)
    margin = logits[:, 1] - logits[:, 0]
    called = found.line.of(margin) > 0
    assert found.chosen.false_positive == int(called[labels == 0].sum()) > found.calibrated.false_positive


def test_a_point_that_is_sensitive_enough_is_not_made_less_so():
    logits, labels = drawn(40, 160, distance=6.0)
    found = choose_point("scar", at_least(0.5), logits, labels)
    assert found.calibrated.true_positive > 20 and found.shift == 0.0


def test_each_target_gets_its_own_and_missing_labels_do_not_count():
    (scar, labels), (lvef, _) = drawn(40, 160), drawn(40, 160, seed=1)
    table = np.stack([labels, np.full(200, -1)], axis=1)
    found = choose_points({"scar": at_least(0.8), "lvef": at_least(0.8)}, {"scar": scar, "lvef": lvef}, table)
    assert found["scar"].chosen.true_positive == 32
    assert (found["lvef"].line, found["lvef"].chosen) == (IDENTITY, Confusion(0, 0, 0, 0))


def test_a_choice_on_few_positives_is_pointed_out(caplog):
    logits, labels = drawn(4, 60)
    found = choose_point("scar", at_least(0.7), logits, labels)
    assert "scar: its operating point rests on 4 validation positives" in caplog.text
    assert found.chosen.true_positive == max(3, found.calibrated.true_positive)


def test_the_summary_holds_what_is_folded_and_both_counts():
    logits, labels = drawn(40, 160)
    found = choose_point("scar", at_least(0.9), logits, labels)
    said = found.to_dict()
    assert (said["kind"], said["sensitivity"], said["shift"]) == ("min_sensitivity", 0.9, found.shift)
    assert said["folded"] == {"slope": found.line.slope, "intercept": found.line.intercept}
    assert said["valid"]["chosen"]["true_positive"] == 36


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"kind": "min_sensitivity"}, "'sensitivity' belongs to kind min_sensitivity, which needs it"),
        ({"kind": "calibrated", "sensitivity": 0.9}, "'sensitivity' belongs to kind min_sensitivity"),
        ({"kind": "min_sensitivity", "sensitivity": 90.0}, r"must be in \(0, 1\)"),
        ({"kind": "best"}, "allowed are"),
        ({"kind": "calibrated", "cost": 1.0}, "unknown key 'cost'"),
    ],
)
def test_a_wrong_point_is_refused(said, message):
    with pytest.raises(RecipeError, match=message):
        from_mapping(OperatingPoint, said, "x.yaml")


def test_a_point_reads_what_it_writes():
    assert from_mapping(OperatingPoint, to_mapping(at_least(0.9)), "x.yaml") == at_least(0.9)
