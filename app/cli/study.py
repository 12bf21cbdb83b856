"""Verbs of the study: variants of a recipe on validation, and every recipe on the same test rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import completion
from app.cli.options import Json, Overlay
from app.cli.show import show
from app.cli.verb import Verb


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

    show(confirm_variant(settings, plan, confirm) if confirm else run_experiment(settings, plan, at_most), as_json)


def compare(
    recipes: Annotated[
        str | None,
        typer.Option(
            "--recipes",
            help="Names of deployments/recipes, with commas. Default: the study's.",
            autocompletion=completion.recipe_lists,
        ),
    ] = None,
    overlay: Overlay = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            help="Recipe to compare the others with. Default: the first.",
            autocompletion=completion.recipes,
        ),
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
    from ecgcore.surroundings import check_room
    from tasks.prefect.environment import prepare

    settings = prepare()
    check_room(settings.home)
    names = [name.strip() for name in recipes.split(",")] if recipes else []
    from app.cli.named import check_named

    check_named(settings, names, overlay=overlay, readers=readers)
    from flows.benchmark import STUDY
    from flows.benchmark import benchmark as flow

    names = names or list(STUDY)
    outcome = flow(names, overlay, reference, str(readers) if readers else None, str(controls) if controls else None)
    show(outcome, as_json)


_COMPARISONS = ("ecg compare", "ecg compare --recipes multi-task,xgboost --overlay demo")
VERBS = (
    Verb(
        experiment,
        (
            "ecg experiment --plan deployments/experiments/learning-rate.yaml",
            "ecg experiment --plan deployments/experiments/learning-rate.yaml --confirm rate-3e-4",
        ),
    ),
    Verb(compare, _COMPARISONS),
    Verb(compare, _COMPARISONS, name="benchmark", hidden=True),  # its name before; `ecg bench` measures the machine
)
