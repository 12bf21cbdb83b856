"""Slots: what a champion serves."""

from __future__ import annotations

from enum import StrEnum


class Slot(StrEnum):
    """What a champion serves: each has one champion in the ledger, one link on the disk and one registered model."""

    CHAMPION = "champion"
    """The deployed predictor."""
