"""A line on standard error for each stage of long work: what goes on, how far it is, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def stage_bar(text: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a stage while the block runs, and leave its line with the time it took.

    Yields ``show(done, total, note)``; until it is called, the bar only says that something goes on. Silent where
    standard error is no terminal.
    """
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:
        stage = bar.add_task(text, total=None, note="")

        def show(done: int, total: int, note: str) -> None:
            bar.update(stage, completed=done, total=total, note=note)

        yield show
        bar.update(stage, completed=1, total=1)
