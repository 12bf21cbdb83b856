"""A home's ledger, read from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LedgerReader:
    """The ledger's database, read from outside with plain SQL."""

    path: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchall()

    def files(self) -> dict[str, tuple[str, str]]:
        """State and rule of every file by its path; further paths of a known content are duplicates."""
        first = self.rows("SELECT path, state, COALESCE(rule, '') FROM file")
        more = [(path, "duplicate", "") for (path,) in self.rows("SELECT path FROM file_sighting")]
        return {path: (state, rule) for path, state, rule in [*first, *more]}

    def lines(self) -> dict[tuple[str, int], tuple[str, str]]:
        """State and rule of every table row by table path and row number."""
        columns = "f.path, r.row, r.state, COALESCE(r.rule, '')"
        query = f"SELECT {columns} FROM row r JOIN file f ON f.sha256 = r.table_sha256"
        return {(path, row): (state, rule) for path, row, state, rule in self.rows(query)}

    def studies(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT study_id, patient_id, file_sha256, row_id, split, test_set FROM study ORDER BY 1")

    def totals(self) -> dict[str, int]:
        """How many lines each table has: equal before and after means nothing was lost and nothing was added."""
        tables = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: self.rows(f'SELECT COUNT(*) FROM "{name}"')[0][0] for name in sorted(tables)}
