"""A share of studies, and a mean over studies, whose patients may have several of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, normal_quantile
from ecgcore.evaluation.estimate.proportion import CLOPPER_PEARSON, clopper_pearson, clopper_pearson_ends
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.patients import Numbers, patient_numbers, sums_by_patient

BY_PATIENT = f"{CLOPPER_PEARSON} at the effective number of studies, by patient"


def share_interval(
    hits: NDArray[np.bool_], patients: ArrayLike | None = None, level: float = DEFAULT_LEVEL
) -> Interval:
    """Return the share of studies that are hits with its Clopper-Pearson interval.

    Where a patient has several studies, the interval is that of Korn and Graubard (Survey Methodology 1998): the
    number of studies is divided by the design effect (Rao and Scott, Biometrics 1992) and corrected for the number of
    patients that the variance is estimated from.

    Args:
        hits: shape (n,).
        patients: anything that tells patients apart, shape (n,); None where every study is of another patient.
        level: confidence level.

    Raises:
        EvaluationError: there is no study.
    """
    numbers = patient_numbers(patients, hits.size)
    if numbers is None:
        return clopper_pearson(int(hits.sum()), hits.size, level)
    value, n = float(hits.mean()), effective_number(hits, numbers, level)
    low, high = clopper_pearson_ends(value * n, n, level)
    return Interval(value, float(low), float(high), level, BY_PATIENT)


def effective_number(hits: NDArray[np.bool_], numbers: Numbers, level: float) -> float:
    """Return how many studies of different patients would tell as much of the share of hits, at most ``n``.

    Without variance between patients, as where every study is a hit, it is the number of patients.
    """
    patients, share = np.unique(numbers).size, float(hits.mean())
    variance = mean_variance(hits.astype(np.float64), numbers)
    if not variance > 0 or share in (0.0, 1.0):
        return float(patients)
    few = (normal_quantile(level) / float(stdtrit(patients - 1, 0.5 + level / 2))) ** 2
    return min(float(hits.size), share * (1 - share) / variance * few)


def mean_variance(values: Floats, numbers: Numbers) -> float:
    """Return the variance of a mean over studies, a ratio of sums over patients (Cochran 1977, equation 6.13).

    Each study by itself gives the usual ``s^2 / n``. NaN where there is one patient only.
    """
    sums = sums_by_patient(values - values.mean(), numbers)
    return float(sums.size / (sums.size - 1) * (sums**2).sum() / values.size**2) if sums.size > 1 else np.nan
