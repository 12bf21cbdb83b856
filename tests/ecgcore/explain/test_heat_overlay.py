from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import ReportError
from ecgcore.explain.heat_overlay import overlay, tint


def test_ink_stays_black_paper_takes_the_colour_and_without_evidence_nothing_changes():
    image = np.array([[[255] * 3, [0] * 3, [200, 150, 101]]] * 2, np.uint8)
    mass = np.array([[0.0] * 3, [1.0] * 3], np.float32)
    drawn = overlay(image, mass)
    assert drawn[0].tolist() == image[0].tolist()
    red = [239, 92, 66]
    assert drawn[1].tolist() == [
        red,
        [0, 0, 0],
        [round(c * r / 255) for c, r in zip((200, 150, 101), red, strict=True)],
    ]
    assert image[0, 0].tolist() == [255, 255, 255]


def test_more_evidence_is_never_lighter():
    brightness = tint(np.linspace(0, 1, 300, dtype=np.float32)[None])[0].sum(axis=1, dtype=int)
    assert brightness[0] == 765 and (np.diff(brightness) <= 0).all() and brightness[-1] < 400


def test_another_images_map_is_refused():
    with pytest.raises(ReportError, match="pass the image that was explained"):
        overlay(np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4), np.float32))
