"""The cautions that the ledger keeps of pages: written when a page is read, and read where studies are chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select

from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import FileCaution, Study
from ecgcore.ledger.ingest.ingest_batch import SourceFile
from ecgcore.reports.page.reason import UNVERIFIED


def write_cautions(connection: Connection, files: Iterable[SourceFile]) -> None:
    """Replace what is kept of these files by what their pages have now."""
    read = {file.sha256: file for file in files}
    for part in chunks(read):
        connection.execute(delete(FileCaution).where(FileCaution.sha256.in_(part)))
    lines = [
        {"sha256": sha256, "caution": caution.value, "detail": file.page.details.get(caution, "")}
        for sha256, file in read.items()
        if file.page
        for caution in dict.fromkeys(file.page.cautions)
    ]
    if lines:
        connection.execute(insert(FileCaution), lines)


def cautions_of_files(connection: Connection, sha256s: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the cautions of each of these files that has any, with their details."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for part in chunks(sha256s):
        query = select(FileCaution.sha256, FileCaution.caution, FileCaution.detail).order_by(FileCaution.caution)
        for sha256, caution, detail in connection.execute(query.where(FileCaution.sha256.in_(part))):
            found[sha256][caution] = detail
    return dict(found)


def unverified_files(connection: Connection, sha256s: Iterable[str]) -> frozenset[str]:
    """Return those of the files of whose page nothing confirms the scale, the leads, the patient or the day."""
    names = {caution.value for caution in UNVERIFIED}
    return frozenset(sha256 for sha256, kept in cautions_of_files(connection, sha256s).items() if names & kept.keys())


def cautions_of_studies(connection: Connection) -> Mapping[str, dict[str, str]]:
    """Return the cautions of the page of each accepted study that has any, with their details."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    query = select(Study.study_id, FileCaution.caution, FileCaution.detail)
    query = query.join(FileCaution, FileCaution.sha256 == Study.file_sha256)
    for study_id, caution, detail in connection.execute(query.order_by(Study.study_id, FileCaution.caution)):
        found[study_id][caution] = detail
    return dict(found)
