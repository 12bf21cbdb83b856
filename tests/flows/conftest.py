"""A synthetic hospital and homes of its own for the tests of the flows.

The command line runs in subprocesses, as a user runs it. What several tests start from is made once for all
pytest-xdist workers, and copied before anyone changes it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commandline import Cli, Done, InPlace, keep
from tests.flows.ledger_reader import LedgerReader

SHIPPED = Path(__file__).resolve().parents[2] / "deployments"
KEY = "of all homes of these tests, so that the same patients validate"
SEED, STUDIES = 14, 150  # both locked test sets then hold at least two positives and two negatives of both targets

RECIPE = """
name: tiny
description: The smallest network, for tests
slot: champion
promotable: true
start_from: null
input: {kind: image, height: 64, width: 96, interpolation: area}
data: {formats: [old, new]}
model:
  family: multi-task
  backbone: test_resnet
  latent_dim: 64
  targets: [scar, lvef]
  pretrained: false
  bias_head: true
loss:
  ratio: {scar: 0.5, lvef: 0.5}
  class_weights: none
augment: {}
optimiser: {name: adamw, learning_rate: 2.0e-3, weight_decay: 0.05}
schedule: {warmup_steps: 2, decay: cosine}
training:
  epochs: %(epochs)d
  batch_size: 16
  accumulate: 1
  early_stopping_patience: null
  weight_averaging: {kind: ema, decay: 0.8}
  precision: auto
  seed: 3
  num_threads: 1
operating_point:
  scar: {kind: min_sensitivity, sensitivity: 0.6}
  lvef: {kind: min_sensitivity, sensitivity: 0.6}
"""

LAX = """
name: lax
approval: automatic
level: 0.95
gates:
  - {kind: no-leak}
  - {kind: reproduces}
  - {kind: minimum-cases, targets: [scar, lvef], test_sets: [old, new], positives: 2, negatives: 2}
  - {kind: floor, metric: auc, targets: [scar, lvef], test_sets: [old, new], at_least: 0.0001}
  - {kind: floor, metric: sensitivity, targets: [scar, lvef], test_sets: [old, new], at_least: 0.0001}
  - {kind: floor, metric: specificity, targets: [scar, lvef], test_sets: [old, new], at_least: 0.0001}
  - {kind: floor, metric: f1, targets: [scar, lvef], test_sets: [old], at_least: 0.9, severity: warn}
  - {kind: non-inferior, targets: [scar, lvef], test_sets: [old, new], margin: 0.03%(severity)s}
"""

MANUAL = (LAX % {"severity": ", severity: warn"}).replace("name: lax", "name: manual").replace("automatic", "manual")

POLICIES = {
    "lax": LAX % {"severity": ""},
    "manual": MANUAL,
    "loose": MANUAL.replace("name: manual", "name: loose"),
    "undecided": MANUAL.replace("name: manual", "name: undecided").replace("positives: 2", "positives: 5000"),
    "impossible": MANUAL.replace("name: manual", "name: impossible")
    + "  - {kind: ceiling, metric: brier, targets: [scar], test_sets: [new], at_most: 0.0001}\n",
}


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this session share; what ``TEST_HOMES`` names is shared by several sessions, too."""
    if kept := os.environ.get("TEST_HOMES"):
        return Path(kept)
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def once(shared: Path) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a folder once, whichever worker comes first; the others wait for it."""

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        path, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(path, ignore_errors=True)
                path.mkdir()
                fill(path)
                done.touch()
        return path

    return make


@pytest.fixture(scope="session")
def deployments(once: Callable[..., Path]) -> Path:
    def fill(path: Path) -> None:
        (path / "recipes").mkdir()
        (path / "policies").mkdir()
        shutil.copytree(SHIPPED / "splits", path / "splits")
        (path / "recipes" / "tiny.yaml").write_text(RECIPE % {"epochs": 14}, encoding="utf-8")
        (path / "recipes" / "long.yaml").write_text(
            (RECIPE % {"epochs": 16}).replace("name: tiny", "name: long"), encoding="utf-8"
        )
        for name, text in POLICIES.items():
            (path / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")

    return once("deployments", fill)


@pytest.fixture(scope="session")
def hospital(once: Callable[..., Path], embedded: Callable[[Path], Cli]) -> Path:
    """An inbox with every defect, and the truth beside it."""

    def fill(path: Path) -> None:
        made = embedded(path / "home")(
            "synth", "--out", path / "inbox", "--studies", STUDIES, "--seed", SEED, "--defects"
        )
        assert made.code == 0, made.err
        (path / "made.json").write_text(json.dumps({"studies": STUDIES, "seed": SEED}), encoding="utf-8")

    return once("hospital", fill) / "inbox"


@pytest.fixture(scope="session")
def small_hospital(once: Callable[..., Path], embedded: Callable[[Path], Cli]) -> Path:
    """A dozen sound studies."""

    def fill(path: Path) -> None:
        made = embedded(path / "home")("synth", "--out", path / "inbox", "--studies", 12, "--seed", 5)
        assert made.code == 0, made.err

    return once("small_hospital", fill) / "inbox"


@pytest.fixture(scope="session")
def ingested(once: Callable[..., Path], embedded: Callable[[Path], Cli], hospital: Path) -> Path:
    """``home`` after the first ingest of the hospital, ``summary.json``, ``stderr.txt``. Copy it, do not change it."""

    def fill(path: Path) -> None:
        (path / "home").mkdir()
        (path / "home" / ".env").write_text(f"ECG_PSEUDONYM_KEY={KEY}\n", encoding="utf-8")
        done = embedded(path / "home")("ingest", hospital, "--json")
        assert done.code == 0, done.err
        (path / "summary.json").write_text(done.out, encoding="utf-8")
        (path / "stderr.txt").write_text(done.err, encoding="utf-8")

    return once("ingested", fill)


@pytest.fixture(scope="session")
def locked(once: Callable[..., Path], embedded: Callable[[Path], Cli], ingested: Path) -> Path:
    """``home`` with both test sets locked, and what that said in ``*.out`` and ``*.err``. Do not change it."""

    def fill(path: Path) -> None:
        cli = embedded(copied(ingested / "home", path / "home"))
        for name in ("old", "new"):
            keep(path / f"lock-{name}", cli("testset", "lock", name, "--json"))

    return once("locked", fill)


@pytest.fixture(scope="session")
def trained(once: Callable[..., Path], embedded: Callable[[Path], Cli], locked: Path) -> Path:
    """``home`` with champion 1, and in ``*.out`` and ``*.err`` all that was said on the way. Do not change it."""

    def fill(path: Path) -> None:
        shutil.copytree(locked, path, symlinks=True, dirs_exist_ok=True)
        retrain = ("retrain", "--recipe", "tiny", "--policy", "lax", "--json")
        keep(path / "retrain", embedded(path / "home")(*retrain))

    return once("trained", fill)


@pytest.fixture(scope="session")
def champion_home(trained: Path) -> Path:
    return trained / "home"


@pytest.fixture(scope="session")
def small_ingested(once: Callable[..., Path], cli_of: Callable[[Path], Cli], small_hospital: Path) -> Path:
    """A home after the ingest of the small hospital. Copy it, do not change it."""

    def fill(path: Path) -> None:
        done = cli_of(path / "home")("ingest", small_hospital)
        assert done.code == 0, done.err

    return once("small_ingested", fill) / "home"


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The xdist worker; ``master`` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "master")


@pytest.fixture(scope="session")
def prefect_api(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], serving: Callable[..., Any]
) -> Iterator[str]:
    """A Prefect server for the commands of this worker: to start one for each would take longer than the command."""
    folder, port = tmp_path_factory.mktemp("prefect"), free_port()
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    api = f"http://127.0.0.1:{port}/api"
    with serving(words, f"{api}/health", folder / "server.log", PREFECT_HOME=str(folder)):
        yield api


@pytest.fixture(scope="session")
def cli_of(deployments: Path, prefect_api: str) -> Callable[[Path], Cli]:
    """The command line with a given home, on a Prefect server that is up."""
    return lambda home: Cli(home, deployments, prefect_api)


@pytest.fixture(scope="session")
def embedded(deployments: Path) -> Callable[[Path], Cli]:
    """The command line with a given home and, as without any settings, a Prefect server of its own per command."""
    return lambda home: Cli(home, deployments, None)


@pytest.fixture(scope="session")
def books_of() -> Callable[[Path], LedgerReader]:
    """The ledger of a given home."""
    return lambda home: LedgerReader(home / "ledger.db")


@pytest.fixture
def cli(tmp_path: Path, cli_of: Callable[[Path], Cli]) -> Cli:
    """The command line with a fresh home."""
    return cli_of(tmp_path / "home")


@pytest.fixture
def here(
    tmp_path: Path, deployments: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> InPlace:
    """The command line with a fresh home, in this process."""
    return InPlace(tmp_path / "home", deployments, monkeypatch, capsys)


@pytest.fixture
def small_here(here: InPlace, small_ingested: Path) -> InPlace:
    """The command line with a copy of the small ingested home, in this process."""
    copied(small_ingested, here.home)
    return here


@pytest.fixture
def small_cli(tmp_path: Path, cli_of: Callable[[Path], Cli], small_ingested: Path) -> Cli:
    """The command line with a copy of the small ingested home."""
    return cli_of(copied(small_ingested, tmp_path / "home"))


@pytest.fixture(scope="module")
def module_home(tmp_path_factory: pytest.TempPathFactory, copy_of: Callable[[Path, Path], Path], trained: Path) -> Path:
    """A copy of the trained home for the tests of one file, which change it in order."""
    return copy_of(trained / "home", tmp_path_factory.mktemp("module") / "home")


@pytest.fixture(scope="session")
def copy_of() -> Callable[[Path, Path], Path]:
    """Copies a home, so that the tests of one file may change it."""
    return copied


def copied(home: Path, to: Path) -> Path:
    """Copy a home."""
    return shutil.copytree(home, to, symlinks=True)


@pytest.fixture(scope="session")
def network_dir(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes the directory of a small network that was not trained."""
    import torch

    from ecgcore.data.image_transform import ImageTransform, Interpolation
    from ecgcore.models.factory import build
    from ecgcore.models.spec import ModelSpec
    from ecgcore.predictor.formats.mtecg import write_model_dir

    def make(family: str = "multi-task", *targets: str) -> Path:
        torch.manual_seed(5)
        spec = ModelSpec(family, targets or ("scar", "lvef"), backbone="test_resnet", latent_dim=16)
        transform = ImageTransform(96, 128, Interpolation.AREA)
        return write_model_dir(build(spec).eval(), spec, transform, "{}", tmp_path_factory.mktemp("model") / "m")

    return make


@pytest.fixture(scope="session")
def drawn_reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report PDF of each format by its name, A4."""
    from ecgcore.synth.drawing.draw import draw_report
    from ecgcore.synth.drawing.layout import EcgFormat, Paper
    from ecgcore.synth.drawing.page_header import Header
    from ecgcore.synth.patient import draw_study
    from ecgcore.synth.record import FS, draw_record

    folder = tmp_path_factory.mktemp("reports")
    header = Header("Brato Kelimun", "12345678", datetime(2018, 3, 4, 9, 30), 71, True, 72)
    signals = draw_record(1, draw_study(1, 0)).signals
    paths = {fmt: folder / f"{fmt.value}.pdf" for fmt in EcgFormat}
    for fmt, path in paths.items():
        draw_report(signals, FS, fmt, Paper.A4, header, path)
    return {fmt.value: path for fmt, path in paths.items()}


@pytest.fixture
def ecg(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line in this process, for verbs that need no home."""
    from app.cli.main import main

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["ecg", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said, code = capsys.readouterr(), ended.value.code
        if isinstance(code, str):
            return Done(1, said.out, f"{said.err}{code}\n")
        return Done(code or 0, said.out, said.err)

    return run
