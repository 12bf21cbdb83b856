"""Nothing identifying leaves the readers."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.synth.hospital import plan_entries

DEPLOYMENTS = Path(__file__).resolve().parents[2] / "deployments"


def _identities(studies: int, seed: int) -> set[str]:
    entries = plan_entries(studies, seed, defects=True)
    return {text for e in entries for text in (e.study.hn, e.printed_hn, e.study.name) if text}


def _contents(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and every cell of what stores cells without a gap (SQLite) or compressed (Parquet) by itself."""
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".png":
            yield path.relative_to(home).as_posix(), path.read_bytes()
    for path in sorted(home.rglob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    yield f"{path.name}:{table}", "\n".join(map(str, row)).encode()
    for path in sorted(home.rglob("*.parquet")):
        for column, cells in pd.read_parquet(path).items():
            yield f"{path.relative_to(home).as_posix()}:{column}", "\n".join(map(str, cells)).encode()


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

    def test_the_search_finds_them_in_parquet_whose_bytes_hide_them(self, hospital: Path, tmp_path: Path) -> None:
        truth = _identities(*_size(hospital))
        pd.DataFrame({"who": sorted(truth)}).to_parquet(tmp_path / "rows.parquet", compression="gzip")
        found = {path: _found(truth, content) for path, content in _contents(tmp_path)}
        assert found["rows.parquet:who"] == truth
        assert len(found["rows.parquet"]) < len(truth) / 10

    def test_no_name_and_no_number_is_anywhere_under_home(self, trained: Path, hospital: Path) -> None:
        identities = _identities(*_size(hospital))
        seen, guilty = 0, []
        for path, content in _contents(trained / "home"):
            seen += 1
            if hits := _found(identities, content):
                guilty.append((path, hits))
        assert seen > 100
        assert list((trained / "home").rglob("*.parquet"))
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
