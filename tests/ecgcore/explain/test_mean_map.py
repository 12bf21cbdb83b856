from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.explain.heatmap import Heatmap
from ecgcore.explain.mean_map import mean_maps

OLD, NEW = (2820, 1320), (1402, 2100)


def heatmap(value: list[list[float]], size: tuple[int, int] = NEW, target: str = "scar") -> Heatmap:
    return Heatmap(target, 0.5, np.array(value, np.float32), size)


def test_each_study_counts_the_same_however_wide_its_map():
    wide, narrow = heatmap([[1, 1], [1, 1]]), heatmap([[1, 0], [0, 0]])
    (mean,) = mean_maps([wide, narrow], [1, 1])
    expected = (wide.mass / wide.mass.sum(dtype=float) + narrow.mass / narrow.mass.sum(dtype=float)) / 2
    np.testing.assert_allclose(mean.share, expected, rtol=1e-5)
    assert mean.share.sum(dtype=float) == pytest.approx(1, abs=1e-5)
    assert mean.mass.max() == 1
    assert (mean.target, mean.ecg_format, mean.positive, mean.studies, mean.empty) == ("scar", "new", True, 2, 0)


def test_classes_and_formats_are_kept_apart():
    maps = (heatmap([[1]], size) for size in (OLD, NEW, NEW, OLD, NEW))
    found = [(m.ecg_format, m.positive, m.studies, m.share.shape) for m in mean_maps(maps, [0, 1, 0, 0, 1])]
    assert found == [("new", True, 2, (2100, 1402)), ("new", False, 1, (2100, 1402)), ("old", False, 2, (1320, 2820))]


def test_empty_maps_are_left_out_and_counted():
    (mean,) = mean_maps([heatmap([[0, 0]]), heatmap([[0, 1]]), heatmap([[0, 0]])], [0, 0, 0])
    assert (mean.studies, mean.empty) == (1, 2)
    (nothing,) = mean_maps([heatmap([[0, 0]])], [0])
    assert (nothing.studies, nothing.empty) == (0, 1) and not nothing.mass.any()


@pytest.mark.parametrize(
    ("maps", "labels", "rule"),
    [
        ([], [], "maps of one target"),
        ([heatmap([[1]]), heatmap([[1]], target="lvef")], [1, 1], "maps of one target"),
        ([heatmap([[1]])], [2], "0 and 1, not 2"),
        ([heatmap([[1]])], [1, 0], "as many as the maps"),
        ([heatmap([[1]])] * 2, [1], "as many as the maps"),
    ],
)
def test_wrong_groups_are_refused(maps, labels, rule):
    with pytest.raises(EvaluationError, match=rule):
        mean_maps(maps, labels)
