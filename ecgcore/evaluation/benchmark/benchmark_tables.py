"""Every table of a benchmark, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.benchmark.contender import Contender, check_contenders, places_of
from ecgcore.evaluation.benchmark.population import population_table
from ecgcore.evaluation.benchmark.power import power_table
from ecgcore.evaluation.benchmark.results import results_table
from ecgcore.evaluation.estimate.answers.confusion import confusion
from ecgcore.evaluation.estimate.answers.net_benefit import decision_curve
from ecgcore.evaluation.estimate.answers.predictive_values import predictive_values
from ecgcore.evaluation.estimate.answers.threshold_table import threshold_table
from ecgcore.evaluation.estimate.calibration.calibration_error import calibration_error
from ecgcore.evaluation.estimate.calibration.calibration_line import calibration_line
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.paired_tests import paired_tests
from ecgcore.evaluation.estimate.resampling import DEFAULT_RESAMPLING, Resampling
from ecgcore.evaluation.frame.lvef_cut import SEVERE_TARGET, SOURCE_TARGET, with_lvef_below
from ecgcore.evaluation.frame.predictions import labelled, labels_and_probabilities, rows_of
from ecgcore.evaluation.frame.sample import sample_of
from ecgcore.evaluation.study.controls import false_positives
from ecgcore.evaluation.study.prevalence import STUDY_NEGATIVES, STUDY_POSITIVES, at_prevalence
from ecgcore.evaluation.study.readers import ReaderComparison, check_reads, compare_readers
from ecgcore.evaluation.study.slices import slice_table

Place = tuple[str, str]
_SLOPE, _INTERCEPT = "slope (1 is right)", "intercept in the large (0 is right)"
_RATIO = "expected / observed (1 is right)"
_NO_ENDS = dict.fromkeys(("value", "low", "high"), float("nan"))


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark is made of.

    Args:
        studies: of the snapshot.
        contenders: scored recipes.
        reference: name of the one that the others are compared with, and that is looked at closely.
        reads: cardiologists' reads (:func:`ecgcore.evaluation.study.reads.load_reads`), if there are any.
        controls: predictions of the reference for people taken as normal, if there are any.
        level: of all intervals.
        resampling: draws and seed of every bootstrap.

    Raises:
        EvaluationError: the recipes were scored on different studies, the reference is not among them, or none of the
            reads can be compared with it.
    """

    studies: pd.DataFrame = field(repr=False)
    contenders: Sequence[Contender]
    reference: str
    reads: pd.DataFrame | None = field(default=None, repr=False)
    controls: pd.DataFrame | None = field(default=None, repr=False)
    level: float = DEFAULT_LEVEL
    resampling: Resampling = DEFAULT_RESAMPLING

    def __post_init__(self) -> None:
        check_contenders(self.contenders)
        names = [each.name for each in self.contenders]
        if self.reference not in names:
            raise EvaluationError("reference", f"{self.reference!r} is not among {names}", "name a recipe of the run")
        if self.reads is not None:
            check_reads(self.reads, self.chosen.predictions, self.places)

    @property
    def chosen(self) -> Contender:
        """The reference."""
        return next(each for each in self.contenders if each.name == self.reference)

    @property
    def places(self) -> tuple[Place, ...]:
        """(target, test set) pairs of the reference that hold both classes."""
        return places_of(self.chosen)

    @cached_property
    def readers(self) -> dict[Place, tuple[ReaderComparison, ...]]:
        """The reference against the readers of each place; empty without reads."""
        if self.reads is None:
            return {}
        frame, how = self.chosen.predictions, {"level": self.level, "resampling": self.resampling}
        return {place: compare_readers(self.reads, frame, *place, **how) for place in self.places}  # type: ignore[arg-type]


def tables(benchmark: Benchmark) -> dict[str, pd.DataFrame]:
    """Return all tables by name: ``population``, ``results``, ``paired_tests``, ``power`` and, of the reference,
    ``thresholds``, ``prevalence``, ``predictive_values``, ``lvef_below_40``, ``slices``, ``calibration``,
    ``decision_curve``; ``readers``, ``readers_left_out`` and ``controls`` where they were given."""
    found = {
        "population": population_table(benchmark.studies),
        "results": results_table(benchmark.contenders, benchmark.level, benchmark.resampling),
        **_comparisons(benchmark),
        **{name: _stacked(benchmark, make) for name, make in _OF_REFERENCE.items()},
        SEVERE_TARGET: _severe(benchmark),
    }
    if benchmark.reads is not None:
        found["readers"] = _readers(benchmark)
        found["readers_left_out"] = _left_out(benchmark, benchmark.reads)
    if benchmark.controls is not None:
        found["controls"] = _controls(benchmark, benchmark.controls)
    return found


def _comparisons(benchmark: Benchmark) -> dict[str, pd.DataFrame]:
    if len(benchmark.contenders) < 2:
        return {}
    frames = {each.name: each.predictions for each in benchmark.contenders}
    tests = paired_tests(frames, benchmark.reference, benchmark.places, benchmark.level)
    return {"paired_tests": tests, "power": power_table(tests, level=benchmark.level)}


def _stacked(benchmark: Benchmark, make: _Maker) -> pd.DataFrame:
    parts = []
    for target, test_set in benchmark.places:
        part = make(benchmark, target, test_set)
        parts.append(part.assign(target=target, test_set=test_set)[["target", "test_set", *part.columns]])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _labels(benchmark: Benchmark, target: str, test_set: str) -> tuple[object, object]:
    return labels_and_probabilities(labelled(rows_of(benchmark.chosen.predictions, target, test_set), target), target)


def _thresholds(benchmark: Benchmark, target: str, test_set: str) -> pd.DataFrame:
    return threshold_table(*_labels(benchmark, target, test_set), level=benchmark.level)  # type: ignore[arg-type]


def _predictive(benchmark: Benchmark, target: str, test_set: str) -> pd.DataFrame:
    labels, probabilities = _labels(benchmark, target, test_set)
    return predictive_values(confusion(labels, probabilities), level=benchmark.level)  # type: ignore[arg-type]


def _prevalence(benchmark: Benchmark, target: str, test_set: str) -> pd.DataFrame:
    sample = sample_of(benchmark.chosen.predictions, target, test_set)
    positives = int(sample.labels.sum())
    if positives < STUDY_POSITIVES or len(sample.labels) - positives < STUDY_NEGATIVES:
        return pd.DataFrame(columns=["metric", "value", "low", "high", "interval"])
    found = at_prevalence(sample, level=benchmark.level)
    scores = {"AUC": found.auc, **{kind.caption: score for kind, score in found.f1.items()}}
    return pd.DataFrame(
        [
            {"metric": name, "value": each.value, "low": each.low, "high": each.high, "interval": what}
            for name, drawn in scores.items()
            for what, each in (("percentiles of the draws", drawn.percentiles), ("of the mean", drawn.of_mean))
        ]
    )


def _slices(benchmark: Benchmark, target: str, test_set: str) -> pd.DataFrame:
    return slice_table(benchmark.chosen.predictions, target, test_set, level=benchmark.level)


def _calibration(benchmark: Benchmark, target: str, test_set: str) -> pd.DataFrame:
    """Calibration with intervals; where the slope has no finite estimate, the note says why and its numbers are NaN."""
    labels, probabilities = _labels(benchmark, target, test_set)
    sample = sample_of(benchmark.chosen.predictions, target, test_set)
    error = calibration_error(sample, level=benchmark.level, resampling=benchmark.resampling)
    line = calibration_line(labels, probabilities, level=benchmark.level)  # type: ignore[arg-type]
    found: dict[str, Interval | None] = {
        _SLOPE: line.slope,
        _INTERCEPT: line.intercept_in_the_large,
        _RATIO: line.expected_over_observed,
        "calibration error beyond chance (0 is right)": error.corrected,
        "calibration error that chance alone makes": error.by_chance,
    }
    return pd.DataFrame(
        [
            {"metric": name, **(_ends(each) if each else _NO_ENDS), "note": "" if each else line.no_slope}
            for name, each in found.items()
        ]
    )


def _decision(benchmark: Benchmark, target: str, test_set: str) -> pd.DataFrame:
    sample = sample_of(benchmark.chosen.predictions, target, test_set)
    return decision_curve(sample, level=benchmark.level, resampling=benchmark.resampling)


def _severe(benchmark: Benchmark) -> pd.DataFrame:
    """The LVEF model asked for a severely reduced one; empty without known percentages or with a head of its own."""
    frame, targets = benchmark.chosen.predictions, benchmark.chosen.targets
    if SOURCE_TARGET not in targets or SEVERE_TARGET in targets or "lvef_percent" not in frame.columns:
        return pd.DataFrame()
    others = [name for target in benchmark.chosen.targets for name in (f"{target}_label", f"{target}_probability")]
    severe = Contender(benchmark.reference, "", with_lvef_below(frame).drop(columns=others))
    return results_table([severe], benchmark.level, benchmark.resampling)


def _readers(benchmark: Benchmark) -> pd.DataFrame:
    found = [(each, place) for place, compared in benchmark.readers.items() for each in compared]
    return pd.DataFrame([line for each, place in found for line in _reader_lines(each, *place)])


def _left_out(benchmark: Benchmark, reads: pd.DataFrame) -> pd.DataFrame:
    found = check_reads(reads, benchmark.chosen.predictions, benchmark.places)
    return pd.DataFrame([asdict(each) for each in found], columns=["target", "test_set", "reader", "reason"])


def _reader_lines(found: ReaderComparison, target: str, test_set: str) -> Iterator[dict[str, object]]:
    place = {
        "target": target, "test_set": test_set, "reader": found.reader, "experience": found.experience,
        "n": found.n, "positives": found.positives, "unread": found.unread,
    }  # fmt: skip
    tests = {"sensitivity": found.sensitivity.p_value, "specificity": found.specificity.p_value}
    for metric in ("sensitivity", "specificity", "f1_positive", "f1_weighted", "balanced_accuracy"):
        reader, model = getattr(found.reader_scores, metric), getattr(found.model_scores, metric)
        yield {
            **place, "metric": metric.replace("_", " "), **_ends(reader, "reads"), **_ends(model, "model"),
            "p_value": tests.get(metric, float("nan")),
        }  # fmt: skip
    yield {
        **place, "metric": "AUC, model minus read", **_ends(found.auc_difference, "model"),
        "p_value": found.auc_p_value,
    }  # fmt: skip


def _controls(benchmark: Benchmark, controls: pd.DataFrame) -> pd.DataFrame:
    found = [false_positives(controls, target, level=benchmark.level) for target in benchmark.chosen.targets]
    return pd.DataFrame(
        [{"target": each.target, "n": each.n, "called": each.called, **_ends(each.rate, "rate")} for each in found]
    )


def _ends(found: Interval, name: str = "value") -> dict[str, float]:
    prefix = "" if name == "value" else f"{name}_"
    return {name: found.value, f"{prefix}low": found.low, f"{prefix}high": found.high}


_Maker = Callable[[Benchmark, str, str], pd.DataFrame]
_OF_REFERENCE: dict[str, _Maker] = {
    "thresholds": _thresholds,
    "prevalence": _prevalence,
    "predictive_values": _predictive,
    "slices": _slices,
    "calibration": _calibration,
    "decision_curve": _decision,
}
