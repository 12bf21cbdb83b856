"""Findings: what a rule sees that needs several columns of a row.

Each function takes the rows of label tables and returns, for the columns that its rule names, a text per row: None
where all is well. Columns that the rows do not have count as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial

import pandas as pd

from ecgcore.cmr.rules.hospital_number_rules import HN_FAULTS
from ecgcore.cmr.sheet.columns import HN_FAULT, SCAR_TYPES, label_columns
from ecgcore.cmr.sheet.pattern import ISCHAEMIC, NON_ISCHAEMIC_REGEX
from ecgcore.hospital_number import NumberFault
from ecgcore.targets.in_force import catalogue

Findings = Mapping[str, pd.Series]


def number_faults(rule: str, rows: pd.DataFrame) -> Findings:
    """Find rows without a hospital number, for the reasons that are the rule's; without a reason the cell was empty."""
    reasons = _get(rows, HN_FAULT).astype(object).where(lambda given: given.notna(), NumberFault.EMPTY.value)
    broken = _get(rows, "patient_id").isna() & reasons.isin([fault.value for fault in HN_FAULTS[rule]])
    return {"patient_id": reasons.where(broken, None)}


def no_label(rows: pd.DataFrame) -> Findings:
    """Find rows with no label, unless their pattern takes them out of the cohort anyway."""
    none = ~_non_ischaemic(rows)
    for column in label_columns():
        none &= _get(rows, column).isna()
    text = ", ".join(f"no {column.written}" for column in catalogue().labels)
    return {label_columns()[0]: _where(none, text)}


def pattern_contradictions(rows: pd.DataFrame) -> Findings:
    """Find scar labels and patterns that cannot be true together. A non-ischaemic pattern makes no claim here."""
    names = ["scar", *SCAR_TYPES, "pattern"]
    cells = zip(*(_objects(_get(rows, name)) for name in names), strict=True)
    wrong = pd.Series([_contradicts(*line) for line in cells], index=rows.index, dtype=bool) & ~_non_ischaemic(rows)
    return {"scar": _described(rows, wrong, names)}


def _contradicts(scar: object, subendocardial: object, transmural: object, pattern: object) -> bool:
    flags = (subendocardial, transmural)
    named = str(pattern).split("+") if pattern is not None else []
    if pattern is not None and any(
        f is not None and (f == 1) != (p in named) for f, p in zip(flags, ISCHAEMIC, strict=True)
    ):
        return True
    present = 1 in flags or bool(named)
    absent = flags == (0, 0)
    return (scar == 1 and absent) or (scar == 0 and present)


def format_contradictions(rows: pd.DataFrame) -> Findings:
    """Find rows whose page has another format than the table says."""
    table, page = (_get(rows, name).astype(object) for name in ("ecg_format", "page_format"))
    wrong = table.notna() & page.notna() & (table != page)
    return {"ecg_format": _described(rows, wrong, ["ecg_format", "page_format"])}


def _non_ischaemic(rows: pd.DataFrame) -> pd.Series:
    return _get(rows, "pattern").astype("string").str.contains(NON_ISCHAEMIC_REGEX).fillna(False).astype(bool)


def _get(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows[column] if column in rows else pd.Series(pd.NA, index=rows.index, dtype="object")


def _objects(values: pd.Series) -> list[object]:
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna().tolist(), strict=True)]


def _where(broken: pd.Series, text: str) -> pd.Series:
    return pd.Series([text if b else None for b in broken.fillna(False)], index=broken.index, dtype=object)


def _described(rows: pd.DataFrame, broken: pd.Series, columns: Iterable[str]) -> pd.Series:
    names = [c for c in columns if c in rows]
    lines = rows.loc[broken.fillna(False).astype(bool), names].itertuples(index=True, name=None)
    texts = {i: ", ".join(f"{n} {_show(v)}" for n, v in zip(names, values, strict=True)) for i, *values in lines}
    return pd.Series(texts, dtype=object).reindex(rows.index).astype(object)


def _show(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "empty"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if isinstance(value, float) else str(value)


FINDINGS: dict[str, Callable[[pd.DataFrame], Findings]] = {
    **{rule: partial(number_faults, rule) for rule in HN_FAULTS},
    "label-required": no_label,
    "scar-agrees-with-pattern": pattern_contradictions,
    "format-agrees-with-page": format_contradictions,
}
