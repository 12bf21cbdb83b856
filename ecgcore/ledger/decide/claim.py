"""One row's claim on an ECG, judged by itself and against the accepted studies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Effect, Finding
from ecgcore.ledger.decide import naming
from ecgcore.ledger.decide.ecg_page import EcgPage
from ecgcore.ledger.decide.label_row import LabelRow, StudyKey, alternatives, conflicts
from ecgcore.ledger.decide.matching import Match, disagreement
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.decide.verdict import Verdict
from ecgcore.reports.page.pdf_page import page_number


@dataclass(frozen=True, slots=True)
class Claim:
    """A live row and the pages that it may mean.

    Args:
        row: the row.
        match: its candidates.
        belongs_elsewhere: the only page of the name prints another row's patient or date.
    """

    row: LabelRow
    match: Match
    belongs_elsewhere: bool = False

    @property
    def broken(self) -> Finding | None:
        """The quarantining rule that the row breaks by itself, if any."""
        row = self.row
        if row.fault is not None:
            return row.fault if row.fault.effect is Effect.QUARANTINE else None
        if row.key is None or row.study_id is None:
            return (catalogue.PATIENT_REQUIRED if row.patient_id is None else catalogue.DATES_REQUIRED).found("empty")
        if row.ecg_date and row.cmr_date and row.ecg_date != row.cmr_date:
            return catalogue.SAME_DAY.found(f"ECG {row.ecg_date}, CMR {row.cmr_date}")
        return None

    @property
    def excluded(self) -> bool:
        """True if validation found the row to be of another cohort."""
        return self.row.fault is not None and self.row.fault.effect is Effect.EXCLUDE

    @property
    def target(self) -> str:
        """What the row points at: the page, or the name where no single page is left."""
        name = self.row.file_name or ""
        return self.match.page.sha256 if self.match.page else f"name:{naming.stem(name)}#{page_number(name) or ''}"


@dataclass(frozen=True, slots=True)
class SettledStudy:
    """An accepted study: its page and the row that is its evidence."""

    study_id: str
    page: EcgPage
    row: LabelRow


@dataclass(frozen=True, slots=True)
class Settled:
    """Verdicts of rows that touch accepted studies, and the studies that they contradict."""

    verdicts: Mapping[str, Verdict]
    disputed: frozenset[str]


def settle(claims: Sequence[Claim], studies: Iterable[SettledStudy]) -> Settled:
    """Judge the rows that touch an accepted study.

    The same content again is a duplicate. Anything else is quarantined and disputes the study, which stays; a row that
    breaks a rule by itself disputes nothing.
    """
    listed = tuple(studies)
    by_page = {study.page.sha256: study for study in listed}
    by_key = {study.row.key: study for study in listed}
    by_picture = {study.page.image_sha256: study for study in listed}
    verdicts: dict[str, Verdict] = {}
    disputed: set[str] = set()
    for claim in claims:
        touched = _touched(claim, by_page, by_key, by_picture)
        if touched and claim.broken is None:
            verdict = _against(claim, touched[0])
            verdicts[claim.row.row_id] = verdict
            disputed |= {study.study_id for study in touched if verdict.state is State.QUARANTINED}
    return Settled(verdicts, frozenset(disputed))


def _touched(
    claim: Claim,
    by_page: Mapping[str, SettledStudy],
    by_key: Mapping[StudyKey | None, SettledStudy],
    by_picture: Mapping[str | None, SettledStudy],
) -> list[SettledStudy]:
    page = claim.match.page
    found = [by_page.get(page.sha256)] if page else []
    if not claim.excluded:
        found.append(by_key.get(claim.row.key))
    if page and page.image_sha256 and not claim.excluded and not disagreement(page, claim.row):
        found.append(by_picture.get(page.image_sha256))
    return [study for study in dict.fromkeys(found) if study is not None]


def _against(claim: Claim, study: SettledStudy) -> Verdict:
    same_file = claim.match.page is not None and claim.match.page.sha256 == study.page.sha256
    if claim.row.key != study.row.key:
        rule = catalogue.ONE_STUDY_PER_ECG if same_file else catalogue.ONE_STUDY_PER_PICTURE
        return _quarantined(rule.found(study.page.path))
    if not same_file:
        return _quarantined(catalogue.ONE_ECG_PER_STUDY.found(claim.row.file_name or ""))
    if claim.excluded:
        return _quarantined(catalogue.SOURCES_AGREE.found("cohort"))
    if columns := conflicts(claim.row, study.row):
        return _quarantined(catalogue.SOURCES_AGREE.found(alternatives([claim.row, study.row], columns)))
    return Verdict(State.DUPLICATE, catalogue.SAME_CONTENT.found(study.row.row_id), study.row.row_id)


def _quarantined(finding: Finding) -> Verdict:
    return Verdict(State.QUARANTINED, finding)


def judge(claim: Claim, rivals: Mapping[str, Verdict], latest: datetime) -> Verdict:
    """Judge a row that touches no accepted study.

    Args:
        claim: the row and its candidates.
        rivals: verdicts that follow from other rows, by row_id.
        latest: what arrived before this moment no longer waits.
    """
    if claim.broken is not None:
        return _quarantined(claim.broken)
    if claim.row.row_id in rivals:
        return rivals[claim.row.row_id]
    if claim.excluded:
        return Verdict(State.EXCLUDED, claim.row.fault)
    if len(claim.match.pages) > 1:
        return _quarantined(catalogue.AMBIGUOUS.found(claim.row.file_name or ""))
    return _alone(claim, latest)


def _alone(claim: Claim, latest: datetime) -> Verdict:
    page = claim.match.page
    if page is None or page.fault is not None:
        waits = State.UNPAIRED if claim.row.first_seen < latest else State.WAITING
        return Verdict(waits, _missing(claim))
    if differs := disagreement(page, claim.row):
        return _quarantined(catalogue.PAGE_AGREES.found(f"{differs} differs"))
    return Verdict(State.ACCEPTED)


def _missing(claim: Claim) -> Finding:
    name = claim.row.file_name or ""
    if claim.match.page is not None and claim.match.page.fault is not None:
        return catalogue.BAD_PAGE.found(claim.match.page.fault.rule)
    if claim.belongs_elsewhere:
        return catalogue.OTHER_PATIENT.found(name)
    return (catalogue.OTHER_MONTH if claim.match.elsewhere else catalogue.NO_FILE).found(name)
