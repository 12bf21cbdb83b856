"""Carries a promotion through its states. Killed anywhere and run again, it finishes the job."""

from __future__ import annotations

import logging
from typing import Protocol

from ecgcore.errors import PromotionError, TransientError
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import ENDED, PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion

log = logging.getLogger(__name__)

_OF_THE_CONTENT = frozenset({PromotionState.INTENDED, PromotionState.EXPORTED})


class PromotionSteps(Protocol):
    """What the outside world does at each step. Every step may be repeated after it was done or half done."""

    def export(self, promotion: PromotionRecord) -> str:
        """Write the release directory, whole or not at all, and return the model directory's SHA-256.

        An intact release that is there already is left as it is.

        Raises:
            TransientError: the disk refuses.
            PromotionError: the version's content is wrong; the promotion is then rolled back.
        """

    def verify(self, promotion: PromotionRecord) -> None:
        """Load the release in a fresh process and replay its golden studies.

        Raises:
            TransientError: the machine ended the replay.
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

    Only one process at a time works on a slot. If the version's content is wrong, as the export or the verification
    finds, the promotion is rolled back; any other error leaves it where it stands, to be run again.

    Raises:
        PromotionError: the content is wrong (the promotion is then `rolled-back`), or it was rolled back before.
    """
    with ledger.exclusive(_lock_name(promotion.get(ledger, number).slot)):
        return _run(ledger, number, steps)


def abandon(ledger: Ledger, number: int, reason: str, steps: PromotionSteps) -> PromotionRecord:
    """Roll back a promotion in flight, and lead link and alias back to the slot's champion.

    Raises:
        PromotionError: it has ended already, for example because the process that ran it was not dead.
    """
    slot = promotion.get(ledger, number).slot
    with ledger.exclusive(_lock_name(slot)):
        standing = promotion.get(ledger, number)
        if standing.state in ENDED:
            rule = f"is {standing.state}: there is nothing to abandon"
            raise PromotionError(f"promotion of version {standing.version}", rule, "see `ecg status`")
        ended = promotion.advance(ledger, number, standing.state, PromotionState.ROLLED_BACK, failure=reason)
        _lead_back(ledger, slot, steps)
    return ended


def repair(ledger: Ledger, slot: str, steps: PromotionSteps) -> PromotionRecord | None:
    """Lead release, link and alias to what the ledger says, after finishing what is in flight.

    A release that was lost is exported again; every release is verified before the link points to it.

    Returns:
        The champion, if any.

    Raises:
        PromotionError: the promotion in flight is rolled back, or the champion's release was altered.
    """
    with ledger.exclusive(_lock_name(slot)):
        if flying := promotion.unfinished(ledger, slot):
            return _run(ledger, flying.number, steps)
        if champion := promotion.current(ledger, slot):
            _renew(champion, steps)
        return _lead_back(ledger, slot, steps)


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
    try:
        match old:
            case PromotionState.INTENDED:
                sha256 = steps.export(standing)
            case PromotionState.EXPORTED:
                steps.verify(standing)
            case PromotionState.VERIFIED:
                steps.link(standing)
            case PromotionState.LINKED:
                steps.alias(standing)
    except TransientError:
        raise
    except PromotionError as e:
        if old not in _OF_THE_CONTENT:
            raise
        log.warning("promotion %d fails as it is %s: %s", standing.number, old, e)
        return promotion.advance(ledger, standing.number, old, PromotionState.ROLLED_BACK, failure=str(e))
    return promotion.advance(ledger, standing.number, old, promotion.NEXT[old], model_dir_sha256=sha256)


def _renew(champion: PromotionRecord, steps: PromotionSteps) -> None:
    if steps.export(champion) != champion.model_dir_sha256:
        rule = "its model is not the one that the ledger holds"
        raise PromotionError(f"version {champion.version}", rule, "do not serve it; `ecg rollback` leaves it")
    steps.verify(champion)


def _lead_back(ledger: Ledger, slot: str, steps: PromotionSteps) -> PromotionRecord | None:
    champion = promotion.current(ledger, slot)
    if champion is None:
        steps.clear(slot)
        return None
    steps.link(champion)
    steps.alias(champion)
    return champion
