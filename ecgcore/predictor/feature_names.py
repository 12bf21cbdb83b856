"""The clinical features by the names that callers of the deployed predictor use."""

from __future__ import annotations

CATEGORY_NAMES = ("female_gender", "dm", "ht", "smoke", "dlp")
NUMBER_NAMES = ("age",)
