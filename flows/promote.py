"""Promote: the ledger's promotion row first, link and alias derived from it."""

from __future__ import annotations

from prefect import flow

from tasks.prefect.artifacts import publish_page
from tasks.prefect.environment import open_ledger, prepare
from tasks.prefect.run_page import ended
from tasks.release.promoting import PromotionOutcome, promotion_step
from tasks.release.serving import CHAMPION_SLOT


@flow(
    name="promote",
    flow_run_name="promote version {version} into {slot}",
    description="Export, verify, link and alias a registered version.",
)
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
        outcome = PromotionOutcome(promotion_step(settings, ledger, slot, version, reviewer, reason))
    publish_page("promotion", f"# {outcome.to_text()}\n\nReviewer: {reviewer}. Reason: {reason}.")
    return ended(outcome, outcome.to_text())
