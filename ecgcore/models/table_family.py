"""Models that read a table of clinical features instead of an ECG."""

from __future__ import annotations

from enum import StrEnum

from ecgcore.models.boosted import BoostedModel
from ecgcore.models.majority import MajorityModel

TableModel = BoostedModel | MajorityModel


class TableFamily(StrEnum):
    """``xgboost``: boosted trees; ``majority``: the same answer for everybody."""

    XGBOOST = "xgboost"
    MAJORITY = "majority"
