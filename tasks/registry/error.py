"""The registry's own error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ecgcore.errors import EcgError


class RegistryError(EcgError):
    """The registry cannot be reached, refuses, or does not hold what was asked for."""


@contextmanager
def registry_errors(thing: str) -> Iterator[None]:
    """Turn MLflow's exceptions into :class:`RegistryError` about ``thing``."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        rule = f"the registry refuses ({error.error_code}): {str(error).splitlines()[0][:300]}"
        hint = "check ECG_MLFLOW_TRACKING_URI and that MLflow runs, then try again"
        raise RegistryError(thing, rule, hint) from error
