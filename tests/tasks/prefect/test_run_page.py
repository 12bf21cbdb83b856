"""What Prefect's page says of a run and its steps, read from the server's own interface."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

from tasks.prefect.run_page import ended, named
from tasks.prefect.step import step


@dataclass(frozen=True)
class Outcome:
    version: str
    rows: list[int]


@step("count the rows")
def count(rows: list[int]) -> int:
    return len(rows)


@step("refuse")
def refuse() -> None:
    raise ValueError("no")


@flow(name="tried", flow_run_name=named(lambda given: f"try {given['recipe']} {given.get('month')}"))
def tried(recipe: str, month: str = "2026-11") -> Outcome:
    outcome = Outcome("3", [count([7, 8])])
    return ended(outcome, "candidate 3:\n inconclusive")


@flow(name="refused", flow_run_name="refused")
def refused() -> Outcome:
    refuse()
    return ended(Outcome("4", []), "never said")


def run_named(name):
    with get_client(sync_client=True) as client:
        (run,) = client.read_flow_runs(flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[name])))
        steps = client.read_task_runs(flow_run_filter=FlowRunFilter(id={"any_": [run.id]}))
    return run, {each.name: each.state_name for each in steps}


def test_a_flow_returns_its_outcome_and_its_run_says_in_words_what_that_was(prefect_server):
    assert tried("tiny") == Outcome("3", [2])
    run, steps = run_named("try tiny 2026-11")
    assert (run.state_name, run.state.message) == ("Completed", "candidate 3: inconclusive")
    assert steps == {"count the rows": "Completed"}


def test_a_step_that_fails_fails_the_run_with_its_reason(prefect_server):
    with pytest.raises(ValueError, match="no"):
        refused()
    run, steps = run_named("refused")
    assert run.state_name == "Failed" and run.state.message.endswith("ValueError: no")
    assert steps == {"refuse": "Failed"}


def test_outside_a_flow_run_there_is_the_outcome_alone():
    outcome = Outcome("3", [])
    assert ended(outcome, "said") is outcome
