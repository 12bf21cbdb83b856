"""Scores of a snapshot's studies, for every family, from what its directory says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from ecgcore.data.clinical import clinical_table
from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.data.imputation import Imputation, fit_imputation
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import PredictorError
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.mtecg import write_model_dir
from ecgcore.predictor.formats.own import write_own_dir
from ecgcore.predictor.scoring import registered_columns, score
from ecgcore.reports.page.format import known_formats

FACTORS = ("smoke", "diabetes", "hypertension", "dyslipidemia")
TRANSFORM = ImageTransform(48, 64, Interpolation.AREA)
SIGNALS = SignalTransform(64, tuple(np.linspace(-0.2, 0.2, 12)), tuple(np.linspace(0.1, 0.9, 12)), 0.3)


def lead_image(rate: float) -> np.ndarray:
    fmt = next(each for each in known_formats() if each.name == "old")
    image = np.full((*fmt.canonical_size[::-1], 3), 255, np.uint8)
    seconds = np.arange(0, 4.6, 0.004)
    wave = np.exp(-((((seconds * rate) % 1 - 0.5) / rate / 0.02) ** 2))
    for box in fmt.canonical_leads.values():
        x, y = box.left + 80 + seconds * fmt.px_per_s, (box.top + box.bottom) / 2 - wave * 80
        cv2.polylines(image, [np.stack([x, y], 1).round().astype(np.int32)], False, (0, 0, 0), 3)
    return image


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory) -> Snapshot:
    """Five studies; the last one's page is blank, the second and fourth lack risk factors."""
    path, rows = tmp_path_factory.mktemp("snapshot"), []
    pictures = [lead_image(rate) for rate in (0.9, 1.1, 1.4, 1.9)]
    for i, picture in enumerate([*pictures, np.full_like(pictures[0], 255)]):
        sha = hashlib.sha256(picture.tobytes()).hexdigest()
        file = path / "images" / sha[:2] / f"{sha}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), picture)
        factors = dict.fromkeys(FACTORS, None if i in (1, 3) else i % 2)
        rows.append({"study_id": f"S{i:020x}", "patient_id": f"P{i:020x}", "year": 2016, "ecg_format": "old",
                     "split": "test", "test_set": "old", "image_sha256": sha, "scar": i % 2, "lvef": None,
                     "lvef_percent": 40.0 + i, "subendocardial_scar": i % 2, "transmural_scar": 0, "age": 50.0 + i,
                     "female": 1, **factors})  # fmt: skip
    frame = pd.DataFrame(rows).astype(dict.fromkeys(("scar", "lvef", *FACTORS), "Int8"))
    frame.to_parquet(path / "studies.parquet")
    digest = hashlib.sha256((path / "studies.parquet").read_bytes()).hexdigest()
    meta = {"id": "snap-s", "content_sha256": "c" * 64, "studies_sha256": digest}
    (path / "snapshot.json").write_text(json.dumps(meta))
    return Snapshot.open(path)


@pytest.fixture(scope="module")
def imputation() -> Imputation:
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.integers(0, 2, (200, 5)), rng.normal(0.6, 0.1, 200)]).astype(float)
    table[rng.random(200) < 0.4, 1:5] = np.nan
    return fit_imputation(table, [str(i) for i in range(200)], 2, 1).imputation


def directory(folder: Path, family: str, **options: object) -> Path:
    torch.manual_seed(5)
    targets = ["lvef"] if family.startswith("single") else ["scar", "lvef"]
    network = build(ModelSpec(family, targets, backbone="test_resnet", latent_dim=16)).eval()
    if family.endswith("-1d"):
        return write_own_dir(network, SIGNALS, folder / family)
    return write_model_dir(network, network.spec, TRANSFORM, "{}", folder / family, **options)


def picture(snapshot: Snapshot, row: int) -> np.ndarray:
    path = snapshot.image_path(snapshot.studies["image_sha256"].iloc[row])
    return np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1])


@pytest.mark.parametrize("family", ["multi-task", "single-task"])
def test_an_image_models_scores_are_its_predictions(family, snapshot, tmp_path):
    model = directory(tmp_path, family)
    frame = score(snapshot, snapshot.studies, model)
    classifier = ECGClassifier(model, family, round_probabilities=False)
    for i in (0, 4):
        answer = classifier.predict(picture(snapshot, i))
        assert {f"{t}_probability" for t in answer} == {c for c in frame.columns if c.endswith("_probability")}
        for target, found in answer.items():
            assert frame[f"{target}_probability"][i] == pytest.approx(found["probability"]["positive"], abs=1e-6)
    assert not frame["unreadable"].any()


def test_the_frame_has_what_slices_need_and_the_registry_keeps_none_of_it(snapshot, tmp_path):
    frame = score(snapshot, snapshot.studies, directory(tmp_path, "multi-task"))
    keys = ["study_id", "patient_id", "ecg_format", "test_set"]
    attributes = ["female", "age", "lvef_percent", "subendocardial_scar", "transmural_scar", "imputed", "unreadable"]
    scored = ["scar_label", "scar_probability", "lvef_label", "lvef_probability"]
    assert frame.columns.tolist() == keys + attributes + scored
    assert registered_columns(frame).columns.tolist() == keys + scored
    assert not frame["imputed"].any()  # an image model reads no clinical feature
    assert frame["lvef_percent"].tolist() == [40.0, 41.0, 42.0, 43.0, 44.0]
    assert frame["scar_label"].tolist() == [0, 1, 0, 1, 0] and frame["lvef_label"].isna().all()


def test_a_signal_model_reads_each_study_as_a_prediction_does(snapshot, tmp_path):
    model = directory(tmp_path, "multi-task-1d")
    frame = score(snapshot, snapshot.studies, model)
    classifier = ECGClassifier(model, "multi-task-1d", round_probabilities=False)
    for i in range(4):
        answer = classifier.predict(picture(snapshot, i))
        assert frame["scar_probability"][i] == pytest.approx(answer["scar"]["probability"]["positive"], abs=1e-6)


def test_an_unreadable_study_stays_flagged_with_the_answer_to_a_mean_signal(snapshot, tmp_path):
    model = directory(tmp_path, "single-task-1d")
    frame = score(snapshot, snapshot.studies, model)
    assert frame["unreadable"].tolist() == [False] * 4 + [True]
    classifier = ECGClassifier(model, None, round_probabilities=False)
    with torch.inference_mode():
        logits = classifier.network(torch.zeros(1, 12, 64))["lvef"]
    expected = torch.softmax(logits.double(), 1)[0, 1].item()
    assert frame["lvef_probability"][4] == pytest.approx(expected, abs=1e-6)


def test_too_many_unreadable_studies_are_an_error(snapshot, tmp_path):
    model = directory(tmp_path, "multi-task-1d")
    with pytest.raises(PredictorError, match=r"signals of 1 of 2 studies cannot be read.*empty-lead"):
        score(snapshot, snapshot.studies.iloc[3:], model)


def test_a_clinical_model_gets_imputed_features(snapshot, imputation, tmp_path):
    model = directory(tmp_path, "multi-task-clinical", imputation=imputation)
    frame = score(snapshot, snapshot.studies, model)
    assert frame["imputed"].tolist() == [False, True, False, True, False]
    complete = imputation.complete(clinical_table(snapshot.studies), snapshot.studies["study_id"].tolist())
    names = ("female_gender", "dm", "ht", "smoke", "dlp")
    classifier = ECGClassifier(model, "multi-task-clinical", round_probabilities=False)
    for i in (1, 2):
        features = {**dict(zip(names, complete[i, :5], strict=True)), "age": 50 + i}
        answer = classifier.predict(picture(snapshot, i), features)
        assert frame["scar_probability"][i] == pytest.approx(answer["scar"]["probability"]["positive"], abs=1e-6)


def test_without_an_imputation_complete_cases_are_scored_and_others_refused(snapshot, tmp_path):
    model = directory(tmp_path, "single-task-clinical")
    assert len(score(snapshot, snapshot.studies.iloc[[0, 2]], model)) == 2
    with pytest.raises(PredictorError, match=f"lack a value in 2 studies \\(S{1:020x}, S{3:020x}\\)"):
        score(snapshot, snapshot.studies, model)
