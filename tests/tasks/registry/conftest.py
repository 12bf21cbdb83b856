"""Candidates with a real, small model directory, written and read by the project's own predictor."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from ecgcore.data.image_transform import ImageTransform
from ecgcore.ledger.decide.candidacy import GateVerdict
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.formats.mtecg import write_model_dir
from ecgcore.predictor.golden.golden import write_golden
from tasks.registry.candidate import Candidate
from tasks.registry.version_tags import VersionTags

TARGETS = ("scar", "lvef")


def pseudonym(letter: str, number: int) -> str:
    return letter + hashlib.sha256(str(number).encode()).hexdigest()[:20]


def make_predictions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "study_id": [pseudonym("S", n) for n in range(4)],
            "patient_id": [pseudonym("P", n) for n in range(4)],
            "ecg_format": ["old", "new", "old", "new"],
            "test_set": ["old", "new", "old", "new"],
            "scar_label": pd.array([0, 1, None, 1], dtype="Int8"),
            "scar_probability": [0.1, 0.9, 0.5, 0.123456789012345],
        }
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """A run folder with ``model``, ``golden``, ``images`` and a snapshot."""
    torch.set_num_threads(1)
    torch.manual_seed(3)
    root = tmp_path_factory.mktemp("trained")
    spec = ModelSpec("multi-task", TARGETS, backbone="resnet10t", latent_dim=16)
    write_model_dir(build(spec), spec, ImageTransform(height=64, width=64), "{}", root / "model")
    (root / "images").mkdir()
    random = np.random.RandomState(0)
    for number in range(3):
        pixels = random.randint(0, 255, (1320, 2820, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(root / "images" / f"{number}.png")
    write_golden(root / "model", sorted((root / "images").glob("*.png"))[:1], root / "golden")
    (root / "snapshot").mkdir()
    snapshot = {
        "id": "20261120-abc",
        "content_sha256": "c" * 64,
        "counts": {"train": 7},
        "test_sets": {"old": "d" * 64},
    }
    (root / "snapshot" / "snapshot.json").write_text(json.dumps(snapshot))
    return root


@pytest.fixture(scope="session")
def make_candidate(trained):
    def make(run_id="run-1", slot="champion", gate=GateVerdict.PASS, **changes):
        values = {
            "slot": slot,
            "run_id": run_id,
            "model_dir": trained / "model",
            "golden_dir": trained / "golden",
            "snapshot_dir": trained / "snapshot",
            "targets": TARGETS,
            "recipe": {"name": "multi-task-demo", "optimiser": {"name": "adamw", "rate": 0.001}, "ratio": [60, 40]},
            "metrics": {"auc.scar.old": 0.875, "auc.scar.old.low": 0.75, "auc.scar.old.high": 0.9375},
            "predictions": make_predictions(),
            "tags": VersionTags(
                gate=gate,
                snapshot="20261120-abc",
                test_set_sha256="d" * 64,
                recipe="multi-task-demo",
                recipe_sha256="e" * 64,
                policy_sha256="f" * 64,
            ),
            "code_commit": "1" * 40,
            "documents": {"recipe.yaml": "name: multi-task-demo\n", "pages/decision.html": "<h1>Decision</h1>"},
            "figures": {"roc.scar.old": b"\x89PNG roc", "calibration.scar.old": b"\x89PNG calibration"},
            "tables": {"gates": pd.DataFrame({"gate": ["auc-floor"], "value": [0.875], "verdict": ["pass"]})},
        }
        return Candidate(**{**values, **changes})

    return make
