"""A home that is copied or moved goes on where it is, and leaves the original alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

WHO = ("--reviewer", "Dr Malee", "--reason", "the machine was replaced")


def content_of(folder: Path) -> dict[str, str]:
    files = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.full
def test_a_copied_and_then_moved_home_retrains_rolls_back_evaluates_promotes_and_predicts(
    champion_home: Path, cli_of: Callable[[Path], Any], tmp_path: Path, drawn_reports: dict[str, Path]
) -> None:
    original = shutil.copytree(champion_home, tmp_path / "original", symlinks=True)
    before = content_of(original)
    copy = shutil.copytree(original, tmp_path / "copy", symlinks=True)

    retrained = cli_of(copy)("retrain", "--recipe", "long", "--policy", "manual", "--force", "--json").json()
    assert (retrained["version"], retrained["gate"]) == ("2", "pass"), retrained["reason"]
    assert cli_of(copy)("promote", "2", *WHO, "--json").json()["previous"] == "1"
    assert content_of(original) == before

    shutil.rmtree(original)
    (tmp_path / "elsewhere").mkdir()
    ecg = cli_of(Path(shutil.move(copy, tmp_path / "elsewhere" / "100 %? #1 home")))
    assert ecg("rollback", *WHO, "--json").json()["version"] == "1"
    assert ecg("evaluate", "2", "--policy", "manual", "--json").json()["version"] == "2"
    shutil.rmtree(ecg.home / "releases" / "2")
    assert ecg("promote", "2", *WHO, "--json").json()["state"] == "done"
    assert (ecg.home / "champion").resolve() == ecg.home.resolve() / "releases" / "2"
    assert set(json.loads(ecg("predict", drawn_reports["new"]).out)) >= {"file", "scar", "lvef"}
    assert ecg("status", "--json").json()["champion"] == "2"
    assert not original.exists()
    beside = {path.name for path in (tmp_path / "elsewhere").iterdir()}
    assert beside - {"prefect"} == {"100 %? #1 home"}  # the tests' own Prefect client keeps its folder beside a home
