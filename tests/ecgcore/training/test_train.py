import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ecgcore.errors import LeakError, SnapshotError, TrainingError
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.mtecg import read_model_dir
from ecgcore.predictor.golden.golden import replay
from ecgcore.training.network.start import folded_lines
from ecgcore.training.recipe.augment_section import (
    AugmentSection,
    GridSection,
    JpegSection,
    MixupSection,
    RotationSection,
    ShiftSection,
    ThicknessSection,
)
from ecgcore.training.train import train

ROOT = Path(__file__).parents[3]
EMA = {"kind": "ema", "decay": 0.8}
PAGE = AugmentSection(
    page_shift=ShiftSection(0.1, 0.5), rotation=RotationSection(2.0, 0.5), lead_shift=ShiftSection(0.1, 0.5),
    thickness=ThicknessSection(0.5, 0.5), grid=GridSection(0.5, 0.5), jpeg=JpegSection(30, 0.5),
    mixup=MixupSection(0.4),
)  # fmt: skip
SWA = {"kind": "swa", "start": 0.4, "learning_rate": 0.001}


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "model" / "model.ckpt", weights_only=True)["state_dict"]


def assert_same_weights(one: Path, two: Path) -> None:
    a, b = weights(one), weights(two)
    assert a.keys() == b.keys()
    assert all(torch.equal(a[k], b[k]) for k in a)


def summary(run: Path) -> dict:
    return json.loads((run / "summary.json").read_text())


def without_seconds(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "metrics.csv").drop(columns="seconds")


class KilledError(Exception):
    pass


def killer(epoch: int):
    def after(report) -> None:
        if report.epoch == epoch:
            raise KilledError

    return after


@pytest.fixture(scope="module")
def learned(tmp_path_factory, snapshot_dir, make_recipe):
    recipe = make_recipe(epochs=12, weight_averaging=EMA)
    return train(snapshot_dir, recipe, tmp_path_factory.mktemp("r") / "run", progress=False)


def test_it_learns_what_is_visible(learned):
    last = without_seconds(learned).iloc[-1]
    assert last["valid_auc_scar"] >= 0.95 and last["valid_auc_lvef"] >= 0.95


def test_the_run_directory_is_complete(learned, snapshot_dir):
    assert {p.name for p in learned.iterdir()} >= {
        "recipe.yaml", "snapshot.json", "metrics.csv", "summary.json", "checkpoints", "model", "golden",
    }  # fmt: skip
    s = summary(learned)
    assert (s["snapshot_id"], s["epochs"], s["steps"], s["device"]) == ("snap-1", 12, 48, "cpu")
    studies = pd.read_parquet(snapshot_dir / "studies.parquet")
    for split in ("train", "valid"):
        part = studies[studies["split"] == split]
        assert s["samples"][split]["scar"] == {
            "negative": int((part["scar"] == 0).sum()), "positive": int((part["scar"] == 1).sum()),
        }  # fmt: skip
    assert replay(learned / "model", learned / "golden").ok


def test_the_exported_model_gives_the_validation_losses(learned, snapshot_dir):
    studies = pd.read_parquet(snapshot_dir / "studies.parquet").query("split == 'valid'")
    classifier = ECGClassifier(learned / "model", "multi-task", "cpu", round_probabilities=False)
    paths = [snapshot_dir / "images" / sha[:2] / f"{sha}.png" for sha in studies["image_sha256"]]
    answers = [classifier.predict(str(p)) for p in paths]
    s = summary(learned)
    for target in ("scar", "lvef"):
        p = np.array([a[target]["probability"]["positive"] for a in answers])
        known = studies[target].notna().to_numpy()
        label = studies[target].to_numpy(float, na_value=np.nan)[known]
        logit = folded_lines(s)[target].inverse.of(np.log(p / (1 - p))[known])
        loss = np.logaddexp(0, -logit * (2 * label - 1)).mean()
        assert loss == pytest.approx(s["valid_losses"][target], rel=1e-4)


def test_a_finished_run_is_not_trained_again(learned, snapshot_dir, make_recipe):
    before = (learned / "summary.json").stat().st_mtime_ns
    recipe = make_recipe(epochs=12, weight_averaging=EMA)
    assert train(snapshot_dir, recipe, learned, progress=False, callback=killer(0)) == learned
    assert (learned / "summary.json").stat().st_mtime_ns == before


def test_another_recipe_is_refused(learned, snapshot_dir, make_recipe):
    with pytest.raises(TrainingError, match=r"another recipe \(recipe.yaml differs\)"):
        train(snapshot_dir, make_recipe(seed=99), learned, progress=False)


@pytest.mark.parametrize(
    ("averaging", "kill_at", "augment"),
    [
        (SWA, 2, PAGE),
        pytest.param(EMA, 0, AugmentSection(), marks=pytest.mark.slow),
        pytest.param({"kind": "none"}, 3, AugmentSection(), marks=pytest.mark.slow),
    ],
)
def test_a_stopped_training_resumes_to_the_same_weights(
    tmp_path, snapshot_dir, make_recipe, averaging, kill_at, augment
):
    recipe = make_recipe(weight_averaging=averaging, early_stopping_patience=3, accumulate=2)
    recipe = replace(recipe, schedule=replace(recipe.schedule, warmup_steps=2), augment=augment)
    whole = train(snapshot_dir, recipe, tmp_path / "whole", progress=False)
    with pytest.raises(KilledError):
        train(snapshot_dir, recipe, tmp_path / "cut", progress=False, callback=killer(kill_at))
    assert not (tmp_path / "cut" / "model").exists()
    seen = []
    cut = train(snapshot_dir, recipe, tmp_path / "cut", progress=False, callback=lambda r: seen.append(r.epoch))
    assert seen == list(range(kill_at + 1, 4))
    assert_same_weights(whole, cut)
    pd.testing.assert_frame_equal(without_seconds(whole), without_seconds(cut))


def test_best_weights_are_exported_and_patience_counts(tmp_path, snapshot_dir, make_recipe):
    recipe = make_recipe(epochs=40, early_stopping_patience=2)
    recipe = replace(recipe, optimiser=replace(recipe.optimiser, learning_rate=0.02))
    kept: dict[int, dict] = {}

    def keep(report) -> None:
        saved = torch.load(tmp_path / "r" / "checkpoints" / "last.ckpt", weights_only=True)
        kept[report.epoch] = {k.removeprefix("network."): v for k, v in saved["state_dict"].items()}

    run = train(snapshot_dir, recipe, tmp_path / "r", progress=False, callback=keep)
    losses = without_seconds(run)["valid_loss"].to_numpy()
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 40
    s = summary(run)
    assert (s["best_epoch"], s["stopped_early"], s["valid_loss"]) == (best, True, pytest.approx(losses[best], rel=1e-4))
    network = read_model_dir(run / "model").network.state_dict()
    for name, value in kept[best].items():
        if not value.is_floating_point():
            continue
        if not name.startswith("heads."):
            torch.testing.assert_close(network[name], value)
    for target, line in folded_lines(s).items():
        for name, value in line.folded(kept[best], f"heads.{target}").items():
            torch.testing.assert_close(network[name], value)
    assert any(not torch.equal(kept[best][k], kept[best + 2][k]) for k in kept[best])


@pytest.mark.slow
def test_a_training_killed_after_early_stopping_trains_no_further(tmp_path, snapshot_dir, make_recipe):
    recipe = make_recipe(epochs=40, early_stopping_patience=1)
    recipe = replace(recipe, optimiser=replace(recipe.optimiser, learning_rate=0.05))
    run = train(snapshot_dir, recipe, tmp_path / "whole", progress=False)
    last = len(without_seconds(run)) - 1
    assert last < 39
    with pytest.raises(KilledError):
        train(snapshot_dir, recipe, tmp_path / "cut", progress=False, callback=killer(last))
    cut = train(snapshot_dir, recipe, tmp_path / "cut", progress=False, callback=killer(last + 1))
    assert_same_weights(run, cut)


@pytest.mark.slow
def test_swa_exports_whichever_validates_better(tmp_path, snapshot_dir, make_recipe):
    run = train(snapshot_dir, make_recipe(weight_averaging=SWA), tmp_path / "r", progress=False)
    s = summary(run)
    best = without_seconds(run)["valid_loss"].min()
    if s["exported_weights"] == "equal_average":
        assert s["valid_loss"] < best
    else:
        assert s["valid_loss"] == pytest.approx(best, rel=1e-4)


@pytest.mark.full
def test_shuffled_labels_teach_nothing(tmp_path, make_recipe, make_snapshot, reseal):
    path = make_snapshot(tmp_path / "s", studies=400, missing=0.0)
    studies = pd.read_parquet(path / "studies.parquet")
    mixed = np.random.default_rng(5).permutation(len(studies))
    studies[["scar", "lvef"]] = studies[["scar", "lvef"]].iloc[mixed].to_numpy()
    studies.to_parquet(path / "studies.parquet")
    reseal(path)
    run = train(path, make_recipe(epochs=3), tmp_path / "r", progress=False)
    for value in summary(run)["valid_aucs"].values():
        assert abs(value - 0.5) < 3.3 * np.sqrt(101 / (12 * 50 * 50))  # Mann-Whitney under no effect, 100 rows


@pytest.mark.parametrize("column", ["patient_id", "image_sha256"])
def test_a_leaking_snapshot_is_refused_before_anything_is_written(tmp_path, make_recipe, make_snapshot, reseal, column):
    path = make_snapshot(tmp_path / "s", studies=24)
    studies = pd.read_parquet(path / "studies.parquet")
    studies.loc[studies.index[studies["split"] == "test"][0], column] = studies.loc[0, column]
    studies.to_parquet(path / "studies.parquet")
    reseal(path)
    with pytest.raises(LeakError, match="in more than one split"):
        train(path, make_recipe(), tmp_path / "r", progress=False)
    assert not (tmp_path / "r").exists()


def test_no_usable_rows_is_one_clear_error(tmp_path, snapshot_dir, make_recipe):
    recipe = make_recipe()
    recipe = replace(recipe, data=replace(recipe.data, formats=("photo",)))
    with pytest.raises(TrainingError, match="split train has 0 usable studies"):
        train(snapshot_dir, recipe, tmp_path / "r", progress=False)
    with pytest.raises(SnapshotError, match="Hint"):
        train(tmp_path / "none", recipe, tmp_path / "r", progress=False)


def _relabelled(make_snapshot, reseal, path, target, value):
    snapshot = make_snapshot(path, studies=96, missing=0.0)
    studies = pd.read_parquet(snapshot / "studies.parquet")
    studies[target] = pd.array([value] * len(studies), dtype="Int8")
    studies.to_parquet(snapshot / "studies.parquet")
    reseal(snapshot)
    return snapshot


def test_a_target_without_any_label_is_left_untrained_with_a_warning(
    tmp_path, make_recipe, make_snapshot, reseal, caplog
):
    snapshot = _relabelled(make_snapshot, reseal, tmp_path / "s", "lvef", None)
    with caplog.at_level("WARNING"):
        run = train(snapshot, make_recipe(epochs=2), tmp_path / "r", progress=False)
    assert "lvef: no train study has this label; its head learns nothing" in caplog.text
    assert "lvef: no valid study has this label" in caplog.text
    found = summary(run)
    assert found["samples"]["train"]["lvef"] == {"negative": 0, "positive": 0}
    assert found["valid_aucs"]["lvef"] is None and found["valid_aucs"]["scar"] is not None
    assert found["valid_losses"]["lvef"] == 0.0
    point = found["operating_point"]["lvef"]
    assert (point["folded"], point["calibration"]["fitted"]) == ({"slope": 1.0, "intercept": 0.0}, False)
    assert "validation has 0 negatives and 0 positives" in point["calibration"]["reason"]
    assert ECGClassifier(run / "model").targets == ("scar", "lvef")


def test_a_target_with_one_class_only_is_refused(tmp_path, make_recipe, make_snapshot, reseal):
    snapshot = _relabelled(make_snapshot, reseal, tmp_path / "s", "lvef", 0)
    with pytest.raises(TrainingError, match=r"train studies have \d+ negatives and 0 positives of lvef"):
        train(snapshot, make_recipe(), tmp_path / "r", progress=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused(tmp_path, snapshot_dir, make_recipe):
    with pytest.raises(TrainingError, match="torch sees no GPU"):
        train(snapshot_dir, make_recipe(), tmp_path / "r", device="cuda", progress=False)


def test_a_loss_that_is_not_finite_ends_the_training(tmp_path, snapshot_dir, make_recipe):
    recipe = make_recipe()
    recipe = replace(recipe, optimiser=replace(recipe.optimiser, learning_rate=1e30))
    with pytest.raises(TrainingError, match=r"lower optimiser\.learning_rate"):
        train(snapshot_dir, recipe, tmp_path / "r", progress=False)


def test_nothing_global_is_left_changed(tmp_path, snapshot_dir, make_recipe):
    torch.manual_seed(11)
    before = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    train(snapshot_dir, make_recipe(epochs=2), tmp_path / "r", progress=False)
    after = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]


def start(snapshot: Path, recipe: Path, run: Path) -> subprocess.Popen:
    arguments = ", ".join(repr(str(path)) for path in (snapshot, recipe, run))
    code = f"from ecgcore.training.train import train; train({arguments}, progress=False)"
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True
    )


@pytest.mark.full
def test_sigkill_at_random_times_still_ends_with_the_same_weights(tmp_path, snapshot_dir, make_recipe):
    import yaml

    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(make_recipe(epochs=8, weight_averaging=EMA).to_dict()))
    whole = train(snapshot_dir, file, tmp_path / "whole", progress=False)
    run, rng, kills = tmp_path / "cut", random.Random(0), 0
    process = start(snapshot_dir, file, run)
    for line in (1, 3, 6):  # wait for so many finished epochs, then a little more, then kill
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if (run / "metrics.csv").exists() and len((run / "metrics.csv").read_text().splitlines()) > line:
                break
            time.sleep(0.01)
        time.sleep(rng.random() * 0.2)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        assert not (run / "model").exists() or read_model_dir(run / "model")
        process = start(snapshot_dir, file, run)
    assert process.wait(timeout=120) == 0
    assert kills >= 2
    assert_same_weights(whole, run)
    pd.testing.assert_frame_equal(without_seconds(whole), without_seconds(run))
