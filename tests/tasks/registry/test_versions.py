"""What is read without MLflow is what MLflow holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.settings import Settings
from ecgcore.sqlite_url import sqlite_url
from tasks.registry import versions
from tasks.registry.connection import connect
from tasks.registry.error import RegistryError
from tasks.registry.versions import check_registered, registered_versions


def register(uri: str, name: str, count: int) -> set[tuple[str, str]]:
    """Register empty versions, and return what MLflow says that it holds."""
    client = connect(uri)
    client.create_registered_model(name)
    run = client.create_run(client.create_experiment(f"of {name}")).info.run_id
    for number in range(count):
        client.create_model_version(name, f"runs:/{run}/{number}", run, tags={"number": str(number)})
    return {(str(each.version), each.tags["number"]) for each in client.search_model_versions(f"name = '{name}'")}


@pytest.mark.parametrize("folder", ["plain", "100 %? home", "a#b", "50%25"])
def test_a_home_s_own_database_is_found_wherever_it_lies(tmp_path: Path, folder: str) -> None:
    settings = Settings(home=tmp_path / folder)
    assert registered_versions(settings) == ()
    known = register(sqlite_url(settings.home / "mlflow" / "mlflow.db"), "ecg-champion", 2)
    assert {(each.version, each.tags["number"]) for each in registered_versions(settings)} == known == {
        ("1", "0"), ("2", "1")}  # fmt: skip
    check_registered(settings, "champion", "2")
    with pytest.raises(RegistryError, match=r"version 3: is not registered.*name one of 1, 2"):
        check_registered(settings, "champion", "3")


@pytest.mark.slow
def test_a_server_s_every_page_is_read(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_PAGE", 2)
    known = register(mlflow_server, "ecg-t-pages", 5)
    found = registered_versions(Settings(mlflow_tracking_uri=mlflow_server))
    mine = [each for each in found if each.model == "ecg-t-pages"]
    assert [each.version for each in mine] == ["1", "2", "3", "4", "5"]
    assert {(each.version, each.tags["number"]) for each in mine} == known
