from datetime import datetime

import numpy as np
import pytest

from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.heart.disease import Disease, Territory
from ecgcore.synth.record import record_of


def disease(scar: float = -2.0, lvef: float = -2.0, territory: Territory = Territory.ANTERIOR) -> Disease:
    return Disease(scar, lvef, territory, scar > 0.6, scar > 0.6, False, 35.0 if lvef > 0.9 else 62.0)


@pytest.fixture
def header() -> Header:
    return Header("Brato Kelimun", "12345678", datetime(2015, 3, 4, 9, 30), 71, True, 72)


@pytest.fixture
def record():
    """A healthy 12-lead record."""
    return record_of(disease(), np.random.default_rng(4))
