"""Promotions: the rows that say which version a slot serves. Link and alias are derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ecgcore.errors import PromotionError
from ecgcore.ledger.db.tables import Promotion
from ecgcore.ledger.decide.state import ENDED, PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review import audit

NO_CHAMPION = "none"
"""What a version was judged against when the slot served none."""

NEXT = {
    PromotionState.INTENDED: PromotionState.EXPORTED,
    PromotionState.EXPORTED: PromotionState.VERIFIED,
    PromotionState.VERIFIED: PromotionState.LINKED,
    PromotionState.LINKED: PromotionState.ALIASED,
    PromotionState.ALIASED: PromotionState.DONE,
}


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """A promotion as the ledger has it.

    Args:
        number: its ordinal.
        slot: what the version is to serve.
        version: the version promoted.
        previous_version: the slot's champion when the promotion began; None for the first.
        state: how far it has come.
        reviewer: who decided, or the policy that did.
        reason: why.
        policy_sha256: hash of the policy that passed it, if any.
        model_dir_sha256: fingerprint of the exported model; None until `exported`.
        failure: why it was rolled back.
        created, updated: moments, UTC.
    """

    number: int
    slot: str
    version: str
    previous_version: str | None
    state: PromotionState
    reviewer: str
    reason: str
    policy_sha256: str | None
    model_dir_sha256: str | None
    failure: str | None
    created: datetime
    updated: datetime


def begin(
    ledger: Ledger,
    version: str,
    slot: str,
    reviewer: str,
    reason: str,
    policy_sha256: str | None = None,
    judged_against: str | None = None,
) -> PromotionRecord:
    """Write the intention to let `version` serve `slot`. Repeated, it returns the promotion in flight or in force.

    Args:
        ledger: where it is written.
        version, slot: what is to serve where.
        reviewer, reason: who decides and why.
        policy_sha256: hash of the policy that passed it, if any.
        judged_against: the champion that it was compared with, or :data:`NO_CHAMPION`; None if that is not known. Only
            a version that was the champion before may come back without a comparison with the present one.

    Raises:
        PromotionError: reviewer or reason is empty, another version is being promoted into the slot, or the slot's
            champion is not the one that `version` was judged against.
    """
    check_decided(f"version {version}", reviewer, reason)
    with ledger.writing() as connection:
        flying, champion = _in_flight(connection, slot), _in_force(connection, slot)
        if flying and flying.version != version:
            hint = f"`ecg promote {flying.version}` finishes it, `ecg rollback --from {flying.version}` abandons it"
            raise PromotionError(f"slot {slot}", f"version {flying.version} is being promoted ({flying.state})", hint)
        if flying or (champion and champion.version == version):
            return flying or _present(champion)
        if not _served(connection, slot, version):
            _check_judged_against(version, champion.version if champion else NO_CHAMPION, judged_against)
        return write(connection, version, slot, reviewer, reason, policy_sha256, champion)


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


def _check_judged_against(version: str, champion: str, judged_against: str | None) -> None:
    if judged_against == champion:
        return
    hint = (
        "run `ecg retrain --force` with its recipe and policy: that judges the model against the present champion and "
        "registers it under a new version"
    )
    if judged_against is None:
        raise PromotionError(f"version {version}", "does not say which champion it was judged against", hint)
    before, now = (f"champion {v}" if v != NO_CHAMPION else "no champion" for v in (judged_against, champion))
    raise PromotionError(f"version {version}", f"was judged against {before}, and the slot has {now} now", hint)


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


def _served(connection: Connection, slot: str, version: str) -> bool:
    done = (Promotion.slot == slot, Promotion.version == version, Promotion.state == PromotionState.DONE)
    return _one(connection, *done) is not None


def _one(connection: Connection, *conditions: Any) -> PromotionRecord | None:
    query = select(Promotion.__table__).where(*conditions).order_by(Promotion.number.desc()).limit(1)
    record = connection.execute(query).first()
    return PromotionRecord(**record._mapping) if record else None


def _present(promotion: PromotionRecord | None) -> PromotionRecord:
    if promotion is None:
        raise PromotionError("promotion", "is not in the ledger", "see `ecg status` for the promotions")
    return promotion
