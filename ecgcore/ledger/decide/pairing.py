"""Pairing of ECG files with label rows. Pure: the same files and rows give the same states in any order of arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ecgcore.cmr.rules import catalogue
from ecgcore.ledger.decide.claim import Claim, SettledStudy, judge, settle
from ecgcore.ledger.decide.correction import replaced_rows
from ecgcore.ledger.decide.ecg_page import EcgPage
from ecgcore.ledger.decide.label_row import LabelRow
from ecgcore.ledger.decide.matching import Match, Matcher, agreement, disagreement
from ecgcore.ledger.decide.rivalry import rivals
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.decide.verdict import Verdict
from ecgcore.reports.page.pdf_page import pdf_of

PAIR_DAYS = 30


@dataclass(frozen=True, slots=True)
class Pair:
    """An ECG and the row that labels it: a study, if its patient's split takes it."""

    page: EcgPage
    row: LabelRow


@dataclass(frozen=True, slots=True)
class Pairing:
    """One verdict for every unsettled file (by sha256) and row (by row_id), and what follows from them.

    Args:
        files: verdicts of the ECG files that belong to no accepted study.
        rows: verdicts of all rows given.
        pairs: the accepted pairs, in order of arrival of their rows.
        disputed: accepted studies that a later row contradicts.
    """

    files: Mapping[str, Verdict]
    rows: Mapping[str, Verdict]
    pairs: tuple[Pair, ...]
    disputed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds already.

    Args:
        studies: accepted studies that unsettled rows or files may touch.
        entries: quarantine entry to its subject, a row_id or a file's sha256.
    """

    studies: tuple[SettledStudy, ...] = ()
    entries: Mapping[str, str] = field(default_factory=dict)


def pair(
    pages: Sequence[EcgPage], rows: Sequence[LabelRow], known: Known, now: datetime, pair_days: int = PAIR_DAYS
) -> Pairing:
    """Decide the state of every unsettled file and row.

    Args:
        pages: every ECG file that is in no accepted study, and the accepted ones that share a name with them.
        rows: every label row that is neither accepted nor a duplicate.
        known: accepted studies and quarantine entries.
        now: the moment that waiting is measured at, UTC.
        pair_days: days after which a file or row that still waits is `unpaired`.
    """
    latest = now - timedelta(days=pair_days)
    outdated = _outdated_pages(pages) | _split_files(pages)
    matcher = Matcher(page for page in pages if page.sha256 not in outdated)
    matches = {row.row_id: matcher.match(row) for row in rows}
    replaced = _replaced(rows, matches, known)
    claims = _claims([row for row in rows if row.row_id not in replaced], matches, known)
    settled = settle(claims, known.studies)
    conflicts = rivals(claims)
    verdicts = {
        claim.row.row_id: settled.verdicts.get(claim.row.row_id) or judge(claim, conflicts, latest) for claim in claims
    }
    verdicts |= {old: Verdict(State.DUPLICATE, catalogue.REPLACED.found(new), new) for old, new in replaced.items()}
    files = _file_verdicts(pages, claims, verdicts, latest) | outdated
    return Pairing(files, verdicts, _pairs(claims, verdicts), settled.disputed)


def _outdated_pages(pages: Sequence[EcgPage]) -> dict[str, Verdict]:
    """Find the pages whose path, or that of the PDF they are in, now holds a newer content; accepted ones stay."""
    newest: dict[str, tuple[datetime, str]] = {}
    for page in pages:
        for sighting in page.sightings:
            seen = (sighting.seen, page.sha256)
            file = pdf_of(sighting.path)
            newest[file] = max(newest.get(file, seen), seen)
    by = {page.sha256: newest[pdf_of(page.path)][1] for page in pages}
    return {
        page.sha256: Verdict(State.DUPLICATE, catalogue.REPLACED.found(by[page.sha256][:16]), by[page.sha256])
        for page in pages
        if page.study_id is None and all(newest[pdf_of(s.path)][0] > s.seen for s in page.sightings)
    }


def _split_files(pages: Sequence[EcgPage]) -> dict[str, Verdict]:
    """Find the PDFs that were split: their pages stand for them."""
    return {
        page.sha256: Verdict(State.DUPLICATE, page.fault)
        for page in pages
        if page.fault is not None and page.fault.rule == catalogue.SPLIT.name
    }


def _replaced(rows: Sequence[LabelRow], matches: Mapping[str, Match], known: Known) -> dict[str, str]:
    by_page: dict[str, list[LabelRow]] = defaultdict(list)
    for row in rows:
        for page in matches[row.row_id].pages:
            by_page[page.sha256].append(row)
    return replaced_rows(rows, known.entries, lambda sha256: by_page.get(sha256, []))


def _claims(rows: Sequence[LabelRow], matches: Mapping[str, Match], known: Known) -> tuple[Claim, ...]:
    """Pair each row with its match, taking away pages that print what another row of theirs says."""
    explained = _explained(rows, matches, known.studies)
    ordered = sorted(rows, key=lambda row: row.order)
    return tuple(_claim(row, matches[row.row_id], explained) for row in ordered)


def _explained(
    rows: Iterable[LabelRow], matches: Mapping[str, Match], studies: Iterable[SettledStudy]
) -> frozenset[str]:
    agreeing = {match.page.sha256 for row in rows if (match := matches[row.row_id]).page and agreement(match.page, row)}
    printed = {study.page.sha256 for study in studies if agreement(study.page, study.row)}
    return frozenset(agreeing | printed)


def _claim(row: LabelRow, match: Match, explained: frozenset[str]) -> Claim:
    page = match.page
    if page is not None and page.sha256 in explained and disagreement(page, row):
        return Claim(row, Match(), belongs_elsewhere=True)
    return Claim(row, match)


def _pairs(claims: Iterable[Claim], verdicts: Mapping[str, Verdict]) -> tuple[Pair, ...]:
    accepted = (claim for claim in claims if verdicts[claim.row.row_id].state is State.ACCEPTED)
    return tuple(Pair(claim.match.page, claim.row) for claim in accepted if claim.match.page is not None)


def _file_verdicts(
    pages: Iterable[EcgPage], claims: Iterable[Claim], verdicts: Mapping[str, Verdict], latest: datetime
) -> dict[str, Verdict]:
    claimed: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        for page in claim.match.pages:
            claimed[page.sha256].append(claim)
    return {
        page.sha256: _file_verdict(page, claimed.get(page.sha256, []), verdicts, latest)
        for page in pages
        if page.study_id is None
    }


def _file_verdict(page: EcgPage, claims: Sequence[Claim], verdicts: Mapping[str, Verdict], latest: datetime) -> Verdict:
    if page.fault is not None:
        return Verdict(State.QUARANTINED, page.fault)
    sole = [claim for claim in claims if claim.match.page is not None]
    for state in (State.QUARANTINED, State.ACCEPTED, State.EXCLUDED):
        for claim in sole:
            if (verdict := verdicts[claim.row.row_id]).state is state:
                return Verdict(state, verdict.finding, claim.row.row_id)
    for claim in claims:
        if claim.match.page is None:
            return Verdict(State.QUARANTINED, catalogue.AMBIGUOUS.found(page.path), claim.row.row_id)
    return Verdict(State.UNPAIRED if page.first_seen < latest else State.WAITING, catalogue.NO_ROW.found(page.path))
