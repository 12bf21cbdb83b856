import numpy as np
import pytest
from PIL import Image

from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.view import view


def test_view_writes_what_a_model_sees(new_pdf, new_report, tmp_path):
    report = view(new_pdf, tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as seen:
        np.testing.assert_array_equal(np.asarray(seen.convert("RGB")), new_report.image)
    assert report.format.name == "new"


def test_view_of_a_bad_file_writes_nothing(written, tmp_path):
    with pytest.raises(RefusalError):
        view(written(b"no report"), tmp_path / "seen.png")
    assert not (tmp_path / "seen.png").exists()
