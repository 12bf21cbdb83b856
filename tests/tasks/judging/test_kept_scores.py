import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.predictor.scoring import score
from ecgcore.training.recipe.plan import load_plan
from ecgcore.training.rundir import RunDir
from ecgcore.training.train import train
from tasks.judging.kept_scores import choosing_scores, locked_scores
from tasks.training.runs import Run

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
def run(snapshot, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    linear = {"why": "x", "changes": {"schedule.decay": "linear"}}
    plan = {
        "name": "p", "description": "d", "base": {"recipe": "multi-task-demo", "changes": SMALL}, "seeds": [1],
        "variants": {"linear": linear},
    }  # fmt: skip
    (folder / "p.yaml").write_text(yaml.safe_dump(plan))
    loaded = load_plan(folder / "p.yaml", RECIPES)
    recipe = loaded.recipe(loaded.base, 1)
    made = Run(recipe, recipe.sha256, folder / "recipe.yaml", folder / "run")
    assert not made.finished
    train(snapshot.path, recipe, made.path, progress=False)
    assert made.finished and made.seconds > 0
    return made


@pytest.mark.parametrize(("split", "place"), [(Split.VALID, "validation"), (Split.TEST, "old")])
def test_they_are_what_the_exported_directory_says_of_the_images(run, snapshot, split, place):
    found = choosing_scores(run, snapshot, False) if split is Split.VALID else locked_scores(run, snapshot)
    studies = snapshot.rows(split)
    expected = score(snapshot, studies, RunDir(run.path).model)
    assert found["study_id"].tolist() == studies["study_id"].tolist()
    assert set(found["test_set"]) == {place}
    for target in ("scar", "lvef"):
        assert found[f"{target}_probability"].tolist() == expected[f"{target}_probability"].tolist()
        assert found[f"{target}_label"].equals(expected[f"{target}_label"])


def test_those_that_choose_are_kept_and_those_of_the_tests_are_not(run, snapshot):
    choosing_scores(run, snapshot, False)
    locked_scores(run, snapshot)
    assert [path.name for path in run.path.glob("*.parquet")] == ["scores.parquet"]
