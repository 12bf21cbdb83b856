"""What a candidate says about its judgement."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tasks.judging import registering
from tasks.judging.registering import candidate_of
from tasks.registry.candidate import Candidate


@pytest.fixture
def candidate_against(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("recipe.yaml", "policy.yaml", "summary.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    monkeypatch.setattr(registering, "registered_columns", lambda frame: frame)
    recipe: Any = SimpleNamespace(
        name="tiny",
        promotable=True,
        to_dict=dict,
        model=SimpleNamespace(targets=("scar",), family=SimpleNamespace(value="x")),
    )
    policy: Any = SimpleNamespace(name="lax", sha256="a" * 64)
    snapshot: Any = SimpleNamespace(id="20261120-abc", path=tmp_path, meta={"label_rule": {"text": "lvef < 40"}})

    def make(champion: str | None) -> Candidate:
        decision = SimpleNamespace(champion=champion, to_json=lambda: "{}")
        looks = (SimpleNamespace(test_set="new", sha256="d" * 64), SimpleNamespace(test_set="old", sha256="c" * 64))
        rows = pd.DataFrame({"study_id": ["S" + "0" * 20], "patient_id": ["P" + "0" * 20]})
        judgement: Any = SimpleNamespace(
            decision=decision, gate="pass", looks=looks, evaluations=(), figures={}, predictions=rows, exploratory=None,
            gate_table=pd.DataFrame, metrics=dict,
        )  # fmt: skip
        where = tmp_path / "policy.yaml"
        job: Any = SimpleNamespace(recipe=recipe, slot="champion", policy=policy, policy_file=where)
        run: Any = SimpleNamespace(path=tmp_path, sha256="b" * 64)
        return candidate_of(job, run, snapshot, judgement, None)

    return make


@pytest.mark.parametrize(("champion", "tag"), [("7", "7"), (None, "none")])
def test_a_version_says_which_champion_it_was_judged_against(
    candidate_against: Any, champion: str | None, tag: str
) -> None:
    assert candidate_against(champion).tags.judged_against == tag


def test_a_version_says_which_label_rule_it_was_trained_for(candidate_against: Any) -> None:
    assert candidate_against(None).tags.label_rule == "lvef < 40"


def test_a_version_carries_the_verdict_the_snapshot_and_the_hash_of_each_test_set(candidate_against: Any) -> None:
    tags = candidate_against(None).tags
    assert (tags.gate, tags.snapshot) == ("pass", "20261120-abc")
    assert tags.test_set_sha256 == f"new:{'d' * 64},old:{'c' * 64}"


def test_judged_against_another_champion_the_same_training_is_another_candidate(candidate_against: Any) -> None:
    runs = {candidate_against(champion).run_id for champion in (None, "7", "8", "8")}
    assert len(runs) == 3
