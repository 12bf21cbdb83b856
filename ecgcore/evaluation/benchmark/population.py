"""The population table: who is in each part of a snapshot, as the study's Table 1 lists its cohort."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from ecgcore.data.recorded import RISK_FACTORS, recorded
from ecgcore.evaluation.frame.lvef_cut import SEVERE, SEVERE_CAPTION


def population_table(studies: pd.DataFrame) -> pd.DataFrame:
    """Return one row per characteristic and one column per group: train, valid, each test set.

    Cells are text: a number, ``mean (SD)``, or ``count (percent of those known)``. What is not known is counted in rows
    of its own, never taken as absent. A risk factor that was imputed before it came here is not known.

    Args:
        studies: of a snapshot (docs/architecture/data.md). Test studies in no locked set are left out.
    """
    groups = dict(_groups(recorded(studies)))
    formats = sorted(studies["ecg_format"].dropna().unique(), reverse=True)
    lines = {name: [describe(rows) for rows in groups.values()] for name, describe in _characteristics(formats)}
    return pd.DataFrame(lines, index=list(groups)).T.rename_axis("characteristic").reset_index()


def _groups(studies: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for split in ("train", "valid"):
        rows = studies[studies["split"] == split]
        if len(rows):
            yield split, rows
    for name, rows in studies[studies["test_set"].notna()].groupby("test_set"):
        yield f"test {name}", rows


def _characteristics(formats: Sequence[str]) -> Iterator[tuple[str, Callable[[pd.DataFrame], str]]]:
    yield "ECGs", lambda rows: f"{len(rows):,}"
    yield "patients", lambda rows: f"{rows['patient_id'].nunique():,}"
    yield "years", lambda rows: f"{int(rows['year'].min())} to {int(rows['year'].max())}"
    for name in formats[:1] if len(formats) == 2 else formats:  # of two, one says both
        yield f"{name} format", lambda rows, name=name: _share((rows["ecg_format"] == name).astype("Int8"))  # type: ignore[misc]
    yield "age, years", lambda rows: _mean(rows["age"])
    yield "age not known", lambda rows: _missing(rows["age"])
    yield "female", lambda rows: _share(rows["female"])
    for factor in RISK_FACTORS:
        yield factor, lambda rows, factor=factor: _share(rows[factor])  # type: ignore[misc]
    yield "a risk factor not known", lambda rows: f"{int(rows[list(RISK_FACTORS)].isna().any(axis=1).sum()):,}"
    yield "scar", lambda rows: _share(rows["scar"])
    yield "scar not known", lambda rows: _missing(rows["scar"])
    yield "subendocardial scar", lambda rows: _share(rows["subendocardial_scar"])
    yield "transmural scar", lambda rows: _share(rows["transmural_scar"])
    yield "LVEF, %", lambda rows: _mean(rows["lvef_percent"])
    yield "LVEF reduced", lambda rows: _share(rows["lvef"])
    yield SEVERE_CAPTION, lambda rows: _share(_below(rows["lvef_percent"], SEVERE))
    yield "LVEF not known", lambda rows: _missing(rows["lvef_percent"])


def _below(values: pd.Series, limit: float) -> pd.Series:
    return values.dropna().astype(float).lt(limit).astype("Int8")


def _share(values: pd.Series) -> str:
    known = values.dropna().astype(float)
    return f"{int(known.sum()):,} ({100 * known.mean():.1f} %)" if len(known) else "not known"


def _mean(values: pd.Series) -> str:
    known = values.dropna().astype(float)
    if known.empty:
        return "not known"
    return f"{known.mean():.1f} ({known.std():.1f})" if len(known) > 1 else f"{known.mean():.1f}"


def _missing(values: pd.Series) -> str:
    return f"{int(values.isna().sum()):,}"
