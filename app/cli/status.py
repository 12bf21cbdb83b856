"""``ecg status``: what waits for whom, where everything stands, and what ran last and runs next."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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
from ecgcore.settings import Settings
from tasks.prefect.environment import named_server, open_ledger
from tasks.prefect.flow_runs import FlowRun, FlowRuns, flow_runs
from tasks.registry.versions import RegisteredVersion, registered_versions
from tasks.registry.waiting import waiting_candidates
from tasks.release.release import linked_version
from tasks.release.serving import CHAMPION_SLOT

_SHOWN = 10
_RUNS = 3
_DATED = ("ingest", "snapshot", "retrain-start")


@dataclass(frozen=True)
class Candidates:
    """Versions that wait for a reviewer, or why the registry could not be asked."""

    waiting: tuple[RegisteredVersion, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """The ledger at a glance, whether the link agrees with it, and what the registry and Prefect add."""

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

    def to_text(self) -> str:
        """Return it as a page of text, what somebody has to do first."""
        return "\n".join([*self._to_do(), *self._data(), *self._champion(), *self._runs()])

    def _to_do(self) -> Iterable[str]:
        for each in self.candidates.waiting:
            what = f"version {each.version} ({each.tags.get('recipe', 'unknown recipe')}, {_day(each.created)})"
            yield f"WAITING for a reviewer: {what}; `ecg promote {each.version}`"
        if self.under_way:
            version = self.under_way.version
            yield (
                f"under way: version {version} is {self.under_way.state}; `ecg promote {version}` finishes it, "
                f"`ecg rollback --from {version}` abandons it"
            )
        elif self.champion and self.linked != self.champion.version:
            yield f"WARNING the link names {self.linked}; `ecg promote {self.champion.version}` repairs it"
        if self.candidates.problem:
            yield f"WARNING candidates are not known: {self.candidates.problem}"

    def _data(self) -> Iterable[str]:
        yield _line("files", self.counts.files)
        yield _line("rows", self.counts.rows)
        yield f"studies: {self.counts.studies} ({self.counts.disputed} disputed)"
        yield f"open quarantine: {self.counts.open_entries}"
        for entry in self.entries[:_SHOWN]:
            row = f" row {entry.row}" if entry.row else ""
            yield f"  {_day(entry.created)} {entry.path}{row}: {entry.finding.rule}"
        if len(self.entries) > _SHOWN:
            yield f"  and {len(self.entries) - _SHOWN} more: ECG_HOME/pages/quarantine.html"
        for each in self.test_sets:
            yield f"test set {each.name}: {each.studies} studies, {each.looks} looks, locked {_day(each.locked_at)}"

    def _champion(self) -> Iterable[str]:
        if self.champion:
            yield f"champion: {self.champion.version} since {_day(self.champion.updated)}, by {self.champion.reviewer}"
        else:
            yield "champion: none yet"
        if self.given_up:
            why = self.given_up.failure or "no reason given"
            yield f"given up: version {self.given_up.version} on {_day(self.given_up.updated)}: {why}"

    def _runs(self) -> Iterable[str]:
        for name, event in self.last.items():
            yield f"last {name.removesuffix('-start')}: {_minute(event.moment)}"
        yield from (f"run: {_run_text(run)}" for run in self.runs.last[:_RUNS])
        for run in [run for run in self.runs.last[_RUNS:] if run.failed][:_RUNS]:
            yield f"run: {_run_text(run)}"
        yield from (f"next: {run.flow} {_minute(run.moment)}" for run in _soonest(self.runs.next))
        if self.runs.problem:
            yield f"WARNING runs are not known: {self.runs.problem}"


def status(settings: Settings) -> Status:
    """Read the ledger and the link, and ask the registry and Prefect.

    Raises:
        LedgerError: the ledger cannot be opened, or its audit trail is broken.
    """
    with open_ledger(settings) as ledger:
        history = promotion.history(ledger, CHAMPION_SLOT)
        champion = promotion.current(ledger, CHAMPION_SLOT)
        return Status(
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


def _soonest(runs: Iterable[FlowRun]) -> Iterable[FlowRun]:
    """Return the next run of each flow."""
    first: dict[str, FlowRun] = {}
    for run in runs:
        first.setdefault(run.flow, run)
    return first.values()


def _run_json(run: FlowRun) -> dict[str, str]:
    return {"flow": run.flow, "state": run.state, "moment": run.moment.isoformat()}


def _run_text(run: FlowRun) -> str:
    return f"{_minute(run.moment)} {run.flow} {'FAILED' if run.failed else run.state.lower()}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _tally(tally: Tally) -> dict[str, Any]:
    return {"total": tally.total, **{s.value: n for s, n in tally.by_state.items()}, "by_rule": dict(tally.by_rule)}


def _line(name: str, tally: Tally) -> str:
    states = ", ".join(f"{count} {state}" for state, count in tally.by_state.items() if count)
    return f"{name}: {tally.total} ({states or 'none'})"
