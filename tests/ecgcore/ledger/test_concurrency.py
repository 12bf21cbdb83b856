"""Two real processes at once, and processes killed anywhere, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import event, text

from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ledger import Ledger
from tests.ecgcore.ledger.forked import FORKED, forked, ingest, record

STUDIES, FEW = 40, 8
KILL_EACH = {"sqlite": 1, "postgresql": 7}  # before which statements


def files_of(url: str) -> int:
    with Ledger(url) as ledger:
        return ledger.counts().files.total


def assert_complete(url: str, studies: int = STUDIES) -> None:
    with Ledger(url) as ledger:
        counts = ledger.counts()
        assert (counts.files.total, counts.rows.total, counts.studies) == (studies + 1, studies, studies)
        assert counts.files.by_state[State.ACCEPTED] == studies + 1
        assert ledger.check_audit() == 1


def test_two_ingests_at_once_open_one_new_ledger_and_double_no_study(url):
    assert forked("at_once", [("ingest", url, name, STUDIES) for name in ("one", "two")]) == [0, 0]
    assert_complete(url)


def test_an_ingest_killed_before_its_commit_leaves_nothing_and_is_repeated(url):
    Ledger(url).close()
    assert forked("in_turn", [("killed_ingest", url, "one", STUDIES, 0)]) == [-9]
    assert files_of(url) == 0
    ingest(url, "one", STUDIES)
    assert_complete(url)


@pytest.mark.slow
def test_an_ingest_killed_before_any_statement_loses_nothing(new_url):
    sent = statements_of(new_url(), lambda ledger: record(ledger, "one", FEW))
    assert sent > 30
    places = range(1, sent + 1, KILL_EACH[new_url().split(":")[0]])
    urls = [new_url() for _ in (*places, sent + 1)]
    calls = [("killed_ingest", url, "one", FEW, n) for url, n in zip(urls, (*places, sent + 1), strict=True)]
    assert forked("in_turn", calls) == [-9] * len(places) + [0]
    left = [files_of(url) for url in urls]
    assert left == sorted(left)  # nothing, and all of it from the commit on
    assert set(left) == {0, FEW + 1}
    for url in urls:
        ingest(url, "two", FEW)
        assert_complete(url, FEW)


@pytest.mark.slow
def test_eight_processes_migrate_one_new_ledger(url):
    assert forked("at_once", [("open_only", url)] * 8) == [0] * 8
    assert files_of(url) == 0


def statements_of(url: str, work: Callable[[Ledger], object]) -> int:
    """Count what the work sends to the database."""
    sent: list[str] = []
    with Ledger(url) as ledger:
        event.listen(ledger._database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
        work(ledger)
    return len(sent)


@pytest.mark.full
def test_six_thousand_rows_are_recorded_in_few_statements(url):
    sent = [statements_of(url, lambda ledger, name=name: record(ledger, name, 6_000)) for name in ("one", "two")]
    print(f"6,000 rows: {sent[0]} statements, again {sent[1]}")
    with Ledger(url) as ledger:
        assert ledger.counts().studies == 6_000
    assert max(sent) < 6_000 / 10  # many rows in each


def said(*args: object) -> str:
    return subprocess.run(
        [sys.executable, *FORKED, *map(str, args)], capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_a_lock_that_is_held_refuses_who_will_not_wait_and_stops_no_writer(url):
    with Ledger(url) as ledger:
        with ledger.exclusive("slot A", wait=False):
            assert said("exclusive", url, "slot A").startswith("slot A: is under way in another process. Hint: wait")
            assert said("exclusive", url, "slot B") == "free"
            assert forked("at_once", [("ingest", url, "one", STUDIES)]) == [
                0
            ]  # it is no transaction: others write meanwhile
        assert said("exclusive", url, "slot A") == "free"


def test_a_lock_whose_connection_broke_does_not_undo_what_was_done_under_it(new_postgres_url, caplog):
    with Ledger(new_postgres_url()) as ledger:
        with ledger.exclusive("slot A"), ledger.reading() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND pid <> "
            query = "pg_backend_pid() AND datname = current_database()"
            connection.execute(text(others + query))
        assert "the connection that held the lock 'slot A' broke" in caplog.text
        with ledger.exclusive("slot A", wait=False):
            pass
