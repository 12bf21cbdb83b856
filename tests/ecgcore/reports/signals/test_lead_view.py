import cv2
import numpy as np
import pytest
from PIL import Image

from ecgcore.reports.page.format import known_formats
from ecgcore.reports.signals.choice import Choice
from ecgcore.reports.signals.lead_signals import LeadQuality, SignalSource
from ecgcore.reports.signals.lead_view import note_of, view_leads


@pytest.mark.parametrize("fmt", ["old", pytest.param("new", marks=pytest.mark.slow)])
def test_each_lead_is_drawn_in_colour_where_it_is(drawn, written, tmp_path, fmt):
    study = drawn.drawn(drawn.KINDS.index((fmt, "letter")), fmt, "letter")
    _, signals = view_leads(written(study.pdf), tmp_path / "leads.png", Choice.PIXELS)
    with Image.open(tmp_path / "leads.png") as picture:
        seen = np.asarray(picture.convert("RGB")).astype(int)
    assert signals.source is SignalSource.PIXELS and seen.shape == study.image.shape
    # the ink of the traces is under a coloured line: of what was black, nearly all is coloured now
    coloured = np.ptp(seen, axis=2) > 100
    black = study.image.max(axis=2) < 60
    labels = np.zeros_like(black)
    described = next(f for f in known_formats() if f.name == fmt)
    for box in described.canonical_labels.values():
        box.grown(6, 6).clipped(*described.canonical_size).cut(labels)[...] = True
    on_traces = black & ~labels
    near = cv2.dilate(coloured.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert near[on_traces].mean() > 0.99
    assert coloured.sum() < 2 * black.sum()


def test_notes_name_what_concerns_one_percent_or_more():
    assert note_of(LeadQuality("I", 1.0, text=0.009)) == ""
    found = LeadQuality("I", 0.9, 2, 0.1, overlap=0.053, text=0.02, clipped=0.01)
    assert note_of(found) == "missing 10%, overlap 5%, print 2%, clipped 1%"
