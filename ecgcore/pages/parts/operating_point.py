"""Where a model says positive, how that was chosen on validation, and what it costs, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecgcore.pages.parts.target_words import target_words


def operating_points(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one line per target from what a training wrote into its ``summary.json``.

    A run until 2026 found a temperature only, and a constant model nothing.
    """
    if "temperature" in summary:
        return tuple(_temperature(target, found) for target, found in summary["temperature"].items())
    return tuple(_line(target, found) for target, found in summary.get("operating_point", {}).items())


def _temperature(target: str, found: Mapping[str, Any]) -> str:
    return f"{target_words(target)}: the network's own, at temperature {found['value']:.3g}"


def _line(target: str, found: Mapping[str, Any]) -> str:
    return f"{target_words(target)}: {_calibration(found['calibration'])}; {_point(found)}"


def _calibration(found: Mapping[str, Any]) -> str:
    if not found["fitted"]:
        return f"not calibrated ({found['reason']})"
    line = found["line"]
    how = f" ({found['reason']})" if found["reason"] else ""
    return f"log odds calibrated with slope {line['slope']:.3g} and intercept {line['intercept']:.3g}{how}"


def _point(found: Mapping[str, Any]) -> str:
    chosen, before = found["valid"]["chosen"], found["valid"]["calibrated"]
    ill, well = chosen["true_positive"] + chosen["false_negative"], chosen["true_negative"] + chosen["false_positive"]
    asked = f"to find at least {100 * found['sensitivity']:g} % in validation, " if found["sensitivity"] else ""
    finds = f"it finds {chosen['true_positive']} of {ill} and alarms on {chosen['false_positive']} of {well}"
    if not found["shift"]:
        return f"{asked}positive above 50 %; in validation {finds}"
    return (
        f"{asked}positive above a calibrated {100 * found['threshold']:.0f} %, shown as 50 %, so that all it "
        f"shows is higher than calibrated; in validation {finds}, instead of {before['true_positive']} and "
        f"{before['false_positive']}"
    )
