"""Conformance: real outputs of the deployed predictor, on weights and an image given by formula."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.mtecg import read_model_dir, write_model_dir

CLASSES = ("multi-task", "single-task", "multi-task-clinical", "single-task-clinical")


def features(golden: dict, model_class: str) -> dict | None:
    """The recorded features with the age in years, which is what our predictor takes."""
    recorded = golden["clinical_features"]
    return {**recorded, "age": round(recorded["age"] * 100)} if "clinical" in model_class else None


def assert_recorded(answer: dict, expected: dict) -> None:
    assert answer.keys() == expected.keys()
    for target, recorded in expected.items():
        assert answer[target]["prediction"] == recorded["prediction"]
        assert answer[target]["probability"] == pytest.approx(recorded["probability"], rel=0, abs=1e-5)


@pytest.mark.parametrize("interpolation", [1, 3])
@pytest.mark.parametrize("model_class", CLASSES)
def test_the_deployed_outputs_are_reproduced(
    model_class: str, interpolation: int, formula_dir: Callable[[str], Path], formula_image, golden, tmp_path: Path
):
    folder = tmp_path / "model"
    shutil.copytree(formula_dir(model_class), folder)
    text = (folder / "transform.json").read_text()
    (folder / "transform.json").write_text(text.replace('"interpolation": 1', f'"interpolation": {interpolation}'))
    classifier = ECGClassifier(folder, model_class, task="scar", round_probabilities=False)
    answer = classifier.predict(Image.fromarray(formula_image), features(golden, model_class))
    assert_recorded(answer, golden["outputs"][f"{model_class}, interpolation {interpolation}"])


@pytest.mark.parametrize("model_class", CLASSES)
def test_they_are_reproduced_by_what_our_writer_makes_of_the_weights(
    model_class: str, formula_dir: Callable[[str], Path], formula_image, golden, tmp_path: Path
):
    loaded = read_model_dir(formula_dir(model_class))
    assert (loaded.epoch, loaded.global_step) == (3, 77)
    write_model_dir(loaded.network, loaded.spec, loaded.transform, "{}", tmp_path / "copy")
    Image.fromarray(formula_image).save(tmp_path / "ecg.png")
    answer = ECGClassifier(tmp_path / "copy", model_class, round_probabilities=False).predict(
        tmp_path / "ecg.png", features(golden, model_class)
    )
    assert_recorded(answer, golden["outputs"][f"{model_class}, interpolation 1"])


@pytest.mark.parametrize("model_class", CLASSES)
def test_configs_keys_and_values_are_the_contracts(
    model_class: str, formula_dir: Callable[[str], Path], contract, tmp_path: Path
):
    loaded = read_model_dir(formula_dir(model_class))
    options = {} if loaded.spec.family.is_single else {"loss_ratio": {"lvef": 0.3, "scar": 0.7}}
    write_model_dir(loaded.network, loaded.spec, loaded.transform, "{}", tmp_path / "copy", **options)
    written = json.loads((tmp_path / "copy" / "configs.json").read_text())
    assert written == contract[model_class]["configs.json"]
    assert written["pretrained"] is False


def test_rounded_probabilities_have_two_decimals(formula_dir: Callable[[str], Path], formula_image, golden):
    answer = ECGClassifier(formula_dir("multi-task")).predict(formula_image)
    recorded = golden["outputs"]["multi-task, interpolation 1"]
    expected = {name: round(p, 2) for name, p in recorded["scar"]["probability"].items()}
    assert answer["scar"] == {"prediction": 1, "probability": expected}
    assert all(type(p) is float for p in answer["scar"]["probability"].values())


def test_a_batch_gives_the_same_probabilities_unrounded(formula_dir: Callable[[str], Path], formula_image, golden):
    classifier = ECGClassifier(formula_dir("multi-task"))
    images = [np.full((80, 90, 3), 255, np.uint8), formula_image, formula_image[:, ::-1].copy()]
    batch = classifier.predict_batch(iter(images), batch_size=2)
    assert batch["scar"].dtype == np.float64 and batch["scar"].shape == (3,)
    recorded = golden["outputs"]["multi-task, interpolation 1"]
    assert batch["scar"][1] == pytest.approx(recorded["scar"]["probability"]["positive"], abs=1e-5)
    assert batch["lvef"][1] == pytest.approx(recorded["lvef"]["probability"]["positive"], abs=1e-5)
    assert abs(batch["scar"][0] - batch["scar"][1]) > 1e-3
