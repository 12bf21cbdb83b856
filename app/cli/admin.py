"""Verbs that are needed seldom: freeze and lock data, make a synthetic hospital, measure a machine, run the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import Json, Reason, Reviewer, TestSet
from app.cli.show import show, show_json
from app.cli.verb import Group, Verb
from ecgcore.counted import counted


def snapshot(as_json: Json = False) -> None:
    """Freeze the accepted studies into an immutable, content-hashed snapshot."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import freeze, snapshot_json, snapshot_text

    info = freeze(settings)
    if as_json:
        show_json(snapshot_json(info))
    else:
        typer.echo(snapshot_text(info))


def lock(
    name: TestSet,
    yes: Annotated[bool, typer.Option("--yes", help="Lock it whatever it holds, without a question.")] = False,
    as_json: Json = False,
) -> None:
    """Lock a test set: its members never change again and never train.

    In a terminal it shows what would be locked and asks. A script is asked nothing: it gets a refusal where the set
    holds fewer cases than ECG_POLICY's gates need, unless it says --yes.
    """
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.lock_plan import check_sufficient, lock_plan
    from tasks.cohort.snapshots import lock as lock_set

    plan = lock_plan(settings, name)
    if not yes and plan.studies and sys.stdin.isatty():
        typer.echo(plan.to_text(), err=True)
        typer.confirm("Lock it for good?", abort=True, err=True)
    elif not yes:
        check_sufficient(plan)
    info = lock_set(settings, name)
    if as_json:
        show_json(info)
    else:
        typer.echo(f"test set {info['name']}: {info['studies']} studies locked, sha256 {info['sha256']}")


def replace(
    name: TestSet,
    reviewer: Reviewer,
    reason: Reason,
    second: Annotated[
        str | None,
        typer.Option("--second", help="Who agrees; needed if members were disputed after the first look at the set."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Lock a test set anew without its disputed studies: they stay out of training. Its lifetime of looks goes on.

    Refused where none is disputed. Every replacement is shown wherever the set is. Nothing that arrived after the first
    lock is added. Versions judged before keep the hash of the set they were judged on.
    """
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import replace as replace_set

    info = replace_set(settings, name, reviewer, reason, second)
    if as_json:
        show_json(info)
    else:
        typer.echo(f"test set {info['name']}: {info['studies']} studies locked anew, sha256 {info['sha256']}")


def list_sets(as_json: Json = False) -> None:
    """List the locked test sets with their hash and how often each was looked at."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import locked_sets

    sets = locked_sets(settings)
    if as_json:
        show_json(sets)
        return
    if not sets:
        typer.echo("no test set is locked yet. Next: ecg testset lock old; ecg testset lock new")
    for info in sets:
        looks = f"{counted(info['looks'], 'look')} ({info['lifetime_looks']} in its lifetime)"
        typer.echo(f"{info['name']}: {counted(info['studies'], 'study')}, {looks}, sha256 {info['sha256']}")
        for line in info["replaced"]:
            typer.echo(f"  {line}")


def synth(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the inbox to; must not hold an inbox yet.")],
    studies: Annotated[int, typer.Option("--studies", min=1, help="Number of ECG-CMR pairs.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same files.")] = 0,
    defects: Annotated[bool, typer.Option("--defects", help="Add the defects that real inboxes have.")] = False,
    valid_share: Annotated[
        float | None, typer.Option("--valid-share", help="Share of patients outside the test years that validate.")
    ] = None,
) -> None:
    """Make a synthetic hospital: ECG report PDFs in both formats, CMR label tables, and truth.csv."""
    from app.cli.synthesise import synthesise

    hospital = synthesise(out, studies, seed, defects, valid_share)
    typer.echo(f"{hospital.ecg_files} reports and {hospital.tables} tables in {out}; truth: {out / 'truth.csv'}")


def bench(
    studies: Annotated[int, typer.Option("--studies", min=8, help="Reports to ingest in the benchmark.")] = 48,
    only: Annotated[
        str | None, typer.Option("--only", help="One part: reading, cache, training, prediction, orchestration.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure this machine: rates per core, beside the bare limit (pdftoppm, forward pass), and the ratio."""
    from tasks.prefect.environment import prepare

    prepare()
    from bench import bench as run_bench

    show(run_bench(studies, only), as_json)


def demo(
    studies: Annotated[int, typer.Option("--studies", min=100, help="Size of the synthetic hospital.")] = 1200,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same hospital.")] = 1,
) -> None:
    """The whole job on a synthetic hospital, under ECG_HOME (default var/): inbox to promoted champion."""
    from tasks.prefect.environment import prepare

    prepare(own_server=True)  # before anything imports Prefect, which reads its settings then
    from app.cli.demo import demo as run_demo

    run_demo(studies, seed)


VERBS = (
    Verb(snapshot, ("ecg snapshot",)),
    Verb(synth, ("ecg synth --out inbox --studies 200 --seed 7 --defects",)),
    Verb(bench, ("ecg bench", "ecg bench --only reading")),
    Verb(demo, ("ecg demo",)),
)
TESTSET_VERBS = (
    Verb(lock, ("ecg testset lock old", "ecg testset lock new --yes")),
    Verb(replace, ('ecg testset replace old --reviewer "N. N." --reason "a label was wrong"',)),
    Verb(list_sets, ("ecg testset list --json",), name="list"),
)


def testset() -> typer.Typer:
    """Return the verbs of ``ecg testset``."""
    verbs = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    for verb in TESTSET_VERBS:
        verb.register(verbs, Group.ADMIN)
    return verbs
