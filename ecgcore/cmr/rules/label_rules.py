"""What one row of a label table, or the table as a whole, has to keep to. `tasks.validation` runs these rules.

What several rows say together is decided where all rows are known: by the pairing of :mod:`ecgcore.ledger.decide`.
"""

from __future__ import annotations

from datetime import date

from ecgcore.cmr.rules.column_rule import ColumnRule, Kind, Moment
from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.rules.hospital_number_rules import hospital_number_rules
from ecgcore.cmr.rules.label_cell_rules import flag_set, label_cell_rules, label_required
from ecgcore.cmr.sheet.columns import label_columns, whole_columns
from ecgcore.cmr.sheet.pattern import NON_ISCHAEMIC_REGEX
from ecgcore.targets.in_force import catalogue

_COLUMNS = ("row_id", "row", "file_name", "patient_id", "cmr_date", "ecg_date")

_TABLE = (
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
    *hospital_number_rules(),
    ColumnRule(
        "dates-required",
        Effect.QUARANTINE,
        "write the day as yyyy-mm-dd in a cell formatted as text; 03/04/2016 may be March or April",
        columns=("cmr_date", "ecg_date"),
        kind=Kind.PRESENT,
        message="each row has both days, in a form that can be read in one way only",
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


def required_columns() -> tuple[str, ...]:
    """Return the frame's columns without which a table is rejected."""
    return (*_COLUMNS, *label_columns())


def rules() -> tuple[ColumnRule, ...]:
    """Return every rule, those of the labels as the catalogue of targets in force has them."""
    known = catalogue()
    columns = ColumnRule(
        "columns-required",
        Effect.REJECT,
        "add the column that is missing and drop the table into the inbox again",
        columns=required_columns(),
        kind=Kind.HAS_COLUMN,
        message="a label table has these columns",
    )
    labels = (*label_cell_rules(known), *_LABELS)
    details = (*_DETAILS, flag_set(known))
    rows = (*_REQUIRED, label_required(known), *_DAYS, *labels, *details, *_COHORT)
    return (columns, *_TABLE, *rows, *_PAGE)


def rule(name: str) -> ColumnRule:
    """Return the rule of that name.

    Raises:
        KeyError: there is none.
    """
    return {each.name: each for each in rules()}[name]
