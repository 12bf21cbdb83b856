"""The catalogue in force: one for a process, since one ``ECG_HOME`` has one.

``tasks.prefect.environment.prepare`` puts the one of the settings in force; without it the shipped one holds.
"""

from __future__ import annotations

from ecgcore.targets.catalogue import Catalogue, load_catalogue

_in_force: list[Catalogue] = []


def catalogue() -> Catalogue:
    """Return the catalogue in force."""
    return _in_force[-1] if _in_force else load_catalogue()


def put_in_force(chosen: Catalogue) -> None:
    """Let a catalogue hold for this process from now on."""
    _in_force[:] = [chosen]
