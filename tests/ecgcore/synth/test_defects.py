from collections import Counter

import pytest

from ecgcore.synth.defects import DEFECTS, with_defects
from ecgcore.synth.entry import State
from ecgcore.synth.hospital import plan_entries
from ecgcore.synth.table_file import columns, row_cells


@pytest.fixture(scope="module")
def entries():
    return plan_entries(100, seed=2, defects=True)


def of(entries, defect):
    return [entry for entry in entries if entry.defect == defect]


def cells(entry):
    return dict(zip(columns(), row_cells(entry), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_every_defect_happens_at_least_once_from_100_studies_on(seed):
    found = {entry.defect for entry in plan_entries(100, seed, defects=True)}
    assert found == {"", *(defect.name for defect in DEFECTS)}


def test_at_known_rates():
    counts = Counter(entry.defect for entry in plan_entries(1000, 1, defects=True))
    two_entries = {"patient-in-two-periods", "same-name-in-two-months", "two-ecgs-on-one-day"}
    for defect in DEFECTS:
        assert counts[defect.name] == 4 * (2 if defect.name in two_entries else 1)


def test_a_small_hospital_has_as_many_as_fit():
    found = Counter(entry.defect for entry in plan_entries(10, 1, defects=True))
    assert 1 <= len(found) - 1 <= 5


def test_without_defects_everything_is_accepted():
    for entry in plan_entries(200, 3):
        assert (entry.file_outcome.state, entry.row_outcome.state) == (State.ACCEPTED, State.ACCEPTED)


def test_the_same_seed_spoils_the_same_studies(entries):
    assert plan_entries(100, seed=2, defects=True) == entries


def test_run_numbers_and_paths_are_unique(entries):
    runs = [entry.run_num for entry in entries]
    paths = [path for entry in entries for path, _ in entry.files]
    assert len(set(runs)) == len(runs)
    assert len(set(paths)) == len(paths)


def test_same_name_lies_in_two_months(entries):
    first, second = of(entries, "same-name-in-two-months")
    assert first.file_name == second.file_name
    assert first.folder != second.folder
    assert first.study.patient != second.study.patient


def test_two_ecgs_share_patient_and_day(entries):
    first, second = of(entries, "two-ecgs-on-one-day")
    assert (first.study.hn, first.study.day) == (second.study.hn, second.study.day)
    assert first.study.index != second.study.index


def test_two_periods_are_training_and_test(entries):
    train, test = of(entries, "patient-in-two-periods")
    assert train.study.hn == test.study.hn
    assert (train.study.split, test.study.split) == ("old_train", "old_test")
    assert (train.row_outcome.state, test.row_outcome.state) == (State.ACCEPTED, State.EXCLUDED)


def test_faulty_cells(entries):
    assert cells(of(entries, "lvef-0")[0])["lvef"] == 0
    assert cells(of(entries, "lvef-150")[0])["lvef"] == 150
    assert cells(of(entries, "lvef-55-percent-sign")[0])["lvef"] == "55 %"
    assert cells(of(entries, "lvef-empty")[0])["lvef"] is None
    other_day = cells(of(entries, "cmr-of-another-day")[0])
    assert other_day["cmr_date"] != other_day["ecg_date"]
    contradiction = cells(of(entries, "scar-contradicts-pattern")[0])
    assert contradiction["scar_cad"] != max(contradiction["subendocardial_scar"], contradiction["transmural_scar"])
    assert cells(of(entries, "non-ischaemic-pattern")[0])["pattern"] in ("mid-wall", "epicardial")
    assert cells(of(entries, "new-cut")[0])["new_cut"] == 1
    assert cells(of(entries, "minor")[0])["age"] < 18


def test_other_number_on_the_page_belongs_to_nobody_here(entries):
    entry = of(entries, "header-number-differs")[0]
    assert entry.printed_hn not in {one.study.hn for one in entries}


def test_no_patient_has_two_defects(entries):
    defects_of: dict[str, set[str]] = {}
    for entry in entries:
        defects_of.setdefault(entry.study.hn, set()).add(entry.defect)
    assert all(len(found) == 1 for found in defects_of.values())


def test_nothing_to_spoil_stays_empty():
    assert with_defects([], seed=1) == []
