"""Figures of an evaluation as PNG bytes: light, readable in print and without colour vision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT, confusion, sensitivity, specificity
from ecgcore.evaluation.estimate.calibration.reliability import Calibration, calibration
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.discrimination.roc import roc, roc_band
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
from ecgcore.evaluation.figures.style import BLUE, CHANCE, GRID, INK, LINES, MUTED, Dash, new_figure, png, style
from ecgcore.evaluation.frame.cases import Floats, check_labels
from ecgcore.evaluation.gates.gate import GateKind
from ecgcore.evaluation.gates.verdict import GateResult, Verdict

_MOST_CURVES = 3
_VERDICTS = {
    Verdict.PASS: ("#1b7f4b", "o", "pass"),
    Verdict.FAIL: ("#b42318", "X", "fail"),
    Verdict.INCONCLUSIVE: ("#a15c00", "D", "inconclusive"),
}


@dataclass(frozen=True)
class Curve:
    """One model on one test set: a name, labels 0 or 1 and probabilities, shape (n,) each."""

    name: str
    labels: ArrayLike
    probabilities: ArrayLike


def roc_png(title: str, curves: Sequence[Curve], level: float = DEFAULT_LEVEL) -> bytes:
    """Draw ROC curves; the first with its pointwise band and the operating point with its interval.

    Args:
        title: above the plot.
        curves: one to three, for example candidate and champion.
        level: of all intervals.

    Raises:
        EvaluationError: no curve, more than three, or one whose ROC is not defined.
    """
    if not 1 <= len(curves) <= _MOST_CURVES:
        raise EvaluationError("figure", f"takes one to three curves, not {len(curves)}", "draw one figure per test set")
    figure, axes = _square(title)
    axes.plot([0, 1], [0, 1], **CHANCE)
    for curve, (colour, dash) in zip(curves, LINES, strict=False):
        _draw_curve(axes, curve, colour, dash, level)
    _draw_band(axes, curves[0], level)
    _draw_operating_point(axes, curves[0], level)
    axes.set_xlabel("1 - specificity (false positive rate)")
    axes.set_ylabel("Sensitivity (true positive rate)")
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor=GRID, fontsize=8.5)
    return png(figure)


def calibration_png(title: str, curve: Curve, level: float = DEFAULT_LEVEL) -> bytes:
    """Draw :func:`reliability_figure` as PNG bytes."""
    return png(reliability_figure(title, curve, level))


def reliability_figure(title: str, curve: Curve, level: float = DEFAULT_LEVEL) -> Figure:
    """Draw a reliability plot with intervals over a histogram of the probabilities.

    Raises:
        EvaluationError: a probability outside [0, 1], NaN, or a label other than 0 and 1.
    """
    result = calibration(curve.labels, curve.probabilities, level=level)
    figure, axes, below = _stacked(title)
    _draw_reliability(axes, result, level)
    counts, edges = np.histogram(np.asarray(curve.probabilities, dtype=np.float64), bins=20, range=(0.0, 1.0))
    below.bar(edges[:-1], counts, width=0.05, align="edge", color=BLUE, alpha=0.55, edgecolor="white")
    below.set_ylabel("Studies")
    below.set_xlabel("Predicted probability")
    return figure


def gates_png(title: str, results: Sequence[GateResult]) -> bytes:
    """Draw every gate that has an interval: estimate, interval and limit, one line each, in the order given.

    Raises:
        EvaluationError: no gate has an interval.
    """
    shown = [r for r in results if r.value is not None]
    if not shown:
        raise EvaluationError("figure", "has no gate with an interval", "show the table of gates instead")
    panels = {name: [r for r in shown if _unit(r) == name] for name in dict.fromkeys(_unit(r) for r in shown)}
    sizes = [len(results) + 1.6 for results in panels.values()]
    figure = new_figure(8.6, 0.8 + 0.32 * sum(sizes))
    figure.suptitle(title, fontsize=11, color=INK)
    column = figure.subplots(len(panels), 1, height_ratios=sizes, squeeze=False)[:, 0]
    for axes, (name, results) in zip(column, panels.items(), strict=True):
        _draw_panel(axes, name, results)
    column[0].legend(
        handles=_gate_legend(column[0]), loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8.5
    )
    return png(figure)


def _unit(result: GateResult) -> str:
    if result.kind is GateKind.NON_INFERIOR:
        return "AUC difference, candidate minus champion"
    return result.gate.split()[1]


def _draw_panel(axes: Axes, name: str, results: Sequence[GateResult]) -> None:
    style(axes, name)
    for line, result in enumerate(results):
        _draw_gate(axes, line, result)
    axes.set_yticks(range(len(results)), [r.title for r in results], fontsize=8.5)
    axes.set_ylim(len(results) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)


def _draw_curve(axes: Axes, curve: Curve, colour: str, dash: Dash, level: float) -> None:
    points = roc(curve.labels, curve.probabilities)
    area = auc_interval(curve.labels, curve.probabilities, level)
    name = f"{curve.name}: AUC {area}"
    axes.plot(
        points.false_positive_rate, points.true_positive_rate, color=colour, linestyle=dash, linewidth=1.8, label=name
    )


def _draw_band(axes: Axes, curve: Curve, level: float) -> None:
    points, positives = roc(curve.labels, curve.probabilities), _positives(curve)
    band = roc_band(points, positives, level)
    axes.fill_between(
        points.false_positive_rate,
        band.low,
        band.high,
        color=BLUE,
        alpha=0.14,
        linewidth=0,
        label=f"{curve.name}: pointwise {100 * level:g} % band",
    )


def _draw_operating_point(axes: Axes, curve: Curve, level: float) -> None:
    table = confusion(curve.labels, curve.probabilities)
    high, low = sensitivity(table, level), specificity(table, level)
    x, y = 1 - low.value, high.value
    axes.errorbar(
        [x],
        [y],
        xerr=[[x - (1 - low.high)], [(1 - low.low) - x]],
        yerr=[[y - high.low], [high.high - y]],
        fmt="s",
        color=INK,
        markersize=5,
        capsize=3,
        linewidth=1.1,
        label=f"operating point {OPERATING_POINT:g}: sens. {high.value:.2f}, spec. {low.value:.2f}",
    )


def _positives(curve: Curve) -> int:
    return int(check_labels(curve.labels).sum())


def _draw_reliability(axes: Axes, result: Calibration, level: float) -> None:
    x = np.array([p.probability for p in result.points])
    y = np.array([p.observed.value for p in result.points])
    axes.plot([0, 1], [0, 1], **CHANCE, label="perfect")
    axes.errorbar(
        x,
        y,
        yerr=_error_bars(result, y),
        fmt="o-",
        color=BLUE,
        markersize=4.5,
        capsize=3,
        linewidth=1.3,
        label=f"observed, {100 * level:g} % Wilson",
    )
    axes.set_ylabel("Share of positives")
    axes.set_title(f"expected calibration error {result.expected_error:.3f}", fontsize=8.5, color=MUTED, loc="right")
    axes.legend(loc="upper left", frameon=False, fontsize=8.5)


def _error_bars(result: Calibration, centre: Floats) -> Floats:
    low = np.array([p.observed.low for p in result.points])
    high = np.array([p.observed.high for p in result.points])
    return np.maximum(np.stack([centre - low, high - centre]), 0.0)


def _draw_gate(axes: Axes, line: int, result: GateResult) -> None:
    if result.value is None or result.limit is None:
        return
    colour, marker, _ = _VERDICTS[result.verdict]
    axes.plot([result.value.low, result.value.high], [line, line], color=colour, linewidth=2.2, solid_capstyle="butt")
    axes.plot([result.value.value], [line], marker=marker, color=colour, markersize=7, linestyle="none")
    axes.plot([result.limit] * 2, [line - 0.34, line + 0.34], color=INK, linewidth=1.6)


def _gate_legend(axes: Axes) -> list:
    marks = [
        axes.plot([], [], marker=marker, color=colour, linewidth=2.2, label=name)[0]
        for colour, marker, name in _VERDICTS.values()
    ]
    return [*marks, axes.plot([], [], color=INK, marker="|", markersize=12, linestyle="none", label="limit")[0]]


def _square(title: str) -> tuple[Figure, Axes]:
    figure = new_figure(5.6, 5.6)
    axes = figure.add_subplot()
    style(axes, title)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    return figure, axes


def _stacked(title: str) -> tuple[Figure, Axes, Axes]:
    figure = new_figure(5.6, 5.6)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    style(axes, title)
    style(below, "")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.02, 1.02))
    return figure, axes, below
