"""Report pages with everything of a study but its disease: the traces are flat."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecgcore.reports.file.render import render_page
from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.format import known_formats
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.recognise.canonical import canonical_image
from ecgcore.synth.drawing.draw import draw_report
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.patient import Study
from ecgcore.synth.record import FS, SAMPLES, draw_record

FORMATS = {fmt.name: fmt for fmt in known_formats()}
PAGES = 10  # of each format and paper


def rate(drawn: Study, seed: int) -> int:
    return round(draw_record(seed, drawn).rhythm.rate)


def traceless(drawn: Study, seed: int, folder: Path) -> np.ndarray:
    """Return the canonical image of a study's report with the same header, age, sex and rate, but flat traces."""
    header = Header(drawn.name, drawn.hn, drawn.taken, drawn.age, drawn.female, rate(drawn, seed))
    path = folder / "traceless.pdf"
    draw_report(np.zeros((12, SAMPLES)), FS, drawn.fmt, drawn.paper, header, path)
    return canonical_image(render_page(read_source(path, DEFAULT_LIMITS), DEFAULT_LIMITS), FORMATS[drawn.fmt.value])


def most_different(studies: list[Study], seed: int) -> list[Study]:
    """Return the youngest, oldest, slowest and fastest, and others, of both sexes."""
    by_age, by_rate = sorted(studies, key=lambda s: s.age), sorted(studies, key=lambda s: rate(s, seed))
    ends = [by_age[0], by_age[-1], by_rate[0], by_rate[-1]]
    others = [study for study in studies if all(study is not end for end in ends)]
    found = [*ends, *others[: PAGES - len(ends)]]
    assert len({study.female for study in found}) == 2
    return found
