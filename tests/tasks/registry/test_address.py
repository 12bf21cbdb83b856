"""A registry that is copied or moved with its home keeps to the new place."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from ecgcore.predictor.fingerprint import directory_sha256
from ecgcore.sqlite_url import sqlite_url
from tasks.registry.address import follow_home
from tasks.registry.connection import connect
from tasks.registry.error import RegistryError
from tasks.registry.registry import Registry

PROJECT = Path(__file__).resolve().parents[3]
SLOT = "t-address"

IN_A_PROCESS_OF_ITS_OWN = """
import sys
from pathlib import Path
from tasks.registry.registry import Registry
uri, slot, folder = sys.argv[1:]
registry = Registry(uri)
registry.attach(slot, "1", "decision.html", "<h1>of this home</h1>")
registry.download_model_dir(slot, "1", Path(folder) / "model")
registry.download_golden_dir(slot, "1", Path(folder) / "golden")
"""


def registry_in(home: Path) -> Registry:
    return Registry(sqlite_url(home / "mlflow" / "mlflow.db"))


def use(home: Path, folder: Path) -> None:
    """Write to a version and read it as a command does; MLflow remembers for its process where a run's files are."""
    words = [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN, registry_in(home).tracking_uri, SLOT, str(folder)]
    subprocess.run(words, check=True, cwd=PROJECT)


def content_of(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def first_home(tmp_path_factory, make_candidate):
    """A home with one version. Copy it, do not change it."""
    home = tmp_path_factory.mktemp("address") / "home"
    registry_in(home).register_candidate(make_candidate("run-address", SLOT))
    return home


def test_a_copied_home_serves_and_writes_in_the_copy_and_never_in_the_original(first_home, tmp_path, trained):
    before = content_of(first_home)
    copy = shutil.copytree(first_home, tmp_path / "copy")
    use(copy, tmp_path)
    assert content_of(first_home) == before
    (written,) = [path for path in copy.rglob("decision.html") if path.parent.name == "artifacts"]
    assert written.read_text() == "<h1>of this home</h1>"
    assert directory_sha256(tmp_path / "model") == directory_sha256(trained / "model")


def test_a_moved_home_serves_from_any_path(first_home, tmp_path, trained):
    there = shutil.copytree(first_home, tmp_path / "before" / "home")
    use(there, tmp_path / "first")
    use(Path(shutil.move(there, tmp_path / "after 50%25 of? #1")), tmp_path)
    assert directory_sha256(tmp_path / "model") == directory_sha256(trained / "model")
    assert directory_sha256(tmp_path / "golden") == directory_sha256(trained / "golden")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "after 50%25 of? #1", "before", "first", "golden", "model"]  # fmt: skip
    assert list((tmp_path / "before").iterdir()) == []


def test_every_address_of_the_database_is_rewritten_and_foreign_places_are_not(first_home, tmp_path):
    elsewhere = "s3://bucket/mlflow/artifacts"
    copy = shutil.copytree(first_home, tmp_path / "copy")
    database = copy / "mlflow" / "mlflow.db"
    connect(sqlite_url(database)).create_experiment("foreign", artifact_location=elsewhere)
    with closing(sqlite3.connect(database)) as connection:
        dump = "\n".join(connection.iterdump())
    assert str(first_home) not in dump
    assert elsewhere in dump
    assert dump.count(copy.as_uri()) >= 4  # experiment, run, model, version


def test_a_home_that_stayed_is_only_read(first_home):
    database = first_home / "mlflow" / "mlflow.db"
    before = database.read_bytes()
    database.chmod(0o444)
    try:
        follow_home(database)
    finally:
        database.chmod(0o644)
    assert database.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    database = tmp_path / "mlflow.db"
    database.write_text("no database, but long enough that SQLite looks at it" * 20)
    with pytest.raises(RegistryError, match="cannot follow its home"):
        follow_home(database)
