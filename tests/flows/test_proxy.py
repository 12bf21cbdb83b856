"""Our own servers are asked directly, however the environment spells a proxy: by every client, in every process."""

from __future__ import annotations

import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.commandline import Cli

pytestmark = pytest.mark.e2e

CLIENTS = """
import json, os, subprocess, sys, urllib.request
from tasks.prefect.environment import prepare
prepare()
import httpx, requests
from websockets.sync.client import connect
api = os.environ["PREFECT_API_URL"]
answers = {
    "urllib": urllib.request.urlopen(f"{api}/health").read() == b"true",
    "httpx": httpx.get(f"{api}/health").json(),
    "requests": requests.get(f"{api}/health").json(),
}
with connect(api.replace("http", "ws", 1) + "/events/in") as events:
    answers["websockets"] = events.ping().wait(60)
words = [sys.executable, "-c", "import httpx, sys; print(httpx.get(sys.argv[1]).json())", f"{api}/health"]
answers["a process"] = subprocess.run(words, capture_output=True, text=True).stdout == "True\\n"
print(json.dumps(answers))
"""
FLOW = """
from tasks.prefect.environment import prepare
prepare()
from prefect import flow
from prefect.events import emit_event
@flow
def asked():
    emit_event("ecg.asked", {"prefect.resource.id": "ecg.test"})
asked()
"""


class _Trap(socketserver.BaseRequestHandler):
    """A proxy that answers nobody, and counts who asks."""

    def handle(self) -> None:
        self.server.asked.append(self.request.recv(200))  # type: ignore[attr-defined]


@pytest.fixture
def trap() -> Iterator[socketserver.ThreadingTCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Trap)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _run(cli: Cli, script: str, variables: dict[str, str], trap: socketserver.ThreadingTCPServer) -> tuple[str, str]:
    address = f"127.0.0.1:{trap.server_address[1]}"
    more = {name: kind.format(address) for name, kind in variables.items()}
    plain = {k: v for k, v in cli.environment().items() if not k.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=plain | more, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr
    assert trap.asked == []  # type: ignore[attr-defined]
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    "variables",
    [
        {"HTTP_PROXY": "http://{}"},
        {"http_proxy": "{}"},
        {"HTTPS_PROXY": "http://{}"},
        {"https_proxy": "http://{}", "no_proxy": "intranet"},
        {"ALL_PROXY": "socks5://{}"},
        {"all_proxy": "socks://{}", "NO_PROXY": ""},
    ],
    ids=lambda variables: "-".join(variables),
)
def test_no_client_asks_the_proxy(cli: Cli, trap: socketserver.ThreadingTCPServer, variables: dict[str, str]) -> None:
    out, _ = _run(cli, CLIENTS, variables, trap)
    assert json.loads(out) == dict.fromkeys(("urllib", "httpx", "requests", "websockets", "a process"), True)


@pytest.mark.slow
def test_a_flow_runs_and_tells_its_events_past_every_proxy(cli: Cli, trap: socketserver.ThreadingTCPServer) -> None:
    every = {"HTTP_PROXY": "http://{}", "https_proxy": "http://{}", "ALL_PROXY": "socks4://{}", "ws_proxy": "http://{}"}
    _, err = _run(cli, FLOW, every, trap)
    assert err == (
        "ecg: ALL_PROXY names a proxy of the kind socks4, which no client here can use (http and https; with the "
        "package socksio also socks5 and socks5h); it is left out, and what goes outside goes without it\n"
    )
