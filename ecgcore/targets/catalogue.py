"""The catalogue: every label column and every target, from one YAML file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ecgcore.errors import TargetError
from ecgcore.targets.label_column import Kind, LabelColumn
from ecgcore.targets.label_rule import LabelRule
from ecgcore.targets.language import Language
from ecgcore.targets.target import Prevalence, Target

SHIPPED = Path(__file__).with_name("catalogue.yaml")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_COLUMN_KEYS = ("written", "kind", "unit", "range", "detail", "like", "hint")
_TARGET_KEYS = ("column", "positive", "words", "prevalence")
_PREVALENCE_KEYS = ("low", "high", "hint")


@dataclass(frozen=True)
class Catalogue:
    """What can be predicted, and what label tables say.

    Args:
        columns: the label columns, in the order of the file.
        targets: the targets, in the order of the file.

    Raises:
        TargetError: no target, or two things of one name.

    Example:
        >>> load_catalogue().target("lvef").words()
        'LVEF below 50 %'
    """

    columns: tuple[LabelColumn, ...]
    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        if not self.targets:
            raise TargetError("catalogue", "has no target", "add one; compare ecgcore/targets/catalogue.yaml")
        for names in ([c.key for c in self.columns], [c.written for c in self.columns], self.names):
            twice = sorted({name for name in names if list(names).count(name) > 1})
            if twice:
                raise TargetError("catalogue", f"has {twice[0]} twice", "give each a name of its own")

    @property
    def names(self) -> tuple[str, ...]:
        """The targets' names."""
        return tuple(target.name for target in self.targets)

    @property
    def labels(self) -> tuple[LabelColumn, ...]:
        """The label columns that are worth a row: all but the details."""
        return tuple(column for column in self.columns if not column.detail)

    @property
    def details(self) -> tuple[LabelColumn, ...]:
        """The label columns that describe another label."""
        return tuple(column for column in self.columns if column.detail)

    def target(self, name: str) -> Target:
        """Return the target of that name.

        Raises:
            TargetError: there is none.
        """
        for target in self.targets:
            if target.name == name:
                return target
        raise TargetError(f"target {name}", "is not in the catalogue", _nearest(name, self.names))

    def targets_of(self, column: LabelColumn) -> tuple[Target, ...]:
        """Return the targets that follow from a label column."""
        return tuple(target for target in self.targets if target.column == column)

    def words(self, name: str, language: Language = Language.ENGLISH) -> str:
        """Return what people read for a target; its name where the catalogue does not have it."""
        return self.target(name).words(language) if name in self.names else name

    @property
    def rule_text(self) -> str:
        """The rules of all numbers, as a snapshot and a version record them: ``lvef < 50; lvef_below_40 < 40``."""
        return "; ".join(target.rule_text for target in self.targets if target.rule_text)

    def with_rule(self, name: str, rule: LabelRule) -> Catalogue:
        """Return the catalogue with another rule for one target.

        Raises:
            TargetError: there is no such target, or it follows from a flag.
        """
        changed = replace(self.target(name), rule=rule)
        return replace(self, targets=tuple(changed if each.name == name else each for each in self.targets))


@lru_cache
def load_catalogue(path: Path = SHIPPED) -> Catalogue:
    """Read a catalogue file.

    Raises:
        TargetError: it cannot be read, or a key or value is wrong; the message names it.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise TargetError(path, f"cannot be read ({type(e).__name__})", "name a catalogue in ECG_TARGETS") from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise TargetError(path, f"is no YAML: {e}", "correct the line that it names") from e
    _keys(path.name, content, ("columns", "targets"), ("columns", "targets"))
    columns = {str(name): _column(str(name), raw) for name, raw in _mapping(path.name, content["columns"]).items()}
    targets = [_target(str(name), raw, columns) for name, raw in _mapping(path.name, content["targets"]).items()]
    return Catalogue(tuple(columns.values()), tuple(targets))


def _column(name: str, raw: Any) -> LabelColumn:
    thing = f"label column {name}"
    _check_name(thing, name)
    _keys(thing, raw, _COLUMN_KEYS, ("kind", "hint"))
    if raw["kind"] not in [kind.value for kind in Kind]:
        raise TargetError(thing, f"has the kind {raw['kind']!r}", _nearest(str(raw["kind"]), [k.value for k in Kind]))
    low, high = _range(thing, raw["range"]) if "range" in raw else (None, None)
    return LabelColumn(
        name=name,
        kind=Kind(raw["kind"]),
        hint=str(raw["hint"]),
        written=str(raw.get("written", name)),
        unit=str(raw.get("unit", "")),
        low=low,
        high=high,
        detail=raw.get("detail", False) is True,
        like=str(raw.get("like", "")),
    )


def _target(name: str, raw: Any, columns: Mapping[str, LabelColumn]) -> Target:
    thing = f"target {name}"
    _check_name(thing, name)
    _keys(thing, raw, _TARGET_KEYS, ("column", "words", "prevalence"))
    if raw["column"] not in columns:
        raise TargetError(thing, f"follows from the column {raw['column']!r}", _nearest(str(raw["column"]), columns))
    _keys(f"words of {thing}", raw["words"], [language.value for language in Language], ())
    _keys(f"prevalence of {thing}", raw["prevalence"], _PREVALENCE_KEYS, _PREVALENCE_KEYS)
    words = {Language(language): str(phrase) for language, phrase in raw["words"].items()}
    rule = LabelRule.of(str(raw["positive"])) if "positive" in raw else None
    limits = raw["prevalence"]
    low, high = _range(f"prevalence of {thing}", [limits["low"], limits["high"]])
    return Target(name, columns[raw["column"]], rule, words, Prevalence(low, high, str(limits["hint"])))


def _range(thing: str, raw: Any) -> tuple[float, float]:
    if isinstance(raw, list) and len(raw) == 2 and all(type(bound) in (int, float) for bound in raw):
        return float(raw[0]), float(raw[1])
    raise TargetError(thing, f"has the range {raw!r}", "write two numbers, such as [5, 90]")


def _check_name(thing: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise TargetError(thing, "has a name that no column can have", "use lower case letters, digits and underscores")


def _mapping(thing: str, raw: Any) -> Mapping[Any, Any]:
    if isinstance(raw, Mapping):
        return raw
    raise TargetError(thing, "is no mapping of keys to values", "compare ecgcore/targets/catalogue.yaml")


def _keys(thing: str, raw: Any, allowed: Collection[str], needed: Iterable[str]) -> None:
    for key in _mapping(thing, raw):
        if key not in allowed:
            raise TargetError(thing, f"has the unknown key {key!r}", _nearest(str(key), allowed))
    missing = [key for key in needed if key not in raw]
    if missing:
        raise TargetError(thing, f"lacks the key {missing[0]!r}", "add it; compare ecgcore/targets/catalogue.yaml")


def _nearest(word: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.0)
    return f"did you mean {near[0]!r}? Allowed: {', '.join(allowed)}" if near else "add it to the catalogue first"
