"""Test sets are locked and replaced in the open, as `ecg testset` does it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from ecgcore.errors import LedgerError
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile, SourceRow
from ecgcore.ledger.ledger import Ledger
from ecgcore.settings import Settings
from tasks.cohort.lock_plan import lock_plan
from tasks.cohort.snapshots import lock, locked_sets, replace

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DAY = date(2016, 5, 6)  # of the test set `old`


def labels(letter: str, **values: float) -> tuple[SourceFile, list[SourceRow]]:
    """A table that labels the reports 1 and 2."""
    table = SourceFile(f"cmr/{letter}.csv", letter * 64, 9, FileKind.TABLE)
    rows = [
        SourceRow(row_id=f"{letter * 16}:{n}", table_sha256=table.sha256, row=n,
                  cells={"file_name": f"{n}.pdf", "patient_id": f"P{n}", "study_id": f"S{n}", "ecg_date": DAY,
                         "cmr_date": DAY, "labels": {"scar": 0, "lvef_percent": 60.0} | (values if n == 1 else {}),
                         "raw": "{}"})
        for n in (1, 2)
    ]  # fmt: skip
    return table, rows


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        reports = [SourceFile(f"ecg/{n}.pdf", f"{n}" * 64, 9, FileKind.ECG,
                              PageFacts("old", f"{n}" * 64, f"{n}.png")) for n in (1, 2)]  # fmt: skip
        table, rows = labels("a")
        opened.record_batch(IngestBatch("b1", [*reports, table], rows), now=NOW)
        yield opened


def test_a_set_is_replaced_without_its_disputed_study_and_the_audit_says_by_whom_and_why(settings, ledger):
    before = lock(settings, "old")
    table, rows = labels("b", scar=1)
    ledger.record_batch(IngestBatch("b2", [table], rows), now=NOW)
    after = replace(settings, "old", "N. N.", "scar of study 1 is disputed")
    assert (before["studies"], after["studies"], after["looks"]) == (2, 1, 0)
    assert locked_sets(settings) == [after]
    with ledger.reading() as connection:
        actor, detail = connection.execute(
            text("SELECT actor, detail FROM audit_event ORDER BY number DESC LIMIT 1")
        ).one()
    kept = json.loads(detail)
    assert (actor, kept["reason"], kept["old"], kept["new"]) == (
        "N. N.", "scar of study 1 is disputed", before["sha256"], after["sha256"],
    )  # fmt: skip


def looked(ledger: Ledger, times: int) -> None:
    for _ in range(times):
        testset.look(ledger, "old", "a candidate")


def dispute(ledger: Ledger, letter: str = "b", **values: float) -> None:
    table, rows = labels(letter, **(values or {"scar": 1}))
    ledger.record_batch(IngestBatch(letter, [table], rows), now=NOW)


def test_where_nothing_is_disputed_nothing_is_replaced_and_the_looks_stay(settings, ledger):
    lock(settings, "old")
    looked(ledger, 8)
    before = locked_sets(settings)
    with pytest.raises(LedgerError, match="would stay as it is: none of its studies is disputed"):
        replace(settings, "old", "N. N.", "a fresh start")
    assert locked_sets(settings) == before and before[0]["looks"] == 8


def test_what_was_disputed_after_a_look_needs_a_second_person_and_is_shown_for_ever(settings, ledger):
    lock(settings, "old")
    looked(ledger, 3)
    dispute(ledger)
    before = locked_sets(settings)
    for second in (None, " ", "n. n. "):
        with pytest.raises(LedgerError, match=r"would lose 1 study disputed after the first look .*--second"):
            replace(settings, "old", "N. N.", "scar of study 1 is disputed", second)
    assert locked_sets(settings) == before
    after = replace(settings, "old", "N. N.", "scar of study 1 is disputed", "M. M.")
    assert (after["studies"], after["looks"], after["lifetime_looks"]) == (1, 0, 3)
    assert after["replaced"][0].endswith(
        "after looks: 3, 1 of its members disputed after a look, by N. N. and M. M.: scar of study 1 is disputed"
    )
    looked(ledger, 2)
    (now,) = locked_sets(settings)
    assert (now["looks"], now["lifetime_looks"], now["replaced"]) == (2, 5, after["replaced"])


def test_what_was_disputed_before_the_first_look_needs_one_person(settings, ledger):
    lock(settings, "old")
    dispute(ledger)
    looked(ledger, 1)
    after = replace(settings, "old", "N. N.", "scar of study 1 is disputed")
    assert (after["studies"], after["lifetime_looks"]) == (1, 1)
    assert after["replaced"][0].endswith("after looks: 1, by N. N.: scar of study 1 is disputed")


def test_a_dispute_of_which_the_trail_does_not_tell_counts_as_a_late_one(settings, ledger):
    """As in a home of the version before, which did not write disputes into the trail."""
    lock(settings, "old")
    with ledger.writing() as connection:
        connection.execute(text("UPDATE study SET disputed = true WHERE study_id = 'S1'"))
    looked(ledger, 1)
    with pytest.raises(LedgerError, match="--second"):
        replace(settings, "old", "N. N.", "scar of study 1 is disputed")


def test_a_set_that_is_not_locked_cannot_be_replaced(settings, ledger):
    with pytest.raises(LedgerError, match="ecg testset lock old"):
        replace(settings, "old", "N. N.", "a label was wrong")


def test_locking_says_first_that_a_set_is_locked_or_that_there_is_none_of_its_name(settings, ledger):
    with pytest.raises(LedgerError, match=r"test set od: is none of the split policy.*name one of old, new"):
        lock_plan(settings, "od")
    assert lock_plan(settings, "old").studies == 2
    lock(settings, "old")
    with pytest.raises(LedgerError, match="test set old: is locked already"):
        lock_plan(settings, "old")
