"""What one row of a label table, or the table as a whole, has to keep to. `tasks.validation` runs these rules.

What several rows say together is decided where all rows are known: by the pairing of :mod:`ecgcore.ledger.decide`.
"""

from __future__ import annotations

from datetime import date

from ecgcore.cmr.rules.column_rule import ColumnRule, Kind, Moment
from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.sheet.columns import flag_columns, whole_columns
from ecgcore.cmr.sheet.pattern import NON_ISCHAEMIC_REGEX

REQUIRED_COLUMNS = ("row_id", "row", "file_name", "patient_id", "cmr_date", "ecg_date", "scar", "lvef_percent")

_TABLE = (
    ColumnRule(
        "columns-required",
        Effect.REJECT,
        "add the column that is missing and drop the table into the inbox again",
        columns=REQUIRED_COLUMNS,
        kind=Kind.HAS_COLUMN,
        message="a label table has these columns",
    ),
    ColumnRule(
        "rows-required",
        Effect.REJECT,
        "add the rows below the column names and drop the table into the inbox again",
        columns=("row_id",),
        kind=Kind.ROW_COUNT,
        message="a label table has at least one row",
        minimum=1,
    ),
    ColumnRule(
        "row-id-unique",
        Effect.REJECT,
        "remove the second copy of the table from the inbox",
        columns=("row_id",),
        kind=Kind.UNIQUE,
        message="a row is listed once in a batch",
    ),
)

_REQUIRED = (
    ColumnRule(
        "file-name-required",
        Effect.QUARANTINE,
        "write the ECG's file name into file_name",
        columns=("file_name",),
        kind=Kind.PRESENT,
        message="each row names its ECG file",
    ),
    ColumnRule(
        "hn-required",
        Effect.QUARANTINE,
        "write the hospital number into hn as text; a spreadsheet that shows 1.2E+08 has lost digits",
        columns=("patient_id",),
        kind=Kind.PRESENT,
        message="each row has a readable hospital number",
    ),
    ColumnRule(
        "dates-required",
        Effect.QUARANTINE,
        "write the day as yyyy-mm-dd in a cell formatted as text; 03/04/2016 may be March or April",
        columns=("cmr_date", "ecg_date"),
        kind=Kind.PRESENT,
        message="each row has both days, in a form that can be read in one way only",
    ),
    ColumnRule(
        "label-required",
        Effect.QUARANTINE,
        "enter scar_cad, lvef or both from the CMR report",
        columns=("scar", "lvef_percent"),
        kind=Kind.NO_FINDING,
        message="each row has a scar or an LVEF",
    ),
)

_DAYS = (
    ColumnRule(
        "same-day-pair",
        Effect.QUARANTINE,
        "correct the day that is wrong, or name the ECG of the day of the CMR",
        columns=("cmr_date", "ecg_date"),
        kind=Kind.SAME,
        message="the ECG was taken on the day of the CMR",
    ),
    ColumnRule(
        "date-range",
        Effect.QUARANTINE,
        "correct the day; years of the Buddhist era are understood as they are",
        columns=("cmr_date", "ecg_date"),
        kind=Kind.BETWEEN,
        message="days are from 1990 until today",
        minimum=date(1990, 1, 1),
        maximum=Moment.TODAY,
    ),
)

_LABELS = (
    ColumnRule(
        "lvef-number",
        Effect.QUARANTINE,
        "write the percentage as a plain number, 55 or 55.5, without a unit; leave it empty if unknown",
        columns=("lvef_percent",),
        kind=Kind.READABLE,
        message="LVEF is a plain number",
    ),
    ColumnRule(
        "lvef-range",
        Effect.QUARANTINE,
        "look the LVEF up in the CMR report; write 55 for 55 %, not 0.55, and leave it empty if unknown",
        columns=("lvef_percent",),
        kind=Kind.BETWEEN,
        message="LVEF is between 5 and 90 percent",
        minimum=5,
        maximum=90,
    ),
    ColumnRule(
        "scar-set",
        Effect.QUARANTINE,
        "write 1 for ischaemic scar, 0 for none, and leave it empty if unknown",
        columns=("scar",),
        kind=Kind.IN_SET,
        message="scar_cad is 0, 1 or empty",
        values=("0", "1"),
    ),
    ColumnRule(
        "pattern-set",
        Effect.QUARANTINE,
        "write subendocardial, transmural, both, mid-wall or epicardial, several joined by +, or nothing",
        columns=("pattern",),
        kind=Kind.READABLE,
        message="pattern names known late-enhancement patterns",
    ),
    ColumnRule(
        "scar-agrees-with-pattern",
        Effect.QUARANTINE,
        "look the pattern up in the CMR report and correct scar_cad or the pattern columns",
        columns=("scar",),
        kind=Kind.NO_FINDING,
        message="scar is 1 with a subendocardial or transmural pattern and 0 without; the pattern columns agree",
    ),
)

_DETAILS = (
    ColumnRule(
        "age-number",
        Effect.QUARANTINE,
        "write the age in years as a number, or leave it empty",
        columns=("age",),
        kind=Kind.READABLE,
        message="age is a plain number of years",
    ),
    ColumnRule(
        "age-range",
        Effect.QUARANTINE,
        "correct the age, or leave it empty if unknown",
        columns=("age",),
        kind=Kind.BETWEEN,
        message="age is between 0 and 120 years",
        minimum=0,
        maximum=120,
    ),
    ColumnRule(
        "flag-set",
        Effect.QUARANTINE,
        "write 1 for yes, 0 for no, and leave it empty if unknown",
        columns=flag_columns(),
        kind=Kind.IN_SET,
        message="yes-or-no columns hold 0, 1 or nothing",
        values=("0", "1"),
    ),
    ColumnRule(
        "whole-number",
        Effect.QUARANTINE,
        "write a whole number, or leave it empty",
        columns=whole_columns(),
        kind=Kind.READABLE,
        message="year, month and run_num are whole numbers",
    ),
)

_COHORT = (
    ColumnRule(
        "adult",
        Effect.EXCLUDE,
        "nothing to do if the age is right; else drop a corrected row into the inbox",
        columns=("age",),
        kind=Kind.BETWEEN,
        message="the cohort is adults, 18 years or older",
        minimum=18,
    ),
    ColumnRule(
        "non-ischaemic-pattern",
        Effect.EXCLUDE,
        "nothing to do if the pattern is right; else drop a corrected row into the inbox",
        columns=("pattern",),
        kind=Kind.NO_MATCH,
        message="the cohort has no mid-wall or epicardial pattern; such a study is not a negative",
        pattern=NON_ISCHAEMIC_REGEX,
    ),
    ColumnRule(
        "new-cut",
        Effect.EXCLUDE,
        "nothing to do if that is meant; else set new_cut to 0",
        columns=("new_cut",),
        kind=Kind.NOT_IN_SET,
        message="new_cut = 1 takes a row out of the study",
        values=("1",),
    ),
)

_PAGE = (
    ColumnRule(
        "format-agrees-with-page",
        Effect.WARN,
        "correct ecg_format in the table",
        columns=("ecg_format",),
        kind=Kind.NO_FINDING,
        message="the table's ecg_format is the format of the page; the page's own is used",
    ),
)

RULES: tuple[ColumnRule, ...] = (
    *_TABLE,
    *_REQUIRED,
    *_DAYS,
    *_LABELS,
    *_DETAILS,
    *_COHORT,
    *_PAGE,
)


def rule(name: str) -> ColumnRule:
    """Return the rule of that name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]


_BY_NAME = {r.name: r for r in RULES}
