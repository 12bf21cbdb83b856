"""Whether there is anything to train on: asked before what takes seconds to import."""

from __future__ import annotations

from sqlalchemy import func, select

from ecgcore.errors import LedgerError
from ecgcore.ledger.db.tables import Study
from ecgcore.settings import Settings
from tasks.prefect.environment import open_ledger


def check_populated(settings: Settings) -> None:
    """Check that the ledger holds a study.

    Raises:
        LedgerError: it holds none, or cannot be opened.
    """
    with open_ledger(settings) as ledger, ledger.reading() as connection:
        if not connection.execute(select(func.count()).select_from(Study)).scalar_one():
            hint = "`ecg ingest INBOX` first, then lock the test sets; `ecg demo` shows it on invented patients"
            raise LedgerError(f"the ledger of {settings.home}", "holds no study yet", hint)
