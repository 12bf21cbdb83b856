"""Validation of label rows: the rules of `ecgcore.cmr.rules`, run by Great Expectations."""

from tasks.validation.validate import validate

__all__ = ["validate"]
