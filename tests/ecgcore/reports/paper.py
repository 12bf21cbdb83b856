"""A second, deliberately plain writer of ECG report PDFs for the tests; it knows nothing of ``ecgcore``.

Every number is typed from the document that describes the two formats, in pixels at 300 dpi from the top left corner.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
PAGES = {"letter": (3300, 2550), "a4": (3508, 2480)}
GRID = ((250, 200, 168), (216, 111, 98), (168, 0, 0))
OLD_LABEL_Y = (41, 262, 484, 703, 921, 1142)
NEW_X = (0, 740, 1478, 2217)
NEW_LABEL_X = (13, 770, 1525, 2285)
PX_PER_MM = 300 / 25.4
Signal = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Style:
    """What real writers differ in."""

    page: str = "letter"
    trace_width_px: float = 4.0
    grid_width_px: float = 1.0
    grid_extent: str = "box"  # box | page | none
    grid_scale: float = 1.0  # of the distances of its lines
    grid_colours: tuple[tuple[int, int, int], ...] = GRID
    font: str = "Helvetica"
    font_px: float = 36.0
    labels: tuple[str, ...] = LEADS
    header: tuple[str, ...] = ("HN: 12-345678", "12-Mar-2018 10:11")
    skip: tuple[str, ...] = ()
    origin: tuple[float, float] = (0.0, 0.0)
    rotate: int = 0
    crop_box: tuple[float, float, float, float] | None = None  # points; left, bottom, right, top
    password: str | None = None
    owner_password: str | None = None
    pages: int = 1
    copy_to: str = ""
    baseline_shift_px: float = 0.0
    flags: frozenset[str] = field(default_factory=frozenset)


class Pen:
    """A reportlab canvas addressed in pixels at 300 dpi from the top left."""

    def __init__(self, style: Style) -> None:
        self.style = style
        width, height = PAGES[style.page]
        self.size = (width, height)
        encrypt = None
        if style.password is not None or style.owner_password is not None:
            encrypt = pdfencrypt.StandardEncryption(style.password or "", style.owner_password or "owner", strength=128)
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=(width * 0.24, height * 0.24), encrypt=encrypt, invariant=1)
        self.start_page()

    def start_page(self) -> None:
        ox, oy = self.style.origin
        width, height = self.size
        if self.style.rotate in (90, 270):
            self.canvas.setPageRotation(self.style.rotate)  # which also swaps the sides of the MediaBox
            if self.style.rotate == 90:
                self.canvas.transform(0, 1, -1, 0, height * 0.24, 0)
            else:
                self.canvas.transform(0, -1, 1, 0, 0, width * 0.24)
        elif self.style.rotate == 180:
            self.canvas.setPageRotation(180)
            if "upright" in self.style.flags:
                self.canvas.transform(-1, 0, 0, -1, width * 0.24, height * 0.24)
        if self.style.crop_box:
            left, bottom, right, top = self.style.crop_box
            self.canvas.setCropBox((left, bottom, right, top))
        self.canvas.translate(ox, oy)

    def x(self, px: float) -> float:
        return px * 0.24

    def y(self, px: float) -> float:
        return (self.size[1] - px) * 0.24

    def line(self, xs: NDArray[np.float64], ys: NDArray[np.float64], width_px: float) -> None:
        c = self.canvas
        c.setLineWidth(width_px * 0.24)
        c.setLineJoin(1)
        path = c.beginPath()
        path.moveTo(self.x(xs[0]), self.y(ys[0]))
        for x, y in zip(xs[1:], ys[1:], strict=True):
            path.lineTo(self.x(x), self.y(y))
        c.drawPath(path)

    def text(self, x: float, y: float, words: str, size_px: float) -> None:
        self.canvas.setFont(self.style.font, size_px * 0.24)
        self.canvas.drawString(self.x(x), self.y(y), words)

    def colour(self, rgb: tuple[int, int, int]) -> None:
        self.canvas.setStrokeColorRGB(*(v / 255 for v in rgb))

    def finish(self) -> bytes:
        self.canvas.showPage()
        for _ in range(self.style.pages - 1):
            self.text(300, 300, "a second page", 40)
            self.canvas.showPage()
        self.canvas.save()
        return self.out.getvalue()


def beats(seconds: float = 10.0, rate: float = 500.0, seed: int = 0) -> Signal:
    """Twelve made-up leads in mV: sums of Gaussians, good enough to draw; the limb leads are views of one heart."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    phase = (t % 0.85) - 0.3
    waves = [(-0.16, 0.02, 0.12), (-0.03, 0.008, -0.1), (0.0, 0.011, 1.0), (0.03, 0.009, -0.2), (0.28, 0.05, 0.3)]
    gains = rng.uniform(0.4, 1.1, size=(12, len(waves))) * np.where(rng.random((12, 1)) < 0.25, -1, 1)
    signals = {
        lead: sum(g * a * np.exp(-0.5 * ((phase - m) / s) ** 2) for g, (m, s, a) in zip(gains[i], waves, strict=True))
        for i, lead in enumerate(LEADS)
    }
    one, two = signals["I"], signals["II"]
    limbs = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    return signals | limbs


def trace(signal: NDArray[np.float64], left: float, baseline: float, seconds: float) -> tuple[NDArray, NDArray]:
    rate = len(signal) / 10.0
    n = int(seconds * rate)
    t = np.arange(n) / rate
    return left + t * 25 * PX_PER_MM, baseline - signal[:n] * 10 * PX_PER_MM


def draw_header(pen: Pen) -> None:
    for i, words in enumerate(pen.style.header):
        pen.text(200, 120 + 50 * i, words, 36)


def draw_old(pen: Pen, signals: Signal) -> None:
    style = pen.style
    pen.canvas.setStrokeColorRGB(0, 0, 0)
    draw_header(pen)
    for i, lead in enumerate(LEADS):
        column, row = divmod(i, 6)
        left = 176 + 1472 * column
        top = 258 + OLD_LABEL_Y[row]
        pen.text(left + 9, top + 13, style.labels[i], style.font_px)
        if lead in style.skip:
            continue
        xs, ys = trace(signals[lead], left, top + 90 + style.baseline_shift_px, 4.98)
        pen.line(xs, ys, style.trace_width_px)


def draw_grid(pen: Pen) -> None:
    style = pen.style
    box = (82, 950, 3000, 2000) if style.grid_extent == "box" else (60, 300, pen.size[0] - 60, pen.size[1] - 100)
    for step, rgb in ((1, style.grid_colours[0]), (5, style.grid_colours[1]), (25, style.grid_colours[2])):
        pen.colour(rgb)
        pen.canvas.setLineWidth(style.grid_width_px * 0.24)
        for x in np.arange(box[0], box[2] + 1, step * style.grid_scale * PX_PER_MM):
            pen.canvas.line(pen.x(x), pen.y(box[1]), pen.x(x), pen.y(box[3]))
        for y in np.arange(box[1], box[3] + 1, step * style.grid_scale * PX_PER_MM):
            pen.canvas.line(pen.x(box[0]), pen.y(y), pen.x(box[2]), pen.y(y))


def draw_new(pen: Pen, signals: Signal) -> None:
    style = pen.style
    if style.grid_extent != "none":
        draw_grid(pen)
    pen.canvas.setStrokeColorRGB(0, 0, 0)
    draw_header(pen)
    for i, lead in enumerate(LEADS):
        column, row = divmod(i, 3)
        left, top = 82 + NEW_X[column], 950 + 350 * row
        pen.text(82 + NEW_LABEL_X[column], top + 77, style.labels[i], style.font_px)
        if lead in style.skip:
            continue
        xs, ys = trace(signals[lead], left, top + 190 + style.baseline_shift_px, 2.5 if column < 3 else 2.37)
        pen.line(xs, ys, style.trace_width_px)
    if "no-rhythm" not in style.flags:
        xs, ys = trace(signals["II"], 82, 2150, 9.87)
        pen.line(xs, ys, style.trace_width_px)


def draw(painter: Callable[[Pen, Signal], None], style: Style, signals: Signal) -> bytes:
    pen = Pen(style)
    painter(pen, signals)
    return pen.finish()


def old_pdf(style: Style | None = None, signals: Signal | None = None, **changes: object) -> bytes:
    """A six by two report without a grid."""
    return draw(draw_old, replace(style or Style(), **changes), signals or beats())  # type: ignore[arg-type]


def new_pdf(style: Style | None = None, signals: Signal | None = None, **changes: object) -> bytes:
    """A three by four report on a grid, with a rhythm strip."""
    return draw(draw_new, replace(style or Style(), **changes), signals or beats())  # type: ignore[arg-type]


def draw_rows(pen: Pen, signals: Signal, rows: int, grid: bool, top: float = 960, bottom: float = 1990) -> None:
    """The first ``rows`` leads over the full width: a layout that is neither of the two."""
    if grid:
        draw_grid(pen)
    pen.canvas.setStrokeColorRGB(0, 0, 0)
    pitch = (bottom - top) / rows
    for i, lead in enumerate(LEADS[:rows]):
        baseline = top + (i + 0.5) * pitch
        pen.text(95, baseline - 10, lead, 30)
        xs, ys = trace(signals[lead] * min(1.0, pitch / 250), 82, baseline, 9.87)
        pen.line(xs, ys, 4)


def draw_prose(pen: Pen, size_px: float = 44, leading_px: float = 60) -> None:
    """A page of text."""
    words = "the patient was seen in the clinic and an electrocardiogram was recorded which showed sinus rhythm and "
    y = 150.0
    while y < pen.size[1] - 100:
        pen.text(90, y, (words * 4)[: int(5600 / size_px)], size_px)
        y += leading_px


def page_of(painter: Callable[[Pen], None], **changes: object) -> bytes:
    """A PDF page drawn by a function of the pen alone."""
    pen = Pen(replace(Style(), **changes))  # type: ignore[arg-type]
    painter(pen)
    return pen.finish()


def old_on_grid(signals: Signal) -> bytes:
    def paint(pen: Pen) -> None:
        style = replace(pen.style, grid_extent="page")
        pen.style = style
        draw_grid(pen)
        draw_old(pen, signals)

    return page_of(paint)


def with_media_box_moved(pdf: bytes, dx: int, dy: int) -> bytes:
    """Move the page's coordinate system: MediaBox no longer starts at 0, 0, and the content moves with it."""
    return pdf.replace(b"/MediaBox [ 0 0 792 612 ]", b"/MediaBox [ %d %d %d %d ]" % (dx, dy, 792 + dx, 612 + dy))


def with_media_box_inherited(pdf: bytes) -> bytes:
    """Move the MediaBox from the page to its parent, where writers of many equal pages put it."""
    (box,) = re.findall(rb"/MediaBox \[[^]]*\]", pdf)
    return pdf.replace(box, b"").replace(b"/Type /Pages", box + b" /Type /Pages")
