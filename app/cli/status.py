"""``ecg status``: where everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.testset import LockedSet
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.ingest.counts import Counts, Tally
from ecgcore.ledger.ingest.quarantine import OpenEntry
from ecgcore.ledger.promotion import promotion
from ecgcore.settings import Settings
from tasks.prefect.environment import open_ledger
from tasks.release.release import linked_version
from tasks.release.serving import CHAMPION_SLOT

_SHOWN = 10


@dataclass(frozen=True)
class Status:
    """The ledger at a glance, and whether the link agrees with it."""

    counts: Counts
    entries: tuple[OpenEntry, ...]
    test_sets: tuple[LockedSet, ...]
    champion: PromotionRecord | None
    under_way: PromotionRecord | None
    linked: str | None
    audit_events: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "files": _tally(self.counts.files),
            "rows": _tally(self.counts.rows),
            "studies": self.counts.studies,
            "disputed": self.counts.disputed,
            "open_quarantine": self.counts.open_entries,
            "test_sets": {s.name: {"studies": s.studies, "looks": s.looks, "sha256": s.sha256} for s in self.test_sets},
            "champion": self.champion.version if self.champion else None,
            "linked": self.linked,
            "promotion_under_way": self.under_way.version if self.under_way else None,
            "audit_events": self.audit_events,
        }

    def to_text(self) -> str:
        """Return it as a page of text."""
        lines = [_line("files", self.counts.files), _line("rows", self.counts.rows)]
        lines += [f"studies: {self.counts.studies} ({self.counts.disputed} disputed)"]
        lines += [f"open quarantine: {self.counts.open_entries}"]
        lines += [f"  {e.path}{f' row {e.row}' if e.row else ''}: {e.finding.rule}" for e in self.entries[:_SHOWN]]
        if len(self.entries) > _SHOWN:
            lines.append(f"  and {len(self.entries) - _SHOWN} more")
        lines += [f"test set {s.name}: {s.studies} studies, {s.looks} looks" for s in self.test_sets]
        lines.append(f"champion: {self.champion.version if self.champion else 'none yet'}")
        if self.under_way:
            version = self.under_way.version
            lines.append(
                f"under way: version {version} is {self.under_way.state}; `ecg promote {version}` finishes it, "
                f"`ecg rollback --from {version}` abandons it"
            )
        elif self.champion and self.linked != self.champion.version:
            lines.append(f"WARNING the link names {self.linked}; `ecg promote {self.champion.version}` repairs it")
        return "\n".join(lines)


def status(settings: Settings) -> Status:
    """Read the ledger and the link."""
    with open_ledger(settings) as ledger:
        return Status(
            counts=ledger.counts(),
            entries=tuple(ledger.open_entries()),
            test_sets=tuple(testset.locked_sets(ledger)),
            champion=promotion.current(ledger, CHAMPION_SLOT),
            under_way=promotion.unfinished(ledger, CHAMPION_SLOT),
            linked=linked_version(settings.home),
            audit_events=ledger.check_audit(),
        )


def _tally(tally: Tally) -> dict[str, Any]:
    return {"total": tally.total, **{s.value: n for s, n in tally.by_state.items()}, "by_rule": dict(tally.by_rule)}


def _line(name: str, tally: Tally) -> str:
    states = ", ".join(f"{count} {state}" for state, count in tally.by_state.items() if count)
    return f"{name}: {tally.total} ({states or 'none'})"
