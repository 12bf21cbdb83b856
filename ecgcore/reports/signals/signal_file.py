"""Signals as files that other programs read: CSV, and WFDB (PhysioNet) in format 16."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ecgcore.errors import ReportError
from ecgcore.reports.file.image_store import write_atomically
from ecgcore.reports.signals.lead_signals import LeadSignals, Millivolts

_UNITS_PER_MV = 1000  # a step of 1 microvolt; 16 bits reach to 32.767 mV
_NOT_DRAWN = -32768  # what WFDB keeps for "no sample" in format 16
_RECORD_NAME = re.compile(r"[A-Za-z0-9_-]+")


def write_signals(signals: LeadSignals, out: Path) -> None:
    """Write ``out`` in the format of its suffix: ``.csv``, or ``.hea`` with a ``.dat`` beside it.

    CSV has a line per sample: ``seconds`` of the record and mV of every lead, empty where nothing is drawn. WFDB is
    that of header(5) and signal(5) of the WFDB applications guide: 16 bits, little-endian, samples of all leads by
    turns, 1000 units per mV, -32768 where nothing is drawn.

    Raises:
        ReportError: another suffix, or a WFDB record name with other signs than letters, digits, ``_`` and ``-``.
        StoreError: the file cannot be written.
    """
    writers: dict[str, Callable[[LeadSignals, Path], None]] = {".csv": _write_csv, ".hea": _write_wfdb}
    if out.suffix not in writers:
        raise ReportError(out.name, "is neither .csv nor .hea", "name the output NAME.csv or NAME.hea (WFDB)")
    writers[out.suffix](signals, out)


def _write_csv(signals: LeadSignals, out: Path) -> None:
    lines = [",".join(("seconds", *signals.leads))]
    for i, row in enumerate(signals.millivolts.T.tolist()):
        cells = ("" if value != value else f"{value:.5f}" for value in row)
        lines.append(",".join((f"{i / signals.rate_hz:.4f}", *cells)))
    write_atomically(out, ("\n".join(lines) + "\n").encode())


def _write_wfdb(signals: LeadSignals, out: Path) -> None:
    if not _RECORD_NAME.fullmatch(out.stem):
        raise ReportError(
            out.name, "is no WFDB record name", "use letters, digits, _ and - before .hea; no dots or spaces"
        )
    units = _units(signals.millivolts)
    write_atomically(out.with_suffix(".dat"), units.T.astype("<i2").tobytes())
    write_atomically(out, _header(signals, units, out.stem).encode())


def _units(millivolts: Millivolts) -> np.ndarray:
    scaled = np.clip(np.rint(millivolts * _UNITS_PER_MV), _NOT_DRAWN + 1, -_NOT_DRAWN - 1)
    return np.where(np.isfinite(millivolts), scaled, _NOT_DRAWN).astype(np.int64)


def _header(signals: LeadSignals, units: np.ndarray, name: str) -> str:
    """Lines of the header: per lead file, format, gain, bits, zero, first value, checksum, block size, name."""
    lines = [f"{name} {len(signals.leads)} {signals.rate_hz:g} {units.shape[1]}"]
    for lead, row in zip(signals.leads, units, strict=True):
        checksum = (int(row.sum()) + 32768) % 65536 - 32768
        lines.append(f"{name}.dat 16 {_UNITS_PER_MV}/mV 16 0 {int(row[0])} {checksum} 0 {lead}")
    return "\n".join([*lines, f"# read from {signals.source.value} of a report", ""])
