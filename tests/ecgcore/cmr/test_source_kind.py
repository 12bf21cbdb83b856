from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.cmr.source_kind import SourceKind, classify


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("labels.csv", SourceKind.TABLE),
        ("LABELS.XLSX", SourceKind.TABLE),
        ("report.pdf", SourceKind.NARRATIVE),
        ("report.TXT", SourceKind.NARRATIVE),
        ("labels.xls", SourceKind.UNKNOWN),
        ("~$labels.xlsx", SourceKind.UNKNOWN),
        (".labels.csv", SourceKind.UNKNOWN),
        ("README", SourceKind.UNKNOWN),
    ],
)
def test_kinds(name: str, kind: SourceKind) -> None:
    assert classify(Path("cmr") / name) is kind
