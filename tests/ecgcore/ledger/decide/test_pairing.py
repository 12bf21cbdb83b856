"""Pairing as a pure function: each defect of a hospital's inbox ends in the state that the rules say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecgcore.cmr.rules.finding import Effect, Finding, RowFault
from ecgcore.ledger.decide.claim import SettledStudy
from ecgcore.ledger.decide.ecg_page import EcgPage, Sighting
from ecgcore.ledger.decide.label_row import LabelRow
from ecgcore.ledger.decide.pairing import Known, pair
from ecgcore.ledger.decide.state import State

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = date(2019, 3, 5)
OTHER_DAY = date(2019, 4, 9)
NOTHING = Known()
LABELS = ("scar", "lvef_percent", "subendocardial_scar", "transmural_scar")
MINOR = RowFault("adult", "17", "nothing to do", Effect.EXCLUDE)


def page(path, *, sha=None, patient=None, day=None, picture=None, fault=None, study=None, seen=NOW):
    sha = sha or path
    return EcgPage(sha, (Sighting(path, seen),), "new", picture or "i" + sha, "x.png", patient, day, fault, study)


def row(row_id, name, patient="P1", day=DAY, table="t1", batch=1, **cells):
    study = f"S-{patient}-{day}" if patient and day else None
    labels = {"scar": 0, "lvef_percent": 60.0} | {name: cells.pop(name) for name in LABELS if name in cells}
    known = {name: value for name, value in labels.items() if value is not None}
    defaults = {"ecg_date": day, "cmr_date": day, "labels": known}
    return LabelRow(row_id=row_id, table_sha256=table, row=int(row_id.strip("r")), batch=batch, first_seen=NOW,
                    file_name=name, study_id=study, patient_id=patient, **(defaults | cells))  # fmt: skip


def outcome(pages, rows, known=NOTHING, now=NOW):
    pairing = pair(pages, rows, known, now)
    verdicts = {**pairing.files, **pairing.rows}
    return {name: (v.state.value, v.finding.rule if v.finding else None) for name, v in verdicts.items()}


ACCEPTED = ("accepted", None)


def test_matches_names_in_any_case_with_or_without_extension_and_with_folders():
    for cell in ("a.pdf", "A.PDF", "a", "ecg/2019/a.pdf", "C:\\scans\\a.pdf", " a.pdf "):
        assert outcome([page("ecg/2019/A.pdf")], [row("r1", cell)])["r1"] == ACCEPTED, cell


def test_prefers_the_extension_that_the_cell_gives():
    found = pair([page("a.pdf"), page("a.png")], [row("r1", "a.png")], NOTHING, NOW)
    assert [each.page.path for each in found.pairs] == ["a.png"]


def test_same_name_in_two_months_is_told_apart_by_each_of_the_folder_forms():
    for march, april in (("2019/03", "2019/04"), ("2019-03", "2019-04"), ("201903", "201904"), ("2019/3", "2019/4")):
        rows = [row("r1", "a.pdf"), row("r2", "a.pdf", "P2", OTHER_DAY)]
        found = pair([page(f"ecg/{march}/a.pdf"), page(f"ecg/{april}/a.pdf")], rows, NOTHING, NOW)
        assert [(each.row.row_id, each.page.path) for each in found.pairs] == [
            ("r1", f"ecg/{march}/a.pdf"), ("r2", f"ecg/{april}/a.pdf")]  # fmt: skip


def test_a_file_of_another_month_is_never_taken_for_the_missing_one():
    assert outcome([page("ecg/2019/04/a.pdf")], [row("r1", "a.pdf")]) == {
        "ecg/2019/04/a.pdf": ("waiting", "label-row-missing"),
        "r1": ("waiting", "ecg-file-of-other-month"),
    }


def test_print_tells_files_of_one_name_apart_before_folders_do():
    pages = [page("u/1/a.pdf", patient="P1", day=DAY), page("u/2/a.pdf", patient="P2", day=DAY)]
    found = pair(pages, [row("r1", "a.pdf", "P2")], NOTHING, NOW)
    assert [each.page.path for each in found.pairs] == ["u/2/a.pdf"]


def test_run_num_and_the_cell_s_folder_tell_files_apart():
    pages = [page("u/1/a.pdf"), page("u/02/a.pdf")]
    assert pair(pages, [row("r1", "a.pdf", run_num="2")], NOTHING, NOW).pairs[0].page.path == "u/02/a.pdf"
    assert pair(pages, [row("r1", "1/a.pdf")], NOTHING, NOW).pairs[0].page.path == "u/1/a.pdf"


def test_files_that_nothing_tells_apart_are_quarantined_with_the_row():
    bad = ("quarantined", "ambiguous-file-name")
    found = outcome([page("u/1/a.pdf"), page("u/2/a.pdf")], [row("r1", "a.pdf")])
    assert found == {"u/1/a.pdf": bad, "u/2/a.pdf": bad, "r1": bad}


def test_page_that_prints_another_patient_or_date_quarantines_both():
    for printed in (page("a.pdf", patient="P9", day=DAY), page("a.pdf", patient="P1", day=OTHER_DAY)):
        bad = ("quarantined", "page-agrees-with-table")
        assert outcome([printed], [row("r1", "a.pdf")]) == {"a.pdf": bad, "r1": bad}


def test_a_row_does_not_block_a_page_that_prints_what_another_row_says():
    found = outcome([page("a.pdf", patient="P1", day=DAY)], [row("r1", "a.pdf"), row("r2", "a.pdf", "P2", OTHER_DAY)])
    assert found == {"a.pdf": ACCEPTED, "r1": ACCEPTED, "r2": ("waiting", "ecg-file-of-other-study")}


def test_an_ecg_named_for_two_studies_is_quarantined_with_both_rows():
    bad = ("quarantined", "one-study-per-ecg")
    assert outcome([page("a.pdf")], [row("r1", "a.pdf"), row("r2", "a.pdf", "P2")]) == {
        "a.pdf": bad,
        "r1": bad,
        "r2": bad,
    }


def test_two_ecgs_for_one_patient_and_day_are_all_quarantined_even_if_one_has_not_arrived():
    bad = ("quarantined", "one-ecg-per-study")
    rows = [row("r1", "a.pdf"), row("r2", "b.pdf")]
    assert outcome([page("a.pdf"), page("b.pdf")], rows) == dict.fromkeys(["a.pdf", "b.pdf", "r1", "r2"], bad)
    assert outcome([page("a.pdf")], rows) == dict.fromkeys(["a.pdf", "r1", "r2"], bad)


def test_a_second_ecg_of_the_day_that_its_row_takes_out_leaves_the_first_alone():
    taken_out = row("r2", "b.pdf", fault=MINOR)
    excluded = ("excluded", "adult")
    expected = {"a.pdf": ACCEPTED, "b.pdf": excluded, "r1": ACCEPTED, "r2": excluded}
    assert outcome([page("a.pdf"), page("b.pdf")], [row("r1", "a.pdf"), taken_out]) == expected
    first, known = settled()
    late = pair([first, page("b.pdf")], [taken_out], known, NOW)
    assert (late.rows["r2"].state, late.disputed) == (State.EXCLUDED, frozenset())


def test_equal_rows_of_two_tables_are_one_study_and_a_duplicate():
    rows = [row("r1", "a.pdf"), row("r2", "a.pdf", table="t2", age=60.0)]
    assert outcome([page("a.pdf")], rows) == {"a.pdf": ACCEPTED, "r1": ACCEPTED, "r2": ("duplicate", "same-content")}


def test_sources_that_differ_in_a_label_are_all_quarantined():
    bad = ("quarantined", "sources-agree")
    for cells in ({"scar": 1}, {"lvef_percent": 61.0}, {"lvef_percent": None}):
        rows = [row("r1", "a.pdf"), row("r2", "a.pdf", table="t2", **cells)]
        assert outcome([page("a.pdf")], rows) == {"a.pdf": bad, "r1": bad, "r2": bad}


def test_one_picture_for_two_studies_is_quarantined():
    bad = ("quarantined", "one-study-per-picture")
    pages = [page("a.pdf", picture="same"), page("b.pdf", picture="same")]
    rows = [row("r1", "a.pdf"), row("r2", "b.pdf", "P2")]
    assert outcome(pages, rows) == dict.fromkeys(["a.pdf", "b.pdf", "r1", "r2"], bad)


def test_a_bad_page_keeps_its_own_rule_and_lets_its_row_wait():
    broken = page("a.pdf", fault=Finding("blank", "", "scan again"))
    assert outcome([broken], [row("r1", "a.pdf")]) == {
        "a.pdf": ("quarantined", "blank"), "r1": ("waiting", "ecg-page-refused")}  # fmt: skip


def test_rows_without_patient_or_of_two_days_never_make_a_study():
    assert outcome([page("a.pdf")], [row("r1", "a.pdf", None)])["r1"] == ("quarantined", "hn-required")
    assert outcome([page("a.pdf")], [row("r1", "a.pdf", cmr_date=OTHER_DAY)])["a.pdf"] == (
        "quarantined",
        "same-day-pair",
    )


def test_a_later_row_of_the_same_study_replaces_a_failed_one_without_naming_its_entry():
    bad = row("r1", "a.pdf", fault=RowFault("lvef-range", "150", "h"), lvef_percent=150.0)
    good = row("r2", "a.pdf", table="t2", batch=2)
    assert outcome([page("a.pdf")], [bad, good]) == {
        "a.pdf": ACCEPTED,
        "r1": ("duplicate", "superseded"),
        "r2": ACCEPTED,
    }
    same_batch = replace(good, batch=1)
    assert outcome([page("a.pdf")], [bad, same_batch])["r2"] == ("quarantined", "sources-agree")
    other_patient = row("r3", "a.pdf", "P2", table="t2", batch=2)
    assert outcome([page("a.pdf")], [bad, other_patient])["r3"] == ("quarantined", "one-study-per-ecg")


def test_a_later_row_replaces_rows_that_contradicted_each_other_in_one_batch_without_naming_an_entry():
    rows = [row("r1", "a.pdf"), row("r2", "a.pdf", scar=1)]
    gone = ("duplicate", "superseded")
    later = row("r3", "a.pdf", table="t3", batch=2, scar=1)
    assert outcome([page("a.pdf")], [*rows, later]) == {"a.pdf": ACCEPTED, "r1": gone, "r2": gone, "r3": ACCEPTED}
    disagreeing = [later, row("r4", "a.pdf", table="t3", batch=2)]
    bad = ("quarantined", "sources-agree")
    assert outcome([page("a.pdf")], [*rows, *disagreeing])["r3"] == bad
    one_each = [rows[0], replace(rows[1], batch=2, table_sha256="t2")]
    assert outcome([page("a.pdf")], [*one_each, replace(later, batch=3)])["r3"] == bad


def test_a_finding_about_differing_rows_says_what_each_has():
    rows = [
        row("r1", "a.pdf", raw='{"pattern": "Transmural"}'),
        row("r2", "a.pdf", lvef_percent=None, raw='{"pattern": "both"}'),
    ]
    (finding,) = {verdict.finding for verdict in pair([page("a.pdf")], rows, NOTHING, NOW).rows.values()}
    assert finding.value == "lvef_percent: 60 or empty; pattern: subendocardial+transmural or transmural"


def test_a_row_that_names_an_entry_replaces_all_rows_of_its_study():
    rows = [row("r1", "a.pdf"), row("r2", "a.pdf", table="t2", scar=1)]
    fixed = row("r3", "a.pdf", table="t3", batch=2, scar=1, entry="Q1")
    found = outcome([page("a.pdf")], [*rows, fixed], Known(entries={"Q1": "r1"}))
    gone = ("duplicate", "superseded")
    assert found == {"a.pdf": ACCEPTED, "r1": gone, "r2": gone, "r3": ACCEPTED}


def test_a_corrected_patient_replaces_the_row_through_the_entry_of_the_file():
    wrong = row("r1", "a.pdf", "P9")
    fixed = row("r2", "a.pdf", "P1", table="t2", batch=2, entry="Q1")
    found = outcome([page("a.pdf", patient="P1")], [wrong, fixed], Known(entries={"Q1": "a.pdf"}))
    assert found == {"a.pdf": ACCEPTED, "r1": ("duplicate", "superseded"), "r2": ACCEPTED}


def test_an_unknown_entry_replaces_nothing():
    rows = [row("r1", "a.pdf"), row("r2", "a.pdf", table="t2", batch=2, scar=1, entry="Q404")]
    assert outcome([page("a.pdf")], rows)["r2"] == ("quarantined", "sources-agree")


def settled(path="a.pdf", patient="P1", **kw):
    taken = page(path, study=f"S-{patient}-{DAY}", **kw)
    return taken, Known((SettledStudy(taken.study_id, taken, row("r0", path, patient)),))


def test_rows_against_an_accepted_study_never_change_it():
    taken, known = settled(picture="same")
    cases = {
        "same": (row("r1", "a.pdf", table="t2"), ("duplicate", "same-content"), False),
        "label": (row("r1", "a.pdf", scar=1), ("quarantined", "sources-agree"), True),
        "patient": (row("r1", "a.pdf", "P2"), ("quarantined", "one-study-per-ecg"), True),
        "other file": (row("r1", "b.pdf"), ("quarantined", "one-ecg-per-study"), True),
        "picture": (row("r1", "b.pdf", "P2"), ("quarantined", "one-study-per-picture"), True),
        "cohort": (row("r1", "a.pdf", fault=MINOR), ("quarantined", "sources-agree"), True),
        "broken": (row("r1", "a.pdf", fault=RowFault("lvef-range", "150", "h")), ("quarantined", "lvef-range"), False),
    }  # fmt: skip
    for name, (late, expected, disputed) in cases.items():
        pairing = pair([taken, page("b.pdf", picture="same")], [late], known, NOW)
        verdict = pairing.rows["r1"]
        assert (verdict.state.value, verdict.finding.rule) == expected, name
        assert bool(pairing.disputed) is disputed, name
        assert "a.pdf" not in pairing.files, name
        assert pairing.pairs == (), name


def test_a_newer_content_at_the_same_path_replaces_an_unsettled_one():
    old = page("a.pdf", sha="old", fault=Finding("unreadable", "", "h"), seen=NOW - timedelta(days=1))
    assert outcome([old, page("a.pdf", sha="new")], [row("r1", "a.pdf")]) == {
        "old": ("duplicate", "superseded"), "new": ACCEPTED, "r1": ACCEPTED}  # fmt: skip


PAGES = st.builds(
    page,
    st.sampled_from(["a.pdf", "2019/03/a.pdf", "2019/04/a.pdf", "b.pdf", "c.png"]),
    patient=st.sampled_from([None, "P1", "P2"]),
    day=st.sampled_from([None, DAY, OTHER_DAY]),
    picture=st.sampled_from([None, "same"]),
    fault=st.sampled_from([None, None, None, Finding("blank", "", "h")]),
)
ROWS = st.builds(
    row,
    st.integers(1, 99).map(lambda n: f"r{n}"),
    st.sampled_from(["a.pdf", "b", "c.png", "2019/03/a.pdf", None]),
    st.sampled_from(["P1", "P2", None]),
    st.sampled_from([DAY, OTHER_DAY, None]),
    st.sampled_from(["t1", "t2"]),
    st.sampled_from([1, 2]),
    scar=st.sampled_from([0, 1, None]),
    fault=st.sampled_from([None, None, RowFault("lvef-range", "", "h"), RowFault("adult", "", "h", Effect.EXCLUDE)]),
    entry=st.sampled_from([None, None, "Q1"]),
)


@given(
    st.lists(PAGES, max_size=5, unique_by=lambda p: p.sha256),
    st.lists(ROWS, max_size=6, unique_by=lambda r: r.row_id),
    st.randoms(),
)
def test_every_file_and_row_has_one_verdict_whatever_the_order_and_a_study_has_one_of_each(pages, rows, random):
    known = Known(entries={"Q1": "r1"})
    found = pair(pages, rows, known, NOW)
    assert set(found.files) == {p.sha256 for p in pages}
    assert set(found.rows) == {r.row_id for r in rows}
    assert len({p.page.sha256 for p in found.pairs}) == len({p.row.key for p in found.pairs}) == len(found.pairs)
    for each in found.pairs:
        assert found.files[each.page.sha256].state is found.rows[each.row.row_id].state is State.ACCEPTED
        assert each.page.fault is None and each.row.fault is None
        assert each.page.patient_id in {None, each.row.patient_id}
        assert each.page.ecg_date in {None, each.row.day}
    accepted = [v for v in (*found.files.values(), *found.rows.values()) if v.state is State.ACCEPTED]
    assert len(accepted) == 2 * len(found.pairs)
    pages, rows = random.sample(pages, len(pages)), random.sample(rows, len(rows))
    assert pair(pages, rows, known, NOW) == found


def test_a_date_that_can_be_read_in_two_ways_agrees_with_either_and_with_no_third():
    both = (date(2018, 3, 4), date(2018, 4, 3))
    found = replace(page("a.pdf"), possible_dates=both)
    for day in both:
        assert outcome([found], [row("r1", "a.pdf", day=day)])["r1"] == ACCEPTED
    third = outcome([found], [row("r1", "a.pdf", day=date(2018, 4, 4))])
    assert third["r1"] == ("quarantined", "page-agrees-with-table")
