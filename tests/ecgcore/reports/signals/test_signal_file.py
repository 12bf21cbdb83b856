import csv

import numpy as np
import pytest

from ecgcore.errors import ReportError
from ecgcore.reports.page.format import LEADS
from ecgcore.reports.signals.lead_signals import LeadQuality, LeadSignals, SignalSource
from ecgcore.reports.signals.signal_file import write_signals

QUALITY = tuple(LeadQuality(lead, 1.0) for lead in LEADS)


@pytest.fixture
def signals():
    millivolts = np.arange(12 * 6, dtype=float).reshape(12, 6) / 10 - 3
    millivolts[0, 0], millivolts[11, 5], millivolts[2, 2] = np.nan, np.nan, 40.0
    return LeadSignals(LEADS, millivolts, 500.0, SignalSource.PIXELS, QUALITY, (0,) * 6 + (1,) * 6)


def test_csv_has_seconds_and_leads_and_nothing_where_nothing_is_drawn(signals, tmp_path):
    write_signals(signals, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["seconds", *LEADS]
    assert [row["seconds"] for row in rows] == ["0.0000", "0.0020", "0.0040", "0.0060", "0.0080", "0.0100"]
    assert rows[0]["I"] == "" and rows[5]["V6"] == ""
    assert float(rows[1]["I"]) == -2.9 and float(rows[0]["V6"]) == 3.6


def test_wfdb_is_format_16(signals, tmp_path):
    """By header(5) and signal(5) of the WFDB Applications Guide; the files were also read with PhysioNet's wfdb 4.3."""
    write_signals(signals, tmp_path / "rec_1.hea")
    lines = (tmp_path / "rec_1.hea").read_text().splitlines()
    assert lines[0] == "rec_1 12 500 6"
    units = np.fromfile(tmp_path / "rec_1.dat", "<i2").reshape(6, 12).T
    assert units[0, 0] == units[11, 5] == -32768  # invalid sample
    assert units[2, 2] == 32767  # 40 mV does not fit
    assert units[1, 3] == round(signals.millivolts[1, 3] * 1000)
    for i, line in enumerate(lines[1:13]):
        name, kind, gain, bits, zero, first, checksum, block, lead = line.split()
        assert (name, kind, gain, bits, zero, block, lead) == ("rec_1.dat", "16", "1000/mV", "16", "0", "0", LEADS[i])
        assert int(first) == units[i, 0]
        assert (int(checksum) - int(units[i].astype(int).sum())) % 65536 == 0 and -32768 <= int(checksum) < 32768
    assert lines[13].startswith("#")


@pytest.mark.parametrize(
    ("name", "words"), [("a.txt", "neither .csv nor .hea"), ("a b.hea", "record name"), ("a", "csv")]
)
def test_other_names_are_refused(signals, tmp_path, name, words):
    with pytest.raises(ReportError, match=words):
        write_signals(signals, tmp_path / name)
    assert not list(tmp_path.iterdir())
