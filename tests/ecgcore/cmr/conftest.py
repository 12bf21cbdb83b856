"""A pseudonymiser with a test key, and a writer of small label tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.pseudonym import Pseudonymiser

HEADER = "file_name,hn,cmr_date,ecg_date,scar_cad,lvef"


@pytest.fixture
def pseudonymiser() -> Pseudonymiser:
    return Pseudonymiser(b"a test key, not a secret")


@pytest.fixture
def read_csv(tmp_path: Path, pseudonymiser: Pseudonymiser) -> Callable[..., LabelTable]:
    def read(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> LabelTable:
        path = tmp_path / "labels.csv"
        path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
        return read_table(path, pseudonymiser)

    return read
