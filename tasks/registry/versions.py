"""What is registered, read from MLflow's database or its server without MLflow, which takes seconds to import."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from ecgcore.settings import Settings
from ecgcore.sqlite_url import sqlite_file
from tasks.registry.error import RegistryError
from tasks.registry.registered_model import model_name

_SECONDS = 2.0  # for an answer of the server; a look at the state is not worth more
_PAGE = 200
_TABLES = """
SELECT v.name, v.version, v.creation_time, t.key, t.value
FROM model_versions v LEFT JOIN model_version_tags t ON t.name = v.name AND t.version = v.version
"""


@dataclass(frozen=True)
class RegisteredVersion:
    """A version of a registered model: its number, the moment of its registration (UTC), and its tags."""

    model: str
    version: str
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)


def registered_versions(settings: Settings) -> tuple[RegisteredVersion, ...]:
    """Return all registered versions, oldest first; none where nothing was registered yet.

    Raises:
        RegistryError: MLflow's server or database cannot be read.
    """
    uri = settings.tracking_uri
    try:
        found = _of_server(uri) if uri.startswith("http") else _of_database(uri)
    except (OSError, ValueError, LookupError) as error:
        hint = "check ECG_MLFLOW_TRACKING_URI and that MLflow runs"
        raise RegistryError(uri, f"cannot be read ({error})", hint) from error
    return tuple(sorted(found, key=lambda each: (each.model, int(each.version))))


def check_registered(settings: Settings, slot: str, version: str) -> None:
    """Check that a version is there, before what takes seconds to import and to start.

    Raises:
        RegistryError: it is not registered.
    """
    if settings.mlflow_tracking_uri is not None:
        return  # the verb asks it soon enough, and says what is wrong with it
    model = model_name(slot)
    known = [each.version for each in registered_versions(settings) if each.model == model]
    if version not in known:
        hint = f"name one of {', '.join(known)}" if known else "none is registered there; `ecg retrain` does it"
        raise RegistryError(f"{model} version {version}", "is not registered", f"{hint}; --slot says of which model")


def _of_server(uri: str) -> list[RegisteredVersion]:
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"max_results": _PAGE}
    while True:
        url = f"{uri.rstrip('/')}/api/2.0/mlflow/model-versions/search?{urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - an http address that the user set
            page = json.load(answer)
        found += page.get("model_versions", [])
        if not (token := page.get("next_page_token")):
            break
        asked["page_token"] = token
    return [
        RegisteredVersion(
            each["name"],
            each["version"],
            _moment(int(each["creation_timestamp"])),
            {tag["key"]: tag["value"] for tag in each.get("tags", [])},
        )
        for each in found
    ]


def _of_database(uri: str) -> list[RegisteredVersion]:
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    if (file := sqlite_file(uri)) and not file.is_file():
        return []
    found: dict[tuple[str, str], RegisteredVersion] = {}
    try:
        with create_engine(uri, poolclass=NullPool).connect() as connection:
            if not inspect(connection).has_table("model_versions"):
                return []
            for name, version, created, key, value in connection.execute(text(_TABLES)):
                entry = RegisteredVersion(name, str(version), _moment(created))
                tags = found.setdefault((name, str(version)), entry).tags
                if key is not None:
                    tags[key] = value
    except SQLAlchemyError as error:
        raise OSError(str(error).splitlines()[0]) from error
    return list(found.values())


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
