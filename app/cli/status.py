"""``ecg status``: what waits for whom, where everything stands, and what ran last and runs next."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.status_page import status_document
from ecgcore.errors import EcgError
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.testset import LockedSet
from ecgcore.ledger.decide.candidacy import NO_CHAMPION
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import PromotionState
from ecgcore.ledger.ingest.counts import Counts, Tally
from ecgcore.ledger.ingest.quarantine import OpenEntry
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.review import audit
from ecgcore.ledger.review.audit import Event
from ecgcore.pages.document import Document
from ecgcore.settings import Settings
from tasks.prefect.environment import named_server, open_ledger
from tasks.prefect.flow_runs import FlowRun, FlowRuns, flow_runs
from tasks.registry.versions import RegisteredVersion, registered_versions
from tasks.registry.waiting import waiting_candidates
from tasks.release.release import linked_version
from tasks.release.serving import CHAMPION_SLOT

_DATED = ("ingest", "snapshot", "retrain-start")


@dataclass(frozen=True)
class Candidates:
    """Versions that wait for a reviewer, or why the registry could not be asked."""

    waiting: tuple[RegisteredVersion, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """The ledger of a home at a glance, whether the link agrees with it, and what the registry and Prefect add."""

    home: Path
    counts: Counts
    entries: tuple[OpenEntry, ...]
    test_sets: tuple[LockedSet, ...]
    champion: PromotionRecord | None
    under_way: PromotionRecord | None
    given_up: PromotionRecord | None
    linked: str | None
    audit_events: int
    last: dict[str, Event]
    candidates: Candidates
    runs: FlowRuns

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "files": _tally(self.counts.files),
            "rows": _tally(self.counts.rows),
            "studies": self.counts.studies,
            "disputed": self.counts.disputed,
            "open_quarantine": self.counts.open_entries,
            "test_sets": {each.name: _set_json(each) for each in self.test_sets},
            "champion": self.champion.version if self.champion else None,
            "champion_since": self.champion.updated.isoformat() if self.champion else None,
            "linked": self.linked,
            "promotion_under_way": self.under_way.version if self.under_way else None,
            "promotion_given_up": (
                {"version": self.given_up.version, "failure": self.given_up.failure} if self.given_up else None
            ),
            "waiting_candidates": [each.version for each in self.candidates.waiting],
            "last": {name: event.moment.isoformat() for name, event in self.last.items()},
            "last_runs": [_run_json(run) for run in self.runs.last],
            "next_runs": [_run_json(run) for run in self.runs.next],
            "problems": [text for text in (self.candidates.problem, self.runs.problem) if text],
            "audit_events": self.audit_events,
        }

    def to_document(self) -> Document:
        """Return it as people read it, what somebody has to do first."""
        return status_document(self)


def status(settings: Settings) -> Status:
    """Read the ledger and the link, and ask the registry and Prefect.

    Raises:
        LedgerError: the ledger cannot be opened, or its audit trail is broken.
    """
    with open_ledger(settings) as ledger:
        history = promotion.history(ledger, CHAMPION_SLOT)
        champion = promotion.current(ledger, CHAMPION_SLOT)
        return Status(
            home=settings.home,
            counts=ledger.counts(),
            entries=tuple(sorted(ledger.open_entries(), key=lambda entry: (entry.path, entry.row or 0))),
            test_sets=tuple(testset.locked_sets(ledger)),
            champion=champion,
            under_way=promotion.unfinished(ledger, CHAMPION_SLOT),
            given_up=history[0] if history and history[0].state is PromotionState.ROLLED_BACK else None,
            linked=linked_version(settings.home),
            audit_events=ledger.check_audit(),
            last=_last(ledger),
            candidates=_candidates(settings, champion, history),
            runs=flow_runs(named_server(), Path(os.environ.get("PREFECT_HOME", ""))),
        )


def _last(ledger: Ledger) -> dict[str, Event]:
    with ledger.reading() as connection:
        return {name: event for name in _DATED if (event := audit.last(connection, name))}


def _candidates(settings: Settings, champion: PromotionRecord | None, history: Iterable[PromotionRecord]) -> Candidates:
    try:
        versions = registered_versions(settings)
    except EcgError as error:
        return Candidates(problem=str(error))
    serving = champion.version if champion else NO_CHAMPION
    return Candidates(waiting_candidates(versions, CHAMPION_SLOT, serving, {each.version for each in history}))


def _set_json(each: LockedSet) -> dict[str, Any]:
    locked_at = each.locked_at.isoformat()
    return {"studies": each.studies, "looks": each.looks, "sha256": each.sha256, "locked_at": locked_at}


def _run_json(run: FlowRun) -> dict[str, str]:
    return {"flow": run.flow, "state": run.state, "moment": run.moment.isoformat()}


def _tally(tally: Tally) -> dict[str, Any]:
    return {"total": tally.total, **{s.value: n for s, n in tally.by_state.items()}, "by_rule": dict(tally.by_rule)}
