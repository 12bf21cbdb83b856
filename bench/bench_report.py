"""All lines, for a terminal and for a program."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.line import Line
from bench.machine import Machine

_WIDTH = 150
_BUSY = "Other work was running: these numbers are worse than the machine's own. Measure again when it is idle."


@dataclass(frozen=True)
class BenchReport:
    """What was measured, and where.

    Args:
        machine: this machine.
        lines: in the order of measurement.
        seconds: the benchmark took.
    """

    machine: Machine
    lines: tuple[Line, ...]
    seconds: float

    @property
    def was_busy(self) -> bool:
        """Whether other work took a noticeable share of the machine before the first measurement."""
        return self.machine.load > self.machine.cores / 2

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        lines = [line.to_json() for line in self.lines]
        return {"machine": asdict(self.machine), "busy": self.was_busy, "seconds": self.seconds, "lines": lines}

    def to_text(self) -> str:
        """Return a table of one row per line, and the notes below it."""
        out = StringIO()
        Console(file=out, width=_WIDTH, color_system=None).print(_table(self.lines))
        notes = [f"{line.name}: {line.note}." for line in self.lines if line.note]
        missed = sum(line.met is False for line in self.lines)
        known = sum(line.met is not None for line in self.lines)
        end = [
            *([_BUSY] if self.was_busy else []),
            f"{known - missed} of {known} targets met, in {self.seconds:.0f} s.",
        ]
        return "\n".join([str(self.machine), "", out.getvalue().rstrip(), "", *notes, "", *end])


def _table(lines: tuple[Line, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, right in (
        ("", 0),
        ("value", 1),
        ("unit", 0),
        ("limit", 1),
        ("what it is", 0),
        ("ratio", 1),
        ("target", 0),
    ):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    table.add_column("", no_wrap=True)
    part = None
    for line in lines:
        if line.part is not part:
            part = line.part
            table.add_row(part.value.upper())
        table.add_row(f"  {line.name}", *_cells(line))
    return table


def _cells(line: Line) -> tuple[str, ...]:
    limit, ratio = ("" if each is None else _number(each) for each in (line.limit, line.ratio))
    value = "-" if line.value is None else _number(line.value)
    return value, line.unit, limit, line.limit_name, ratio, str(line.target or ""), line.verdict


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
