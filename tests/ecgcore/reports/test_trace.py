import numpy as np
import pytest

from ecgcore.reports.format import LEADS
from ecgcore.reports.reason import Reason, RefusalError
from ecgcore.reports.signal import SignalSource
from ecgcore.reports.trace import signals_from_image


@pytest.mark.parametrize(("fmt", "paper"), [("old", "letter"), ("old", "a4"), ("new", "letter"), ("new", "a4")])
def test_the_pixels_give_back_the_record(drawn, fmt, paper):
    study = drawn.drawn(drawn.KINDS.index((fmt, paper)), fmt, paper)
    signals = signals_from_image(study.image)
    correlation, rmse = drawn.errors(signals.millivolts, study.record.signals)
    assert signals.leads == LEADS and signals.rate_hz == 500 and signals.source is SignalSource.PIXELS
    assert correlation.min() > 0.98, dict(zip(LEADS, correlation.round(4), strict=True))
    assert rmse.max() < 0.05, dict(zip(LEADS, rmse.round(4), strict=True))
    assert min(q.covered for q in signals.quality) > 0.98


@pytest.mark.parametrize(
    ("fmt", "shape", "columns", "seconds"),
    [
        # visible px of each column, from the table of the two formats: the first old one loses 4 px on the left
        ("old", (12, 5000), [0] * 6 + [1] * 6, [1468 / 295.276] * 6 + [1352 / 295.276] * 6),
        ("new", (12, 5000), [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3, [701 / 295.276] * 12),
    ],
)
def test_each_lead_has_its_own_part_of_the_record(drawn, fmt, shape, columns, seconds):
    signals = signals_from_image(drawn.drawn(drawn.KINDS.index((fmt, "letter")), fmt, "letter").image)
    assert signals.millivolts.shape == shape and list(signals.columns) == columns and signals.seconds == 10
    assert np.isfinite(signals.millivolts).sum(axis=1) / 500 == pytest.approx(seconds, abs=0.008)
    starts = np.isfinite(signals.millivolts).argmax(axis=1) / 500
    expected = [column * (5.0 if fmt == "old" else 2.5) for column in columns]
    expected = [max(start, 4 / 295.276 if fmt == "old" else 0.0) for start in expected]
    assert starts == pytest.approx(expected, abs=0.005)


def test_a_lead_without_a_trace_is_named(drawn):
    image = drawn.drawn(0, "old", "letter").image.copy()
    image[660 + 50 : 880, :1468] = 255  # aVR, but for its label
    with pytest.raises(RefusalError) as error:
        signals_from_image(image)
    assert error.value.reason == Reason.EMPTY_LEAD and error.value.value == "aVR"


@pytest.mark.parametrize(
    "image", [np.zeros((10, 10, 3), np.uint8), np.zeros((1320, 2820, 3)), np.zeros((1320, 2820), np.uint8)]
)
def test_an_image_of_no_known_shape_is_refused(image):
    with pytest.raises(RefusalError, match="wrong-geometry"):
        signals_from_image(image)


def test_a_white_image_names_all_leads():
    with pytest.raises(RefusalError, match="I, II, III, aVR"):
        signals_from_image(np.full((2100, 1402, 3), 255, np.uint8))
