"""The folder of recipes: a recipe by its name, and the recipes that must be trained before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ecgcore.errors import RecipeError
from ecgcore.training.recipe.overlay import Overlay
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.recipe_file import AnyRecipe, load_recipe

_SHAPING = ("family", "targets", "backbone", "latent_dim", "bias_head", "clinical")


@dataclass(frozen=True)
class Lineage:
    """A recipe and what it starts from.

    Args:
        recipes: the one that starts from none first, the recipe itself last.
    """

    recipes: tuple[AnyRecipe, ...]

    @property
    def recipe(self) -> AnyRecipe:
        """The recipe itself."""
        return self.recipes[-1]

    @property
    def sha256(self) -> str:
        """Hash of what the recipe and all before it say; the recipe's own where it starts from none."""
        if len(self.recipes) == 1:
            return self.recipe.sha256
        return hashlib.sha256("\n".join(recipe.sha256 for recipe in self.recipes).encode()).hexdigest()

    @property
    def before(self) -> Lineage | None:
        """The lineage of the recipe that this one starts from."""
        return Lineage(self.recipes[:-1]) if len(self.recipes) > 1 else None

    def run_name(self, snapshot_id: str) -> str:
        """Return the run's name: the same snapshot and recipes always give the same run, so that it resumes."""
        return f"{self.recipe.name}-{snapshot_id}-{self.sha256[:8]}"


def load_lineage(path: Path | str, overlay: Path | str | None = None) -> Lineage:
    """Read a recipe file and, from the same folder, those that it starts from.

    Raises:
        RecipeError: a file is wrong or missing, recipes start from each other in a circle, or a recipe starts from
            weights that its network cannot hold.
    """
    found = [load_recipe(path, overlay)]
    while (name := found[0].start_from) is not None:
        if name in [recipe.name for recipe in found]:
            raise RecipeError(path, f"starts from itself by way of {name}", "let one of them start from null")
        found.insert(0, _start(Path(path).parent, name, overlay))
        _check_start(found[1], found[0])
    return Lineage(tuple(found))


def _start(folder: Path, name: str, overlay: Path | str | None) -> AnyRecipe:
    original = Overlay.load(overlay).original(name) if overlay is not None else name
    path = folder / f"{original}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.yaml")))
        raise RecipeError(path, f"is what a recipe names in start_from, but is not there ({known} are)", "correct it")
    return load_recipe(path, overlay)


def _check_start(recipe: AnyRecipe, start: AnyRecipe) -> None:
    if wrong := _differences(recipe, start):
        raise RecipeError(
            f"recipe {recipe.name}",
            f"cannot hold the weights of {start.name}: {', '.join(wrong)} differ",
            "give both the same network",
        )


def _differences(recipe: AnyRecipe, start: AnyRecipe) -> list[str]:
    if not isinstance(recipe, Recipe) or not isinstance(start, Recipe):
        return ["their kinds"]
    same = {key: getattr(recipe.model, key) == getattr(start.model, key) for key in _SHAPING}
    same["input.kind"] = recipe.input.kind == start.input.kind
    return [key for key, equal in same.items() if not equal]
