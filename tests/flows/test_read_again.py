"""A report that was refused only because this machine failed is read again when asked, and then accepted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


def test_refused_reports_are_read_again_when_asked(cli: Any, books_of: Callable[..., Any], tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    assert cli("synth", "--out", inbox, "--studies", 3, "--seed", 5).code == 0
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "pdftoppm").write_text("#!/bin/sh\nexit 99\n", encoding="utf-8")
    (broken / "pdftoppm").chmod(0o755)

    first = cli("ingest", inbox, "--json", PATH=f"{broken}:{os.environ['PATH']}").json()
    assert (first["accepted"], first["quarantined"]) == (0, 3)
    books = books_of(cli.home)
    known = books.totals()

    same = cli("ingest", inbox, "--json").json()
    assert (same["new"], same["read_again"], same["quarantined"]) == (0, 0, 3)

    again = cli("ingest", inbox, "--again", "--json").json()
    assert (again["new"], again["read_again"], again["accepted"]) == (0, 3, again["files"])
    assert (again["quarantined"], again["studies"]["new"]) == (0, 3)
    assert books.totals()["file"] == known["file"]

    more = cli("ingest", inbox, "--again", "--json").json()
    assert (more["read_again"], more["accepted"]) == (0, again["files"])
