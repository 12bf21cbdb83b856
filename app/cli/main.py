"""The ``ecg`` command line: a thin layer over the flows. Heavy imports stay inside the commands."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, runtime_checkable

import typer

from app.cli.report_verbs import explain, extract, predict, view

if TYPE_CHECKING:
    from ecgcore.pages.document import Document

app = typer.Typer(
    name="ecg",
    help="Retrain, gate, register and promote ECG image models from paired ECG reports and CMR findings.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
testset = typer.Typer(help="Lock, replace and list the named test sets.", no_args_is_help=True)
app.add_typer(testset, name="testset")

Slot = Annotated[
    str, typer.Option("--slot", help="What the version would serve; recipes that serve none have a slot of their name.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, for programs.")]


_PREFECT_AWAY = ("Failed to reach API", "ephemeral Prefect API server")  # it raises plain RuntimeErrors


def _say(text: str = "") -> None:
    typer.echo(text)


def _json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, sort_keys=False, default=str))


class _Told(Protocol):
    def to_json(self) -> Any: ...
    def to_text(self) -> str: ...


@runtime_checkable
class _Documented(Protocol):
    def to_json(self) -> Any: ...
    def to_document(self) -> Document: ...


def _show(found: _Told | _Documented, as_json: bool) -> None:
    if as_json:
        _json(found.to_json())
    elif isinstance(found, _Documented):
        from ecgcore.pages.terminal import print_document

        print_document(found.to_document())
    else:
        _say(found.to_text())


@app.command()
def synth(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the inbox to; must be new or empty.")],
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
    _say(f"{hospital.ecg_files} reports and {hospital.tables} tables in {out}; truth: {out / 'truth.csv'}")


@app.command()
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
    from tasks.prefect.environment import prepare

    settings = prepare()
    from flows.ingest import ingest as flow

    summary = flow(inbox or settings.inbox_uri, again)
    _show(summary, as_json)


@app.command()
def snapshot(as_json: Json = False) -> None:
    """Freeze the accepted studies into an immutable, content-hashed snapshot."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import freeze, snapshot_json, snapshot_text

    info = freeze(settings)
    if as_json:
        _json(snapshot_json(info))
    else:
        _say(snapshot_text(info))


@testset.command("lock")
def testset_lock(name: Annotated[str, typer.Argument(help="The set: old or new.")], as_json: Json = False) -> None:
    """Lock a test set: its members never change again and never train."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import lock

    info = lock(settings, name)
    if as_json:
        _json(info)
    else:
        _say(f"test set {info['name']}: {info['studies']} studies locked, sha256 {info['sha256']}")


@testset.command("replace")
def testset_replace(
    name: Annotated[str, typer.Argument(help="The set: old or new.")],
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")],
    as_json: Json = False,
) -> None:
    """Lock a test set anew without its disputed studies: they stay out of training, and the looks start again.

    Nothing that arrived after the first lock is added. Versions judged before keep the hash of the set they were
    judged on.
    """
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import replace

    info = replace(settings, name, reviewer, reason)
    if as_json:
        _json(info)
    else:
        _say(f"test set {info['name']}: {info['studies']} studies locked anew, sha256 {info['sha256']}")


@testset.command("list")
def testset_list(as_json: Json = False) -> None:
    """List the locked test sets with their hash and how often each was looked at."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.cohort.snapshots import locked_sets

    sets = locked_sets(settings)
    if as_json:
        _json(sets)
        return
    if not sets:
        _say("no test set is locked yet. Next: ecg testset lock old; ecg testset lock new")
    for info in sets:
        _say(f"{info['name']}: {info['studies']} studies, {info['looks']} looks, sha256 {info['sha256']}")


@app.command()
def retrain(
    recipe: Annotated[str | None, typer.Option("--recipe", help="A file of deployments/recipes, by name.")] = None,
    policy: Annotated[str | None, typer.Option("--policy", help="A file of deployments/policies, by name.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Train even if too few studies are new.")] = False,
    overlay: Annotated[str | None, typer.Option("--overlay", help="A file of deployments/overlays, by name.")] = None,
    as_json: Json = False,
) -> None:
    """Snapshot, train, evaluate on the locked test sets, gate, register; promote if the policy says so.

    Exit code 0 also when the gates say no: that is an answer. The decision page tells why.
    """
    from tasks.prefect.environment import prepare

    settings = prepare()
    named = recipe or settings.recipe, policy or settings.policy
    from app.cli.named import check_named

    check_named(settings, [named[0]], named[1], overlay)
    from flows.retrain import retrain as flow

    outcome = flow(*named, force, overlay)
    _show(outcome, as_json)


@app.command()
def evaluate(
    version: Annotated[str, typer.Argument(help="Registered version, for example 3.")],
    policy: Annotated[str | None, typer.Option("--policy", help="A file of deployments/policies, by name.")] = None,
    slot: Slot = "champion",
    as_json: Json = False,
) -> None:
    """Score a registered version on the locked test sets again. It counts as a look, and is recorded."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from app.cli.named import check_named

    check_named(settings, policy=policy or settings.policy)
    from tasks.judging.evaluate import evaluate_version

    result = evaluate_version(settings, version, policy or settings.policy, slot)
    _show(result, as_json)


@app.command()
def experiment(
    plan: Annotated[Path, typer.Option("--plan", help="A file such as those in deployments/experiments.")],
    at_most: Annotated[
        int | None, typer.Option("--at-most", min=1, help="Stop after so many trainings; run it again to go on.")
    ] = None,
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="Score the base and this variant on the locked tests, once.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train the variants of a recipe with several seeds and compare each with the base, on validation only.

    What is trained already for the same snapshot and recipe is not trained again. The test sets are left alone until
    --confirm names the variant that validation chose: that is a look, and is recorded.
    """
    from tasks.prefect.environment import prepare

    settings = prepare()
    from tasks.judging.experiment import confirm as confirm_variant
    from tasks.judging.experiment import experiment as run_experiment

    outcome = confirm_variant(settings, plan, confirm) if confirm else run_experiment(settings, plan, at_most)
    _show(outcome, as_json)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="Registered version, for example 3.")],
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")],
    slot: Slot = "champion",
    as_json: Json = False,
) -> None:
    """Export, verify in a fresh process, link and alias a version as champion. Safe to kill, safe to repeat.

    A version takes over from the champion that it was judged against, and from no other. For the champion itself this
    repairs what was lost: its release, the link, the registry's alias.
    """
    from tasks.prefect.environment import prepare

    prepare()
    from flows.promote import promote as flow

    outcome = flow(version, reviewer, reason, slot)
    _show(outcome, as_json)


@app.command()
def rollback(
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")],
    leave: Annotated[
        str | None, typer.Option("--from", help="The version to leave. If it is left already, nothing is done.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Abandon the promotion under way; if there is none, make the champion before the present one champion again.

    Run again, it goes back one champion more: name the one to leave with --from, and repeating is safe. A rollback that
    was killed is finished by the same command.
    """
    from tasks.prefect.environment import prepare

    prepare()
    from flows.rollback import rollback as flow

    outcome = flow(reviewer, reason, leave)
    _show(outcome, as_json)


for _verb in (predict, explain, view, extract):
    app.command()(_verb)


@app.command()
def status(as_json: Json = False) -> None:
    """Files and rows by state, open quarantine, test sets, champion, promotions under way."""
    from tasks.prefect.environment import prepare

    settings = prepare()
    from app.cli.status import status as read_status

    report = read_status(settings)
    _show(report, as_json)


@app.command()
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

    report = run_bench(studies, only)
    _show(report, as_json)


@app.command()
def benchmark(
    recipes: Annotated[
        str | None, typer.Option("--recipes", help="Names of deployments/recipes, with commas. Default: the study's.")
    ] = None,
    overlay: Annotated[
        str | None, typer.Option("--overlay", help="A file of deployments/overlays laid over each, such as demo.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Recipe to compare the others with. Default: the first.")
    ] = None,
    readers: Annotated[
        Path | None, typer.Option("--readers", help="CSV of cardiologists' reads: reader, study_id, scar, lvef.")
    ] = None,
    controls: Annotated[
        Path | None, typer.Option("--controls", help="Folder of reports of people taken as normal, without CMR.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train the study's recipes on one snapshot, score all on the locked test sets, and write one report.

    What is trained already for the same snapshot and recipe is not trained again. Promotes nothing. Each recipe that
    is scored for the first time counts as a look at the test sets.
    """
    from tasks.prefect.environment import prepare

    settings = prepare()
    names = [name.strip() for name in recipes.split(",")] if recipes else []
    from app.cli.named import check_named

    check_named(settings, names, overlay=overlay, readers=readers)
    from flows.benchmark import STUDY
    from flows.benchmark import benchmark as flow

    names = names or list(STUDY)
    outcome = flow(names, overlay, reference, str(readers) if readers else None, str(controls) if controls else None)
    _show(outcome, as_json)


@app.command()
def demo(
    studies: Annotated[int, typer.Option("--studies", min=100, help="Size of the synthetic hospital.")] = 1200,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> None:
    """The whole job on a synthetic hospital, under ECG_HOME (default var/): inbox to promoted champion."""
    from tasks.prefect.environment import prepare

    prepare(own_server=True)  # before anything imports Prefect, which reads its settings then
    from app.cli.demo import demo as run_demo

    run_demo(studies, seed)


def main() -> None:
    """Run the command line; every expected failure is one line on standard error and a non-zero exit code."""
    from ecgcore.errors import EcgError

    try:
        app(standalone_mode=True)
    except EcgError as error:
        sys.exit("ecg: " + " ".join(str(error).split()))
    except RuntimeError as error:
        if not any(words in str(error) for words in _PREFECT_AWAY):
            raise
        hint = "start the server that PREFECT_API_URL names, or unset it to use the built-in one"
        sys.exit(f"ecg: Prefect's server: {' '.join(str(error).split())}. Hint: {hint}")
    except OSError as error:
        thing = error.filename or "the file system"
        sys.exit(f"ecg: {thing}: {error.strerror or error}. Hint: check that it exists and that you may write there")
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
