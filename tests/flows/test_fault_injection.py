"""Killed anywhere and run again, ingest and retraining end where an uninterrupted run ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.trap import killed_at

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

KEY = {"ECG_PSEUDONYM_KEY": "one key for both homes, so that they can be compared"}


def _final(books: Any) -> tuple[Any, ...]:
    return books.files(), books.lines(), books.studies()


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory, small_hospital: Path) -> Path:
    """The small hospital, and a row that the steward must correct."""
    inbox = shutil.copytree(small_hospital, tmp_path_factory.mktemp("inbox") / "inbox")
    (inbox / "cmr" / "bad.csv").write_text(
        "hn,file_name,ecg_date,cmr_date,scar_cad,lvef\n7654321,none.pdf,2016-03-04,2016-03-04,0,150\n"
    )
    return inbox


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, cli_of: Any, books_of: Any, inbox: Path) -> Any:
    home = tmp_path_factory.mktemp("uninterrupted") / "home"
    assert cli_of(home)("ingest", inbox, **KEY).code == 0
    assert len(_steward_pages(home)) == 1
    return _final(books_of(home))


def _steward_pages(home: Path) -> list[Path]:
    return list((home / "quarantine").glob("*/rows.csv"))


class TestIngest:
    @pytest.mark.parametrize(
        ("place", "name", "when", "recorded"),
        [
            ("flows.ingest", "_validate", "before", 0),
            pytest.param("ecgcore.ledger.ingest.quarantine", "synchronise", "before", 0, marks=pytest.mark.full),
            ("ecgcore.ledger.ledger", "Ledger.record_batch", "after", 1),
            pytest.param("tasks.inbox.closing", "write_steward_rows", "before", 1, marks=pytest.mark.full),
        ],
    )
    def test_killed_at_any_place(
        self, cli: Any, books_of: Any, inbox: Path, uninterrupted: Any, place: str, name: str, when: str, recorded: int
    ) -> None:
        killed_at(cli, place, name, when, "ingest", inbox, **KEY)
        assert books_of(cli.home).totals()["batch"] == recorded
        assert _steward_pages(cli.home) == []
        assert cli("ingest", inbox, **KEY).code == 0
        assert _final(books_of(cli.home)) == uninterrupted
        assert len(_steward_pages(cli.home)) == 1

    def test_two_at_once_double_nothing(self, cli: Any, books_of: Any, inbox: Path, uninterrupted: Any) -> None:
        processes = [cli.start("ingest", inbox, "--json", **KEY) for _ in range(2)]
        ended = [process.communicate(timeout=800) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], [err for _, err in ended]
        books = books_of(cli.home)
        assert _final(books) == uninterrupted
        assert sum(json.loads(out)["studies"]["new"] for out, _ in ended) == len(books.studies())


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
    @pytest.mark.full  # the deployments' story kills a training and resumes it, too
    def test_killed_after_an_epoch_it_goes_on_from_there(self, locked_cli: Any) -> None:
        ecg, words = locked_cli, ("retrain", "--recipe", "long", "--policy", "lax")
        killed_at(ecg, "ecgcore.training.network.keeper", "Keeper.on_train_epoch_end", "after", *words)
        (run,) = (ecg.home / "runs").iterdir()
        done = _metrics(run)
        assert (len(done), (run / "model").exists()) == (2, False)
        outcome = ecg(*words, "--json").json()
        assert (outcome["version"], outcome["champion"]) == ("1", "1")
        assert list((ecg.home / "runs").iterdir()) == [run]
        assert len(_metrics(run)) == 1 + 16  # the epochs of the recipe
        assert _metrics(run)[:2] == done, "an epoch that was done, to the millisecond it took, is not done again"

    @pytest.mark.full
    def test_killed_everywhere_else_in_turn(self, locked_cli: Any, books_of: Callable[[Path], Any]) -> None:
        """One home, killed at one place after the other, then left to finish."""
        ecg = locked_cli
        for place, name, when in (
            ("tasks.judging.retrain_steps", "judge", "after"),
            ("tasks.registry.registry", "Registry.register_candidate", "after"),
            ("tasks.release.promoting", "run_promotion", "before"),
        ):
            killed_at(ecg, place, name, when, *RETRAIN)
            assert _complete(ecg.home)
        outcome = _finish(ecg)
        assert outcome == "1"
        assert (ecg.home / "pages" / "decision-champion-1.html").is_file()
        assert books_of(ecg.home).rows("SELECT version, state FROM promotion") == [("1", "done")]

    @pytest.mark.parametrize(
        ("step", "when"),
        [
            ("export", "before"),
            ("link", "before"),
            pytest.param("alias", "before", marks=pytest.mark.full),
            pytest.param("alias", "after", marks=pytest.mark.full),
        ],
    )
    def test_killed_in_each_step_of_the_promotion(
        self, manual_home: Path, cli_of: Any, books_of: Any, step: str, when: str
    ) -> None:
        ecg, books = cli_of(manual_home), books_of(manual_home)
        version = "1" if _champion(books) == "2" else "2"
        words = ("promote", version, *WHO)
        killed_at(ecg, "tasks.release.champion_steps", f"ChampionSteps.{step}", when, *words)
        assert _complete(manual_home)
        assert ecg(*words).code == 0
        assert (manual_home / "champion").readlink() == Path("releases") / version
        assert _champion(books) == version
        assert books.rows("SELECT version FROM promotion WHERE state NOT IN ('done', 'rolled-back')") == []


def _champion(books: Any) -> str:
    done = books.rows("SELECT version FROM promotion WHERE state = 'done' ORDER BY number DESC LIMIT 1")
    return done[0][0] if done else ""


def _finish(ecg: Any) -> str:
    """Run the retraining again, which must lead the interrupted promotion to its end."""
    return ecg(*RETRAIN, "--json").json()["champion"]


def _metrics(run: Path) -> list[str]:
    return (run / "metrics.csv").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def locked_cli(
    tmp_path: Path, locked: Path, copy_of: Callable[[Path, Path], Path], cli_of: Callable[[Path], Any]
) -> Any:
    """The command line with a copy of the home whose test sets are locked."""
    return cli_of(copy_of(locked / "home", tmp_path / "home"))


@pytest.fixture(scope="module")
def manual_home(
    tmp_path_factory: pytest.TempPathFactory,
    champion_home: Path,
    copy_of: Callable[[Path, Path], Path],
    cli_of: Callable[[Path], Any],
) -> Path:
    """A home with champion 1, and version 2 that was judged against it."""
    home = copy_of(champion_home, tmp_path_factory.mktemp("manual") / "home")
    outcome = cli_of(home)("retrain", "--recipe", "long", "--policy", "manual", "--force", "--json").json()
    assert (outcome["version"], outcome["gate"]) == ("2", "pass"), outcome["reason"]
    return home
