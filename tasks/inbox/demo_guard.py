"""No patients among the demo's invented ones."""

from __future__ import annotations

from pathlib import Path

from ecgcore.errors import SettingsError
from ecgcore.settings import Settings


def keep_out_of_the_demo(settings: Settings, uri: str) -> None:
    """Refuse to mix patients with the demo's invented ones, which its test sets and its champion are made of.

    Raises:
        SettingsError: ``ECG_HOME`` holds the demo, and this is another inbox.
    """
    demo = settings.home / "inbox"
    if (demo / "demo.txt").exists() and (uri.startswith("s3://") or Path(uri).resolve() != demo.resolve()):
        rule = "holds the demo; real studies would share its test sets, its champion and its pseudonym key"
        raise SettingsError(settings.home, rule, "set ECG_HOME to another folder")
