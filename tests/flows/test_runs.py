"""Where a training runs, and that it says so; the training itself is a stand-in."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ecgcore.errors import TrainingError
from ecgcore.settings import Settings, load_settings
from flows import train as flow
from tasks.training import dispatch
from tasks.training.runs import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    recipe: Any = SimpleNamespace(name="tiny")
    return Run(recipe, "a" * 64, tmp_path / "tiny.yaml", tmp_path / "runs" / "tiny-1")


def test_a_training_of_a_deployment_says_its_pool(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    monkeypatch.setattr(dispatch, "pool_of", lambda _name: "gpu")
    monkeypatch.setattr(dispatch, "run_to_end", lambda name, _parameters: started.append(name))
    assert dispatch.trained(Settings(home=tmp_path), tmp_path, run, pytest.fail) == run.path
    assert started == ["train/train"]
    assert capsys.readouterr().err == "ecg: training tiny-1 as deployment train/train on work pool gpu\n"


def test_a_training_of_this_process_says_its_device(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    monkeypatch.setattr(dispatch, "pool_of", lambda _name: None)

    def here(**given: str) -> None:
        started.append(given["run_dir"])

    dispatch.trained(Settings(home=tmp_path, train_device="cpu"), tmp_path, run, here)
    assert started == [str(run.path)]
    assert capsys.readouterr().err == "ecg: training tiny-1 here on cpu\n"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match="device cuda: torch sees no GPU here"):
        dispatch.trained(Settings(home=tmp_path, train_device="cuda"), tmp_path, run, here)
    assert len(started) == 1


@pytest.mark.parametrize("device", [None, "cpu", "cuda"])
def test_the_setting_reaches_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str | None) -> None:
    found: list[str | None] = []

    def train_model(_snapshot: str, _recipe: str, run_dir: str, **options: Any) -> str:
        found.append(options["device"])
        return run_dir

    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    monkeypatch.delenv("ECG_TRAIN_DEVICE", raising=False)
    if device:
        monkeypatch.setenv("ECG_TRAIN_DEVICE", device)
    monkeypatch.setattr(flow, "prepare", load_settings)
    monkeypatch.setattr(flow, "train_model", train_model)
    monkeypatch.setattr(flow, "progress_bar", lambda *_: nullcontext())
    assert flow.train.fn("snapshot", "recipe", str(tmp_path / "run")) == str(tmp_path / "run")
    assert found == [device]
    commit = (tmp_path / "run" / "code_commit.txt").read_text(encoding="utf-8")
    assert commit == "unknown\n" or len(commit.split("-")[0].strip()) == 40
