import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from ecgcore.errors import PredictorError
from ecgcore.models.boosted import BoostedModel
from ecgcore.models.majority import MajorityModel
from ecgcore.models.odds_line import OddsLine
from ecgcore.predictor.table.table_dir import MAX_CONFIG_BYTES, read_table_dir, write_table_dir

LINES = {"scar": OddsLine(1.25, -0.5), "lvef": OddsLine(0.8, 0.25)}
ROWS = np.array([[1, 40], [0, 80], [np.nan, np.nan]], dtype=np.float32)


def booster(flip: bool) -> xgboost.Booster:
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.integers(0, 2, 200), rng.normal(60, 10, 200)])
    table = xgboost.DMatrix(features, (features[:, 1] > 60) ^ flip, nthread=1)
    return xgboost.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, table, 3)


@pytest.fixture(scope="module")
def boosted() -> BoostedModel:
    return BoostedModel(("female", "age"), {"scar": booster(False), "lvef": booster(True)}, LINES)


@pytest.fixture
def directory(boosted: BoostedModel, tmp_path: Path) -> Path:
    return write_table_dir(boosted, tmp_path / "model")


@pytest.fixture
def directory_of_before(directory: Path) -> Path:
    """As versions of before wrote it: ``configs.json`` in place of the manifest."""
    said = json.loads((directory / "manifest.json").read_text())
    targets = {t: {"sha256": said["files"][f"{t}.json"], **each} for t, each in said["model"].items()}
    content = {"model_class": "xgboost", "features": said["input"]["features"], "targets": targets}
    (directory / "configs.json").write_text(json.dumps(content))
    (directory / "manifest.json").unlink()
    return directory


def test_a_boosted_model_comes_back_as_it_was(boosted: BoostedModel, directory: Path) -> None:
    again = read_table_dir(directory, "xgboost")
    assert (again.targets, again.features) == (("scar", "lvef"), ("female", "age"))
    for target, expected in boosted.probabilities(ROWS).items():
        assert again.probabilities(ROWS)[target].tolist() == expected.tolist()
    assert sorted(p.name for p in directory.iterdir()) == ["lvef.json", "manifest.json", "scar.json"]


def test_a_booster_exported_with_a_temperature_is_still_read(directory_of_before: Path) -> None:
    configs = json.loads((directory_of_before / "configs.json").read_text())
    for target in configs["targets"].values():
        del target["slope"], target["intercept"]
        target["temperature"] = 1.25
    (directory_of_before / "configs.json").write_text(json.dumps(configs))
    assert read_table_dir(directory_of_before, "xgboost").odds_lines["lvef"] == OddsLine(0.8, 0.0)
    configs["targets"]["scar"]["temperature"] = 0
    (directory_of_before / "configs.json").write_text(json.dumps(configs))
    with pytest.raises(PredictorError, match="a temperature must be above 0, is 0"):
        read_table_dir(directory_of_before, "xgboost")


def test_a_majority_model_is_one_small_file(tmp_path: Path) -> None:
    write_table_dir(MajorityModel({"scar": 0.271, "lvef": 0.187}), tmp_path / "model")
    assert [p.name for p in (tmp_path / "model").iterdir()] == ["manifest.json"]
    said = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert (said["family"], said["targets"], said["files"]) == ("majority", ["scar", "lvef"], {})
    assert said["input"] == {"kind": "table", "features": []}
    assert said["model"] == {"scar": {"prevalence": 0.271}, "lvef": {"prevalence": 0.187}}
    assert read_table_dir(tmp_path / "model", "majority") == MajorityModel({"scar": 0.271, "lvef": 0.187})


def test_writing_twice_gives_the_same_bytes(boosted: BoostedModel, directory: Path, tmp_path: Path) -> None:
    other = write_table_dir(boosted, tmp_path / "other")
    for path in directory.iterdir():
        assert (other / path.name).read_bytes() == path.read_bytes()


def edit(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        content = json.loads((path / "configs.json").read_text())
        change(content)
        (path / "configs.json").write_text(json.dumps(content))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda d: (d / "scar.json").unlink(), "scar.json: is missing"),
        (lambda d: (d / "configs.json").unlink(), "configs.json: is missing"),
        (lambda d: (d / "scar.json").write_text("{}"), "is altered"),
        (lambda d: (d / "configs.json").write_text("{"), "is not JSON"),
        (lambda d: (d / "configs.json").write_bytes(b"\xff\xfe\xfd"), "is not JSON"),
        (lambda d: (d / "configs.json").write_text("[" * 100_000), "is not JSON"),
        (lambda d: (d / "configs.json").write_text("[]"), "belongs to model_class None"),
        (lambda d: (d / "configs.json").write_text(" " * (MAX_CONFIG_BYTES + 1)), "at most 1048576 are read"),
        (edit(lambda c: c.update(model_class="majority")), "belongs to model_class 'majority'"),
        (edit(lambda c: c.update(code="x")), "code is missing or too many"),
        (edit(lambda c: c["targets"]["scar"].pop("slope")), "slope is missing or too many"),
        (edit(lambda c: c["targets"]["scar"].update(slope=0)), "must be above 0"),
        (edit(lambda c: c["targets"]["scar"].update(intercept=float("nan"))), "not a finite number"),
        (edit(lambda c: c["targets"]["scar"].update(slope=True)), "not a finite number"),
        (edit(lambda c: c["targets"].update({"../scar": c["targets"]["scar"]})), "not a list of different names"),
        (edit(lambda c: c.update(targets={})), "not a list of different names"),
        (edit(lambda c: c.update(targets=["scar"])), "not a list of different names"),
        (edit(lambda c: c.update(targets={f"t{i}": c["targets"]["scar"] for i in range(33)})), "names 33 targets"),
        (edit(lambda c: c.update(features=["female", "weight"])), "are not among"),
        (edit(lambda c: c.update(features=["age", "age"])), "are not among"),
        (edit(lambda c: c.update(features=[["age"]])), "are not among"),
        (edit(lambda c: c.update(features=["age"])), "reads other than 1 columns"),
    ],
)
def test_a_wrong_directory_of_before_gets_one_clear_error(
    directory_of_before: Path, spoil: Callable[[Path], object], rule: str
) -> None:
    spoil(directory_of_before)
    with pytest.raises(PredictorError, match=rule):
        read_table_dir(directory_of_before, "xgboost")


def test_a_directory_of_before_is_read(boosted: BoostedModel, directory_of_before: Path) -> None:
    again = read_table_dir(directory_of_before, "xgboost")
    assert again.probabilities(ROWS)["scar"].tolist() == boosted.probabilities(ROWS)["scar"].tolist()


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda d: (d / "scar.json").unlink(), "scar.json: is missing"),
        (lambda d: (d / "scar.json").write_text("{}"), "scar.json: is altered"),
        (lambda d: (d / "manifest.json").write_text("[]"), "manifest.json: must be a JSON object"),
        (
            lambda d: (d / "manifest.json").write_text((d / "manifest.json").read_text().replace("1.25", "1.5")),
            "manifest.json: is altered",
        ),
    ],
)
def test_an_altered_directory_is_refused(directory: Path, spoil: Callable[[Path], object], rule: str) -> None:
    spoil(directory)
    with pytest.raises(PredictorError, match=rule):
        read_table_dir(directory, "xgboost")


def test_another_family_is_refused(directory: Path) -> None:
    with pytest.raises(PredictorError, match="belongs to a xgboost model, asked for is majority"):
        read_table_dir(directory, "majority")
