"""From a real CSV, through the table reader, to the ledger's rows."""

from __future__ import annotations

from datetime import date

from ecgcore.cmr.rules.finding import RowFault
from ecgcore.cmr.table.label_table import read_table
from ecgcore.ledger.ingest.label_frame import source_rows
from ecgcore.pseudonym import Pseudonymiser

KEY = Pseudonymiser(b"a key for tests, nothing else")
CSV = """file_name,hn,cmr_date,ecg_date,year,month,run_num,scar_cad,lvef,age,female,entry
x.pdf,123-45,2019-03-05,2019-03-05,2019,3,7,1,35.5,61,0,Qfedcba9876543210
y.pdf,,2019-03-06,,,,,,abc,,,
"""


def test_cells_keep_their_types_and_missing_ones_are_none(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    table = read_table(path, KEY)
    fault = RowFault("lvef-number", "abc", "write a number")
    first, second = source_rows(table.rows, table.sha256, KEY.study_id, {f"{table.sha256[:16]}:3": fault})
    patient = KEY.patient_id("12345")
    expected = {
        "file_name": "x.pdf",
        "patient_id": patient,
        "study_id": KEY.study_id(patient, date(2019, 3, 5)),
        "cmr_date": date(2019, 3, 5),
        "ecg_date": date(2019, 3, 5),
        "year": 2019,
        "month": 3,
        "run_num": "7",
        "labels": {"scar": 1, "lvef_percent": 35.5},
        "age": 61.0,
        "female": 0,
        "entry": "Qfedcba9876543210",
        "smoke": None,
        "split": None,
    }
    assert {name: first.cells[name] for name in expected} == expected
    assert (first.row_id, first.row, first.fault) == (f"{table.sha256[:16]}:2", 2, None)
    assert (second.cells["patient_id"], second.cells["study_id"], second.cells["labels"]) == (None, None, {})
    assert second.fault == fault
    assert "123-45" not in str(first.cells)
    assert "12345" not in str(first.cells)
