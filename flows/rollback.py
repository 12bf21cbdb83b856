"""Roll back: abandon the promotion under way, or return to the champion before."""

from __future__ import annotations

from prefect import flow

from tasks.prefect.artifacts import publish_page
from tasks.prefect.environment import open_ledger, prepare
from tasks.prefect.run_page import ended, named
from tasks.release.leaving import RollbackOutcome, rollback_step
from tasks.release.serving import CHAMPION_SLOT


@flow(
    name="rollback",
    flow_run_name=named(lambda given: f"rollback of version {given['leave']}" if given.get("leave") else "rollback"),
    description="Abandon the promotion under way, or return to the champion before.",
)
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
        plan = rollback_step(settings, ledger, CHAMPION_SLOT, reviewer, reason, leave)
    outcome = RollbackOutcome(CHAMPION_SLOT, plan, reviewer, reason)
    publish_page("rollback", f"# {outcome.to_text()}\n\nReviewer: {reviewer}. Reason: {reason}.")
    return ended(outcome, outcome.to_text())
