"""An ingest without news: the same answer as the flow's, and no Prefect server for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commandline import Cli

pytestmark = pytest.mark.e2e

OF_THE_RUN = {"batch", "page"}


def _told(cli: Cli, *words: object) -> dict[str, Any]:
    found = cli(*words, "--json").json()
    return {name: value for name, value in found.items() if name not in OF_THE_RUN}


def test_it_answers_what_the_flow_answers_and_starts_no_server(
    tmp_path: Path,
    ingested: Path,
    hospital: Path,
    copy_of: Callable[[Path, Path], Path],
    cli_of: Callable[[Path], Cli],
    embedded: Callable[[Path], Cli],
    books_of: Callable[[Path], Any],
) -> None:
    by_flow, alone = copy_of(ingested / "home", tmp_path / "flow"), copy_of(ingested / "home", tmp_path / "alone")
    for home in (by_flow, alone):
        for database in (home / "prefect").glob("prefect.db*"):
            database.unlink()
    expected = _told(cli_of(by_flow), "ingest", hospital)
    found = _told(embedded(alone), "ingest", hospital)
    assert (found["new"], found["files"]) == (0, expected["files"])
    assert {n: v for n, v in found.items() if n != "to_correct"} == {
        n: v for n, v in expected.items() if n != "to_correct"
    }
    assert [Path(p).relative_to(alone) for p in found["to_correct"]] == [
        Path(p).relative_to(by_flow) for p in expected["to_correct"]
    ]
    assert books_of(alone).files() == books_of(by_flow).files()
    assert not list((alone / "prefect").glob("prefect.db"))
    assert len(list((alone / "pages").glob("ingest-*.html"))) == 2  # of the first ingest and of this one


def test_a_look_at_a_new_home_locks_nobody_out(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "inbox").mkdir()
    assert cli("status").code == 0
    assert (cli.home / "ledger.db").exists() and not (cli.home / ".env").exists()
    assert cli("ingest", tmp_path / "inbox", "--json").json()["files"] == 0
    assert (cli.home / ".env").read_text(encoding="utf-8").startswith("ECG_PSEUDONYM_KEY=")
    assert cli("ingest", tmp_path / "inbox", "--json").json()["new"] == 0
