"""The registered model of a slot."""

from __future__ import annotations

import re

from tasks.registry.error import RegistryError

_SLOT = re.compile(r"[a-z][a-z0-9-]{0,60}")


def model_name(slot: str) -> str:
    """Return the name of a slot's registered model.

    Raises:
        RegistryError: it is not a slot's name.
    """
    check_slot(slot)
    return f"ecg-{slot}"


def check_slot(slot: str) -> None:
    """Check the form of a slot's name.

    Raises:
        RegistryError: it is not a slot's name.
    """
    if not _SLOT.fullmatch(slot):
        raise RegistryError(f"slot {slot!r}", "is not a slot's name", "use lower-case letters, digits and dashes")
