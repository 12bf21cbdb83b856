"""Validation of label rows: the rules of `ecgcore.cmr.rules.label_rules`, run by Great Expectations."""

from tasks.validation.validate import validate

__all__ = ["validate"]
