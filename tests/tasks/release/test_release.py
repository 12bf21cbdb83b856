import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecgcore.errors import PromotionError, TransientError
from ecgcore.predictor.fingerprint import directory_sha256
from tasks.release.release import export_release, link_champion, linked_version, read_release, unlink_champion

DRIVER = Path(__file__).with_name("crash_release.py")


def make_model(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "configs.json").write_text('{"pretrained": false}')
    (folder / "model.ckpt").write_bytes(weights)
    (folder / "transform.json").write_text("{}")
    return folder


def make_golden(folder: Path) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "golden.json").write_text("[]")
    (folder / "images" / "a.png").write_bytes(b"png")
    return folder


@pytest.fixture
def home(tmp_path):
    make_model(tmp_path / "model-1", b"one")
    make_model(tmp_path / "model-2", b"two")
    make_golden(tmp_path / "golden")
    return tmp_path / "home"


def export(home: Path, version: str) -> Path:
    root = home.parent
    return export_release(root / f"model-{version}", root / "golden", home / "releases", version, {"run_id": "r"})


def test_a_release_holds_the_model_its_golden_studies_and_the_hash_of_each(home):
    path = export(home, "1")
    assert path == home / "releases" / "1"
    assert sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()) == [
        "configs.json", "golden/golden.json", "golden/images/a.png", "model.ckpt", "release.json", "transform.json",
    ]  # fmt: skip
    manifest = json.loads((path / "release.json").read_text())
    assert manifest["files"]["model.ckpt"] == hashlib.sha256(b"one").hexdigest()
    assert manifest["metadata"] == {"run_id": "r"}
    assert read_release(path).model_dir_sha256 == directory_sha256(home.parent / "model-1")
    assert (path / "model.ckpt").stat().st_mode & 0o777 == 0o444


def test_the_fingerprint_is_the_sha256_of_what_sha256sum_prints(home):
    folder = home.parent / "golden"
    lines = subprocess.run(
        "find . -type f | sed 's,^./,,' | LC_ALL=C sort | xargs sha256sum",
        cwd=folder, shell=True, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert directory_sha256(folder) == hashlib.sha256(lines).hexdigest()


def test_exporting_twice_changes_nothing(home):
    first = export(home, "1").stat()
    assert export(home, "1").stat().st_ino == first.st_ino


def test_a_version_is_never_exported_with_other_content(home):
    export(home, "1")
    (home.parent / "model-1" / "model.ckpt").write_bytes(b"changed")
    with pytest.raises(PromotionError, match="exists with other content"):
        export(home, "1")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("alter", r"differs from its release\.json in model\.ckpt\. Hint: remove"),
        ("remove", r"differs from its release\.json in model\.ckpt\. Hint: remove"),
        ("add", r"differs from its release\.json in extra\.bin\. Hint: remove"),
        ("cut-manifest", r"release\.json: is not a release manifest\. Hint: remove"),
        ("no-manifest", r"is not a release: it has no release\.json\. Hint: remove"),
    ],
)
def test_a_damaged_release_is_neither_read_nor_linked(home, damage, said):
    path = export(home, "1")
    target = path / ("release.json" if "manifest" in damage else "model.ckpt")
    target.chmod(0o644)
    if damage == "alter":
        target.write_bytes(b"0ne")
    elif damage == "add":
        (path / "extra.bin").write_bytes(b"")
    elif damage == "cut-manifest":
        target.write_text(target.read_text()[:40])
    else:
        target.unlink()
    with pytest.raises(PromotionError, match=said):
        read_release(path)
    with pytest.raises(PromotionError, match=said):
        link_champion(home, "1")
    assert linked_version(home) is None


def test_the_link_is_relative_and_moves_between_versions(home):
    for version in ("1", "2", "2", "1"):
        export(home, version)
        link_champion(home, version)
        assert (home / "champion").readlink() == Path("releases") / version
        assert linked_version(home) == version
    home.rename(home.with_name("moved"))
    assert (home.with_name("moved") / "champion" / "model.ckpt").read_bytes() == b"one"


def test_unlinking_leaves_no_champion_and_can_be_repeated(home):
    export(home, "1")
    link_champion(home, "1")
    unlink_champion(home)
    unlink_champion(home)
    assert linked_version(home) is None
    assert read_release(home / "releases" / "1").version == "1"


def test_what_is_not_our_link_is_never_replaced(home):
    export(home, "1")
    (home / "champion").mkdir()
    for act in (lambda: link_champion(home, "1"), lambda: unlink_champion(home), lambda: linked_version(home)):
        with pytest.raises(PromotionError, match="is not a link to releases"):
            act()
    (home / "champion").rmdir()
    (home / "champion").symlink_to("/etc")
    with pytest.raises(PromotionError, match="is not a link to releases"):
        link_champion(home, "1")


@pytest.mark.parametrize("version", ["", "..", "a/b", ".hidden", "a\n", "é"])
def test_a_version_cannot_leave_the_releases_folder(home, version):
    for act in (
        lambda: export_release(home, home, home / "releases", version, {}),
        lambda: link_champion(home, version),
    ):
        with pytest.raises(PromotionError, match="cannot be the name of a release"):
            act()


@pytest.mark.parametrize("missing", ["configs.json", "model.ckpt", "transform.json"])
def test_an_incomplete_model_is_refused(home, missing):
    (home.parent / "model-1" / missing).unlink()
    with pytest.raises(PromotionError, match=f"lacks {missing}"):
        export(home, "1")


def test_links_in_a_model_and_empty_golden_folders_are_refused(home):
    (home.parent / "model-1" / "link").symlink_to("/etc/hostname")
    with pytest.raises(PromotionError, match="link or a special file"):
        export(home, "1")
    (home.parent / "empty").mkdir()
    with pytest.raises(PromotionError, match="holds no golden study"):
        export_release(home.parent / "model-2", home.parent / "empty", home / "releases", "2", {})


def test_a_disk_that_refuses_gives_one_clear_error_and_leaves_nothing(home, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransientError, match="No space left on device"):
        export(home, "1")
    assert list((home / "releases").iterdir()) == []


def crash(root: Path, mode: str) -> list[dict]:
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(root), mode], capture_output=True, text=True, cwd=DRIVER.parents[3],
        env={**os.environ, "PYTHONPATH": str(DRIVER.parents[3])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("mode", "least"), [("audit", 20), pytest.param("line", 100, marks=pytest.mark.slow)])
def test_killed_anywhere_the_champion_is_whole_and_a_second_run_finishes(home, mode, least):
    for result in crash(home.parent, mode):
        assert result["kills"] >= least
        assert result["before"] > 0
        assert result["after"] > 0
        assert result["before"] + result["after"] == result["kills"] + 1
