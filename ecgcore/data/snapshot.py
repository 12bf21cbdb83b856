"""A snapshot directory, opened for reading: checked before anything trains on it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ecgcore.data.split import Split
from ecgcore.errors import LeakError, SnapshotError
from ecgcore.targets.catalogue import Catalogue, load_catalogue
from ecgcore.targets.label_rule import Comparison, LabelRule
from ecgcore.targets.language import Language

log = logging.getLogger(__name__)

CATEGORICAL_FEATURES = ("female", "diabetes", "hypertension", "smoke", "dyslipidemia")
REQUIRED_COLUMNS = (
    "study_id", "patient_id", "year", "ecg_format", "split", "test_set", "image_sha256", "age", *CATEGORICAL_FEATURES,
)  # fmt: skip
_NEVER_NULL = ("study_id", "patient_id", "ecg_format", "split", "image_sha256")
_EXAMPLES_SHOWN = 3
_FREEZE_AGAIN = "do not repair it by hand: copy the directory again; or delete it, and `ecg snapshot` writes it anew"


@dataclass(frozen=True)
class Snapshot:
    """An immutable list of studies with split, labels and images.

    Args:
        path: the snapshot directory.
        id: the snapshot's name.
        content_sha256: hash of its content, as the ledger recorded it.
        meta: all of ``snapshot.json``.
        studies: one row per study, in file order.
    """

    path: Path
    id: str
    content_sha256: str
    meta: Mapping[str, Any] = field(repr=False)
    studies: pd.DataFrame = field(repr=False, compare=False)

    @classmethod
    def open(cls, path: Path | str) -> Snapshot:
        """Read and check a snapshot directory.

        Checked: both files are there and readable; ``studies.parquet`` has the hash that ``snapshot.json`` names
        (``studies_sha256``); required columns, unique study ids, known splits; an image file for every study.

        Raises:
            SnapshotError: the directory is incomplete or was altered.
        """
        path = Path(path)
        meta = _read_meta(path / "snapshot.json")
        studies = _read_studies(path / "studies.parquet", meta.get("studies_sha256"))
        _check_table(path, studies)
        snapshot = cls(path, str(meta["id"]), str(meta["content_sha256"]), meta, studies)
        snapshot._check_images()
        return snapshot

    def words(self, target: str, language: Language = Language.ENGLISH) -> str:
        """Return what people read where a target is 1, by the rule of this snapshot: ``LVEF below 50 %``.

        A snapshot of the versions that knew one rule only says it in its own way.
        """
        described = self.meta.get("targets", {}).get(target)
        return str(described["words"][language]) if described else self._catalogue.words(target, language)

    @property
    def _catalogue(self) -> Catalogue:
        """The shipped targets with the one rule that an old ``snapshot.json`` holds."""
        rule = self.meta.get("label_rule", {})
        shipped = load_catalogue()
        if "lvef_threshold_percent" not in rule:
            return shipped
        return shipped.with_rule("lvef", LabelRule(rule["lvef_threshold_percent"], Comparison(rule["comparison"])))

    def image_path(self, image_sha256: str) -> Path:
        """Return where the canonical image with this hash lies."""
        return self.path / "images" / image_sha256[:2] / f"{image_sha256}.png"

    def rows(self, split: Split) -> pd.DataFrame:
        """Return the studies of one split, in file order."""
        return self.studies[self.studies["split"] == split.value]

    def check_targets(self, targets: Sequence[str]) -> None:
        """Check that every target is a column of 0, 1 or missing.

        Raises:
            SnapshotError: a target has no column, or a column has another value.
        """
        for target in targets:
            if target not in self.studies.columns:
                raise SnapshotError(
                    self.path, f"has no label column {target!r}", f"name targets among {sorted(self.studies.columns)}"
                )
            odd = sorted(set(self.studies[target].dropna().astype(float)) - {0.0, 1.0})
            if odd:
                raise SnapshotError(
                    self.path,
                    f"label column {target!r} has values {odd[:_EXAMPLES_SHOWN]}",
                    "labels are 0, 1 or missing",
                )

    def leak_check(self) -> None:
        """Fail when a test study could reach training.

        Refused: a patient in two splits; an image (same pixels) in two splits; a study of a test set whose split is
        not ``test``.

        Raises:
            LeakError: naming the rule, how many break it, and the first few pseudonyms.
        """
        for column, noun in (("patient_id", "patient"), ("image_sha256", "image")):
            splits = self.studies.groupby(column)["split"].nunique()
            self._refuse_leak(sorted(splits.index[splits > 1]), f"{noun}(s) in more than one split")
        in_test_set = self.studies["test_set"].notna() & (self.studies["split"] != Split.TEST.value)
        self._refuse_leak(sorted(self.studies.loc[in_test_set, "study_id"]), "test-set study(ies) outside split 'test'")

    def _refuse_leak(self, offenders: Sequence[str], rule: str) -> None:
        if offenders:
            examples = ", ".join(offenders[:_EXAMPLES_SHOWN])
            raise LeakError(
                f"snapshot {self.id}",
                f"{len(offenders)} {rule}: {examples}",
                "nothing was trained; correct the splits in the ledger and freeze a new snapshot",
            )

    def _check_images(self) -> None:
        missing = [sha for sha in self.studies["image_sha256"] if not self.image_path(sha).is_file()]
        if missing:
            raise SnapshotError(
                self.path,
                f"{len(missing)} image(s) are missing, first {self.image_path(missing[0]).name}",
                _FREEZE_AGAIN,
            )


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise SnapshotError(path, f"cannot be read ({type(e).__name__})", "name the directory of a snapshot") from e
    missing = [key for key in ("id", "content_sha256") if not isinstance(meta, dict) or key not in meta]
    if missing:
        raise SnapshotError(path, f"lacks {missing}", _FREEZE_AGAIN)
    return dict(meta)


def _read_studies(path: Path, expected_sha256: str | None) -> pd.DataFrame:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as e:
        raise SnapshotError(path, f"cannot be read ({type(e).__name__})", _FREEZE_AGAIN) from e
    if expected_sha256 is None:
        log.warning("%s: snapshot.json names no studies_sha256, so the table cannot be checked for changes", path)
    elif digest != expected_sha256:
        raise SnapshotError(path, f"has SHA-256 {digest}, snapshot.json says {expected_sha256}", _FREEZE_AGAIN)
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as e:  # pyarrow's ArrowInvalid is a ValueError
        raise SnapshotError(path, f"is no readable Parquet file ({type(e).__name__})", _FREEZE_AGAIN) from e


def _check_table(path: Path, studies: pd.DataFrame) -> None:
    missing = [c for c in REQUIRED_COLUMNS if c not in studies.columns]
    if missing:
        raise SnapshotError(path, f"studies.parquet lacks the columns {missing}", _FREEZE_AGAIN)
    empty = [c for c in _NEVER_NULL if studies[c].isna().any()]
    if empty:
        raise SnapshotError(path, f"studies.parquet has empty cells in {empty}", _FREEZE_AGAIN)
    twice = studies.loc[studies["study_id"].duplicated(), "study_id"]
    if len(twice):
        raise SnapshotError(path, f"study {twice.iloc[0]} is listed twice", _FREEZE_AGAIN)
    unknown = sorted(set(studies["split"]) - set(Split))
    if unknown:
        raise SnapshotError(path, f"unknown split(s) {unknown}", f"splits are {[s.value for s in Split]}")
