"""What people read in Prefect: Markdown pages, small tables and progress bars. Needs a flow or task run around it."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ecgcore.counted import counted
from ecgcore.pages.parts.number_text import number_text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_ROWS = 100
MAX_CELL_CHARS = 300
_MAX_KEY_CHARS = 100

log = logging.getLogger(__name__)


def artifact_key(*words: str) -> str:
    """Return a key that Prefect accepts: lower-case letters and digits, single dashes between, at most 100 characters.

    Raises:
        ValueError: the words hold no letter and no digit.
    """
    key = re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower())[:_MAX_KEY_CHARS].strip("-")
    if not key:
        raise ValueError(f"{words!r} hold no letter and no digit to make an artifact key of")
    return key


def publish_page(key: str, markdown: str, description: str | None = None) -> UUID:
    """Publish a Markdown page under a key (made valid by :func:`artifact_key`) and return the artifact's id."""
    from prefect.artifacts import create_markdown_artifact

    return create_markdown_artifact(markdown, artifact_key(key), description)  # type: ignore[return-value]


def publish_table(
    key: str, rows: Sequence[Mapping[str, Any] | DataclassInstance], description: str = "", max_rows: int = MAX_ROWS
) -> UUID:
    """Publish the first ``max_rows`` rows as a table and return the artifact's id.

    The description says how many rows there are and how many are shown. Cells are text, cut at 300 characters; numbers
    are written as pages write them.
    """
    from prefect.artifacts import create_table_artifact

    table = [_cells(row) for row in rows[:max_rows]]
    text = f"{description} {count_note(len(rows), max_rows)}".strip()
    return create_table_artifact(table, artifact_key(key), text)  # type: ignore[return-value]


def count_note(total: int, max_rows: int) -> str:
    """Return how many rows a table shows of how many."""
    rows = counted(total, "row")
    return f"({rows}.)" if total <= max_rows else f"({rows}, the first {max_rows:,} are shown.)"


@dataclass(frozen=True)
class ProgressBar:
    """A progress bar in Prefect's UI."""

    artifact_id: UUID

    def show(self, done: int, total: int, note: str = "") -> None:
        """Show ``done`` of ``total`` (100 % when there is nothing to do) with a note.

        Work does not end because nobody could watch it: a server that is away is a warning.
        """
        from httpx import HTTPError
        from prefect.artifacts import update_progress_artifact

        try:
            update_progress_artifact(self.artifact_id, percent(done, total), note or f"{done:,} of {total:,}")
        except HTTPError as error:  # Prefect's own class for a refusal derives from it
            log.warning("the progress cannot be shown, Prefect's server is away (%s)", type(error).__name__)


@contextmanager
def progress_bar(key: str, description: str) -> Iterator[ProgressBar]:
    """Publish a progress bar at 0 %. Leaving the block normally fills it; an error leaves it where it stood."""
    from prefect.artifacts import create_progress_artifact

    bar = ProgressBar(create_progress_artifact(0.0, artifact_key(key), description))  # type: ignore[arg-type]
    yield bar
    bar.show(1, 1, description)


def percent(done: int, total: int) -> float:
    """Return ``done`` of ``total`` in percent, from 0 to 100; 100 when there is nothing to do."""
    return 100.0 if total <= 0 else round(100.0 * min(max(done, 0), total) / total, 1)


def _cells(row: Mapping[str, Any] | DataclassInstance) -> dict[str, str]:
    values = row if isinstance(row, Mapping) else {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: Any) -> str:
    text = number_text(value) if value is None or isinstance(value, float) else str(value)
    return text if len(text) <= MAX_CELL_CHARS else f"{text[: MAX_CELL_CHARS - 1]}…"
