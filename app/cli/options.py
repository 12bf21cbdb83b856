"""Arguments and options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import completion

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, for programs.")]
Slot = Annotated[
    str, typer.Option("--slot", help="What the version would serve; recipes that serve none have a slot of their name.")
]
Version = Annotated[str, typer.Argument(help="Registered version, for example 3.")]
TestSet = Annotated[
    str,
    typer.Argument(help="A test set that the policies name: old or new.", autocompletion=completion.set_names),
]
Recipe = Annotated[
    str | None,
    typer.Option("--recipe", help="A file of deployments/recipes, by name.", autocompletion=completion.recipes),
]
Policy = Annotated[
    str | None,
    typer.Option("--policy", help="A file of deployments/policies, by name.", autocompletion=completion.policies),
]
Overlay = Annotated[
    str | None,
    typer.Option(
        "--overlay",
        help="A file of deployments/overlays, by name: settings laid over each recipe, such as demo for small ones.",
        autocompletion=completion.overlays,
    ),
]
Reviewer = Annotated[str, typer.Option("--reviewer", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")]
