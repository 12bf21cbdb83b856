"""Verbs of daily work: take in what is new, see where everything stands, train, predict."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.options import Json, Overlay, Policy, Recipe
from app.cli.report_verbs import predict
from app.cli.show import show
from app.cli.verb import Verb


def ingest(
    inbox: Annotated[str | None, typer.Argument(help="Folder or s3://bucket/prefix. Default: ECG_INBOX.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read refused reports again: after a new format, or a machine too busy.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read what is new in the inbox: validate, pair, render, split, and record it in the ledger.

    Running it again changes nothing. Files that break a rule are quarantined, never dropped: see
    ECG_HOME/quarantine/<batch>/rows.csv and ECG_HOME/pages/ingest-<batch>.html.
    """
    from ecgcore.surroundings import check_room
    from tasks.prefect.environment import prepare

    settings = prepare()
    check_room(settings.home)
    from tasks.inbox.nothing_new import check_inbox, ingest_nothing_new

    uri = inbox or settings.inbox_uri
    check_inbox(settings, uri)
    summary = None if again else ingest_nothing_new(settings, uri)
    if summary is None:
        from flows.ingest import ingest as flow

        summary = flow(uri, again)
    show(summary, as_json)


def status(as_json: Json = False) -> None:
    """What waits for whom: files and rows by state, quarantine, test sets, candidates, champion, runs."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from app.cli.status import status as read_status

    show(read_status(settings), as_json)


def retrain(
    recipe: Recipe = None,
    policy: Policy = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Train even if too few studies are new or a batch limit is exceeded. Each training is one more look "
            "at the locked test sets; it changes no gate.",
        ),
    ] = False,
    overlay: Overlay = None,
    as_json: Json = False,
) -> None:
    """Snapshot, train, evaluate on the locked test sets, gate, register; promote if the policy says so.

    Exit code 0 also when the gates say no: that is an answer. The decision page tells why.
    """
    from ecgcore.surroundings import check_room
    from tasks.prefect.environment import prepare

    settings = prepare()
    check_room(settings.home)
    named = recipe or settings.recipe, policy or settings.policy
    from app.cli.named import check_named

    check_named(settings, [named[0]], named[1], overlay)
    from tasks.cohort.populated import check_populated

    check_populated(settings)
    from tasks.judging.readiness import check_ready

    check_ready(settings, *named, overlay)
    from flows.retrain import retrain as flow

    show(flow(*named, force, overlay), as_json)


VERBS = (
    Verb(ingest, ("ecg ingest /data/inbox", "ecg ingest s3://hospital/inbox --json")),
    Verb(status, ("ecg status",)),
    Verb(retrain, ("ecg retrain", "ecg retrain --recipe multi-task-best --force")),
    Verb(predict, ("ecg predict report.pdf", "ecg predict ecg/*.pdf --exact")),
)
