"""Every validation rule of label tables, declared once. `tasks.validation` compiles them to Great Expectations."""

from __future__ import annotations

from datetime import date

from ecgcore.cmr.rules.label_cell_rules import flag_set, label_cell_rules, label_required
from ecgcore.cmr.rules.rule import Effect, Kind, Moment, Rule
from ecgcore.cmr.sheet.columns import label_columns, whole_columns
from ecgcore.cmr.sheet.pattern import NON_ISCHAEMIC_REGEX
from ecgcore.targets.in_force import catalogue

_COLUMNS = ("row_id", "row", "file_name", "patient_id", "cmr_date", "ecg_date")

_TABLE = (
    Rule(
        "rows-required",
        ("row_id",),
        Kind.ROW_COUNT,
        Effect.REJECT,
        "a label table has at least one row",
        "add the rows below the column names and drop the table into the inbox again",
        minimum=1,
    ),
    Rule(
        "row-id-unique",
        ("row_id",),
        Kind.UNIQUE,
        Effect.REJECT,
        "a row is listed once in a batch",
        "remove the second copy of the table from the inbox",
    ),
)

_REQUIRED = (
    Rule(
        "file-name-required",
        ("file_name",),
        Kind.PRESENT,
        Effect.QUARANTINE,
        "each row names its ECG file",
        "write the ECG's file name into file_name",
    ),
    Rule(
        "hn-required",
        ("patient_id",),
        Kind.PRESENT,
        Effect.QUARANTINE,
        "each row has a readable hospital number",
        "write the hospital number into hn as text; a spreadsheet that shows 1.2E+08 has lost digits",
    ),
    Rule(
        "dates-required",
        ("cmr_date", "ecg_date"),
        Kind.PRESENT,
        Effect.QUARANTINE,
        "each row has both days, in a form that can be read in one way only",
        "write the day as yyyy-mm-dd in a cell formatted as text; 03/04/2016 may be March or April",
    ),
)

_DAYS = (
    Rule(
        "same-day-pair",
        ("cmr_date", "ecg_date"),
        Kind.SAME,
        Effect.QUARANTINE,
        "the ECG was taken on the day of the CMR",
        "correct the day that is wrong, or name the ECG of the day of the CMR",
    ),
    Rule(
        "date-range",
        ("cmr_date", "ecg_date"),
        Kind.BETWEEN,
        Effect.QUARANTINE,
        "days are from 1990 until today",
        "correct the day; years of the Buddhist era are understood as they are",
        minimum=date(1990, 1, 1),
        maximum=Moment.TODAY,
    ),
)

_LABELS = (
    Rule(
        "pattern-set",
        ("pattern",),
        Kind.READABLE,
        Effect.QUARANTINE,
        "pattern names known late-enhancement patterns",
        "write subendocardial, transmural, both, mid-wall or epicardial, several joined by +, or nothing",
    ),
    Rule(
        "scar-agrees-with-pattern",
        ("scar",),
        Kind.NO_FINDING,
        Effect.QUARANTINE,
        "scar is 1 with a subendocardial or transmural pattern and 0 without; the pattern columns agree",
        "look the pattern up in the CMR report and correct scar_cad or the pattern columns",
    ),
)

_DETAILS = (
    Rule(
        "age-number",
        ("age",),
        Kind.READABLE,
        Effect.QUARANTINE,
        "age is a plain number of years",
        "write the age in years as a number, or leave it empty",
    ),
    Rule(
        "age-range",
        ("age",),
        Kind.BETWEEN,
        Effect.QUARANTINE,
        "age is between 0 and 120 years",
        "correct the age, or leave it empty if unknown",
        minimum=0,
        maximum=120,
    ),
    Rule(
        "whole-number",
        whole_columns(),
        Kind.READABLE,
        Effect.QUARANTINE,
        "year, month and run_num are whole numbers",
        "write a whole number, or leave it empty",
    ),
)

_COHORT = (
    Rule(
        "adult",
        ("age",),
        Kind.BETWEEN,
        Effect.EXCLUDE,
        "the cohort is adults, 18 years or older",
        "nothing to do if the age is right; else drop a corrected row into the inbox",
        minimum=18,
    ),
    Rule(
        "non-ischaemic-pattern",
        ("pattern",),
        Kind.NO_MATCH,
        Effect.EXCLUDE,
        "the cohort has no mid-wall or epicardial pattern; such a study is not a negative",
        "nothing to do if the pattern is right; else drop a corrected row into the inbox",
        pattern=NON_ISCHAEMIC_REGEX,
    ),
    Rule(
        "new-cut",
        ("new_cut",),
        Kind.NOT_IN_SET,
        Effect.EXCLUDE,
        "new_cut = 1 takes a row out of the study",
        "nothing to do if that is meant; else set new_cut to 0",
        values=("1",),
    ),
)

_BETWEEN_ROWS = (
    Rule(
        "unique-row",
        ("patient_id",),
        Kind.NO_FINDING,
        Effect.DUPLICATE,
        "a study's ECG is listed once; a second row that says the same counts as a copy",
        "nothing to do",
    ),
    Rule(
        "sources-agree",
        ("patient_id",),
        Kind.NO_FINDING,
        Effect.QUARANTINE,
        "all rows of one patient and day say the same",
        "look the CMR report up, correct the rows that are wrong, and put all labels of a study into one row",
    ),
    Rule(
        "one-ecg-per-study",
        ("file_name",),
        Kind.NO_FINDING,
        Effect.QUARANTINE,
        "a patient and day has one ECG file",
        "keep the row of the ECG taken before the CMR and set new_cut to 1 in the others",
    ),
)

_PAGE = (
    Rule(
        "page-agrees-with-table",
        ("patient_id", "ecg_date"),
        Kind.NO_FINDING,
        Effect.QUARANTINE,
        "hospital number and day printed on the ECG are those of the table",
        "check whose ECG the file is and when it was taken; correct hn, ecg_date or file_name",
    ),
    Rule(
        "format-agrees-with-page",
        ("ecg_format",),
        Kind.NO_FINDING,
        Effect.WARN,
        "the table's ecg_format is the format of the page; the page's own is used",
        "correct ecg_format in the table",
    ),
)


def required_columns() -> tuple[str, ...]:
    """Return the frame's columns without which a table is rejected."""
    return (*_COLUMNS, *label_columns())


def rules() -> tuple[Rule, ...]:
    """Return every rule, those of the labels as the catalogue of targets in force has them."""
    known = catalogue()
    columns = Rule(
        "columns-required",
        required_columns(),
        Kind.HAS_COLUMN,
        Effect.REJECT,
        "a label table has these columns",
        "add the column that is missing and drop the table into the inbox again",
    )
    labels = (*label_cell_rules(known), *_LABELS)
    details = (*_DETAILS, flag_set(known))
    rows = (*_REQUIRED, label_required(known), *_DAYS, *labels, *details, *_COHORT, *_BETWEEN_ROWS)
    return (columns, *_TABLE, *rows, *_PAGE)


def rule(name: str) -> Rule:
    """Return the rule of that name.

    Raises:
        KeyError: there is none.
    """
    return {each.name: each for each in rules()}[name]
