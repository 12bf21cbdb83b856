from __future__ import annotations

import pytest

from ecgcore.synth.heart.dipole import facing_leads
from ecgcore.synth.heart.disease import Territory

# the contiguous leads of each wall in the universal definition of myocardial infarction (Thygesen et al. 2018)
TEXTBOOK = {
    Territory.ANTERIOR: {"V1", "V2", "V3", "V4"},
    Territory.INFERIOR: {"II", "III", "aVF"},
    Territory.LATERAL: {"I", "aVL", "V5", "V6"},
}


@pytest.mark.parametrize("territory", list(Territory))
def test_a_wall_is_faced_by_the_textbooks_leads(territory):
    facing = set(facing_leads(territory))
    assert facing >= TEXTBOOK[territory]
    assert len(facing - TEXTBOOK[territory]) <= 1  # V4 also looks at the lateral wall
