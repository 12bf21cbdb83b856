"""The benchmark's figures show what their tables hold, and refuse what they cannot draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import Confusion
from ecgcore.evaluation.estimate.answers.net_benefit import decision_curve
from ecgcore.evaluation.estimate.answers.predictive_values import predictive_values
from ecgcore.evaluation.estimate.answers.threshold_table import threshold_table
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.discrimination.roc import roc
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.figures.decision_curve import decision_figure
from ecgcore.evaluation.figures.histogram import BINS, histogram_figure
from ecgcore.evaluation.figures.roc_panels import roc_panels
from ecgcore.evaluation.figures.slice_forest import slices_figure
from ecgcore.evaluation.figures.style import LINES, png
from ecgcore.evaluation.figures.threshold import predictive_figure, threshold_figure
from ecgcore.evaluation.frame.sample import sample_of
from ecgcore.evaluation.study.readers import compare_readers
from ecgcore.evaluation.study.slices import Minimum, slice_table

FEW = Resampling(100)


@pytest.fixture
def frame(binormal_frame):
    return binormal_frame(40, 80, 1.4, female=[0, 1] * 60)


def shown(axes):
    """Return the lines of axes by label."""
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def test_roc_panels_hold_the_curves_with_their_areas_and_the_readers_points(frame, binormal_frame):
    other = binormal_frame(40, 80, 1.4, noise=1.0)
    reads = pd.DataFrame(
        {
            "reader": "A",
            "experience": "experienced",
            "study_id": frame.study_id,
            "scar": pd.array([1] * 20 + [0] * 100, dtype="Int8"),
        }
    )
    places = [("scar", "new")]
    readers = {places[0]: compare_readers(reads, frame, "scar", "new", resampling=FEW)}
    figure = roc_panels({"one": frame, "two": other}, places, readers)
    axes, below = figure.axes
    labels = frame.scar_label.astype(int)
    curve = roc(labels, frame.scar_probability)
    expected = np.column_stack([curve.false_positive_rate, curve.true_positive_rate])
    name = f"one: {auc_interval(labels, frame.scar_probability)}"
    assert shown(axes)[name] == pytest.approx(expected)
    legend = [t.get_text() for t in below.get_legend().get_texts()]
    assert legend[0] == name
    assert legend[2] == "A (experienced): sens. 0.500, spec. 1.000"
    assert [0.0, 0.5] in [xy.tolist() for line in axes.lines for xy in line.get_xydata()]


def test_a_model_without_the_target_is_not_in_the_panel(frame, binormal_frame):
    lvef = binormal_frame(40, 80, 1.4, target="lvef")
    figure = roc_panels({"one": frame, "two": lvef}, [("scar", "new"), ("lvef", "new")])
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert [[t.get_text().split(":")[0] for t in legend.get_texts()] for legend in legends] == [["one"], ["two"]]


def test_threshold_and_predictive_figures_draw_their_tables(frame):
    table = threshold_table(frame.scar_label.astype(int), frame.scar_probability)
    lines = shown(threshold_figure("t", table).axes[0])
    assert lines["Sensitivity"] == pytest.approx(table[["threshold", "sensitivity"]].to_numpy())
    assert lines["Specificity"] == pytest.approx(table[["threshold", "specificity"]].to_numpy())
    values = predictive_values(Confusion(30, 20, 60, 10))
    drawn = shown(predictive_figure("t", values).axes[0])["Positive predictive value"]
    assert drawn == pytest.approx(np.column_stack([100 * values.prevalence, values.ppv]))


def test_decision_figure_draws_models_and_both_defaults(frame):
    curve = decision_curve(sample_of(frame, "scar", "new"), resampling=FEW)
    lines = shown(decision_figure("t", {"one": curve}).axes[0])
    assert lines["one"] == pytest.approx(curve[["threshold", "net_benefit"]].to_numpy())
    assert lines["act on everybody"] == pytest.approx(curve[["threshold", "treat_all"]].to_numpy())
    assert "act on nobody" in lines


def test_small_slices_are_hollow_and_empty_ones_say_so(frame):
    frame.loc[frame.female == 1, "scar_label"] = 0
    table = slice_table(frame, "scar", "new", Minimum(20, 80))
    axes = slices_figure("t", table).axes[0]
    fills = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    enough = table[table.auc.notna()].enough
    assert [fill != "white" for fill in fills] == enough.tolist()
    assert not enough.all()
    assert [t.get_text() for t in axes.texts] == ["no AUC: one class only"]
    assert axes.get_yticklabels()[0].get_text() == "all studies  (20 of 120)"


def test_histograms_hold_each_class_whole(frame):
    axes = histogram_figure({"one": sample_of(frame, "scar", "new")}).axes[0]
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights[:BINS].sum() == pytest.approx(100)
    assert heights[BINS:].sum() == pytest.approx(-100)


def test_figures_are_reproducible_as_png(frame):
    sample = sample_of(frame, "scar", "new")
    first, again = (png(histogram_figure({"one": sample})) for _ in range(2))
    assert first == again
    assert first.startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_refused(frame):
    with pytest.raises(EvaluationError, match="one to 8 models, not 0"):
        roc_panels({"one": frame}, [("lvef", "new")])
    with pytest.raises(EvaluationError, match="one to 8 models, not 9"):
        roc_panels({str(i): frame for i in range(len(LINES) + 1)}, [("scar", "new")])
    with pytest.raises(EvaluationError, match="no panel"):
        roc_panels({"one": frame}, [])
    with pytest.raises(EvaluationError, match="no panel"):
        histogram_figure({})
    with pytest.raises(EvaluationError, match="one to 8 curves"):
        decision_figure("t", {})
    with pytest.raises(EvaluationError, match="no slice with an AUC"):
        slices_figure("t", slice_table(frame, "scar", "new").assign(auc=np.nan))
