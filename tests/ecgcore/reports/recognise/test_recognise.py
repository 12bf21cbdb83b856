import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from ecgcore.reports.page.format import LEADS
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.report import read_report


def reason_of(path) -> Reason:
    with pytest.raises(RefusalError) as refused:
        read_report(path)
    assert refused.value.hint
    return Reason(refused.value.reason)


@pytest.mark.parametrize(
    "style",
    [
        {"trace_width_px": 1.0},
        pytest.param({"trace_width_px": 8.0}, marks=pytest.mark.slow),
        {"font_px": 30.0, "font": "Times-Roman"},
        pytest.param({"header": ()}, marks=pytest.mark.slow),
        pytest.param({"baseline_shift_px": 25.0}, marks=pytest.mark.slow),
        pytest.param({"baseline_shift_px": -40.0}, marks=pytest.mark.slow),
        pytest.param({"page": "a4"}, marks=pytest.mark.slow),
        {"owner_password": "secret"},
        {"pages": 2},
    ],
)
@pytest.mark.parametrize("name", ["old", "new"])
def test_other_writers_are_recognised(style, name, paper, written):
    report = read_report(written(getattr(paper, f"{name}_pdf")(**style)))
    assert report.format.name == name


@pytest.mark.parametrize(
    "width", [0.2, pytest.param(0.6, marks=pytest.mark.slow), pytest.param(3.0, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("extent", ["box", "page"])
def test_thin_and_thick_grids_are_recognised(width, extent, paper, written):
    report = read_report(written(paper.new_pdf(grid_width_px=width, grid_extent=extent)))
    assert report.format.name == "new"


def test_a_grid_in_other_colours_is_removed_by_being_coloured_and_said(paper, written):
    report = read_report(written(paper.new_pdf(grid_colours=((240, 150, 150), (235, 140, 140), (230, 130, 130)))))
    assert report.cautions == (Caution.GRID_BY_COLOUR,)


def test_a_grid_that_no_rule_removes_is_said(paper, written, monkeypatch):
    """As where the traces are coloured, too, and would go with the grid."""
    monkeypatch.setattr(paper.Pen, "line", blue(paper.Pen.line))
    report = read_report(written(paper.new_pdf(grid_colours=((240, 150, 150), (235, 140, 140), (230, 130, 130)))))
    assert Caution.GRID_LEFT in report.cautions


def blue(line):
    def drawn(pen, xs, ys, width):
        pen.colour((0, 0, 120))
        line(pen, xs, ys, width)
        pen.colour((0, 0, 0))

    return drawn


def test_other_layouts_are_unknown(paper, written):
    signals = paper.beats()
    pages = {
        "text": paper.page_of(paper.draw_prose),
        "wide text": paper.page_of(lambda pen: paper.draw_prose(pen, 120, 220)),
        "twelve rows on grid": paper.page_of(lambda pen: paper.draw_rows(pen, signals, 12, True)),
        "twelve rows": paper.page_of(lambda pen: paper.draw_rows(pen, signals, 12, False, 290, 1600)),
        "six rows": paper.page_of(lambda pen: paper.draw_rows(pen, signals, 6, False, 290, 1600)),
        "three rows on grid": paper.page_of(lambda pen: paper.draw_rows(pen, signals, 3, True)),
        "rhythm strip": paper.page_of(lambda pen: paper.draw_rows(pen, signals, 1, True)),
        "grid only": paper.page_of(paper.draw_grid),
        "old on grid": paper.old_on_grid(signals),
        "new without grid": paper.new_pdf(grid_extent="none"),
        "green grid": paper.new_pdf(grid_colours=((98, 216, 111), (168, 250, 200), (0, 168, 0))),
        "old upside down": paper.old_pdf(rotate=180),
        "new upside down": paper.new_pdf(rotate=180),
    }
    reasons = {name: reason_of(written(data)) for name, data in pages.items()}
    assert reasons == dict.fromkeys(pages, Reason.UNKNOWN_FORMAT)


def test_inverted_colours_are_unknown(new_page, old_page, written):
    for page in (new_page, old_page):
        out = io.BytesIO()
        ImageOps.invert(page).save(out, "PNG", compress_level=1)
        assert reason_of(written(out.getvalue(), "page.png")) is Reason.UNKNOWN_FORMAT


def test_a_portrait_page_has_the_wrong_geometry(written, new_page):
    out = io.BytesIO()
    new_page.rotate(90, expand=True).save(out, "PNG", compress_level=1)
    assert reason_of(written(out.getvalue(), "page.png")) is Reason.WRONG_GEOMETRY


@pytest.mark.parametrize("name", ["old", "new"])
def test_missing_traces_are_named(name, paper, written):
    path = written(getattr(paper, f"{name}_pdf")(skip=("aVR", "V3")))
    with pytest.raises(RefusalError) as refused:
        read_report(path)
    assert (refused.value.reason, refused.value.value) == ("empty-lead", "aVR, V3")


@pytest.mark.parametrize("name", ["old", "new"])
def test_a_flat_lead_is_a_trace_and_said(name, paper, written):
    signals = paper.beats() | {lead: np.zeros(5000) for lead in ("V2", "V5")}
    report = read_report(written(getattr(paper, f"{name}_pdf")(signals=signals)))
    assert (report.cautions, report.details) == ((Caution.FLAT_LEAD,), {Caution.FLAT_LEAD: "V2, V5"})


@pytest.mark.parametrize("name", ["old", "new"])
def test_twelve_flat_leads_are_no_ecg(name, paper, written):
    signals = {lead: np.zeros(5000) for lead in LEADS}
    with pytest.raises(RefusalError, match=r"empty-lead .every lead is a flat line"):
        read_report(written(getattr(paper, f"{name}_pdf")(signals=signals)))


def test_a_trace_in_its_neighbours_box_is_there_but_said(paper, written):
    signals = paper.beats()
    moved = {**signals, "V2": signals["V2"] - 170 / 118.1}  # most of a row down
    report = read_report(written(paper.old_pdf(signals=moved)))
    assert Caution.TRACE_LEAVES_BOX in report.cautions
    assert reason_of(written(paper.old_pdf(signals=moved, skip=("V5",)))) is Reason.EMPTY_LEAD
    assert reason_of(written(paper.old_pdf(signals=moved, skip=("V3",)))) is Reason.EMPTY_LEAD


@pytest.mark.full
@pytest.mark.parametrize("name", ["old", "new"])
def test_no_real_ecg_is_refused(name, paper, written, real_signals):
    """Every eighth, from another writer; tests/acceptance reads all of them from ours."""
    refused = {}
    for number, raw in enumerate(real_signals[::8]):
        signals = {lead: signal - np.median(signal) for lead, signal in raw.items()}  # as machines do, 0.05 Hz up
        try:
            report = read_report(written(getattr(paper, f"{name}_pdf")(signals=signals)))
            assert report.format.name == name
        except RefusalError as e:
            refused[number] = str(e)
    assert len(real_signals) == 400
    assert refused == {}


def test_a_page_image_of_any_kind_is_white_paper(written):
    out = io.BytesIO()
    Image.new("RGB", (3300, 2550), "white").save(out, "PNG", compress_level=1)
    assert reason_of(written(out.getvalue(), "page.png")) is Reason.BLANK_PAGE
