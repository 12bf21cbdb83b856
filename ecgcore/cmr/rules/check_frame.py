"""The frame that rules are checked on: plain columns, each cell's text, and what one column alone cannot say.

Great Expectations on pandas runs no row queries, so that whatever needs several columns or rows is computed here as
text: null where all is well, else the finding itself, which is what a person is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import pandas as pd

from ecgcore.cmr.rules.row_checks import FINDINGS
from ecgcore.cmr.rules.rule import Kind, Rule
from ecgcore.cmr.sheet.cell import shown
from ecgcore.cmr.sheet.columns import table_name

Cells = Mapping[str, str]


def text_column(column: str) -> str:
    """Return the name of the column that holds a column's cells as text."""
    return f"{column}__text"


def unread_column(column: str) -> str:
    """Return the name of the column that holds the texts which do not parse."""
    return f"{column}__unread"


def finding_column(rule: str, column: str) -> str:
    """Return the name of the column that holds a rule's findings about a column."""
    return f"{rule}__{column}"


def check_frame(rows: pd.DataFrame, rules: tuple[Rule, ...]) -> pd.DataFrame:
    """Return the rows with the helper columns that the rules need; a rule is left out where its columns are.

    Args:
        rows: the rows of label tables (see :class:`ecgcore.cmr.table.label_table.LabelTable`), perhaps joined with
            `page_patient_id`, `page_ecg_date`, `page_format` and `known_study_id` and `known_<label>` of each label,
            each nullable.
        rules: the rules.
    """
    rows = rows.reset_index(drop=True)
    cells = raw_cells(rows)
    helpers: dict[str, pd.Series] = {}
    for rule in rules:
        if not rule.of_table and set(rule.columns) <= set(rows.columns):
            helpers |= _findings(rows, rule) if rule.kind is Kind.NO_FINDING else _texts(rows, rule, cells)
    plain = {c: _plain(rows[c]) for c in rows.columns if c != "raw"}
    return pd.DataFrame(plain | helpers, index=rows.index)


def _findings(rows: pd.DataFrame, rule: Rule) -> dict[str, pd.Series]:
    found = FINDINGS[rule.name](rows)
    return {finding_column(rule.name, c): _shown(found[c]) for c in rule.columns if c in found}


def _texts(rows: pd.DataFrame, rule: Rule, cells: list[Cells]) -> dict[str, pd.Series]:
    texts = {c: _shown(_cell_texts(rows[c], cells, table_name(c))) for c in rule.columns}
    unread = {unread_column(c): t.where(rows[c].isna(), None) for c, t in texts.items()}
    return {text_column(c): t for c, t in texts.items()} | unread


def raw_cells(rows: pd.DataFrame) -> list[Cells]:
    """Return each row's original cells, by the table's own column names."""
    if "raw" not in rows:
        return [{}] * len(rows)
    return [json.loads(raw) if isinstance(raw, str) else {} for raw in rows["raw"]]


def _cell_texts(values: pd.Series, cells: list[Cells], column: str) -> pd.Series:
    """Return cells as text, None where empty: the value, or what `raw` has where it does not parse."""
    pairs = zip(values.tolist(), values.isna().tolist(), cells, strict=True)
    texts = [(raw.get(column) or None) if missing else _text(value) for value, missing, raw in pairs]
    return pd.Series(texts, index=values.index, dtype=object)


def _text(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(texts: pd.Series) -> pd.Series:
    return texts.map(shown, na_action="ignore").astype(object).where(texts.notna(), None)


def _plain(values: pd.Series) -> pd.Series:
    """Return a nullable column in a type that every validator reads."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if pd.api.types.is_numeric_dtype(values) and values.name != "row":
        return values.astype("Float64").astype("float64")
    return values.astype(object).where(values.notna(), None)
