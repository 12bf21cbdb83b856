from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from ecgcore.cmr.sheet.columns import frame_name, kinds
from ecgcore.cmr.sheet.table_limits import TableLimits
from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.errors import TableError
from ecgcore.pseudonym import Pseudonymiser

Reader = Callable[..., LabelTable]
LINE = "a.pdf,1234567,2016-03-04,2016-03-04,1,55"


def write_xlsx(path: Path, *lines: list[object]) -> Path:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


def test_a_row_is_typed_pseudonymous_and_traceable(read_csv: Reader, pseudonymiser: Pseudonymiser) -> None:
    table = read_csv(LINE, "", "b.pdf,7654321,2016-03-05,2016-03-05,,49.5")
    sha256 = hashlib.sha256(table.path.read_bytes()).hexdigest()
    assert table.sha256 == sha256
    assert table.rows["row_id"].tolist() == [f"{sha256[:16]}:2", f"{sha256[:16]}:4"]
    assert table.rows["row"].tolist() == [2, 4]
    assert table.rows["patient_id"].tolist() == [
        pseudonymiser.patient_id("1234567"),
        pseudonymiser.patient_id("7654321"),
    ]
    assert table.rows["cmr_date"].tolist() == [pd.Timestamp(2016, 3, 4), pd.Timestamp(2016, 3, 5)]
    assert table.rows["scar"].tolist() == [1, pd.NA]
    assert table.rows["lvef_percent"].tolist() == [55.0, 49.5]
    assert set(table.rows) == {"row_id", "row", "patient_id", "hn_fault", "raw", *map(frame_name, kinds())}


def test_hospital_number_and_name_are_nowhere_in_the_rows(read_csv: Reader) -> None:
    table = read_csv(f"{LINE},Somchai", header="file_name,hn,cmr_date,ecg_date,scar_cad,lvef,Patient Name")
    text = table.rows.to_json(date_format="iso")
    assert "1234567" not in text
    assert "Somchai" not in text
    assert table.ignored_columns == ("patient_name",)


def test_a_buddhist_year_is_that_of_the_days_beside_it(read_csv: Reader) -> None:
    header = "file_name,hn,cmr_date,ecg_date,scar_cad,lvef,year,month"
    row = read_csv("a.pdf,1234567,2559-03-04,2559-03-04,1,55,2559,3", header=header).rows.iloc[0]
    assert (row["year"], row["month"], row["ecg_date"]) == (2016, 3, pd.Timestamp(2016, 3, 4))
    assert json.loads(row["raw"])["year"] == "2559"


def test_a_filled_column_without_a_name_is_told_as_not_read(read_csv: Reader) -> None:
    table = read_csv(f"{PAIR},,55,,well", header="file_name,hn,cmr_date,ecg_date,,lvef,,ward")
    assert table.not_read == "columns ward"
    table = read_csv(f"{PAIR},,55,x,well", header="file_name,hn,cmr_date,ecg_date,,lvef,,ward")
    assert table.not_read == "columns column 7, ward"


def test_raw_keeps_cells_that_do_not_parse(read_csv: Reader, pseudonymiser: Pseudonymiser) -> None:
    row = read_csv("a.pdf,1234567,2016-03-04,03/04/2016,yes,55 %").rows.iloc[0]
    assert json.loads(row["raw"]) == {
        "file_name": "a.pdf",
        "hn": f"pid:{pseudonymiser.patient_id('1234567')}",
        "cmr_date": "2016-03-04",
        "ecg_date": "03/04/2016",
        "scar_cad": "yes",
        "lvef": "55 %",
    }
    assert row[["ecg_date", "scar", "lvef_percent"]].isna().all()


def test_an_unreadable_hospital_number_leaves_nothing_behind(read_csv: Reader) -> None:
    row = read_csv("a.pdf,1.23457E+12,2016-03-04,2016-03-04,1,55").rows.iloc[0]
    assert pd.isna(row["patient_id"])
    assert json.loads(row["raw"])["hn"] == ""


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874"])
def test_delimiters_and_encodings(read_csv: Reader, delimiter: str, encoding: str) -> None:
    header = ' File Name ,"HN",CMR-Date,ecg date,SCAR_CAD,Lvef,split'.replace(",", delimiter)
    line = "หัวใจ.pdf,1234567,2016-03-04,2016-03-04,1,55,old_test".replace(",", delimiter)
    row = read_csv(line, header=header, encoding=encoding).rows.iloc[0]
    assert (row["file_name"], row["scar"], row["lvef_percent"], row["split"]) == ("หัวใจ.pdf", 1, 55.0, "old_test")


def test_quoted_cells_hold_the_delimiter(read_csv: Reader) -> None:
    assert read_csv('"a, ""b"".pdf",1,2016-03-04,2016-03-04,1,55').rows["file_name"].tolist() == ['a, "b".pdf']


def test_a_workbook_reads_like_the_csv(tmp_path: Path, pseudonymiser: Pseudonymiser, read_csv: Reader) -> None:
    path = write_xlsx(
        tmp_path / "labels.xlsx",
        ["File_Name", "HN", "cmr_date", "ecg_date", "scar_cad", "lvef"],
        ["a.pdf", 1234567.0, datetime(2016, 3, 4), date(2016, 3, 4), 1, 55],
        [None] * 6,
        ["b.pdf", "0123", "2559-03-05", datetime(2016, 3, 5, 8, 30), 0.0, "55 %"],
    )
    csv = read_csv(LINE, "", "b.pdf,0123,2016-03-05,2016-03-05,0,55 %")
    same = ["row", "file_name", "patient_id", "cmr_date", "ecg_date", "scar", "lvef_percent"]
    pd.testing.assert_frame_equal(read_table(path, pseudonymiser).rows[same], csv.rows[same])


def test_a_number_format_keeps_leading_zeros(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    book = Workbook()
    book.active.append(["file_name", "hn", "cmr_date", "ecg_date", "lvef"])
    book.active.append([12, 1234, "2016-03-04", "2016-03-04", 55])
    book.active["A2"].number_format = book.active["B2"].number_format = "0000000"
    book.save(tmp_path / "labels.xlsx")
    rows = read_table(tmp_path / "labels.xlsx", pseudonymiser).rows
    assert rows["file_name"].tolist() == ["0000012"]
    assert rows["patient_id"].tolist() == [pseudonymiser.patient_id("1234")]


def test_a_formula_that_was_never_computed_is_not_a_missing_label(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    header = ["file_name", "hn", "cmr_date", "ecg_date", "lvef"]
    path = write_xlsx(tmp_path / "t.xlsx", header, ["a.pdf", 7, "2016-03-04", "2016-03-04", "=50+5"])
    row = read_table(path, pseudonymiser).rows.iloc[0]
    assert pd.isna(row["lvef_percent"])
    assert json.loads(row["raw"])["lvef"] == "(formula without a value)"


def with_stored(path: Path, cell: str) -> Path:
    """Replace what the only formula's cell stores."""
    changed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"<c [^>]*><f>[^<]*</f><v ?/?>(?:</v>)?</c>", cell.encode(), old.read(name)))
    path.write_bytes(changed.getvalue())
    return path


def test_a_computed_formula_counts_as_its_value(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    path = write_xlsx(tmp_path / "t.xlsx", XLSX_HEADER, ["a.pdf", 7, "2016-03-04", "2016-03-04", "=50+5"])
    with_stored(path, '<c r="E2"><f>50+5</f><v>55</v></c>')
    assert read_table(path, pseudonymiser).rows["lvef_percent"].tolist() == [55.0]


def test_a_formula_whose_result_is_the_empty_text_is_an_empty_cell(
    tmp_path: Path, pseudonymiser: Pseudonymiser
) -> None:
    line = ["a.pdf", 7, "2016-03-04", "2016-03-04", 55]
    path = write_xlsx(tmp_path / "t.xlsx", XLSX_HEADER, line, ['=IF(A2="","",A2)'], [None, " "])
    with_stored(path, '<c r="A3" t="str"><f>IF(A2="","",A2)</f><v></v></c>')
    assert read_table(path, pseudonymiser).rows["row"].tolist() == [2]


def write_sheets(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    """Write worksheets, each with its state and lines."""
    book = Workbook()
    book.remove(book.active)
    for state, lines in sheets:
        sheet = book.create_sheet()
        for line in lines:
            sheet.append(line)
        sheet.sheet_state = state
    book.save(path)
    return path


XLSX_HEADER = ["file_name", "hn", "cmr_date", "ecg_date", "lvef"]
TABLE_2016 = [XLSX_HEADER, ["a.pdf", 7, "2016-03-04", "2016-03-04", 55]]
TABLE_2017 = [["File Name", "HN", *XLSX_HEADER[2:]], ["b.pdf", 8, "2017-03-04", "2017-03-04", 35]]
COVER = [["CMR results of the imaging unit"], [None, "kept by the research nurse"]]


@pytest.mark.parametrize(
    ("sheets", "rule"),
    [
        ([("visible", TABLE_2016), ("visible", TABLE_2017)], "holds 2 label tables, in its sheets 1, 2"),
        ([("hidden", TABLE_2016), ("visible", TABLE_2017)], "holds 2 label tables, in its sheets 1, 2"),
        ([("visible", COVER), ("hidden", TABLE_2016)], "its only label table is in a hidden sheet"),
        ([("visible", COVER), ("veryHidden", TABLE_2016)], "its only label table is in a hidden sheet"),
        ([("visible", TABLE_2016), ("visible", [*COVER, *TABLE_2017])], "holds 2 label tables, in its sheets 1, 2"),
        ([("visible", [*COVER, *TABLE_2017])], "the first line is not the column names"),
        ([("visible", COVER)], "the first line is not the column names"),
        ([("visible", [[*line, None, note] for line, note in zip(TABLE_2016, (None, "check"), strict=True)])],
         "cells stand right of the last column in line 2"),
    ],
)  # fmt: skip
def test_workbooks_that_leave_a_doubt_about_their_table_are_rejected(
    tmp_path: Path, pseudonymiser: Pseudonymiser, sheets: list[tuple[str, list[list[object]]]], rule: str
) -> None:
    with pytest.raises(TableError, match=rule):
        read_table(write_sheets(tmp_path / "t.xlsx", *sheets), pseudonymiser)


def test_the_only_table_of_a_workbook_is_read_wherever_it_stands(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    formula = [XLSX_HEADER, ["b.pdf", 8, "2017-03-04", "2017-03-04", "=30+5"]]
    path = write_sheets(tmp_path / "t.xlsx", ("visible", COVER), ("visible", formula), ("hidden", []))
    with_stored(path, '<c r="E2"><f>30+5</f><v>35</v></c>')
    table = read_table(path, pseudonymiser)
    assert (table.rows["file_name"].tolist(), table.rows["lvef_percent"].tolist()) == (["b.pdf"], [35.0])
    assert table.not_read == "sheets 1"


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("file_name,cmr_date,ecg_date,scar_cad", "lacks the column hn"),
        ("hn,cmr_date,ecg_date,scar_cad", "lacks the column file_name"),
        ("file_name,hn,scar_cad", "lacks the column cmr_date, ecg_date"),
        ("file_name,hn,cmr_date,ecg_date,age", "neither scar_cad nor lvef"),
        ("file_name,hn,HN ,cmr_date,ecg_date,lvef", "has the column hn twice"),
    ],
)
def test_tables_without_their_columns_are_rejected(read_csv: Reader, header: str, rule: str) -> None:
    with pytest.raises(TableError, match=rule):
        read_csv("1" + "," * header.count(","), header=header)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "no header"),
        (b"\n\n", "no header"),
        (b"file_name,hn,cmr_date,ecg_date,lvef\n", "no rows"),
        (b"file_name,hn,cmr_date,ecg_date,lvef\n,,,,\n", "no rows"),
        (b"file_name,hn,cmr_date,ecg_date,lvef\na,1,2016-03-04,2016-03-04,55,5\n", "line 2 has 6 cells, the header 5"),
        (b"file_name,hn,cmr_date,ecg_date,lvef\na,1,2016-03-", "cut off"),
        (b'file_name,hn,cmr_date,ecg_date,lvef\n"a,1,2016-03-04,2016-03-04,55\n', "breaks off"),
        (b"file_name,hn\0", "not text"),
        (b"\xff\xfe\xfd", "not text"),
        (b"PK\x03\x04 not a zip", "not a readable workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "old .xls"),
    ],
)
def test_broken_files_are_rejected(tmp_path: Path, pseudonymiser: Pseudonymiser, content: bytes, rule: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=rule):
        read_table(path, pseudonymiser)


FULL = "file_name,hn,cmr_date,ecg_date,lvef,scar_cad"
WIDE = "file_name,hn,cmr_date,ecg_date,scar_cad,lvef,age"
PAIR = "a.pdf,1234567,2016-03-04,2016-03-04"


@pytest.mark.parametrize(
    ("header", "line", "rule"),
    [
        (FULL, f"{PAIR},49,1,", "line 2 has 7 cells, the header 6"),  # lvef 49.1, and no scar
        (WIDE, f"{PAIR},1,64", "line 2 has 6 cells, the header 7"),  # lvef left out, age 64
        (FULL, f"{PAIR},55", "line 2 has 5 cells, the header 6"),
        (f"{FULL},,", f"{PAIR},49,1,", "line 2 has 7 cells, the header 8"),
        (f"{FULL},,", f"{PAIR},55,1,,remark", "cells stand right of the last column in line 2"),
    ],
)
def test_a_line_whose_cells_may_be_shifted_refuses_the_table(
    read_csv: Reader, header: str, line: str, rule: str
) -> None:
    with pytest.raises(TableError, match=rule):
        read_csv(line, header=header)


def test_empty_columns_at_the_end_and_empty_lines_are_nothing(read_csv: Reader) -> None:
    rows = read_csv(f"{PAIR},55,1,,", ",,", "", header=f"{FULL},,").rows
    assert (rows["lvef_percent"].tolist(), rows["scar"].tolist()) == ([55.0], [1])


def write_csv(path: Path, header: str, *lines: str, end: str) -> Path:
    path.write_text("\n".join([header, *lines]) + end, newline="")
    return path


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (WIDE, f"{PAIR},1,55,6"),  # of 64
        ("file_name,hn,cmr_date,ecg_date,scar_cad,lvef", f"{PAIR},1,5"),  # of 55
        (FULL, f"{PAIR},55,"),  # of 1
        ("file_name,cmr_date,ecg_date,lvef,hn", "a.pdf,2016-03-04,2016-03-04,55,123456"),  # another patient
        ("file_name,hn,cmr_date,ecg_date,lvef,pattern", f"{PAIR},55,subendocardial"),  # of subendocardial+mid-wall
    ],
)
def test_a_last_line_that_may_be_cut_off_refuses_the_table(
    tmp_path: Path, pseudonymiser: Pseudonymiser, header: str, line: str
) -> None:
    with pytest.raises(TableError, match="end its last line with a line break"):
        read_table(write_csv(tmp_path / "t.csv", header, line, line, end=""), pseudonymiser)
    for end in ("\n", "\r\n", "\r"):
        assert len(read_table(write_csv(tmp_path / "t.csv", header, line, line, end=end), pseudonymiser).rows) == 2


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (FULL, f"{PAIR},55,1"),  # a flag has one digit
        (f"{FULL},remark", f"{PAIR},55,1,well"),
        (WIDE, f'{PAIR},1,55,"64"'),
        (WIDE, f"{PAIR},1,55,64\n,,,,,,"),
    ],
)
def test_a_last_line_that_is_whole_needs_no_line_end(
    tmp_path: Path, pseudonymiser: Pseudonymiser, header: str, line: str
) -> None:
    assert read_table(write_csv(tmp_path / "t.csv", header, line, end=""), pseudonymiser).rows["lvef_percent"][0] == 55


@pytest.mark.parametrize("above", ["CMR results 2016", "sep=,", "CMR results 2016,,,,,", "sep=;"])
def test_lines_above_the_column_names_are_named_as_such(read_csv: Reader, above: str) -> None:
    with pytest.raises(TableError, match="the first line is not the column names") as caught:
        read_csv(FULL, f"{PAIR},55,1", header=above)
    assert "remove titles" in caught.value.hint


def test_a_missing_file_is_an_error(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    with pytest.raises(TableError, match=r"nothing\.csv: cannot be read"):
        read_table(tmp_path / "nothing.csv", pseudonymiser)


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (TableLimits(file_bytes=50), "bytes, more than 50"),
        (TableLimits(rows=2), "more than 2 lines"),
        (TableLimits(columns=5), "more than 5 columns"),
        (TableLimits(cell_chars=6), "more than 6 characters"),
    ],
)
def test_limits(read_csv: Reader, pseudonymiser: Pseudonymiser, limits: TableLimits, rule: str) -> None:
    path = read_csv(LINE, LINE).path
    with pytest.raises(TableError, match=rule):
        read_table(path, pseudonymiser, limits)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(310):
            part.write(bytes(2**20))
    with pytest.raises(TableError, match="unpacks to 325058560 bytes"):
        read_table(path, pseudonymiser)


def test_rejections_do_not_quote_the_table(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("Somchai,1234567\nSomsri,7654321\n")
    with pytest.raises(TableError) as caught:
        read_table(path, pseudonymiser)
    assert "Som" not in str(caught.value)
    assert "1234567" not in str(caught.value)
