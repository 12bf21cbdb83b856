"""`ecg explain`: what it writes, and how it refuses. In this process: a model directory needs no home."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ecgcore.data.transform import ImageTransform, Interpolation
from ecgcore.explain.heatmap import explain
from ecgcore.explain.overlay import overlay
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.mtecg import write_model_dir
from ecgcore.reports.format import LEADS, known_formats
from ecgcore.reports.report import read_page, read_report
from ecgcore.reports.view import view
from ecgcore.synth.draw import draw_report
from ecgcore.synth.header import Header
from ecgcore.synth.layout import EcgFormat, Paper
from ecgcore.synth.patient import draw_study
from ecgcore.synth.signal import FS, draw_record
from flows.cli import main

FORMATS = {fmt.name: fmt for fmt in known_formats()}


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory) -> Path:
    torch.manual_seed(5)
    network = build(ModelSpec("multi-task", ["scar", "lvef"], backbone="test_resnet", latent_dim=16)).eval()
    out = tmp_path_factory.mktemp("model") / "m"
    return write_model_dir(network, network.spec, ImageTransform(96, 128, Interpolation.AREA), "{}", out)


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    header = Header("Brato Kelimun", "12345678", datetime(2018, 3, 4, 9, 30), 71, True, 72)
    signals = draw_record(1, draw_study(1, 0)).signals
    paths = {}
    for fmt in EcgFormat:
        paths[fmt.value] = folder / f"{fmt.value}.pdf"
        draw_report(signals, FS, fmt, Paper.A4, header, paths[fmt.value])
    return paths


@pytest.fixture
def ecg(monkeypatch, capsys):
    """Run the command line here; returns (what it printed, what it ended with: None or the error line)."""

    def run(*words: object) -> tuple[str, str | None]:
        monkeypatch.setattr(sys, "argv", ["ecg", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return capsys.readouterr().out, None if ended.value.code in (0, None) else str(ended.value.code)

    return run


def png(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("name", ["old", "new"])
def test_the_canonical_image_is_coloured(ecg, model_dir, reports, tmp_path, name):
    said, error = ecg("explain", reports[name], "--out", tmp_path / "o.png", "--model-dir", model_dir)
    assert error is None
    image = read_report(reports[name]).image
    heatmap = explain(ECGClassifier(model_dir), image, "scar")
    np.testing.assert_array_equal(png(tmp_path / "o.png"), overlay(image, heatmap.mass))
    assert said.startswith(f"scar: probability {heatmap.probability:.2f}; most of the evidence: ")
    assert said.endswith(f"; wrote {tmp_path / 'o.png'}\n")


@pytest.mark.parametrize("name", ["old", "new"])
def test_the_page_is_coloured_where_its_leads_are_and_nowhere_else(ecg, model_dir, reports, tmp_path, name):
    words = ("explain", reports[name], "--out", tmp_path / "p.png", "--model-dir", model_dir)
    said, error = ecg(*words, "--target", "lvef", "--page")
    assert error is None and said.startswith("lvef: probability ")
    page, drawn, fmt = read_page(reports[name]).pixels, png(tmp_path / "p.png"), FORMATS[name]
    assert drawn.shape == page.shape
    canonical = overlay(np.full((*fmt.canonical_size[::-1], 3), 255, np.uint8), _mass(model_dir, reports[name]))
    outside = np.ones(page.shape[:2], bool)
    for lead in LEADS:
        place = fmt.lead_boxes[lead].moved(fmt.ecg_box.left, fmt.ecg_box.top)
        place.cut(outside)[...] = False
        colour, paper = fmt.canonical_leads[lead].cut(canonical), place.cut(page) == 255
        np.testing.assert_array_equal(place.cut(drawn)[paper], colour[paper])
    np.testing.assert_array_equal(drawn[outside], page[outside])
    assert (drawn[page == 0] == 0).all()


def _mass(model_dir: Path, report: Path) -> np.ndarray:
    return explain(ECGClassifier(model_dir), read_report(report).image, "lvef").mass


def test_what_cannot_be_explained_is_one_line(ecg, model_dir, reports, tmp_path):
    out, rest = tmp_path / "o.png", ("--model-dir", model_dir)
    view(reports["new"], tmp_path / "canonical.png")
    cases = {
        ("--target", "age"): (reports["old"], "target 'age': is not what this model predicts, that is scar, lvef"),
        ("--page",): (tmp_path / "canonical.png", "canonical.png: shows the canonical image, not a whole page"),
        (): (tmp_path / "no.pdf", "is not a file"),
    }
    for more, (file, rule) in cases.items():
        said, error = ecg("explain", file, "--out", out, *more, *rest)
        assert said == "" and error.startswith("ecg: ") and rule in error and "Hint: " in error and "\n" not in error
    assert not out.exists()


def test_a_folder_without_a_model_is_one_line(ecg, reports, tmp_path):
    said, error = ecg("explain", reports["old"], "--out", tmp_path / "o.png", "--model-dir", tmp_path)
    assert said == "" and "configs.json: is missing" in error
