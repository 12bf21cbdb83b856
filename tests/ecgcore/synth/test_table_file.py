from dataclasses import replace

import pytest
from openpyxl import load_workbook

from ecgcore.synth.entry import entry_of
from ecgcore.synth.patient import draw_study
from ecgcore.synth.table_file import column_names, columns, row_cells, table_name, write_table

# the columns of the study's table and of the inbox
STUDY = """
    file_name year month run_num scar_cad lvef subendocardial_scar transmural_scar age female smoke diabetes
    hypertension dyslipidemia impute new_cut train_80_percent develop_10_percent split ecg_format
"""
INBOX = ["hn", "cmr_date", "ecg_date"]


@pytest.fixture
def entry():
    study = draw_study(3, 0)
    return entry_of(replace(study, risk=replace(study.risk, recorded=False)), 17)


def test_table_has_every_column_of_the_study_and_the_inbox():
    assert set(columns()) == {*STUDY.split(), *INBOX, "pattern"}


def test_letters_differ_between_years_and_names_do_not():
    assert len({column_names(year)[0] for year in (2009, 2010, 2011)}) == 3
    for year in range(2009, 2022):
        assert [name.lower() for name in column_names(year)] == list(columns())


def test_both_kinds_of_file_are_written():
    assert {table_name(year).split(".")[1] for year in range(2009, 2022)} == {"csv", "xlsx"}


def test_missing_risk_factors_are_empty_cells(entry):
    cells = dict(zip(columns(), row_cells(entry), strict=True))
    assert cells["impute"] == 1
    assert [cells[name] for name in ("smoke", "diabetes", "hypertension", "dyslipidemia")] == [None] * 4


def test_row_says_what_the_study_is(entry):
    cells = dict(zip(columns(), row_cells(entry), strict=True))
    study = entry.study
    assert cells["hn"] == study.hn
    assert cells["ecg_date"] == cells["cmr_date"] == study.day.isoformat()
    assert (cells["year"], cells["month"], cells["run_num"]) == (study.day.year, study.day.month, 17)
    assert cells["lvef"] == study.disease.lvef_percent
    assert cells["scar_cad"] == max(cells["subendocardial_scar"], cells["transmural_scar"])


def test_workbook_reads_back_and_is_stable(tmp_path, entry):
    first = write_table(tmp_path / "a", 2010, [entry])
    again = write_table(tmp_path / "b", 2010, [entry])
    assert first.read_bytes() == again.read_bytes()
    rows = list(load_workbook(first).active.iter_rows(values_only=True))
    assert list(rows[0]) == column_names(2010)
    # the format knows one empty cell: no text and None are the same
    assert list(rows[1]) == [None if cell == "" else cell for cell in row_cells(entry)]
