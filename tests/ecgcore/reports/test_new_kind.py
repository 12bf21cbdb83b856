"""A new kind of page is one class and one YAML in a folder: three leads in an order of their own, on square paper."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from ecgcore.errors import ReportError
from ecgcore.reports.batch.report_batch import read_reports
from ecgcore.reports.file.image_store import load_image
from ecgcore.reports.page.format import FormatError, known_formats
from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.recognise.reader import readers_of
from ecgcore.reports.report import read_report
from ecgcore.reports.signals.trace import signals_from_image

WARD = {
    "name": "ward", "machine": "a monitor of the ward", "reader": "ward_reader:WardReader",
    "dpi": 300, "mm_per_s": 25.0, "mm_per_mV": 10.0, "pages": {"square": [1600, 1600]},
    "ecg_box": [100, 200, 1500, 1400], "signal_box": [100, 200, 1500, 1400],
    "grid": {"colours": [], "tolerance": 3},
    "leads": ["V5", "II", "MCL1"], "rows": 3, "columns": 1, "seconds_per_lead": 4.5, "rhythm_lead": None,
    "zero_rows": [200, 600, 1000], "trace_starts": [0], "canonical_columns": None,
    "lead_boxes": {"V5": [0, 0, 1400, 400], "II": [0, 400, 1400, 800], "MCL1": [0, 800, 1400, 1200]},
    "label_boxes": {"V5": [5, 5, 60, 40], "II": [5, 405, 60, 440], "MCL1": [5, 805, 60, 840]},
}  # fmt: skip


@pytest.fixture
def ward(tmp_path, monkeypatch) -> Path:
    """The folder of formats, known by the environment, and the class on the path of this and of other processes."""
    folder, code = tmp_path / "formats", tmp_path / "code"
    folder.mkdir()
    code.mkdir()
    (folder / "ward.yaml").write_text(yaml.safe_dump(WARD), encoding="utf-8")
    shutil.copy(Path(__file__).with_name("ward_reader.py"), code)
    monkeypatch.setenv("ECG_FORMATS", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(code))
    monkeypatch.syspath_prepend(str(code))
    return folder


@pytest.fixture
def page(tmp_path) -> tuple[Path, np.ndarray]:
    """A page with a sine of 0.5 mV, twice and three times that in the leads; and its ECG box."""
    pixels = np.full((1600, 1600, 3), 255, np.uint8)
    pixels[:30] = 0
    x = np.arange(1400)
    for row in range(3):
        y = 200 + 200 + 400 * row - 0.5 * (row + 1) * 118.11 * np.sin(2 * np.pi * x / 350)
        points = np.column_stack([x + 100, y]).round().astype(np.int32)
        cv2.polylines(pixels, [points], False, (0, 0, 0), 3)
    path = tmp_path / "ward.png"
    cv2.imwrite(str(path), pixels)
    return path, pixels[200:1400, 100:1500]


def test_one_class_and_one_yaml_add_a_kind_of_page(ward, page):
    path, box = page
    report = read_report(path)
    assert report.format.name == "ward" and report.format.leads == ("V5", "II", "MCL1")
    assert np.array_equal(report.image, 255 - box)
    assert [type(reader).__name__ for reader in readers_of(known_formats())] == ["BoxReader", "WardReader"]


def test_the_workers_of_a_batch_know_it_too(ward, page, tmp_path):
    path, box = page
    (result,) = read_reports([path], tmp_path / "images", None, workers=1)
    assert (result.ok, result.ecg_format, result.reason) == (True, "ward", None)
    assert np.array_equal(load_image(tmp_path / "images" / result.image_path), 255 - box)


def test_its_leads_are_read_in_its_own_order_and_number(ward, page):
    signals = signals_from_image(page[1])
    assert signals.leads == ("V5", "II", "MCL1") and signals.columns == (0, 0, 0)
    highest = np.nanquantile(signals.millivolts, 0.999, axis=1)
    assert highest == pytest.approx([0.5, 1.0, 1.5], abs=0.03)


def test_a_signal_model_of_twelve_leads_does_not_take_it(ward, page):
    from ecgcore.data.signal_writer import read_signals

    with pytest.raises(ReportError, match="V5, II, MCL1"):
        read_signals(page[1], 200)


def test_without_the_folder_the_page_is_unknown(page):
    with pytest.raises(RefusalError) as refused:
        read_report(page[0])
    assert refused.value.reason in ("unknown-format", "wrong-geometry")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"reader": "ward_reader:Missing"}, "names a reader that is not there"),
        ({"leads": ["V5", "II"]}, "rows x columns = 2"),
        ({"leads": ["V5", "II", "II"]}, "names a lead twice"),
        ({"leads": ["V5", "II", "aVR"]}, "aVR"),
        ({"name": "old"}, "different names"),
    ],
)
def test_a_wrong_description_is_refused(ward, page, changes, rule):
    (ward / "ward.yaml").write_text(yaml.safe_dump({**WARD, **changes}), encoding="utf-8")
    with pytest.raises(FormatError, match=rule):
        read_report(page[0])


def test_an_empty_folder_of_formats_is_refused(ward):
    (ward / "ward.yaml").unlink()
    with pytest.raises(FormatError, match="ECG_FORMATS"):
        known_formats()
