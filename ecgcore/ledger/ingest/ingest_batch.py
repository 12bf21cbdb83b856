"""What one ingest hands to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ecgcore.cmr.rules.finding import Finding, RowFault
from ecgcore.errors import LedgerError
from ecgcore.ledger.decide.state import FileKind
from ecgcore.reports.page.reason import Caution


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a good ECG page says: its format, its stored image and what it prints of patient and date, if anything.

    The ledger keeps its cautions, each with its detail, such as the leads that it is about. A printed day that can be
    read in two ways is no ``ecg_date``; ``possible_dates`` are both readings.
    """

    ecg_format: str
    image_sha256: str
    image_path: str
    patient_id: str | None = None
    ecg_date: date | None = None
    cautions: tuple[Caution, ...] = ()
    possible_dates: tuple[date, ...] = ()
    details: Mapping[Caution, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the inbox.

    Args:
        path: relative to the inbox, with forward slashes.
        sha256: hash of its bytes.
        size_bytes: its size.
        kind: what it is.
        page: of a good ECG: its page. Of a content that the ledger knows it may be left out.
        fault: why the file as a whole cannot be used (unreadable page, rejected table, unknown kind).
    """

    path: str
    sha256: str
    size_bytes: int
    kind: FileKind
    page: PageFacts | None = None
    fault: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One label row of a new table; the fields are those of :class:`ecgcore.ledger.decide.label_row.LabelRow`."""

    row_id: str
    table_sha256: str
    row: int
    cells: Mapping[str, object]
    fault: RowFault | None = None


@dataclass(frozen=True, slots=True)
class IngestBatch:
    """One ingest: every file that the inbox lists (known ones cost nothing) and the rows of the tables that it read.

    A content that lies at several places is what the best of them makes it (`sighting.best_places`).

    Args:
        batch_id: a name that no other ingest uses.
        files: the listed files.
        rows: rows of the tables among them.
        again: contents that were read although the ledger may know them; what was found replaces what stood there if
            that was a refused report, a file at a wrong place or a file that changed while it was read.
    """

    batch_id: str
    files: Sequence[SourceFile] = ()
    rows: Sequence[SourceRow] = field(default=())
    again: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise LedgerError(f"batch {self.batch_id}", "lists one path twice", "list each path of the inbox once")
        tables = {file.sha256 for file in self.files}
        orphans = [row.row_id for row in self.rows if row.table_sha256 not in tables]
        if orphans:
            raise LedgerError(
                f"row {orphans[0]}", "its table is not among the files", "hand in table and rows together"
            )
