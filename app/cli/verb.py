"""What the command line shows of a verb besides its docstring: its group and its examples."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import typer


class Group(StrEnum):
    """Who uses a verb, in the order of ``ecg --help``."""

    DAILY = "Daily work"
    REVIEW = "Review"
    STEWARD = "Data steward"
    STUDY = "Study"
    ADMIN = "Administration"


@dataclass(frozen=True)
class Verb:
    """A function of the command line, with calls of it that work as they stand.

    Args:
        function: whose docstring is the help.
        examples: of the command line, one at least.
        name: on the command line; the function's own, if not given.
        hidden: an earlier name, kept for scripts.
    """

    function: Callable[..., Any]
    examples: tuple[str, ...]
    name: str | None = None
    hidden: bool = False

    def register(self, app: typer.Typer, group: Group) -> None:
        """Add the verb to ``app``, under its group in the list of verbs."""
        app.command(
            self.name,
            help=_paragraphs(self.function),
            epilog=_epilog(self.examples),
            rich_help_panel=group.value,
            hidden=self.hidden,
        )(self.function)


def _paragraphs(function: Callable[..., Any]) -> str:
    """Return the docstring with each paragraph on one line, so that the terminal breaks it where it ends."""
    return "\n\n".join(" ".join(part.split()) for part in (inspect.getdoc(function) or "").split("\n\n"))


def _epilog(examples: tuple[str, ...]) -> str:
    return "\n\n".join([f"Example{'s' if len(examples) > 1 else ''}:", *(f"  {example}" for example in examples)])
