"""Which ECG file a label row names. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ecgcore.ledger.decide import naming
from ecgcore.ledger.decide.ecg_page import EcgPage
from ecgcore.ledger.decide.label_row import LabelRow
from ecgcore.reports.page.pdf_page import page_number


@dataclass(frozen=True, slots=True)
class Match:
    """The pages that a row may mean: none, one, or several that nothing tells apart.

    Args:
        pages: the candidates left.
        elsewhere: a file of the name exists, but its folder names another month.
    """

    pages: tuple[EcgPage, ...] = ()
    elsewhere: bool = False

    @property
    def page(self) -> EcgPage | None:
        """The page, if exactly one is left."""
        return self.pages[0] if len(self.pages) == 1 else None


class Matcher:
    """Finds the page for a row among `pages` by name, then by what the pages and folders say."""

    def __init__(self, pages: Iterable[EcgPage]) -> None:
        self._by_stem: dict[str, list[EcgPage]] = defaultdict(list)
        for page in pages:
            for name in {naming.stem(sighting.path) for sighting in page.sightings}:
                self._by_stem[name].append(page)

    def match(self, row: LabelRow) -> Match:
        """Return what is left after each narrowing that leaves anything.

        A folder that names another year or month than the row rules a page out, unless its print agrees with the row:
        two files of different months often share a name, and one may not have arrived.
        """
        named = self._named(row.file_name or "")
        here = [page for page in named if not _other_month(page, row)]
        narrowed = here if len(here) < 2 else _narrow(here, row)
        return Match(tuple(narrowed), elsewhere=bool(named) and not here)

    def _named(self, cell: str) -> list[EcgPage]:
        pages = self._by_stem.get(naming.stem(cell), []) if naming.stem(cell) else []
        if (number := page_number(cell)) is not None:
            pages = [page for page in pages if _any_path(page, lambda path: page_number(path) == number)]
        name = naming.base_name(cell)
        return _keep(pages, lambda page: any(naming.base_name(s.path) == name for s in page.sightings))


def disagreement(page: EcgPage, row: LabelRow) -> str:
    """Name what the page prints otherwise than the row says: "patient", "date", or "" for nothing."""
    if page.patient_id and row.patient_id and page.patient_id != row.patient_id:
        return "patient"
    days = (page.ecg_date,) if page.ecg_date else page.possible_dates
    return "date" if days and row.day and row.day not in days else ""


def agreement(page: EcgPage, row: LabelRow) -> int:
    """Count the evidence that the page is the row's: 2 for the patient, 1 for the date, 0 if anything disagrees."""
    if disagreement(page, row):
        return 0
    same_patient = page.patient_id is not None and page.patient_id == row.patient_id
    return 2 * same_patient + (page.ecg_date is not None and page.ecg_date == row.day)


def _narrow(pages: Sequence[EcgPage], row: LabelRow) -> list[EcgPage]:
    left = _keep(pages, lambda page: _any_path(page, lambda path: naming.ends_with(path, row.file_name or "")))
    left = _keep(left, lambda page: not disagreement(page, row))
    best = max(agreement(page, row) for page in left)
    left = _keep(left, lambda page: agreement(page, row) == best)
    left = _keep(left, lambda page: _same_month(page, row))
    if row.run_num:
        run = row.run_num
        left = _keep(left, lambda page: _any_path(page, lambda path: naming.has_component(path, run)))
    return left


def _keep(pages: Sequence[EcgPage], test: Callable[[EcgPage], bool]) -> list[EcgPage]:
    return [page for page in pages if test(page)] or list(pages)


def _any_path(page: EcgPage, test: Callable[[str], bool]) -> bool:
    return any(test(sighting.path) for sighting in page.sightings)


def _row_month(row: LabelRow) -> tuple[int | None, int | None]:
    if row.year is not None:
        return row.year, row.month
    return (row.day.year, row.day.month) if row.day else (None, None)


def _same_month(page: EcgPage, row: LabelRow) -> bool:
    year, month = _row_month(row)
    return year is not None and _any_path(page, lambda path: naming.year_month(path) == (year, month))


def _other_month(page: EcgPage, row: LabelRow) -> bool:
    if agreement(page, row) >= 2:
        return False
    wanted = _row_month(row)
    return all(_contradicts(naming.year_month(sighting.path), wanted) for sighting in page.sightings)


def _contradicts(folder: tuple[int | None, int | None], wanted: tuple[int | None, int | None]) -> bool:
    return any(
        here is not None and there is not None and here != there for here, there in zip(folder, wanted, strict=True)
    )
