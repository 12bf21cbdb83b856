"""Published weights that somebody brought: a file and its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from ecgcore.errors import RecipeError
from ecgcore.models.factory import build
from ecgcore.models.published import check_required
from ecgcore.models.spec import ModelSpec

REQUIRED = ModelSpec("multi-task", ["scar"], backbone="resnet10t", latent_dim=16, pretrained="required")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No weights in the hub's cache; the hub itself may not be asked."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    file = folder / "resnet10t.safetensors"
    save_file(timm.create_model("resnet10t").state_dict(), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "resnet10t.safetensors.sha256").write_text(f"{digest}  resnet10t.safetensors\n")
    return folder


def test_the_file_s_weights_are_loaded(brought):
    network = build(REQUIRED, brought)
    assert network.pretrained_loaded
    expected = load_file(brought / "resnet10t.safetensors")["conv1.0.weight"]
    assert torch.equal(network.backbone.state_dict()["conv1.0.weight"], expected)


def test_required_weights_that_are_not_here_are_refused_without_asking_the_network(tmp_path):
    for folder in (None, tmp_path):
        with pytest.raises(RecipeError, match="are required by the recipe, and are neither in the cache"):
            check_required(REQUIRED, folder)
    with pytest.raises(RecipeError, match="are required by the recipe"):
        build(REQUIRED)


def test_a_file_without_its_hash_or_with_another_is_refused(brought):
    with (brought / "resnet10t.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(RecipeError, match="is not the file whose SHA-256"):
        check_required(REQUIRED, brought)
    (brought / "resnet10t.safetensors.sha256").unlink()
    with pytest.raises(RecipeError, match="has no hash beside it"):
        check_required(REQUIRED, brought)
