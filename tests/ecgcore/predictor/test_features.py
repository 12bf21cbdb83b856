from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ecgcore.errors import PredictorError
from ecgcore.predictor.features import encode

GOOD = {"female_gender": 1, "dm": 0, "ht": True, "smoke": 0.0, "dlp": 1, "age": 63}


def test_categories_keep_the_networks_order_and_age_becomes_hundredths():
    categories, numbers = encode(dict(reversed(GOOD.items())))
    assert categories.tolist() == [1, 0, 1, 0, 1] and categories.dtype == torch.int64
    assert numbers.tolist() == pytest.approx([0.63])


@pytest.mark.parametrize("years", [18, 130])
def test_adult_ages_are_taken(years):
    assert encode({**GOOD, "age": years})[1].item() == pytest.approx(years / 100)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"age": 0.63}, r"looks like years / 100\. Hint: give years"),
        ({"age": 1.3}, "looks like years / 100"),
        ({"age": 17}, "must be 18 to 130 years"),
        ({"age": 131}, "must be 18 to 130 years"),
        ({"age": -1}, "must be 18 to 130 years"),
        ({"age": 0}, "must be 18 to 130 years"),
        ({"age": float("nan")}, "age: is missing or infinite"),
        ({"age": None}, "None is not a number"),
        ({"dm": 2}, "dm: must be 0 or 1, is 2"),
        ({"dm": 0.5}, "dm: must be 0 or 1"),
        ({"dm": float("nan")}, "dm: is missing"),
        ({"weight": 80}, "have unknown weight"),
    ],
)
def test_everything_else_is_refused(change, match):
    with pytest.raises(PredictorError, match=match):
        encode({**GOOD, **change})


def test_missing_features_are_named():
    with pytest.raises(PredictorError, match="lack age, dlp"):
        encode({name: GOOD[name] for name in ("female_gender", "dm", "ht", "smoke")})
    with pytest.raises(PredictorError, match="must be given by name, are list"):
        encode([1, 0, 1, 0, 1, 63])


def test_the_names_can_be_read_where_torch_is_not_loaded():
    code = "import sys, ecgcore.predictor.features as f; sys.exit('torch' in sys.modules or f.NUMBER_NAMES != ('age',))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
