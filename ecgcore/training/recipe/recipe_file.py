"""A recipe file of any kind: which kind it is stands in its ``input.kind``."""

from __future__ import annotations

from pathlib import Path

from ecgcore.errors import RecipeError
from ecgcore.training.recipe.input_section import InputKind
from ecgcore.training.recipe.overlay import Overlay
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.strict import from_mapping, read_yaml
from ecgcore.training.recipe.table_recipe import TableKind, TableRecipe

AnyRecipe = Recipe | TableRecipe

_KINDS: dict[str, type[AnyRecipe]] = {
    **{kind.value: Recipe for kind in InputKind},
    **{kind.value: TableRecipe for kind in TableKind},
}


def load_recipe(path: Path | str, overlay: Path | str | None = None) -> AnyRecipe:
    """Read a recipe file, with some values replaced where an overlay is named.

    Raises:
        RecipeError: naming the file, the key or value, and the nearest allowed key.
    """
    content = read_yaml(path)
    if overlay is not None:
        content = Overlay.load(overlay).over(content, path)
    kind = _kind(content)
    if isinstance(kind, str) and kind not in _KINDS:
        raise RecipeError(path, f"'input.kind' is {kind!r}, allowed are {sorted(_KINDS)}", "correct the value")
    return from_mapping(_KINDS.get(str(kind), Recipe), content, path)


def _kind(content: dict[str, object]) -> object:
    section = content.get("input")
    return section.get("kind") if isinstance(section, dict) else None
