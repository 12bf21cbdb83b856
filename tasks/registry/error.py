"""The registry's own error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ecgcore.errors import EcgError

_UNREACHED = "check ECG_MLFLOW_TRACKING_URI and that MLflow runs, then try again"
_UNKNOWN = "name one that the MLflow UI lists; --slot says of which model"
_HINTS = {"RESOURCE_DOES_NOT_EXIST": _UNKNOWN, "INVALID_PARAMETER_VALUE": _UNKNOWN}


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
        raise RegistryError(thing, rule, _HINTS.get(error.error_code, _UNREACHED)) from error
