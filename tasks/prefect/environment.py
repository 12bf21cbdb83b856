"""Process environment that must be set before Prefect, MLflow or Great Expectations are imported."""

from __future__ import annotations

import logging
import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ecgcore.settings import Settings, load_settings
from ecgcore.sqlite_url import sqlite_url
from ecgcore.targets.in_force import put_in_force
from tasks.prefect.proxy import spare_loopback_the_proxy
from tasks.prefect.server_watch import watch_own_servers

if TYPE_CHECKING:
    from ecgcore.ledger.ledger import Ledger

_OURS = ("ecgcore", "tasks", "flows", "app", "bench")
_QUIET = {
    "DO_NOT_TRACK": "true",  # the word: MLflow ignores "1"
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",  # it tells of every table that it creates
    "MPLBACKEND": "Agg",
    "NO_ALBUMENTATIONS_UPDATE": "1",
    "GIT_PYTHON_REFRESH": "quiet",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # the run page keeps them all
    "PREFECT_LOGGING_EXTRA_LOGGERS": ",".join(_OURS),  # ours, too
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


def prepare(own_server: bool = False) -> Settings:
    """Turn telemetry off, keep Prefect's own database under ``ECG_HOME`` unless a server is named, return the settings.

    The settings' catalogue of targets is in force from then on. Warnings of this project go to standard error and,
    inside a flow run, to its page. With ``own_server`` a server that is named is left alone.

    Raises:
        SettingsError: a variable is wrong, or ``ECG_HOME`` cannot be written.
        TargetError: the catalogue that ``ECG_TARGETS`` names is wrong.
    """
    settings = load_settings()
    put_in_force(settings.catalogue)
    settings.folder("")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if own_server:
        os.environ.pop("PREFECT_API_URL", None)
    if own_server or not (named_server() or "PREFECT_HOME" in os.environ):
        folder = settings.folder("prefect")
        os.environ["PREFECT_HOME"] = str(folder)
        database = sqlite_url(folder / "prefect.db", "sqlite+aiosqlite")  # Prefect's own default takes a % for a code
        os.environ.setdefault("PREFECT_API_DATABASE_CONNECTION_URL", database)
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    _warn_on_stderr()
    spare_loopback_the_proxy()
    if not named_server():
        watch_own_servers()
    if settings.formats:
        os.environ.setdefault("ECG_FORMATS", str(settings.formats.resolve()))  # readers run in processes of their own
    if settings.s3_endpoint_url:
        os.environ.setdefault("AWS_ENDPOINT_URL", settings.s3_endpoint_url)
    return settings


def named_server() -> str | None:
    """Return the address of the server that the user named; None where Prefect starts one for each command."""
    return os.environ.get("PREFECT_API_URL") or _profile().get("PREFECT_API_URL")


def _profile() -> dict[str, str]:
    """Return the user's Prefect profile (``prefect config set``), which another home would hide."""
    try:
        home = Path(os.environ["PREFECT_HOME"]) if "PREFECT_HOME" in os.environ else Path.home() / ".prefect"
        found = tomllib.loads((home / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, RuntimeError, ValueError):
        return {}  # no home, no profiles, or a file that Prefect cannot read either
    active = os.environ.get("PREFECT_PROFILE") or found.get("active")
    return dict(found.get("profiles", {}).get(active, {}))


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes warnings to what standard error is now."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setLevel(logging.WARNING)
        self.setFormatter(logging.Formatter("ecg: %(message)s"))


def _warn_on_stderr() -> None:
    for name in _OURS:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
            logger.addHandler(_Stderr())


def open_ledger(settings: Settings) -> Ledger:
    """Open the ledger under ``ECG_HOME``, or the one that ``ECG_LEDGER_URL`` names.

    Raises:
        LedgerError: it cannot be opened.
    """
    from ecgcore.ledger.ledger import Ledger  # with SQLAlchemy and pandas: arguments are checked before

    settings.folder("")
    return Ledger(settings.ledger)
