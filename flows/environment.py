"""Process environment that must be set before Prefect, MLflow or Great Expectations are imported."""

from __future__ import annotations

import os

from ecgcore.ledger.ledger import Ledger
from ecgcore.settings import Settings, load_settings

_QUIET = {
    "DO_NOT_TRACK": "true",  # the word: MLflow ignores "1"
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",  # it tells of every table that it creates
    "MPLBACKEND": "Agg",
    "NO_ALBUMENTATIONS_UPDATE": "1",
    "GIT_PYTHON_REFRESH": "quiet",
}


def prepare() -> Settings:
    """Turn telemetry off, keep Prefect's own database under ``ECG_HOME``, and return the settings.

    Raises:
        SettingsError: a variable is wrong, or ``ECG_HOME`` cannot be written.
    """
    settings = load_settings()
    settings.folder("")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ and "PREFECT_HOME" not in os.environ:
        os.environ["PREFECT_HOME"] = str(settings.folder("prefect"))
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")  # the run page keeps them all
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    if settings.s3_endpoint_url:
        os.environ.setdefault("AWS_ENDPOINT_URL", settings.s3_endpoint_url)
    return settings


def open_ledger(settings: Settings) -> Ledger:
    """Open the ledger under ``ECG_HOME``, or the one that ``ECG_LEDGER_URL`` names.

    Raises:
        LedgerError: it cannot be opened.
    """
    settings.folder("")
    return Ledger(settings.ledger)
