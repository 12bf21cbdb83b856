"""Two of the worked examples of docs/architecture/adding.md, followed word for word."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from ecgcore.errors import RecipeError
from ecgcore.evaluation.gates.gate import Severity
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.training.recipe.recipe import Recipe

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "architecture" / "adding.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The page's text under a heading that begins so."""
    return re.split(rf"^## {re.escape(title)}[^\n]*$", PAGE, flags=re.MULTILINE)[1].split("\n## ")[0]


def indented(text: str) -> list[str]:
    """The lines of the page's blocks of code."""
    return [line.strip() for line in text.splitlines() if line.startswith("    ") and line.strip()]


def test_a_recipe_is_added_as_the_page_says(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "deployments", tmp_path / "deployments")
    copy, name, epochs = indented(section("A recipe"))
    _, source, target = copy.split()
    shutil.copy(tmp_path / source, tmp_path / target)
    raw = yaml.safe_load((tmp_path / target).read_text(encoding="utf-8"))
    raw["name"] = name.split(": ")[1]
    part, key = epochs.split(":")[0].split(".")
    raw[part][key] = int(epochs.split(": ")[1])
    (tmp_path / target).write_text(yaml.safe_dump(raw), encoding="utf-8")
    recipe = Recipe.load(tmp_path / target)
    assert (recipe.name, recipe.training.epochs) == ("longer", 8)
    (tmp_path / target).write_text(yaml.safe_dump(raw | {"trainig": {}}), encoding="utf-8")
    with pytest.raises(RecipeError, match="training"):
        Recipe.load(tmp_path / target)


def test_gates_are_added_as_the_page_says(tmp_path: Path) -> None:
    text = (PROJECT / "deployments" / "policies" / "default.yaml").read_text(encoding="utf-8")
    lines = indented(section("A gate"))
    (tmp_path / "default.yaml").write_text(text.rstrip() + "\n" + "".join(f"  {line}\n" for line in lines), "utf-8")
    before, after = (
        load_policy(PROJECT / "deployments" / "policies" / "default.yaml"),
        load_policy(tmp_path / "default.yaml"),
    )
    added = [gate for gate in after.gates if gate not in before.gates]
    assert {(gate.severity, gate.limit) for gate in added} == {(Severity.BLOCK, 0.5), (Severity.WARN, 0.4)}


def test_no_line_of_the_pages_is_wider_than_a_screen() -> None:
    pages = sorted((PROJECT / "docs" / "architecture").glob("*.md"))
    wide = {
        p.name: n
        for p in pages
        if p.name != "where.md"
        for n, line in enumerate(p.read_text("utf-8").splitlines(), 1)
        if len(line) > 120
    }
    assert wide == {}
