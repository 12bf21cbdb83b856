"""The part of the predictor that answers for table models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import PredictorError
from ecgcore.models.table_family import TableFamily, TableModel
from ecgcore.predictor.features import Row
from ecgcore.predictor.table.table_dir import family_of, read_table_dir
from ecgcore.predictor.table.table_features import encode_table

_NO_ROWS: Row = {}


@dataclass(frozen=True)
class TableReader:
    """A loaded table model.

    Args:
        family: which.
        model: what its directory holds.
    """

    family: TableFamily
    model: TableModel

    @classmethod
    def open(cls, path: Path | str, model_class: str | None) -> TableReader | None:
        """Return the reader of a directory, None where another family is asked for.

        Args:
            path: a model directory.
            model_class: the family; None takes what the directory says.

        Raises:
            PredictorError: the directory of a table model is wrong.
        """
        family = family_of(path) if model_class is None else model_class
        if family not in list(TableFamily):
            return None
        return cls(TableFamily(family), read_table_dir(path, family))

    def predict(self, images: Iterable[object] | None, rows: Sequence[Row] | None) -> dict[str, NDArray[np.float64]]:
        """Return the probabilities of both classes by target, float64 (N, 2).

        Args:
            images: None, or one entry per study; they are counted, not opened.
            rows: the clinical features of each study, see :func:`~ecgcore.predictor.table.table_features.encode_table`;
                the majority class needs none where images are there to count.

        Raises:
            PredictorError: features are missing or wrong, or there are not as many as images.
        """
        count = None if images is None else sum(1 for _ in images)
        if rows is None:
            rows = self._rows_without_features(count)
        elif count not in (None, len(rows)):
            rule = f"{len(rows)} given for {count} images"
            raise PredictorError("clinical features", rule, "give one set per image")
        found = self.model.probabilities(encode_table(rows, self.model.features))
        return {target: np.column_stack([1 - positive, positive]) for target, positive in found.items()}

    def _rows_without_features(self, count: int | None) -> Sequence[Row]:
        if self.model.features or count is None:
            rule = f"are needed by this {self.family.value} model"
            raise PredictorError("clinical features", rule, "pass clinical_features, None where one is not known")
        return [_NO_ROWS] * count
