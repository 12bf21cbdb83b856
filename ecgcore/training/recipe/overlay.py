"""An overlay: a YAML file that replaces values of any recipe, such as its sizes, to train the same family smaller."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecgcore.errors import RecipeError
from ecgcore.training.recipe.input_section import InputKind
from ecgcore.training.recipe.strict import nearest, read_yaml

EVERY, NETWORK, CLINICAL, TABLE = "every", "network", "clinical", "table"

_NETWORKS = tuple(kind.value for kind in InputKind)
_GROUPS = (EVERY, NETWORK, *_NETWORKS, CLINICAL, TABLE)
_TEXTS = ("suffix", "description")
_SUFFIX = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEPT = ("name", "description", "start_from", "input", "model", "input.kind", "model.family", "model.targets")


@dataclass(frozen=True)
class Overlay:
    """Values that take the place of a recipe's.

    ``every`` holds for all recipes, ``network`` for those of networks, ``image``, ``signal`` and ``table`` for those of
    that input, ``clinical`` for networks that read clinical features, too; the later group wins. A key is the path of
    a value in the recipe (``model.backbone``), which the recipe must have; the value there is replaced as a whole.

    Args:
        path: the file.
        suffix: what the recipe's name, and that of the recipe it starts from, get at their end after a dash.
        description: what its description gets at its end.
        groups: path -> value, by group.
    """

    path: Path
    suffix: str
    description: str
    groups: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @classmethod
    def load(cls, path: Path | str) -> Overlay:
        """Read an overlay file.

        Raises:
            RecipeError: it cannot be read, or has an unknown, missing or malformed key.
        """
        content = read_yaml(path)
        allowed = [*_TEXTS, *_GROUPS]
        for key, value in content.items():
            if key not in allowed:
                raise RecipeError(path, f"unknown key '{key}'", nearest(str(key), allowed))
            if not isinstance(value, str if key in _TEXTS else dict):
                raise RecipeError(path, f"'{key}' is {value!r}", "give text, or paths with values; compare demo.yaml")
        if not _SUFFIX.fullmatch(content.get("suffix", "")) or not content.get("description"):
            rule = "needs a description, and a suffix of lower-case letters, digits and dashes"
            raise RecipeError(path, rule, "compare demo.yaml")
        groups = {name: content.get(name, {}) for name in _GROUPS}
        return cls(Path(path), content["suffix"], content["description"], groups)

    def over(self, content: Mapping[str, Any], source: object) -> dict[str, Any]:
        """Return a recipe's content with the values replaced.

        Args:
            content: as its file holds it; not changed.
            source: the recipe's file, for messages.

        Raises:
            RecipeError: a path that the recipe lacks, or one that makes a recipe what it is.
        """
        changed = copy.deepcopy(dict(content))
        for where, value in self._values(changed):
            self._replace(changed, where, value, source)
        changed["name"] = f"{content.get('name')}-{self.suffix}"
        changed["description"] = f"{content.get('description')}; {self.description}"
        if content.get("start_from") is not None:
            changed["start_from"] = f"{content['start_from']}-{self.suffix}"
        return changed

    def original(self, name: str) -> str:
        """Return the name that a recipe has without this overlay."""
        return name.removesuffix(f"-{self.suffix}")

    def _values(self, content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        kind, model = _part(content, "input").get("kind"), _part(content, "model")
        network, clinical = kind in _NETWORKS, model.get(CLINICAL) is not None
        names = (EVERY, NETWORK if network else "", str(kind), CLINICAL if clinical else "")
        for name in names:
            yield from self.groups.get(name, {}).items()

    def _replace(self, content: dict[str, Any], where: str, value: Any, source: object) -> None:
        if where in _KEPT:
            raise RecipeError(self.path, f"replaces '{where}', which makes a recipe what it is", "write a recipe")
        *parents, last = where.split(".")
        section: Any = content
        for name in parents:
            section = section.get(name) if isinstance(section, dict) else None
        if not isinstance(section, dict) or last not in section:
            hint = "correct the path, or put it into the group of the recipes that have it"
            raise RecipeError(self.path, f"replaces '{where}', which {source} lacks", hint)
        section[last] = copy.deepcopy(value)


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name)
    return part if isinstance(part, dict) else {}
