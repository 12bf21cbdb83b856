"""Promote and roll back: the ledger's promotion row first, link and alias derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import flow

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.promotion_state import PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.promotion.carry import repair, run_promotion
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.promotion.rollback import RollbackPlan, Way, plan_rollback, roll_back
from ecgcore.settings import Settings
from tasks.prefect.artifacts import publish_page
from tasks.prefect.environment import open_ledger, prepare
from tasks.registry.registry import check_promotable, registry_of
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


@flow(name="promote", description="Export, verify, link and alias a registered version.")
def promote(version: str, reviewer: str, reason: str, slot: str = CHAMPION_SLOT) -> PromotionOutcome:
    """Make a registered version the champion; repeating it, or running it after a kill, finishes the job.

    Repeated for the champion, it repairs: a lost release, link or alias is made again, an altered release is refused.

    Args:
        version: of the slot's registered model.
        reviewer, reason: who decides and why, kept in the audit trail.
        slot: what it would serve. Recipes that serve none are registered under their own name, and refused here.

    Raises:
        PromotionError: nothing can load it, its gates did not pass, it was judged against another champion than the
            present one, or its release does not verify.
    """
    settings = prepare()
    with open_ledger(settings) as ledger:
        outcome = PromotionOutcome(promote_version(settings, ledger, slot, version, reviewer, reason))
    publish_page("promotion", f"# {outcome.to_text()}\n\nReviewer: {reviewer}. Reason: {reason}.")
    return outcome


@flow(name="rollback", description="Abandon the promotion under way, or return to the champion before.")
def rollback(reviewer: str, reason: str, leave: str | None = None) -> RollbackOutcome:
    """Abandon the promotion under way; if there is none, return to the champion before the present one.

    Args:
        reviewer, reason: who decides and why, kept in the audit trail.
        leave: the version to leave. If it neither serves nor is being promoted, nothing is done, so that a repeated
            call goes no further back.

    Raises:
        PromotionError: there is no earlier champion, it was rejected since, or its release does not verify.
    """
    settings = prepare()
    with open_ledger(settings) as ledger:
        plan = plan_rollback(ledger, CHAMPION_SLOT, leave)
        if plan.way is Way.RETURN and plan.champion:
            check_promotable(f"version {plan.champion}", registry_of(settings).tags(CHAMPION_SLOT, plan.champion))
        plan = roll_back(ledger, CHAMPION_SLOT, reviewer, reason, _steps(settings), leave)
    outcome = RollbackOutcome(CHAMPION_SLOT, plan, reviewer, reason)
    publish_page("rollback", f"# {outcome.to_text()}\n\nReviewer: {reviewer}. Reason: {reason}.")
    return outcome


def promote_version(
    settings: Settings, ledger: Ledger, slot: str, version: str, reviewer: str, reason: str
) -> PromotionRecord:
    """Carry a version through all states of its promotion, or repair those of the champion.

    Raises:
        PromotionError: see :func:`promote`.
    """
    tags = registry_of(settings).tags(slot, version)
    thing = f"version {version}" if slot == CHAMPION_SLOT else f"version {version} of {slot}"
    if tags.get("promotable") == "false" or slot != CHAMPION_SLOT:
        rule = f"comes from the recipe {tags.get('recipe')}, which is not promotable: nothing here can serve it"
        hint = "the deployed predictor loads multi-task image models; promote a version of such a recipe"
        raise PromotionError(thing, rule, hint)
    check_promotable(thing, tags)
    record = promotion.begin(
        ledger, version, slot, reviewer, reason, tags.get("policy_sha256"), tags.get("judged_against")
    )
    steps = _steps(settings)
    if record.state is PromotionState.DONE:
        return repair(ledger, slot, steps) or record
    return run_promotion(ledger, record.number, steps)


def _steps(settings: Settings) -> ChampionSteps:
    return ChampionSteps(settings.home, registry_of(settings))
