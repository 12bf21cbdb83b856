from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from ecgcore.errors import PromotionError
from ecgcore.predictor.fingerprint import combined_sha256, directory_sha256, file_hashes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model" / "golden").mkdir(parents=True)
    (tmp_path / "model" / "b").write_bytes(b"\x00\xff")
    (tmp_path / "model" / "golden" / "a").write_bytes(b"")
    return tmp_path / "model"


def test_it_is_the_hash_of_what_sha256sum_prints(folder: Path):
    printed = subprocess.run(["sha256sum", "b", "golden/a"], cwd=folder, capture_output=True, check=True).stdout
    assert directory_sha256(folder) == combined_sha256(file_hashes(folder)) == hashlib.sha256(printed).hexdigest()


def test_files_come_in_the_order_of_their_paths(tmp_path: Path):
    for name in ("b.txt", "a/c.txt", "a.txt", "Z.bin"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    assert list(file_hashes(tmp_path)) == ["Z.bin", "a.txt", "a/c.txt", "b.txt"]


def test_names_and_bytes_count_dates_do_not(folder: Path, tmp_path: Path):
    before = directory_sha256(folder)
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    assert directory_sha256(tmp_path / "copy") == before
    (folder / "b").rename(folder / "c")
    renamed = directory_sha256(folder)
    (folder / "c").write_bytes(b"\x00\xfe")
    assert len({before, renamed, directory_sha256(folder)}) == 3


def test_links_and_missing_directories_are_refused(folder: Path):
    (folder / "link").symlink_to(folder / "b")
    with pytest.raises(PromotionError, match="is a link"):
        directory_sha256(folder)
    with pytest.raises(PromotionError, match="is not a directory"):
        directory_sha256(folder / "nowhere")
