"""Synthetic studies whose true signals are known, drawn and read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecgcore.reports.report import read_report
from ecgcore.synth.drawing.draw import report_page
from ecgcore.synth.drawing.layout import EcgFormat, Paper
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.drawing.pdf import build_pdf
from ecgcore.synth.entry import entry_of
from ecgcore.synth.page_file import entry_page
from ecgcore.synth.patient import draw_study
from ecgcore.synth.record import Record, draw_record

SEED = 77
KINDS = [(fmt, paper) for fmt in EcgFormat for paper in Paper]


@dataclass(frozen=True)
class Drawn:
    """A study: its true record, its PDF and, rendered when asked for, the canonical image of that."""

    record: Record
    pdf: bytes

    @cached_property
    def image(self) -> np.ndarray:
        return _image(self.pdf)


@cache
def drawn(index: int, fmt: str, paper: str) -> Drawn:
    """Draw a study of the hospital with seed 77 on this paper, whatever format its year has."""
    study = replace(draw_study(SEED, index), fmt=EcgFormat(fmt), paper=Paper(paper))
    pdf = build_pdf([entry_page(entry_of(study, index), SEED)])
    return Drawn(draw_record(SEED, study), pdf)


def printed(millivolts: np.ndarray, fmt: str, paper: str) -> np.ndarray:
    """Draw a record (12, 5000) in mV at 500 Hz without a header, and return its canonical image."""
    return _image(build_pdf([report_page(millivolts, 500, fmt, paper, Header("", "", datetime(2016, 1, 1)))]))


def _image(pdf: bytes) -> np.ndarray:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(pdf)
        return read_report(path).image


def errors(millivolts: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation and RMSE (mV) of each lead where it is drawn; both arrays (12,)."""
    correlation, rmse = np.zeros(12), np.zeros(12)
    for i, (found, true) in enumerate(zip(millivolts, truth[:, : millivolts.shape[1]], strict=True)):
        known = np.isfinite(found)
        correlation[i] = np.corrcoef(found[known], true[known])[0, 1]
        rmse[i] = np.sqrt(np.mean((found[known] - true[known]) ** 2))
    return correlation, rmse
