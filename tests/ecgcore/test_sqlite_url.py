"""The address of an SQLite file leads back to the file, whatever the file is called."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy  # noqa: F401 - imported here, so that no example pays for it
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.sqlite_url import sqlite_file, sqlite_url

NAMES = st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3))
def test_an_address_leads_back_to_its_file(parts: list[str]) -> None:
    file = Path("/", *parts)
    assert sqlite_file(sqlite_url(file)) == file


def test_another_database_names_no_file() -> None:
    assert sqlite_file("postgresql+psycopg://user@127.0.0.1/ledger") is None
    assert sqlite_file("sqlite:///:memory:") is None
