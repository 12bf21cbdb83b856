"""Workbooks and CSVs as hospitals' programs write them: what a person sees in them is what is read."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.formula import ArrayFormula

from ecgcore.cmr.table.caution import TableCaution
from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.errors import TableError
from ecgcore.pseudonym import Pseudonymiser

HEADER = ["file_name", "hn", "cmr_date", "ecg_date", "lvef"]
DAY = "2018-03-14"
LINE: list[object] = ["a.pdf", 1234567, DAY, DAY, 55]
Change = Callable[[str, bytes], bytes]


def book(path: Path, *lines: list[Any], dress: Callable[[Any], None] = lambda sheet: None) -> Path:
    workbook = Workbook()
    for line in (HEADER, *lines):
        workbook.active.append(line)
    dress(workbook.active)
    workbook.save(path)
    return path


def rewritten(path: Path, change: Change) -> Path:
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    path.write_bytes(copy.getvalue())
    return path


def of_sheet(pattern: str, text: str) -> Change:
    def change(part: str, data: bytes) -> bytes:
        return re.sub(pattern, text, data.decode()).encode() if part == "xl/worksheets/sheet1.xml" else data

    return change


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("1234567_x000D_\n", None),
        ("1234567\u200b", None),
        (1234567.0, None),
        ("7654323/2560", None),
        (datetime(5678, 12, 1), "a day or a time, which a spreadsheet makes of a number such as 12-5678"),
        (time(12, 34), "a day or a time, which a spreadsheet makes of a number such as 12-5678"),
        (True, "a yes or no"),
        (1234567.5, "a number with a fraction"),
        ("#REF!", "an error of the spreadsheet"),
        ("=A2", "a formula without a value"),
        ("1234567, 7654321", "more than one number in one cell"),
    ],
)
def test_a_hospital_number_is_a_text_or_a_whole_number(
    tmp_path: Path, pseudonymiser: Pseudonymiser, cell: object, fault: str | None
) -> None:
    row = read_table(book(tmp_path / "t.xlsx", ["a.pdf", cell, DAY, DAY, 55]), pseudonymiser).rows.iloc[0]
    hn = "7654323/60" if cell == "7654323/2560" else "1234567"
    if fault is None:
        assert row["patient_id"] == pseudonymiser.patient_id(hn)
    else:
        assert (row["hn_fault"], json.loads(row["raw"])["hn"]) == (fault, "")


def test_a_ledger_of_version_2_keeps_the_year_in_full(tmp_path: Path) -> None:
    old = Pseudonymiser(b"a test key, not a secret", normalisation=2)
    row = read_table(book(tmp_path / "t.xlsx", ["a.pdf", "7654323/2560", DAY, DAY, 55]), old).rows.iloc[0]
    assert row["patient_id"] == old.patient_id("76543232560") != old.patient_id("7654323/60")


def test_escapes_are_resolved_in_every_cell_and_in_the_header(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    lines = ["a.pdf_x000D_", "1_x0032_34567", f"{DAY}_x000D_\n", DAY, "55_x000D_"]
    path = book(tmp_path / "t.xlsx", lines, dress=lambda sheet: sheet.__setitem__("E1", "lvef_x000D_"))
    row = read_table(path, pseudonymiser).rows.iloc[0]
    assert (row["file_name"], row["lvef_percent"], f"{row['cmr_date']:%Y-%m-%d}") == ("a.pdf", 55.0, DAY)
    assert row["patient_id"] == pseudonymiser.patient_id("1234567")


@pytest.mark.parametrize("built_in", [27, 30, 31, 36, 50, 57, 58, 71, 77, 81])
def test_formats_that_only_an_east_asian_or_thai_spreadsheet_has_are_days(
    tmp_path: Path, pseudonymiser: Pseudonymiser, built_in: int
) -> None:
    def dress(sheet: Any) -> None:
        sheet["C2"].number_format = sheet["D2"].number_format = "yyyy\\-mm\\-dd;@"

    def change(part: str, data: bytes) -> bytes:
        if part != "xl/styles.xml":
            return data
        return re.sub(rb'numFmtId="16\d"', b'numFmtId="%d"' % built_in, re.sub(rb"<numFmts.*?</numFmts>", b"", data))

    day = datetime(2018, 3, 14)
    path = rewritten(book(tmp_path / "t.xlsx", ["a.pdf", 1, day, day, 55], dress=dress), change)
    assert f"{read_table(path, pseudonymiser).rows['ecg_date'][0]:%Y-%m-%d}" == DAY


@pytest.mark.parametrize("formula", ["=40+1", ArrayFormula("E2:E2", "=40+1")])
@pytest.mark.parametrize("prefix", ["", "x:", "ns0:", "a-rather_long.prefix:"])
def test_a_formula_without_a_value_is_found_under_any_prefix(
    tmp_path: Path, pseudonymiser: Pseudonymiser, prefix: str, formula: object
) -> None:
    def change(part: str, data: bytes) -> bytes:
        if not prefix or part != "xl/worksheets/sheet1.xml":
            return data
        text = data.decode().replace('xmlns="', f'xmlns:{prefix[:-1]}="')
        return re.sub(r"<(/?)([a-zA-Z])", rf"<\1{prefix}\2", text).encode()

    path = rewritten(book(tmp_path / "t.xlsx", [*LINE[:4], formula]), change)
    assert json.loads(read_table(path, pseudonymiser).rows["raw"][0])["lvef"] == "(formula without a value)"


def test_a_shared_formula_without_a_value_is_found(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    path = book(tmp_path / "t.xlsx", [*LINE[:4], "=40+1"], [*LINE[:4], "=40+1"])
    rewritten(path, of_sheet(r'(<c r="E2"[^>]*>)<f>', r'\1<f t="shared" ref="E2:E3" si="0">'))
    rewritten(path, of_sheet(r'(<c r="E3"[^>]*>)<f>[^<]*</f>', r'\1<f t="shared" si="0"/>'))
    raw = read_table(path, pseudonymiser).rows["raw"]
    assert [json.loads(each)["lvef"] for each in raw] == ["(formula without a value)"] * 2


def cautions(path: Path, pseudonymiser: Pseudonymiser) -> dict[TableCaution, str]:
    return dict(read_table(path, pseudonymiser).cautions)


def test_hidden_rows_and_columns_are_read_and_named(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    def dress(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = sheet.row_dimensions[9].hidden = True
        sheet.column_dimensions["E"].hidden = True
        sheet.auto_filter.ref = "A1:E3"

    path = book(tmp_path / "t.xlsx", LINE, LINE, dress=dress)
    assert len(read_table(path, pseudonymiser).rows) == 2
    assert cautions(path, pseudonymiser) == {
        TableCaution.HIDDEN_ROWS: "row 3",
        TableCaution.HIDDEN_COLUMNS: "column lvef",
    }
    assert cautions(book(tmp_path / "plain.xlsx", LINE), pseudonymiser) == {}


def test_struck_through_rows_are_named(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    def dress(sheet: Any) -> None:
        for row in (2, 3):
            sheet[f"B{row}"].font = Font(strike=True)

    path = book(tmp_path / "t.xlsx", LINE, LINE, LINE, dress=dress)
    assert cautions(path, pseudonymiser) == {TableCaution.STRUCK_ROWS: "rows 2, 3"}


def test_a_number_struck_through_within_a_cell_is_named(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    both = CellRichText(TextBlock(InlineFont(strike=True), "1234567"), " 7654321")
    path = book(tmp_path / "t.xlsx", LINE, ["a.pdf", both, DAY, DAY, 55])
    assert cautions(path, pseudonymiser) == {TableCaution.STRUCK_ROWS: "row 3"}
    assert read_table(path, pseudonymiser).rows["hn_fault"][1] == "more than one number in one cell"


def test_a_strict_workbook_is_read(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    def change(part: str, data: bytes) -> bytes:
        return re.sub(rb"http://schemas\.openxmlformats\.org/(spreadsheetml|officeDocument|drawingml)/2006/",
                      rb"http://purl.oclc.org/ooxml/\1/", data)  # fmt: skip

    path = rewritten(book(tmp_path / "t.xlsx", LINE), change)
    assert read_table(path, pseudonymiser).rows["lvef_percent"].tolist() == [55.0]


def test_a_column_of_swapped_days_refuses_the_workbook(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    swapped = ["a.pdf", 1, datetime(2018, 3, 4), datetime(2018, 3, 4), 55]
    path = book(tmp_path / "t.xlsx", swapped, ["b.pdf", 2, "25/06/2018", "25/06/2018", 55])
    with pytest.raises(TableError, match="column cmr_date: rows 2 hold days that a spreadsheet made, rows 3 days"):
        read_table(path, pseudonymiser)


@pytest.mark.parametrize("delimiter", ["|", "^", "\t", ";"])
def test_separators(read_csv: Callable[..., LabelTable], delimiter: str) -> None:
    header, line = (delimiter.join(map(str, cells)) for cells in (HEADER, LINE))
    assert read_csv(line, header=header).rows["lvef_percent"].tolist() == [55.0]


def test_a_separator_that_is_not_known_is_said_to_be_one(read_csv: Callable[..., LabelTable]) -> None:
    with pytest.raises(TableError, match="its columns are separated in a way that is not known"):
        read_csv("~".join(map(str, LINE)), header="~".join(HEADER))


def test_unicode_text_of_a_spreadsheet_is_read(tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\r\n".join("\t".join(map(str, cells)) for cells in (HEADER, LINE)) + "\r\n", encoding="utf-16")
    assert read_table(path, pseudonymiser).rows["lvef_percent"].tolist() == [55.0]


def test_cells_that_a_csv_keeps_as_text_are_read_as_such(
    read_csv: Callable[..., LabelTable], pseudonymiser: Pseudonymiser
) -> None:
    row = read_csv(f'a.pdf,="001234567",{DAY},{DAY},1,="55"').rows.iloc[0]
    assert (row["patient_id"], row["lvef_percent"]) == (pseudonymiser.patient_id("1234567"), 55.0)
