from __future__ import annotations

import numpy as np
import pytest

from ecgcore.explain.heat_overlay import tint
from ecgcore.explain.legend import Legend, with_legend


@pytest.mark.parametrize("width", [400, 1402, 2820])
def test_it_stands_below_the_picture_with_the_whole_scale(width):
    picture = np.full((30, width, 3), 7, np.uint8)
    drawn = with_legend(picture, Legend("scar", 0.42, "champion, version 3"))
    assert drawn.dtype == np.uint8 and drawn.shape[1:] == (width, 3)
    np.testing.assert_array_equal(drawn[:30], picture)
    strip = drawn[30:]
    assert (strip[:, -3:] == 255).all()  # nothing runs over the edge
    colours = {tuple(colour) for colour in strip.reshape(-1, 3).tolist()}
    assert {tuple(c) for c in tint(np.array([[0.0, 1.0]], np.float32))[0].tolist()} <= colours


def test_it_says_target_and_probability():
    assert Legend("lvef", 0.004, "m").says == "lvef: probability 0.00"
    assert Legend("lvef", 0.5, "m", is_empty=True).says == "lvef: probability 0.50; no place speaks for it"


def test_another_probability_is_another_strip():
    picture = np.zeros((3, 600, 3), np.uint8)
    one, other = (with_legend(picture, Legend("scar", p, "m")) for p in (0.1, 0.9))
    assert (one != other).any()
