"""Tiny snapshots whose labels are visible: a bar for scar, a blob for lvef, on noise."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from ecgcore.training.recipe import Recipe
from ecgcore.training.strict import from_mapping

HEIGHT, WIDTH = 48, 64


def draw(rng: np.random.Generator, scar: int, lvef: int) -> np.ndarray:
    image = rng.integers(200, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    if scar:
        image[8:12, 4:44] = 0
    if lvef:
        image[24:44, 40:60] = 60
    return image


def write_snapshot(path: Path, studies: int = 96, seed: int = 0, missing: float = 0.2) -> Path:
    """A snapshot directory as docs/architecture.md describes it; every 4th study validates, every 8th tests."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(studies):
        scar, lvef = int(rng.random() < 0.5), int(rng.random() < 0.5)
        image = draw(rng, scar, lvef)
        sha = hashlib.sha256(str(image.shape).encode() + image.tobytes()).hexdigest()
        file = path / "images" / sha[:2] / f"{sha}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        split = "test" if i % 8 == 7 else "valid" if i % 4 == 1 else "train"
        hidden = rng.random(2) < missing
        rows.append(
            {
                "study_id": f"S{i:020x}", "patient_id": f"P{i:020x}", "year": 2010 + i % 10,
                "ecg_format": "old" if i % 2 else "new", "split": split,
                "test_set": "old-test" if split == "test" else None, "image_sha256": sha,
                "scar": None if hidden[0] and not hidden[1] else scar, "lvef": None if hidden[1] else lvef,
                "lvef_percent": 40.0 if lvef else 60.0, "age": 63.0, "female": i % 2, "smoke": 0, "diabetes": 1,
                "hypertension": None, "dyslipidemia": 0, "impute": 1,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows).astype({"scar": "Int8", "lvef": "Int8", "hypertension": "Int8"})
    frame.to_parquet(path / "studies.parquet")
    seal(path)
    return path


def seal(path: Path) -> None:
    digest = hashlib.sha256((path / "studies.parquet").read_bytes()).hexdigest()
    meta = {"id": "snap-1", "content_sha256": "c" * 64, "studies_sha256": digest, "created": "2026-11-20"}
    (path / "snapshot.json").write_text(json.dumps(meta))


def recipe_dict(**training: object) -> dict:
    return {
        "name": "tiny", "description": "a test", "slot": "champion", "promotable": True, "start_from": None,
        "input": {"kind": "image", "height": 48, "width": 64, "interpolation": "area"},
        "data": {"formats": ["old", "new"]},
        "model": {
            "family": "multi-task", "backbone": "test_resnet", "latent_dim": 16, "targets": ["scar", "lvef"],
            "pretrained": False, "bias_head": True,
        },
        "loss": {"ratio": {"scar": 0.6, "lvef": 0.4}, "class_weights": "none"},
        "augment": {
            "blur": {"limit": 3, "p": 0.2}, "brightness_contrast": {"limit": 0.2, "p": 0.5},
            "motion_blur": {"limit": 7, "p": 0.2},
        },
        "optimiser": {"name": "adamw", "learning_rate": 0.003, "weight_decay": 0.01},
        "schedule": {"warmup_steps": 4, "decay": "linear"},
        "training": {
            "epochs": 4, "batch_size": 16, "accumulate": 1, "early_stopping_patience": None,
            "weight_averaging": {"kind": "none"}, "precision": "auto", "seed": 3, "num_threads": 1, **training,
        },
    }  # fmt: skip


def tiny_recipe(**training: object) -> Recipe:
    return from_mapping(Recipe, recipe_dict(**training), "tiny.yaml")


@pytest.fixture(scope="session")
def snapshot_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_snapshot(tmp_path_factory.mktemp("snapshot"))


@pytest.fixture(scope="session")
def make_recipe():
    return tiny_recipe


@pytest.fixture(scope="session")
def make_recipe_dict():
    return recipe_dict


@pytest.fixture(scope="session")
def make_snapshot():
    return write_snapshot


@pytest.fixture(scope="session")
def reseal():
    return seal
