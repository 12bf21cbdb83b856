"""One linear two-class head per named target."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ecgcore.errors import RecipeError

CLASSES = 2


class TargetHeads(nn.ModuleDict):
    """Heads by target name.

    Args:
        targets: names, any number.
        features: length of the shared embedding.
        bias: whether the heads have a bias.

    Raises:
        RecipeError: a target has the name of one of this class's own attributes.
    """

    def __init__(self, targets: Sequence[str], features: int, bias: bool) -> None:
        taken = [name for name in targets if hasattr(nn.ModuleDict, name)]
        if taken:
            raise RecipeError("model targets", f"{taken[0]!r} is a reserved word", "give the target another name")
        super().__init__({name: nn.Linear(features, CLASSES, bias=bias) for name in targets})

    def forward(self, embedding: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return logits N x 2 by target (column 1 = positive) for an embedding N x features."""
        return {name: head(embedding) for name, head in self.items()}
