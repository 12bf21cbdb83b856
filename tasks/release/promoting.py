"""Promotes a registered version: asks for permission, writes the ledger's row, and carries it to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ecgcore.ledger.decide.candidacy import Candidacy
from ecgcore.ledger.decide.permission import Decider
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.promotion.carry import repair, run_promotion
from ecgcore.settings import Settings
from tasks.prefect.step import step
from tasks.registry.registry import Registry, registry_of
from tasks.release.champion_steps import ChampionSteps
from tasks.release.serving import CHAMPION_SLOT


@dataclass(frozen=True)
class PromotionOutcome:
    """A promotion that is done."""

    record: PromotionRecord

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        r = self.record
        return {
            "slot": r.slot,
            "version": r.version,
            "previous": r.previous_version,
            "state": r.state.value,
            "reviewer": r.reviewer,
            "reason": r.reason,
        }

    def to_text(self) -> str:
        """Return it as one line."""
        before = f" (before: {self.record.previous_version})" if self.record.previous_version else ""
        return f"version {self.record.version} is the {self.record.slot}{before}"


def candidacy_of(registry: Registry, slot: str, version: str) -> Candidacy:
    """Return what a registered version brings to a promotion. Nothing here serves another slot than ``champion``.

    Raises:
        RegistryError: there is no such version.
    """
    found = registry.tags(slot, version).candidacy(slot, version)
    return found if slot == CHAMPION_SLOT else replace(found, promotable=False)


def promote_version(
    settings: Settings,
    ledger: Ledger,
    slot: str,
    version: str,
    reviewer: str,
    reason: str,
    by: Decider = Decider.PERSON,
) -> PromotionRecord:
    """Carry a version through all states of its promotion, or repair those of the champion.

    Raises:
        PromotionError: :func:`permission` says no, or its release does not verify.
    """
    registry = registry_of(settings)
    record = promotion.begin(ledger, candidacy_of(registry, slot, version), reviewer, reason, by)
    steps = ChampionSteps(settings.home, registry)
    if record.state is PromotionState.DONE:
        return repair(ledger, slot, steps) or record
    return run_promotion(ledger, record.number, steps)


promotion_step = step("export, verify, link and alias")(promote_version)
