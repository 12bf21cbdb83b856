"""The real command line, in subprocesses, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TIMEOUT = 800


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed; the command must have succeeded and printed nothing else."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """The real command line under a home of its own; without ``api`` every command starts Prefect's own server."""

    home: Path
    deployments: Path
    api: str | None

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ECG_", "PREFECT_", "MLFLOW_", "AWS_"))}
        ours = {"ECG_HOME": str(self.home), "ECG_DEPLOYMENTS": str(self.deployments), "OMP_NUM_THREADS": "1"}
        if self.api:
            ours |= {"PREFECT_API_URL": self.api, "PREFECT_HOME": str(self.home.parent / "prefect")}
        return {**kept, **ours, "COLUMNS": "120", **more}

    def start(self, *words: object, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command(*words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**more),
            cwd=self.deployments,
            start_new_session=True,
        )

    def __call__(self, *words: object, **more: str) -> Done:
        process = self.start(*words, **more)
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Done(process.returncode, out, err)


@dataclass(frozen=True)
class InPlace:
    """The command line in this process, for what it refuses before any flow: a process of its own takes seconds."""

    home: Path
    deployments: Path
    patch: pytest.MonkeyPatch
    captured: pytest.CaptureFixture[str]

    def __call__(self, *words: object, **more: str) -> Done:
        from app.cli.main import main

        with self.patch.context() as patch:
            for name, value in ({"ECG_HOME": str(self.home), "ECG_DEPLOYMENTS": str(self.deployments)} | more).items():
                patch.setenv(name, value)
            patch.chdir(self.deployments)
            patch.setattr(sys, "argv", ["ecg", *map(str, words)])
            self.captured.readouterr()
            code = _code(main)
            out, err = self.captured.readouterr()
        if isinstance(code, str):  # Python then prints it on standard error, and exits with 1
            return Done(1, out, f"{err}{code}\n")
        return Done(code or 0, out, err)


def _code(program: Callable[[], None]) -> int | str | None:
    try:
        program()
    except SystemExit as ended:
        return ended.code
    return 0


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "app.cli.main", *map(str, words)]


def keep(path: Path, done: Done) -> None:
    """Keep what a command said; it must have succeeded."""
    assert done.code == 0, done.err
    path.with_suffix(".out").write_text(done.out, encoding="utf-8")
    path.with_suffix(".err").write_text(done.err, encoding="utf-8")
