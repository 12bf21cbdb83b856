"""Nested frozen dataclasses from plain mappings, nothing unknown, missing or converted in silence."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar

from ecgcore.errors import RecipeError

T = TypeVar("T")


def from_mapping(cls: type[T], content: object, source: object, where: str = "") -> T:
    """Build the dataclass ``cls`` from a mapping with exactly its keys (those with a default may be absent).

    Args:
        cls: a dataclass; fields are str, int, float, bool, StrEnum, dataclass, ``tuple[X, ...]``, ``dict[str, X]``,
            or one of these or None.
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
            raise RecipeError(source, f"unknown key '{_join(where, key)}'", _nearest(str(key), list(known)))
    needed = [k for k, f in known.items() if f.default is MISSING and f.default_factory is MISSING and k not in content]
    if needed:
        raise RecipeError(source, f"lacks the key '{_join(where, needed[0])}'", "add it; compare multi-task.yaml")
    hints = typing.get_type_hints(cls)
    values = {key: _convert(hints[key], value, source, _join(where, key)) for key, value in content.items()}
    try:
        return cls(**values)
    except ValueError as e:
        raise RecipeError(source, str(e), "correct the value in the file") from e


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
        inner = next(a for a in args if a is not type(None))
        return None if value is None else _convert(inner, value, source, where)
    if origin is tuple:
        return tuple(_convert(args[0], v, source, where) for v in _expect(list, value, source, where))
    if origin is dict:
        return {
            str(k): _convert(args[1], v, source, f"{where}.{k}") for k, v in _expect(dict, value, source, where).items()
        }
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


def _choice(enum: type[StrEnum], value: object, source: object, where: str) -> StrEnum:
    allowed = [e.value for e in enum]
    if str(value) not in allowed or isinstance(value, bool):
        raise RecipeError(source, f"'{where}' is {value!r}, allowed are {allowed}", _nearest(str(value), allowed))
    return enum(str(value))


def _nearest(word: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(word, allowed, n=1, cutoff=0.0)
    return f"did you mean '{near[0]}'? Allowed: {', '.join(allowed)}"


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)
