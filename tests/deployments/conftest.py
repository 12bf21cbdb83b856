"""A real Prefect server and real process workers on this machine, in folders of their own, gone when the tests end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
EPOCHS = 16
STUDIES = 120
KEY = "one key for every site, so that the same patients are drawn for its test sets"


def wait_for(what: Callable[[], bool], seconds: float, poll: float = 0.1) -> bool:
    """Wait until ``what`` holds, at most ``seconds``; tell whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(poll)
    return what()


def answers(url: str) -> bool:
    """Tell whether a server answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_open(port: int) -> bool:
    """Tell whether somebody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Site:
    """One hospital's installation: server, workers, ``ECG_HOME``."""

    root: Path
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    family: dict[int, psutil.Process] = field(default_factory=dict)

    @property
    def api(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def home(self) -> Path:
        """``ECG_HOME``."""
        return self.root / "home"

    @property
    def environment(self) -> dict[str, str]:
        """What server, workers and commands see; nothing of the caller's Prefect or ECG settings."""
        own = {
            "PREFECT_HOME": self.root / "prefect",
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_WORKER_QUERY_SECONDS": 1,
            "PYTHON": sys.executable,
            "DO_NOT_TRACK": "true",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "OMP_NUM_THREADS": 1,
            "ECG_HOME": self.home,
            "ECG_INBOX": self.root / "inbox",
            "ECG_DEPLOYMENTS": self.root / "deployments",
            "ECG_RECIPE": "tiny",
            "ECG_POLICY": "lax",
            "ECG_PSEUDONYM_KEY": KEY,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "ECG_"))}
        return kept | {name: str(value) for name, value in own.items()}

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in the project's root, with nobody to answer a question."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, name: str, *arguments: str) -> None:
        """Start ``prefect ...`` as a process group of its own; its log is ``<name>.log``."""
        with (self.root / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [str(BIN / "prefect"), *arguments],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, name: str) -> None:
        """Stop a process and everything that it started."""
        process = self.running.pop(name)
        self.remember(process.pid)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def remember(self, pid: int) -> None:
        """Note the descendants of a process, so that none outlives the tests."""
        if psutil.pid_exists(pid):
            self.family |= {child.pid: child for child in psutil.Process(pid).children(recursive=True)}

    def stop_all(self) -> None:
        """Stop the workers, then the server, then what they left."""
        for name in reversed(list(self.running)):
            self.stop(name)
        left = [process for process in self.family.values() if process.is_running()]
        for process in left:
            process.kill()
        assert not psutil.wait_procs(left, timeout=10)[1]
        assert not is_open(self.port), "the server still listens"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Site]:
    """A hospital with 120 synthetic studies and an empty Prefect server; no worker yet."""
    site = Site(tmp_path_factory.mktemp("site"), free_port())
    write_deployments(site.root / "deployments")
    try:
        site.start("server", "server", "start", "--host", "127.0.0.1", "--port", str(site.port))
        site.run(BIN / "ecg", "synth", "--out", str(site.root / "inbox"), "--studies", str(STUDIES), "--seed", "3")
        up = wait_for(lambda: answers(f"{site.api}/health"), 300)
        assert up, (site.root / "server.log").read_text()
        yield site
    finally:
        site.stop_all()


def write_deployments(folder: Path) -> None:
    """Write a recipe that trains in seconds, and gates that a network of a few seconds passes on 18 test studies."""
    shipped = PROJECT / "deployments"
    recipe = yaml.safe_load((shipped / "recipes" / "multi-task-demo.yaml").read_text(encoding="utf-8"))
    recipe["name"] = "tiny"
    recipe["input"] |= {"height": 64, "width": 96}
    recipe["model"] |= {"backbone": "test_resnet", "latent_dim": 64}
    recipe["training"] |= {"epochs": EPOCHS, "early_stopping_patience": None}
    policy = yaml.safe_load((shipped / "policies" / "demo.yaml").read_text(encoding="utf-8"))
    place = {"targets": ["scar", "lvef"], "test_sets": ["old"]}
    few = {"kind": "minimum-cases", "positives": 2, "negatives": 2, **place}
    worse = {"kind": "non-inferior", "margin": 0.1, **place}
    floor = {"kind": "floor", "at_least": 0.0001, **place}
    floors = [floor | {"metric": metric} for metric in ("auc", "sensitivity", "specificity")]
    policy["gates"] = [{"kind": "no-leak"}, {"kind": "reproduces"}, few, worse, *floors]
    for name, value in {"recipes/tiny.yaml": recipe, "policies/lax.yaml": policy}.items():
        path = folder / name
        path.parent.mkdir(parents=True)
        path.write_text(yaml.safe_dump(value), encoding="utf-8")
