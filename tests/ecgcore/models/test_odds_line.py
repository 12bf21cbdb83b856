"""A line on the log odds, and the head that takes it in."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ecgcore.models.odds_line import IDENTITY, OddsLine


def test_a_head_with_the_line_in_it_answers_with_the_logistic_function_of_the_line():
    torch.manual_seed(0)
    head, rows = nn.Linear(7, 2).double(), torch.randn(40, 7).double()
    line = OddsLine(1.7, -2.25)
    margins = head(rows)[:, 1] - head(rows)[:, 0]
    head.load_state_dict({name.removeprefix("h."): v for name, v in line.folded(named(head), "h").items()})
    found = torch.softmax(head(rows), 1)[:, 1]
    torch.testing.assert_close(found, torch.sigmoid(1.7 * margins - 2.25), rtol=0, atol=1e-12)
    assert torch.equal(head(rows).argmax(1) == 1, margins > 2.25 / 1.7)


def test_the_two_halves_of_the_intercept_leave_the_mean_of_the_logits_where_it_was():
    head = nn.Linear(3, 2)
    folded = OddsLine(1.0, 3.0).folded(named(head), "h")
    assert (folded["h.bias"] - head.bias).tolist() == pytest.approx([-1.5, 1.5])


def test_the_inverse_undoes_it():
    head = nn.Linear(5, 2).double()
    line = OddsLine(0.3, 1.9)
    back = line.inverse.folded(line.folded(named(head), "h"), "h")
    for name, value in named(head).items():
        torch.testing.assert_close(back[name], value)
    assert line.inverse.of(line.of(np.array([-4.0, 0.5]))).tolist() == pytest.approx([-4.0, 0.5])


def test_a_head_without_bias_takes_a_slope_but_no_intercept():
    state = {"h.weight": torch.ones(2, 3)}
    assert torch.equal(OddsLine(0.5, 0.0).folded(state, "h")["h.weight"], torch.full((2, 3), 0.5))
    with pytest.raises(ValueError, match=r"the intercept 1\.0 needs a bias"):
        OddsLine(0.5, 1.0).folded(state, "h")


@pytest.mark.parametrize("numbers", [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (float("inf"), 0.0), (1.0, np.inf)])
def test_a_line_that_would_turn_the_answers_round_or_is_no_number_is_refused(numbers):
    with pytest.raises(ValueError, match="must be a finite number"):
        OddsLine(*numbers)


def test_a_temperature_divides_and_nothing_changes_nothing():
    assert OddsLine.of_temperature(2.5) == OddsLine(0.4, 0.0)
    assert IDENTITY.of(np.array([1.5])).tolist() == [1.5]
    assert OddsLine(2.0, 1.0).shifted(-0.25) == OddsLine(2.0, 0.75)


def named(head: nn.Linear) -> dict[str, torch.Tensor]:
    return {f"h.{name}": value.detach().clone() for name, value in head.state_dict().items()}
