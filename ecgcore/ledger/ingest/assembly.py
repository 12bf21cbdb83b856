"""From what the readers and the validation return to what the ledger records. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Effect, Finding, RowFault
from ecgcore.cmr.rules.validation_report import RowFailure
from ecgcore.ledger.decide import naming
from ecgcore.ledger.ingest.ingest_batch import PageFacts
from ecgcore.reports.batch.result import ReadResult

_FAULTS = (Effect.QUARANTINE, Effect.EXCLUDE)


def page_of(result: ReadResult) -> PageFacts | Finding:
    """Return the facts of a good page, or why it cannot be used."""
    if not result.ok or result.ecg_format is None or result.image_sha256 is None or result.image_path is None:
        return Finding(str(result.reason), result.value or "", result.hint or "")
    if result.hn_ambiguous:
        return catalogue.ONE_PATIENT_PER_PAGE.found("several hospital numbers on one page")
    return PageFacts(
        ecg_format=result.ecg_format,
        image_sha256=result.image_sha256,
        image_path=str(result.image_path),
        patient_id=result.patient_id,
        ecg_date=result.ecg_date,
        cautions=result.cautions,
        possible_dates=result.possible_dates,
        details=result.details,
    )


def row_faults(failures: Iterable[RowFailure]) -> dict[str, RowFault]:
    """Return the fault that counts for each row: the first that quarantines, else the first that excludes."""
    faults: dict[str, RowFault] = {}
    for failure in failures:
        standing = faults.get(failure.row_id)
        if failure.effect in _FAULTS and (standing is None or _outweighs(failure, standing)):
            faults[failure.row_id] = RowFault(failure.rule, failure.value, failure.hint, failure.effect)
    return faults


def _outweighs(failure: RowFailure, standing: RowFault) -> bool:
    return failure.effect is Effect.QUARANTINE and standing.effect is Effect.EXCLUDE


def join_formats(rows: pd.DataFrame, pages: Sequence[tuple[str, PageFacts]]) -> pd.DataFrame:
    """Add `page_format` to the rows whose file name means exactly one page; whose page it is, pairing decides.

    Args:
        rows: rows of label tables.
        pages: path relative to the inbox, and page, of the ECGs at hand.
    """
    by_stem: dict[str, PageFacts | None] = {}
    for path, page in pages:
        stem = naming.stem(path)
        by_stem[stem] = None if stem in by_stem else page
    found = [by_stem.get(naming.stem(str(name))) if isinstance(name, str) else None for name in rows["file_name"]]
    return rows.assign(page_format=pd.array([page.ecg_format if page else None for page in found], dtype="string"))
