"""The ledger's tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ecgcore.data.split import Split
from ecgcore.ledger.decide.state import FileKind, PromotionState, State

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class UtcMoment(TypeDecorator[datetime]):
    """A moment with its zone, stored as naive UTC, since SQLite keeps no zone."""

    impl = SqlDateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as naive UTC.

        Raises:
            ValueError: the moment has no zone, so nobody knows when it was.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored moment in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


def _choice(kind: Any) -> Enum:
    name = kind.__name__.lower()
    return Enum(
        kind,
        native_enum=False,
        length=16,
        create_constraint=True,
        name=name,
        values_callable=lambda e: [m.value for m in e],
    )


class Base(DeclarativeBase):
    """Root of the ledger's tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcMoment,
        State: _choice(State),
        Split: _choice(Split),
        FileKind: _choice(FileKind),
        PromotionState: _choice(PromotionState),
    }


class Batch(Base):
    """One ingest that brought something."""

    __tablename__ = "batch"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch_id: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime]


class File(Base):
    """One content, at the path where it was seen first (relative to the inbox), or where it was put right.

    `first_seen` starts anew when the content comes back to its path, or is put to its right place.
    """

    __tablename__ = "file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    stem: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[FileKind]
    size_bytes: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))  # whose integer has 64 bits
    batch: Mapped[int] = mapped_column(ForeignKey("batch.number"), index=True)
    first_seen: Mapped[datetime]
    state: Mapped[State] = mapped_column(index=True)
    rule: Mapped[str | None] = mapped_column(String(64))
    value: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str | None] = mapped_column(Text)
    fault_rule: Mapped[str | None] = mapped_column(String(64))
    fault_value: Mapped[str | None] = mapped_column(Text)
    fault_hint: Mapped[str | None] = mapped_column(Text)
    ecg_format: Mapped[str | None] = mapped_column(String(32))
    image_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    image_path: Mapped[str | None] = mapped_column(Text)
    patient_id: Mapped[str | None] = mapped_column(String(64))
    ecg_date: Mapped[date | None]
    possible_dates: Mapped[str | None] = mapped_column(Text)


class FileCaution(Base):
    """What a person may want to look at in a page that was read, and what nothing on it confirms; with its detail."""

    __tablename__ = "file_caution"
    sha256: Mapped[str] = mapped_column(ForeignKey("file.sha256"), primary_key=True)
    caution: Mapped[str] = mapped_column(String(64), primary_key=True)
    detail: Mapped[str] = mapped_column(Text)


class FileSighting(Base):
    """A known content at a further path: a file of its own, always a `duplicate`.

    Paths are kept apart by their hash: PostgreSQL's indexes take no row above 2,704 bytes, and a path may have 4,095.
    """

    __tablename__ = "file_sighting"
    __table_args__ = (UniqueConstraint("path_sha256", "sha256"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("file.sha256"), index=True)
    path: Mapped[str] = mapped_column(Text)
    path_sha256: Mapped[str] = mapped_column(String(64))
    stem: Mapped[str] = mapped_column(Text, index=True)
    batch: Mapped[int] = mapped_column(ForeignKey("batch.number"), index=True)
    seen: Mapped[datetime]


class Row(Base):
    """One line of a CMR table: its cells (the labels as JSON), the validation rule that it broke, and its state."""

    __tablename__ = "row"
    row_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    table_sha256: Mapped[str] = mapped_column(ForeignKey("file.sha256"), index=True)
    row: Mapped[int]
    batch: Mapped[int] = mapped_column(ForeignKey("batch.number"), index=True)
    first_seen: Mapped[datetime]
    state: Mapped[State] = mapped_column(index=True)
    rule: Mapped[str | None] = mapped_column(String(64))
    value: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str | None] = mapped_column(Text)
    fault_rule: Mapped[str | None] = mapped_column(String(64))
    fault_value: Mapped[str | None] = mapped_column(Text)
    fault_hint: Mapped[str | None] = mapped_column(Text)
    fault_effect: Mapped[str | None] = mapped_column(String(16))
    raw: Mapped[str] = mapped_column(Text)
    entry: Mapped[str | None] = mapped_column(Text)
    file_name: Mapped[str | None] = mapped_column(Text)
    study_id: Mapped[str | None] = mapped_column(String(64), index=True)
    patient_id: Mapped[str | None] = mapped_column(String(64), index=True)
    cmr_date: Mapped[date | None]
    ecg_date: Mapped[date | None]
    year: Mapped[int | None]
    month: Mapped[int | None]
    run_num: Mapped[str | None] = mapped_column(Text)
    labels: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    age: Mapped[float | None]
    female: Mapped[int | None]
    smoke: Mapped[int | None]
    diabetes: Mapped[int | None]
    hypertension: Mapped[int | None]
    dyslipidemia: Mapped[int | None]
    impute: Mapped[int | None]
    new_cut: Mapped[int | None]
    train_80_percent: Mapped[int | None]
    develop_10_percent: Mapped[int | None]
    split: Mapped[str | None] = mapped_column(Text)
    ecg_format: Mapped[str | None] = mapped_column(Text)


class Patient(Base):
    """A pseudonym and its split, which never changes."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("patient_id", "split"),)
    patient_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    split: Mapped[Split]
    first_study_year: Mapped[int]


class Study(Base):
    """An accepted study: one ECG, one row of evidence, one patient, one day."""

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("patient_id", "day"),
        # the database itself refuses a study in another split than its patient's
        ForeignKeyConstraint(
            ["patient_id", "split"], ["patient.patient_id", "patient.split"], name="fk_study_patient_split"
        ),
    )
    study_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    patient_id: Mapped[str] = mapped_column(String(64), index=True)
    day: Mapped[date]
    year: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("file.sha256"), unique=True)
    row_id: Mapped[str] = mapped_column(ForeignKey("row.row_id"), unique=True)
    ecg_format: Mapped[str] = mapped_column(String(32))
    image_sha256: Mapped[str] = mapped_column(String(64), index=True)
    image_path: Mapped[str] = mapped_column(Text)
    split: Mapped[Split] = mapped_column(index=True)
    test_set: Mapped[str | None] = mapped_column(String(64), index=True)
    disputed: Mapped[bool] = mapped_column(default=False)
    batch: Mapped[int] = mapped_column(ForeignKey("batch.number"), index=True)
    accepted: Mapped[datetime]
    age: Mapped[float | None]
    female: Mapped[int | None]
    smoke: Mapped[int | None]
    diabetes: Mapped[int | None]
    hypertension: Mapped[int | None]
    dyslipidemia: Mapped[int | None]
    impute: Mapped[int | None]


class Label(Base):
    """What a study is labelled, where that stands, and since when. A correction is a further version; none is lost."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("study_id", "name", "version"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("study.study_id"))
    name: Mapped[str] = mapped_column(String(64))
    value: Mapped[float]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("file.sha256"))
    place: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    created: Mapped[datetime]


class QuarantineEntry(Base):
    """Why a file or row was quarantined, until when, and what released it. Never deleted."""

    __tablename__ = "quarantine_entry"
    entry_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), index=True)
    is_row: Mapped[bool]
    batch: Mapped[int] = mapped_column(ForeignKey("batch.number"), index=True)
    rule: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(80))


class Snapshot(Base):
    """A frozen snapshot directory."""

    __tablename__ = "snapshot"
    snapshot_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime]
    studies: Mapped[int]


class SnapshotStudy(Base):
    """A study of a snapshot."""

    __tablename__ = "snapshot_study"
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshot.snapshot_id"), primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("study.study_id"), primary_key=True)
    split: Mapped[Split]


class TestSet(Base):
    """A locked test set and how often it was looked at since it was locked."""

    __test__ = False  # not for pytest
    __tablename__ = "test_set"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    locked_at: Mapped[datetime]
    looks: Mapped[int] = mapped_column(default=0)


class TestSetMember(Base):
    """A study of a locked test set."""

    __test__ = False  # not for pytest
    __tablename__ = "test_set_member"
    name: Mapped[str] = mapped_column(ForeignKey("test_set.name"), primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("study.study_id"), primary_key=True)


class Promotion(Base):
    """A change of a slot's champion; the truth from which link and alias are derived."""

    __tablename__ = "promotion"
    __table_args__ = (
        Index(
            "uq_promotion_in_flight",
            "slot",
            unique=True,
            sqlite_where=text("state NOT IN ('done', 'rolled-back')"),
            postgresql_where=text("state NOT IN ('done', 'rolled-back')"),
        ),
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[str] = mapped_column(String(128))
    previous_version: Mapped[str | None] = mapped_column(String(128))
    state: Mapped[PromotionState]
    reviewer: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    policy_sha256: Mapped[str | None] = mapped_column(String(64))
    model_dir_sha256: Mapped[str | None] = mapped_column(String(64))
    failure: Mapped[str | None] = mapped_column(Text)
    created: Mapped[datetime]
    updated: Mapped[datetime]


class AuditEvent(Base):
    """One line of the audit trail; its hash covers the line before, so that a changed or missing line shows."""

    __tablename__ = "audit_event"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    moment: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(64), index=True)
    actor: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
