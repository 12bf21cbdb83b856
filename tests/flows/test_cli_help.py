"""The command line explains itself at once: no heavy import stands in the way."""

from __future__ import annotations

import subprocess
import sys

import pytest

VERBS = (
    ("synth",), ("ingest",), ("snapshot",), ("testset",), ("testset", "lock"), ("testset", "list"),
    ("testset", "replace"), ("retrain",), ("evaluate",), ("experiment",), ("promote",), ("rollback",), ("predict",),
    ("explain",), ("view",), ("extract",), ("status",), ("bench",), ("benchmark",), ("demo",),
)  # fmt: skip
HEAVY = ("torch", "prefect", "mlflow", "great_expectations", "pandas", "numpy", "cv2", "sqlalchemy", "lightning")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_the_command_line_imports_nothing_heavy() -> None:
    done = _python(f"import app.cli.main, sys; print([name for name in {HEAVY} if name in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("app.cli.status", {*HEAVY, "scipy", "matplotlib"} - {"pandas", "numpy", "sqlalchemy"}),
        ("flows.promote", {"torch", "lightning", "scipy", "matplotlib", "great_expectations"}),
        ("app.cli.named", {"torch", "lightning", "mlflow", "prefect", "scipy"}),  # it answers before these are imported
        ("app.cli.demo", {"torch", "lightning"}),  # its ingest runs first, in little memory
    ],
)
def test_a_verb_imports_only_what_it_works_with(module: str, heavy: set[str]) -> None:
    done = _python(f"import {module}, sys; print(sorted({heavy} & set(sys.modules)))")
    assert done.stdout.strip() == "[]", done.stderr


def test_help_of_every_verb_imports_nothing_heavy_and_ends_well() -> None:
    code = f"""
import sys
from typer.testing import CliRunner
from app.cli.main import app
for words in [(), *{VERBS}]:
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0, (words, done.output)
    assert "Usage:" in done.output and len(done.output.splitlines()) > 4, (words, done.output)
print([name for name in {HEAVY} if name in sys.modules])
"""
    done = _python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_every_verb_of_the_command_line_is_tested_here() -> None:
    code = """
from app.cli.main import app, testset
print(sorted(c.name or c.callback.__name__ for c in [*app.registered_commands]) + ["testset"])
"""
    found = eval(_python(code).stdout)
    assert {words[0] for words in VERBS} == {name.replace("_", "-") for name in found}


def test_the_real_program_answers_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert all(words[0] in done.stdout for words in VERBS)


@pytest.mark.parametrize("words", [("no-such-verb",), ("promote", "1"), ("synth", "--studies", "3"), ("predict",)])
def test_a_wrong_call_is_refused_with_its_usage(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "Usage:" in done.stderr and "Traceback" not in done.stderr
