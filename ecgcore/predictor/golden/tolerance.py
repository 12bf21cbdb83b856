"""How exactly a model must give its probabilities again. Apart, because reading it must not import torch."""

from __future__ import annotations

TOLERANCE = 1e-5
"""The largest absolute difference of a golden study's probability."""
