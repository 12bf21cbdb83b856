"""Nothing identifying leaves the readers, and a model that learned nothing passes no real gate."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecgcore.synth.hospital import plan_entries

DEPLOYMENTS = Path(__file__).resolve().parents[2] / "deployments"


def _identities(studies: int, seed: int) -> set[str]:
    entries = plan_entries(studies, seed, defects=True)
    return {text for e in entries for text in (e.study.hn, e.printed_hn, e.study.name) if text}


def _contents(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and every cell of every SQLite table by itself, because SQLite stores cells without a gap."""
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".png":
            yield path.relative_to(home).as_posix(), path.read_bytes()
    for path in sorted(home.rglob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    yield f"{path.name}:{table}", "\n".join(map(str, row)).encode()


_NUMBER = re.compile(rb"(?<![0-9a-f.])[0-9]{8}(?![0-9a-f])")  # not a stretch of a hash or of a longer number
_NAME = re.compile(rb"(?=\b([A-Za-z]{2,20} [A-Za-z]{2,20})\b)")


def _found(identities: set[str], content: bytes) -> set[str]:
    """Hospital numbers, and names in any case, that stand in some bytes."""
    numbers = {hit.decode() for hit in _NUMBER.findall(content)}
    names = {hit.decode().title() for hit in _NAME.findall(content)}
    return (numbers | names) & identities


@pytest.mark.e2e
class TestIdentities:
    def test_the_search_finds_them_where_they_are(self, hospital: Path) -> None:
        truth = _identities(*_size(hospital))
        numbers = {text for text in truth if text.isdigit()}
        tables = sorted((hospital / "cmr").glob("*.csv"))
        with tables[0].open(newline="", encoding="utf-8-sig") as file:
            found = {value for row in csv.DictReader(file) for value in row.values()}
        assert numbers & found
        assert _found(truth, tables[0].read_bytes())

    def test_no_name_and_no_number_is_anywhere_under_home(self, trained: Path, hospital: Path) -> None:
        identities = _identities(*_size(hospital))
        seen, guilty = 0, []
        for path, content in _contents(trained / "home"):
            seen += 1
            if hits := _found(identities, content):
                guilty.append((path, hits))
        assert seen > 100
        assert guilty == []

    def test_nothing_identifying_was_said(self, trained: Path, ingested: Path, hospital: Path) -> None:
        identities = _identities(*_size(hospital))
        said = [*trained.glob("*.out"), *trained.glob("*.err"), ingested / "summary.json", ingested / "stderr.txt"]
        assert len(said) == 8
        assert [path.name for path in said if _found(identities, path.read_bytes())] == []


def _size(hospital: Path) -> tuple[int, int]:
    """Studies and seed that the shared hospital was made with."""
    made = json.loads((hospital.parent / "made.json").read_text(encoding="utf-8"))
    return made["studies"], made["seed"]


@pytest.mark.slow
def test_a_candidate_trained_on_shuffled_labels_does_not_pass(
    tmp_path: Path, cli_of: Callable[..., Any], deployments: Path
) -> None:
    """Labels of training and validation rows change places between patients; those of the test years stay true."""
    inbox = tmp_path / "inbox"
    folder = shutil.copytree(deployments, tmp_path / "deployments")
    shutil.copy(DEPLOYMENTS / "policies" / "demo.yaml", folder / "policies" / "demo.yaml")
    ecg = cli_of(tmp_path / "home")
    here = {"ECG_DEPLOYMENTS": str(folder)}
    assert ecg("synth", "--out", inbox, "--studies", 400, "--seed", 3).code == 0
    _shuffle(inbox / "cmr")
    assert ecg("ingest", inbox, "--json", **here).json()["accepted"] > 350
    for name in ("old", "new"):
        assert ecg("testset", "lock", name).code == 0
    outcome = ecg("retrain", "--recipe", "tiny", "--policy", "demo", "--json", **here).json()
    assert outcome["trained"]
    assert outcome["gate"] in {"fail", "inconclusive"}, outcome["reason"]
    assert (outcome["promoted"], outcome["champion"]) == (False, None)
    floors = [gate for gate in outcome["gates"] if gate["kind"] == "floor" and gate["severity"] == "block"]
    assert floors and any(gate["verdict"] != "pass" for gate in floors)
    assert not (ecg.home / "champion").is_symlink()


def _shuffle(tables: Path) -> None:
    """Shuffle the label columns, rows as wholes, within each table of the years that train."""
    random = np.random.default_rng(1)
    labels = {"scar_cad", "lvef", "subendocardial_scar", "transmural_scar", "pattern"}
    for path in sorted(tables.iterdir()):
        if path.stem.endswith(("2016", "2021")):
            continue
        read, write = (pd.read_csv, "to_csv") if path.suffix == ".csv" else (pd.read_excel, "to_excel")
        frame = read(path, dtype=object)
        columns = [name for name in frame.columns if name.lower() in labels]
        frame[columns] = frame[columns].to_numpy()[random.permutation(len(frame))]
        getattr(frame, write)(path, index=False)
