"""Splits: the study's years, and a patient in one split whatever arrives in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.data.split import Split
from ecgcore.ledger.decide.split import Unplaced, assign, split_by_pseudonym
from ecgcore.ledger.decide.split_policy import study_policy

RULE = study_policy()
NOBODY: dict[str, Split] = {}


def place(year, fmt, patients=NOBODY, locked=frozenset(), patient="P1", **kw):
    study = Unplaced("S1", patient, year, fmt, **kw)
    return assign([study], patients, locked, RULE)["S1"]


def patient_of(split):
    return next(f"P{n}" for n in range(1000) if split_by_pseudonym(f"P{n}") is split)


@pytest.mark.parametrize(
    ("year", "fmt", "split", "test_set"),
    [
        (2009, "old", "train", None),
        (2014, "old", "train", None),
        (2015, "old", "valid", None),
        (2016, "old", "test", "old"),
        (2021, "new", "test", "new"),
    ],
)
def test_the_years_of_the_study_decide(year, fmt, split, test_set):
    assert (place(year, fmt).split, place(year, fmt).test_set) == (split, test_set)


@pytest.mark.parametrize("year", [2017, 2018, 2020])
def test_the_flags_decide_between_2017_and_2020(year):
    train, valid = patient_of(Split.TRAIN), patient_of(Split.VALID)
    assert place(year, "new", patient=train, valid_flag=True).split is Split.VALID
    assert place(year, "new", patient=valid, train_flag=True).split is Split.TRAIN
    assert place(year, "new", patient=valid).split is Split.VALID


@pytest.mark.parametrize(("year", "fmt"), [(2016, "new"), (2021, "old"), (2022, "new"), (2030, "old")])
def test_what_the_years_leave_open_goes_by_pseudonym(year, fmt):
    for split in (Split.TRAIN, Split.VALID):
        assert place(year, fmt, patient=patient_of(split)).split is split


def test_a_tenth_of_the_patients_validates():
    valid = sum(split_by_pseudonym(f"P{n:020x}") is Split.VALID for n in range(20_000))
    assert abs(valid - 2000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5  # four standard deviations of a binomial count


def test_the_study_s_own_split_holds_if_it_fits_the_page_and_the_period():
    assert place(2020, "new", declared="new_test").test_set == "new"
    assert place(2013, "old", declared="old_valid").split is Split.VALID
    assert place(2013, "new", declared="old_valid").split is Split.TRAIN
    assert place(2021, "new", declared="nonsense").test_set == "new"
    later = place(2023, "new", declared="new_test", patient=patient_of(Split.TRAIN))
    assert (later.split, later.test_set) == (Split.TRAIN, None)


def test_nothing_enters_a_locked_test_set():
    for split in (Split.TRAIN, Split.VALID):
        found = place(2021, "new", locked=frozenset({"new"}), patient=patient_of(split))
        assert (found.split, found.test_set) == (split, None)
    assert place(2016, "old", locked=frozenset({"new"})).test_set == "old"


def test_a_patient_of_several_splits_keeps_the_training_studies_only():
    years = {"a": (2013, "old"), "b": (2015, "old"), "c": (2016, "old"), "d": (2021, "new"), "e": (2023, "new")}
    studies = [Unplaced(name, "P1", *each) for name, each in years.items()]
    places = assign(studies, NOBODY, frozenset(), RULE)
    assert {name: found.split for name, found in places.items()} == {
        "a": Split.TRAIN, "b": None, "c": None, "d": None, "e": Split.TRAIN}  # fmt: skip
    assert {found.finding.rule for found in places.values() if found.finding} == {"patient-in-one-split"}
    without_training = assign([s for s in studies if s.study_id in "bc"], NOBODY, frozenset(), RULE)
    assert without_training["b"].split is Split.VALID


def test_new_studies_of_test_patients_are_left_out_and_others_return_to_their_split():
    assert place(2023, "new", {"P1": Split.TEST}).finding.rule == "test-patient"
    for split in (Split.TRAIN, Split.VALID):
        assert place(2023, "new", {"P1": split}).split is split
    test = [Unplaced("t", "P1", 2021, "new"), Unplaced("later", "P1", 2022, "new")]
    places = assign(test, NOBODY, frozenset(), RULE)
    assert (places["t"].test_set, places["later"].finding.rule) == ("new", "test-patient")


STUDIES = st.builds(
    Unplaced,
    st.uuids().map(str),
    st.sampled_from([f"P{n}" for n in range(6)]),
    st.integers(2009, 2026),
    st.sampled_from(["old", "new"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, None, "old_train", "new_test", "old_test", "new_valid"]),
)


@given(st.lists(st.tuples(st.lists(STUDIES, max_size=5), st.sets(st.sampled_from(["old", "new"]))), max_size=6))
def test_a_patient_stays_in_one_split_and_a_locked_set_never_changes_however_studies_arrive(batches):
    patients: dict[str, Split] = {}
    locked: dict[str, frozenset[str]] = {}
    accepted: dict[str, tuple[str, Split, str | None]] = {}
    for studies, to_lock in batches:
        places = assign(studies, patients, frozenset(locked), RULE)
        assert set(places) == {study.study_id for study in studies}
        for study in studies:
            found = places[study.study_id]
            assert (found.split is None) == (found.finding is not None)
            assert (found.test_set is not None) == (found.split is Split.TEST)
            if found.split is not None:
                assert patients.setdefault(study.patient_id, found.split) is found.split
                accepted[study.study_id] = (study.patient_id, found.split, found.test_set)
        now = {name: frozenset(s for s, (_, _, t) in accepted.items() if t == name) for name in ("old", "new")}
        assert all(now[name] == members for name, members in locked.items())
        locked |= {name: now[name] for name in to_lock - set(locked)}


def test_locking_a_set_does_not_change_what_was_left_out():
    """A training patient's study of a test period is left out, before its set is locked and ever after."""
    study = Unplaced("S2", "P1", 2016, "old")
    known = {"P1": Split.TRAIN}
    before = assign([study], known, frozenset(), RULE)["S2"]
    after = assign([study], known, frozenset({"old"}), RULE)["S2"]
    assert before == after
    assert after.split is None and after.finding.rule == "patient-in-one-split"
