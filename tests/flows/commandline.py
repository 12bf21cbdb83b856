"""The real command line, in subprocesses, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "app.cli.main", *map(str, words)]


def keep(path: Path, done: Done) -> None:
    """Keep what a command said; it must have succeeded."""
    assert done.code == 0, done.err
    path.with_suffix(".out").write_text(done.out, encoding="utf-8")
    path.with_suffix(".err").write_text(done.err, encoding="utf-8")
