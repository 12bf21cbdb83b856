"""What validation says about a batch: the failures of its rows, and of the batch as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.cmr.rules.finding import Effect, strongest


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A row that breaks a rule. `value` holds pseudonyms only and is cut to a bounded length."""

    row_id: str
    rule: str
    column: str
    value: str
    hint: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class TableFailure:
    """A batch that cannot be used at all: nothing is known about its rows."""

    rule: str
    column: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The outcome for one batch.

    Args:
        failures: by row, in table order, then in the order of the rules. Empty where `table_failures` is not.
        table_failures: why the batch is rejected.
        data_docs: the index page of the batch's Data Docs, if they were built.
    """

    failures: tuple[RowFailure, ...]
    table_failures: tuple[TableFailure, ...]
    data_docs: Path | None = None

    @property
    def success(self) -> bool:
        """True where nobody has to correct anything: no table failure, no row to quarantine."""
        return not self.table_failures and all(f.effect is not Effect.QUARANTINE for f in self.failures)

    def effects(self) -> dict[str, Effect]:
        """Return the effect that counts for each row with a failure, by `row_id`."""
        by_row: dict[str, list[Effect]] = {}
        for failure in self.failures:
            by_row.setdefault(failure.row_id, []).append(failure.effect)
        return {row_id: effect for row_id, all_ in by_row.items() if (effect := strongest(all_))}
