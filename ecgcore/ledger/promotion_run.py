"""Carries a promotion through its states. Killed anywhere and run again, it finishes the job."""

from __future__ import annotations

import logging
from typing import Protocol

from ecgcore.errors import PromotionError
from ecgcore.ledger import promotion
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import PromotionRecord
from ecgcore.ledger.promotion_state import ENDED, PromotionState

log = logging.getLogger(__name__)


class PromotionSteps(Protocol):
    """What the outside world does at each step. Every step may be repeated after it was done or half done."""

    def export(self, promotion: PromotionRecord) -> str:
        """Write the release directory, whole or not at all, and return the model directory's SHA-256."""

    def verify(self, promotion: PromotionRecord) -> None:
        """Load the release in a fresh process and replay its golden studies.

        Raises:
            PromotionError: it does not reproduce them; the promotion is then rolled back.
        """

    def link(self, promotion: PromotionRecord) -> None:
        """Let the slot's link point to the release, atomically."""

    def alias(self, promotion: PromotionRecord) -> None:
        """Set the registry's aliases."""

    def clear(self, slot: str) -> None:
        """Take away the slot's link and alias: no version serves it."""


def run_promotion(ledger: Ledger, number: int, steps: PromotionSteps) -> PromotionRecord:
    """Do the remaining steps of a promotion; each state is written after its step was done.

    Only one process at a time works on a slot. An error of a step other than a failed verification leaves the
    promotion where it stands, to be run again.

    Raises:
        PromotionError: the verification failed (the promotion is then `rolled-back`), or it was rolled back before.
    """
    with ledger.exclusive(_lock_name(promotion.get(ledger, number).slot)):
        return _run(ledger, number, steps)


def abandon(ledger: Ledger, number: int, reason: str, steps: PromotionSteps) -> PromotionRecord:
    """Roll back a promotion in flight, and lead link and alias back to the slot's champion.

    Raises:
        PromotionError: it has ended already.
    """
    slot = promotion.get(ledger, number).slot
    with ledger.exclusive(_lock_name(slot)):
        state = promotion.get(ledger, number).state
        ended = promotion.advance(ledger, number, state, PromotionState.ROLLED_BACK, failure=reason)
        _restore(ledger, slot, steps)
    return ended


def repair(ledger: Ledger, slot: str, steps: PromotionSteps) -> PromotionRecord | None:
    """Lead link and alias to what the ledger says, after finishing what is in flight; returns the champion, if any.

    Raises:
        PromotionError: the promotion in flight fails its verification.
    """
    with ledger.exclusive(_lock_name(slot)):
        if flying := promotion.unfinished(ledger, slot):
            return _run(ledger, flying.number, steps)
        return _restore(ledger, slot, steps)


def _lock_name(slot: str) -> str:
    return f"slot {slot}"


def _run(ledger: Ledger, number: int, steps: PromotionSteps) -> PromotionRecord:
    standing = promotion.get(ledger, number)
    while standing.state not in ENDED:
        standing = _step(ledger, standing, steps)
        log.info("promotion %d of %s: %s", number, standing.version, standing.state)
    if standing.state is PromotionState.ROLLED_BACK:
        hint = "correct the cause and promote the version again"
        raise PromotionError(f"version {standing.version}", f"was rolled back: {standing.failure}", hint)
    return standing


def _step(ledger: Ledger, standing: PromotionRecord, steps: PromotionSteps) -> PromotionRecord:
    old, sha256 = standing.state, None
    match old:
        case PromotionState.INTENDED:
            sha256 = steps.export(standing)
        case PromotionState.EXPORTED:
            if failure := _failure(standing, steps):
                return promotion.advance(ledger, standing.number, old, PromotionState.ROLLED_BACK, failure=failure)
        case PromotionState.VERIFIED:
            steps.link(standing)
        case PromotionState.LINKED:
            steps.alias(standing)
    return promotion.advance(ledger, standing.number, old, promotion.NEXT[old], model_dir_sha256=sha256)


def _failure(standing: PromotionRecord, steps: PromotionSteps) -> str | None:
    try:
        steps.verify(standing)
    except PromotionError as e:
        log.warning("promotion %d fails its verification: %s", standing.number, e)
        return str(e)
    return None


def _restore(ledger: Ledger, slot: str, steps: PromotionSteps) -> PromotionRecord | None:
    champion = promotion.current(ledger, slot)
    if champion is None:
        steps.clear(slot)
        return None
    steps.link(champion)
    steps.alias(champion)
    return champion
