"""The gates of a decision as a table."""

from __future__ import annotations

from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.decision import Decision, Outcome
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict
from ecgcore.pages.document import Callout, Cell, Table, Tone, sentence

_VERDICT_TONE = {
    Verdict.PASS: Tone.GOOD,
    Verdict.FAIL: Tone.BAD,
    Verdict.INCONCLUSIVE: Tone.CAUTION,
    Verdict.NOT_APPLICABLE: Tone.PLAIN,
}
_OUTCOME_TONE = {Outcome.PROMOTE: Tone.GOOD, Outcome.REJECT: Tone.BAD, Outcome.INCONCLUSIVE: Tone.CAUTION}
_COLUMNS = ("gate", "value", "interval", "limit", "verdict", "ECGs", "ECGs to decide", "why")


def gate_table(caption: str, results: tuple[GateResult, ...]) -> Table:
    """Return one row per gate: value, interval, limit, verdict, cases, and the cases that would decide."""
    return Table(caption, _COLUMNS, tuple(_row(r) for r in results), len(results))


def outcome_callout(decision: Decision) -> Callout:
    """Return the outcome in one sentence."""
    return Callout(f"{decision.outcome.value.upper()}: {decision.reason}", _OUTCOME_TONE[decision.outcome])


def interval_text(interval: Interval | None) -> str:
    """Return the ends of an interval to three decimals, a dash where there is none."""
    return "–" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def value_text(interval: Interval | None) -> str:
    """Return the estimate to three decimals, a dash where there is none."""
    return "–" if interval is None else f"{interval.value:.3f}"


def _row(result: GateResult) -> tuple[Cell, ...]:
    return (
        Cell(result.title),
        Cell(value_text(result.value), numeric=True),
        Cell(interval_text(result.value), numeric=True),
        Cell(_limit(result), numeric=True),
        Cell(result.verdict.value, _VERDICT_TONE[result.verdict]),
        Cell(_count(result.cases), numeric=True),
        Cell(_count(result.cases_needed), numeric=True),
        sentence(result.detail),
    )


def _limit(result: GateResult) -> str:
    if result.limit is None:
        return "–"
    return f"{'>' if result.side is Side.ABOVE else '<'} {result.limit:.3g}"


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
