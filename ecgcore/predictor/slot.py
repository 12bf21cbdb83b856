"""A slot is what a champion serves: each has one champion in the ledger, one link on the disk, one registered model."""

from __future__ import annotations

CHAMPION = "champion"
"""The slot of the deployed predictor. Every other slot has a name that its recipes give it."""
