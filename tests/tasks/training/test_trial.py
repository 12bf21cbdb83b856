import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from ecgcore.data.snapshot import Snapshot, Split
from ecgcore.predictor.scoring import score
from ecgcore.training.recipe.plan import load_plan
from tasks.training.trial import Trial

RECIPES = Path(__file__).parents[3] / "deployments" / "recipes"
SMALL = {
    "input.height": 40, "input.width": 56, "model.backbone": "test_resnet", "model.latent_dim": 8, "training.epochs": 1,
    "schedule.warmup_steps": 0, "training.num_threads": 1,
}  # fmt: skip
SPLITS = ("train", "train", "train", "valid", "test")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Snapshot:
    """Fifty studies of noise, larger than the network's image, so that the resize matters."""
    path, rng, rows = tmp_path_factory.mktemp("snapshot"), np.random.default_rng(0), []
    for i in range(50):
        image = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
        sha = hashlib.sha256(image.tobytes()).hexdigest()
        (path / "images" / sha[:2]).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path / "images" / sha[:2] / f"{sha}.png"), image)
        split = SPLITS[i % 5]
        rows.append(
            {
                "study_id": f"S{i:03d}", "patient_id": f"P{i:03d}", "year": 2012, "ecg_format": ("old", "new")[i % 2],
                "split": split, "test_set": "old" if split == "test" else None, "image_sha256": sha,
                "scar": i // 5 % 2, "lvef": None if i % 7 == 0 else i // 10 % 2, "age": 60.0, "female": 0, "smoke": 0,
                "diabetes": 0, "hypertension": 0, "dyslipidemia": 0,
            }
        )  # fmt: skip
    pd.DataFrame(rows).astype({"scar": "Int8", "lvef": "Int8"}).to_parquet(path / "studies.parquet")
    digest = hashlib.sha256((path / "studies.parquet").read_bytes()).hexdigest()
    (path / "snapshot.json").write_text(json.dumps({"id": "s", "content_sha256": digest, "studies_sha256": digest}))
    return Snapshot.open(path)


@pytest.fixture(scope="module")
def trial(snapshot, tmp_path_factory) -> Trial:
    folder = tmp_path_factory.mktemp("trials")
    linear = {"why": "x", "changes": {"schedule.decay": "linear"}}
    plan = {
        "name": "p", "description": "d", "base": {"recipe": "multi-task-demo", "changes": SMALL}, "seeds": [1],
        "variants": {"linear": linear},
    }  # fmt: skip
    (folder / "p.yaml").write_text(yaml.safe_dump(plan))
    loaded = load_plan(folder / "p.yaml", RECIPES)
    made = Trial("base", loaded.recipe(loaded.base, 1), snapshot, folder)
    assert not made.trained
    made.train()
    return made


@pytest.mark.parametrize(("rows", "place"), [("scores", "validation"), ("tests", None)])
def test_the_cached_pixels_give_what_the_exported_directory_says_of_the_images(trial, snapshot, rows, place):
    assert trial.trained and trial.seconds > 0
    found = getattr(trial, rows)()
    studies = snapshot.rows(Split.VALID if place else Split.TEST)
    expected = score(snapshot, studies, trial.run_dir / "model")
    assert found["study_id"].tolist() == studies["study_id"].tolist()
    assert set(found["test_set"]) == {place or "old"}
    for target in ("scar", "lvef"):
        np.testing.assert_allclose(found[f"{target}_probability"], expected[f"{target}_probability"], atol=1e-6)
        assert found[f"{target}_label"].equals(expected[f"{target}_label"])


def test_scores_are_kept_and_tests_are_not(trial):
    trial.scores()
    trial.tests()
    assert [path.name for path in trial.run_dir.glob("*.parquet")] == ["scores.parquet"]
