"""Ink as runs: the unbroken vertical pieces of every pixel column, and how they join from column to column."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.page.box import Pixels

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """Runs of ink, sorted by column, then from top to bottom; arrays of shape (n,).

    Args:
        column: x of each, px.
        first, last: y of its first and last pixel.
        upper, lower: its edges in px with a fraction, so that ``lower - upper`` is its ink.
    """

    column: Ints
    first: Ints
    last: Ints
    upper: Floats
    lower: Floats

    def __len__(self) -> int:
        return len(self.column)


def find_runs(ink: Pixels, least: int) -> Runs:
    """Return the runs of pixels with at least ``least`` ink.

    Args:
        ink: uint8 (H, W), 0 is paper and 255 full ink.
        least: level from which a pixel belongs to a run.

    An edge lies where it would lie if the ink of all pixels of the run on this side of its darkest pixel were full.
    """
    upright: Pixels = np.asarray(cv2.transpose(ink), np.uint8)
    height = upright.shape[1]
    padded = np.zeros((len(upright), height + 1), np.bool_)
    np.greater_equal(upright, least, out=padded[:, :-1])
    flat = padded.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        turns = np.concatenate([[0], turns])
    starts, ends = turns[::2], turns[1::2]
    column = starts // (height + 1)
    first, last = starts - column * (height + 1), ends - 1 - column * (height + 1)
    upper, lower = _edges(upright, column, first, last)
    return Runs(column, first, last, upper, lower)


def _edges(upright: Pixels, column: Ints, first: Ints, last: Ints) -> tuple[Floats, Floats]:
    lengths = last - first + 1
    if not len(lengths):
        return np.zeros(0), np.zeros(0)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    rows = np.arange(lengths.sum()) - np.repeat(offsets - first, lengths)
    ink = upright[np.repeat(column, lengths), rows].astype(np.float64) / 255
    darkest = np.repeat(np.maximum.reduceat(ink, offsets), lengths)
    middle = np.minimum.reduceat(np.where(ink == darkest, rows, upright.shape[1]), offsets)
    signed = ink * np.sign(rows - np.repeat(middle, lengths))
    below, above = np.add.reduceat(np.maximum(signed, 0), offsets), np.add.reduceat(np.maximum(-signed, 0), offsets)
    half = darkest[offsets] / 2
    return middle + 0.5 - half - above, middle + 0.5 + half + below


def links(runs: Runs, height: int) -> tuple[Ints, Ints]:
    """Return pairs (run, run of the next column) that touch, corners included; arrays of shape (m,)."""
    span = height + 2
    begin, end = runs.column * span + runs.first, runs.column * span + runs.last
    left = np.searchsorted(end, begin + span - 1, "left")
    right = np.searchsorted(begin, end + span + 1, "right")
    counts = np.maximum(right - left, 0)
    source = np.repeat(np.arange(len(runs)), counts)
    offsets = np.cumsum(counts) - counts
    return source, np.arange(counts.sum()) - np.repeat(offsets - left, counts)
