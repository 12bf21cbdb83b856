"""Every family of networks through ``train``: it trains, resumes, exports, is replayed and scored."""

from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from ecgcore.data.snapshot import Snapshot, Split
from ecgcore.errors import TrainingError
from ecgcore.predictor.formats.model_dir import read_network_dir
from ecgcore.predictor.golden.golden import read_golden, replay
from ecgcore.predictor.scoring import score
from ecgcore.training.network.start import folded_lines
from ecgcore.training.train import train

FAMILIES = ("multi-task-1d", "multi-task-clinical", "single-task", "single-task-1d", "single-task-clinical")
FAST = ("multi-task-1d", "single-task-clinical")
FILES = {
    "image": {"configs.json", "model.ckpt", "transform.json", "train_transform.json"},
    "1d": {"manifest.json", "weights.safetensors"},
    "clinical": {"imputation.json", "imputer.joblib", "imputer_threshold_dict.joblib"},
    "single": {"targets.json"},
}
BLANK = "S" + f"{6:020x}"


class KilledError(Exception):
    pass


def kill_after_the_first(report) -> None:
    raise KilledError


@pytest.fixture(scope="session")
def snapshot_of(snapshot_dir, signal_snapshot_dir):
    return lambda family: signal_snapshot_dir if family.endswith("-1d") else snapshot_dir


@pytest.fixture(scope="module")
def trained(snapshot_of, make_family_recipe, tmp_path_factory):
    """The run of a family, two epochs, made once."""
    made: dict[str, Path] = {}

    def run(family: str) -> Path:
        if family not in made:
            recipe, folder = make_family_recipe(family, epochs=2), tmp_path_factory.mktemp(family) / "run"
            made[family] = train(snapshot_of(family), recipe, folder, progress=False)
        return made[family]

    return run


def marked(fast=FAST):
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]


def weights(run: Path) -> dict[str, torch.Tensor]:
    return dict(read_network_dir(run / "model").network.state_dict())


def summary(run: Path) -> dict:
    return json.loads((run / "summary.json").read_text())


@pytest.mark.parametrize("family", marked())
def test_the_directory_holds_what_its_family_needs(family, trained):
    kinds = {"1d"} if family.endswith("-1d") else {"image", *family.split("-")}
    expected = set().union(*(FILES.get(kind, set()) for kind in kinds))
    assert {path.name for path in (trained(family) / "model").iterdir()} == expected
    assert read_network_dir(trained(family) / "model").spec.family.value == family


@pytest.mark.parametrize("family", marked())
def test_golden_studies_are_reproduced_and_tell_nothing_of_a_patient(family, trained, snapshot_of):
    run = trained(family)
    assert replay(run / "model", run / "golden").ok
    golden = read_golden(run / "golden")
    assert golden.model_class == family
    ages = {float(age) for age in Snapshot.open(snapshot_of(family)).studies["age"]}
    for study in golden.studies:
        assert (study.clinical_features is not None) == family.endswith("clinical")
        assert study.clinical_features is None or study.clinical_features["age"] in {35, 44, 53, 61, 70, 78}
    assert len(ages) > 10


@pytest.mark.parametrize("family", marked())
def test_the_exported_model_scores_the_validation_losses_of_its_training(family, trained, snapshot_of):
    """From the directory alone: its own preprocessing, scaler and imputation."""
    run, snapshot = trained(family), Snapshot.open(snapshot_of(family))
    rows, said = snapshot.rows(Split.VALID), summary(run)
    frame = score(snapshot, rows, run / "model")
    assert frame["study_id"].tolist() == rows["study_id"].tolist()
    for target in ("lvef",) if family.startswith("single") else ("scar", "lvef"):
        part = frame[frame[f"{target}_label"].notna() & ~frame["unreadable"]]
        p = part[f"{target}_probability"].to_numpy()
        logit = folded_lines(said)[target].inverse.of(np.log(p / (1 - p)))
        loss = np.logaddexp(0, -logit * (2 * part[f"{target}_label"].to_numpy(float) - 1)).mean()
        assert loss == pytest.approx(said["valid_losses"][target], rel=1e-4)


@pytest.mark.parametrize("family", marked(fast=FAST[1:]))
def test_a_killed_training_resumes_to_the_same_weights(family, trained, snapshot_of, make_family_recipe, tmp_path):
    recipe = make_family_recipe(family, epochs=2)
    with pytest.raises(KilledError):
        train(snapshot_of(family), recipe, tmp_path / "cut", progress=False, callback=kill_after_the_first)
    cut = train(snapshot_of(family), recipe, tmp_path / "cut", progress=False)
    whole, again = weights(trained(family)), weights(cut)
    assert whole.keys() == again.keys() and all(torch.equal(whole[name], again[name]) for name in whole)
    for name in FILES["1d"] | FILES["clinical"]:
        if (cut / "model" / name).exists():
            assert (cut / "model" / name).read_bytes() == (trained(family) / "model" / name).read_bytes()


def test_the_scaler_is_fitted_on_training_rows_only(trained, signal_snapshot_dir):
    model = trained("multi-task-1d") / "model"
    snapshot = Snapshot.open(signal_snapshot_dir)
    train_rows = snapshot.rows(Split.TRAIN)
    train_rows = train_rows[train_rows["study_id"] != BLANK]
    labelled = train_rows[train_rows[["scar", "lvef"]].notna().any(axis=1)]
    classifier_input = read_network_dir(model).transform
    signals = np.stack([_signals(snapshot, sha, classifier_input) for sha in labelled["image_sha256"]])
    np.testing.assert_allclose(classifier_input.mean, signals.astype(float).mean(axis=(0, 2)), rtol=1e-9)
    np.testing.assert_allclose(classifier_input.scale, signals.astype(float).std(axis=(0, 2)), rtol=1e-9)


def _signals(snapshot: Snapshot, sha: str, transform) -> np.ndarray:
    from ecgcore.reports.file.image_store import load_image

    return transform.prepare(load_image(snapshot.image_path(sha)))


def test_an_unreadable_signal_is_counted_named_and_left_out(trained, signal_snapshot_dir):
    said = summary(trained("multi-task-1d"))
    assert set(said["unreadable"]) == {BLANK} and "empty-lead" in said["unreadable"][BLANK]
    rows = Snapshot.open(signal_snapshot_dir).rows(Split.TRAIN)
    labelled = int(rows[["scar", "lvef"]].notna().any(axis=1).sum())
    assert said["samples"]["train"]["studies"] == labelled - 1


def test_too_many_unreadable_signals_end_the_training(signal_snapshot_dir, make_family_recipe, tmp_path):
    recipe = make_family_recipe("multi-task-1d")
    strict = type(recipe)(**{**vars(recipe), "input": type(recipe.input)(recipe.input.kind, 64, 0.0)})
    with pytest.raises(TrainingError, match=f"signals of 1 of .* studies cannot be read: {BLANK}"):
        train(signal_snapshot_dir, strict, tmp_path / "r", progress=False)


def test_changing_valid_and_test_rows_changes_no_imputation(make_snapshot, make_family_recipe, reseal, tmp_path):
    """A leak would let the imputer, its thresholds or the trained weights see them."""
    recipe, exported = make_family_recipe("single-task-clinical", epochs=1), []
    for name in ("one", "two"):
        path = make_snapshot(tmp_path / name)
        if name == "two":
            studies = pd.read_parquet(path / "studies.parquet")
            others = studies["split"] != "train"
            studies.loc[others, ["smoke", "diabetes", "hypertension", "dyslipidemia"]] = 1
            studies.loc[others, ["age", "female", "impute"]] = [90.0, 1, 0]
            studies.to_parquet(path / "studies.parquet")
            reseal(path)
        run = train(path, recipe, tmp_path / f"run-{name}", progress=False)
        exported.append((run / "model" / "imputation.json").read_bytes())
        exported.append((run / "model" / "imputer.joblib").read_bytes())
    assert exported[:2] == exported[2:]


def test_what_upstream_reads_holds_the_same_numbers(trained):
    model = trained("single-task-clinical") / "model"
    imputation = read_network_dir(model).imputation
    assert joblib.load(model / "imputer_threshold_dict.joblib") == dict(imputation.thresholds)
    imputer = joblib.load(model / "imputer.joblib")
    assert isinstance(imputer, IterativeImputer) and imputer.sample_posterior
    assert imputer.initial_imputer_.statistics_.tolist() == list(imputation.start)


def test_the_number_of_imputed_studies_is_told(trained, snapshot_dir):
    said = summary(trained("single-task-clinical"))["imputed"]
    for split in (Split.TRAIN, Split.VALID):
        rows = Snapshot.open(snapshot_dir).rows(split)
        assert said[split.value] == int((rows["smoke"].isna() & rows["lvef"].notna()).sum()) > 0
