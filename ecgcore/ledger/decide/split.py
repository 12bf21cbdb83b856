"""Which split a study belongs to. Pure.

The study's own split, the years and the flags decide, as a split policy says (``split_policy``). Whatever these leave
open goes to train and validation by the patient's pseudonym. A patient is in one split only and stays there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Finding
from ecgcore.data.split import Split

if TYPE_CHECKING:
    from ecgcore.ledger.decide.split_policy import SplitPolicy


_PRECEDENCE = tuple(Split)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A paired study that has no split yet.

    Args:
        study_id: the study.
        patient_id: its patient.
        year: year of the study's day.
        ecg_format: format of the page, as recognised from the page.
        train_flag: the study's `train_80_percent`.
        valid_flag: the study's `develop_10_percent`.
        declared: the study's `split` cell, such as `old_train`.
        unverified: nothing on its page confirms the scale, the leads, the patient or the day.
    """

    study_id: str
    patient_id: str
    year: int
    ecg_format: str
    train_flag: bool = False
    valid_flag: bool = False
    declared: str | None = None
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study goes: a split (with its test set), or out of the cohort with the finding."""

    split: Split | None
    test_set: str | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a study asks for by itself. A `free` one follows its patient; one `after` the study period does not vote.

    One that is `kept_out` asks for a test set that takes no page of its kind.
    """

    study: Unplaced
    split: Split
    test_set: str | None = None
    free: bool = False
    after: bool = False
    kept_out: bool = False


def share_of(patient_id: str) -> float:
    """Return a number in [0, 1), uniform over patients: the first 8 bytes of SHA-256 of the pseudonym over 2**64."""
    return int.from_bytes(hashlib.sha256(patient_id.encode()).digest()[:8], "big") / 2**64


def split_by_pseudonym(patient_id: str, valid_share: float = 0.1) -> Split:
    """Return validation for `valid_share` of the patients, training for the others."""
    return Split.VALID if share_of(patient_id) < valid_share else Split.TRAIN


def assign(
    studies: Iterable[Unplaced], patients: Mapping[str, Split], locked: frozenset[str], policy: SplitPolicy
) -> dict[str, Place]:
    """Place every study.

    Args:
        studies: studies not yet placed.
        patients: patients that the ledger knows, with their split, which never changes.
        locked: names of the locked test sets: nothing enters them, so a new patient of a test period goes 90/10.
        policy: what decides.

    Returns:
        study_id to its place. A study that asks for another split than its patient's is left out: `test-patient` if the
        patient is a test patient and the study is of no test period, else `patient-in-one-split`.
    """
    by_patient: dict[str, list[_Wish]] = defaultdict(list)
    for study in studies:
        by_patient[study.patient_id].append(_wish(study, locked, policy, patients.get(study.patient_id)))
    places: dict[str, Place] = {}
    for patient_id, wishes in by_patient.items():
        split = patients.get(patient_id) or _patient_split(wishes)
        places |= {wish.study.study_id: _place(wish, split) for wish in wishes}
    return places


def _wish(study: Unplaced, locked: frozenset[str], policy: SplitPolicy, known: Split | None) -> _Wish:
    wanted = _declared(study, policy) or _by_year(study, policy)
    # a test study of a training patient stays out after its set is locked, too: a lock must not change what was decided
    closed = wanted is not None and wanted[1] in locked and known not in (Split.TRAIN, Split.VALID)
    if wanted is None or closed:
        by_hash = split_by_pseudonym(study.patient_id, policy.valid_share)
        after = study.year > policy.study_until
        return _Wish(study, by_hash, free=True, after=after, kept_out=_is_kept_out(study, wanted, policy))
    return _Wish(study, *wanted, kept_out=_is_kept_out(study, wanted, policy))


def _is_kept_out(study: Unplaced, wanted: tuple[Split, str | None] | None, policy: SplitPolicy) -> bool:
    """Tell whether a page is too uncertain for the test set it asks for; a lock changes nothing of that."""
    return study.unverified and not policy.unverified_pages and wanted is not None and wanted[0] is Split.TEST


def _declared(study: Unplaced, policy: SplitPolicy) -> tuple[Split, str | None] | None:
    """Read the study's own split. It holds before the years if it is of the study period and of the page's format.

    It is `<format>_train`, `<format>_valid` or `<test set>_test`.
    """
    of, _, name = (study.declared or "").strip().lower().rpartition("_")
    if study.year > policy.study_until or name not in set(Split):
        return None
    if name == Split.TEST:
        return (Split.TEST, of) if policy.test_sets.get(of) == study.ecg_format else None
    return (Split(name), None) if of == study.ecg_format else None


def _by_year(study: Unplaced, policy: SplitPolicy) -> tuple[Split, str | None] | None:
    period = policy.period_of(study.year, study.ecg_format)
    if period is None:
        return None
    return _by_flag(study) if period.split is None else (period.split, period.test_set)


def _by_flag(study: Unplaced) -> tuple[Split, None] | None:
    if study.valid_flag:
        return Split.VALID, None
    return (Split.TRAIN, None) if study.train_flag else None


def _patient_split(wishes: Sequence[_Wish]) -> Split:
    voting = {wish.split for wish in wishes if not wish.after} or {wish.split for wish in wishes}
    return next(split for split in _PRECEDENCE if split in voting)


def _place(wish: _Wish, split: Split) -> Place:
    if wish.kept_out:
        return Place(None, finding=catalogue.UNVERIFIED_PAGE.found("asks for a test set"))
    if wish.split is split and not (wish.free and split is Split.TEST):
        return Place(split, wish.test_set)
    asks = f"asks for {wish.split}, and the patient is in {split} since a study was first accepted"
    if split is Split.TEST:
        return Place(None, finding=catalogue.TEST_PATIENT.found(asks))
    if wish.free:
        return Place(split)
    return Place(None, finding=catalogue.ONE_SPLIT.found(asks))
