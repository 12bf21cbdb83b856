"""The decision page leads to what lies beside it in the same home."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.pages.document import Document, Link, Section
from ecgcore.pages.html import render_html
from ecgcore.settings import load_settings
from tasks.judging.publication import decision_links


def test_a_decision_leads_relatively_to_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    pages, run, snapshot = tmp_path / "pages", tmp_path / "runs" / "r", tmp_path / "snapshots" / "s"
    for file in (pages / "quarantine.html", pages / "decision-champion-2.html", snapshot / "snapshot.json"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    links = decision_links(load_settings(), "champion", "2", run, snapshot)
    html = render_html(Document("t", "s", (Section("h", tuple(Link(*link) for link in links)),)), pages)
    hrefs = [part.split('"')[0] for part in html.split('href="')[1:]]
    assert hrefs == ["decision-champion-2.html", "quarantine.html", "../snapshots/s/snapshot.json"]
    assert len(decision_links(load_settings(), "champion", None, run, snapshot)) == 2
