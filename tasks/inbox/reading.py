"""Prefect tasks that read the inbox: list, hash, read tables, read report pages. Coarse: one task a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Finding
from ecgcore.cmr.table.caution import TableCaution
from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.counted import counted
from ecgcore.errors import TableError
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.assembly import page_of
from ecgcore.ledger.ingest.ingest_batch import PageFacts
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.batch.report_batch import read_reports
from ecgcore.reports.batch.report_file import ReportFile
from tasks.inbox.listed import Listed, hashed
from tasks.inbox.storage import Inbox, InboxFile, list_inbox
from tasks.prefect.artifacts import progress_bar

_SHOW_EVERY = 50
_CHANGED = catalogue.CHANGED.found("its content changed")


@task(name="list the inbox", retries=2, retry_delay_seconds=5, cache_policy=NO_CACHE)
def list_files(uri: str, staging: Path, endpoint_url: str | None, settle_seconds: float) -> Inbox:
    """List the inbox; objects of a bucket are fetched below ``staging``."""
    return list_inbox(uri, staging=staging, endpoint_url=endpoint_url, settle_seconds=settle_seconds)


@task(name="hash the files", cache_policy=NO_CACHE)
def hash_files(inbox: Inbox) -> list[Listed]:
    """Hash every ECG and CMR file, and every other file in their two folders."""
    return hashed(inbox)


@dataclass(frozen=True)
class TablesRead:
    """Tables that could be read, by content hash, and what is wrong with the other CMR files."""

    tables: dict[str, LabelTable]
    faults: dict[str, Finding]

    def not_read(self, listed: Sequence[Listed]) -> dict[str, str]:
        """Return what was not read of the tables, by the path of each that has such columns or sheets."""
        texts = {each.file.relative: self.tables[each.sha256].not_read for each in listed if each.sha256 in self.tables}
        return {path: text for path, text in texts.items() if text}

    def cautions(self, listed: Sequence[Listed]) -> dict[TableCaution, tuple[str, ...]]:
        """Return where each caution about a table holds: ``cmr/a.xlsx, rows 3, 4``."""
        found = {each.file.relative: self.tables[each.sha256].cautions for each in listed if each.sha256 in self.tables}
        places = {c: tuple(f"{path}, {where[c]}" for path, where in found.items() if c in where) for c in TableCaution}
        return {caution: named for caution, named in places.items() if named}


@task(name="read the label tables", cache_policy=NO_CACHE)
def read_tables(files: Sequence[Listed], pseudonymiser: Pseudonymiser) -> TablesRead:
    """Read each new label table; a file that is none, or is rejected as a whole, gets its finding."""
    tables: dict[str, LabelTable] = {}
    faults: dict[str, Finding] = {}
    for listed in files:
        if listed.kind is FileKind.NARRATIVE:
            faults[listed.sha256] = catalogue.NARRATIVE_REPORT.found(_suffix(listed.file))
        elif listed.kind is FileKind.UNKNOWN:
            faults[listed.sha256] = catalogue.KNOWN_KIND.found(_suffix(listed.file) or "no suffix")
        else:
            try:
                table = read_table(listed.file.path, pseudonymiser)
            except TableError as error:
                faults[listed.sha256] = catalogue.TABLE_REJECTED.found(error.rule, error.hint)
                continue
            if table.sha256 == listed.sha256:
                tables[listed.sha256] = table
            else:
                faults[listed.sha256] = _CHANGED
    return TablesRead(tables, faults)


def _suffix(file: InboxFile) -> str:
    return Path(file.relative).suffix.lower()


@dataclass(frozen=True)
class PagesRead:
    """What was read of ECG reports, by content hash.

    Args:
        pages: the page of each, or why it is refused.
        several: PDFs that hold several reports, each with the number of its pages.
    """

    pages: dict[str, PageFacts | Finding] = field(default_factory=dict)
    several: dict[str, int] = field(default_factory=dict)


@task(name="read the ECG reports", cache_policy=NO_CACHE)
def read_pages(
    files: Sequence[Listed],
    image_dir: Path,
    pseudonymiser: Pseudonymiser,
    workers: int | None,
    show: Callable[[int], None],
) -> PagesRead:
    """Render and check each new report in worker processes."""
    read = PagesRead()
    unique = list({listed.sha256: listed for listed in files}.values())
    with progress_bar("ingest-progress", f"reading {counted(len(unique), 'report')}") as bar:
        reports = [ReportFile(each.file.path, each.page) for each in unique]
        results = read_reports(reports, image_dir, pseudonymiser, workers=workers)
        for done, (listed, result) in enumerate(zip(unique, results, strict=True), start=1):
            read.pages[listed.sha256] = _page(listed, result.sha256, page_of(result))
            if result.pages and result.sha256 == listed.sha256:
                read.several[listed.sha256] = result.pages
            show(done)
            if done % _SHOW_EVERY == 0:
                bar.show(done, len(unique))
    return read


def _page(listed: Listed, sha256: str | None, page: PageFacts | Finding) -> PageFacts | Finding:
    if sha256 == listed.sha256 or isinstance(page, Finding):
        return page
    return _CHANGED
