"""Batch limits over the last rows of a real ledger."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile, SourceRow
from ecgcore.ledger.ledger import Ledger
from ecgcore.targets.catalogue import load_catalogue
from tasks.validation.alerts import batch_alerts

DAY = date(2010, 1, 1)
SHIPPED = load_catalogue()


@pytest.fixture
def ledger(tmp_path):
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def fill(ledger, scars):
    files = [SourceFile("cmr/a.csv", "t" * 64, 1, FileKind.TABLE)]
    rows = []
    for n, scar in enumerate(scars):
        page = PageFacts("old", f"{n:064x}", f"{n}.png")
        files.append(SourceFile(f"ecg/{n}.pdf", f"e{n:063x}", 1, FileKind.ECG, page))
        cells = {"file_name": f"{n}.pdf", "patient_id": f"P{n}", "study_id": f"S{n}", "raw": "{}"}
        day = DAY + timedelta(days=n)
        labels = {"scar": int(scar), "lvef_percent": 45.0 if n % 5 == 0 else 60.0}
        cells |= {"ecg_date": day, "cmr_date": day, "labels": labels}
        rows.append(SourceRow(row_id=f"t:{n}", table_sha256="t" * 64, row=n + 2, cells=cells))
    ledger.record_batch(IngestBatch("b", files, rows), now=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_believable_ledger_raises_no_alert(ledger):
    fill(ledger, [n % 4 == 0 for n in range(60)])
    assert batch_alerts(ledger, SHIPPED) == ()


def test_a_scar_column_turned_round_raises_one(ledger):
    fill(ledger, [n % 4 != 0 for n in range(60)])
    (alert,) = batch_alerts(ledger, SHIPPED)
    assert alert.startswith("scar: 45 of 60")


def test_only_the_last_200_studies_count(ledger):
    fill(ledger, [False] * 150 + [n % 4 != 0 for n in range(200)])
    (alert,) = batch_alerts(ledger, SHIPPED)
    assert alert.startswith("scar: 150 of 200")


def test_three_rows_say_nothing(ledger):
    fill(ledger, [1, 1, 1])
    assert batch_alerts(ledger, SHIPPED) == ()


def test_an_empty_ledger_says_nothing(ledger):
    assert batch_alerts(ledger, SHIPPED) == ()
