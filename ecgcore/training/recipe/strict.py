"""Nested frozen dataclasses from plain mappings, nothing unknown, missing or converted in silence."""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ecgcore.errors import RecipeError

T = TypeVar("T")

LATER: Mapping[str, Any] = types.MappingProxyType({"later": True})
"""Metadata of an optional field that was added after files without it were in use: None by default, and then unsaid."""

FLAGS = "flags"
"""Metadata of a field that was true or false in files of before: what each of the two means now. Hashes go by these."""

_KIND = "kind"


def read_yaml(path: Path | str) -> dict[str, Any]:
    """Return the mapping that a YAML file holds.

    Raises:
        RecipeError: it cannot be read, is no YAML, or holds something else.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as e:
        raise RecipeError(path, f"cannot be read ({type(e).__name__})", "name a file below deployments") from e
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise RecipeError(path, f"is no YAML: {e}", "correct the line that it names") from e
    if not isinstance(content, dict):
        raise RecipeError(path, "the file is no mapping of keys to values", "compare multi-task.yaml")
    return content


def from_mapping(cls: type[T], content: object, source: object, where: str = "") -> T:
    """Build the dataclass ``cls`` from a mapping with exactly its keys (those with a default may be absent).

    Args:
        cls: a dataclass; fields are str, int, float, bool, StrEnum, dataclass, ``tuple[X, ...]``, ``dict[str, X]``,
            or one of these or None; or one of several dataclasses, told apart by the key ``kind``, which each of them
            has as a field and whose value is its ``KIND``. ``Any`` is taken as it is.
        content: the mapping.
        source: the file, for messages.
        where: the key path of ``content`` in it.

    Raises:
        RecipeError: an unknown or missing key, a wrong type, or a value that the dataclass refuses (its ValueError).
    """
    if not isinstance(content, Mapping):
        raise RecipeError(source, f"{where or 'the file'} is no mapping of keys to values", "compare multi-task.yaml")
    known: dict[str, Field[Any]] = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    for key in content:
        if key not in known:
            raise RecipeError(source, f"unknown key '{_join(where, key)}'", nearest(str(key), list(known)))
    needed = [k for k, f in known.items() if f.default is MISSING and f.default_factory is MISSING and k not in content]
    if needed:
        raise RecipeError(source, f"lacks the key '{_join(where, needed[0])}'", "add it; compare multi-task.yaml")
    hints = typing.get_type_hints(cls)
    said = {key: _renamed(known[key], value) for key, value in content.items()}
    values = {key: _convert(hints[key], value, source, _join(where, key)) for key, value in said.items()}
    try:
        return cls(**values)
    except ValueError as e:
        raise RecipeError(source, str(e), "correct the value in the file") from e


def to_mapping(instance: Any) -> dict[str, Any]:
    """Return a dataclass as plain values: what ``from_mapping`` reads and YAML can write.

    A field whose metadata is ``LATER`` is left out while it is None, and one with ``FLAGS`` is true or false where that
    says it, so that what an old file says, and its hash, stay the same when a field is added or gets further values.
    """
    said: dict[str, Any] = json.loads(json.dumps(_said(instance)))  # enums become their strings, tuples lists
    return said


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _said(each) for key, each in value.items()}
    if not is_dataclass(value):
        return value
    values = {f: _flagged(f, getattr(value, f.name)) for f in fields(value)}
    return {f.name: _said(v) for f, v in values.items() if v is not None or f.metadata != LATER}


def _flagged(field: Field[Any], value: object) -> object:
    flags = field.metadata.get(FLAGS, {})
    return next((flag for flag, meaning in flags.items() if meaning == value), value)


def _renamed(field: Field[Any], value: object) -> object:
    return field.metadata[FLAGS][value] if isinstance(value, bool) and FLAGS in field.metadata else value


def require(holds: bool, rule: str) -> None:
    """Refuse a value that breaks its rule, from a dataclass's ``__post_init__``.

    Raises:
        ValueError: which ``from_mapping`` turns into a RecipeError that names the file.
    """
    if not holds:
        raise ValueError(rule)


def _convert(hint: Any, value: object, source: object, where: str) -> object:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        inner = [a for a in args if a is not type(None)]
        if value is None and len(inner) < len(args):
            return None
        return _convert(inner[0] if len(inner) == 1 else _variant(inner, value, source, where), value, source, where)
    if origin is tuple:
        return tuple(_convert(args[0], v, source, where) for v in _expect(list, value, source, where))
    if origin is dict:
        return {
            str(k): _convert(args[1], v, source, f"{where}.{k}") for k, v in _expect(dict, value, source, where).items()
        }
    if hint is Any:
        return value
    if is_dataclass(hint):
        return from_mapping(typing.cast(type, hint), value, source, where)
    if issubclass(hint, StrEnum):
        return _choice(hint, value, source, where)
    return _expect(hint, float(value) if hint is float and type(value) is int else value, source, where)


def _expect(kind: type[T], value: object, source: object, where: str) -> T:
    if type(value) is not kind:  # not isinstance: True is an int
        hint = "write 1.0e-3, not 1e-3: YAML reads the latter as text" if kind is float else "correct the value"
        raise RecipeError(source, f"'{where}' is {value!r}, needs {kind.__name__}", hint)
    return value


def _variant(options: Sequence[Any], value: object, source: object, where: str) -> Any:
    """Return the dataclass that a mapping's ``kind`` names."""
    kinds = {option.KIND.value: option for option in options}
    kind = value.get(_KIND) if isinstance(value, Mapping) else None
    if kind not in kinds:
        allowed = f"has no 'kind' among {', '.join(kinds)}"
        raise RecipeError(source, f"{where or 'the file'} {allowed}", "say its kind; compare multi-task.yaml")
    return kinds[kind]


def _choice(enum: type[StrEnum], value: object, source: object, where: str) -> StrEnum:
    allowed = [e.value for e in enum]
    if str(value) not in allowed or isinstance(value, bool):
        raise RecipeError(source, f"'{where}' is {value!r}, allowed are {allowed}", nearest(str(value), allowed))
    return enum(str(value))


def nearest(word: str, allowed: list[str]) -> str:
    """Return the hint that names the allowed word most like a wrong one, and all others."""
    near = difflib.get_close_matches(word, allowed, n=1, cutoff=0.0)
    return f"did you mean '{near[0]}'? Allowed: {', '.join(allowed)}"


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)
