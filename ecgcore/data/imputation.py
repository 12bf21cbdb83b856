"""Missing clinical features, drawn from what the others say: chained Bayesian regressions, fitted on training rows.

As the study did: scikit-learn's ``IterativeImputer`` with ``BayesianRidge`` and ``sample_posterior``. The fitted
numbers are kept as JSON, and the draws are made here, so that no pickle is read, and so that what a study gets depends
on its own values, its name and the seed alone: neither on the other rows, nor on their order.

A drawn category is still a number between and around 0 and 1. Cut at the threshold it keeps its prevalence, but its
correlation with the others shrinks, as that of any normal number that is cut in two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.data.clinical import AGE, CLINICAL_COLUMNS, Table
from ecgcore.data.recorded import RISK_FACTORS
from ecgcore.data.snapshot import CATEGORICAL_FEATURES
from ecgcore.errors import PredictorError, TrainingError

if TYPE_CHECKING:
    from sklearn.impute import IterativeImputer

AGES = (0.18, 1.30)  # an imputed age / 100 stays among adults
MIN_MISSING = 50  # training rows without a factor, from which its threshold is found

_NAME = "imputation.json"
_EXPORT_AGAIN = "export the model again; do not edit the directory by hand"
_AGE_COLUMN = CLINICAL_COLUMNS.index(AGE)


@dataclass(frozen=True)
class Regression:
    """One step of the chain: a feature given the others ``x``, normal with

        mean      intercept + coefficients . x
        variance  (x - centre)^T covariance (x - centre) + noise

    (Bishop, Pattern Recognition and Machine Learning, equations 3.58 and 3.59, the data centred).

    Args:
        feature: its column.
        others: the columns of ``x``.
        coefficients, intercept, centre, covariance, noise: as above.
    """

    feature: int
    others: tuple[int, ...]
    coefficients: tuple[float, ...]
    intercept: float
    centre: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    noise: float

    def draw(self, table: Table, normal: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the feature of each row, ``(N,)``, for standard normal numbers ``(N,)``."""
        x = table[:, self.others]
        apart = x - np.asarray(self.centre)
        variance = np.einsum("ni,ij,nj->n", apart, np.asarray(self.covariance), apart) + self.noise
        return self.intercept + x @ np.asarray(self.coefficients) + np.sqrt(variance) * normal


@dataclass(frozen=True)
class Imputation:
    """How to complete a clinical table (``ecgcore.data.clinical.clinical_table``).

    Args:
        seed: of the draws.
        start: what each column is filled with at first: its mean over the training rows.
        chain: the regressions, one after the other.
        thresholds: by category; an imputed value above it is 1, else 0.
    """

    seed: int
    start: tuple[float, ...]
    chain: tuple[Regression, ...] = field(repr=False)
    thresholds: Mapping[str, float]

    def draws(self, table: Table, study_ids: Sequence[str]) -> Table:
        """Return ``table`` ``(N, 6)`` with its NaN replaced by draws, which for categories are not yet 0 or 1."""
        missing = np.isnan(table)
        filled = np.where(missing, np.asarray(self.start), table)
        some = np.flatnonzero(missing.any(axis=1))
        normal = np.array([self._normal(study_ids[int(i)]) for i in some]).reshape(len(some), len(self.chain))
        for step, numbers in zip(self.chain, normal.T, strict=True):
            hit = missing[some, step.feature]
            filled[some[hit], step.feature] = step.draw(filled[some[hit]], numbers[hit])
        return filled

    def complete(self, table: Table, study_ids: Sequence[str]) -> Table:
        """Return ``table`` ``(N, 6)`` with its NaN replaced: categories by 0 or 1, age by an adult's.

        Args:
            table: as :func:`~ecgcore.data.clinical.clinical_table` gives it; not changed.
            study_ids: names of the rows.
        """
        filled, missing = self.draws(table, study_ids), np.isnan(table)
        for column, name in enumerate(CATEGORICAL_FEATURES):
            above = filled[:, column] > self.thresholds[name]
            filled[:, column] = np.where(missing[:, column], above, filled[:, column])
        ages = np.clip(filled[:, _AGE_COLUMN], *AGES)
        filled[:, _AGE_COLUMN] = np.where(missing[:, _AGE_COLUMN], ages, filled[:, _AGE_COLUMN])
        return filled

    def _normal(self, study_id: str) -> NDArray[np.float64]:
        digest = hashlib.sha256(study_id.encode()).digest()
        return np.random.default_rng([self.seed, *digest]).standard_normal(len(self.chain))

    def to_json(self) -> str:
        """Return ``imputation.json``."""
        return json.dumps({"columns": CLINICAL_COLUMNS, **asdict(self)}, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Imputation:
        """Read an ``imputation.json``.

        Raises:
            PredictorError: it is not what :meth:`to_json` gave.
        """
        try:
            content = json.loads(text)
            if tuple(content.pop("columns")) != CLINICAL_COLUMNS:
                raise ValueError("other columns")
            found = cls(
                seed=int(content["seed"]),
                start=_numbers(content["start"], len(CLINICAL_COLUMNS)),
                chain=tuple(_regression(step) for step in content["chain"]),
                thresholds={name: _number(content["thresholds"][name]) for name in CATEGORICAL_FEATURES},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PredictorError(_NAME, f"is malformed ({type(error).__name__}: {error})", _EXPORT_AGAIN) from error
        return found


@dataclass(frozen=True)
class FittedImputer:
    """An imputation, and the scikit-learn objects that upstream's evaluation reads.

    Args:
        imputation: what this program uses.
        sklearn: the fitted imputer.
    """

    imputation: Imputation
    sklearn: IterativeImputer = field(repr=False)


def fit_imputation(table: Table, study_ids: Sequence[str], rounds: int, seed: int) -> FittedImputer:
    """Fit on the training rows.

    A category's threshold is the quantile of its imputed values at which as many are above it as the observed
    prevalence says. It is found on the training rows that lack the category; where these are fewer than
    ``MIN_MISSING``, on all training rows, as if they all lacked their risk factors (or, for the sex, the sex).

    Args:
        table: ``(N, 6)`` of the training rows, NaN where missing.
        study_ids: their names.
        rounds: how often the chain goes through all features.
        seed: of the fit and of the draws.

    Raises:
        TrainingError: a feature is recorded in no training row.
    """
    empty = [name for name, column in zip(CLINICAL_COLUMNS, table.T, strict=True) if np.isnan(column).all()]
    if empty or not len(table):
        raise TrainingError(
            "clinical features",
            f"{', '.join(empty) or 'all'} recorded in no training study, so nothing can be imputed",
            "train an image recipe, or add the feature to the label tables",
        )
    fitted = _sklearn_imputer(rounds, seed).fit(table)
    chain = tuple(_step(each) for each in fitted.imputation_sequence_)
    start = tuple(fitted.initial_imputer_.statistics_.tolist())
    bare = Imputation(seed, start, chain, dict.fromkeys(CATEGORICAL_FEATURES, 0.5))
    thresholds = {name: _threshold(bare, table, study_ids, name) for name in CATEGORICAL_FEATURES}
    return FittedImputer(Imputation(seed, start, chain, thresholds), fitted)


def _sklearn_imputer(rounds: int, seed: int) -> IterativeImputer:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer
    from sklearn.linear_model import BayesianRidge

    return IterativeImputer(BayesianRidge(), sample_posterior=True, max_iter=rounds, random_state=seed)


def _step(fitted: Any) -> Regression:
    """Return one of scikit-learn's (feature, others, estimator) as plain numbers."""
    ridge = fitted.estimator
    return Regression(
        feature=int(fitted.feat_idx),
        others=tuple(int(i) for i in fitted.neighbor_feat_idx),
        coefficients=tuple(ridge.coef_.tolist()),
        intercept=float(ridge.intercept_),
        centre=tuple(np.broadcast_to(ridge.X_offset_, ridge.coef_.shape).tolist()),
        covariance=tuple(tuple(row) for row in ridge.sigma_.tolist()),
        noise=float(1.0 / ridge.alpha_),
    )


def _threshold(bare: Imputation, table: Table, study_ids: Sequence[str], name: str) -> float:
    column = CLINICAL_COLUMNS.index(name)
    missing = np.isnan(table[:, column])
    prevalence = float(table[~missing, column].mean())
    if missing.sum() < MIN_MISSING:
        together = RISK_FACTORS if name in RISK_FACTORS else (name,)
        table, missing = table.copy(), np.ones(len(table), bool)
        table[:, [CLINICAL_COLUMNS.index(each) for each in together]] = np.nan
    return float(np.quantile(bare.draws(table, study_ids)[missing, column], 1.0 - prevalence))


def _regression(content: Mapping[str, Any]) -> Regression:
    others = tuple(int(i) for i in content["others"])
    columns = (int(content["feature"]), *others)
    if sorted(columns) != list(range(len(CLINICAL_COLUMNS))) or len(content["covariance"]) != len(others):
        raise ValueError("a regression of other columns")
    return Regression(
        feature=columns[0],
        others=others,
        coefficients=_numbers(content["coefficients"], len(others)),
        intercept=_number(content["intercept"]),
        centre=_numbers(content["centre"], len(others)),
        covariance=tuple(_numbers(row, len(others)) for row in content["covariance"]),
        noise=_number(content["noise"]),
    )


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"not a list of {count} numbers")
    return tuple(_number(value) for value in values)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not np.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return float(value)
