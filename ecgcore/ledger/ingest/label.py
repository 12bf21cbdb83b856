"""The labels of accepted studies: rows of their own, each with its evidence. The latest version of each counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from ecgcore.ledger.db.tables import Label
from ecgcore.ledger.decide.label_row import LabelRow
from ecgcore.targets.in_force import catalogue


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a label stands: the file by its hash, and the place in it, such as ``row 7``."""

    file_sha256: str
    place: str

    @classmethod
    def of(cls, row: LabelRow) -> Evidence:
        """Return a table's row as evidence."""
        return cls(row.table_sha256, f"row {row.row}")


def labels_of_studies(connection: Connection) -> dict[str, dict[str, float]]:
    """Return what every accepted study is labelled, by study_id and label: the latest version of each."""
    latest = select(Label.study_id, Label.name, func.max(Label.version).label("version"))
    latest_of_each = latest.group_by(Label.study_id, Label.name).subquery()
    same = (
        (Label.study_id == latest_of_each.c.study_id)
        & (Label.name == latest_of_each.c.name)
        & (Label.version == latest_of_each.c.version)
    )
    query = select(Label.study_id, Label.name, Label.value).join(latest_of_each, same)
    kinds = {column.key: column for column in catalogue().columns}
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for study_id, name, value in connection.execute(query.order_by(Label.study_id, Label.name)):
        found[study_id][name] = kinds[name].cell(value) if name in kinds else value
    return dict(found)


def write_labels(
    connection: Connection, study_id: str, values: Mapping[str, float], evidence: Evidence, now: datetime
) -> None:
    """Write a further version of each of a study's labels; what was written before stays.

    Args:
        connection: holds the write transaction.
        study_id: an accepted study.
        values: by label; a missing label is not among them.
        evidence: where they stand.
        now: the moment, UTC.
    """
    query = select(Label.name, func.max(Label.version)).where(Label.study_id == study_id).group_by(Label.name)
    before = dict(connection.execute(query).all())
    _write(connection, [_values(study_id, n, v, before.get(n, 0) + 1, evidence, now) for n, v in values.items()])


def write_first_labels(connection: Connection, rows: Iterable[LabelRow], now: datetime) -> None:
    """Write the labels of studies that were accepted just now, from the row that is the evidence of each."""
    _write(
        connection,
        [
            _values(str(row.study_id), name, value, 1, Evidence.of(row), now)
            for row in rows
            for name, value in row.labels.items()
        ],
    )


def _values(study_id: str, name: str, value: float, version: int, evidence: Evidence, now: datetime) -> dict[str, Any]:
    return {
        "study_id": study_id,
        "name": name,
        "value": float(value),
        "file_sha256": evidence.file_sha256,
        "place": evidence.place,
        "version": version,
        "created": now,
    }


def _write(connection: Connection, labels: list[dict[str, Any]]) -> None:
    if labels:
        connection.execute(insert(Label), labels)
