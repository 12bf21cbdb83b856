"""The ledger: what is known about every file, row, study and decision."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType

import pandas as pd
from sqlalchemy import Connection, select

from ecgcore.errors import LedgerError
from ecgcore.ledger.db.database import Database
from ecgcore.ledger.db.tables import Batch, Row
from ecgcore.ledger.decide.pairing import PAIR_DAYS
from ecgcore.ledger.decide.split_policy import SplitPolicy, study_policy
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.counts import Counts, count
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, SourceFile
from ecgcore.ledger.ingest.quarantine import OpenEntry, open_entries
from ecgcore.ledger.ingest.record import BatchSummary, record
from ecgcore.ledger.ingest.split_file import split_files
from ecgcore.ledger.ingest.unread import refused_pages, unread
from ecgcore.ledger.review import audit

log = logging.getLogger(__name__)


class Ledger:
    """Opens and migrates the ledger. Several processes may hold it open at once; writers take turns.

    Args:
        url: `sqlite:///path` or `postgresql://user@host/name`.

    Raises:
        LedgerError: the URL is wrong or the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def reading(self) -> AbstractContextManager[Connection]:
        """Open one consistent read transaction."""
        return self._database.reader()

    def writing(self) -> AbstractContextManager[Connection]:
        """Open the only write transaction; it commits at the end and rolls back on any error."""
        return self._database.writer()

    def exclusive(self, name: str, wait: bool = True) -> AbstractContextManager[None]:
        """Hold a named lock over several transactions, against other processes, for hours if need be.

        Raises:
            LedgerError: another process holds it, and `wait` is false.
        """
        return self._database.exclusive(name, wait)

    def unread(self, files: Sequence[SourceFile]) -> frozenset[str]:
        """Return the hashes of the listed contents that an ingest reads.

        These are contents that the ledger does not hold, that gave neither page nor rows and now lie at a place of
        another kind, or that changed while they were read.
        """
        with self.reading() as connection:
            return unread(connection, files)

    def refused(self, sha256s: Iterable[str]) -> frozenset[str]:
        """Return those of the content hashes that are ECG reports whose page was refused."""
        with self.reading() as connection:
            return refused_pages(connection, sha256s)

    def split(self, sha256s: Iterable[str]) -> dict[str, int]:
        """Return those of the content hashes that are PDFs which were split, each with the number of its pages."""
        with self.reading() as connection:
            return split_files(connection, sha256s)

    def record_batch(
        self,
        batch: IngestBatch,
        splits: SplitPolicy | None = None,
        pair_days: int = PAIR_DAYS,
        now: datetime | None = None,
    ) -> BatchSummary:
        """Record one ingest in one transaction: all of it or nothing.

        Args:
            batch: every listed file (known ones may come without their page) and the rows of new tables. An empty
                batch is fine: it only lets what waits grow older.
            splits: what decides the splits of new studies; the study's own policy if None.
            pair_days: days after which a file or row that still waits is `unpaired`.
            now: the moment of the ingest; the current time if None.

        Raises:
            LedgerError: a new ECG without page and without fault, or a batch_id used before for other content.
        """
        moment = now or datetime.now(UTC)
        with self.writing() as connection:
            summary = record(connection, batch, moment, splits or study_policy(), pair_days)
        log.info("batch %s: %d new files, %d new studies", batch.batch_id, summary.new_files, summary.new_studies)
        return summary

    def counts(self, batch_id: str | None = None) -> Counts:
        """Count files and rows by state: of everything, or of what one batch brought.

        Raises:
            LedgerError: no batch of this name brought anything.
        """
        with self.reading() as connection:
            return count(connection, None if batch_id is None else _batch_number(connection, batch_id))

    def open_entries(self, batch_id: str | None = None) -> list[OpenEntry]:
        """Return the open quarantine entries, of one batch or of all."""
        with self.reading() as connection:
            return open_entries(connection, batch_id)

    def recent_rows(self, limit: int = 200) -> pd.DataFrame:
        """Return the last rows to arrive, newest first: row_id, state, rule, labels (a mapping of those it has).

        Duplicates are left out. Batch limits look at these, because a batch may hold a single file.
        """
        columns = (Row.row_id, Row.state, Row.rule, Row.labels)
        query = select(*columns).where(Row.state != State.DUPLICATE)
        query = query.order_by(Row.batch.desc(), Row.table_sha256.desc(), Row.row.desc()).limit(limit)
        with self.reading() as connection:
            rows = pd.DataFrame(connection.execute(query).all(), columns=[column.name for column in columns])
        return rows.assign(labels=rows["labels"].map(json.loads))

    def check_audit(self) -> int:
        """Return the number of audit events after checking that none was changed or removed.

        Raises:
            LedgerError: the chain of hashes is broken.
        """
        with self.reading() as connection:
            return audit.check(connection)


def _batch_number(connection: Connection, batch_id: str) -> int:
    number = connection.execute(select(Batch.number).where(Batch.batch_id == batch_id)).scalar()
    if number is None:
        raise LedgerError(f"batch {batch_id}", "brought nothing, or never ran", "see `ecg status` for the batches")
    return number
