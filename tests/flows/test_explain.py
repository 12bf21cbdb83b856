"""`ecg explain`: what it writes, and how it refuses. In this process: a model directory needs no home."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ecgcore.explain.heat_overlay import overlay
from ecgcore.explain.heatmap import explain
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.reports.page.format import LEADS, known_formats
from ecgcore.reports.report import read_page, read_report
from ecgcore.reports.view import view

FORMATS = {fmt.name: fmt for fmt in known_formats()}


@pytest.fixture(scope="module")
def model_dir(network_dir) -> Path:
    return network_dir()


def png(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("name", ["old", "new"])
def test_the_canonical_image_is_coloured(ecg, model_dir, drawn_reports, tmp_path, name):
    done = ecg("explain", drawn_reports[name], "--out", tmp_path / "o.png", "--model-dir", model_dir)
    assert (done.code, done.err) == (0, "")
    image = read_report(drawn_reports[name]).image
    heatmap = explain(ECGClassifier(model_dir), image, "scar")
    drawn = png(tmp_path / "o.png")
    np.testing.assert_array_equal(drawn[: len(image)], overlay(image, heatmap.heat))
    assert len(drawn) > len(image) and (drawn[len(image) :] < 128).any()  # the legend
    assert done.out.startswith(f"scar: probability {heatmap.probability:.2f}; most of the evidence: ")
    assert done.out.endswith(f"; wrote {tmp_path / 'o.png'}\n")


@pytest.mark.parametrize("name", ["old", "new"])
def test_the_page_is_coloured_where_its_leads_are_and_nowhere_else(ecg, model_dir, drawn_reports, tmp_path, name):
    words = ("explain", drawn_reports[name], "--out", tmp_path / "p.png", "--model-dir", model_dir)
    done = ecg(*words, "--target", "lvef", "--page", "--show-header")
    assert done.code == 0 and done.out.startswith("lvef: probability ")
    page, drawn, fmt = read_page(drawn_reports[name]).pixels, png(tmp_path / "p.png"), FORMATS[name]
    assert drawn.shape[0] > page.shape[0] and drawn.shape[1:] == page.shape[1:]
    drawn = drawn[: len(page)]
    canonical = overlay(np.full((*fmt.canonical_size[::-1], 3), 255, np.uint8), _mass(model_dir, drawn_reports[name]))
    outside = np.ones(page.shape[:2], bool)
    for lead in LEADS:
        place = fmt.lead_boxes[lead].moved(fmt.ecg_box.left, fmt.ecg_box.top)
        place.cut(outside)[...] = False
        colour, paper = fmt.canonical_leads[lead].cut(canonical), place.cut(page) == 255
        np.testing.assert_array_equal(place.cut(drawn)[paper], colour[paper])
    np.testing.assert_array_equal(drawn[outside], page[outside])
    assert (drawn[page == 0] == 0).all()


def _mass(model_dir: Path, report: Path) -> np.ndarray:
    return explain(ECGClassifier(model_dir), read_report(report).image, "lvef").heat


@pytest.mark.parametrize("name", ["old", "new"])
def test_the_page_hides_the_printed_name_unless_it_is_asked_for(ecg, model_dir, drawn_reports, tmp_path, name):
    page, box = read_page(drawn_reports[name]).pixels, FORMATS[name].ecg_box
    above = page[: box.top]
    assert (above < 128).any()  # the name and the number
    words = ("explain", drawn_reports[name], "--out", tmp_path / "p.png", "--model-dir", model_dir, "--page")
    assert ecg(*words).code == 0
    hidden = png(tmp_path / "p.png")[: len(page)]
    assert (hidden[: box.top] == 255).all() and (hidden[box.bottom :] == 255).all()
    assert (hidden[:, : box.left] == 255).all() and (hidden[:, box.right :] == 255).all()
    assert (box.cut(hidden) < 128).any()
    assert ecg(*words, "--show-header").code == 0
    np.testing.assert_array_equal(png(tmp_path / "p.png")[: box.top], above)


def test_what_cannot_be_explained_is_one_line(ecg, model_dir, drawn_reports, tmp_path):
    out, rest = tmp_path / "o.png", ("--model-dir", model_dir)
    view(drawn_reports["new"], tmp_path / "canonical.png")
    cases = {
        ("--target", "age"): (
            drawn_reports["old"],
            "target 'age': is not what this model predicts, that is scar, lvef",
        ),
        ("--page",): (tmp_path / "canonical.png", "canonical.png: shows the canonical image, not a whole page"),
        (): (tmp_path / "no.pdf", "is not a file"),
    }
    for more, (file, rule) in cases.items():
        done = ecg("explain", file, "--out", out, *more, *rest)
        assert done.out == "" and done.err.startswith("ecg: ") and rule in done.err
        assert "Hint: " in done.err and done.err.count("\n") == 1
    assert not out.exists()


def test_a_folder_without_a_model_is_one_line(ecg, drawn_reports, tmp_path):
    done = ecg("explain", drawn_reports["old"], "--out", tmp_path / "o.png", "--model-dir", tmp_path)
    assert done.out == "" and "configs.json: is missing" in done.err


def test_a_single_task_model_is_explained_for_what_it_predicts(ecg, network_dir, tmp_path):
    folder = network_dir("single-task", "lvef")
    Image.new("RGB", (400, 300)).save(tmp_path / "x.png")
    words = ("explain", tmp_path / "x.png", "--out", tmp_path / "o.png", "--model-dir", folder)
    assert ecg(*words).out.startswith("lvef: probability ")
    assert "says that the model predicts lvef, asked for is scar" in ecg(*words, "--target", "scar").err
    (folder / "targets.json").unlink()
    for more in ((), ("--target", "age")):
        done = ecg(*words, *more)
        assert done.code == 1 and "give --target scar or --target lvef" in done.err
    assert ecg(*words, "--target", "lvef").out.startswith("lvef: probability ")


def test_what_is_unusual_is_said(ecg, model_dir, tmp_path):
    Image.new("RGB", (400, 600)).save(tmp_path / "photo.png")
    done = ecg("explain", tmp_path / "photo.png", "--out", tmp_path / "o.png", "--model-dir", model_dir)
    assert done.code == 0 and done.err.startswith(f"ecg: CAUTION {tmp_path / 'photo.png'}: is neither a report page")
