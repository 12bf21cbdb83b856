"""The demo keeps to a home of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.cli import demo
from ecgcore.cmr.rules.finding import Finding
from ecgcore.errors import SettingsError
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, SourceFile
from ecgcore.ledger.ledger import Ledger
from ecgcore.settings import Settings


def drawn(out: Path, *_: Any, **__: Any) -> None:
    out.mkdir()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demo, "synthesise", drawn)
    return tmp_path / "home"


def test_it_draws_its_inbox_once_and_leaves_its_mark(home: Path) -> None:
    inbox = demo._inbox(Settings(home=home), 100, 1)
    assert (inbox, (inbox / "demo.txt").read_text(encoding="utf-8")) == (home / "inbox", "studies=100 seed=1")
    assert demo._inbox(Settings(home=home), 100, 1) == inbox


def test_killed_while_it_draws_it_starts_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(out: Path, *_: Any, **__: Any) -> None:
        out.mkdir()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo, "synthesise", killed)
        with pytest.raises(KeyboardInterrupt):
            demo._inbox(Settings(home=home), 100, 1)
    assert not (home / "inbox").exists()
    assert (demo._inbox(Settings(home=home), 100, 1) / "demo.txt").is_file()


def test_a_home_with_an_inbox_of_its_own_is_refused(home: Path) -> None:
    (home / "inbox").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"holds something else than the demo\. Hint: set ECG_HOME to an"):
        demo._inbox(Settings(home=home), 100, 1)
    assert not (home / "inbox" / "demo.txt").exists()


def test_a_home_whose_ledger_holds_files_is_refused(home: Path) -> None:
    """Their inbox may be a bucket, so that the home has none. An empty ledger, as `ecg status` makes, is no reason."""
    home.mkdir()
    report = SourceFile("ecg/a.pdf", "a" * 64, 9, FileKind.ECG, fault=Finding("blank-page", "0", "scan again"))
    with Ledger(f"sqlite:///{home / 'ledger.db'}") as ledger:
        assert not demo._has_files(Settings(home=home))
        ledger.record_batch(IngestBatch("b1", [report]))
    with pytest.raises(SettingsError, match="holds something else than the demo"):
        demo._inbox(Settings(home=home), 100, 1)
    assert not (home / "inbox").exists()


@pytest.mark.parametrize(
    ("field", "url"), [("ledger_url", "postgresql://ecg@db/ecg"), ("mlflow_tracking_uri", "http://mlflow")]
)
def test_a_shared_ledger_or_registry_is_refused_whatever_the_home_holds(home: Path, field: str, url: str) -> None:
    demo._inbox(Settings(home=home), 100, 1)
    with pytest.raises(SettingsError, match=f"ECG_{field.upper()}: is set"):
        demo._inbox(Settings(home=home, **{field: url}), 100, 1)
