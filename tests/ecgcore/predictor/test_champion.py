from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.errors import PredictorError
from ecgcore.predictor.champion import champion_dir


def test_it_is_the_release_itself_so_that_a_switch_cannot_mix_models(tmp_path: Path):
    (tmp_path / "releases" / "7").mkdir(parents=True)
    (tmp_path / "champion").symlink_to("releases/7")
    assert champion_dir(tmp_path) == (tmp_path / "releases" / "7").resolve()


def test_before_the_first_promotion_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(PredictorError, match=r"there is no champion yet\. Hint: run `ecg retrain`"):
        champion_dir(tmp_path)


def test_a_link_to_nowhere_is_named(tmp_path: Path):
    (tmp_path / "champion").symlink_to("releases/9")
    with pytest.raises(PredictorError, match="points to 9, which is not there"):
        champion_dir(str(tmp_path))
