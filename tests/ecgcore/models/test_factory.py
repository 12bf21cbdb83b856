from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from ecgcore.errors import RecipeError
from ecgcore.models.clinical_network import ClinicalBranch, ClinicalImageNetwork
from ecgcore.models.factory import build
from ecgcore.models.heads import TargetHeads
from ecgcore.models.network import ImageNetwork
from ecgcore.models.spec import ClinicalSpec, ModelSpec

SMALL = {"backbone": "resnet10t", "latent_dim": 16}


@pytest.fixture(scope="module")
def small() -> ImageNetwork:
    return build(ModelSpec("multi-task", ["scar", "lvef", "fibrosis"], **SMALL)).eval()


def test_each_named_target_gets_its_own_logits(small: ImageNetwork):
    with torch.inference_mode():
        logits = small(torch.randn(2, 3, 64, 64))
    assert list(logits) == ["scar", "lvef", "fibrosis"]
    assert {tuple(value.shape) for value in logits.values()} == {(2, 2)}
    assert small.pretrained_loaded is False


def test_heads_read_the_rectified_embedding(small: ImageNetwork):
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        embedding = small.backbone(images).clamp(min=0)
        head = small.heads["lvef"]
        expected = embedding @ head.weight.T + head.bias
        torch.testing.assert_close(small(images)["lvef"], expected)


def test_every_parameter_gets_a_gradient(small: ImageNetwork):
    network = build(small.spec).train()
    sum(value.sum() for value in network(torch.randn(2, 3, 64, 64)).values()).backward()
    assert [name for name, value in network.named_parameters() if value.grad is None] == []


def test_bias_and_channels_follow_the_spec():
    network = build(ModelSpec("single-task", ["scar"], in_channels=1, bias_head=False, **SMALL)).eval()
    assert isinstance(network, ImageNetwork)
    assert network.heads["scar"].bias is None
    assert network(torch.randn(1, 1, 64, 64))["scar"].shape == (1, 2)


def test_the_clinical_branch_equals_the_recurrence_written_out():
    torch.manual_seed(3)
    branch = ClinicalBranch(
        ClinicalSpec(categories=("a", "b", "c"), numbers=("n",), embedding_size=2, rnn_output_size=4)
    )
    categories, number = torch.tensor([[1, 0, 1]]), torch.tensor([[0.63]])
    rnn = dict(branch.rnn.named_parameters())

    def last_state(steps: list[torch.Tensor], suffix: str) -> torch.Tensor:
        state = torch.zeros(4)
        for step in steps:
            state = torch.tanh(
                rnn[f"weight_ih_l0{suffix}"] @ step + rnn[f"bias_ih_l0{suffix}"]
                + rnn[f"weight_hh_l0{suffix}"] @ state + rnn[f"bias_hh_l0{suffix}"]
            )  # fmt: skip
        return state

    steps = [torch.cat([branch.embedding.weight[i], number[0]]) for i in (1, 0, 1)]
    expected = last_state(steps, "") + last_state(steps[::-1], "_reverse")
    torch.testing.assert_close(branch(categories, number)[0], expected)


def test_a_clinical_network_reads_image_and_features():
    network = build(ModelSpec("multi-task-clinical", ["scar", "lvef"], **SMALL)).eval()
    assert isinstance(network, ClinicalImageNetwork)
    images, numbers = torch.randn(1, 3, 64, 64), torch.tensor([[0.5]])
    first = network(images, torch.tensor([[1, 0, 1, 0, 1]]), numbers)["scar"]
    other = network(images, torch.tensor([[0, 0, 1, 0, 1]]), numbers)["scar"]
    assert first.shape == (1, 2) and not torch.allclose(first, other)


@pytest.mark.parametrize(
    ("backbone", "match"),
    [("resnet999", "timm refuses it")],
)
def test_unusable_backbones_are_refused(backbone: str, match: str):
    with pytest.raises(RecipeError, match=match):
        build(ModelSpec("multi-task", ["scar"], backbone=backbone))


def test_a_target_must_not_have_the_name_of_an_attribute():
    with pytest.raises(RecipeError, match="'keys' is a reserved word"):
        TargetHeads(["scar", "keys"], 4, bias=True)


@pytest.fixture
def offline_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of published weights on a machine without network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_without_published_weights_it_warns_and_starts_from_scratch(offline_cache, caplog):
    with caplog.at_level(logging.WARNING, logger="ecgcore.models.factory"):
        network = build(ModelSpec("multi-task", ["scar"], pretrained=True, **SMALL))
    assert network.pretrained_loaded is False
    assert "training starts from scratch" in caplog.text


class Refusing(BaseHTTPRequestHandler):
    """A proxy that lets nobody out."""

    def do_CONNECT(self) -> None:
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


BEHIND_A_PROXY = """
import logging, sys
logging.basicConfig(level=logging.WARNING)
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
network = build(ModelSpec("multi-task", ["scar"], pretrained=True, backbone="resnet10t", latent_dim=16))
print(network.pretrained_loaded)
"""


@pytest.mark.slow
def test_behind_a_proxy_that_refuses_it_warns_and_starts_from_scratch(tmp_path: Path):
    with HTTPServer(("127.0.0.1", 0), Refusing) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.server_port}"
        environment = {**os.environ, "HTTPS_PROXY": address, "https_proxy": address, "HF_HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", BEHIND_A_PROXY], capture_output=True, text=True, env=environment, check=False
        )
        proxy.shutdown()
    assert done.stdout.strip() == "False", done.stderr
    assert "training starts from scratch" in done.stderr and "HF_HUB_OFFLINE=1" in done.stderr


def test_published_weights_in_the_cache_are_loaded(offline_cache: Path):
    published = timm.create_model("resnet10t")
    nn.init.constant_(published.conv1[0].weight, 0.25)
    repository = offline_cache / f"models--{published.pretrained_cfg['hf_hub_id'].replace('/', '--')}"
    commit = "0" * 40
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    (repository / "snapshots" / commit).mkdir(parents=True)
    save_file(published.state_dict(), repository / "snapshots" / commit / "model.safetensors")

    network = build(ModelSpec("multi-task", ["scar"], pretrained=True, **SMALL))
    assert network.pretrained_loaded is True
    loaded = network.backbone.state_dict()
    expected = published.state_dict()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected if not name.startswith("fc."))
