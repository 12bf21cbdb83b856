"""Accepted studies as a snapshot lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from sqlalchemy import Connection, select

from ecgcore.data.split import Split
from ecgcore.ledger.db.tables import Study
from ecgcore.ledger.ingest.label import labels_of_studies


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One accepted study: pseudonyms, split, image and labels. A missing label is None.

    `age` is in years, the person's other cells are 0 or 1. `labels` holds the latest version of each, such as `scar`
    (0 or 1) and `lvef_percent`.
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
    age: float | None
    female: int | None
    smoke: int | None
    diabetes: int | None
    hypertension: int | None
    dyslipidemia: int | None
    impute: int | None
    labels: Mapping[str, float] = field(default_factory=dict, hash=False)


def accepted_studies(connection: Connection) -> list[SnapshotRow]:
    """Return every accepted study, sorted by study_id."""
    columns = [getattr(Study, each.name) for each in fields(SnapshotRow) if each.name != "labels"]
    labels = labels_of_studies(connection)
    records = connection.execute(select(*columns).order_by(Study.study_id))
    return [SnapshotRow(**record._mapping, labels=labels.get(record.study_id, {})) for record in records]
