"""The instrument that measures memory for the other acceptance tests."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_a_process_tree_is_summed_without_its_server(memory):
    """The instrument itself: 60 MB in a child count, 60 MB in what calls itself a server do not."""
    hold = "import sys, time; block = bytearray(b'x' * 60_000_000); print('there', flush=True); time.sleep(60)"
    parent = (
        "import subprocess, sys, time\n"
        f"hold = {hold!r}\n"
        "run = lambda *name: subprocess.Popen([sys.executable, '-c', hold, *name], stdout=subprocess.PIPE)\n"
        "children = [run(), run('prefect.server')]\n"
        "[child.stdout.readline() for child in children]\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "[child.kill() for child in children]\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        measured = memory(process.pid)
        process.communicate()
    assert 60 < measured < 110


def test_children_that_end_while_it_looks_take_nothing_away(memory):
    """Reading starts a pdftoppm for each report: most are gone before they are measured."""
    endless = "import subprocess\nwhile True:\n    subprocess.run(['true'])\n"
    with subprocess.Popen([sys.executable, "-c", endless]) as process:
        measured = [memory(process.pid) for _ in range(300)]
        process.kill()
    assert min(measured[30:]) > 1  # the parent itself, once it has started
