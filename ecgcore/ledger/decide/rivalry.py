"""Rows that contradict one another before any of them is accepted. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.decide.claim import Claim
from ecgcore.ledger.decide.label_row import alternatives, conflicts
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.decide.verdict import Verdict


def rivals(claims: Sequence[Claim]) -> dict[str, Verdict]:
    """Return the verdicts that follow from other rows, by row_id: quarantine of all that disagree, or `duplicate`.

    The first found of these holds: one ECG named for several studies; one study with several ECGs; rows of one study
    that differ; one picture for several studies. Of equal rows, the first to arrive stands for the study.
    """
    verdicts = _picture_rivals(claims)
    for group in _groups(claims, lambda claim: claim.row.key):
        verdicts |= _study_rivals(group)
    for group in _groups(claims, lambda claim: claim.match.page.sha256 if claim.match.page else None):
        if len({claim.row.key for claim in group}) > 1:
            verdicts |= _all(group, catalogue.ONE_STUDY_PER_ECG.found(group[0].row.file_name or ""))
    return verdicts


def _groups(claims: Iterable[Claim], of: Callable[[Claim], Hashable | None]) -> list[list[Claim]]:
    groups: dict[Hashable, list[Claim]] = defaultdict(list)
    for claim in claims:
        if (key := of(claim)) is not None:
            groups[key].append(claim)
    return [group for group in groups.values() if len(group) > 1]


def _study_rivals(group: Sequence[Claim]) -> dict[str, Verdict]:
    """Judge the rows of one study; a row that takes itself out of the cohort names no second ECG for it."""
    candidates = [claim for claim in group if not claim.excluded]
    if len({claim.target for claim in candidates}) > 1:
        names = sorted({claim.row.file_name or "" for claim in candidates})
        return _all(candidates, catalogue.ONE_ECG_PER_STUDY.found(", ".join(names)))
    verdicts: dict[str, Verdict] = {}
    for same in _groups(group, lambda claim: claim.target):
        verdicts |= _same_ecg(same)
    return verdicts


def _same_ecg(group: Sequence[Claim]) -> dict[str, Verdict]:
    columns = sorted({name for claim in group[1:] for name in conflicts(group[0].row, claim.row)})
    if columns or _mixed(group):
        differ = alternatives([claim.row for claim in group], columns)
        return _all(group, catalogue.SOURCES_AGREE.found(differ or "cohort or validity"))
    first = group[0].row.row_id
    same = Verdict(State.DUPLICATE, catalogue.SAME_CONTENT.found(first), first)
    return {claim.row.row_id: same for claim in group[1:]}


def _mixed(group: Sequence[Claim]) -> bool:
    return len({(claim.broken is None, claim.excluded) for claim in group}) > 1


def _all(group: Iterable[Claim], finding: Finding) -> dict[str, Verdict]:
    return {claim.row.row_id: Verdict(State.QUARANTINED, finding) for claim in group}


def _picture_rivals(claims: Sequence[Claim]) -> dict[str, Verdict]:
    """Quarantine rows of different studies whose files show the same pixels."""
    owners: Mapping[str, set[Hashable]] = _picture_owners(claims)
    shared = [claim for claim in claims if (picture := _picture(claim)) and len(owners[picture]) > 1]
    return _all(shared, catalogue.ONE_STUDY_PER_PICTURE.found("same pixels"))


def _picture_owners(claims: Iterable[Claim]) -> dict[str, set[Hashable]]:
    owners: dict[str, set[Hashable]] = defaultdict(set)
    for claim in claims:
        if picture := _picture(claim):
            owners[picture].add(claim.row.key)
    return owners


def _picture(claim: Claim) -> str | None:
    return claim.match.page.image_sha256 if claim.match.page else None
