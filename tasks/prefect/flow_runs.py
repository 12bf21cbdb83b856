"""The last and the next runs of the flows, read without Prefect, which takes seconds to import."""

from __future__ import annotations

import json
import os
import sqlite3
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SECONDS = 2.0  # for an answer of the server
_SHOWN = 20
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_FAILED = ("FAILED", "CRASHED")
_QUERY = """
SELECT flow.name, flow_run.state_type, flow_run.start_time
FROM flow_run JOIN flow ON flow.id = flow_run.flow_id
WHERE flow_run.start_time IS NOT NULL AND flow_run.parent_task_run_id IS NULL
ORDER BY flow_run.start_time DESC LIMIT ?
"""


@dataclass(frozen=True)
class FlowRun:
    """A run of a flow: its state as Prefect names it, and when it started or is to start (UTC)."""

    flow: str
    state: str
    moment: datetime

    @property
    def failed(self) -> bool:
        """Whether it ended badly."""
        return self.state in _FAILED


@dataclass(frozen=True)
class FlowRuns:
    """What Prefect knows of the flows.

    Args:
        last: newest first; those that were called by another run left out.
        next: soonest first; empty without a server of the user's own, since nothing is scheduled then.
        problem: why Prefect could not be asked; empty if it could.
    """

    last: tuple[FlowRun, ...] = ()
    next: tuple[FlowRun, ...] = ()
    problem: str = ""


def flow_runs(api_url: str | None, prefect_home: Path) -> FlowRuns:
    """Ask the server at ``api_url``, or read the database of the servers that commands start for themselves."""
    try:
        return _of_server(api_url.rstrip("/")) if api_url else _of_database(prefect_home / "prefect.db")
    except (OSError, ValueError, LookupError, sqlite3.Error) as error:
        return FlowRuns(problem=f"{api_url or prefect_home}: {error}")


def _of_database(path: Path) -> FlowRuns:
    if not path.is_file():
        return FlowRuns()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute(_QUERY, (_SHOWN,)).fetchall()
    return FlowRuns(tuple(FlowRun(name, state, _moment(started)) for name, state, started in found))


def _of_server(api: str) -> FlowRuns:
    ended = {"state": {"type": {"any_": [*_ENDED, "RUNNING"]}}, "parent_task_run_id": {"is_null_": True}}
    last = _ask(api, "flow_runs", {"flow_runs": ended, "sort": "START_TIME_DESC", "limit": _SHOWN})
    waiting = {"state": {"type": {"any_": ["SCHEDULED"]}}}
    coming = _ask(api, "flow_runs", {"flow_runs": waiting, "sort": "NEXT_SCHEDULED_START_TIME_ASC", "limit": _SHOWN})
    ids = sorted({run["flow_id"] for run in (*last, *coming)})
    flows = _ask(api, "flows", {"flows": {"id": {"any_": ids}}}) if ids else []
    names = {flow["id"]: flow["name"] for flow in flows}
    return FlowRuns(
        tuple(_run(names, run, run["start_time"]) for run in last if run["start_time"]),
        tuple(_run(names, run, run["expected_start_time"]) for run in coming),
    )


def _ask(api: str, what: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - an http address that the user set
        f"{api}/{what}/filter", json.dumps(body).encode(), {"Content-Type": "application/json", **_authorisation()}
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        return list(json.load(answer))


def _authorisation() -> dict[str, str]:
    key = os.environ.get("PREFECT_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _run(names: Mapping[str, str], run: Mapping[str, Any], moment: str) -> FlowRun:
    return FlowRun(names.get(run["flow_id"], "a deleted flow"), run["state_type"], _moment(moment))


def _moment(text: str) -> datetime:
    """Return a moment in UTC; Prefect's SQLite keeps UTC without a zone."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
