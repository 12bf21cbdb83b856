"""A path whose content changes and changes back: what lies there last counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.db.tables import File, Study
from ecgcore.ledger.decide.state import State

DAY = date(2018, 3, 5)
HOUR = timedelta(hours=1)
TRUNCATED = Finding("unreadable", "no trailer", "send it again")


def states(ledger):
    with ledger.reading() as connection:
        return {s: (state, rule) for s, state, rule in connection.execute(select(File.sha256, File.state, File.rule))}


def assert_adds_up(ledger, total):
    files = ledger.counts().files
    assert sum(files.by_state.values()) == files.total == total


@pytest.mark.parametrize("fault", [TRUNCATED, None])
def test_a_superseded_report_that_is_restored_waits_again_and_is_paired(ledger, build, now, fault):
    first, second = build.ecg("ecg/x.pdf", content="A"), build.ecg("ecg/x.pdf", content="B", fault=fault)
    ledger.record_batch(build.batch("b1", first), now=now)
    ledger.record_batch(build.batch("b2", second), now=now + HOUR)
    assert states(ledger)[first.sha256] == (State.DUPLICATE, "superseded")
    restored = build.ecg("ecg/x.pdf", content="A")
    back = ledger.record_batch(build.batch("b3", restored), now=now + 2 * HOUR)
    assert (back.returned, back.new_files, back.brought.files.total) == (1, 0, 0)
    assert states(ledger) == {
        first.sha256: (State.WAITING, "label-row-missing"),
        second.sha256: (State.DUPLICATE, "superseded"),
    }
    assert (ledger.open_entries(), ledger.check_audit()) == ([], 3)
    assert_adds_up(ledger, 2)
    same = ledger.record_batch(build.batch("b4", restored), now=now + 3 * HOUR)
    assert (same.returned, ledger.check_audit()) == (0, 3)
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b5", restored, table, build.row(table, 2, "x.pdf", "H", DAY)), now=now + 4 * HOUR)
    with ledger.reading() as connection:
        assert connection.execute(select(Study.file_sha256)).scalars().all() == [first.sha256]


def test_a_superseded_report_that_comes_to_another_path_waits_again(ledger, build, now):
    first, second = build.ecg("ecg/x.pdf", content="A"), build.ecg("ecg/x.pdf", content="B", fault=TRUNCATED)
    ledger.record_batch(build.batch("b1", first), now=now)
    ledger.record_batch(build.batch("b2", second), now=now + HOUR)
    ledger.record_batch(build.batch("b3", second, build.ecg("ecg/y.pdf", content="A")), now=now + 2 * HOUR)
    assert states(ledger) == {
        first.sha256: (State.WAITING, "label-row-missing"),
        second.sha256: (State.QUARANTINED, "unreadable"),
    }
    assert_adds_up(ledger, 3)


def test_an_accepted_report_that_is_restored_closes_the_entry_of_what_lay_there_meanwhile(ledger, build, now):
    first, second = build.ecg("ecg/x.pdf", content="A"), build.ecg("ecg/x.pdf", content="B", fault=TRUNCATED)
    table = build.table("cmr/a.csv")
    ledger.record_batch(build.batch("b1", first, table, build.row(table, 2, "x.pdf", "H", DAY)), now=now)
    ledger.record_batch(build.batch("b2", second, table), now=now + HOUR)
    assert [entry.subject for entry in ledger.open_entries()] == [second.sha256]
    ledger.record_batch(build.batch("b3", first, table), now=now + 2 * HOUR)
    assert states(ledger)[first.sha256] == (State.ACCEPTED, None)
    assert states(ledger)[second.sha256] == (State.DUPLICATE, "superseded")
    assert ledger.open_entries() == []
    assert_adds_up(ledger, 3)
