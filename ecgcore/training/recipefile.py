"""A recipe file of any kind: which kind it is stands in its ``input.kind``."""

from __future__ import annotations

from pathlib import Path

import yaml

from ecgcore.errors import RecipeError
from ecgcore.training.recipe import InputKind, Recipe
from ecgcore.training.strict import from_mapping
from ecgcore.training.tablerecipe import TableKind, TableRecipe

AnyRecipe = Recipe | TableRecipe

_KINDS: dict[str, type[AnyRecipe]] = {
    **{kind.value: Recipe for kind in InputKind},
    **{kind.value: TableRecipe for kind in TableKind},
}


def load_recipe(path: Path | str) -> AnyRecipe:
    """Read a recipe file.

    Raises:
        RecipeError: naming the file, the key or value, and the nearest allowed key.
    """
    content = _read(path)
    kind = _kind(content)
    if isinstance(kind, str) and kind not in _KINDS:
        raise RecipeError(path, f"'input.kind' is {kind!r}, allowed are {sorted(_KINDS)}", "correct the value")
    return from_mapping(_KINDS.get(str(kind), Recipe), content, path)


def _kind(content: object) -> object:
    section = content.get("input") if isinstance(content, dict) else None
    return section.get("kind") if isinstance(section, dict) else None


def _read(path: Path | str) -> object:
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as e:
        raise RecipeError(path, f"cannot be read ({type(e).__name__})", "name a file of deployments/recipes") from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise RecipeError(path, f"is no YAML: {e}", "correct the line that it names") from e
