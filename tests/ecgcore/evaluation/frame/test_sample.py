"""What a sample takes and refuses."""

from __future__ import annotations

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.sample import make_sample, sample_of


def test_rows_without_a_label_are_left_out_and_patients_are_numbered(make_frame):
    frame = make_frame([1, None, 0, 0], [0.9, 0.8, 0.2, 0.1])
    frame["patient_id"] = ["Pb", "Pc", "Pa", "Pb"]
    sample = sample_of(frame, "scar", "new")
    assert (sample.n, sample.positives, sample.prevalence) == (3, 1, pytest.approx(1 / 3))
    assert sample.patients.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("labels", "probabilities", "patients", "message"),
    [
        ([1, 1], [0.1, 0.2], None, "need both classes"),
        ([1, 0], [0.1, 1.2], None, "between 0 and 1"),
        ([1, 0], [0.1, 0.2], ["a"], "one per study"),
    ],
)
def test_bad_input_gets_one_clear_error(labels, probabilities, patients, message):
    with pytest.raises(EvaluationError, match=message):
        make_sample(labels, probabilities, patients)


def test_a_target_without_any_label_is_refused(make_frame):
    with pytest.raises(EvaluationError, match="all missing"):
        sample_of(make_frame([None, None], [0.1, 0.2]), "scar", "new")
