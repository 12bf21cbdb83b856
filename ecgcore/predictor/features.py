"""Clinical features as a caller gives them -> the tensors a clinical network reads. Their names need no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ecgcore.errors import PredictorError

if TYPE_CHECKING:
    import torch

CATEGORY_NAMES = ("female_gender", "dm", "ht", "smoke", "dlp")
NUMBER_NAMES = ("age",)
AGE_DIVISOR = 100.0

Row = Mapping[str, float | None]
"""The clinical features of one study by name, as a caller gives them; None or NaN where one is not known."""

MIN_AGE_YEARS = 18
MAX_AGE_YEARS = 130
_LIKELY_HUNDREDTHS = MAX_AGE_YEARS / AGE_DIVISOR
_HINT = f"give {', '.join(CATEGORY_NAMES)} as 0 or 1 and age in years"


def encode(features: Row) -> tuple[torch.Tensor, torch.Tensor]:
    """Return categories (int64, K) and numbers (float32, 1: age / 100) of one study.

    The deployed predictor takes age / 100 and would read 63 wrongly without a word; here age is in years, and a value
    that looks like age / 100 is refused rather than guessed.

    Args:
        features: ``female_gender``, ``dm``, ``ht``, ``smoke``, ``dlp`` (0 or 1) and ``age`` (years, 18 to 130), all
            known.

    Raises:
        PredictorError: a feature is missing, unknown, or out of its range.
    """
    import torch

    _check_names(features)
    categories = [yes_no(name, features[name]) for name in CATEGORY_NAMES]
    return torch.tensor(categories, dtype=torch.int64), torch.tensor([age_years(features["age"]) / AGE_DIVISOR])


def _check_names(features: object) -> None:
    if not isinstance(features, Mapping):
        raise PredictorError("clinical features", f"must be given by name, are {type(features).__name__}", _HINT)
    known = {*CATEGORY_NAMES, *NUMBER_NAMES}
    if missing := sorted(known - features.keys()):
        raise PredictorError("clinical features", f"lack {', '.join(missing)}", _HINT)
    if unknown := sorted(str(name) for name in features.keys() - known):
        raise PredictorError("clinical features", f"have unknown {', '.join(unknown)}", _HINT)


def _number(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise PredictorError(f"clinical feature {name}", f"{value!r} is not a number", _HINT) from error
    if not math.isfinite(number):
        raise PredictorError(
            f"clinical feature {name}", "is missing or infinite", "use a model without clinical features"
        )
    return number


def yes_no(name: str, value: object) -> int:
    """Return 0 or 1.

    Raises:
        PredictorError: it is anything else.
    """
    number = _number(name, value)
    if number not in (0.0, 1.0):
        raise PredictorError(f"clinical feature {name}", f"must be 0 or 1, is {value!r}", _HINT)
    return int(number)


def age_years(value: object) -> float:
    """Return an adult's age in years.

    Raises:
        PredictorError: it is none, or looks like age / 100.
    """
    years = _number("age", value)
    if 0 < years <= _LIKELY_HUNDREDTHS:
        raise PredictorError("clinical feature age", f"{value!r} looks like years / 100", "give years, for example 63")
    if not MIN_AGE_YEARS <= years <= MAX_AGE_YEARS:
        rule = f"must be {MIN_AGE_YEARS} to {MAX_AGE_YEARS} years, is {value!r}"
        raise PredictorError("clinical feature age", rule, "the models know adults only")
    return years
