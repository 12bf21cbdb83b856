"""A benchmark's tables: every number is that of the function it is named after, and nothing is mixed or lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.benchmark.benchmark_figures import _groups
from ecgcore.evaluation.benchmark.benchmark_tables import Benchmark, tables
from ecgcore.evaluation.benchmark.contender import Contender, places_of
from ecgcore.evaluation.estimate.resampling import Resampling

CONTROL_COLUMNS = ["study_id", "patient_id", "scar_probability", "lvef_probability"]


@pytest.fixture(scope="module")
def studies(contenders):
    frame = contenders[0].predictions
    return frame.rename(columns={"scar_label": "scar", "lvef_label": "lvef"}).assign(
        split="test", year=2018, diabetes=0, hypertension=0, smoke=1, dyslipidemia=0
    )


@pytest.fixture(scope="module")
def found(contenders, studies):
    return tables(Benchmark(studies, contenders, "image", resampling=Resampling(100, 0)))


def value(results, **where):
    rows = results[np.logical_and.reduce([results[name] == wanted for name, wanted in where.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_number_agrees_with_scikit_learn(contenders, found):
    frame = contenders[0].predictions.query("test_set == 'old'")
    y, p = frame["scar_label"].to_numpy(int), frame["scar_probability"].to_numpy()
    place = {"recipe": "image", "target": "scar", "test_set": "old", "rows": "complete"}
    expected = {
        "AUC": roc_auc_score(y, p),
        "AUC, patients resampled": roc_auc_score(y, p),
        "average precision": average_precision_score(y, p),
        "sensitivity at the operating point": np.mean(p[y == 1] > 0.5),
        "specificity at the operating point": np.mean(p[y == 0] <= 0.5),
        "F1 of the positive class, at the operating point": f1_score(y, p > 0.5),
        "F1, weighted by class, at the operating point": f1_score(y, p > 0.5, average="weighted"),
        "Brier score": brier_score_loss(y, p),
    }
    for metric, wanted in expected.items():
        assert value(found["results"], **place, metric=metric)["value"] == pytest.approx(wanted), metric


def test_imputed_and_complete_rows_stand_apart_and_add_up(found):
    areas = found["results"].query("metric == 'AUC' and target == 'scar' and test_set == 'new'")
    assert set(areas.query("recipe == 'image'")["rows"]) == {"complete"}
    n = areas.query("recipe == 'clinical'").set_index("rows")["n"]
    assert n["complete"] + n["imputed"] == n["mixed"] == 80


def test_a_recipe_without_a_target_is_left_out_there_and_only_there(found):
    tests = found["paired_tests"]
    assert sorted(tests.query("model == 'table'")["target"].unique()) == ["scar"]
    assert len(tests) == 2 * 2 + 2  # clinical on both targets and sets, table on scar
    assert (tests["p_holm"] >= tests["p_value"]).all()
    assert len(found["power"]) == len(tests)


def test_lvef_below_40_uses_the_same_probabilities(contenders, found):
    frame = contenders[0].predictions.query("test_set == 'new'")
    wanted = roc_auc_score(frame["lvef_percent"] < 40, frame["lvef_probability"])
    row = value(found["lvef_below_40"], test_set="new", metric="AUC")
    assert row["value"] == pytest.approx(wanted) and row["target"] == "lvef_below_40"


def test_sets_too_small_for_the_screening_samples_give_none(found):
    assert found["prevalence"].empty
    assert "readers" not in found and "controls" not in found


def test_a_set_without_positives_is_left_out(contenders):
    frame = contenders[0].predictions.copy()
    frame.loc[frame["test_set"] == "old", "lvef_label"] = 0
    assert places_of(Contender("x", "", frame)) == (("scar", "new"), ("scar", "old"), ("lvef", "new"))


def test_recipes_scored_on_other_rows_are_refused(contenders, studies):
    fewer = Contender("fewer", "", contenders[1].predictions.iloc[1:])
    with pytest.raises(EvaluationError, match="other studies"):
        Benchmark(studies, [contenders[0], fewer], "image")
    with pytest.raises(EvaluationError, match="not among"):
        Benchmark(studies, contenders, "nobody")
    with pytest.raises(EvaluationError, match="twice"):
        Benchmark(studies, [contenders[0], contenders[0]], "image")
    with pytest.raises(EvaluationError, match="no recipe"):
        Benchmark(studies, [], "image")


@pytest.fixture(scope="module")
def controls(contenders):
    return contenders[0].predictions.iloc[::2][CONTROL_COLUMNS]


@pytest.fixture(scope="module")
def with_people(contenders, studies, one_place, controls):
    """The tables of one recipe with readers and controls."""
    few = Resampling(100, 0)
    return tables(Benchmark(studies, contenders[:1], "image", reads=one_place, controls=controls, resampling=few))


def test_figures_group_recipes_by_what_they_read_and_not_by_name(contenders):
    frame = contenders[0].predictions
    made = [Contender("of-the-1d-kind", "", frame), Contender("waves", "", frame, reads_signals=True)]
    groups = dict(_groups(Benchmark(frame, [contenders[0], *made], "image")))
    names = {what: [each.name for each in group] for what, group in groups.items()}
    assert names == {
        "images and clinical features": ["image", "of-the-1d-kind"],
        "signals extracted from the images": ["image", "waves"],
    }


def test_controls_give_false_positive_rates(with_people, controls):
    found = with_people
    assert "paired_tests" not in found
    scar = found["controls"].set_index("target").loc["scar"]
    assert scar["called"] == int((controls["scar_probability"] > 0.5).sum()) and scar["n"] == len(controls)
    assert isinstance(found["controls"], pd.DataFrame)


@pytest.fixture(scope="module")
def perfect(contenders, studies):
    """The tables of a model that is always right."""
    frame = contenders[0].predictions.copy()
    for target in ("scar", "lvef"):
        frame[f"{target}_probability"] = np.where(frame[f"{target}_label"] == 1, 0.9, 0.1)
    return tables(Benchmark(studies, [Contender("perfect", "", frame)], "perfect", resampling=Resampling(100, 0)))


def test_no_interval_of_a_perfect_model_is_without_width(perfect):
    for results in (perfect["results"], perfect["lvef_below_40"]):
        assert (results["high"] - results["low"] > 0.01).all()
    areas = perfect["results"].query("metric == 'AUC, patients resampled' and target == 'scar' and test_set == 'old'")
    # 40 patients, each with a positive and a negative study: 20 pairs of different patients
    assert areas["low"].tolist() == pytest.approx([0.025 ** (1 / 20)])
    whole = perfect["results"].query("low == 0 and high == 1")
    assert set(whole["method"]) == {"the whole range, because resampling repeats the value"}
    assert whole["metric"].str.contains("average precision|specificity at|F1").all()


def test_a_perfect_model_has_no_calibration_slope_and_the_table_says_why(perfect):
    rows = perfect["calibration"].set_index("metric")
    slope, others = rows.loc["slope (1 is right)"], rows.drop(index="slope (1 is right)")
    assert slope["value"].isna().all() and slope["note"].str.contains("separates the classes").all()
    assert len(others) == 4 * 4 and others["value"].notna().all() and (others["note"] == "").all()
    # half of the old set's 80 are positive: .9 and .1 are .5 on average
    ratio = rows.query("target == 'scar' and test_set == 'old'").loc["expected / observed (1 is right)"]
    assert ratio["value"] == pytest.approx(1.0)


@pytest.fixture(scope="module")
def one_place(contenders):
    """Reads of scar on the old test set: of one reader all, of the other positives only."""
    old = contenders[0].predictions.query("test_set == 'old'")
    whole = pd.DataFrame({"reader": "A", "study_id": old["study_id"], "scar": [1, 0, 0, 0] * 20})
    part = pd.DataFrame({"reader": "B", "study_id": old.query("scar_label == 1")["study_id"][:5], "scar": 1})
    reads = pd.concat([whole, part], ignore_index=True).assign(experience="", lvef=pd.NA)
    return reads.astype({"scar": "Int8", "lvef": "Int8"})


def test_readers_of_one_target_and_set_are_compared_there_and_the_rest_is_named(with_people):
    lines = with_people["readers"]
    assert set(map(tuple, lines[["target", "test_set", "reader"]].to_numpy())) == {("scar", "old", "A")}
    # of each four studies the first and third are positive, and the reader calls the first: half are found, no alarm
    reached = lines.set_index("metric")["reads"]
    assert (reached["sensitivity"], reached["specificity"]) == (0.5, 1.0)
    assert sorted(map(tuple, with_people["readers_left_out"].to_numpy())) == [
        ("lvef", "new", "", "nobody read it"),
        ("lvef", "old", "", "nobody read it"),
        ("scar", "new", "", "nobody read it"),
        ("scar", "old", "B", "the 5 studies answered are all of one class"),
    ]


def test_readers_are_compared_once_for_tables_and_figures(contenders, studies, one_place, monkeypatch):
    benchmark = Benchmark(studies, contenders[:1], "image", reads=one_place, level=0.9, resampling=Resampling(100, 0))
    once = benchmark.readers
    monkeypatch.setattr("ecgcore.evaluation.benchmark.benchmark_tables.compare_readers", None)
    assert benchmark.readers is once
    assert once["scar", "old"][0].auc.level == 0.9


def test_reads_that_no_place_can_use_are_refused_before_anything_is_computed(contenders, studies, one_place):
    with pytest.raises(EvaluationError, match="both classes of a target and test set"):
        Benchmark(studies, contenders[:1], "image", reads=one_place[one_place["reader"] == "B"])
