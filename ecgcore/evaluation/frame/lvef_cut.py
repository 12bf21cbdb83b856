"""Another cut of the ejection fraction, scored with the probabilities of a model trained on the study's cut."""

from __future__ import annotations

import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.predictions import LABEL_SUFFIX, PROBABILITY_SUFFIX, target_names

SEVERE = 40.0
SEVERE_TARGET = f"lvef_below_{SEVERE:g}"
SEVERE_CAPTION = f"LVEF < {SEVERE:g} %"
SOURCE_TARGET = "lvef"


def with_lvef_below(predictions: pd.DataFrame, percent: float = SEVERE, source: str = SOURCE_TARGET) -> pd.DataFrame:
    """Return the frame with a further target, ``lvef_below_<percent>``, for the study's sensitivity analysis.

    Its label is 1 where ``lvef_percent`` is strictly below ``percent``, and missing where that is missing; its
    probability is that of ``source``, unchanged.

    Args:
        predictions: frame with ``lvef_percent`` (percent, nullable) and the source's probability.
        percent: the cut, between 0 and 100.
        source: the target whose probability is used.

    Raises:
        EvaluationError: a column is missing, or the cut or a measured fraction lies outside 0 to 100.
    """
    _check(predictions, percent, source)
    measured = predictions["lvef_percent"].astype("Float64")
    name = f"lvef_below_{percent:g}"
    label = (measured < percent).astype("Int8")
    return predictions.assign(
        **{name + LABEL_SUFFIX: label, name + PROBABILITY_SUFFIX: predictions[source + PROBABILITY_SUFFIX]}
    )


def _check(predictions: pd.DataFrame, percent: float, source: str) -> None:
    if not 0 < percent < 100:
        raise EvaluationError("LVEF cut", f"must lie between 0 and 100 percent, is {percent}", "use 40 or 50")
    if source not in target_names(predictions):
        raise EvaluationError("predictions", f"hold no target {source!r}", "use a model trained on LVEF")
    if "lvef_percent" not in predictions.columns:
        raise EvaluationError("predictions", "lack lvef_percent", "score the model again with this version")
    values = predictions["lvef_percent"].dropna()
    if not values.between(0, 100).all():
        raise EvaluationError("lvef_percent", "holds a value outside 0 to 100", "check the label table's units")
