"""What the hospital writes for one study: a page, a table row, and what should become of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ecgcore.synth.patient import Study


class State(StrEnum):
    """The states a file or a row can end in."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    EXCLUDED = "excluded"


class PageKind(StrEnum):
    """How the file of a study is made."""

    REPORT = "report"
    TRUNCATED = "truncated"
    BLANK = "blank"
    TWO_PAGES = "two-pages"
    OTHER_DOCUMENT = "other-document"
    SCAN = "scan"
    ABSENT = "absent"


@dataclass(frozen=True)
class Outcome:
    """What ingest should decide: a state, and the rule behind a ``quarantined`` or ``excluded`` one."""

    state: State
    rule: str = ""


ACCEPTED = Outcome(State.ACCEPTED)
WAITING = Outcome(State.WAITING)


@dataclass(frozen=True)
class Entry:
    """One study as the hospital files it.

    Args:
        study: who, when and what.
        run_num: sequential number over the hospital; keeps equal file names apart.
        file_name: base name of the PDF.
        page: how the PDF is made.
        printed_hn: hospital number on the page.
        has_row: whether the CMR table holds a row.
        cells: cells of that row that differ from what the study says.
        copy_name: base name of a second, identical file, or empty.
        defect: name of the defect, or empty.
        file_outcome, row_outcome: what should become of them.
    """

    study: Study
    run_num: int
    file_name: str
    printed_hn: str
    page: PageKind = PageKind.REPORT
    has_row: bool = True
    cells: Mapping[str, object] = field(default_factory=dict)
    copy_name: str = ""
    defect: str = ""
    file_outcome: Outcome = ACCEPTED
    row_outcome: Outcome = ACCEPTED

    @property
    def folder(self) -> str:
        """Folder of the PDF under the inbox, by the day of the ECG."""
        day: date = self.study.day
        return f"ecg/{day:%Y}/{day:%m}"

    @property
    def has_file(self) -> bool:
        return self.page is not PageKind.ABSENT

    @property
    def files(self) -> tuple[tuple[str, Outcome], ...]:
        """Every ECG file of this entry, relative to the inbox, with what should become of it."""
        first = ((f"{self.folder}/{self.file_name}", self.file_outcome),) if self.has_file else ()
        copy = ((f"{self.folder}/{self.copy_name}", Outcome(State.DUPLICATE)),) if self.copy_name else ()
        return first + copy


def entry_of(study: Study, run_num: int) -> Entry:
    """The entry of a study without any defect."""
    return Entry(study, run_num, f"ecg_{run_num:06d}.pdf", study.hn)
