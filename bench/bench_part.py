"""What can be measured."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """One part of the benchmark, in the order in which it runs."""

    READING = "reading"
    CACHE = "cache"
    TRAINING = "training"
    PREDICTION = "prediction"
    ORCHESTRATION = "orchestration"
