from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore.errors import PredictorError
from ecgcore.explain.gradcam import grad_cam_plus_plus, last_stage
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec


class Pooled(nn.Module):
    """Two input channels are the feature maps; each target's logits are given linear functions of their means."""

    def __init__(self, positive: tuple[float, float], negative: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__()
        self.backbone = nn.Module()
        self.backbone.stage = nn.Identity()
        self.backbone.feature_info = [{"module": "nowhere"}, {"module": "stage"}]
        self.weights = nn.Parameter(torch.tensor([negative, positive]), requires_grad=False)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"scar": self.backbone.stage(images).mean(dim=(2, 3)) @ self.weights.T}


def one(*maps: list[list[float]]) -> tuple[torch.Tensor]:
    return (torch.tensor([maps]),)


A, B = [[4.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 8.0]]


def test_a_case_that_can_be_done_by_hand():
    # score 2 mean(A) - mean(B): g_A = 2/4, g_B = -1/4, which does not count; sum A = 4, alpha = 1 / (2 + 0.5 * 4) = 1/4
    # w_A = 4 places * 1/4 * 0.5 = 0.5; L = 0.5 A. Probability: score = 2 - 2 = 0
    probability, maps = grad_cam_plus_plus(Pooled((2.0, -1.0)), one(A, B), "scar")
    assert maps.tolist() == [[[2.0, 0.0], [0.0, 0.0]]]
    assert probability.tolist() == [0.5]


def test_what_speaks_against_the_negative_class_speaks_for_the_positive():
    # score = mean(A) - (-mean(A)): the same 2 mean(A) as above
    _, maps = grad_cam_plus_plus(Pooled((1.0, 0.0), (-1.0, 0.0)), one(A, B), "scar")
    assert maps.tolist() == [[[2.0, 0.0], [0.0, 0.0]]]


def test_a_map_without_evidence_is_empty():
    _, maps = grad_cam_plus_plus(Pooled((-1.0, -1.0)), one(A, B), "scar")
    assert maps.tolist() == [[[0.0, 0.0], [0.0, 0.0]]]


def test_tiny_gradients_keep_the_papers_weights():
    # alpha is 1/2 to first order for both maps, so L = sum_k (4 g_k / 2) A_k however small the scores are
    _, maps = grad_cam_plus_plus(Pooled((4e-6, 1e-6)), one(A, B), "scar")
    np.testing.assert_allclose(maps[0], [[2e-6 * 4, 0], [0, 0.5e-6 * 8]], rtol=1e-4)


def papers_map(network: nn.Module, inputs: tuple[torch.Tensor, ...], target: str) -> np.ndarray:
    """Chattopadhay et al. 2018: Y = exp(S), whose derivatives by A are exp(S) times g, g^2 and g^3 behind ReLUs."""
    seen = []
    handle = last_stage(network).register_forward_hook(lambda _m, _i, out: seen.append(out) or None)
    logits = network(inputs[0].clone().requires_grad_(), *inputs[1:])[target]
    handle.remove()
    score = logits[:, 1] - logits[:, 0]
    (g,) = torch.autograd.grad(score.sum(), seen)
    a, g, y = seen[0].detach().double(), g.double(), score.detach().double().exp()
    out = []
    for n in range(len(a)):
        total = torch.zeros(a.shape[2:], dtype=torch.float64)
        for k in range(a.shape[1]):
            second, third = y[n] * g[n, k] ** 2, y[n] * g[n, k] ** 3
            bottom = 2 * second + a[n, k].sum() * third
            alpha = torch.where(bottom != 0, second / bottom, 0.0)
            total += (alpha * torch.relu(y[n] * g[n, k])).sum() * a[n, k]
        out.append(torch.relu(total).numpy() / float(y[n]))
    return np.stack(out)


@pytest.mark.parametrize("family", ["multi-task", "multi-task-clinical"])
@pytest.mark.parametrize("target", ["scar", "lvef"])
def test_it_is_the_papers_formula(networks, family, target):
    generator = torch.Generator().manual_seed(3)
    inputs: tuple[torch.Tensor, ...] = (torch.randn(3, 3, 96, 128, generator=generator),)
    if family.endswith("clinical"):
        inputs += (torch.randint(0, 2, (3, 5), generator=generator), torch.rand(3, 1, generator=generator))
    network = networks[family]
    expected = papers_map(network, inputs, target)
    probabilities, maps = grad_cam_plus_plus(network, inputs, target)
    assert maps.shape == (3, 3, 4) and maps.dtype == np.float32
    assert (expected.max(axis=(1, 2)) > 0).all()
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-6 * expected.max())
    with torch.inference_mode():
        answered = torch.softmax(network(*inputs)[target], dim=1)[:, 1]
    np.testing.assert_allclose(probabilities, answered, atol=1e-6)


def test_the_network_keeps_no_trace_and_threads_may_share_it(networks):
    network = networks["multi-task"]
    images = [torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(i)) for i in range(8)]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    alone = [grad_cam_plus_plus(network, (image,), "scar")[1] for image in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: grad_cam_plus_plus(network, (image,), "scar")[1], images))
    for one_by_one, at_once in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one_by_one, at_once)
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_weights_that_overflow_are_refused():
    with pytest.raises(PredictorError, match="not finite"):
        grad_cam_plus_plus(Pooled((float("inf"), 0.0)), one(A, B), "scar")


def test_a_transformer_has_no_last_stage_and_says_so():
    spec = ModelSpec("multi-task", ["scar"], backbone="vit_tiny_patch16_224", latent_dim=8, image_size=(32, 32))
    with torch.device("meta"):
        network = build(spec)
    with pytest.raises(PredictorError, match="backbone vit_tiny_patch16_224: has no last stage of convolutions"):
        last_stage(network)
