"""The demo keeps to a home of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecgcore.errors import SettingsError
from ecgcore.settings import Settings
from flows import demo


def drawn(out: Path, *_: Any, **__: Any) -> None:
    out.mkdir()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demo, "synthesise", drawn)
    return tmp_path / "home"


def test_it_draws_its_inbox_once_and_leaves_its_mark(home: Path) -> None:
    inbox = demo._inbox(Settings(home=home), 100, 1)
    assert (inbox, (inbox / "demo.txt").read_text(encoding="utf-8")) == (home / "inbox", "studies=100 seed=1")
    (home / "ledger.db").touch()  # its own
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


@pytest.mark.parametrize("theirs", ["ledger.db", "inbox"])
def test_a_home_of_patients_is_refused(home: Path, theirs: str) -> None:
    """Their inbox may be a bucket, so that the home has a ledger and no inbox."""
    (home / theirs).mkdir(parents=True)
    with pytest.raises(SettingsError, match=rf"{theirs}: is not the demo's\. Hint: set ECG_HOME to another folder"):
        demo._inbox(Settings(home=home), 100, 1)
    assert not (home / "inbox" / "demo.txt").exists()


@pytest.mark.parametrize(
    ("field", "url"), [("ledger_url", "postgresql://ecg@db/ecg"), ("mlflow_tracking_uri", "http://mlflow")]
)
def test_a_shared_ledger_or_registry_is_refused_whatever_the_home_holds(home: Path, field: str, url: str) -> None:
    demo._inbox(Settings(home=home), 100, 1)
    with pytest.raises(SettingsError, match=f"ECG_{field.upper()}: is set"):
        demo._inbox(Settings(home=home, **{field: url}), 100, 1)
