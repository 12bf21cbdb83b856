"""`ecg predict`: which models it asks, what it says of unusual files, and how it refuses. In this process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecgcore.models.majority import MajorityModel
from ecgcore.predictor.picture import load_picture
from ecgcore.predictor.table.table_dir import write_table_dir
from ecgcore.reports.page.reason import CAUTION_HINTS, Caution
from tasks.release.release import export_release


@pytest.fixture(scope="module")
def model_dir(network_dir) -> Path:
    return network_dir()


@pytest.fixture(scope="module")
def canonical(drawn_reports, tmp_path_factory) -> Image.Image:
    """The new format's canonical image, as `ecg view` writes it."""
    from ecgcore.reports.view import view

    out = tmp_path_factory.mktemp("canonical") / "new.png"
    view(drawn_reports["new"], out)
    with Image.open(out) as image:
        return image.convert("RGB")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    Image.new("RGB", (400, 300), "white").save(tmp_path / "plain.png")
    return tmp_path / "plain.png"


def test_a_directory_that_leaves_its_target_open_is_refused_until_it_is_said(ecg, network_dir, plain):
    folder = network_dir("single-task", "lvef")
    words = ("predict", plain, plain, "--model-dir", folder)
    assert [set(json.loads(line)) for line in ecg(*words).out.splitlines()] == [{"file", "lvef"}] * 2
    (folder / "targets.json").unlink()
    done = ecg(*words)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "m: does not say what its single-task model predicts. Hint: give --task scar or --task lvef" in done.err
    done = ecg(*words, "--task", "lvef")
    assert done.code == 0 and [set(json.loads(line)) for line in done.out.splitlines()] == [{"file", "lvef"}] * 2


def test_a_model_of_clinical_features_is_refused_once(ecg, network_dir, plain):
    folder = network_dir("multi-task-clinical")
    done = ecg("predict", plain, plain, "--model-dir", folder)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert f'Hint: in Python: ECGClassifier("{folder}", "multi-task-clinical").predict(image, clinical' in done.err


def test_boosted_trees_are_refused_before_they_are_loaded(ecg, tmp_path, plain):
    (tmp_path / "configs.json").write_text('{"model_class": "xgboost"}')
    done = ecg("predict", plain, "--model-dir", tmp_path)
    assert (done.code, done.out) == (1, "") and "holds a xgboost model, which needs clinical features" in done.err


def test_the_majority_answers_only_for_files_that_are_there(ecg, tmp_path, plain):
    write_table_dir(MajorityModel({"lvef": 0.187}), tmp_path / "m")
    done = ecg("predict", plain, tmp_path / "none.png", "--model-dir", tmp_path / "m", "--exact")
    first, second = (json.loads(line) for line in done.out.splitlines())
    assert done.code == 1 and first["lvef"]["probability"]["positive"] == 0.187
    assert "none.png: is not a file" in second["error"] and "lvef" not in second


def test_a_photo_of_nearly_the_canonical_shape_is_said_to_be_none(ecg, model_dir, plain, tmp_path):
    Image.new("RGB", (400, 600)).save(tmp_path / "photo.png")
    done = ecg("predict", plain, tmp_path / "photo.png", "--model-dir", model_dir)
    assert done.code == 0 and len(done.out.splitlines()) == 2
    said = [f"ecg: CAUTION {path}: is neither a report page nor" for path in (plain, tmp_path / "photo.png")]
    assert [line[: len(start)] for line, start in zip(done.err.splitlines(), said, strict=True)] == said


def test_the_canonical_png_is_used_bit_by_bit(ecg, canonical, model_dir, drawn_reports, tmp_path):
    canonical.save(tmp_path / "seen.png", compress_level=1)
    np.testing.assert_array_equal(load_picture(tmp_path / "seen.png"), np.asarray(canonical))
    done = ecg("predict", drawn_reports["new"], tmp_path / "seen.png", "--model-dir", model_dir, "--exact")
    assert (done.code, done.err) == (0, "")
    report, png = (json.loads(line) for line in done.out.splitlines())
    assert report["scar"] == png["scar"] and report["lvef"] == png["lvef"]


def test_a_canonical_jpeg_is_painted_white_as_by_ingest_and_view_and_that_is_said(
    ecg, canonical, model_dir, tmp_path, monkeypatch
):
    canonical.save(tmp_path / "seen.jpg", quality=60)
    with Image.open(tmp_path / "seen.jpg") as image:
        expected = np.array(image)
    smallest, largest = expected.min(axis=2), expected.max(axis=2)
    expected[(smallest >= 200) | (largest - smallest >= 24)] = 255  # what is coloured or nearly as light as paper
    np.testing.assert_array_equal(load_picture(tmp_path / "seen.jpg"), expected)
    reads = reading_counted(monkeypatch)
    said = f"ecg: CAUTION {tmp_path / 'seen.jpg'}: grid-by-colour. Hint: {CAUTION_HINTS[Caution.GRID_BY_COLOUR]}\n"
    assert ecg("predict", tmp_path / "seen.jpg", "--model-dir", model_dir).err == said
    assert len(reads) == 1
    assert ecg("view", tmp_path / "seen.jpg", "--out", tmp_path / "o.png").err == said
    assert ecg("extract", tmp_path / "seen.jpg", "--out", tmp_path / "o.csv").err == said
    with Image.open(tmp_path / "o.png") as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), expected)


def reading_counted(monkeypatch) -> list[object]:
    from ecgcore.reports import report

    reads, read = [], report.read_source
    monkeypatch.setattr(report, "read_source", lambda *given: reads.append(given) or read(*given))
    return reads


def test_a_blank_picture_of_canonical_size_is_refused(ecg, model_dir, tmp_path):
    Image.new("RGB", (1402, 2100), "white").save(tmp_path / "blank.png")
    done = ecg("predict", tmp_path / "blank.png", "--model-dir", model_dir)
    assert done.code == 1 and "blank.png: blank-page" in json.loads(done.out)["error"]


class TestChampion:
    @pytest.fixture
    def home(self, model_dir, tmp_path, monkeypatch) -> Path:
        golden, home = tmp_path / "golden", tmp_path / "home"
        golden.mkdir()
        (golden / "golden.json").write_text("{}")
        export_release(model_dir, golden, home / "releases", "3", {})
        (home / "champion").symlink_to("releases/3")
        monkeypatch.setenv("ECG_HOME", str(home))
        return home

    def test_its_release_is_checked(self, ecg, home, plain):
        assert set(json.loads(ecg("predict", plain).out)) == {"file", "scar", "lvef"}
        transform = home / "releases" / "3" / "transform.json"
        transform.chmod(0o644)
        transform.write_text(transform.read_text().replace("96", "97"))
        for words in (("predict", plain), ("explain", plain, "--out", home / "o.png")):
            done = ecg(*words)
            assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
            assert "releases/3: differs from its release.json in transform.json" in done.err
            assert "`ecg promote 3` again" in done.err

    def test_a_named_directory_is_the_callers_own_matter(self, ecg, home, model_dir, plain):
        shutil.rmtree(home / "releases" / "3")
        assert ecg("predict", plain, "--model-dir", model_dir).code == 0
