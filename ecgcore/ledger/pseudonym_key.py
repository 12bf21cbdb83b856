"""One ledger, one way to make pseudonyms: with another, an old patient would look new and could reach training."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import select

from ecgcore.errors import LedgerError
from ecgcore.ledger.db.tables import AuditEvent, File
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review import audit
from ecgcore.pseudonym import NORMALISATION, OLDEST_NORMALISATION

EVENT = "pseudonym-key"
_NORMALISATION = "normalisation"
_FIRST = 1  # before versions were recorded


def holds_pseudonyms(ledger: Ledger) -> bool:
    """Tell whether the ledger is bound to a key, or holds files that one was needed for."""
    bound = select(AuditEvent.number).where(AuditEvent.event == EVENT).limit(1)
    with ledger.reading() as connection:
        return any(connection.execute(query).first() for query in (bound, select(File.sha256).limit(1)))


def normalisation_of(ledger: Ledger) -> int:
    """Return the normalisation that a ledger goes on with: its own where that is still known, else the newest."""
    with ledger.reading() as connection:
        detail = connection.execute(select(AuditEvent.detail).where(AuditEvent.event == EVENT)).scalar()
    made = json.loads(detail).get(_NORMALISATION, _FIRST) if detail else NORMALISATION
    return int(made) if OLDEST_NORMALISATION <= made <= NORMALISATION else NORMALISATION


def check_key(ledger: Ledger, fingerprint: str, normalisation: int = NORMALISATION) -> None:
    """Bind the ledger to the key and the normalisation that it is first used with, and refuse any other.

    Args:
        ledger: the ledger.
        fingerprint: of the key in use (``Pseudonymiser.fingerprint``).
        normalisation: version of the normalisation of hospital numbers in use.

    Raises:
        LedgerError: the ledger's pseudonyms were made with another key or another normalisation.
    """
    with ledger.writing() as connection:
        bound = connection.execute(select(AuditEvent.actor, AuditEvent.detail).where(AuditEvent.event == EVENT)).first()
        if bound is None:
            audit.record(connection, datetime.now(UTC), EVENT, fingerprint, {_NORMALISATION: normalisation})
        elif bound.actor != fingerprint:
            raise LedgerError(
                "ECG_PSEUDONYM_KEY",
                "is not the key that this ledger's pseudonyms were made with",
                "set it to the earlier key; nothing was ingested",
            )
        elif (made := json.loads(bound.detail).get(_NORMALISATION, _FIRST)) != normalisation:
            raise LedgerError(
                "ledger",
                f"has pseudonyms of hospital numbers normalised as version {made}, not {normalisation}: "
                "its patients would look new",
                "set ECG_HOME (or ECG_LEDGER_URL) to a new one and ingest the whole inbox again; nothing was ingested",
            )
