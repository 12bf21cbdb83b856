"""Accepted studies as a snapshot lists them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlalchemy import Connection, select

from ecgcore.ledger.db.tables import Study
from ecgcore.ledger.decide.split import Split


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One accepted study: pseudonyms, split, image and labels. A missing label is None.

    `lvef_percent` is in percent, `age` in years; the other labels are 0 or 1.
    """

    study_id: str
    patient_id: str
    year: int
    ecg_format: str
    split: Split
    test_set: str | None
    image_sha256: str
    image_path: str
    disputed: bool
    scar: int | None
    lvef_percent: float | None
    subendocardial_scar: int | None
    transmural_scar: int | None
    age: float | None
    female: int | None
    smoke: int | None
    diabetes: int | None
    hypertension: int | None
    dyslipidemia: int | None
    impute: int | None


def accepted_studies(connection: Connection) -> list[SnapshotRow]:
    """Return every accepted study, sorted by study_id."""
    columns = [getattr(Study, each.name) for each in fields(SnapshotRow)]
    return [SnapshotRow(*record) for record in connection.execute(select(*columns).order_by(Study.study_id))]
