"""Load a model in a fresh process and replay it: ``python -m ecgcore.predictor.golden.replay MODEL_DIR [GOLDEN_DIR]``.

One line of JSON on standard output, one readable line on standard error; exit code 0 only if it reproduces.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ecgcore.errors import EcgError
from ecgcore.predictor.golden.golden import ReplayReport, replay

_USAGE = "usage: python -m ecgcore.predictor.golden.replay MODEL_DIR [GOLDEN_DIR]"
_WRONG_USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """Replay, say the result, and return the exit code: 0 reproduced, 1 not, 2 wrong usage."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(f"{_USAGE}\n")
        return _WRONG_USAGE
    model_dir = Path(arguments[0])
    golden_dir = Path(arguments[1]) if len(arguments) == 2 else default_golden(model_dir)
    try:
        report = replay(model_dir, golden_dir)
    except EcgError as error:
        return _say({"ok": False, "error": str(error)}, str(error), ok=False)
    return _say(asdict(report), _sentence(model_dir, report), report.ok)


def default_golden(model_dir: Path) -> Path:
    """Return ``MODEL_DIR/golden`` (a release) if it is there, else ``golden`` beside it (a run)."""
    inside = model_dir / "golden"
    return inside if inside.is_dir() else model_dir.parent / "golden"


def _sentence(model_dir: Path, report: ReplayReport) -> str:
    verb = "reproduces" if report.ok else "does not reproduce"
    return (
        f"{model_dir.name}: {verb} {report.studies} golden studies; "
        f"largest difference {report.max_difference:.2g}, allowed {report.tolerance:g}"
    )


def _say(content: dict[str, object], sentence: str, ok: bool) -> int:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stderr.write(sentence.replace("\n", " ") + "\n")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
