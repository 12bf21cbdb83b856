"""Who runs a command, for the audit trail."""

from __future__ import annotations

import getpass
import os


def operator_name() -> str:
    """Return the login name, or the user number where the system knows no name for it, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
