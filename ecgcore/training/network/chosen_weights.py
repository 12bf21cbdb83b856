"""The weights a training ends with, chosen on validation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.data.loader import ordered_loader
from ecgcore.errors import TrainingError
from ecgcore.predictor.classifier import exact_convolutions
from ecgcore.training.network.average import recompute_batch_norm
from ecgcore.training.network.keeper import Keeper
from ecgcore.training.network.module import TrainingModule
from ecgcore.training.network.validation import Validation, validate
from ecgcore.training.recipe.recipe import Averaging

log = logging.getLogger(__name__)


class Weights(StrEnum):
    """Which weights were exported."""

    BEST_EPOCH = "best_epoch"
    EQUAL_AVERAGE = "equal_average"


@dataclass(frozen=True)
class Candidate:
    """The chosen weights, which are in the module's network now.

    Args:
        weights: which they are.
        validation: their scores in 32 bit.
    """

    weights: Weights
    validation: Validation


def choose_candidate(module: TrainingModule, keeper: Keeper) -> Candidate:
    """Put the best epoch's weights into the network, or the equal average if its validation loss is lower.

    The equal average (SWA) gets batch-norm statistics of its own from one pass over the training studies without
    augmentation; an exponential average already is what each epoch validated and kept.

    Raises:
        TrainingError: no epoch was finished.
    """
    if keeper.best_state is None:
        raise TrainingError("training", "no epoch was finished", "start it again; it goes on from its last checkpoint")
    module.network.load_state_dict(keeper.best_state)
    best = Candidate(Weights.BEST_EPOCH, _validate(module))
    if module.recipe.training.weight_averaging.kind is not Averaging.SWA or module.average.state is None:
        return best
    averaged = _equal_average(module)
    log.info("validation loss: best epoch %.5f, equal average %.5f", best.validation.loss, averaged.validation.loss)
    if averaged.validation.loss < best.validation.loss:
        return averaged
    module.network.load_state_dict(keeper.best_state)
    return best


def _equal_average(module: TrainingModule) -> Candidate:
    assert module.average.state is not None
    module.network.load_state_dict(module.average.state)
    device = next(module.network.parameters()).device
    batches = ordered_loader(module.train_set, module.recipe.training.batch_size)
    recompute_batch_norm(module.network, (b.inputs.to(device).normalised(module.transform) for b in batches))
    return Candidate(Weights.EQUAL_AVERAGE, _validate(module))


def _validate(module: TrainingModule) -> Validation:
    batches = ordered_loader(module.valid_set, module.recipe.training.batch_size)
    with exact_convolutions(next(module.network.parameters()).device):  # as deployed
        return validate(module.network, batches, module.transform, module.criterion)
