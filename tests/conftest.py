"""Environment of all tests: quiet, one thread per process, nothing under the project's own ``var/``; real servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

for _name, _value in {
    "DO_NOT_TRACK": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MPLBACKEND": "Agg",
    "NO_ALBUMENTATIONS_UPDATE": "1",
    "OMP_NUM_THREADS": "1",
    "GIT_PYTHON_REFRESH": "quiet",
}.items():
    os.environ.setdefault(_name, _value)

LONG = {"acceptance", "deployments", "flows"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole job first: a long file that comes last keeps one worker busy while the others wait.

    Of those the first that needs the trained home makes it, and the others that need it come last: meanwhile the other
    worker has what to do.
    """
    needy = list(dict.fromkeys(item.path for item in items if "trained" in getattr(item, "fixturenames", ())))

    def place(item: pytest.Item) -> tuple[bool, int]:
        in_turn = 1 + (item.path in needy) if item.path not in needy[:1] else 0
        return item.path.parent.name not in LONG, in_turn

    items.sort(key=place)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"no answer from {url} within {seconds} s: {log.read_text()[-2000:]}")


@contextmanager
def _serving(command: list[str], health: str, log: Path, **environment: str) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env={**os.environ, **environment}
        )
    try:
        _wait_until_up(health, process, log)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Finds a port that is free now."""
    return _free_port


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[None]]:
    """Runs a server's command until the block ends: ``(command, health_url, log, **environment)``."""
    return _serving
