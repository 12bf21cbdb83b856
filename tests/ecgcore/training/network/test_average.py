import copy

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

from ecgcore.training.network.average import WeightAverage, borrowed_weights, recompute_batch_norm


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 2))


def test_equal_average_and_its_batch_norm_equal_torchs_own():
    net = network()
    ours, theirs = WeightAverage(), AveragedModel(net)
    batches = [torch.randn(5, 3, 8, 8) for _ in range(4)]
    for _ in range(3):
        with torch.no_grad():
            for p in net.parameters():
                p.add_(torch.randn_like(p))
        ours.update_equal(net)
        theirs.update_parameters(net)
    mine = copy.deepcopy(net)
    mine.load_state_dict(ours.state)
    mine.eval()
    recompute_batch_norm(mine, [(batch,) for batch in batches])
    update_bn(batches, theirs)
    assert not mine.training and mine[1].momentum == net[1].momentum
    for name, value in theirs.module.state_dict().items():
        torch.testing.assert_close(mine.state_dict()[name], value)


def test_exponential_average_follows_its_recursion():
    net, average = nn.Linear(1, 1, bias=False), WeightAverage()
    expected = None
    for n, value in enumerate([1.0, 5.0, -2.0, 4.0]):
        net.weight.data.fill_(value)
        average.update_exponential(net, decay=0.2)
        d = min(0.2, (1 + n) / (10 + n))
        expected = value if expected is None else d * expected + (1 - d) * value
    assert average.state["weight"].item() == torch.tensor(expected, dtype=torch.float32).item()


def test_borrowed_weights_go_back_even_after_an_error():
    net = network()
    own = {k: v.clone() for k, v in net.state_dict().items()}
    other = {k: torch.zeros_like(v) for k, v in own.items()}
    try:
        with borrowed_weights(net, other):
            assert net[0].weight.abs().sum() == 0
            raise ValueError
    except ValueError:
        pass
    assert all(torch.equal(own[k], v) for k, v in net.state_dict().items())
