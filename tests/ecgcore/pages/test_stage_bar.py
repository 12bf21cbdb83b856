"""The line of a stage: on a terminal only, and on standard error."""

from __future__ import annotations

import io

import pytest

from ecgcore.pages.stage_bar import stage_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_the_stage_and_how_far_it_is(monkeypatch, capsys):
    seen = Terminal()
    monkeypatch.setattr("sys.stderr", seen)
    with stage_bar("train tiny") as show:
        show(3, 60, "epoch 3 of at most 60")
    assert "train tiny" in seen.getvalue() and "epoch 3 of at most 60" in seen.getvalue()
    assert capsys.readouterr().out == ""


def test_a_file_sees_nothing(capsys):
    with stage_bar("train tiny") as show:
        show(1, 2, "epoch 1")
    assert capsys.readouterr() == ("", "")


def test_what_goes_wrong_in_a_stage_is_not_swallowed():
    with pytest.raises(ValueError, match="broken"), stage_bar("train tiny"):
        raise ValueError("broken")
