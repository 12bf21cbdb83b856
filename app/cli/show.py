"""What a command prints: a document or a few lines for people, or one JSON object for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import typer

if TYPE_CHECKING:
    from ecgcore.pages.document import Document


class Told(Protocol):
    """An outcome that is told in a few lines."""

    def to_json(self) -> Any:
        """Return it as plain values."""

    def to_text(self) -> str:
        """Return it as a few lines."""


@runtime_checkable
class Documented(Protocol):
    """An outcome that is shown as a document."""

    def to_json(self) -> Any:
        """Return it as plain values."""

    def to_document(self) -> Document:
        """Return it as people read it."""


def show(outcome: Told | Documented, as_json: bool) -> None:
    """Print an outcome."""
    if as_json:
        show_json(outcome.to_json())
    elif isinstance(outcome, Documented):
        from ecgcore.pages.terminal import print_document

        print_document(outcome.to_document())
    else:
        typer.echo(outcome.to_text())


def show_json(value: Any) -> None:
    """Print plain values as JSON."""
    typer.echo(json.dumps(value, indent=2, sort_keys=False, default=str))
