"""Fixtures: the tests' own writer of reports, and readers of what Poppler says by itself."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

HERE = Path(__file__).parent


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"reports_tests_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def paper() -> ModuleType:
    return _load("paper")


@pytest.fixture(scope="session")
def amend() -> ModuleType:
    return _load("amend")


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    return _load("reference")


@pytest.fixture(scope="session")
def hostile() -> ModuleType:
    return _load("hostile")


@pytest.fixture(scope="session")
def old_pdf(paper, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("old") / "old.pdf"
    path.write_bytes(paper.old_pdf())
    return path


@pytest.fixture(scope="session")
def new_pdf(paper, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("new") / "new.pdf"
    path.write_bytes(paper.new_pdf(page="a4"))
    return path


def _rendered(pdf: Path, folder: Path) -> Image.Image:
    out = folder / "page"
    subprocess.run(["pdftoppm", "-r", "300", "-f", "1", "-singlefile", str(pdf), str(out)], check=True)
    with Image.open(out.with_suffix(".ppm")) as image:
        return image.convert("RGB")


@pytest.fixture(scope="session")
def old_page(old_pdf, tmp_path_factory) -> Image.Image:
    return _rendered(old_pdf, tmp_path_factory.mktemp("old_page"))


@pytest.fixture(scope="session")
def new_page(new_pdf, tmp_path_factory) -> Image.Image:
    return _rendered(new_pdf, tmp_path_factory.mktemp("new_page"))


@pytest.fixture(scope="session")
def old_report(old_pdf):
    from ecgcore.reports.report import read_report

    return read_report(old_pdf)


@pytest.fixture(scope="session")
def new_report(new_pdf):
    from ecgcore.reports.report import read_report

    return read_report(new_pdf)


@pytest.fixture
def written(tmp_path):
    """Return a function that writes bytes to a file and returns its path."""

    def write(data: bytes, name: str = "report.pdf") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture(scope="session")
def real_signals() -> list[dict[str, np.ndarray]]:
    """The real ECGs in mV, or a skip with its reason."""
    given = os.environ.get("ECG_TEST_DATA")
    folder = (Path(given) if given else HERE.parents[3] / "shared" / "data") / "ptbxl400" / "records500"
    if not folder.is_dir():
        folder = HERE.parents[4] / "shared" / "data" / "ptbxl400" / "records500"
    if not folder.is_dir():
        pytest.skip("the 400 real ECGs are not on this machine (set ECG_TEST_DATA)")
    return [_wfdb(header) for header in sorted(folder.rglob("*.hea"))]


def _wfdb(header: Path) -> dict[str, np.ndarray]:
    """Read a WFDB record of format 16: little-endian int16, interleaved."""
    lines = header.read_text().splitlines()
    count = int(lines[0].split()[1])
    fields = [line.split() for line in lines[1 : count + 1]]
    gains = [float(f[2].split("/")[0].split("(")[0]) for f in fields]
    samples = np.fromfile(header.with_suffix(".dat"), "<i2").reshape(-1, count)
    canonical = {"AVR": "aVR", "AVL": "aVL", "AVF": "aVF"}
    return {canonical.get(f[-1], f[-1]): samples[:, i] / gains[i] for i, f in enumerate(fields)}


@pytest.fixture(scope="session")
def drawn() -> ModuleType:
    return _load("drawn")
