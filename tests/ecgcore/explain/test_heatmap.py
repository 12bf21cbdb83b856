from __future__ import annotations

import importlib.util
import pkgutil
import sys

import numpy as np
import pytest

import ecgcore.explain
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.errors import PredictorError
from ecgcore.explain.heatmap import Heatmap, explain, explain_all
from ecgcore.models.factory import build
from ecgcore.models.majority import MajorityModel
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.own import write_own_dir
from ecgcore.predictor.table.table_dir import write_table_dir

FEATURES = {"female_gender": 1, "dm": 0, "ht": 1, "smoke": 0, "dlp": 1, "age": 63}


def picture(seed: int, height: int = 300, width: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def classifier(model_dirs, family: str) -> ECGClassifier:
    return ECGClassifier(model_dirs[family], family, round_probabilities=False)


@pytest.mark.parametrize("family", ["multi-task", "single-task", "multi-task-clinical", "single-task-clinical"])
def test_every_image_family_is_explained(model_dirs, family):
    model = classifier(model_dirs, family)
    features = FEATURES if family.endswith("clinical") else None
    for target in model.targets:
        heatmap = explain(model, picture(1), target, features)
        expected = model.predict(picture(1), features)[target]["probability"]["positive"]
        assert heatmap.target == target
        assert heatmap.probability == pytest.approx(expected, abs=1e-6)
        assert heatmap.size == (400, 300)
        assert heatmap.grid.shape == (3, 4) and heatmap.grid.max() == 1 and heatmap.grid.min() >= 0
        assert heatmap.mass.shape == (300, 400) and heatmap.mass.dtype == np.float32


def test_targets_have_maps_of_their_own(model_dirs):
    model = classifier(model_dirs, "multi-task")
    scar, lvef = (explain(model, picture(1), target) for target in ("scar", "lvef"))
    assert not np.allclose(scar.grid, lvef.grid)


def test_clinical_features_move_the_probability_but_not_the_map(model_dirs):
    # the heads are linear in [image embedding, clinical embedding], so the gradient at the image knows no features
    model = classifier(model_dirs, "multi-task-clinical")
    young, old = (explain(model, picture(1), "scar", {**FEATURES, "age": age, "dm": 1}) for age in (30, 90))
    assert young.probability != old.probability
    np.testing.assert_allclose(young.grid, old.grid, atol=1e-6)


def test_many_are_explained_lazily_in_order_and_as_each_alone(model_dirs):
    model, read = classifier(model_dirs, "single-task-clinical"), []

    def images():
        for seed in range(5):
            read.append(seed)
            yield picture(seed)

    features = [{**FEATURES, "age": 40 + 10 * i} for i in range(5)]
    maps = explain_all(model, images(), "scar", features, batch_size=2)
    first = next(maps)
    assert read == [0, 1]
    for i, found in enumerate([first, *maps]):
        alone = explain(model, picture(i), "scar", features[i])
        assert found.probability == pytest.approx(alone.probability, abs=1e-6)
        np.testing.assert_allclose(found.grid, alone.grid, atol=1e-5)


def test_too_few_clinical_features_are_refused(model_dirs):
    model = classifier(model_dirs, "single-task-clinical")
    with pytest.raises(PredictorError, match="1 given for 2 images"):
        list(explain_all(model, [picture(0), picture(1)], "scar", [FEATURES]))


def test_an_unknown_target_is_refused(model_dirs):
    with pytest.raises(PredictorError, match="'age': is not what this model predicts, that is scar, lvef"):
        explain(classifier(model_dirs, "multi-task"), picture(0), "age")


def test_a_model_of_signals_is_refused(tmp_path):
    network = build(ModelSpec("single-task-1d", ["scar"], backbone="test_resnet", latent_dim=16)).eval()
    transform = SignalTransform(200, (0.0,) * 12, (1.0,) * 12, 0.0)
    model = ECGClassifier(write_own_dir(network, transform, tmp_path / "m"), None)
    with pytest.raises(PredictorError, match="explanation of a single-task-1d model: needs a model of images"):
        explain(model, picture(0), "scar")


def test_a_table_model_is_refused(tmp_path):
    model = ECGClassifier(write_table_dir(MajorityModel({"scar": 0.3, "lvef": 0.6}), tmp_path / "m"), None)
    with pytest.raises(PredictorError, match="explanation of a majority model: needs a model of images"):
        explain(model, picture(0), "scar")


def test_a_cell_lies_where_the_image_was_shrunk_from():
    # triangle around the cell's centre, by the formula of linear interpolation
    grid = np.zeros((4, 6), np.float32)
    grid[1, 3] = 1
    mass = Heatmap("scar", 0.5, grid, (600, 200)).mass
    y, x = np.arange(200) + 0.5, np.arange(600) + 0.5
    rows, columns = (np.clip(1 - abs(v - centre) / step, 0, 1) for v, centre, step in ((y, 75, 50), (x, 350, 100)))
    np.testing.assert_allclose(mass, np.outer(rows, columns), atol=1e-5)


def test_the_outer_half_of_a_border_cell_is_as_high_as_its_centre():
    grid = np.zeros((2, 2), np.float32)
    grid[0, 0] = 1
    mass = Heatmap("scar", 0.5, grid, (8, 8)).mass
    assert (mass[:2, :2] == 1).all() and mass[7, 7] == 0


def test_the_paint_is_the_evidence_times_the_probability_so_that_no_colour_means_no_probability():
    grid = np.array([[1, 0.5], [0, 0.25]], np.float32)
    assert Heatmap("scar", 0.8, grid, (2, 2)).heat.tolist() == (np.float32(0.8) * grid).tolist()
    assert Heatmap("scar", 0.004, grid, (2, 2)).heat.max() < 0.005
    assert Heatmap("scar", 1.0, grid, (2, 2)).heat.max() == 1


def test_an_empty_map_says_so():
    empty = Heatmap("scar", 0.1, np.zeros((2, 3), np.float32), (30, 20))
    assert empty.is_empty and not empty.mass.any()
    assert not Heatmap("scar", 0.1, np.eye(2, dtype=np.float32), (30, 20)).is_empty


def test_a_machine_without_the_library_can_import_everything_here(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_grad_cam", None)
    for module in pkgutil.iter_modules(ecgcore.explain.__path__):
        spec = importlib.util.find_spec(f"ecgcore.explain.{module.name}")
        found = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, found)
        spec.loader.exec_module(found)
    with pytest.raises(ImportError):
        importlib.import_module("pytorch_grad_cam")
