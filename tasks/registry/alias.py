"""Aliases: MLflow's names for a slot's versions."""

from __future__ import annotations

from enum import StrEnum


class Alias(StrEnum):
    """A name in MLflow for one version of a slot. Derived from the ledger, never asked for truth."""

    CANDIDATE = "candidate"
    """The latest version that a reviewer may read about, and did not reject."""
    CHAMPION = "champion"
    """The version that serves."""
    PREVIOUS = "previous"
    """The version that served before it."""
