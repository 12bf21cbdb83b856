"""Split policies: the study's is as it was published, another one needs no code, a wrong one is refused."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from ecgcore.data.split import Split
from ecgcore.errors import RecipeError
from ecgcore.ledger.decide.split import Unplaced, assign
from ecgcore.ledger.decide.split_policy import load_split_policy, study_policy

STUDY = Path(__file__).parents[4] / "deployments" / "splits" / "study.yaml"

OTHER = """
name: two-machines
test_sets: {ward-2024: tall, clinic-2024: wide}
periods:
  - {until: 2022, split: train}
  - {from: 2023, until: 2023, split: valid}
  - {from: 2024, until: 2024, test_set: ward-2024}
study_until: 2024
valid_share: 0.5
"""


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "two-machines.yaml"
    path.write_text(OTHER, encoding="utf-8")
    return path


def test_the_study_s_policy_is_the_study_s():
    policy = study_policy()
    assert policy.sha256 == sha256(STUDY.read_bytes()).hexdigest()
    assert (policy.study_until, policy.valid_share, dict(policy.test_sets)) == (2021, 0.1, {"old": "old", "new": "new"})
    assert [(p.first, p.last, p.split and p.split.value, p.test_set, p.ecg_format) for p in policy.periods] == [
        (0, 2014, "train", None, None),
        (2015, 2015, "valid", None, None),
        (2016, 2016, "test", "old", "old"),
        (2017, 2020, None, None, None),
        (2021, 2021, "test", "new", "new"),
    ]


def test_other_years_formats_and_test_sets_need_no_code(other):
    policy = load_split_policy(other)
    studies = {
        "trains": Unplaced("trains", "P1", 2022, "tall"),
        "validates": Unplaced("validates", "P2", 2023, "wide"),
        "tests": Unplaced("tests", "P3", 2024, "tall"),
        "declared": Unplaced("declared", "P4", 2020, "wide", declared="clinic-2024_test"),
        "of another format": Unplaced("of another format", "P5", 2020, "tall", declared="clinic-2024_test"),
    }
    places = assign(studies.values(), {}, frozenset(), policy)
    assert {name: (place.split, place.test_set) for name, place in places.items()} == {
        "trains": (Split.TRAIN, None),
        "validates": (Split.VALID, None),
        "tests": (Split.TEST, "ward-2024"),
        "declared": (Split.TEST, "clinic-2024"),
        "of another format": (Split.TRAIN, None),
    }


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("name: two-machines", "nam: x", "needs the keys"),
        ("valid_share: 0.5", "valid_share: 1.5", "valid_share of 1.5"),
        ("study_until: 2024", "study_until: 2023", "study_until of 2023"),
        ("test_set: ward-2024", "test_set: ward-2025", "ward-2025"),
        ("split: valid", "split: test", "split is train or valid"),
        ("from: 2023", "from: 2022", "overlap or are out of order at 2022"),
        ("from: 2023", "from: 2024", "years in order"),
        ("{until: 2022, split: train}", "{until: 2022, split: train, by: flags}", "one of split, test_set, by"),
        ("ward-2024: tall", "ward-2024: [tall]", "the format of its pages"),
        ("name: two-machines", "name: [", "is not YAML"),
        ("name: two-machines", "name: x\nunverified_pages: perhaps", "must be allowed or refused"),
    ],
)
def test_a_wrong_policy_is_refused_with_what_is_wrong(other, old, new, rule):
    assert OTHER.count(old) == 1
    other.write_text(OTHER.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=rule.replace("[", r"\[")):
        load_split_policy(other)


@pytest.mark.parametrize(("said", "allowed"), [("", True), ("\nunverified_pages: allowed", True),
                                               ("\nunverified_pages: refused", False)])  # fmt: skip
def test_a_policy_says_whether_test_sets_take_unverified_pages(other, said, allowed):
    other.write_text(OTHER.replace("name: two-machines", f"name: two-machines{said}"), encoding="utf-8")
    assert load_split_policy(other).unverified_pages is allowed


def test_a_policy_that_is_not_there_names_the_setting(tmp_path):
    with pytest.raises(RecipeError, match="ECG_SPLITS"):
        load_split_policy(tmp_path / "none.yaml")
