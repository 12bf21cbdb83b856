from __future__ import annotations

import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.errors import PredictorError
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.classifier import ECGClassifier, exact_convolutions
from ecgcore.predictor.formats.mtecg import write_model_dir

FEATURES = {"female_gender": 1, "dm": 0, "ht": 1, "smoke": 0, "dlp": 1, "age": 63}
TRANSFORM = ImageTransform(64, 64, Interpolation.AREA)


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (90, 120, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folders(small_networks, tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {name: write_model_dir(n, n.spec, TRANSFORM, "{}", root / name) for name, n in small_networks.items()}


def test_predict_equals_the_network_on_transformed_pixels(folders, small_networks):
    pixels = TRANSFORM.normalise(TRANSFORM.resize(picture(0))[None])
    with torch.inference_mode():
        logits = small_networks["multi-task"](pixels)
    answer = ECGClassifier(folders["multi-task"], round_probabilities=False).predict(picture(0))
    for target, value in logits.items():
        expected = torch.softmax(value[0].double(), 0).tolist()
        assert list(answer[target]["probability"].values()) == pytest.approx(expected, abs=1e-6)
        assert answer[target]["prediction"] == int(expected[1] > expected[0])


def test_single_task_answers_for_the_named_task_only(folders):
    assert list(ECGClassifier(folders["single-task"], "single-task").predict(picture(0))) == ["scar"]
    with pytest.raises(PredictorError, match="says that the model predicts scar, asked for is lvef"):
        ECGClassifier(folders["single-task"], "single-task", task="lvef")


def test_a_directory_that_does_not_name_its_target_is_told(folders, tmp_path, caplog):
    folder = shutil.copytree(folders["single-task"], tmp_path / "upstream")
    (folder / "targets.json").unlink()
    assert list(ECGClassifier(folder, "single-task", task="lvef").predict(picture(0))) == ["lvef"]
    assert caplog.text == ""
    assert list(ECGClassifier(folder, "single-task").predict(picture(0))) == ["scar"]
    assert '"scar" is assumed' in caplog.text and 'Pass task="..."' in caplog.text


def test_the_family_can_be_taken_from_the_directory(folders):
    assert {name: ECGClassifier(folder, None).spec.family.value for name, folder in folders.items()} == {
        name: name for name in folders
    }


def test_clinical_features_reach_the_network(folders):
    classifier = ECGClassifier(folders["multi-task-clinical"], "multi-task-clinical", round_probabilities=False)
    first, second = (classifier.predict(picture(0), {**FEATURES, "dm": dm}) for dm in (0, 1))
    assert first["scar"]["probability"] != second["scar"]["probability"]
    batch = classifier.predict_batch([picture(0)] * 3, [{**FEATURES, "dm": dm} for dm in (0, 1, 0)], batch_size=2)
    expected = [a["scar"]["probability"]["positive"] for a in (first, second, first)]
    assert batch["scar"].tolist() == pytest.approx(expected, abs=1e-6)


def test_missing_or_miscounted_features_are_refused(folders):
    classifier = ECGClassifier(folders["single-task-clinical"], "single-task-clinical")
    with pytest.raises(PredictorError, match="single-task-clinical model needs them"):
        classifier.predict(picture(0))
    for count in (1, 3):
        with pytest.raises(PredictorError, match="given for"):
            classifier.predict_batch([picture(0), picture(1)], [FEATURES] * count)


def test_features_for_an_image_only_model_are_said_to_be_unused(folders, caplog):
    classifier = ECGClassifier(folders["multi-task"])
    with caplog.at_level(logging.WARNING):
        assert classifier.predict(picture(0), FEATURES) == classifier.predict(picture(0))
    assert "clinical features are not used" in caplog.text


def test_a_batch_is_read_lazily_and_keeps_its_order(folders):
    classifier = ECGClassifier(folders["multi-task"], round_probabilities=False)
    batch = classifier.predict_batch((picture(seed) for seed in range(5)), batch_size=2)
    one_by_one = [classifier.predict(picture(seed))["lvef"]["probability"]["positive"] for seed in range(5)]
    assert batch["lvef"].tolist() == pytest.approx(one_by_one, abs=1e-6)
    assert np.ptp(batch["lvef"]) > 1e-3
    assert classifier.predict_batch([])["scar"].shape == (0,)


def test_cached_images_of_the_right_size_give_the_same_answer(folders):
    classifier = ECGClassifier(folders["multi-task"], round_probabilities=False)
    resized = TRANSFORM.resize(picture(3))
    assert classifier.predict(resized) == classifier.predict(picture(3))


def test_threads_share_one_classifier(folders):
    classifier = ECGClassifier(folders["multi-task"], round_probabilities=False)
    expected = [classifier.predict(picture(seed)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(classifier.predict, [picture(seed % 4) for seed in range(32)]))
    for number, answer in enumerate(found):
        same = expected[number % 4]["scar"]["probability"]
        assert answer["scar"]["probability"] == pytest.approx(same, abs=1e-6)


@pytest.mark.parametrize(("device", "together"), [("cpu", True), ("cuda", False)])
def test_one_thread_at_a_time_has_the_settings_of_the_whole_process(device, together):
    """No GPU is needed: only its library's settings are."""
    before, entered = torch.backends.cudnn.allow_tf32, threading.Event()

    def other() -> None:
        with exact_convolutions(torch.device(device)):
            entered.set()

    thread = threading.Thread(target=other)
    with exact_convolutions(torch.device(device)):
        thread.start()
        assert entered.wait(5 if together else 0.1) is together
    thread.join(5)
    assert entered.is_set() and torch.backends.cudnn.allow_tf32 is before


def test_predicting_draws_no_random_numbers_and_keeps_no_gradient(folders):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    classifier = ECGClassifier(folders["multi-task"])
    classifier.predict(Image.fromarray(picture(0)))
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(value.requires_grad for value in classifier._network.parameters())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"model_class": "multitask"}, "model_class 'multitask': is not known"),
        ({"model_class": "single-task"}, "belongs to a multi-task model"),
        ({"device": "gpu"}, "device 'gpu': is not known"),
        ({"device": "mps"}, "device 'mps': is not supported"),
        ({"device": "cuda:99"}, "device 'cuda:99': is not there"),
    ],
)
def test_wrong_options_are_refused(options, match, folders):
    with pytest.raises(PredictorError, match=match):
        ECGClassifier(folders["multi-task"], **options)


def test_an_overflowing_network_gives_no_answer(tmp_path):
    network = build(ModelSpec("single-task", ["scar"], backbone="resnet10t", latent_dim=16))
    with torch.no_grad():
        network.backbone.fc.weight.fill_(3e38)
        network.heads["scar"].weight.fill_(3e38)
    folder = write_model_dir(network, network.spec, TRANSFORM, "{}", tmp_path / "model")
    with pytest.raises(PredictorError, match="is not a finite number"):
        ECGClassifier(folder, "single-task").predict(picture(0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_gives_the_cpus_probabilities(formula_dir, formula_image):
    on = {d: ECGClassifier(formula_dir("multi-task"), device=d, round_probabilities=False) for d in ("cpu", "cuda")}
    answers = {device: classifier.predict(formula_image) for device, classifier in on.items()}
    for target, answer in answers["cpu"].items():
        assert answers["cuda"][target]["probability"] == pytest.approx(answer["probability"], abs=1e-5)
