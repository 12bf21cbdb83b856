"""Candidates that passed their gates and wait for a person's decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tasks.registry.registered_model import model_name
from tasks.registry.versions import RegisteredVersion

_OFFERED, _DECISION, _EXPLORATORY = "offered", "decision", "exploratory"


def waiting_candidates(
    versions: Iterable[RegisteredVersion], slot: str, champion: str, served: Collection[str]
) -> tuple[RegisteredVersion, ...]:
    """Return the versions that `ecg promote` would take now and that nobody decided on, oldest first.

    Args:
        versions: all that are registered.
        slot: whose candidates.
        champion: the version that serves now, or "none".
        served: versions that serve or served the slot, or are on the way to it.
    """
    return tuple(
        each
        for each in versions
        if each.model == model_name(slot) and each.version not in served and _is_open(each.tags, champion)
    )


def _is_open(tags: dict[str, str], champion: str) -> bool:
    passed = tags.get("gate") == "pass" and tags.get("promotable") != "false" and _EXPLORATORY not in tags
    return passed and _OFFERED in tags and _DECISION not in tags and tags.get("judged_against") == champion
