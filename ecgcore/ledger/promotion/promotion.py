"""Promotions: the rows that say which version a slot serves. Link and alias are derived from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ecgcore.errors import PromotionError
from ecgcore.ledger.db.tables import Promotion
from ecgcore.ledger.decide.candidacy import Candidacy
from ecgcore.ledger.decide.permission import Decider, Ruling, permission
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import ENDED, PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review import audit

NEXT = {
    PromotionState.INTENDED: PromotionState.EXPORTED,
    PromotionState.EXPORTED: PromotionState.VERIFIED,
    PromotionState.VERIFIED: PromotionState.LINKED,
    PromotionState.LINKED: PromotionState.ALIASED,
    PromotionState.ALIASED: PromotionState.DONE,
}


def begin(
    ledger: Ledger, candidacy: Candidacy, reviewer: str, reason: str, by: Decider = Decider.PERSON
) -> PromotionRecord:
    """Write the intention to let a version serve its slot. Repeated, it returns the promotion in flight or in force.

    Args:
        ledger: where it is written.
        candidacy: the version, as it was registered.
        reviewer, reason: who decides and why.
        by: what kind of reviewer that is.

    Raises:
        PromotionError: reviewer or reason is empty, or :func:`permission` says no.
    """
    check_decided(f"version {candidacy.version}", reviewer, reason)
    with ledger.writing() as connection:
        answer = permission(candidacy, records(connection, candidacy.slot), by)
        answer.require(f"version {candidacy.version}")
        champion = _in_force(connection, candidacy.slot)
        match answer.ruling:
            case Ruling.UNDER_WAY:
                return _present(_in_flight(connection, candidacy.slot))
            case Ruling.SERVES:
                return _present(champion)
        sha256 = candidacy.policy_sha256
        return write(connection, candidacy.version, candidacy.slot, reviewer, reason, sha256, champion)


def check_decided(thing: str, reviewer: str, reason: str) -> None:
    """Check that somebody decides on `thing`, and says why.

    Raises:
        PromotionError: reviewer or reason is empty.
    """
    if not reviewer.strip() or not reason.strip():
        raise PromotionError(thing, "needs a reviewer and a reason", "give --reviewer and --reason")


def advance(
    ledger: Ledger,
    number: int,
    old: PromotionState,
    new: PromotionState,
    model_dir_sha256: str | None = None,
    failure: str | None = None,
) -> PromotionRecord:
    """Move a promotion from `old` to `new`, if that is where it stands (compare and set), and audit it.

    Raises:
        PromotionError: it stands elsewhere, or `new` does not follow `old`.
    """
    if new is not NEXT.get(old) and (new is not PromotionState.ROLLED_BACK or old in ENDED):
        raise PromotionError(f"promotion {number}", f"cannot go from {old} to {new}", "run the promotion again")
    now = datetime.now(UTC)
    values: dict[str, Any] = {"state": new, "updated": now}
    values |= {"model_dir_sha256": model_dir_sha256} if model_dir_sha256 else {}
    values |= {"failure": failure} if failure else {}
    with ledger.writing() as connection:
        where = (Promotion.number == number, Promotion.state == old)
        if connection.execute(update(Promotion).where(*where).values(**values)).rowcount != 1:
            raise PromotionError(f"promotion {number}", f"is no longer {old}", "see `ecg status`, then run it again")
        moved = _one(connection, Promotion.number == number)
        _audit(connection, _present(moved), now)
    return _present(moved)


def get(ledger: Ledger, number: int) -> PromotionRecord:
    """Return a promotion.

    Raises:
        PromotionError: there is none of this number.
    """
    with ledger.reading() as connection:
        return _present(_one(connection, Promotion.number == number))


def unfinished(ledger: Ledger, slot: str) -> PromotionRecord | None:
    """Return the slot's promotion in flight, if any; there is one at most."""
    with ledger.reading() as connection:
        return _in_flight(connection, slot)


def current(ledger: Ledger, slot: str) -> PromotionRecord | None:
    """Return the promotion whose version the slot serves: the last one done; None if there was none."""
    with ledger.reading() as connection:
        return _in_force(connection, slot)


def history(ledger: Ledger, slot: str) -> list[PromotionRecord]:
    """Return all promotions of a slot, newest first."""
    with ledger.reading() as connection:
        return records(connection, slot)


def records(connection: Connection, slot: str) -> list[PromotionRecord]:
    """Return all promotions of a slot, newest first, as a transaction sees them."""
    query = select(Promotion.__table__).where(Promotion.slot == slot).order_by(Promotion.number.desc())
    return [PromotionRecord(**record._mapping) for record in connection.execute(query)]


def write(
    connection: Connection,
    version: str,
    slot: str,
    reviewer: str,
    reason: str,
    policy_sha256: str | None,
    champion: PromotionRecord | None,
) -> PromotionRecord:
    """Write an intended promotion, over `champion`, into a slot with none in flight, and audit it."""
    now = datetime.now(UTC)
    values = {
        "slot": slot,
        "version": version,
        "previous_version": champion.version if champion else None,
        "state": PromotionState.INTENDED,
        "reviewer": reviewer,
        "reason": reason,
        "policy_sha256": policy_sha256,
        "created": now,
        "updated": now,
    }
    connection.execute(insert(Promotion), values)
    begun = _present(_in_flight(connection, slot))
    _audit(connection, begun, now)
    return begun


def _audit(connection: Connection, promotion: PromotionRecord, now: datetime) -> None:
    detail = {
        "number": promotion.number,
        "slot": promotion.slot,
        "version": promotion.version,
        "previous_version": promotion.previous_version,
        "reason": promotion.reason,
        "policy_sha256": promotion.policy_sha256,
        "model_dir_sha256": promotion.model_dir_sha256,
        "failure": promotion.failure,
    }
    audit.record(connection, now, f"promotion-{promotion.state}", promotion.reviewer, detail)


def _in_flight(connection: Connection, slot: str) -> PromotionRecord | None:
    return _one(connection, Promotion.slot == slot, Promotion.state.not_in(ENDED))


def _in_force(connection: Connection, slot: str) -> PromotionRecord | None:
    return _one(connection, Promotion.slot == slot, Promotion.state == PromotionState.DONE)


def _one(connection: Connection, *conditions: Any) -> PromotionRecord | None:
    query = select(Promotion.__table__).where(*conditions).order_by(Promotion.number.desc()).limit(1)
    record = connection.execute(query).first()
    return PromotionRecord(**record._mapping) if record else None


def _present(promotion: PromotionRecord | None) -> PromotionRecord:
    if promotion is None:
        raise PromotionError("promotion", "is not in the ledger", "see `ecg status` for the promotions")
    return promotion
