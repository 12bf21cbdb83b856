"""Ingest through the ledger: states, counts, corrections, repetition."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from string import ascii_lowercase, digits

import pytest
from sqlalchemy import select

from ecgcore.cmr.rules.finding import Effect, Finding, RowFault
from ecgcore.errors import LedgerError
from ecgcore.ledger.db.tables import File, FileSighting, QuarantineEntry, Row, Study
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.ingest_batch import IngestBatch
from ecgcore.ledger.ingest.label import labels_of_studies
from ecgcore.ledger.ledger import Ledger

DAY = date(2018, 3, 5)


def states(ledger, table=File, key=File.path):
    with ledger.reading() as connection:
        return {name: (state, rule) for name, state, rule in connection.execute(select(key, table.state, table.rule))}


def row_states(ledger):
    return states(ledger, Row, Row.row_id)


def assert_adds_up(ledger):
    counts = ledger.counts()
    for tally in (counts.files, counts.rows):
        assert sum(tally.by_state.values()) == tally.total
    with ledger.reading() as connection:
        assert counts.studies == len(connection.execute(select(Study.study_id)).all())
        assert counts.rows.by_state[State.ACCEPTED] == counts.studies


def test_accepts_a_pair_and_finds_nothing_new_the_second_time(url, build, now):
    table = build.table("cmr/a.xlsx")
    batch = build.batch("b1", build.ecg("ecg/x.pdf"), table, build.row(table, 2, "X.PDF", "HN1", DAY, scar=1))
    with Ledger(url) as ledger:
        first = ledger.record_batch(batch, now=now)
        assert (first.new_files, first.new_rows, first.new_studies) == (2, 1, 1)
        assert states(ledger) == {"ecg/x.pdf": (State.ACCEPTED, None), "cmr/a.xlsx": (State.ACCEPTED, None)}
        again = ledger.record_batch(build.batch("b2", *batch.files, *batch.rows), now=now + timedelta(days=40))
        assert (again.new_files, again.new_rows, again.new_studies, again.brought) == (0, 0, 0, None)
        assert again.ledger == first.ledger
        assert ledger.check_audit() == 1
        with ledger.reading() as connection:
            study = connection.execute(select(Study.__table__)).one()
            labels = labels_of_studies(connection)
        assert (study.year, study.ecg_format) == (2018, "old")
        assert labels == {study.study_id: {"scar": 1, "lvef_percent": 60.0}}


def test_partners_wait_turn_unpaired_and_are_accepted_when_the_other_comes(ledger, build, now):
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b1", build.ecg("ecg/x.pdf")), now=now)
    assert states(ledger)["ecg/x.pdf"][0] is State.WAITING
    ledger.record_batch(build.batch("b2"), now=now + timedelta(days=30))
    assert states(ledger)["ecg/x.pdf"][0] is State.WAITING
    ledger.record_batch(build.batch("b3"), now=now + timedelta(days=30, seconds=1))
    assert states(ledger)["ecg/x.pdf"][0] is State.UNPAIRED
    ledger.record_batch(build.batch("b4", table, build.row(table, 2, "x", "HN1", DAY)), now=now + timedelta(days=90))
    assert states(ledger)["ecg/x.pdf"] == (State.ACCEPTED, None)
    assert_adds_up(ledger)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2018, 4, 3), (State.ACCEPTED, None)),
        (date(2018, 3, 4), (State.ACCEPTED, None)),
        (date(2018, 5, 3), (State.QUARANTINED, "page-agrees-with-table")),
    ],
)
def test_a_printed_day_of_two_readings_is_compared_in_both_whenever_the_row_comes(ledger, build, now, day, state):
    page = build.ecg("ecg/x.pdf", either=(date(2018, 3, 4), date(2018, 4, 3)))  # 03/04/2018
    ledger.record_batch(build.batch("b1", page), now=now)
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b2", page, table, build.row(table, 2, "x", "HN1", day)), now=now)
    assert states(ledger)["ecg/x.pdf"] == state


def test_counts_the_same_content_at_another_path_as_a_duplicate_file(ledger, build, now):
    one, two = build.ecg("ecg/x.pdf", content="same"), build.ecg("ecg/copy.pdf", content="same")
    ledger.record_batch(build.batch("b1", one, two), now=now)
    counts = ledger.counts().files
    assert (counts.total, counts.by_state[State.WAITING], counts.by_state[State.DUPLICATE]) == (2, 1, 1)
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b2", one, two, table, build.row(table, 2, "copy.pdf", "HN1", DAY)), now=now)
    assert states(ledger)["ecg/x.pdf"][0] is State.ACCEPTED
    assert ledger.counts().files.total == 3
    assert_adds_up(ledger)


def test_a_file_of_any_size_at_a_path_of_any_length_costs_the_batch_nothing(url, build, now):
    """PostgreSQL's integer ends at 2 GiB - 1, its index rows at 2,704 bytes; random text does not get shorter."""
    random = Random(7)
    long = "/".join("".join(random.choices(ascii_lowercase + digits, k=200)) for _ in range(19))
    broken = Finding("too-large", "3.0 GB", "send the report itself")
    large = replace(build.ecg(f"ecg/{long}/large.pdf", fault=broken), size_bytes=3 * 2**30)
    table = build.table("cmr/a.csv")
    sound = (build.ecg("ecg/x.pdf"), table, build.row(table, 2, "x.pdf", "HN1", DAY))
    copies = [replace(large, path=f"ecg/{long}/{name}.pdf") for name in ("copy", "second-copy")]
    with Ledger(url) as ledger:
        ledger.record_batch(build.batch("b1", *sound, large, copies[0]), now=now)
        summary = ledger.record_batch(build.batch("b2", *sound, large, *copies), now=now)
        assert (summary.new_duplicates, summary.brought.files.total) == (1, 1)
        assert states(ledger) == {
            "ecg/x.pdf": (State.ACCEPTED, None),
            "cmr/a.csv": (State.ACCEPTED, None),
            large.path: (State.QUARANTINED, "too-large"),
        }
        assert summary.ledger.files.by_state[State.DUPLICATE] == 2
        assert summary.ledger.files.total == 5
        assert_adds_up(ledger)
        with ledger.reading() as connection:
            assert connection.execute(select(File.size_bytes).where(File.path == large.path)).scalar() == 3 * 2**30
            found = connection.execute(select(FileSighting.path).order_by(FileSighting.path)).scalars().all()
        assert found == [copy.path for copy in copies]


def test_a_refused_report_that_is_read_again_takes_its_place(ledger, build, now):
    slow = build.ecg("ecg/x.pdf", fault=Finding("too-slow", "60 s", "read it again"))
    table = build.table("cmr/a.csv")
    batch = build.batch("b1", slow, table, build.row(table, 2, "x.pdf", "HN1", DAY))
    ledger.record_batch(batch, now=now)
    assert states(ledger)["ecg/x.pdf"] == (State.QUARANTINED, "too-slow")
    assert ledger.refused([slow.sha256, table.sha256, "f" * 64]) == {slow.sha256}
    good = build.ecg("ecg/x.pdf")
    ignored = ledger.record_batch(IngestBatch("b2", [good, table]), now=now)  # known content: its page is not looked at
    assert (ignored.reread, states(ledger)["ecg/x.pdf"][0]) == (0, State.QUARANTINED)
    done = ledger.record_batch(IngestBatch("b3", [good, table], again=frozenset({good.sha256})), now=now)
    assert (done.reread, done.new_files, done.new_studies, done.brought.files.total) == (1, 0, 1, 0)
    assert states(ledger) == {"ecg/x.pdf": (State.ACCEPTED, None), "cmr/a.csv": (State.ACCEPTED, None)}
    assert ledger.open_entries() == []
    assert ledger.check_audit() == 2
    assert_adds_up(ledger)


def test_a_row_that_a_report_read_again_contradicts_is_an_entry_of_this_batch(ledger, build, now):
    slow = build.ecg("ecg/x.pdf", fault=Finding("too-slow", "60 s", "read it again"))
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b1", slow, table, build.row(table, 2, "x.pdf", "HN1", DAY)), now=now)
    another = build.ecg("ecg/x.pdf", hn="HN2")
    ledger.record_batch(IngestBatch("b2", [another, table], again=frozenset({another.sha256})), now=now)
    assert {entry.batch_id for entry in ledger.open_entries() if entry.is_row} == {"b2"}
    assert_adds_up(ledger)


def test_an_accepted_report_is_never_replaced_by_reading_it_again(ledger, build, now):
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b1", build.ecg("ecg/x.pdf"), table, build.row(table, 2, "x", "HN1", DAY)), now=now)
    other = build.ecg("ecg/x.pdf", picture="another")
    done = ledger.record_batch(IngestBatch("b2", [other], again=frozenset({other.sha256})), now=now)
    assert done.reread == 0
    with ledger.reading() as connection:
        assert connection.execute(select(Study.image_sha256)).scalar() == build.ecg("ecg/x.pdf").page.image_sha256
    assert_adds_up(ledger)


def test_a_failed_row_quarantines_row_and_ecg_until_a_corrected_row_names_the_entry(ledger, build, now):
    bad = build.table("cmr/a.csv")
    fault = RowFault("lvef-range", "150", "give a percentage")
    old = build.row(bad, 2, "x.pdf", "HN1", DAY, lvef_percent=150.0, fault=fault)
    ledger.record_batch(build.batch("b1", build.ecg("ecg/x.pdf"), bad, old), now=now)
    assert states(ledger)["ecg/x.pdf"] == (State.QUARANTINED, "lvef-range")
    assert ledger.counts().files.by_rule == {"lvef-range": 1, "rows": 1}
    entry = next(entry for entry in ledger.open_entries() if entry.is_row)
    assert (entry.subject, entry.finding, entry.path, entry.row) == (
        old.row_id,
        Finding(*fault_parts(fault)),
        "cmr/a.csv",
        2,
    )
    good = build.table("cmr/corrected.csv")
    new = build.row(good, 2, "x.pdf", "HN1", DAY, lvef_percent=50.0, entry=entry.entry_id)
    ledger.record_batch(build.batch("b2", good, new), now=now)
    assert row_states(ledger) == {old.row_id: (State.DUPLICATE, "superseded"), new.row_id: (State.ACCEPTED, None)}
    assert states(ledger)["ecg/x.pdf"] == (State.ACCEPTED, None)
    assert ledger.open_entries() == []
    with ledger.reading() as connection:
        released = connection.execute(select(QuarantineEntry.released_at, QuarantineEntry.released_by)).all()
    assert {tuple(each) for each in released} == {(now, new.row_id)}
    assert_adds_up(ledger)


def fault_parts(fault):
    return fault.rule, fault.value, fault.hint


def test_a_row_that_a_wrong_page_held_up_is_accepted_when_the_right_file_comes(ledger, build, now):
    table = build.table("cmr/a.csv")
    row = build.row(table, 2, "x.pdf", "HN1", DAY)
    wrong = build.ecg("ecg/1/x.pdf", hn="HN2", day=DAY)
    ledger.record_batch(build.batch("b1", wrong, table, row), now=now)
    assert row_states(ledger)[row.row_id] == (State.QUARANTINED, "page-agrees-with-table")
    ledger.record_batch(build.batch("b2", build.ecg("ecg/2/x.pdf", hn="HN1", day=DAY)), now=now)
    assert row_states(ledger)[row.row_id] == (State.ACCEPTED, None)
    assert states(ledger)["ecg/1/x.pdf"][0] is State.WAITING
    assert ledger.open_entries() == []


def test_an_excluding_rule_excludes_row_and_ecg_without_an_entry(ledger, build, now):
    table = build.table("cmr/a.csv")
    fault = RowFault("adult", "17", "nothing to do", Effect.EXCLUDE)
    row = build.row(table, 2, "x.pdf", "HN1", DAY, fault=fault)
    ledger.record_batch(build.batch("b1", build.ecg("ecg/x.pdf"), table, row), now=now)
    assert states(ledger)["ecg/x.pdf"] == (State.EXCLUDED, "adult")
    assert row_states(ledger)[row.row_id] == (State.EXCLUDED, "adult")
    assert ledger.open_entries() == []


def test_rejected_tables_unknown_files_and_bad_pages_are_quarantined_with_an_entry(ledger, build, now):
    unreadable = Finding("unreadable", "not a PDF", "send it again")
    table = build.table("cmr/a.csv", fault=Finding("required-columns", "hn", "add the column"))
    ledger.record_batch(build.batch("b1", build.ecg("ecg/x.pdf", fault=unreadable), table), now=now)
    assert {(e.path, e.finding.rule) for e in ledger.open_entries()} == {
        ("ecg/x.pdf", "unreadable"),
        ("cmr/a.csv", "required-columns"),
    }
    ledger.record_batch(build.batch("b2", build.ecg("ecg/x.pdf", content="rescanned")), now=now + timedelta(hours=1))
    by_content = states(ledger, key=File.sha256).values()
    assert sorted(by_content, key=str) == sorted(
        [
            (State.DUPLICATE, "superseded"),
            (State.QUARANTINED, "required-columns"),
            (State.WAITING, "label-row-missing"),
        ],
        key=str,
    )
    assert [e.path for e in ledger.open_entries()] == ["cmr/a.csv"]


def test_a_row_that_contradicts_an_accepted_study_disputes_it_until_it_is_corrected(ledger, build, now):
    first, second = build.table("cmr/a.csv"), build.table("cmr/b.csv")
    ecg = build.ecg("ecg/x.pdf")
    ledger.record_batch(build.batch("b1", ecg, first, build.row(first, 2, "x.pdf", "HN1", DAY, scar=0)), now=now)
    ledger.record_batch(build.batch("b2", second, build.row(second, 2, "x.pdf", "HN1", DAY, scar=1)), now=now)
    assert ledger.counts().disputed == 1
    (entry,) = ledger.open_entries()
    assert (entry.finding.rule, entry.finding.value) == ("sources-agree", "scar: 0 or 1")
    third = build.table("cmr/c.csv")
    corrected = build.row(third, 2, "x.pdf", "HN1", DAY, scar=0, entry=entry.entry_id)
    ledger.record_batch(build.batch("b3", third, corrected), now=now)
    assert (ledger.counts().disputed, ledger.open_entries()) == (0, [])
    assert states(ledger)["ecg/x.pdf"] == (State.ACCEPTED, None)
    assert_adds_up(ledger)


def test_test_patients_get_no_further_studies(ledger, build, now):
    table = build.table("cmr/a.csv")
    days = [date(2016, 5, 1), date(2018, 5, 1), date(2023, 5, 1)]
    files = [build.ecg(f"ecg/{day.year}.pdf", fmt="old" if day.year < 2017 else "new") for day in days]
    rows = [build.row(table, i, f"{day.year}", "HN1", day) for i, day in enumerate(days, 2)]
    ledger.record_batch(build.batch("b1", files[0], table, *rows), now=now)
    ledger.record_batch(build.batch("b2", *files[1:]), now=now)
    ledger.record_batch(build.batch("b3"), now=now + timedelta(days=99))
    found = states(ledger)
    assert found["ecg/2016.pdf"] == (State.ACCEPTED, None)
    assert found["ecg/2018.pdf"] == found["ecg/2023.pdf"] == (State.EXCLUDED, "test-patient")
    assert_adds_up(ledger)


def test_a_test_patient_whose_number_lost_its_zeros_in_excel_does_not_train(ledger, build, now):
    first, second = build.table("cmr/2021.csv"), build.table("cmr/2022.csv")
    test = build.row(first, 2, "2021", "0045678", date(2021, 5, 1))
    later = build.row(second, 2, "2022", "45678", date(2022, 5, 1))
    ledger.record_batch(build.batch("b1", build.ecg("ecg/2021.pdf", fmt="new"), first, test), now=now)
    ledger.record_batch(build.batch("b2", build.ecg("ecg/2022.pdf", fmt="new"), second, later), now=now)
    with ledger.reading() as connection:
        assert connection.execute(select(Study.year, Study.test_set)).all() == [(2021, "new")]
    assert states(ledger)["ecg/2022.pdf"] == (State.EXCLUDED, "test-patient")


def test_refuses_an_ecg_without_a_page_and_keeps_nothing_of_the_batch(ledger, build, now):
    good, bare = build.ecg("ecg/a.pdf"), replace(build.ecg("ecg/b.pdf"), page=None)
    with pytest.raises(LedgerError, match=r"ecg/b\.pdf: is a new ECG without a page"):
        ledger.record_batch(build.batch("b1", good, bare), now=now)
    assert ledger.counts().files.total == 0


def test_a_cell_that_no_column_holds_is_refused_and_not_dropped(ledger, build, now):
    table = build.table("cmr/a.csv")
    row = build.row(table, 2, "x.pdf", "HN1", DAY, scar_percent=12)
    with pytest.raises(LedgerError, match="unknown cell scar_percent"):
        ledger.record_batch(build.batch("b1", build.ecg("ecg/x.pdf"), table, row), now=now)
    assert ledger.counts().rows.total == 0


def test_an_empty_inbox_is_success(ledger, build, now):
    summary = ledger.record_batch(build.batch("b1"), now=now)
    assert (summary.new_files, summary.ledger.files.total, summary.brought) == (0, 0, None)


def test_a_wrong_url_names_the_setting(tmp_path):
    with pytest.raises(LedgerError, match="give sqlite:///PATH"):
        Ledger("mysql://somewhere/x")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(f"sqlite:///{tmp_path}/file/ledger.db")
