import math

import pytest
import torch

from ecgcore.errors import TrainingError
from ecgcore.training.network.module import schedule, steps_per_epoch
from ecgcore.training.network.schedule import Schedule
from ecgcore.training.recipe.recipe import Decay


def test_linear_matches_the_closed_form_and_torch():
    plan = Schedule(total=50, warmup=10, decay=Decay.LINEAR)
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    lr = torch.optim.lr_scheduler
    reference = lr.SequentialLR(
        optimiser,
        [lr.LinearLR(optimiser, 0.1, 1.0, total_iters=9), lr.LinearLR(optimiser, 1.0, 0.0, total_iters=40)],
        milestones=[10],
    )
    for step in range(50):
        assert plan.factor(step) == pytest.approx(reference.get_last_lr()[0], abs=1e-12)
        optimiser.step()
        reference.step()


def test_cosine_at_its_landmarks():
    plan = Schedule(total=110, warmup=10, decay=Decay.COSINE)
    assert [plan.factor(s) for s in (0, 9, 10)] == pytest.approx([0.1, 1.0, 1.0])
    assert plan.factor(60) == pytest.approx(0.5)
    assert plan.factor(35) == pytest.approx((1 + math.sqrt(0.5)) / 2)
    assert plan.factor(110) == pytest.approx(0.0)


def test_no_step_of_the_training_has_rate_zero():
    plan = Schedule(total=30, warmup=5, decay=Decay.LINEAR)
    assert all(plan.factor(s) > 0 for s in range(30))


def test_a_warmup_as_long_as_the_training_is_refused():
    with pytest.raises(TrainingError, match="100 warm-up steps, but the training has only 60 steps"):
        Schedule(total=60, warmup=100, decay=Decay.LINEAR)


def test_averaging_holds_its_rate_from_its_first_epoch(make_recipe):
    recipe = make_recipe(epochs=10, weight_averaging={"kind": "swa", "start": 0.8, "learning_rate": 0.0006})
    plan = schedule(recipe, samples=60, swa_start=8)
    assert steps_per_epoch(recipe, 60) == 4
    assert plan.factor(31) == pytest.approx(1 - 27 / 36)
    assert [plan.factor(s) for s in (32, 39)] == pytest.approx([0.2, 0.2])


def test_steps_count_accumulated_batches(make_recipe):
    assert steps_per_epoch(make_recipe(batch_size=16, accumulate=3), 100) == 3  # 7 batches
