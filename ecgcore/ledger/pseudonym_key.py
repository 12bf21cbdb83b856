"""One ledger, one pseudonym key: with another key every old patient would look new, and could reach training."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from ecgcore.errors import LedgerError
from ecgcore.ledger import audit
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.tables import AuditEvent

EVENT = "pseudonym-key"


def check_key(ledger: Ledger, fingerprint: str) -> None:
    """Bind the ledger to the key that it is first used with, and refuse any other.

    Args:
        ledger: the ledger.
        fingerprint: of the key in use (``Pseudonymiser.fingerprint``).

    Raises:
        LedgerError: the ledger's pseudonyms were made with another key.
    """
    with ledger.writing() as connection:
        bound = connection.execute(select(AuditEvent.actor).where(AuditEvent.event == EVENT)).scalar()
        if bound is None:
            audit.record(connection, datetime.now(UTC), EVENT, fingerprint, {})
        elif bound != fingerprint:
            raise LedgerError(
                "ECG_PSEUDONYM_KEY",
                "is not the key that this ledger's pseudonyms were made with",
                "set it to the earlier key; nothing was ingested",
            )
