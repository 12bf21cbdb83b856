"""The predictor. ``from ecgcore.predictor import ECGClassifier`` imports torch only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecgcore.predictor.classifier import ECGClassifier

__all__ = ["ECGClassifier"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from ecgcore.predictor.classifier import ECGClassifier

        return ECGClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
