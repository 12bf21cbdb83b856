import pytest
import torch

from ecgcore.errors import RecipeError
from ecgcore.models.factory import build
from ecgcore.models.signal_network import SignalNetwork
from ecgcore.models.spec import ModelSpec


@pytest.fixture(scope="module")
def network() -> SignalNetwork:
    torch.manual_seed(0)
    return build(ModelSpec("multi-task-1d", ["scar", "lvef"], backbone="test_resnet", latent_dim=16)).eval()


def test_the_leads_embeddings_are_averaged_before_the_heads(network):
    signals = torch.randn(2, 12, 200)
    with torch.inference_mode():
        each = torch.stack([network.backbone(signals[:, i][:, None, None]) for i in range(12)])
        head = network.heads["lvef"]
        expected = each.mean(0).clamp(min=0) @ head.weight.T + head.bias
        torch.testing.assert_close(network(signals)["lvef"], expected)


def test_the_order_of_the_leads_does_not_matter_to_a_mean(network):
    signals = torch.randn(3, 12, 200)
    with torch.inference_mode():
        torch.testing.assert_close(network(signals)["scar"], network(signals[:, torch.randperm(12)])["scar"])


def test_time_and_leads_are_not_mixed(network):
    """Changing one lead changes one of twelve embeddings; a reshape that mixes leads and time would change more."""
    signals = torch.randn(1, 12, 200)
    other = signals.clone()
    other[0, 4] += 1
    seen = []
    handle = network.backbone.register_forward_hook(lambda module, given, out: seen.append(out))
    with torch.inference_mode():
        network(signals), network(other)
    handle.remove()
    assert (seen[0] != seen[1]).any(dim=1).tolist() == [i == 4 for i in range(12)]


def test_every_parameter_gets_a_gradient(network):
    fresh = build(network.spec).train()
    sum(value.sum() for value in fresh(torch.randn(2, 12, 200)).values()).backward()
    assert [name for name, value in fresh.named_parameters() if value.grad is None] == []


def test_a_backbone_without_the_first_layers_of_a_resnet_is_refused():
    with pytest.raises(RecipeError, match="first layers are not called conv1 and bn1"):
        build(ModelSpec("single-task-1d", ["scar"], backbone="inception_v3"))
