"""Known contents that are read again without being asked: put to their right place, or changed while they were read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.db.tables import File, QuarantineEntry, Row
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.ingest_batch import IngestBatch
from ecgcore.ledger.ingest.sighting import best_places

DAY = date(2018, 3, 5)
STRANGER = Finding("not-a-report-file", ".csv", "put label tables into cmr/")
CHANGED = Finding("changed-while-read", "its content changed", "ingest again")


@pytest.fixture
def misplaced(build):
    """Make a label table, or any file, that lies at a place where nothing is read."""
    return lambda path, content: replace(build.table(path, content, STRANGER), kind=FileKind.UNKNOWN)


def states(ledger):
    with ledger.reading() as connection:
        return {path: (s, rule) for path, s, rule in connection.execute(select(File.path, File.state, File.rule))}


def read(name, *files, rows=()):
    """Return the batch of an ingest that read all that it lists."""
    return IngestBatch(name, files, rows, again=frozenset(file.sha256 for file in files))


@pytest.mark.parametrize("seen_before", [False, True])
@pytest.mark.parametrize("left_behind", [False, True])
def test_a_table_moved_to_its_place_is_read_and_its_entry_closed(
    ledger, build, now, misplaced, left_behind, seen_before
):
    wrong, right = misplaced("cmr/2026/t.csv", "table"), build.table("cmr/t.csv", "table")
    ecg, row = build.ecg("ecg/x.pdf"), build.row(right, 2, "x.pdf", "HN1", DAY)
    ledger.record_batch(read("b1", ecg, wrong), now=now)
    assert [entry.path for entry in ledger.open_entries()] == ["cmr/2026/t.csv"]
    listed = [ecg, *([wrong] if left_behind else []), right]
    if seen_before:  # by a version that only noted the second path
        ledger.record_batch(IngestBatch("b2", listed), now=now)
        assert states(ledger)["cmr/2026/t.csv"][0] is State.QUARANTINED
    assert ledger.unread(listed) == {right.sha256}
    done = ledger.record_batch(read("b3", *listed, rows=[row]), now=now + timedelta(days=1))
    assert (done.reread, done.new_files, done.new_rows, done.new_studies) == (1, 0, 1, 1)
    assert states(ledger) == {"ecg/x.pdf": (State.ACCEPTED, None), "cmr/t.csv": (State.ACCEPTED, None)}
    assert ledger.open_entries() == []
    counts = ledger.counts().files
    assert (counts.total, counts.by_state[State.DUPLICATE]) == (3, 1)  # ecg/x.pdf, the table, the path that it left
    assert counts.total == sum(counts.by_state.values())
    assert ledger.unread(listed) == frozenset()
    again = ledger.record_batch(read("b4", *listed, rows=[row]), now=now + timedelta(days=2))
    assert (again.reread, again.brought, again.ledger) == (0, None, done.ledger)
    ledger.check_audit()


def test_a_report_dropped_among_the_tables_is_paired_once_it_is_moved(ledger, build, now):
    narrative = Finding("narrative-report", ".pdf", "enter it in a label table")
    wrong = replace(build.table("cmr/x.pdf", "report", narrative), kind=FileKind.NARRATIVE)
    right, table = build.ecg("ecg/x.pdf", content="report"), build.table("cmr/a.csv")
    ledger.record_batch(read("b1", wrong, table, rows=[build.row(table, 2, "x.pdf", "HN1", DAY)]), now=now)
    assert ledger.unread([right, table]) == {right.sha256}
    done = ledger.record_batch(read("b2", right, table), now=now + timedelta(days=40))
    assert (done.reread, done.new_studies) == (1, 1)
    assert states(ledger) == {"ecg/x.pdf": (State.ACCEPTED, None), "cmr/a.csv": (State.ACCEPTED, None)}
    assert ledger.open_entries() == []


def test_what_was_read_or_lies_where_nothing_is_read_stays(ledger, build, now, misplaced):
    table, rejected = build.table("cmr/a.csv"), build.table("cmr/b.csv", fault=Finding("table-rejected", "hn", "add"))
    good, broken = build.ecg("ecg/x.pdf"), build.ecg("ecg/y.pdf", fault=Finding("blank-page", "white", "send it"))
    ledger.record_batch(read("b1", table, rejected, good, broken, rows=[build.row(table, 2, "x", "H", DAY)]), now=now)
    moved = [misplaced(f"cmr/old/{name}", name) for name in ("cmr/a.csv", "cmr/b.csv", "ecg/x.pdf", "ecg/y.pdf")]
    elsewhere = [build.table("cmr/x.csv", "ecg/x.pdf"), build.ecg("ecg/a.pdf", content="cmr/a.csv")]
    assert {file.sha256 for file in [*moved, *elsewhere]} == {f.sha256 for f in (table, rejected, good, broken)}
    assert ledger.unread([*moved, *elsewhere]) == frozenset()
    ledger.record_batch(read("b2", *moved, *elsewhere), now=now)
    assert {path: rule for path, (_, rule) in states(ledger).items()} == {
        "cmr/a.csv": None, "cmr/b.csv": "table-rejected", "ecg/x.pdf": None, "ecg/y.pdf": "blank-page"}  # fmt: skip


def test_a_new_content_at_two_places_is_what_the_better_one_makes_it(ledger, build, now, misplaced):
    wrong, right = misplaced("cmr/2026/t.csv", "table"), build.table("cmr/t.csv", "table")
    assert best_places([wrong, right]) == best_places([right, wrong]) == {right.sha256: right}
    ledger.record_batch(read("b1", wrong, right, rows=[build.row(right, 2, "x", "H", DAY)]), now=now)
    assert states(ledger) == {"cmr/t.csv": (State.WAITING, "rows")}
    assert ledger.counts().files.total == 2


def test_a_table_that_changed_while_it_was_read_is_read_when_it_lies_there_again(ledger, build, now):
    torn, whole = build.table("cmr/t.csv", "table", CHANGED), build.table("cmr/t.csv", "table")
    ledger.record_batch(read("b1", torn), now=now)
    assert states(ledger) == {"cmr/t.csv": (State.QUARANTINED, "changed-while-read")}
    assert ledger.unread([whole]) == {whole.sha256}
    ledger.record_batch(read("b2", whole, rows=[build.row(whole, 2, "x", "H", DAY)]), now=now)
    assert states(ledger) == {"cmr/t.csv": (State.WAITING, "rows")}
    with ledger.reading() as connection:
        assert connection.execute(select(Row.state)).scalars().all() == [State.WAITING]
    assert (ledger.counts().files.total, ledger.open_entries()) == (1, [])


def test_a_refused_table_is_superseded_by_the_next_content_at_its_path_and_comes_back_with_it(ledger, build, now):
    torn, saved = build.table("cmr/t.csv", "torn", CHANGED), build.table("cmr/t.csv", "saved")
    ledger.record_batch(read("b1", torn), now=now)
    ledger.record_batch(read("b2", saved, rows=[build.row(saved, 2, "x", "H", DAY)]), now=now + timedelta(hours=1))
    with ledger.reading() as connection:
        found = connection.execute(select(File.sha256, File.state, File.rule)).all()
        entry = connection.execute(select(QuarantineEntry.rule, QuarantineEntry.released_by)).all()
    assert set(found) == {
        (torn.sha256, State.DUPLICATE, "superseded"),
        (saved.sha256, State.WAITING, "rows"),
    }
    assert entry == [("changed-while-read", "batch b2")]
    ledger.record_batch(IngestBatch("b3", [torn]), now=now + timedelta(hours=2))
    assert [each.subject for each in ledger.open_entries()] == [torn.sha256]
