import numpy as np
import pytest

from ecgcore.reports.page.format import LEADS
from ecgcore.reports.page.reason import Reason, RefusalError
from ecgcore.reports.report import read_report
from ecgcore.reports.signals.lead_signals import SignalSource
from ecgcore.reports.signals.trace import signals_from_image


@pytest.mark.parametrize(("fmt", "paper"), [("old", "letter"), ("new", "letter")])
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


@pytest.mark.parametrize("kind", ["noise", "black", "stripes", "dots"])
def test_nonsense_of_the_right_shape_gives_signals_or_one_clear_error(kind):
    rng = np.random.default_rng(0)
    image = {
        "noise": lambda: rng.integers(0, 256, (1320, 2820, 3), np.uint8),
        "black": lambda: np.zeros((2100, 1402, 3), np.uint8),
        "stripes": lambda: np.repeat(np.where(np.arange(1320) % 4 < 2, 0, 255).astype(np.uint8), 2820 * 3),
        "dots": lambda: np.where(rng.random((2100, 1402, 1)) < 0.01, 0, 255).astype(np.uint8).repeat(3, axis=2),
    }[kind]()
    image = image.reshape(1320, 2820, 3) if kind == "stripes" else image
    try:
        signals = signals_from_image(image)
    except RefusalError as error:
        assert error.reason == Reason.EMPTY_LEAD
    else:
        assert all(0 <= q.covered <= 1 for q in signals.quality) and not np.isinf(signals.millivolts).any()


def test_a_trace_without_noise_is_read_to_a_hundredth_of_a_millivolt(paper, written):
    """Straight lines of the tests' own writer: 0.5 mV up and down in 0.2 s, whose corners a pen rounds."""
    t = np.arange(5000) / 500
    zigzag = np.interp(t % 0.4, [0, 0.2, 0.4], [-0.25, 0.25, -0.25])
    pdf = paper.old_pdf(signals=dict.fromkeys(LEADS, zigzag))
    found = signals_from_image(read_report(written(pdf)).image).millivolts[:6, 10:2480]
    apart = found - zigzag[10:2480]
    assert np.abs(apart - np.median(apart, axis=1, keepdims=True)).max() < 0.01


def spread(values: np.ndarray) -> str:
    return " ".join(f"{q:g}%: {np.quantile(values, q / 100):.4f}" for q in (0, 1, 5, 50, 95, 99, 100))


@pytest.mark.full
def test_every_lead_of_forty_studies(drawn, capsys):
    """Measured when written: correlation 0.993 to 1, median 0.9994; RMSE median 0.0036, largest 0.0106 mV."""
    read = []
    for index in range(40):
        fmt, paper = drawn.KINDS[index % 4]
        study = drawn.drawn(index, fmt, paper)
        read.append(drawn.errors(signals_from_image(study.image).millivolts, study.record.signals))
    correlation, rmse = np.array(read).transpose(1, 0, 2)
    worst = np.unravel_index(rmse.argmax(), rmse.shape)
    with capsys.disabled():
        print(f"\ncorrelation {spread(correlation)}\nRMSE (mV) {spread(rmse)}; worst: {worst[0]}, {LEADS[worst[1]]}")
    assert np.median(correlation, axis=0).min() >= 0.98 and correlation.min() >= 0.98
    assert np.median(rmse, axis=0).max() <= 0.01 and rmse.max() <= 0.05


@pytest.mark.full
@pytest.mark.parametrize(("fmt", "least", "whole"), [("old", 0.93, 0.95), ("new", 0.98, 0.99)])
def test_real_ecgs_printed_and_read(drawn, real_signals, capsys, fmt, least, whole):
    """Every tenth of the 400 real ECGs. R waves of more than a row, 1.86 mV in the old format, cross the next lead.

    Args:
        least: share of leads with a correlation of at least 0.98.
        whole: mean correlation of all leads.
    """
    found = []
    for index, leads in enumerate(real_signals[::10]):
        record = np.array([leads[lead] for lead in LEADS])
        image = drawn.printed(record, fmt, ("letter", "a4")[index % 2])
        found.append(drawn.errors(signals_from_image(image).millivolts, record))
    correlation, rmse = np.array(found).transpose(1, 0, 2)
    with capsys.disabled():
        print(
            f"\n{fmt}: correlation {spread(correlation)}; at least 0.98: {(correlation >= 0.98).mean():.3f}\n"
            f"RMSE (mV) {spread(rmse)}"
        )
    assert np.median(correlation) >= 0.995 and np.median(rmse) <= 0.01
    assert (correlation >= 0.98).mean() >= least and correlation.mean() >= whole
