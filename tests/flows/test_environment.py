"""What every command sets up before it does anything."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecgcore.ledger.review.operator import operator_name
from ecgcore.targets.catalogue import SHIPPED, load_catalogue
from ecgcore.targets.in_force import catalogue, put_in_force
from tasks.prefect.environment import prepare

WARN = """
import json, logging, sys
from tasks.prefect.environment import prepare
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


SERVER = """
active = "hospital"
[profiles.hospital]
PREFECT_API_URL = "http://10.0.0.5:4200/api"
[profiles.own]
PREFECT_LOGGING_LEVEL = "INFO"
"""


@pytest.mark.parametrize(
    ("profiles", "variables", "own_home"),
    [
        (None, {}, True),
        ("not TOML", {}, True),
        ('active = "lost"', {}, True),
        (SERVER, {"PREFECT_PROFILE": "own"}, True),
        (SERVER, {}, False),
        (None, {"PREFECT_API_URL": "http://10.0.0.5:4200/api"}, False),
    ],
)
def test_prefect_keeps_its_home_only_where_it_names_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profiles: str | None, variables: dict[str, str], own_home: bool
):
    """A profile in ~/.prefect counts: `prefect config set PREFECT_API_URL=...` writes it."""
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path), "ECG_HOME": str(tmp_path / "ecg")} | variables)
    monkeypatch.chdir(tmp_path)
    if profiles:
        (tmp_path / ".prefect").mkdir()
        (tmp_path / ".prefect" / "profiles.toml").write_text(profiles, encoding="utf-8")
    prepare()
    assert os.environ.get("PREFECT_HOME") == (str(tmp_path / "ecg" / "prefect") if own_home else None)


def test_the_demo_keeps_to_a_server_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shared = {"PREFECT_API_URL": "http://10.0.0.5:4200/api", "PREFECT_HOME": str(tmp_path / "shared")}
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path), "ECG_HOME": str(tmp_path / "ecg")} | shared)
    monkeypatch.chdir(tmp_path)
    prepare(own_server=True)
    assert (os.environ.get("PREFECT_API_URL"), os.environ["PREFECT_HOME"]) == (None, str(tmp_path / "ecg" / "prefect"))


def test_the_catalogue_of_targets_that_the_settings_name_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = SHIPPED.read_text(encoding="utf-8").replace('"< 50"', '"< 35"')
    (tmp_path / "targets.yaml").write_text(text, encoding="utf-8")
    named = {"ECG_HOME": str(tmp_path / "ecg"), "ECG_TARGETS": str(tmp_path / "targets.yaml")}
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path)} | named)
    monkeypatch.chdir(tmp_path)
    try:
        prepare()
        assert catalogue().words("lvef") == "LVEF below 35 %"
    finally:
        put_in_force(load_catalogue())


def test_the_hosts_that_no_proxy_lists_are_joined_by_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    proxied = {"HTTP_PROXY": "http://10.0.0.1:3128", "no_proxy": "intranet, 127.0.0.1"}
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path), "ECG_HOME": str(tmp_path / "ecg")} | proxied)
    monkeypatch.chdir(tmp_path)
    prepare()
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "intranet,127.0.0.1,localhost,::1"
