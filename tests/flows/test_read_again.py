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

    again = cli("ingest", inbox, "--again", "--json").json()
    assert (again["new"], again["read_again"], again["accepted"]) == (0, 3, again["files"])
    assert (again["quarantined"], again["studies"]["new"]) == (0, 3)
    assert books.totals()["file"] == known["file"]


@pytest.mark.slow
def test_files_dropped_at_the_wrong_place_are_read_once_they_are_moved(cli: Any, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    assert cli("synth", "--out", inbox, "--studies", 2, "--seed", 6).code == 0
    reports = [path for path in (inbox / "ecg").rglob("*") if path.is_file()]
    right = [*(inbox / "cmr").iterdir(), *reports]
    (inbox / "cmr" / "2026").mkdir()
    wrong = [inbox / "cmr" / ("" if path in reports else "2026") / path.name for path in right]
    for here, there in zip(right, wrong, strict=True):
        here.rename(there)
    first = cli("ingest", inbox, "--json").json()
    assert (first["quarantined"], first["files"], first["studies"]["total"]) == (len(right), len(right), 0)

    for here, there in zip(right, wrong, strict=True):
        there.rename(here)
    moved = cli("ingest", inbox, "--json").json()
    assert (moved["read_again"], moved["accepted"], moved["files"]) == (len(right), len(right), len(right))
    assert (moved["quarantined"], moved["duplicates"], moved["studies"]["new"]) == (0, 0, len(reports))

    same = cli("ingest", inbox, "--json").json()
    assert (same["new"], same["read_again"], same["accepted"]) == (0, 0, len(right))
