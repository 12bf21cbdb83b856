"""Replay a released model in a fresh process, the way the deployed predictor will meet it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecgcore.counted import counted
from ecgcore.errors import PromotionError, TransientError
from ecgcore.predictor.golden.tolerance import TOLERANCE

TIMEOUT_SECONDS = 300.0
_TAIL_CHARS = 2000
_OUT_OF_MEMORY = ("MemoryError", "can't allocate memory", "Cannot allocate memory")
_LATER = "look at the machine's load and memory, then run it again"


@dataclass(frozen=True)
class Replay:
    """A replay that succeeded: how many golden studies, and the largest absolute difference of a probability."""

    studies: int
    max_difference: float


def replay(model_dir: Path, golden_dir: Path, timeout: float = TIMEOUT_SECONDS) -> Replay:
    """Load ``model_dir`` in a new Python process, predict its golden studies and compare with what training recorded.

    Args:
        model_dir: the predictor's directory.
        golden_dir: golden images and their probabilities.
        timeout: seconds after which the process is killed.

    Raises:
        TransientError: the process ran out of time or memory, or was killed: that says nothing about the model.
        PromotionError: the process failed, replayed nothing, or a probability differs by more than :data:`TOLERANCE`.
    """
    command = [sys.executable, "-m", "ecgcore.predictor.golden.replay", str(model_dir), str(golden_dir)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise TransientError(model_dir, f"did not load and replay within {timeout:g} s", _LATER) from error
    if done.returncode < 0 or (done.returncode and any(sign in done.stderr for sign in _OUT_OF_MEMORY)):
        raise TransientError(model_dir, f"was ended while it replayed: {_reason(done)}", _LATER)
    if done.returncode != 0:
        raise PromotionError(model_dir, f"does not replay: {_reason(done)}", "do not serve it; train and export again")
    return _checked(model_dir, _last_json(model_dir, done.stdout))


def _checked(model_dir: Path, answer: dict[str, Any]) -> Replay:
    result = Replay(int(answer.get("studies", 0)), float(answer.get("max_difference", math.inf)))
    if result.studies < 1 or not result.max_difference <= TOLERANCE:
        raise PromotionError(
            model_dir,
            f"replays {counted(result.studies, 'golden study')} with a largest difference of "
            f"{result.max_difference:.2g}, allowed is {TOLERANCE:g} on at least one",
            "do not serve it; train and export again",
        )
    return result


def _last_json(model_dir: Path, output: str) -> dict[str, Any]:
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise PromotionError(
            model_dir, "replayed without an answer", "run `python -m ecgcore.predictor.golden.replay` by hand"
        )
    return answer


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    text = (done.stderr.strip() or done.stdout.strip() or "no message")[-_TAIL_CHARS:]
    ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
    return f"{ended}, {text.splitlines()[-1]}"
