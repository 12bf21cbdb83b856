"""What a person is told of a file that was used although it is unusual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecgcore.reports.page.reason import CAUTION_HINTS, Caution

if TYPE_CHECKING:
    from ecgcore.predictor.picture import Picture

_NO_REPORT = (
    "is neither a report page nor a canonical image by its size, or shows no known format; it was used as it is, and "
    "the answer means little if header or grid is on it. Hint: send the report itself, a PDF or a whole page"
)


def said_of(picture: Picture) -> tuple[str, ...]:
    """Return one sentence for each thing that is unusual about a picture."""
    return said(picture.cautions) if picture.is_report else (_NO_REPORT,)


def said(cautions: Iterable[Caution]) -> tuple[str, ...]:
    """Return one sentence for each caution."""
    return tuple(f"{caution.value}. Hint: {CAUTION_HINTS[caution]}" for caution in cautions)
