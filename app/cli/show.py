"""What a command prints: a few lines for people, or one JSON object for programs."""

from __future__ import annotations

import json
from typing import Any, Protocol

import typer


class Shown(Protocol):
    """An outcome that knows both forms."""

    def to_json(self) -> Any:
        """Return it as plain values."""

    def to_text(self) -> str:
        """Return it as a few lines."""


def show(outcome: Shown, as_json: bool) -> None:
    """Print an outcome."""
    if as_json:
        show_json(outcome.to_json())
    else:
        typer.echo(outcome.to_text())


def show_json(value: Any) -> None:
    """Print plain values as JSON."""
    typer.echo(json.dumps(value, indent=2, sort_keys=False, default=str))
