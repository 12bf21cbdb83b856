"""A network's directory in memory, whichever format it had."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.imputation import Imputation
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.models.factory import Network
from ecgcore.models.spec import ModelSpec


@dataclass(frozen=True)
class LoadedModel:
    """A model directory in memory.

    Args:
        path: the directory it was read from.
        network: in evaluation mode, float32, on the CPU.
        spec: its layout.
        transform: its preprocessing.
        epoch: the epoch that was exported.
        global_step: optimiser steps until then.
        imputation: of missing clinical features, if the directory has one.
    """

    path: Path
    network: Network = field(repr=False)
    spec: ModelSpec
    transform: ImageTransform | SignalTransform
    epoch: int
    global_step: int
    imputation: Imputation | None = None
