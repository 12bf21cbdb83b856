"""Which commit trained a run, whatever is checked out when it is judged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tasks.training import commit

A, B = "a" * 40, "b" * 40


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch):
    def at(name: str) -> None:
        monkeypatch.setattr(commit, "code_commit", lambda _repository: name)

    return at


def test_the_commit_that_trained_is_kept_and_another_that_judges_is_warned_of(checkout, tmp_path: Path, caplog) -> None:
    run = tmp_path / "runs" / "tiny-1"
    checkout(A)
    commit.note_commit(run)
    with caplog.at_level(logging.WARNING):
        assert commit.training_commit(run) == A
        assert caplog.messages == []
        checkout(B)
        assert commit.training_commit(run) == A
    assert caplog.messages == [f"tiny-1 was trained by commit {A}; the commit here, which judges it, is {B}"]


def test_a_run_that_another_commit_resumed_has_both_until_it_is_finished(checkout, tmp_path: Path) -> None:
    for name in (A, A, B):
        checkout(name)
        commit.note_commit(tmp_path)
    assert commit.training_commit(tmp_path) == f"{A}, {B}"
    (tmp_path / "summary.json").touch()
    checkout(A)
    commit.note_commit(tmp_path)
    assert commit.training_commit(tmp_path) == f"{A}, {B}"


def test_a_run_that_noted_none_is_not_said_to_be_of_this_checkout(checkout, tmp_path: Path) -> None:
    checkout(A)
    assert commit.training_commit(tmp_path) == "unknown"
