"""The command line explains itself at once: no heavy import stands in the way."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from app.cli.admin import TESTSET_VERBS
from app.cli.main import VERBS_OF, app
from app.cli.verb import Group
from ecgcore.settings import PROJECT

VERBS = (
    ("synth",), ("ingest",), ("snapshot",), ("testset",), ("testset", "lock"), ("testset", "list"),
    ("testset", "replace"), ("retrain",), ("evaluate",), ("experiment",), ("promote",), ("rollback",), ("predict",),
    ("explain",), ("view",), ("extract",), ("status",), ("bench",), ("compare",), ("benchmark",), ("demo",),
)  # fmt: skip
HEAVY = ("torch", "prefect", "mlflow", "great_expectations", "pandas", "numpy", "cv2", "sqlalchemy", "lightning")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)


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
from app.cli.main import app
print(sorted(c.name or c.callback.__name__ for c in app.registered_commands) + ["testset"])
"""
    found = eval(_python(code).stdout)
    assert {words[0] for words in VERBS} == {name.replace("_", "-") for name in found}


def test_the_real_program_answers_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "--help"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0
    shown = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("\u2502 ") and line[2] != " "}
    assert {words[0] for words in VERBS} - {"benchmark"} <= shown  # its name before, which scripts may use
    assert "benchmark" not in shown
    groups = [group.value for group in Group]
    assert [name for line in done.stdout.splitlines() for name in groups if f"\u2500 {name} " in line] == groups


def test_every_verb_shows_examples_that_its_own_parser_takes() -> None:
    """Parsed, not run: a renamed option in an example fails here."""
    for verb in (*(each for verbs in VERBS_OF.values() for each in verbs), *TESTSET_VERBS):
        assert verb.examples
        for example in verb.examples:
            words = shlex.split(example)
            command = typer.main.get_command(app)
            while isinstance(command, typer.core.TyperGroup):
                words = words[1:]
                command = command.commands[words[0]]
            command.make_context("ecg", words[1:], resilient_parsing=False)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ecg retrain --recipe xg", {"xgboost"}),
        ("ecg retrain --policy d", {"default", "demo"}),
        ("ecg retrain --overlay ", {"demo"}),
        ("ecg compare --recipes majority,xg", {"majority,xgboost"}),
        ("ecg testset lock ", {"old", "new"}),
        ("ecg rollb", {"rollback"}),
    ],
)
def test_the_shell_completes_names(typed: str, names: set[str], tmp_path: Path) -> None:
    asked = {"_ECG_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ECG_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main"], capture_output=True, text=True, check=False, cwd=tmp_path,
        env=kept | asked | {"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert set(done.stdout.split()) == names, done.stderr


@pytest.mark.parametrize("words", [("no-such-verb",), ("promote", "1"), ("synth", "--studies", "3"), ("predict",)])
def test_a_wrong_call_is_refused_with_its_usage(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main", *words], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 2
    assert "Usage:" in done.stderr and "Traceback" not in done.stderr
