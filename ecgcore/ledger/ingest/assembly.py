"""From what the readers and the validation return to what the ledger records. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from ecgcore.cmr.rules.rule import Effect as RuleEffect
from ecgcore.cmr.rules.validation_report import RowFailure
from ecgcore.ledger.decide import naming, rulebook
from ecgcore.ledger.decide.finding import Effect, Finding, RowFault
from ecgcore.ledger.ingest.ingest_batch import PageFacts
from ecgcore.reports.batch.result import ReadResult

_EFFECTS = {RuleEffect.QUARANTINE: Effect.QUARANTINE, RuleEffect.EXCLUDE: Effect.EXCLUDE}


def page_of(result: ReadResult) -> PageFacts | Finding:
    """Return the facts of a good page, or why it cannot be used."""
    if not result.ok or result.ecg_format is None or result.image_sha256 is None or result.image_path is None:
        return Finding(str(result.reason), result.value or "", result.hint or "")
    if result.hn_ambiguous:
        hint = "find out whose ECG this is, and submit the page of one patient"
        return Finding("ambiguous-hospital-number", "several hospital numbers on one page", hint)
    image = (result.image_sha256, str(result.image_path))
    return PageFacts(result.ecg_format, *image, result.patient_id, result.ecg_date, result.cautions)


def row_faults(failures: Iterable[RowFailure]) -> dict[str, RowFault]:
    """Return the fault that counts for each row: the first that quarantines, else the first that excludes.

    A rule that pairing decides anew comes last: its fault is forgotten later and must not take another's place.
    """
    faults: dict[str, RowFault] = {}
    for failure in failures:
        effect = _EFFECTS.get(failure.effect)
        if effect is None:
            continue
        fault = RowFault(failure.rule, failure.value, failure.hint, effect)
        standing = faults.get(failure.row_id)
        if standing is None or _rank(fault) < _rank(standing):
            faults[failure.row_id] = fault
    return faults


def _rank(fault: RowFault) -> tuple[bool, bool]:
    return fault.rule in rulebook.DECIDED_ANEW, fault.effect is Effect.EXCLUDE


def join_pages(rows: pd.DataFrame, pages: Sequence[tuple[str, PageFacts]]) -> pd.DataFrame:
    """Add `page_patient_id`, `page_ecg_date` and `page_format` to the rows whose file name means exactly one page.

    Args:
        rows: rows of label tables.
        pages: path relative to the inbox, and page, of the ECGs at hand.
    """
    by_stem: dict[str, PageFacts | None] = {}
    for path, page in pages:
        stem = naming.stem(path)
        by_stem[stem] = None if stem in by_stem else page
    found = [by_stem.get(naming.stem(str(name))) if isinstance(name, str) else None for name in rows["file_name"]]
    return rows.assign(
        page_patient_id=pd.array([p.patient_id if p else None for p in found], dtype="string"),
        page_ecg_date=pd.to_datetime(pd.Series([p.ecg_date if p else None for p in found], index=rows.index)),
        page_format=pd.array([p.ecg_format if p else None for p in found], dtype="string"),
    )
