"""What is installed is what constraints.txt pins, as far as one package could overwrite another."""

from __future__ import annotations

from importlib.metadata import packages_distributions, requires
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[2] / "constraints.txt"


def test_there_is_exactly_one_opencv():
    pinned = {line.split("==")[0] for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()}
    assert {name for name in pinned if name.startswith("opencv")} == {"opencv-python-headless"}
    assert set(packages_distributions()["cv2"]) == {"opencv-python-headless"}


def test_the_map_library_asks_for_the_opencv_that_is_here():
    wanted = [line for line in requires("grad-cam") or () if line.startswith("opencv")]
    assert wanted == ["opencv-python-headless"]
