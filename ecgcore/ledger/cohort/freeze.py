"""Freezes the accepted studies into an immutable, content-hashed snapshot directory (docs/architecture/data.md)."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, insert, select

from ecgcore import durable
from ecgcore.cmr.sheet.columns import PERSON
from ecgcore.data.split import Split
from ecgcore.errors import SnapshotError
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.leak import check_leaks
from ecgcore.ledger.cohort.study import SnapshotRow, accepted_studies
from ecgcore.ledger.db.tables import Snapshot, SnapshotStudy
from ecgcore.ledger.ingest.page_caution import cautions_of_studies
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review import audit
from ecgcore.targets.catalogue import Catalogue
from ecgcore.targets.in_force import catalogue as catalogue_in_force
from ecgcore.targets.label_column import Kind, LabelColumn
from ecgcore.targets.language import Language
from ecgcore.targets.target import Target

log = logging.getLogger(__name__)

_ID_CHARS = 16
_TEXT = ("study_id", "patient_id", "ecg_format", "split", "test_set", "image_sha256")
_STUDY = ("study_id", "patient_id", "year", "ecg_format", "split", "test_set", "image_sha256")
_FURTHER = (*PERSON, "impute")
_FLAGS = tuple(name for name in _FURTHER if name != "age")


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A frozen snapshot.

    Args:
        snapshot_id: first 16 digits of its content hash.
        content_sha256: hash over the sorted studies, the label rules and the test sets.
        path: its directory.
        counts: studies by split.
        disputed_left_out: disputed training and validation studies that are not in it.
        unlocked_left_out: test studies of no locked set that are not in it.
        created: False if the same content was frozen before.
    """

    snapshot_id: str
    content_sha256: str
    path: Path
    counts: Mapping[str, int]
    disputed_left_out: int
    unlocked_left_out: int
    created: bool


@dataclass(frozen=True, slots=True)
class _Content:
    rows: tuple[SnapshotRow, ...]
    test_sets: Mapping[str, str]
    catalogue: Catalogue
    disputed: int
    unlocked: int
    cautions: Mapping[str, Mapping[str, str]]

    @property
    def sha256(self) -> str:
        lines = [
            json.dumps({"label_rule": self.catalogue.rule_text, "test_sets": dict(self.test_sets)}, sort_keys=True)
        ]
        lines += [json.dumps(_record(row, self.catalogue)) for row in self.rows]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.split for row in self.rows)
        return {split.value: found[split] for split in Split}


def freeze_snapshot(ledger: Ledger, out_dir: Path, image_dir: Path, catalogue: Catalogue | None = None) -> SnapshotInfo:
    """Write the snapshot directory of all accepted studies and record it; the same content is written once only.

    The directory appears whole or not at all. Test rows are the members of locked test sets; disputed studies of the
    other splits are left out and counted.

    Args:
        ledger: the ledger.
        out_dir: the folder of snapshots.
        image_dir: the image store; images are hard-linked, or copied where that is impossible.
        catalogue: the targets and how labels make them; the one in force if None.

    Raises:
        SnapshotError: no study, a test set that is not locked, a missing image, a folder that cannot be written.
        LeakError: the studies mix training with test.
    """
    with ledger.reading() as connection:
        content = _content(connection, catalogue or catalogue_in_force())
        check_leaks(content.rows, testset.members(connection))
    target = out_dir / content.sha256[:_ID_CHARS]
    written = not target.exists()
    if written:
        _write(target, image_dir, content)
    _record_snapshot(ledger, target.name, content)
    return SnapshotInfo(
        target.name, content.sha256, target, content.counts, content.disputed, content.unlocked, written
    )


def _content(connection: Connection, catalogue: Catalogue) -> _Content:
    studies = accepted_studies(connection)
    locked = testset.members(connection)
    _refuse_unlocked(studies, locked)
    test = [row for row in studies if row.test_set is not None and row.study_id in locked[row.test_set]]
    other = [row for row in studies if row.split is not Split.TEST]
    kept = [row for row in other if not row.disputed]
    if not kept and not test:
        raise SnapshotError("snapshot", "has no study", "ingest paired ECGs and CMR findings first (`ecg ingest`)")
    rows = tuple(sorted([*kept, *test], key=lambda row: row.study_id))
    unlocked = len(studies) - len(other) - len(test)
    cautions = cautions_of_studies(connection)
    kept_cautions = {row.study_id: cautions[row.study_id] for row in rows if row.study_id in cautions}
    return _Content(rows, testset.hashes(connection), catalogue, len(other) - len(kept), unlocked, kept_cautions)


def _refuse_unlocked(studies: Sequence[SnapshotRow], locked: Mapping[str, frozenset[str]]) -> None:
    unlocked = sorted({row.test_set for row in studies if row.test_set is not None} - set(locked))
    if unlocked:
        hint = " and ".join(f"`ecg testset lock {name}`" for name in unlocked)
        raise SnapshotError(f"test set {', '.join(unlocked)}", "is not locked", f"lock it first: {hint}")


def _record(row: SnapshotRow, catalogue: Catalogue) -> dict[str, object]:
    labels = {c.key: row.labels.get(c.key) for c in catalogue.columns}
    targets = {t.name: t.label(row.labels.get(t.column.key)) for t in catalogue.targets}
    values = {**asdict(row), **labels, **targets}
    return {column: values[column] for column in columns_of(catalogue)}


def columns_of(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the columns of a snapshot: of each label the targets that follow from it, then the label itself."""
    labels = [name for column in (*catalogue.labels, *catalogue.details) for name in _label_columns(catalogue, column)]
    return (*_STUDY, *labels, *_FURTHER)


def _label_columns(catalogue: Catalogue, column: LabelColumn) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(target.name for target in catalogue.targets_of(column)), column.key)))


def _write(target: Path, image_dir: Path, content: _Content) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=target.parent) as folder:
            partial = Path(folder) / target.name
            partial.mkdir()
            _link_images(partial / "images", image_dir, content.rows)
            _write_tables(partial, content)
            _publish(partial, target)
    except OSError as e:
        raise SnapshotError(
            target, f"cannot be written ({e.strerror})", "check the folder's rights and free space"
        ) from e


def _publish(partial: Path, target: Path) -> None:
    try:
        partial.rename(target)
    except OSError as e:
        if e.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        log.info("snapshot %s was frozen by another process meanwhile", target.name)
        return
    durable.flush(target.parent)


def _write_tables(folder: Path, content: _Content) -> None:
    studies = folder / "studies.parquet"
    _frame(content).to_parquet(studies, index=False)
    meta = {
        "id": content.sha256[:_ID_CHARS],
        "content_sha256": content.sha256,
        "studies_sha256": hashlib.sha256(studies.read_bytes()).hexdigest(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": content.counts,
        "label_rule": {"text": content.catalogue.rule_text},
        "targets": {target.name: _described(target) for target in content.catalogue.targets},
        "test_sets": dict(content.test_sets),
        "disputed_left_out": content.disputed,
        "unlocked_left_out": content.unlocked,
        "cautions": content.cautions,
    }
    (folder / "snapshot.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")
    for path in (studies, folder / "snapshot.json"):
        durable.flush(path)


def _frame(content: _Content) -> pd.DataFrame:
    known = content.catalogue
    frame = pd.DataFrame([_record(row, known) for row in content.rows], columns=list(columns_of(known)))
    types = dict.fromkeys(_TEXT, "string") | dict.fromkeys(_FLAGS, "Int8") | {"year": "Int16", "age": "Float64"}
    labels = {c.key: "Int8" if c.kind is Kind.BINARY else "Float64" for c in known.columns}
    return frame.astype(types | labels | dict.fromkeys(known.names, "Int8"))


def _described(target: Target) -> dict[str, object]:
    words = {language.value: target.words(language) for language in Language}
    return {"column": target.column.key, "rule": target.rule and str(target.rule), "words": words}


def _link_images(folder: Path, image_dir: Path, rows: Sequence[SnapshotRow]) -> None:
    for row in rows:
        source = image_dir / row.image_path
        target = folder / row.image_sha256[:2] / f"{row.image_sha256}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not source.is_file():
            raise SnapshotError(f"image of {row.study_id}", f"is missing ({row.image_path})", "restore the image store")
        if not target.exists():
            _link(source, target)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError as e:
        if e.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        shutil.copyfile(source, target)


def _record_snapshot(ledger: Ledger, snapshot_id: str, content: _Content) -> None:
    now = datetime.now(UTC)
    with ledger.writing() as connection:
        if connection.execute(select(Snapshot.snapshot_id).where(Snapshot.snapshot_id == snapshot_id)).first():
            return
        values = {
            "snapshot_id": snapshot_id,
            "content_sha256": content.sha256,
            "created": now,
            "studies": len(content.rows),
        }
        connection.execute(insert(Snapshot), values)
        rows = [{"snapshot_id": snapshot_id, "study_id": row.study_id, "split": row.split} for row in content.rows]
        connection.execute(insert(SnapshotStudy), rows)
        audit.record(connection, now, "snapshot", snapshot_id, {"counts": content.counts, "sha256": content.sha256})
