"""Reads that nothing can be compared with end a benchmark before it trains or looks."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pandas as pd
import pytest

from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import EvaluationError
from flows import benchmark as module

ROWS = pd.DataFrame({"study_id": ["S1", "S2", "S3"], "test_set": "old", "scar": pd.array([1, 1, 0], dtype="Int8")})


class TrainingBegunError(Exception):
    """What stands in for a training."""


@pytest.fixture
def ready(monkeypatch):
    """A benchmark of one recipe on scar, with everything up to the training there."""
    run = SimpleNamespace(name="tiny", recipe=SimpleNamespace(model=SimpleNamespace(targets=("scar",))), finished=False)

    def begun(*given: object) -> None:
        raise TrainingBegunError

    monkeypatch.setattr(module, "prepare", lambda: None)
    monkeypatch.setattr(module, "open_ledger", lambda settings: nullcontext())
    monkeypatch.setattr(module, "freeze", lambda settings: SimpleNamespace(path=None, snapshot_id="s"))
    monkeypatch.setattr(Snapshot, "open", lambda path: None)
    monkeypatch.setattr(module, "locked_rows", lambda ledger, snapshot: (("old",), ROWS))
    monkeypatch.setattr(module, "plan_runs", lambda *given: (run,))
    monkeypatch.setattr(module, "progress_bar", lambda *given: nullcontext(SimpleNamespace(show=begun)))


@pytest.mark.parametrize(
    ("read", "ends", "said"),
    [
        ({"S1": 1, "S2": 0}, EvaluationError, "both classes"),
        ({"S1": "", "S3": ""}, EvaluationError, "both classes"),
        ({"S1": 1, "S3": 0, "S9": 0}, EvaluationError, "no locked test set holds, first S9"),
        ({"S1": 1, "S3": 0}, TrainingBegunError, None),
    ],
)
def test_reads_are_checked_before_the_training(ready, tmp_path, read, ends, said):
    path = tmp_path / "reads.csv"
    lines = [f"A,{study},{answer}," for study, answer in read.items()]
    path.write_text("\n".join(["reader,study_id,scar,lvef", *lines]) + "\n")
    with pytest.raises(ends, match=said):
        module.benchmark.fn(["tiny"], readers=str(path))
