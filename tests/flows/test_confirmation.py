"""Looks at the locked tests: one for each set of trainings that is confirmed, counted before anything is scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from ecgcore.errors import TrainingError
from ecgcore.ledger.cohort import testset
from ecgcore.settings import Settings
from ecgcore.training.recipe.plan import load_plan
from tasks.judging import experiment as module
from tasks.judging.confirmation import FILE, confirmations
from tasks.judging.experiment import confirm
from tasks.training.runs import Run

PLAN = {
    "name": "trial", "description": "A test", "seeds": [1], "base": {"recipe": "tiny"},
    "variants": {"moved": {"why": "moved leads", "changes": {"augment.lead_shift": {"limit": 0.02, "p": 0.5}}}},
}  # fmt: skip
WIDER = {"moved": {"why": "moved further", "changes": {"augment.lead_shift": {"limit": 0.05, "p": 0.5}}}}
COUNTED = ["verify new", "verify old", "look new", "look old"]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, deployments: Path) -> list[str]:
    """What happens to the tests, in order; every training of the plan is there, and its scores follow from its name."""
    seen: list[str] = []
    snapshot = SimpleNamespace(id="0123abcd", studies=pd.DataFrame({"test_set": ["new", "old", None]}))

    def opened(settings: Settings, plan_file: Path) -> module._Experiment:
        found = module._Experiment(load_plan(plan_file, deployments / "recipes"), snapshot, settings)
        for run, _ in found.all_runs:
            (run.path / "model").mkdir(parents=True, exist_ok=True)
            (run.path / "model" / "weights").write_text(run.path.name)
        return found

    def look(ledger: object, name: str, actor: str) -> int:
        seen.append(f"look {name}")
        return seen.count(f"look {name}")

    def scored(run: Run, _snapshot: object) -> pd.DataFrame:
        seen.append(f"score {run.path.name}")
        return frame(run.path.name)

    monkeypatch.setattr(module, "_open", opened)
    monkeypatch.setattr(module, "forest_png", lambda name, found: b"png")
    monkeypatch.setattr(testset, "verify", lambda ledger, name: seen.append(f"verify {name}"))
    monkeypatch.setattr(testset, "look", look)
    monkeypatch.setattr(Run, "finished", True)
    monkeypatch.setattr(Run, "seconds", 1.0)
    monkeypatch.setattr(module, "locked_scores", scored)
    return seen


def frame(name: str) -> pd.DataFrame:
    names = [f"{number:03d}" for number in range(60)]
    return pd.DataFrame(
        {
            "study_id": names, "patient_id": names, "ecg_format": "new", "test_set": ["old", "new"] * 30,
            "scar_label": pd.array(np.arange(60) // 2 % 2, dtype="Int8"),
            "scar_probability": np.random.default_rng(list(name.encode())).random(60),
        }
    )  # fmt: skip


@pytest.fixture
def confirmed(tmp_path: Path, events: list[str]) -> Callable[..., module.ExperimentOutcome]:
    def run(variant: str = "moved", **changes: object) -> module.ExperimentOutcome:
        path = tmp_path / "trial.yaml"
        path.write_text(yaml.safe_dump({**PLAN, **changes}, sort_keys=False))
        return confirm(Settings(home=tmp_path), path, variant)

    return run


def differences(found: module.ExperimentOutcome) -> list[float]:
    return [contrast.difference.value for contrast in found.contrasts]


def scored(events: list[str]) -> list[str]:
    return [event for event in events if event.startswith("score")]


def test_the_sets_are_verified_and_the_look_is_counted_before_anything_is_scored(confirmed, events):
    found = confirmed()
    assert events[:4] == COUNTED and len(scored(events)) == 2
    assert differences(confirmed()) == differences(found)
    assert len(events) == 6  # asked again: nothing
    assert "Test set old: look 1 since" in (found.folder / "confirmed.md").read_text()


def test_a_plan_edited_under_its_name_is_confirmed_anew_on_its_own_scores(confirmed, events):
    first = confirmed()
    again = confirmed(variants=WIDER)
    assert events[6:10] == COUNTED and len(scored(events)) == 3  # the base is the same training
    assert again.contrasts[0].candidate != first.contrasts[0].candidate
    page = (again.folder / "confirmed.md").read_text()
    assert "Test set old: look 2 since" in page and "confirmed 2 times" in page
    assert [each.looks["old"] for each in confirmations(again.folder)] == [1, 2]
    assert differences(confirmed()) == differences(first) and len(events) == 11


def test_further_seeds_are_a_further_look(confirmed, events):
    confirmed()
    confirmed(seeds=[1, 2, 3])
    assert events[6:10] == COUNTED and len(scored(events)) == 2 + 4
    confirmed(seeds=[3, 2, 1])
    assert len(events) == 14  # the same trainings


def test_killed_while_scoring_it_goes_on_without_another_look(confirmed, events, monkeypatch):
    whole = module.locked_scores

    def killed(*run: object) -> pd.DataFrame:
        if scored(events):
            raise KeyboardInterrupt
        return whole(*run)

    with monkeypatch.context() as patch:
        patch.setattr(module, "locked_scores", killed)
        with pytest.raises(KeyboardInterrupt):
            confirmed()
    confirmed()
    assert events[:4] == COUNTED and len(events) == 6 and len(set(scored(events))) == 2


def test_another_variant_is_refused_whatever_else_the_plan_says(confirmed, events):
    confirmed()
    other = {"other": WIDER["moved"]}
    with pytest.raises(TrainingError, match="was confirmed with variant 'moved'"):
        confirmed("other", variants={**PLAN["variants"], **other})
    assert len(events) == 6


def test_a_plan_copied_under_another_name_confirms_no_other_variant_of_its_base(confirmed, events):
    confirmed()
    before = list(events)
    with pytest.raises(TrainingError, match="has the base that plan 'trial' confirmed another variant of"):
        confirmed(name="copied", variants=WIDER)
    assert events == before
    confirmed(name="copied")  # the same trainings: nothing is chosen, and the look is counted
    assert events[len(before) : len(before) + 4] == COUNTED


def test_a_record_that_names_no_trainings_is_refused(confirmed, events):
    folder = confirmed().folder
    (folder / FILE).write_text('{"variant": "moved", "looks": {"old": 1}}')
    with pytest.raises(TrainingError, match="which trainings were confirmed"):
        confirmed()
    assert len(events) == 6
