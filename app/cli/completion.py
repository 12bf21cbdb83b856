"""Names that the shell completes: recipes, policies, overlays, plans and test sets, read from ``deployments/``."""

from __future__ import annotations

from pathlib import Path


def recipes(incomplete: str) -> list[str]:
    """Return the recipes whose names begin so."""
    return _stems("recipes", incomplete)


def recipe_lists(incomplete: str) -> list[str]:
    """Return what the last name of a list with commas may become."""
    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in _stems("recipes", last)]


def policies(incomplete: str) -> list[str]:
    """Return the policies whose names begin so."""
    return _stems("policies", incomplete)


def overlays(incomplete: str) -> list[str]:
    """Return the overlays whose names begin so."""
    return _stems("overlays", incomplete)


def set_names(incomplete: str) -> list[str]:
    """Return the test sets that the policies name and that begin so."""
    import yaml

    names: set[str] = set()
    for path in _files("policies"):
        try:
            gates = yaml.safe_load(path.read_text(encoding="utf-8"))["gates"]
            names |= {name for gate in gates for name in gate.get("test_sets", [])}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError):
            continue  # a policy that cannot be read has no names to offer; the verb that uses it says what is wrong
    return sorted(name for name in names if name.startswith(incomplete))


def _stems(folder: str, incomplete: str) -> list[str]:
    return [path.stem for path in _files(folder) if path.stem.startswith(incomplete)]


def _files(folder: str) -> list[Path]:
    from ecgcore.errors import SettingsError
    from ecgcore.settings import load_settings

    try:
        deployments = load_settings().deployments
    except SettingsError:
        return []  # between two key strokes nobody can read an error; the command itself says it
    return sorted((deployments / folder).glob("*.yaml"))
