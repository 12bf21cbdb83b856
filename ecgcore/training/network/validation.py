"""What a network says about the validation rows, and how good that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from ecgcore.data.loader import Batch
from ecgcore.data.recording import Transform
from ecgcore.training.network.loss import MultiTargetLoss


@dataclass(frozen=True)
class Validation:
    """Losses and AUCs over all validation rows at once, so that batch borders do not matter.

    Args:
        loss: the recipe's mixture.
        losses: masked cross entropy per target.
        aucs: area under the ROC curve per target; NaN where a class is absent.
        logits: ``(N, 2)`` float32 per target.
        labels: ``(N, T)`` int64.
    """

    loss: float
    losses: Mapping[str, float]
    aucs: Mapping[str, float]
    logits: Mapping[str, np.ndarray] = field(repr=False)
    labels: np.ndarray = field(repr=False)


class ValidationGatherer:
    """Collects the logits of batches until all have been seen."""

    def __init__(self, criterion: MultiTargetLoss) -> None:
        self._criterion = criterion
        self._logits: list[dict[str, torch.Tensor]] = []
        self._labels: list[torch.Tensor] = []

    def add(self, logits: Mapping[str, torch.Tensor], labels: torch.Tensor) -> None:
        """Take in one batch: ``(B, 2)`` per target and ``(B, T)``."""
        self._logits.append({t: v.detach().float().cpu() for t, v in logits.items()})
        self._labels.append(labels.cpu())

    def result(self) -> Validation:
        """Return the scores of everything added."""
        logits = {t: torch.cat([batch[t] for batch in self._logits]) for t in self._criterion.ratio}
        labels = torch.cat(self._labels)
        losses = self._criterion.per_target(logits, labels)
        return Validation(
            loss=float(self._criterion.combine(losses)),
            losses={t: float(v) for t, v in losses.items()},
            aucs={t: auc(logits[t].numpy(), labels[:, i].numpy()) for i, t in enumerate(logits)},
            logits={t: v.numpy() for t, v in logits.items()},
            labels=labels.numpy(),
        )


def auc(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the AUC of ``(N, 2)`` logits over the rows whose label is not -1; NaN if a class is absent."""
    known = labels >= 0
    scores = (logits[:, 1] - logits[:, 0])[known]
    if len(set(labels[known])) < 2 or not np.isfinite(scores).all():
        return math.nan
    return float(roc_auc_score(labels[known], scores))


@torch.no_grad()
def validate(
    network: nn.Module, batches: Iterable[Batch], transform: Transform, criterion: MultiTargetLoss
) -> Validation:
    """Score a network in 32 bit, the precision in which it will be deployed.

    Args:
        network: maps normalised inputs to logits per target; its mode is put back afterwards.
        batches: of the validation set.
        transform: normalises.
        criterion: the recipe's loss.
    """
    device = next(network.parameters()).device
    gatherer = ValidationGatherer(criterion)
    was_training = network.training
    network.eval()
    for batch in batches:
        gatherer.add(network(*batch.inputs.to(device).normalised(transform)), batch.labels)
    network.train(was_training)
    return gatherer.result()
