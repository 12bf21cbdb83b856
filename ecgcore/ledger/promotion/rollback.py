"""Rollbacks: which of a slot's versions is left, and for which. A repeated one goes on with what was begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import ENDED, PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.promotion.carry import PromotionSteps, abandon, run_promotion


class Way(StrEnum):
    """What a rollback does."""

    RETURN = "return"
    """The champion before is promoted again."""
    ABANDON = "abandon"
    """The promotion in flight ends, and the champion stays."""
    STAY = "stay"
    """Nothing: the version to leave is not the champion any more."""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback would do.

    Args:
        way: what.
        left: the version that will not serve.
        champion: the version that serves then; None if none does.
        flying: the promotion in flight, if any: to be finished for `return`, to be ended for `abandon`.
    """

    way: Way
    left: str
    champion: str | None
    flying: PromotionRecord | None = None


def plan_rollback(ledger: Ledger, slot: str, leave: str | None = None) -> RollbackPlan:
    """Return what a rollback would do now.

    Args:
        ledger: what was promoted so far.
        slot: whose champion or whose promotion in flight is left.
        leave: the version to leave; if None, the one in flight, or else the champion.

    Raises:
        PromotionError: there is nothing to leave, or nothing to return to.
    """
    with ledger.reading() as connection:
        return _plan(slot, promotion.records(connection, slot), leave)


def roll_back(
    ledger: Ledger, slot: str, reviewer: str, reason: str, steps: PromotionSteps, leave: str | None = None
) -> RollbackPlan:
    """Abandon the promotion in flight, or else return to the champion before the present one.

    The champion before is the one that the present champion first took the slot from, so that repeated rollbacks go
    back one champion after the other. A rollback that was killed is finished. With `leave`, repeating changes nothing.

    Args:
        ledger, slot, leave: see :func:`plan_rollback`.
        reviewer, reason: who decides and why.
        steps: what the outside world does.

    Returns:
        What was done.

    Raises:
        PromotionError: see :func:`plan_rollback`; or reviewer or reason is empty, or the release does not verify.
    """
    promotion.check_decided(f"the rollback of slot {slot}", reviewer, reason)
    with ledger.writing() as connection:
        past = promotion.records(connection, slot)
        plan = _plan(slot, past, leave)
        flying = plan.flying
        if plan.way is Way.RETURN and flying is None:
            flying = promotion.write(connection, str(plan.champion), slot, reviewer, reason, None, _in_force(past))
    if plan.way is Way.RETURN and flying is not None:
        run_promotion(ledger, flying.number, steps)
    if plan.way is Way.ABANDON and flying is not None:
        abandon(ledger, flying.number, f"abandoned by {reviewer}: {reason}", steps)
    return plan


def _plan(slot: str, past: Sequence[PromotionRecord], leave: str | None) -> RollbackPlan:
    flying = next((each for each in past if each.state not in ENDED), None)
    champion = _in_force(past)
    serving = champion.version if champion else None
    before = _taken_from(past, champion) if champion else None
    if leave is not None and leave not in {each.version for each in past}:
        raise PromotionError(f"version {leave}", f"was never promoted into slot {slot}", "see `ecg status`")
    if flying and leave == flying.version:
        return RollbackPlan(Way.ABANDON, flying.version, serving, flying)
    if flying and champion and flying.version == before and leave in (None, serving):
        return RollbackPlan(Way.RETURN, champion.version, before, flying)
    if flying and leave is None:
        return RollbackPlan(Way.ABANDON, flying.version, serving, flying)
    if leave is not None and leave != serving:
        return RollbackPlan(Way.STAY, leave, serving)
    if flying:
        hint = f"`ecg promote {flying.version}` finishes it, `ecg rollback --from {flying.version}` abandons it"
        raise PromotionError(f"slot {slot}", f"version {flying.version} is being promoted ({flying.state})", hint)
    if champion is None or before is None:
        hint = "promote a version instead; one that was champion before needs no new comparison"
        raise PromotionError(f"slot {slot}", "has no earlier champion", hint)
    return RollbackPlan(Way.RETURN, champion.version, before)


def _in_force(past: Sequence[PromotionRecord]) -> PromotionRecord | None:
    return next((each for each in past if each.state is PromotionState.DONE), None)


def _taken_from(past: Sequence[PromotionRecord], champion: PromotionRecord) -> str | None:
    """Return the version that the champion's first promotion took the slot from."""
    done = [each for each in past if each.version == champion.version and each.state is PromotionState.DONE]
    return done[-1].previous_version
