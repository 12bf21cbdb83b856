"""Golden studies and their replay, also in a fresh process."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ecgcore.data.image_transform import ImageTransform
from ecgcore.errors import PredictorError
from ecgcore.models.odds_line import OddsLine
from ecgcore.predictor.formats.mtecg import write_model_dir
from ecgcore.predictor.golden.golden import replay, write_golden
from ecgcore.predictor.golden.replay import default_golden, main

FEATURES = {"female_gender": 0, "dm": 1, "ht": 1, "smoke": 0, "dlp": 0, "age": 71}
IMAGES = [np.random.default_rng(seed).integers(0, 256, (85, 110, 3), dtype=np.uint8) for seed in range(3)]


@pytest.fixture
def run(small_networks, tmp_path: Path) -> Path:
    network = small_networks["multi-task"]
    write_model_dir(network, network.spec, ImageTransform(64, 64), "{}", tmp_path / "model")
    write_golden(tmp_path / "model", iter(IMAGES), tmp_path / "golden")
    return tmp_path


def content(run: Path) -> dict:
    return json.loads((run / "golden" / "golden.json").read_text())


def rewrite(run: Path, value: dict) -> None:
    (run / "golden" / "golden.json").write_text(json.dumps(value))


def test_images_are_kept_without_loss_and_with_their_hashes(run: Path, small_networks):
    golden = content(run)
    assert golden["model_sha256"] == hashlib.sha256((run / "model" / "model.ckpt").read_bytes()).hexdigest()
    for study, pixels in zip(golden["studies"], IMAGES, strict=True):
        path = run / "golden" / study["image"]
        assert study["image_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        np.testing.assert_array_equal(np.asarray(Image.open(path)), pixels)
    batch = ImageTransform(64, 64)
    pixels = batch.normalise(np.stack([batch.resize(image) for image in IMAGES]))
    with torch.inference_mode():
        expected = torch.softmax(small_networks["multi-task"](pixels)["scar"], 1)[:, 1].tolist()
    assert [s["probabilities"]["scar"] for s in golden["studies"]] == pytest.approx(expected, abs=1e-6)


def test_the_same_model_reproduces(run: Path):
    report = replay(run / "model", run / "golden")
    assert report.ok and report.studies == 3 and report.max_difference == 0 and report.tolerance == 1e-5


def test_images_of_a_pages_shape_are_replayed_as_canonical_ones(run: Path):
    """110 x 85 px is letter's shape; by path such a file would be read as a page."""
    assert replay(run / "model", run / "golden").studies == len(IMAGES)


def test_a_stored_image_of_a_pages_shape_is_recorded_as_the_canonical_one_that_it_is(run: Path, tmp_path: Path):
    Image.fromarray(IMAGES[0]).save(tmp_path / "stored.png")
    write_golden(run / "model", [tmp_path / "stored.png"], tmp_path / "again")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "again" / "000.png")), IMAGES[0])


@pytest.mark.parametrize(("shift", "ok"), [(0.9e-5, True), (1.2e-5, False), (float("nan"), False)])
def test_a_difference_beyond_the_tolerance_is_a_failure(run: Path, shift: float, ok: bool):
    golden = content(run)
    golden["studies"][1]["probabilities"]["lvef"] += shift
    rewrite(run, golden)
    assert replay(run / "model", run / "golden").ok is ok


def test_clinical_features_are_kept(small_networks, tmp_path: Path):
    network = small_networks["single-task-clinical"]
    write_model_dir(network, network.spec, ImageTransform(64, 64), "{}", tmp_path / "model")
    rows = [FEATURES, {**FEATURES, "dm": 0}]
    options = ("single-task-clinical", "scar", rows)
    write_golden(tmp_path / "model", IMAGES[:2], tmp_path / "golden", *options)
    assert [study["clinical_features"] for study in content(tmp_path)["studies"]] == rows
    assert replay(tmp_path / "model", tmp_path / "golden").ok
    with pytest.raises(PredictorError, match="fewer clinical features than images"):
        write_golden(tmp_path / "model", IMAGES, tmp_path / "golden", *options)
    assert len(content(tmp_path)["studies"]) == 2


def test_altered_or_foreign_golden_directories_are_refused(run: Path):
    golden = content(run)
    for change, match in (
        ({"model_sha256": "0" * 64}, "belongs to another model"),
        ({"studies": []}, "is malformed"),
        ({"studies": [{**golden["studies"][0], "image": "../golden/000.png"}]}, "is malformed"),
        ({"studies": [{**golden["studies"][0], "probabilities": {"other": 0.5}}]}, "other targets"),
        ({"studies": [{**golden["studies"][0], "image_sha256": "0" * 64}]}, "000.png: is missing or altered"),
    ):
        rewrite(run, {**golden, **change})
        with pytest.raises(PredictorError, match=match):
            replay(run / "model", run / "golden")
    (run / "golden" / "golden.json").unlink()
    with pytest.raises(PredictorError, match=r"golden\.json: cannot be read"):
        replay(run / "model", run / "golden")


def test_no_image_is_no_golden_directory(run: Path, tmp_path: Path):
    with pytest.raises(PredictorError, match="would hold no golden study"):
        write_golden(run / "model", [], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_another_model_is_noticed(run: Path, small_networks, capsys):
    network = small_networks["multi-task"]
    write_model_dir(
        network, network.spec, ImageTransform(64, 64), "{}", run / "model", odds_lines={"scar": OddsLine(0.9, 0.0)}
    )
    assert main([str(run / "model")]) == 1
    out, err = capsys.readouterr()
    assert "belongs to another model.ckpt" in json.loads(out)["error"]
    assert err.count("\n") == 1 and "belongs to another model.ckpt" in err


def test_another_checkpoint_is_not_even_opened(run: Path):
    (run / "model" / "model.ckpt").write_bytes(b"anything")
    with pytest.raises(PredictorError, match=r"belongs to another model\.ckpt"):
        replay(run / "model", run / "golden")
    (run / "model" / "model.ckpt").unlink()
    with pytest.raises(PredictorError, match=r"model\.ckpt: is missing"):
        replay(run / "model", run / "golden")


def test_the_transform_is_part_of_what_is_replayed(run: Path, capsys):
    (run / "model" / "transform.json").write_text(ImageTransform(96, 64).to_json())
    assert main([str(run / "model"), str(run / "golden")]) == 1
    assert "does not reproduce 3 golden studies" in capsys.readouterr().err


def test_a_release_holds_its_golden_studies_inside(run: Path):
    assert default_golden(run / "model") == run / "golden"
    shutil.move(run / "golden", run / "model" / "golden")
    assert default_golden(run / "model") == run / "model" / "golden"


def test_a_fresh_process_replays_it(run: Path):
    command = [sys.executable, "-m", "ecgcore.predictor.golden.replay"]
    done = subprocess.run([*command, str(run / "model")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["ok"] is True and answer["studies"] == 3 and answer["max_difference"] <= 1e-5
    assert "model: reproduces 3 golden studies" in done.stderr.splitlines()[-1]


def test_wrong_usage_and_missing_directories_exit_not_0(tmp_path: Path, capsys):
    assert main([]) == 2
    assert "usage:" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 1
    assert "golden.json: cannot be read" in capsys.readouterr().err
