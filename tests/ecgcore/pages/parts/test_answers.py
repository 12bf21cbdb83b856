"""What a model answers, in words."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.evaluation.estimate.evaluation import Evaluation, evaluate
from ecgcore.pages.document import Callout, Text, Tone
from ecgcore.pages.parts.answers import answer_blocks, answer_sentence
from ecgcore.pages.parts.operating_point import operating_points
from ecgcore.pages.parts.target_words import target_words


def evaluated(target: str, called: list[tuple[int, float]], patients: int | None = None) -> Evaluation:
    """Studies of (label, probability), each of another patient, or of so many."""
    n = len(called)
    frame = pd.DataFrame({"study_id": [f"S{i}" for i in range(n)], "ecg_format": "new", "test_set": "new"})
    frame["patient_id"] = [f"P{i % (patients or n)}" for i in range(n)]
    frame[f"{target}_label"] = pd.array([label for label, _ in called], dtype="Int8")
    frame[f"{target}_probability"] = [probability for _, probability in called]
    return evaluate(frame, target, "new")


def test_a_sentence_counts_whom_it_finds_misses_and_alarms():
    found = evaluated("lvef", [(1, 0.8)] * 9 + [(1, 0.3)] * 5 + [(1, 0.5)] + [(0, 0.7)] * 12 + [(0, 0.1)] * 66)
    assert answer_sentence(found) == (
        "Test set new: of 15 patients with LVEF below 50 %, it finds 9 and misses 6; of 78 without, it alarms on 12."
    )
    assert answer_blocks([found]) == (Text(answer_sentence(found)),)


def test_studies_of_the_same_patients_are_called_ecgs():
    found = evaluated("scar", [(1, 0.8), (1, 0.2), (0, 0.1), (0, 0.2)], patients=3)
    assert answer_sentence(found).startswith("Test set new: of 2 ECGs with myocardial scar, it finds 1 and misses 1;")


@pytest.mark.parametrize(("probability", "answer"), [(0.2, "negative"), (0.9, "positive")])
def test_one_answer_for_everybody_is_not_overlooked(probability, answer):
    (block,) = answer_blocks([evaluated("scar", [(1, probability)] * 3 + [(0, probability)] * 7)])
    assert isinstance(block, Callout) and block.tone is Tone.BAD
    assert block.text.endswith(f"It answers {answer} for everybody.")


def test_a_target_without_words_keeps_its_name():
    assert target_words("fibrosis") == "fibrosis"
    assert answer_blocks([]) == (Text("Nothing was answered."),)


def point(shift: float, **calibration: object) -> dict:
    line = {"slope": 1.25, "intercept": -0.5}
    return {
        "kind": "min_sensitivity" if shift else "calibrated",
        "sensitivity": 0.8 if shift else None,
        "calibration": {"line": line, "fitted": True, "reason": "", "negatives": 92, "positives": 21, **calibration},
        "shift": shift,
        "threshold": 0.27,
        "folded": line,
        "valid": {
            "calibrated": {"true_positive": 15, "false_negative": 6, "false_positive": 8, "true_negative": 84},
            "chosen": {"true_positive": 17, "false_negative": 4, "false_positive": 11, "true_negative": 81},
        },
    }


def test_the_operating_point_says_how_it_was_chosen_and_what_it_costs():
    assert operating_points({"operating_point": {"lvef": point(1.0)}}) == (
        "LVEF below 50 %: log odds calibrated with slope 1.25 and intercept -0.5; to find at least 80 % in validation, "
        "positive above a calibrated 27 %, shown as 50 %, so that all it shows is higher than calibrated; in "
        "validation it finds 17 of 21 and alarms on 11 of 92, instead of 15 and 8",
    )
    (line,) = operating_points({"operating_point": {"scar": point(0.0, fitted=False, reason="too few")}})
    assert line == (
        "myocardial scar: not calibrated (too few); positive above 50 %; in validation it finds 17 of 21 and alarms on "
        "11 of 92"
    )


def test_runs_of_before_are_still_described():
    old = {"temperature": {"scar": {"value": 1.5, "fitted": True, "negatives": 9, "positives": 9}}}
    assert operating_points(old) == ("myocardial scar: the network's own, at temperature 1.5",)
    assert operating_points({}) == ()
