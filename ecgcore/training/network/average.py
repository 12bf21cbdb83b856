"""Averages of weights over time. Batch-norm statistics are averaged like weights; whole numbers are copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

State = dict[str, torch.Tensor]

_EMA_WARMUP = 10


def clone_state(network: nn.Module) -> State:
    """Return a copy of all weights and buffers, on the CPU."""
    return {k: v.detach().to("cpu", copy=True) for k, v in network.state_dict().items()}


class WeightAverage:
    """A running average of a network's state, kept on the network's device.

    Attributes:
        state: the average; None before the first update.
        count: number of updates.
    """

    def __init__(self) -> None:
        self.state: State | None = None
        self.count = 0

    def update_exponential(self, network: nn.Module, decay: float) -> None:
        """Fold the state in: ``average <- d * average + (1 - d) * state``, ``d = min(decay, (1 + n) / (10 + n))``.

        The warm-up of ``d`` (as TensorFlow's ExponentialMovingAverage) lets the random start fade quickly.
        """
        past = min(decay, (1 + self.count) / (_EMA_WARMUP + self.count))
        self._update(network, 1.0 - past)

    def update_equal(self, network: nn.Module) -> None:
        """Fold the state in so that all states so far weigh the same."""
        self._update(network, 1.0 / (self.count + 1))

    @torch.no_grad()
    def _update(self, network: nn.Module, share: float) -> None:
        current = network.state_dict()
        if self.state is None:
            self.state = {k: v.detach().clone() for k, v in current.items()}
        for key, value in current.items():
            mean = self.state[key] = self.state[key].to(value.device)
            if mean.is_floating_point():
                mean.lerp_(value, share)
            else:
                mean.copy_(value)
        self.count += 1

    def state_dict(self) -> dict[str, object]:
        """Return what a checkpoint keeps."""
        return {"state": self.state, "count": self.count}

    def load_state_dict(self, saved: dict[str, object]) -> None:
        """Take back what ``state_dict`` gave."""
        self.state, self.count = saved["state"], saved["count"]  # type: ignore[assignment]


@contextmanager
def borrowed_weights(network: nn.Module, state: State | None) -> Iterator[None]:
    """Give the network another state for a while; None leaves it alone."""
    if state is None:
        yield
        return
    own = {k: v.detach().clone() for k, v in network.state_dict().items()}
    network.load_state_dict(state)
    try:
        yield
    finally:
        network.load_state_dict(own)


@torch.no_grad()
def recompute_batch_norm(network: nn.Module, batches: Iterable[tuple[torch.Tensor, ...]]) -> None:
    """Replace batch-norm statistics by the plain average over the batches, each what the network is called with.

    Averaged weights need this: the average of the statistics is not the statistics of the average.
    """
    layers = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # cumulative average
    was_training = network.training
    network.train()
    for inputs in batches:
        network(*inputs)
    network.train(was_training)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
