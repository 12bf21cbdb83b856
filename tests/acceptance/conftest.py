"""Runs the command line as a user does: a process of its own, a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_LIMIT_S = 1500


@dataclass(frozen=True)
class Home:
    """An ``ECG_HOME`` and the command line on it.

    Args:
        path: the home.
        variables: further ``ECG_*`` variables.
    """

    path: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The process environment; threads are not limited as in the other tests, because users do not."""
        kept = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "PREFECT_API_URL")}
        return kept | {"ECG_HOME": str(self.path)} | self.variables

    def command(self, *arguments: str) -> list[str]:
        """The command line as a list for ``subprocess``."""
        return [sys.executable, "-m", "flows.cli", *arguments]

    def ecg(self, *arguments: str) -> str:
        """Run a verb that must succeed, and return its standard output."""
        self.path.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, f"ecg {' '.join(arguments)}: exit {done.returncode}\n{done.stderr[-4000:]}"
        return done.stdout


@pytest.fixture(scope="session")
def make_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Home]:
    """Makes a fresh home; keyword arguments are further variables."""

    def make(name: str, **variables: str) -> Home:
        return Home(tmp_path_factory.mktemp(name) / "home", variables)

    return make
