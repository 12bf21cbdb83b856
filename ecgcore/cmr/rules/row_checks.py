"""Findings: what a rule sees that needs several columns, or several rows.

Each function takes the rows of label tables and returns, for the columns that its rule names, a text per row: None
where all is well. Columns that the rows do not have count as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import pandas as pd

from ecgcore.cmr.sheet.columns import PERSON, SCAR_TYPES, detail_columns, label_columns
from ecgcore.cmr.sheet.pattern import ISCHAEMIC, NON_ISCHAEMIC_REGEX
from ecgcore.targets.in_force import catalogue

Findings = Mapping[str, pd.Series]

STUDY = ["patient_id", "ecg_date"]


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


def copies(rows: pd.DataFrame) -> Findings:
    """Find the second and further rows of one study and file, where no row of the study says anything else."""
    used = _comparable(rows) & rows["file_name"].notna()
    again = rows[used].duplicated([*STUDY, "file_name"]).reindex(rows.index, fill_value=False)
    disagree = _disagreements(rows).reindex(rows.index).notna() | _against_known(rows).notna()
    return {"patient_id": _where(again & ~disagree, "listed before")}


def disagreements(rows: pd.DataFrame) -> Findings:
    """Find every row of a study whose rows differ in a target or contradict in a detail, or differ from the known."""
    within = _disagreements(rows)
    return {"patient_id": within.where(within.notna(), _against_known(rows))}


def _disagreements(rows: pd.DataFrame) -> pd.Series:
    used = rows[_comparable(rows)]
    shared = used[used.duplicated(STUDY, keep=False)]
    texts = {i: text for _, group in shared.groupby(STUDY) if (text := _differences(group)) for i in group.index}
    return pd.Series(texts, dtype=object).reindex(rows.index).astype(object)


def _differences(group: pd.DataFrame) -> str:
    labels = [c for c in label_columns() if c in group and group[c].nunique(dropna=False) > 1]
    either = (*detail_columns(), "pattern", *PERSON)  # a disagreement only where both rows have it
    details = [c for c in either if c in group and group[c].nunique() > 1]
    return "; ".join(f"{name}: {_alternatives(group[name])}" for name in (*labels, *details))


def _alternatives(values: pd.Series) -> str:
    return " or ".join(sorted({_show(v) for v in _objects(values)}))


def _against_known(rows: pd.DataFrame) -> pd.Series:
    known = _get(rows, "known_study_id").notna() & _comparable(rows)
    wrong = pd.Series(False, index=rows.index)
    for column in label_columns():
        wrong |= known & _differ(_get(rows, column), _get(rows, f"known_{column}"))
    return _described(rows, wrong, [name for c in label_columns() for name in (c, f"known_{c}")])


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    return pd.Series([a != b for a, b in zip(_objects(one), _objects(other), strict=True)], index=one.index)


def several_ecgs(rows: pd.DataFrame) -> Findings:
    """Find every row of a study for which the table names more than one ECG file."""
    used = rows[_comparable(rows) & rows["file_name"].notna()]
    count = used.groupby(STUDY)["file_name"].transform("nunique").reindex(rows.index, fill_value=0)
    return {"file_name": _where(count > 1, "several ECG files on one day")}


def page_contradictions(rows: pd.DataFrame) -> Findings:
    """Find rows whose page shows another patient or another day."""
    return {c: _disagrees(rows, c, f"page_{c}") for c in STUDY}


def format_contradictions(rows: pd.DataFrame) -> Findings:
    """Find rows whose page has another format than the table says."""
    return {"ecg_format": _disagrees(rows, "ecg_format", "page_format")}


def _disagrees(rows: pd.DataFrame, column: str, page_column: str) -> pd.Series:
    table, page = _get(rows, column), _get(rows, page_column)
    both = table.notna() & page.notna()
    days = column.endswith("_date")
    mine, its = (pd.to_datetime(table), pd.to_datetime(page)) if days else (table.astype(object), page.astype(object))
    return _described(rows, both & (mine != its), [column, page_column])


def _comparable(rows: pd.DataFrame) -> pd.Series:
    """Rows with patient and day which nobody took out by hand."""
    return (
        rows["patient_id"].notna() & rows["ecg_date"].notna() & ~(_get(rows, "new_cut") == 1).fillna(False).astype(bool)
    )


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
    "label-required": no_label,
    "scar-agrees-with-pattern": pattern_contradictions,
    "unique-row": copies,
    "sources-agree": disagreements,
    "one-ecg-per-study": several_ecgs,
    "page-agrees-with-table": page_contradictions,
    "format-agrees-with-page": format_contradictions,
}
