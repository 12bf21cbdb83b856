"""What a replay says about a candidate, and when it says nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ecgcore.errors import PromotionError, TransientError
from tasks.judging import judge
from tasks.release.fresh_replay import Replay


def replaying(monkeypatch: pytest.MonkeyPatch, outcome: Replay | PromotionError) -> None:
    def replay(_model: Path, _golden: Path) -> Replay:
        if isinstance(outcome, PromotionError):
            raise outcome
        return outcome

    monkeypatch.setattr(judge, "replay", replay)


def test_a_model_that_differs_fails_its_gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    replaying(monkeypatch, PromotionError("model", "differs by 0.1", "train again"))
    check = judge._reproduces(tmp_path, tmp_path)
    assert (check.passed, check.detail) == (False, "model: differs by 0.1. Hint: train again")
    replaying(monkeypatch, Replay(3, 2e-7))
    assert judge._reproduces(tmp_path, tmp_path).passed


def test_a_slow_machine_judges_nothing_and_takes_no_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def look(*_: Any) -> None:
        raise AssertionError("the test set was looked at")

    replaying(monkeypatch, TransientError("model", "did not load and replay within 300 s", "run it again"))
    monkeypatch.setattr(judge, "_look", look)
    snapshot: Any = SimpleNamespace(leak_check=lambda: None)
    policy: Any = SimpleNamespace(gates=[SimpleNamespace(test_set="old")])
    with pytest.raises(TransientError, match="within 300 s"):
        judge.judge(None, snapshot, tmp_path, tmp_path, policy, None, "run")  # type: ignore[arg-type]
