"""Tiny snapshots whose labels are visible: a bar for scar, a blob for lvef, on noise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from ecgcore.reports.page.format import known_formats
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.strict import from_mapping

HEIGHT, WIDTH = 48, 64
BLANK_STUDY = 6
RISK_FACTORS = ("smoke", "diabetes", "hypertension", "dyslipidemia")


def draw(rng: np.random.Generator, scar: int, lvef: int) -> np.ndarray:
    image = rng.integers(200, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    if scar:
        image[8:12, 4:44] = 0
    if lvef:
        image[24:44, 40:60] = 60
    return image


def draw_leads(rng: np.random.Generator, scar: int, lvef: int) -> np.ndarray:
    """An old-format canonical image of twelve beating leads: Q waves for scar, small R waves for lvef."""
    image = np.full((1320, 2820, 3), 255, np.uint8)
    fmt = next(each for each in known_formats() if each.name == "old")
    seconds = np.arange(0, 4.7, 0.004)
    phase = (seconds + rng.uniform(0, 0.3)) % 0.8 - 0.4
    wave = (0.5 if lvef else 1.2) * np.exp(-((phase / 0.02) ** 2)) + 0.2 * np.exp(-(((phase - 0.2) / 0.05) ** 2))
    wave -= 0.6 * scar * np.exp(-(((phase + 0.05) / 0.02) ** 2))
    for box in fmt.canonical_leads.values():
        x = box.left + 90 + seconds * fmt.px_per_s * 0.9
        y = (box.top + box.bottom) / 2 - (wave + rng.normal(0, 0.01, len(wave))) * 90
        cv2.polylines(image, [np.stack([x, y], 1).round().astype(np.int32)], False, (0, 0, 0), 3)
    return image


def clinical(rng: np.random.Generator) -> dict:
    """Clinical features; the risk factors are recorded in two of three studies."""
    age, recorded = float(rng.integers(30, 90)), bool(rng.random() < 2 / 3)
    factors = {name: int(rng.random() < age / 120) for name in RISK_FACTORS}
    return {"age": age, "female": int(rng.random() < 0.5), "impute": int(not recorded)} | {
        name: value if recorded else None for name, value in factors.items()
    }


def write_snapshot(
    path: Path,
    studies: int = 96,
    seed: int = 0,
    missing: float = 0.2,
    picture: Callable[[np.random.Generator, int, int], np.ndarray] = draw,
) -> Path:
    """A snapshot directory as docs/architecture/data.md describes it; every 4th study validates, every 8th tests."""
    rng, people = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    rows = []
    for i in range(studies):
        scar, lvef = int(rng.random() < 0.5), int(rng.random() < 0.5)
        image = picture(rng, scar, lvef)
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
                "lvef_percent": 40.0 if lvef else 60.0, "subendocardial_scar": scar, "transmural_scar": 0,
                **clinical(people),
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows).astype({"scar": "Int8", "lvef": "Int8", **dict.fromkeys(RISK_FACTORS, "Int8")})
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


def family_recipe(family: str, **training: object) -> Recipe:
    """The tiny recipe as another family."""
    content = recipe_dict(**training) | {"name": f"tiny-{family}", "slot": None, "promotable": False}
    targets = ["lvef"] if family.startswith("single") else ["scar", "lvef"]
    content["model"] |= {"family": family, "targets": targets}
    content["loss"]["ratio"] = dict.fromkeys(targets, 1.0)
    content["schedule"]["warmup_steps"] = 1
    if family.endswith("-clinical"):
        content["model"]["clinical"] = {"embedding_size": 3, "rnn_output_size": 8}
        content["imputation"] = {"rounds": 3}
    if family.endswith("-1d"):
        content |= {"input": {"kind": "signal", "samples": 64, "max_unreadable_share": 0.1}, "augment": {}}
    return from_mapping(Recipe, content, "tiny.yaml")


def tiny_recipe(**training: object) -> Recipe:
    return from_mapping(Recipe, recipe_dict(**training), "tiny.yaml")


@pytest.fixture(scope="session")
def snapshot_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_snapshot(tmp_path_factory.mktemp("snapshot"))


@pytest.fixture(scope="session")
def make_recipe():
    return tiny_recipe


@pytest.fixture(scope="session")
def signal_snapshot_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few studies, because their images are large: one of them shows nothing."""

    def picture(rng: np.random.Generator, scar: int, lvef: int) -> np.ndarray:
        image = draw_leads(rng, scar, lvef)
        pictures.append(image)
        return np.full_like(image, 255) if len(pictures) == BLANK_STUDY + 1 else image

    pictures: list[np.ndarray] = []
    return write_snapshot(tmp_path_factory.mktemp("signals"), studies=32, missing=0.1, picture=picture)


@pytest.fixture(scope="session")
def make_family_recipe():
    return family_recipe


@pytest.fixture(scope="session")
def make_recipe_dict():
    return recipe_dict


@pytest.fixture(scope="session")
def make_snapshot():
    return write_snapshot


@pytest.fixture(scope="session")
def reseal():
    return seal
