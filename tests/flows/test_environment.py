"""What every command sets up before it does anything."""

from __future__ import annotations

import getpass
import json
import subprocess
import sys

import pytest

from flows.login import operator_name

WARN = """
import json, logging, sys
from flows.environment import prepare
prepare(); prepare()
import prefect
from prefect import flow
@flow
def warned():
    logging.getLogger("ecgcore.models.factory").warning("from scratch")
    logging.getLogger("ecgcore.models.factory").info("a detail")
warned()
print(json.dumps({"done": True}))
"""


def test_a_warning_of_ours_reaches_standard_error_once(cli):
    done = subprocess.run(
        [sys.executable, "-c", WARN], capture_output=True, text=True, env=cli.environment(), cwd=cli.deployments
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"done": True}
    assert done.stderr == "ecg: from scratch\n"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch):
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert operator_name() == "uid 4711"
