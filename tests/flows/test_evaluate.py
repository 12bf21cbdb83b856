"""What a registered version is judged against; the judging itself is a stand-in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.settings import Settings
from tasks.judging import evaluate as flow
from tasks.registry.version_tags import VersionTags
from tasks.release.serving import Champion

RULES = {"1": "lvef < 50", "2": "lvef < 50", "3": "lvef < 40"}


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Evaluate a version where version 1 serves; return the champion it is judged against, and the reason for none."""
    given: list[tuple[Any, ...]] = []

    def download(*_: Any) -> Path:
        return tmp_path

    def judge(*arguments: Any) -> Any:
        given.append(arguments)
        return SimpleNamespace(decision=SimpleNamespace(reason=""))

    registry = SimpleNamespace(
        download_model_dir=download,
        download_golden_dir=download,
        tags=lambda _slot, version: VersionTags(snapshot="s", label_rule=RULES[version]),
    )
    stands_in = {
        "load_policy": lambda _file: None,
        "registry_of": lambda _settings: registry,
        "freeze": lambda _settings: SimpleNamespace(path=tmp_path),
        "Snapshot": SimpleNamespace(open=lambda _path: None),
        "champion_of": lambda *_: Champion("1", tmp_path),
        "judge": judge,
        "_html": lambda *_: "",
    }
    for name, stand_in in stands_in.items():
        monkeypatch.setattr(flow, name, stand_in)

    def evaluate(version: str, **settings: Any) -> tuple[str | None, str]:
        flow.evaluate_version(Settings(home=tmp_path, **settings), version, "lax")
        *_, against, actor, served, alone = given.pop()
        assert (actor, served) == (f"evaluate {version}", True)
        return (against.version if against else None, alone)

    return evaluate


def test_a_version_is_judged_against_the_champion_and_the_champion_against_nothing(judged: Any) -> None:
    assert judged("2")[0] == "1"
    against, alone = judged("1")
    assert against is None
    assert alone.startswith("this is the champion itself") and "first run" not in alone


@pytest.mark.parametrize(
    ("version", "threshold", "guilty"), [("3", 50.0, "version 3"), ("3", 40.0, "version 1"), ("1", 40.0, "version 1")]
)
def test_a_version_or_champion_for_another_label_rule_is_not_judged(
    judged: Any, version: str, threshold: float, guilty: str
) -> None:
    with pytest.raises(EvaluationError, match=f"{guilty}: was trained for the label rule"):
        judged(version, lvef_threshold=threshold)
