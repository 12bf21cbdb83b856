"""Families through the command line: trained, judged, registered, and not promoted where nothing loads them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytestmark = pytest.mark.full

SHIPPED = Path(__file__).resolve().parents[2] / "deployments"
TINY = """
suffix: tiny
description: the smallest, for tests
every: {slot: null, promotable: false}
network:
  model.backbone: test_resnet
  model.latent_dim: 16
  model.pretrained: false
  augment: {}
  schedule: {warmup_steps: 1, decay: linear}
  training.epochs: 1
  training.batch_size: 32
  training.weight_averaging: {kind: none}
  training.num_threads: 1
image: {input.height: 64, input.width: 96}
signal: {input.samples: 64}
clinical:
  model.clinical: {embedding_size: 3, rnn_output_size: 8}
  imputation.rounds: 2
"""


@pytest.fixture(scope="module")
def place(
    champion_home: Path,
    copy_of: Callable[[Path, Path], Path],
    deployments: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Path]:
    """A home with a champion, and the shipped recipes with a tiny overlay beside the tests' policies."""
    folder = tmp_path_factory.mktemp("families")
    mine = shutil.copytree(SHIPPED / "recipes", folder / "deployments" / "recipes").parent
    shutil.copytree(deployments / "policies", mine / "policies")
    (mine / "overlays").mkdir()
    (mine / "overlays" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return copy_of(champion_home, folder / "home"), mine


@pytest.fixture(scope="module")
def retrain(place: tuple[Path, Path], cli_of: Callable[[Path], Any]) -> Callable[[str], dict[str, Any]]:
    """Retrain a shipped recipe at tiny size; each once."""
    home, mine = place
    made: dict[str, dict[str, Any]] = {}

    def run(name: str) -> dict[str, Any]:
        if name not in made:
            words = ("retrain", "--recipe", name, "--overlay", "tiny", "--policy", "lax", "--json")
            made[name] = cli_of(home)(*words, ECG_DEPLOYMENTS=str(mine)).json()
        return made[name]

    return run


def run_dir(home: Path, name: str) -> Path:
    (found,) = home.glob(f"runs/{name}-tiny-*")
    return found


@pytest.mark.parametrize("name", ["single-task-scar-clinical", "transferred-1d", "xgboost"])
def test_it_is_trained_judged_and_registered_in_a_slot_of_its_own(
    name: str, retrain: Any, place: tuple[Path, Path]
) -> None:
    outcome = retrain(name)
    assert (outcome["trained"], outcome["version"], outcome["promoted"]) == (True, "1", False)
    predicted = ["scar"] if name.startswith("single") else ["scar", "lvef"]
    judged = {gate["target"] for gate in outcome["gates"] if gate.get("target")}
    assert judged == set(predicted)
    verdicts = {gate["verdict"] for gate in outcome["gates"] if gate["severity"] == "block"}
    worst = next(each for each in ("fail", "inconclusive", "pass") if each in verdicts)
    assert (outcome["gate"], outcome["champion"]) == (worst, None), outcome["reason"]
    assert outcome["page"].endswith(f"decision-{name}-tiny-1.html")


def test_what_it_starts_from_is_trained_first(retrain: Any, place: tuple[Path, Path]) -> None:
    retrain("transferred-1d")
    home, _ = place
    start, run = run_dir(home, "multi-task-1d-old"), run_dir(home, "transferred-1d")
    assert json.loads((run / "summary.json").read_text(encoding="utf-8"))["start_from"]["path"] == start.name
    assert (start / "summary.json").stat().st_mtime_ns < (run / "summary.json").stat().st_mtime_ns
    studies = pd.read_parquet(next(home.glob("snapshots/*/studies.parquet")))
    old = studies[(studies["split"] == "train") & (studies["ecg_format"] == "old")]
    counted = json.loads((start / "summary.json").read_text(encoding="utf-8"))["samples"]["train"]["studies"]
    assert counted == int(old[["scar", "lvef"]].notna().any(axis=1).sum())


def test_a_second_retraining_of_the_same_recipe_finds_nothing_new(
    retrain: Any, place: tuple[Path, Path], cli_of: Any
) -> None:
    retrain("transferred-1d")
    home, mine = place
    words = ("retrain", "--recipe", "transferred-1d", "--overlay", "tiny", "--policy", "lax", "--json")
    again = cli_of(home)(*words, ECG_DEPLOYMENTS=str(mine)).json()
    assert not again["trained"] and "nothing is new: version 1" in again["reason"]


def test_promoting_it_is_refused_with_the_reason(retrain: Any, place: tuple[Path, Path], cli_of: Any) -> None:
    retrain("single-task-scar-clinical")
    home, mine = place
    words = ("promote", "1", "--slot", "single-task-scar-clinical-tiny", "--reviewer", "a", "--reason", "b")
    refused = cli_of(home)(*words, ECG_DEPLOYMENTS=str(mine))
    assert refused.code != 0 and len(refused.err.splitlines()) == 1
    assert "not promotable" in refused.err and "Hint:" in refused.err
    assert (home / "champion").readlink() == Path("releases/1")


def test_a_registered_version_is_evaluated_again_by_its_slot(
    retrain: Any, place: tuple[Path, Path], cli_of: Any
) -> None:
    first = retrain("single-task-scar-clinical")
    home, mine = place
    words = ("evaluate", "1", "--slot", "single-task-scar-clinical-tiny", "--policy", "lax", "--json")
    found = cli_of(home)(*words, ECG_DEPLOYMENTS=str(mine)).json()
    assert found["gate"] == first["gate"]
    assert {each["target"] for each in found["evaluations"]} == {"scar"}
