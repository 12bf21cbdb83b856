"""Our own directories: any backbone, any number of targets, strictly read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.errors import PredictorError
from ecgcore.models.factory import Network, build
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.own import WEIGHTS, read_own_dir, write_own_dir
from ecgcore.predictor.golden.golden import replay, write_golden

SIZE = (64, 96)
TRANSFORM = ImageTransform(*SIZE, Interpolation.AREA)
THREE = ("scar", "lvef", "fibrosis")
SEVEN = ("a", "b", "c", "d", "e", "f", "g")


def image() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (70, 110, 3), dtype=np.uint8)


def one_step(network: Network) -> Network:
    """Train on one random batch, so that every weight and each batch statistic moves."""
    network.train()
    images = torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(1))
    loss = sum(torch.nn.functional.cross_entropy(v, torch.tensor([0, 1])) for v in network(images).values())
    loss.backward()
    torch.optim.SGD(network.parameters(), 0.01).step()
    return network.eval()


def in_memory(network: Network, picture: np.ndarray) -> dict[str, float]:
    pixels = TRANSFORM.normalise(torch.from_numpy(TRANSFORM.prepare(picture))[None])
    with torch.inference_mode():
        return {target: float(torch.softmax(v, 1)[0, 1]) for target, v in network(pixels).items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "targets"),
    [
        ("efficientnet_b3", THREE), ("convnext_atto", SEVEN), ("vit_tiny_patch16_224", THREE), ("test_resnet", SEVEN),
    ],
)  # fmt: skip
def test_any_backbone_with_any_targets_is_trained_exported_loaded_and_predicts_the_same(backbone, targets, tmp_path):
    torch.manual_seed(2)
    network = one_step(build(ModelSpec("multi-task", targets, backbone=backbone, latent_dim=16, image_size=SIZE)))
    expected = in_memory(network, image())
    folder = write_own_dir(network, TRANSFORM, tmp_path / "model", epoch=2, global_step=9)
    answer = ECGClassifier(folder, None, round_probabilities=False).predict(image())
    assert {t: found["probability"]["positive"] for t, found in answer.items()} == pytest.approx(expected, abs=1e-6)
    loaded = read_own_dir(folder)
    assert (loaded.spec, loaded.transform, loaded.epoch, loaded.global_step) == (network.spec, TRANSFORM, 2, 9)
    write_golden(folder, [image()], tmp_path / "golden")
    assert replay(folder, tmp_path / "golden").ok


@pytest.fixture(scope="module")
def small() -> Network:
    torch.manual_seed(3)
    return build(ModelSpec("multi-task", THREE, backbone="test_resnet", latent_dim=8, image_size=SIZE)).eval()


@pytest.fixture
def folder(small: Network, tmp_path: Path) -> Path:
    return write_own_dir(small, TRANSFORM, tmp_path / "model", odds_lines={"lvef": OddsLine(0.5, 1.0)})


def test_the_manifest_says_what_the_model_is(folder):
    said = json.loads((folder / "manifest.json").read_text())
    assert (said["format"], said["version"], said["family"]) == ("ecg-model", 1, "multi-task")
    assert (said["targets"], said["classes"]) == (list(THREE), ["negative", "positive"])
    assert said["input"] == {"kind": "image", "channels": 3, "height": 64, "width": 96}
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", WEIGHTS] == ["manifest.json", *said["files"]]


def test_an_odds_line_is_folded_into_its_head(small, folder):
    loaded, before = load_file(folder / WEIGHTS), small.state_dict()
    assert torch.equal(loaded["heads.lvef.weight"], before["heads.lvef.weight"] / 2)
    halves = torch.tensor([-0.5, 0.5])
    assert torch.equal(loaded["heads.lvef.bias"], before["heads.lvef.bias"] / 2 + halves)
    assert torch.equal(loaded["heads.scar.weight"], before["heads.scar.weight"])


def edited(key: str, value: object):
    def spoil(folder: Path) -> None:
        content = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(content | {key: value}))

    return spoil


def other_byte(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / WEIGHTS).write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (other_byte, "weights.safetensors: is altered"),
        (lambda f: (f / WEIGHTS).unlink(), "weights.safetensors: is missing"),
        (lambda f: (f / "manifest.json").write_text("["), "manifest.json: is not JSON"),
        (edited("targets", ["scar", "lvef", "death"]), "manifest.json: is altered"),
        (edited("epoch", 5), "manifest.json: is altered"),
        (edited("more", 1), "more is missing or too many"),
        (edited("version", 2), "is of format 'ecg-model' 2, read are 'ecg-model' 1"),
    ],
)
def test_a_damaged_or_altered_directory_is_refused(spoil, rule, folder):
    spoil(folder)
    with pytest.raises(PredictorError, match=rule):
        read_own_dir(folder)


def resealed(folder: Path) -> None:
    """Write the hashes anew, as somebody would who wants to be believed."""
    from ecgcore.predictor.formats.manifest import MANIFEST, write_manifest

    said = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).unlink()
    write_manifest(
        folder, {k: v for k, v in said.items() if k not in ("format", "version", "classes", "files", "sha256")}
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda s: s.pop("heads.scar.bias"), "state_dict lacks heads.scar.bias"),
        (lambda s: s.update(extra=torch.zeros(1)), "unexpected extra"),
        (lambda s: s.update({"heads.scar.bias": torch.zeros(3)}), "heads.scar.bias must be"),
        (lambda s: s.update({"heads.scar.bias": torch.zeros(2).double()}), "heads.scar.bias must be"),
        (lambda s: s.update({"heads.scar.bias": torch.tensor([0.0, float("nan")])}), "NaN or infinite"),
    ],
)
def test_weights_of_another_layout_are_refused(change, rule, folder):
    state = load_file(folder / WEIGHTS)
    change(state)
    save_file(state, folder / WEIGHTS)
    resealed(folder)
    with pytest.raises(PredictorError, match=rule):
        read_own_dir(folder)


def test_another_family_or_target_is_refused(folder, tmp_path):
    with pytest.raises(PredictorError, match="belongs to a multi-task model, asked for is single-task"):
        read_own_dir(folder, "single-task")
    single = build(ModelSpec("single-task-1d", ["lvef"], backbone="test_resnet", latent_dim=8)).eval()
    signals = SignalTransform(100, (0.1,) * 12, (0.5,) * 12, 0.02)
    one = write_own_dir(single, signals, tmp_path / "one")
    assert json.loads((one / "manifest.json").read_text())["input"] == {"kind": "signal", "leads": 12, "samples": 100}
    assert read_own_dir(one, "single-task-1d", "lvef").transform == signals
    with pytest.raises(PredictorError, match="says that the model predicts lvef, asked for is scar"):
        read_own_dir(one, task="scar")
    with pytest.raises(PredictorError, match="is no preprocessing of a single-task-1d model"):
        write_own_dir(single, TRANSFORM, tmp_path / "wrong")
