"""What an ingest did, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecgcore.cmr.table.caution import TableCaution
from ecgcore.counted import counted
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.counts import Counts, FileState
from ecgcore.ledger.ingest.quarantine import OpenEntry
from ecgcore.ledger.ingest.record import BatchSummary
from ecgcore.pages.document import visible
from ecgcore.reports.page.reason import Caution

OUTSIDE = "outside-ecg-and-cmr"
_RULED = (State.QUARANTINED, State.EXCLUDED)


@dataclass(frozen=True)
class IngestSummary:
    """The inbox after an ingest.

    Args:
        batch: what the ledger recorded.
        files: every ECG and CMR file of the inbox with its state.
        entries: what is in quarantine now, of the whole ledger.
        left_alone: why each file that is in no state was left in the inbox, by its path there.
        alerts: batch limits that were exceeded.
        cautions: what is unusual about reports that this ingest read and did not refuse, with their paths.
        caution_details: what more is known of a caution, such as the flat leads, by path.
        page: the page for people.
        to_correct: the files to correct, of every ingest that left rows in quarantine.
        data_docs: the validator's own report, if rows were validated.
        not_read: columns and sheets of the new tables that were not read, by path.
        table_cautions: what is unusual about the new tables, with path and rows of each.
    """

    batch: BatchSummary
    files: tuple[FileState, ...]
    entries: tuple[OpenEntry, ...]
    left_alone: dict[str, str]
    alerts: tuple[str, ...]
    cautions: Mapping[Caution, tuple[str, ...]]
    page: Path
    to_correct: tuple[Path, ...]
    data_docs: Path | None
    not_read: Mapping[str, str] = field(default_factory=dict)
    table_cautions: Mapping[TableCaution, tuple[str, ...]] = field(default_factory=dict)
    caution_details: Mapping[Caution, Mapping[str, str]] = field(default_factory=dict)

    @property
    def skipped(self) -> dict[str, int]:
        """Files left alone, by reason."""
        return dict(sorted(Counter(self.left_alone.values()).items()))

    @property
    def by_state(self) -> dict[str, int]:
        """Files of the inbox by state; every state is present."""
        counts = Counter(file.state for file in self.files)
        return {state.value: counts[state] for state in State}

    @property
    def rows_csv(self) -> Path | None:
        """The file to correct that this ingest wrote, if it left rows in quarantine."""
        return next((path for path in self.to_correct if path.parent.name == self.batch.batch_id), None)

    @property
    def rows(self) -> Counts:
        """All counts of the ledger."""
        return self.batch.ledger

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain values. ``files`` is the sum of the six states."""
        states = self.by_state
        ruled = Counter(file.rule for file in self.files if file.state in _RULED)
        rows = self.batch.ledger.rows
        return {
            "batch": self.batch.batch_id,
            "files": len(self.files),
            "new": self.batch.new_files + self.batch.new_duplicates,
            "read_again": self.batch.reread,
            "returned": self.batch.returned,
            "accepted": states["accepted"],
            "waiting": states["waiting"],
            "unpaired": states["unpaired"],
            "quarantined": states["quarantined"],
            "duplicates": states["duplicate"],
            "excluded": states["excluded"],
            "by_rule": dict(sorted(ruled.items())),
            "rows": {"total": rows.total, **{s.value: n for s, n in rows.by_state.items()}, "by_rule": rows.by_rule},
            "studies": {"new": self.batch.new_studies, "total": self.batch.ledger.studies},
            "skipped": self.skipped,
            "alerts": list(self.alerts),
            "not_read": dict(self.not_read),
            "cautions": {
                caution.value: list(paths) for caution, paths in (*self.cautions.items(), *self.table_cautions.items())
            },
            "caution_details": {c.value: dict(details) for c, details in self.caution_details.items()},
            "page": str(self.page),
            "rows_csv": str(self.rows_csv) if self.rows_csv else None,
            "to_correct": [str(path) for path in self.to_correct],
            "data_docs": str(self.data_docs) if self.data_docs else None,
        }

    def to_text(self) -> str:
        """Return the summary as a few lines."""
        states = ", ".join(f"{count} {state}" for state, count in self.by_state.items() if count)
        rules = Counter(file.rule for file in self.files if file.state in _RULED)
        new = self.batch.new_files + self.batch.new_duplicates
        lines = [
            f"{counted(len(self.files), 'file')} ({new} new): {states or 'the inbox is empty'}",
            f"{counted(self.batch.new_studies, 'new study')}, {self.batch.ledger.studies:,} in all",
            *([f"{counted(self.batch.reread, 'known file')} read again"] if self.batch.reread else []),
            *(
                [f"{counted(self.batch.returned, 'file')} back at a path that held another"]
                if self.batch.returned
                else []
            ),
            *(f"  {rule}: {count}" for rule, count in sorted(rules.items())),
            *(f"skipped, {reason}: {count}" for reason, count in self.skipped.items()),
            *(visible(f"not read of {path}: {text}") for path, text in self.not_read.items()),
            *(f"to look at, {caution.value}: {len(paths)}" for caution, paths in self.cautions.items()),
            *(
                visible(f"to look at, {caution.value}: {place}")
                for caution, places in self.table_cautions.items()
                for place in places
            ),
            *(f"ALERT {alert}" for alert in self.alerts),
            f"page: {self.page}",
            *(f"to correct: {path}" for path in self.to_correct),
        ]
        return "\n".join(lines)
