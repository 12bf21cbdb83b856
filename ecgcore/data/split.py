"""What a study is used for."""

from __future__ import annotations

from enum import StrEnum


class Split(StrEnum):
    """The use of a study. A patient is in one split only; the order is the precedence within one patient."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"
