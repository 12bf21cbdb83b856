"""Rolls back: asks for permission for the version to return to, and carries the rollback to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecgcore.ledger.decide.permission import Decider, permission
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.promotion.rollback import RollbackPlan, Way, plan_rollback, roll_back
from ecgcore.settings import Settings
from tasks.prefect.step import step
from tasks.registry.registry import registry_of
from tasks.release.champion_steps import ChampionSteps
from tasks.release.promoting import candidacy_of


@dataclass(frozen=True)
class RollbackOutcome:
    """A rollback that is done."""

    slot: str
    plan: RollbackPlan
    reviewer: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; ``version`` serves now, ``previous`` was left."""
        return {
            "slot": self.slot,
            "way": self.plan.way.value,
            "version": self.plan.champion,
            "previous": self.plan.left,
            "reviewer": self.reviewer,
            "reason": self.reason,
        }

    def to_text(self) -> str:
        """Return it as one line."""
        left, now = self.plan.left, f"version {self.plan.champion}" if self.plan.champion else "none"
        match self.plan.way:
            case Way.RETURN:
                return f"{now} is the {self.slot} (before: {left})"
            case Way.ABANDON:
                return f"the promotion of version {left} is abandoned; the {self.slot} is {now}"
            case Way.STAY:
                return f"nothing to do: version {left} is not the {self.slot}; the {self.slot} is {now}"


def leave_version(
    settings: Settings, ledger: Ledger, slot: str, reviewer: str, reason: str, leave: str | None
) -> RollbackPlan:
    """Abandon the promotion under way; if there is none, return to the champion before the present one.

    Raises:
        PromotionError: there is no earlier champion, it was rejected since, or its release does not verify.
    """
    registry = registry_of(settings)
    plan = plan_rollback(ledger, slot, leave)
    if plan.way is Way.RETURN and plan.champion:
        candidacy = candidacy_of(registry, slot, plan.champion)
        permission(candidacy, promotion.history(ledger, slot), Decider.PERSON).require(f"version {plan.champion}")
    return roll_back(ledger, slot, reviewer, reason, ChampionSteps(settings.home, registry), leave)


rollback_step = step("verify, link and alias")(leave_version)
