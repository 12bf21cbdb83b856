"""Verbs of the reviewer: judge a registered version, see what it looks at, let it serve, take it back."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.options import Json, Policy, Reason, Reviewer, Slot, Version
from app.cli.report_verbs import explain
from app.cli.show import show
from app.cli.verb import Verb


def evaluate(version: Version, policy: Policy = None, slot: Slot = "champion", as_json: Json = False) -> None:
    """Score a registered version on the locked test sets again. It counts as a look, and is recorded."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from app.cli.named import check_named
    from tasks.registry.versions import check_registered

    check_named(settings, policy=policy or settings.policy)
    check_registered(settings, slot, version)
    from tasks.judging.evaluate import evaluate_version

    show(evaluate_version(settings, version, policy or settings.policy, slot), as_json)


def promote(
    version: Version, reviewer: Reviewer, reason: Reason, slot: Slot = "champion", as_json: Json = False
) -> None:
    """Export, verify in a fresh process, link and alias a version as champion. Safe to kill, safe to repeat.

    A version takes over from the champion that it was judged against, and from no other. For the champion itself this
    repairs what was lost: its release, the link, the registry's alias.
    """
    from ecgcore.surroundings import check_room
    from tasks.prefect.environment import prepare

    settings = prepare()
    check_room(settings.home)
    from tasks.registry.versions import check_registered

    check_registered(settings, slot, version)
    from flows.promote import promote as flow

    show(flow(version, reviewer, reason, slot), as_json)


def rollback(
    reviewer: Reviewer,
    reason: Reason,
    leave: Annotated[
        str | None, typer.Option("--from", help="The version to leave. If it is left already, nothing is done.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Abandon the promotion under way; if there is none, make the champion before the present one champion again.

    Run again, it goes back one champion more: name the one to leave with --from, and repeating is safe. A rollback that
    was killed is finished by the same command.
    """
    from ecgcore.ledger.promotion.rollback import plan_rollback
    from ecgcore.surroundings import check_room
    from tasks.prefect.environment import open_ledger, prepare
    from tasks.release.serving import CHAMPION_SLOT

    settings = prepare()
    check_room(settings.home)
    with open_ledger(settings) as ledger:
        plan_rollback(ledger, CHAMPION_SLOT, leave)  # refuses at once what the flow would refuse
    from flows.rollback import rollback as flow

    show(flow(reviewer, reason, leave), as_json)


VERBS = (
    Verb(evaluate, ("ecg evaluate 3", "ecg evaluate 1 --slot multi-task-clinical")),
    Verb(explain, ("ecg explain report.pdf --out map.png", "ecg explain report.pdf --out lvef.png --target lvef")),
    Verb(promote, ('ecg promote 7 --reviewer "N. N." --reason "passed all gates"',)),
    Verb(rollback, ('ecg rollback --from 7 --reviewer "N. N." --reason "drift on new reports"',)),
)
