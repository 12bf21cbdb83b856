from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.reports.file import pdf_path
from ecgcore.reports.file.pdf_path import dark_strokes
from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.format import LEADS, known_formats
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.page.reason import Reason, RefusalError
from ecgcore.reports.signals.lead_signals import SignalSource
from ecgcore.reports.signals.vector import signals_from_paths, signals_from_pdf

FORMATS = {f.name: f for f in known_formats()}


def read(path, fmt):
    return signals_from_paths(read_source(path, DEFAULT_LIMITS), FORMATS[fmt], DEFAULT_LIMITS)


@pytest.mark.parametrize(("fmt", "paper_size"), [("old", "letter"), ("new", "letter")])
def test_the_paths_give_back_the_record_to_5_microvolt(drawn, written, fmt, paper_size):
    study = drawn.drawn(drawn.KINDS.index((fmt, paper_size)), fmt, paper_size)
    signals = signals_from_pdf(written(study.pdf))
    _, rmse = drawn.errors(signals.millivolts, study.record.signals)
    assert signals.source is SignalSource.VECTOR
    assert rmse.max() < 0.005, dict(zip(LEADS, rmse.round(5), strict=True))
    # 1472 px of the first old column, all 5 s of the second, all 2.5 s (738 px) of each new one
    seconds = [1472 / 295.276] * 6 + [5.0] * 6 if fmt == "old" else [2.5] * 12
    assert np.isfinite(signals.millivolts).sum(axis=1) / 500 == pytest.approx(seconds, abs=0.004)
    assert min(q.covered for q in signals.quality) > 0.99 and {q.gaps for q in signals.quality} == {0}


def truth(signals, fmt):
    """What the tests' own writer draws in 12 rows, in the record's time: it starts every lead at its own second 0."""
    seconds, columns = (5.0, 2) if fmt == "old" else (2.5, 4)
    out = np.full((12, 5000), np.nan)
    for i, lead in enumerate(LEADS):
        start = round(i // (12 // columns) * seconds * 500)
        out[i, start : start + round(seconds * 500)] = signals[lead][: round(seconds * 500)]
    return out


def close(found, true):
    """RMSE of each lead in mV without its constant: this writer draws 0 mV elsewhere."""
    apart = found - true
    return np.sqrt(np.nanmean((apart - np.nanmedian(apart, axis=1, keepdims=True)) ** 2, axis=1))


@pytest.mark.parametrize("width", [1.0, 4.0, 7.0])
@pytest.mark.parametrize("fmt", ["old", "new"])
def test_another_writers_paths_of_any_width(paper, written, fmt, width):
    pdf = getattr(paper, f"{fmt}_pdf")(trace_width_px=width)
    assert close(read(written(pdf), fmt).millivolts, truth(paper.beats(), fmt)).max() < 0.005


def pieces(pen, xs, ys, width):
    """Every segment as a path of its own."""
    for i in range(len(xs) - 1):
        pen.canvas.setLineWidth(width * 0.24)
        pen.canvas.line(pen.x(xs[i]), pen.y(ys[i]), pen.x(xs[i + 1]), pen.y(ys[i + 1]))


@pytest.mark.parametrize("fmt", ["old", "new"])
def test_a_trace_in_single_segments(paper, written, monkeypatch, fmt):
    monkeypatch.setattr(paper.Pen, "line", pieces)
    coarse = paper.beats(rate=100.0)
    pdf = getattr(paper, f"{fmt}_pdf")(signals=coarse)
    t, known = np.arange(5000) / 500, np.arange(1000) / 100
    fine = {lead: np.interp(t, known, values) for lead, values in coarse.items()}
    assert close(read(written(pdf), fmt).millivolts, truth(fine, fmt)).max() < 0.005


def test_a_row_that_is_one_path_over_all_columns_is_cut_at_them(paper, written):
    signals = paper.beats()
    edges, starts = (0, 740, 1478, 2217, 2955), 82

    def paint(pen):
        paper.draw_grid(pen)
        pen.canvas.setStrokeColorRGB(0, 0, 0)
        for row in range(3):
            xs, ys = [], []
            for column in range(4):
                n = int((edges[column + 1] - edges[column]) / 295.276 * 500)
                values = signals[LEADS[3 * column + row]][:n]
                xs.append(starts + edges[column] + 1 + np.arange(n) / 500 * 295.276)
                ys.append(950 + 200 + 350 * row - values * 118.11)
            pen.line(np.concatenate(xs), np.concatenate(ys), 3)

    found = read(written(paper.page_of(paint)), "new").millivolts
    assert close(found[:, :], np.roll(truth(signals, "new"), 2, axis=1)).max() < 0.05  # it starts 1 px, 3.4 ms, late


@pytest.mark.parametrize("change", [{"rotate": 90}, {"rotate": 270}, {"grid_extent": "page"}])
def test_turned_pages_and_larger_grids(paper, written, change):
    pdf = paper.new_pdf(page="a4", **change)
    assert close(read(written(pdf), "new").millivolts, truth(paper.beats(), "new")).max() < 0.005


def test_a_moved_page(paper, written):
    pdf = paper.with_media_box_moved(paper.old_pdf(origin=(30, 40)), 30, 40)
    assert close(read(written(pdf), "old").millivolts, truth(paper.beats(), "old")).max() < 0.005


@pytest.mark.parametrize("change", [{}, {"rotate": 90}, {"crop_box": (60, 60, 600, 500)}])
@pytest.mark.parametrize("fmt", ["old", "new"])
def test_a_page_that_inherits_its_size(paper, written, fmt, change):
    pdf = paper.with_media_box_inherited(getattr(paper, f"{fmt}_pdf")(**change))
    assert close(read(written(pdf), fmt).millivolts, truth(paper.beats(), fmt)).max() < 0.005


def test_a_missing_lead_is_named(paper, written):
    with pytest.raises(RefusalError) as error:
        read(written(paper.old_pdf(skip=("aVL", "V2"))), "old")
    assert (error.value.reason, error.value.value) == (Reason.NO_VECTOR_TRACE, "aVL, V2")


def test_a_lead_drawn_twice_is_not_guessed(paper, written):
    def paint(pen):
        pen.canvas.setStrokeColorRGB(0, 0, 0)
        paper.draw_old(pen, paper.beats())
        pen.line(*paper.trace(paper.beats(seed=1)["III"], 176, 258 + 484 + 90, 4.98), 4)

    with pytest.raises(RefusalError) as error:
        read(written(paper.page_of(paint)), "old")
    assert error.value.value == "III"


def test_a_gap_stays_a_gap(paper, written):
    def paint(pen):
        pen.style = replace(pen.style, skip=("II",))
        paper.draw_old(pen, paper.beats())
        xs, ys = paper.trace(paper.beats()["II"], 176, 258 + 262 + 90, 4.98)
        pen.line(xs[:1001], ys[:1001], 4)
        pen.line(xs[1250:], ys[1250:], 4)

    signals = read(written(paper.page_of(paint)), "old")
    quality = signals.quality[1]
    assert quality.gaps == 1 and quality.longest_gap_s == pytest.approx(249 / 500)
    assert np.flatnonzero(np.isnan(signals.millivolts[1, :2490])).tolist() == list(range(1001, 1250))
    assert quality.covered == pytest.approx((4.98 - 249 / 500) / 5, abs=0.002)


def test_a_picture_has_no_paths(drawn, tmp_path):
    from PIL import Image

    path = tmp_path / "old.png"
    Image.fromarray(drawn.drawn(0, "old", "letter").image).save(path)
    with pytest.raises(RefusalError, match="no-vector-trace"):
        read(path, "old")


def test_too_many_points_are_refused(paper, written, monkeypatch):
    monkeypatch.setattr(pdf_path, "_MOST_POINTS", 1000)
    with pytest.raises(RefusalError, match="too-large"):
        read(written(paper.old_pdf()), "old")
    monkeypatch.setattr(pdf_path, "_MOST_OBJECTS", 5)
    with pytest.raises(RefusalError, match="too-large"):
        read(written(paper.old_pdf()), "old")


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=0, max_size=200))
def test_bytes_that_are_no_pdf_give_one_clear_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("noise") / "noise.pdf"
    path.write_bytes(b"%PDF-1.4\n" + data + b"\nstartxref\n0\n%%EOF")
    with pytest.raises(RefusalError):
        read(path, "old")


def curve_pdf(operators: bytes) -> bytes:
    from ecgcore.synth.drawing.pdf import Page, build_pdf

    return build_pdf([Page(792, 612, operators)])


def test_curves_forms_and_colours(written):
    """A cubic with its control points on a line is that line; light and filled paths are no strokes."""
    code = b"0 G 10 600 m 20 600 30 600 40 600 c S 0.8 0.2 0.2 RG 10 500 m 50 500 l S 0 g 10 400 m 50 400 l 50 410 l f"
    strokes = dark_strokes(read_source(written(curve_pdf(code)), DEFAULT_LIMITS), DEFAULT_LIMITS)
    assert len(strokes) == 1
    x = np.array([10, 17.5, 25, 32.5, 40]) * 300 / 72
    np.testing.assert_allclose(strokes[0], np.column_stack([x, np.full(5, 12 * 300 / 72)]), atol=1e-3)


@pytest.mark.full
def test_every_lead_of_forty_studies(drawn, written):
    for index in range(40):
        fmt, paper_size = drawn.KINDS[index % 4]
        study = drawn.drawn(index, fmt, paper_size)
        found = read(written(study.pdf, f"{index}.pdf"), fmt).millivolts
        assert drawn.errors(found, study.record.signals)[1].max() < 0.001  # mV; 5 microvolt is asked
