from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import EvaluationError, ReportError
from ecgcore.explain.heatmap import Heatmap
from ecgcore.explain.lead_mass import lead_area, lead_mass
from ecgcore.reports.page.format import LEADS, known_formats

OLD, NEW = sorted(known_formats(), key=lambda fmt: fmt.name, reverse=True)


def test_an_even_map_gives_each_lead_its_area():
    # old: the left column is 1468 px of 2820 wide; new: twelve equal boxes
    even = np.ones((6, 2), np.float32)
    old, new = (lead_mass(Heatmap("scar", 0.5, even, size)) for size in ((2820, 1320), (1402, 2100)))
    assert old == pytest.approx({lead: (1468 if i < 6 else 1352) / 2820 / 6 for i, lead in enumerate(LEADS)})
    assert new == pytest.approx(dict.fromkeys(LEADS, 1 / 12))
    assert lead_area(OLD) == pytest.approx(old) and lead_area(NEW) == pytest.approx(new)


def test_a_map_on_one_lead_of_the_new_format_belongs_to_it():
    # with six rows and two columns each cell is a lead; half a cell of blur reaches into the neighbours
    grid = np.zeros((6, 2), np.float32)
    grid[2, 1] = 1
    mass = lead_mass(Heatmap("scar", 0.5, grid, (1402, 2100)))
    # a triangle over three rows has 1/8, 3/4 and 1/8 in them; in the right column, flat at the border, 7/8 of its mass
    assert mass["V3"] == pytest.approx(0.75 * 0.875, abs=0.002)
    assert mass["V2"] == pytest.approx(0.125 * 0.875, abs=0.002)
    assert mass["III"] == pytest.approx(0.75 * 0.125, abs=0.002)
    assert sum(mass.values()) == pytest.approx(1)


def test_an_empty_map_has_no_shares():
    with pytest.raises(EvaluationError, match="is empty"):
        lead_mass(Heatmap("scar", 0.1, np.zeros((6, 2), np.float32), (1402, 2100)))


def test_an_image_of_no_known_format_has_no_leads():
    with pytest.raises(ReportError, match="no canonical image of a known format"):
        lead_mass(Heatmap("scar", 0.5, np.ones((2, 2), np.float32), (400, 300)))
