"""Waiting for a run while Prefect's server is away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Running

from ecgcore.errors import TrainingError
from tasks.prefect import deployment


def run_in(state: Any) -> FlowRun:
    return FlowRun(flow_id=uuid4(), state=state)


@dataclass
class Server:
    """Answers, or fails to, in the order given; the last answer for ever. The real one is in tests/deployments."""

    answers: list[Any]
    asked: list[Any] = field(default_factory=list)

    def read_flow_run(self, run_id: Any) -> FlowRun:
        self.asked.append(run_id)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_server_that_comes_back_finds_the_run_awaited(caplog):
    server = Server([run_in(Running()), httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), run_in(Completed())])
    found = deployment._wait(server, uuid4(), "gpu", poll_seconds=0.0)
    assert found.state.is_completed()
    assert len(server.asked) == 4
    assert caplog.text.count("waiting for it") == 2


def test_a_server_that_stays_away_ends_the_waiting_with_the_next_step(monkeypatch):
    monkeypatch.setattr(deployment, "OUTAGE_SECONDS", 0.05)
    with pytest.raises(TrainingError, match=r"Prefect's server: is away \(ConnectError\).*the training goes on"):
        deployment._wait(Server([httpx.ConnectError("refused")]), uuid4(), "gpu", poll_seconds=0.01)
