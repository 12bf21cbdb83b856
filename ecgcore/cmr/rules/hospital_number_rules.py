"""The rules of a row's hospital number: it is there, it is one, its cell holds a number, and it has the form of one."""

from __future__ import annotations

from ecgcore.cmr.rules.column_rule import ColumnRule, Kind
from ecgcore.cmr.rules.finding import Effect
from ecgcore.hospital_number import NumberFault

HN_FAULTS: dict[str, tuple[NumberFault, ...]] = {
    "hn-required": (NumberFault.EMPTY, NumberFault.NO_NUMBER, NumberFault.LOST_DIGITS),
    "hn-one-number": (NumberFault.TWO_NUMBERS,),
    "hn-cell-kind": (
        NumberFault.DAY,
        NumberFault.YES_OR_NO,
        NumberFault.ERROR,
        NumberFault.FORMULA,
        NumberFault.FRACTION,
    ),
    "hn-form": (NumberFault.OTHER_NUMBER, NumberFault.NOT_THE_FORM),
}
"""The faults that break each of the rules; every fault breaks one."""

_MESSAGES = {
    "hn-required": (
        "each row has a readable hospital number",
        "write the hospital number into hn as text; a spreadsheet that shows 1.2E+08 has lost digits",
    ),
    "hn-one-number": (
        "hn holds one hospital number",
        "find out which number the patient of this ECG has, and write it alone into hn",
    ),
    "hn-cell-kind": (
        "hn is a cell with text or a whole number, no day, time, yes or no, error, fraction or formula without a value",
        "format the cell as text and write the hospital number anew, as the report has it",
    ),
    "hn-form": (
        "hn has the form of a hospital number",
        "write the hospital number alone into hn and notes into another column; if this hospital's numbers have "
        "another form, declare it in ECG_HN_PATTERN",
    ),
}


def hospital_number_rules() -> tuple[ColumnRule, ...]:
    """Return the rules of the hospital number, each for faults of its own."""
    return tuple(
        ColumnRule(name, Effect.QUARANTINE, hint, columns=("patient_id",), kind=Kind.NO_FINDING, message=message)
        for name, (message, hint) in _MESSAGES.items()
    )
