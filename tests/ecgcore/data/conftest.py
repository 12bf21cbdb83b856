"""A small snapshot directory of random images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest


def write_image(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def seal(path: Path, studies: pd.DataFrame) -> None:
    studies.to_parquet(path / "studies.parquet")
    digest = hashlib.sha256((path / "studies.parquet").read_bytes()).hexdigest()
    meta = {"id": "snap-1", "content_sha256": "c" * 64, "studies_sha256": digest}
    (path / "snapshot.json").write_text(json.dumps(meta))


def build(path: Path, studies: int = 20) -> Path:
    rng, rows = np.random.default_rng(0), []
    for i in range(studies):
        image = rng.integers(0, 256, (40 + i % 3, 60, 3), dtype=np.uint8)
        sha = hashlib.sha256(image.tobytes()).hexdigest()
        write_image(path / "images" / sha[:2] / f"{sha}.png", image)
        rows.append(
            {
                "study_id": f"S{i:03d}", "patient_id": f"P{i:03d}", "year": 2010,
                "ecg_format": "new" if i % 3 else "old",
                "split": ("train", "train", "valid", "test")[i % 4], "test_set": "t" if i % 4 == 3 else None,
                "image_sha256": sha, "scar": None if i % 5 == 0 else i % 2, "lvef": None if i % 10 == 0 else 1,
                "age": 40.0 + i, "female": i % 2, "smoke": None, "diabetes": 0, "hypertension": 1, "dyslipidemia": 0,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows).astype(dict.fromkeys(("scar", "lvef", "smoke"), "Int8"))
    seal(path, frame)
    return path


@pytest.fixture
def snapshot_path(tmp_path: Path) -> Path:
    return build(tmp_path / "snap")


@pytest.fixture
def altered(snapshot_path: Path) -> Callable[[Callable[[pd.DataFrame], pd.DataFrame | None]], Path]:
    """Change the studies and seal the snapshot again, as a wrong freeze would."""

    def change(edit: Callable[[pd.DataFrame], pd.DataFrame | None]) -> Path:
        frame = pd.read_parquet(snapshot_path / "studies.parquet")
        result = edit(frame)
        seal(snapshot_path, frame if result is None else result)
        return snapshot_path

    return change
