"""The benchmark through the command line: trains what is missing, scores once, writes one report, tells MLflow."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.errors import RecipeError
from ecgcore.settings import Settings
from tasks.judging.benchmark_report import reference_run
from tasks.training.runs import plan_runs

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bench(
    champion_home: Path,
    copy_of: Callable[[Path, Path], Path],
    deployments: Path,
    cli_of: Callable[[Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A home whose champion is trained, and deployments with a second recipe and the majority class."""
    import shutil

    folder = tmp_path_factory.mktemp("benchmark")
    home = copy_of(champion_home, folder / "home")
    mine = shutil.copytree(deployments, folder / "deployments")
    tiny = (mine / "recipes" / "tiny.yaml").read_text(encoding="utf-8")
    assert "seed: 3" in tiny
    second = tiny.replace("name: tiny", "name: second").replace("seed: 3", "seed: 2")
    (mine / "recipes" / "second.yaml").write_text(second, encoding="utf-8")
    return cli_of(home), mine


@pytest.fixture(scope="module")
def first(bench: Any) -> Any:
    cli, mine = bench
    return cli("benchmark", "--recipes", "tiny,second", "--json", ECG_DEPLOYMENTS=str(mine)).json()


def looks(home: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(home / "ledger.db")) as connection:
        return connection.execute("SELECT name, looks FROM test_set ORDER BY name").fetchall()


@pytest.mark.full
def test_what_was_trained_before_is_not_trained_again(first: Any) -> None:
    assert (first["trained"], first["reused"]) == (["second"], ["tiny"])


@pytest.mark.full
def test_the_areas_are_those_of_the_kept_predictions(bench: Any, first: Any) -> None:
    cli, _ = bench
    frames = {
        path.parent.name.split("-")[0]: pd.read_parquet(path) for path in cli.home.glob("runs/*/scored-*.parquet")
    }
    assert set(frames) == {"tiny", "second"}
    assert len(first["auc"]) == 2 * 2 * 2
    for found in first["auc"]:
        rows = frames[found["recipe"]].query("test_set == @found['test_set']")
        rows = rows[rows[f"{found['target']}_label"].notna()]
        wanted = roc_auc_score(rows[f"{found['target']}_label"].astype(int), rows[f"{found['target']}_probability"])
        assert found["value"] == pytest.approx(wanted)
        assert found["low"] <= found["value"] <= found["high"]


@pytest.mark.full
def test_the_report_stands_alone_and_its_tables_lie_beside_it(first: Any) -> None:
    report = Path(first["report"])
    html = report.read_text(encoding="utf-8")
    assert "http://" not in html and "https://" not in html and "<script" not in html
    assert html.count("data:image/png;base64,") >= 10
    for part in ("Population", "Areas under the ROC curve", "Compared with tiny", "Where the model looks"):
        assert part in html
    tables = {path.stem for path in (report.parent / "tables").glob("*.csv")}
    assert {"population", "results", "paired_tests", "power", "slices", "calibration", "thresholds"} <= tables


def test_under_an_overlay_the_reference_is_the_recipe_that_was_asked_for(deployments: Path, tmp_path: Path) -> None:
    recipes, overlays = tmp_path / "recipes", tmp_path / "overlays"
    recipes.mkdir()
    overlays.mkdir()
    tiny = (deployments / "recipes" / "tiny.yaml").read_text(encoding="utf-8")
    for name in ("tiny", "second"):
        (recipes / f"{name}.yaml").write_text(tiny.replace("name: tiny", f"name: {name}"), encoding="utf-8")
    other = "{suffix: other, description: of another seed, every: {slot: null, promotable: false, training.seed: 9}}"
    (overlays / "other.yaml").write_text(other, encoding="utf-8")
    settings = Settings(_env_file=None, home=tmp_path / "home", deployments=tmp_path)
    names = ["second", "tiny"]
    runs = plan_runs(settings, "snapshot", names, "other")
    assert [run.name for run in runs] == ["second-other", "tiny-other"]
    for asked in ("tiny", "tiny-other"):
        assert reference_run(names, runs, asked) is runs[1]
    with pytest.raises(RecipeError, match="reference third: is not among the recipes"):
        reference_run(names, runs, "third")


@pytest.mark.full
def test_a_second_benchmark_trains_nothing_and_looks_no_more(bench: Any, first: Any) -> None:
    cli, mine = bench
    before = looks(cli.home)
    again = cli("benchmark", "--recipes", "tiny,second", "--json", ECG_DEPLOYMENTS=str(mine)).json()
    assert (again["trained"], again["reused"]) == ([], ["tiny", "second"])
    assert again["auc"] == first["auc"]
    assert looks(cli.home) == before
    with closing(sqlite3.connect(cli.home / "mlflow" / "mlflow.db")) as connection:
        names = connection.execute(
            "SELECT e.name, r.name FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id "
            "WHERE e.name = 'ecg-benchmarks'"
        ).fetchall()
    assert names.count(("ecg-benchmarks", Path(first["report"]).parent.name)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--recipes", "tiny,no-such"), "no-such"),
        (("--recipes", "tiny", "--overlay", "no-such"), "overlays"),
        (("--recipes", "tiny,tiny"), "each is named once"),
        (("--recipes", "tiny", "--readers", "no-such.csv"), "no-such.csv"),
    ],
)
def test_bad_input_is_one_clear_error_before_anything_is_read(cli: Any, words: tuple[str, ...], said: str) -> None:
    done = cli("benchmark", *words)
    lines = done.err.splitlines()
    assert done.code > 0 and len(lines) == 1 and said in lines[0] and "Hint: " in lines[0], done.err
