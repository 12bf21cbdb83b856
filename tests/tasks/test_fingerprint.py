import pytest

from ecgcore.errors import PromotionError
from ecgcore.predictor.digest import directory_sha256
from tasks.fingerprint import combined_sha256, file_hashes


def test_it_is_the_fingerprint_that_the_predictor_computes(tmp_path):
    for name in ("b.txt", "a/c.txt", "a.txt", "Z.bin"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    hashes = file_hashes(tmp_path)
    assert list(hashes) == ["Z.bin", "a.txt", "a/c.txt", "b.txt"]
    assert combined_sha256(hashes) == directory_sha256(tmp_path)


def test_a_missing_directory_is_said(tmp_path):
    with pytest.raises(PromotionError, match="is not a directory"):
        file_hashes(tmp_path / "nowhere")
