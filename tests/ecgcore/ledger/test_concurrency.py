"""Two real processes at once, and processes killed anywhere, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, text

from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.state import State

sys.path.insert(0, str(Path(__file__).parent))
from contender import hospital

CONTENDER = Path(__file__).with_name("contender.py")
STUDIES = 40


def start(*args: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, CONTENDER, *map(str, args)], stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> int:
    _, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -9), errors.decode()
    return process.returncode


def assert_complete(url: str) -> None:
    with Ledger(url) as ledger:
        counts = ledger.counts()
        assert (counts.files.total, counts.rows.total, counts.studies) == (STUDIES + 1, STUDIES, STUDIES)
        assert counts.files.by_state[State.ACCEPTED] == STUDIES + 1
        assert ledger.check_audit() == 1


def test_two_ingests_at_once_open_one_new_ledger_and_double_no_study(url):
    both = [start("ingest", url, name, STUDIES) for name in ("one", "two")]
    assert [finish(each) for each in both] == [0, 0]
    assert_complete(url)


@pytest.mark.parametrize("statement", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (4, 12))])
def test_an_ingest_killed_in_its_transaction_leaves_nothing_and_is_repeated(url, statement):
    Ledger(url).close()
    assert finish(start("killed_ingest", url, "one", STUDIES, statement)) == -9
    with Ledger(url) as ledger:
        assert ledger.counts().files.total == 0
    assert finish(start("ingest", url, "one", STUDIES)) == 0
    assert_complete(url)


@pytest.mark.slow
@pytest.mark.parametrize("statement", range(1, 30))
def test_an_ingest_killed_before_any_statement_loses_nothing(tmp_path, statement):
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Ledger(url).close()
    finish(start("killed_ingest", url, "one", STUDIES, statement))
    with Ledger(url) as ledger:
        assert ledger.counts().files.total in (0, STUDIES + 1)
    assert finish(start("ingest", url, "two", STUDIES)) == 0
    assert_complete(url)


@pytest.mark.slow
def test_eight_processes_migrate_one_new_ledger(url):
    assert [finish(each) for each in [start("open_only", url) for _ in range(8)]] == [0] * 8
    with Ledger(url) as ledger:
        assert ledger.counts().files.total == 0


def statements_of(url: str, work: Callable[[Ledger], object]) -> int:
    """Count what the work sends to the database."""
    sent: list[str] = []
    with Ledger(url) as ledger:
        event.listen(ledger._database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
        work(ledger)
    return len(sent)


@pytest.mark.slow
def test_six_thousand_rows_are_recorded_in_few_statements(url, build, now):
    _, files, table, rows = hospital(6_000)
    sent = [
        statements_of(
            url, lambda ledger, name=name: ledger.record_batch(build.batch(name, *files, table, *rows), now=now)
        )
        for name in ("one", "two")
    ]
    print(f"6,000 rows: {sent[0]} statements, again {sent[1]}")
    with Ledger(url) as ledger:
        assert ledger.counts().studies == 6_000
    assert max(sent) < 6_000 / 10  # many rows in each


def said(*args: object) -> str:
    return subprocess.run(
        [sys.executable, CONTENDER, *map(str, args)], capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_a_lock_that_is_held_refuses_who_will_not_wait_and_stops_no_writer(url):
    with Ledger(url) as ledger:
        with ledger.exclusive("slot A", wait=False):
            assert said("exclusive", url, "slot A").startswith("slot A: is under way in another process. Hint: wait")
            assert said("exclusive", url, "slot B") == "free"
            assert finish(start("ingest", url, "one", STUDIES)) == 0  # it is no transaction: others write meanwhile
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
