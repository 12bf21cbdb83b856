"""Killed anywhere and run again, ingest and retraining end where an uninterrupted run ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

KEY = {"ECG_PSEUDONYM_KEY": "one key for both homes, so that they can be compared"}

# Runs the command line with a trap: the process kills itself with SIGKILL before or after the named function.
TRAP = """
import importlib, os, signal, sys
place, name, when, *words = sys.argv[1:]
from flows.environment import prepare
prepare()
module = importlib.import_module(place)
owner_name, _, attribute = name.rpartition(".")
owner = getattr(module, owner_name) if owner_name else module
original = getattr(owner, attribute)
def trapped(*args, **kwargs):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, attribute, trapped)
sys.argv = ["ecg", *words]
from flows.cli import main
main()
"""


def _killed_at(ecg: Any, place: str, name: str, when: str, *words: object, **more: str) -> None:
    """Run until the trap springs, then end what it leaves: Prefect's own server, which would hold a pipe open."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", TRAP, place, name, when, *map(str, words)],
            stdout=said,
            stderr=said,
            text=True,
            env=ecg.environment(**more),
            cwd=ecg.deployments,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=800)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        said.seek(0)
        assert code == -signal.SIGKILL, f"the trap at {place}.{name} did not spring: {said.read()}"


def _kill_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def _final(books: Any) -> tuple[Any, ...]:
    return books.files(), books.lines(), books.studies()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, cli_of: Any, books_of: Any, small_hospital: Path) -> Any:
    home = tmp_path_factory.mktemp("uninterrupted") / "home"
    assert cli_of(home)("ingest", small_hospital, **KEY).code == 0
    return _final(books_of(home))


class TestIngest:
    def test_killed_after_some_seconds(self, cli: Any, books_of: Any, small_hospital: Path, uninterrupted: Any) -> None:
        process = cli.start("ingest", small_hospital, **KEY)
        time.sleep(5.0)
        _kill_group(process)
        assert cli("ingest", small_hospital, **KEY).code == 0
        assert _final(books_of(cli.home)) == uninterrupted

    @pytest.mark.parametrize(
        ("place", "name", "when"),
        [
            ("ecgcore.ledger.quarantine", "synchronise", "before"),
            ("ecgcore.ledger.ledger", "Ledger.record_batch", "after"),
            ("flows.ingest", "write_steward_rows", "before"),
        ],
    )
    def test_killed_around_the_transaction(
        self, cli: Any, books_of: Any, small_hospital: Path, uninterrupted: Any, place: str, name: str, when: str
    ) -> None:
        _killed_at(cli, place, name, when, "ingest", small_hospital, **KEY)
        assert cli("ingest", small_hospital, **KEY).code == 0
        assert _final(books_of(cli.home)) == uninterrupted

    def test_two_at_once_double_nothing(
        self, cli: Any, books_of: Any, small_hospital: Path, uninterrupted: Any
    ) -> None:
        processes = [cli.start("ingest", small_hospital, "--json", **KEY) for _ in range(2)]
        ended = [process.communicate(timeout=800) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], [err for _, err in ended]
        books = books_of(cli.home)
        assert _final(books) == uninterrupted
        assert sum(json.loads(out)["studies"]["new"] for out, _ in ended) == len(books.studies())

    def test_a_steward_page_lost_to_a_kill_is_written_by_the_next_ingest(
        self, cli: Any, small_hospital: Path, tmp_path: Path
    ) -> None:
        inbox = shutil.copytree(small_hospital, tmp_path / "inbox")
        (inbox / "cmr" / "bad.csv").write_text(
            "hn,file_name,ecg_date,cmr_date,scar_cad,lvef\n7654321,none.pdf,2016-03-04,2016-03-04,0,150\n"
        )
        _killed_at(cli, "flows.ingest", "write_steward_rows", "before", "ingest", inbox, **KEY)
        assert not list((cli.home / "quarantine").glob("*/rows.csv"))
        assert cli("ingest", inbox, **KEY).code == 0
        assert len(list((cli.home / "quarantine").glob("*/rows.csv"))) == 1


def _ready(home: Path, ingested: Path, cli_of: Callable[[Path], Any]) -> Any:
    shutil.copytree(ingested / "home", home, symlinks=True)
    ecg = cli_of(home)
    assert [ecg("testset", "lock", name).code for name in ("old", "new")] == [0, 0]
    return ecg


def _complete(home: Path) -> bool:
    """Whether the link, if there is one, leads to a whole release."""
    link = home / "champion"
    if not link.is_symlink():
        return True
    manifest = json.loads((link / "release.json").read_text(encoding="utf-8"))
    return all((link / name).is_file() for name in manifest["files"])


WHO = ("--reviewer", "a", "--reason", "b")
RETRAIN = ("retrain", "--recipe", "tiny", "--policy", "lax")


class TestRetrain:
    def test_killed_during_training_it_resumes(
        self, tmp_path: Path, ingested: Path, cli_of: Callable[[Path], Any]
    ) -> None:
        ecg = _ready(tmp_path / "home", ingested, cli_of)
        process = ecg.start("retrain", "--recipe", "long", "--policy", "lax")
        deadline = time.monotonic() + 300
        while not list((ecg.home / "runs").glob("*/checkpoints/*")) and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.2)
        _kill_group(process)
        run = next((ecg.home / "runs").iterdir())
        assert not (run / "model").exists(), "the training was over before it could be killed"
        outcome = ecg("retrain", "--recipe", "long", "--policy", "lax", "--json").json()
        assert (outcome["version"], outcome["champion"]) == ("1", "1")
        assert [path.name for path in (ecg.home / "runs").iterdir()] == [run.name]

    def test_killed_everywhere_else_in_turn(
        self, tmp_path: Path, ingested: Path, cli_of: Callable[[Path], Any], books_of: Callable[[Path], Any]
    ) -> None:
        """One home, killed at one place after the other, then left to finish."""
        ecg = _ready(tmp_path / "home", ingested, cli_of)
        for place, name, when in (
            ("flows.retrain", "judge", "before"),
            ("flows.retrain", "judge", "after"),
            ("tasks.registry.registry", "Registry.register_candidate", "after"),
            ("flows.promote", "run_promotion", "before"),
        ):
            _killed_at(ecg, place, name, when, *RETRAIN)
            assert _complete(ecg.home)
        outcome = _finish(ecg)
        assert outcome == "1"
        assert (ecg.home / "pages" / "decision-champion-1.html").is_file()
        assert books_of(ecg.home).rows("SELECT version, state FROM promotion") == [("1", "done")]

    @pytest.mark.parametrize(
        ("step", "when"),
        [("export", "before"), ("link", "before"), ("alias", "before"), ("alias", "after")],
    )
    def test_killed_in_each_step_of_the_promotion(
        self, tmp_path: Path, manual_home: Path, cli_of: Any, books_of: Any, step: str, when: str
    ) -> None:
        ecg = cli_of(manual_home)
        version = "1" if _champion(books_of(manual_home)) == "2" else "2"
        words = ("promote", version, *WHO)
        _killed_at(ecg, "tasks.promotion", f"ChampionSteps.{step}", when, *words)
        assert _complete(manual_home)
        assert ecg(*words).code == 0
        assert (manual_home / "champion").readlink() == Path("releases") / version
        assert _champion(books_of(manual_home)) == version
        assert ecg("status", "--json").json()["promotion_under_way"] is None


def _champion(books: Any) -> str:
    done = books.rows("SELECT version FROM promotion WHERE state = 'done' ORDER BY number DESC LIMIT 1")
    return done[0][0] if done else ""


def _finish(ecg: Any) -> str:
    """Run the retraining again, which must lead the interrupted promotion to its end."""
    return ecg(*RETRAIN, "--json").json()["champion"]


@pytest.fixture(scope="module")
def manual_home(tmp_path_factory: pytest.TempPathFactory, ingested: Path, cli_of: Callable[[Path], Any]) -> Path:
    """A home with champion 1, and version 2 that was judged against it."""
    ecg = _ready(tmp_path_factory.mktemp("manual") / "home", ingested, cli_of)
    for recipe in ("tiny", "long"):
        outcome = ecg("retrain", "--recipe", recipe, "--policy", "manual", "--force", "--json").json()
        assert outcome["gate"] == "pass", outcome["reason"]
        if outcome["version"] == "1":
            assert ecg("promote", "1", *WHO).code == 0
    return ecg.home
