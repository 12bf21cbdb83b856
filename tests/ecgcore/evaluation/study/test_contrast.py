import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference
from ecgcore.evaluation.figures.contrast_forest import forest_png
from ecgcore.evaluation.study.contrast import ContrastResult, contrast_table, contrasts, mean_over_seeds


def frame(labels: np.ndarray, **scores: np.ndarray) -> pd.DataFrame:
    """A predictions frame of one place; scores are logits by target, labels the same for all."""
    ids = [f"S{i:06d}" for i in range(len(labels))]
    content = {"study_id": ids, "patient_id": ids, "ecg_format": "old", "test_set": "validation"}
    for target, score in scores.items():
        content |= {f"{target}_label": pd.array(labels, dtype="Int8"), f"{target}_probability": expit(score)}
    return pd.DataFrame(content)


def hospital(rng, n: int = 400, arms=("base", "same"), seeds: int = 3, wobble: float = 0.0, better: float = 0.0):
    """Arms whose networks see the same signal, each through noise of its own, and whose training succeeds by chance.

    ``wobble`` is how much the strength of the signal varies from seed to seed, ``better`` what all but the base gain.
    """
    labels = (rng.random(n) < 0.3).astype(int)
    shared = rng.standard_normal(n)
    made = {}
    for arm in arms:
        gain = 1.4 + better * (arm != "base")
        made[arm] = [
            frame(labels, scar=(gain + wobble * rng.standard_normal()) * labels + shared + 0.3 * rng.standard_normal(n))
            for _ in range(seeds)
        ]
    return made


def test_the_mean_is_that_of_the_logits():
    labels = np.array([0, 1, 1])
    one, two = frame(labels, scar=np.array([-1.0, 0.5, 2.0])), frame(labels, scar=np.array([0.0, 0.1, 4.0]))
    mean = mean_over_seeds([one, two])
    np.testing.assert_allclose(logit(mean["scar_probability"]), [-0.5, 0.3, 3.0])
    assert mean["scar_label"].tolist() == [0, 1, 1]
    certain = one.assign(scar_probability=[0.0, 0.5, 1.0])
    assert np.isfinite(mean_over_seeds([certain, two])["scar_probability"]).all()
    with pytest.raises(EvaluationError, match="not scored on the same studies"):
        mean_over_seeds([one, two.iloc[::-1].reset_index(drop=True)])


def test_the_difference_and_both_errors_follow_their_formulas():
    arms = hospital(np.random.default_rng(0), arms=("base", "a", "b"), wobble=0.1)
    found = {c.variant: c for c in contrasts(arms, "base", ["validation"])}
    labels = arms["base"][0]["scar_label"].to_numpy(int)
    mean = {arm: np.mean([logit(f["scar_probability"]) for f in frames], axis=0) for arm, frames in arms.items()}
    aucs = {arm: [roc_auc_score(labels, f["scar_probability"]) for f in frames] for arm, frames in arms.items()}
    variance = np.mean([np.var(each, ddof=1) for each in aucs.values()])
    for name in ("a", "b"):
        paired, contrast = paired_difference(labels, mean[name], mean["base"]), found[name]
        assert contrast.candidate == pytest.approx(roc_auc_score(labels, mean[name]))
        assert contrast.base == pytest.approx(roc_auc_score(labels, mean["base"]))
        assert (contrast.n, contrast.positives) == (400, labels.sum())
        assert contrast.case_error == pytest.approx(paired.standard_error)
        assert contrast.seeds == pytest.approx(np.subtract(aucs[name], aucs["base"]))
        assert contrast.seed_error == pytest.approx(np.sqrt(variance * 2 / 3))
        total = paired.standard_error**2 + variance * 2 / 3
        degrees = 6 * (total / (variance * 2 / 3)) ** 2
        half = student.ppf(0.975, degrees) * np.sqrt(total)
        assert contrast.difference.high - contrast.difference.value == pytest.approx(half)
        assert contrast.p_value == pytest.approx(2 * student.sf(abs(contrast.difference.value) / total**0.5, degrees))
    ordered = sorted(found.values(), key=lambda c: c.p_value)
    assert ordered[0].p_holm == pytest.approx(min(1, 2 * ordered[0].p_value))
    assert ordered[1].p_holm == pytest.approx(min(1, max(2 * ordered[0].p_value, ordered[1].p_value)))


def test_a_real_gain_is_found_and_its_sign_is_right():
    rng = np.random.default_rng(4)
    better = contrasts(hospital(rng, 2000, wobble=0.02, better=0.6), "base", ["validation"])[0]
    worse = contrasts(hospital(rng, 2000, wobble=0.02, better=-0.6), "base", ["validation"])[0]
    same = contrasts(hospital(rng, 2000, wobble=0.02), "base", ["validation"])[0]
    assert [c.finding for c in (better, worse, same)] == [
        ContrastResult.BETTER,
        ContrastResult.WORSE,
        ContrastResult.UNDECIDED,
    ]


def test_one_seed_leaves_the_training_noise_out_and_says_so():
    found = contrasts(hospital(np.random.default_rng(5), seeds=1), "base", ["validation"])[0]
    assert np.isnan(found.seed_error) and found.difference.method == "DeLong, paired"
    half = norm.ppf(0.975) * found.case_error
    assert found.difference.high - found.difference.value == pytest.approx(half)


def test_what_cannot_be_compared_is_refused():
    rng = np.random.default_rng(6)
    arms = hospital(rng)
    with pytest.raises(EvaluationError, match="needs as many seeds"):
        contrasts({**arms, "same": arms["same"][:2]}, "base", ["validation"])
    with pytest.raises(EvaluationError, match="need 'base'"):
        contrasts({"same": arms["same"]}, "base", ["validation"])
    other = [f.assign(scar_label=pd.array(1 - f["scar_label"].to_numpy(int), dtype="Int8")) for f in arms["same"]]
    with pytest.raises(EvaluationError, match="not scored on the same rows"):
        contrasts({"base": arms["base"], "other": other}, "base", ["validation"])


def test_missing_labels_are_left_out():
    arms = hospital(np.random.default_rng(7))
    for frames in arms.values():
        frames[:] = [f.assign(scar_label=f["scar_label"].mask(f.index < 50)) for f in frames]
    assert contrasts(arms, "base", ["validation"])[0].n == 350


def test_the_table_holds_what_the_contrasts_say_and_the_forest_is_drawn():
    rng = np.random.default_rng(8)
    found = contrasts(hospital(rng, arms=("base", "a", "b"), wobble=0.2), "base", ["validation"])
    table = contrast_table(found)
    assert table["variant"].tolist() == ["a", "b"]
    assert table.loc[0, "low"] <= table.loc[0, "difference"] <= table.loc[0, "high"]
    assert len(table.loc[0, "seed_differences"].split()) == 3
    assert forest_png("Contrasts", found).startswith(b"\x89PNG")
    with pytest.raises(EvaluationError, match="no contrast"):
        forest_png("none", [])


def test_a_target_without_both_classes_is_left_out_and_none_at_all_is_refused():
    arms = hospital(np.random.default_rng(9))
    more = {
        name: [f.assign(lvef_label=pd.array([0] * len(f), dtype="Int8"), lvef_probability=0.5) for f in frames]
        for name, frames in arms.items()
    }
    assert [c.target for c in contrasts(more, "base", ["validation"])] == ["scar"]
    unlabelled = {
        name: [f.assign(scar_label=pd.array([pd.NA] * len(f), dtype="Int8")) for f in frames]
        for name, frames in arms.items()
    }
    with pytest.raises(EvaluationError, match="hold both classes of no target"):
        contrasts(unlabelled, "base", ["validation"])
