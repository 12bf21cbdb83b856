"""What `ecg status` says: what waits, what failed, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.cli.status import Candidates, Status, status
from ecgcore.errors import LedgerError
from ecgcore.evaluation.gates.gate import MinimumCases, Severity
from ecgcore.ledger.cohort.testset import LockedSet
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.counts import Counts, Tally
from ecgcore.pages.terminal import render_terminal
from ecgcore.settings import load_settings
from tasks.cohort.lock_plan import LockPlan, TargetCases, check_sufficient
from tasks.prefect.flow_runs import FlowRun, FlowRuns, flow_runs
from tasks.registry.versions import RegisteredVersion
from tasks.registry.waiting import waiting_candidates
from tests.flows.commandline import Cli

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PASSED = {"gate": "pass", "promotable": "true", "judged_against": "1", "offered": "2026-11-20"}


def _version(number: str, model: str = "ecg-champion", **tags: str) -> RegisteredVersion:
    return RegisteredVersion(model, number, NOW, PASSED | tags)


def test_a_candidate_waits_that_passed_against_the_present_champion_and_that_nobody_decided_on() -> None:
    versions = [
        _version("1"),  # the champion itself
        _version("2", gate="fail"),
        _version("3", decision="rejected"),
        _version("4", judged_against="none"),  # of another time
        _version("5", promotable="false"),
        _version("6", model="ecg-xgboost"),
        _version("9", exploratory="its training began under another policy"),
        _version("7"),
    ]
    not_offered = RegisteredVersion("ecg-champion", "8", NOW, {n: v for n, v in PASSED.items() if n != "offered"})
    found = waiting_candidates([*versions, not_offered], "champion", "1", {"1"})
    assert [each.version for each in found] == ["7"]


def test_a_set_that_no_gate_could_decide_on_is_not_locked_by_a_script() -> None:
    needed = MinimumCases("scar", "old", 100, 100, Severity.BLOCK)
    enough, few = TargetCases("scar", 100, 100, needed), TargetCases("scar", 99, 400, needed)
    check_sufficient(LockPlan("old", "default", 200, (enough, TargetCases("lvef", 1, 1, None))))
    plan = LockPlan("old", "default", 499, (few,))
    assert "scar: 99 positive, 400 negative - TOO FEW: the policy needs 100 and 100" in plan.to_text()
    with pytest.raises(LedgerError, match=r"test set old: is too small .* --yes locks it all the same"):
        check_sufficient(plan)


@pytest.mark.e2e
def test_runs_are_told_by_a_server_and_by_the_database_that_a_command_leaves(
    small_cli: Cli, small_hospital: Path, ingested: Path, prefect_api: str
) -> None:
    before = datetime.now(UTC)
    assert small_cli("ingest", small_hospital).code == 0
    served = flow_runs(prefect_api, Path())
    assert served.problem == ""
    assert any(run.flow == "ingest" and run.state == "COMPLETED" and run.moment > before for run in served.last)
    embedded = flow_runs(None, ingested / "home" / "prefect")
    assert [(run.flow, run.state) for run in embedded.last] == [("ingest", "COMPLETED")]


def test_a_server_that_is_away_is_told(free_port: Any) -> None:
    found = flow_runs(f"http://127.0.0.1:{free_port()}/api", Path())
    assert (found.last, found.next) == ((), ())
    assert "refused" in found.problem


def test_an_empty_home_says_what_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    shown = render_terminal(status(load_settings()).to_document(), width=200)
    assert shown.startswith(f"Status of {tmp_path}\n")
    assert "ecg ingest DIR" in shown and "ecg demo" in shown
    assert "Quarantine" not in shown and "champion: none yet" in shown


def test_it_shows_who_waits_what_failed_and_what_runs_next(tmp_path: Path) -> None:
    none, later = Tally(0, dict.fromkeys(State, 0), {}), datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    runs = FlowRuns((FlowRun("ingest", "COMPLETED", NOW),) * 4 + (FlowRun("retrain", "FAILED", NOW),),
                    (FlowRun("retrain", "SCHEDULED", later), FlowRun("retrain", "SCHEDULED", later)))  # fmt: skip
    locked = (LockedSet("old", "a" * 64, 1, NOW, 1),)
    waiting = Candidates((_version("7", recipe="tiny"),))
    page = tmp_path / "pages" / "decision-champion-7.html"
    page.parent.mkdir()
    page.touch()
    found = Status(tmp_path, Counts(none, none, 1, 0, 0), (), locked, None, None, None, None, 0, {}, waiting, runs)
    shown = render_terminal(found.to_document(), width=200)
    assert "WAITING for a reviewer: version 7 (tiny, 2026-11-20)" in shown and str(page) in shown
    assert "  ecg promote 7 --reviewer NAME --reason TEXT" in shown
    assert "1 study (one ECG with its CMR row each)" in shown.splitlines()[1]
    lines = [line.split() for line in shown.splitlines()]
    assert ["2026-11-20", "02:00", "UTC", "retrain", "FAILED"] in lines
    assert lines.count(["2026-12-01", "02:00", "UTC", "retrain", "scheduled"]) == 1
    assert lines.count(["2026-11-20", "02:00", "UTC", "ingest", "completed"]) == 3
    assert ["old", "1", "1", "1", "2026-11-20"] in lines


def test_a_home_without_runs_has_none(tmp_path: Path) -> None:
    assert flow_runs(None, tmp_path) == FlowRuns()


@pytest.mark.e2e
def test_the_page_has_dates_and_a_sorted_quarantine(ingested: Path, cli_of: Any) -> None:
    cli: Cli = cli_of(ingested / "home")
    text, report = cli("status").out, cli("status", "--json").json()
    assert "No candidate waits for a reviewer." in text and "open quarantine: " in text
    quarantine = text.split("Quarantine ──")[1].split("rows shown")[0]
    shown = [line.split()[1] for line in quarantine.splitlines() if line.strip().startswith("20")]
    assert len(shown) == 10 and shown == sorted(shown)
    assert text.startswith(f"Status of {ingested / 'home'}\n") and "\x1b" not in text
    assert datetime.fromisoformat(report["last"]["ingest"]).tzinfo is not None
    assert "last ingest: " in text
    assert report["waiting_candidates"] == []
