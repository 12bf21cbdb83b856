import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import SettingsError
from ecgcore.synth.hospital import make_hospital, plan_entries
from ecgcore.synth.patient import draw_study
from ecgcore.synth.table_file import columns, row_cells
from ecgcore.synth.truth import read_truth

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed, and a scanned page needs it")
    return make_hospital(tmp_path_factory.mktemp("hospital") / "in", studies=100, seed=4, defects=True, workers=1)


@pytest.fixture(scope="module")
def truth(hospital):
    return read_truth(hospital.out)


def read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else pd.read_excel(path, dtype=str)
    return frame.rename(columns=str.lower)


def digests(out: Path) -> dict[str, str]:
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_truth_lists_exactly_the_files_that_exist(hospital, truth):
    listed = set(truth.loc[truth["kind"] != "row", "path"])
    there = {p.relative_to(hospital.out).as_posix() for f in ("ecg", "cmr") for p in (hospital.out / f).rglob("*.*")}
    assert listed == there
    assert (hospital.ecg_files, hospital.tables) == ((truth["kind"] == "ecg").sum(), (truth["kind"] == "table").sum())


def test_truth_lists_exactly_the_rows_of_the_tables(hospital, truth):
    rows = truth[truth["kind"] == "row"]
    assert hospital.rows == len(rows)
    for path, members in rows.groupby("path"):
        table = read(hospital.out / path)
        assert set(table.columns) == set(columns())
        assert members["row"].tolist() == list(range(2, len(table) + 2))
        names = [f"ecg_{int(run):06d}.pdf" for run in table["run_num"]]
        shared = members["defect"].eq("same-name-in-two-months").to_numpy()
        assert ((table["file_name"] == names) | shared).all()


def test_counts_add_up(hospital, truth):
    assert sum(hospital.counts.files.values()) == hospital.ecg_files + hospital.tables
    assert sum(hospital.counts.rows.values()) == hospital.rows
    quarantined = truth[truth["expected_state"] == "quarantined"]
    assert (quarantined["expected_rule"] != "").all()
    accepted = truth[(truth["expected_state"] == "accepted") & (truth["kind"] != "table")]
    assert (accepted["kind"] == "ecg").sum() == (accepted["kind"] == "row").sum()


def test_equal_content_is_only_the_duplicate(hospital, truth):
    ecgs = truth[truth["kind"] == "ecg"]
    digest = [hashlib.sha256((hospital.out / path).read_bytes()).hexdigest() for path in ecgs["path"]]
    again = pd.Series(digest, index=ecgs.index).duplicated()
    assert again.sum() == (ecgs["expected_state"] == "duplicate").sum() == 1
    # sorted by path, the original comes first
    assert ecgs[ecgs["expected_state"] == "duplicate"]["path"].str.endswith("_copy.pdf").all()


def test_same_seed_gives_same_bytes(tmp_path):
    first = make_hospital(tmp_path / "a", studies=12, seed=9, workers=1)
    second = make_hospital(tmp_path / "b", studies=12, seed=9, workers=2)
    assert digests(first.out) == digests(second.out)
    other = make_hospital(tmp_path / "c", studies=12, seed=10, workers=1)
    assert digests(other.out) != digests(first.out)


def test_faulty_pdfs_are_faulty_in_the_way_that_is_said(hospital, truth):
    import pypdfium2

    def document(defect: str) -> pypdfium2.PdfDocument:
        line = truth[(truth["defect"] == defect) & (truth["kind"] == "ecg")].iloc[0]
        return pypdfium2.PdfDocument(hospital.out / line["path"])

    def text(defect: str) -> str:
        return document(defect)[0].get_textpage().get_text_range()

    with pytest.raises(pypdfium2.PdfiumError):
        document("truncated-pdf")
    assert len(document("two-page-pdf")) == 2
    assert text("blank-page") == text("image-only-pdf") == ""
    assert "Appointment" in text("wrong-page")
    line = truth[(truth["defect"] == "header-number-differs") & (truth["kind"] == "ecg")].iloc[0]
    assert f"HN {draw_study(4, int(line['study'][1:])).hn}" not in text("header-number-differs")


def test_poppler_refuses_the_truncated_file(hospital, truth):
    path = truth[(truth["defect"] == "truncated-pdf") & (truth["kind"] == "ecg")]["path"].iloc[0]
    ended = subprocess.run(["pdftoppm", "-r", "30", str(hospital.out / path)], capture_output=True)
    assert ended.returncode != 0


@pytest.mark.slow
@needs_poppler
def test_scan_has_the_pixels_of_the_report(tmp_path):
    from dataclasses import replace

    from ecgcore.synth.entry import PageKind, entry_of
    from ecgcore.synth.page_file import entry_pdf

    def pixels(data: bytes, name: str) -> bytes:
        (tmp_path / name).write_bytes(data)
        command = ["pdftoppm", "-r", "300", "-singlefile", str(tmp_path / name)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    for index in range(6):
        entry = entry_of(draw_study(4, index), index)
        scan = pixels(entry_pdf(replace(entry, page=PageKind.SCAN), 4), "scan.pdf")
        assert scan == pixels(entry_pdf(entry, 4), "report.pdf")


@pytest.mark.parametrize(("studies", "seed"), [(0, 1), (5, -1)])
def test_impossible_sizes_are_refused(tmp_path, studies, seed):
    with pytest.raises(SettingsError, match="at least one study"):
        make_hospital(tmp_path / "in", studies, seed)
    assert not (tmp_path / "in").exists()


def test_a_second_hospital_in_one_folder_is_refused(tmp_path):
    make_hospital(tmp_path, studies=1, seed=1, workers=1)
    with pytest.raises(SettingsError, match="another hospital"):
        make_hospital(tmp_path, studies=1, seed=2, workers=1)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="can be written"):
        make_hospital(tmp_path / "file" / "in", studies=1, seed=1)


def test_progress_counts_every_study(tmp_path):
    seen: list[tuple[int, int]] = []
    make_hospital(
        tmp_path / "in", studies=5, seed=1, workers=1, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(done, 5) for done in range(1, 6)]


@pytest.mark.slow
def test_a_pool_draws_what_one_process_draws(tmp_path):
    one = make_hospital(tmp_path / "a", studies=80, seed=6, workers=1)
    two = make_hospital(tmp_path / "b", studies=80, seed=6, workers=2)
    assert digests(one.out) == digests(two.out)


@pytest.mark.slow
def test_real_records_can_be_drawn(tmp_path):
    """A PTB-XL record (WFDB format 16) drawn in both formats holds ink in every lead's column."""
    import os
    from datetime import datetime

    from ecgcore.synth.drawing.draw import draw_report
    from ecgcore.synth.drawing.page_header import Header

    data = Path(os.environ.get("ECG_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data")) / "ptbxl400"
    heads = sorted(data.rglob("*.hea"))
    if not heads:
        pytest.skip(f"the real ECGs are not at {data}")
    for head in heads[:3]:
        signals = read_record(head)
        for fmt in ("old", "new"):
            header = Header("", "1", datetime(2016, 1, 1), notice="")
            draw_report(np.pad(signals, ((0, 0), (0, 1)), "edge"), 500, fmt, "letter", header, tmp_path / "a.pdf")
            assert (tmp_path / "a.pdf").stat().st_size > 30_000


def read_record(head: Path) -> np.ndarray:
    """A WFDB record of 16-bit samples as ``(leads, n)`` in mV."""
    lines = head.read_text().splitlines()
    leads = int(lines[0].split()[1])
    gains = [float(line.split()[2].split("/")[0].split("(")[0]) for line in lines[1 : leads + 1]]
    raw = np.fromfile(head.with_suffix(".dat"), dtype="<i2").reshape(-1, leads)
    return (raw / np.array(gains)).T


def test_a_larger_validation_share_moves_patients_as_wholes_and_leaves_the_test_years(tmp_path):
    plain, more = (plan_entries(2000, 4, valid_share=share) for share in (None, 0.6))
    studies = [entry.study for entry in more]
    for before, after in zip(plain, more, strict=True):
        assert before.study.split == after.study.split or not before.study.split.endswith("test")
        assert before.study == replace(after.study, split=before.study.split)
    splits = {}
    for study in studies:
        splits.setdefault(study.patient, set()).add(study.split.partition("_")[2])
        assert study.split.startswith(study.fmt.value)
    assert all(len(found) == 1 for found in splits.values())
    free = [study for study in studies if not study.split.endswith("test")]
    assert np.mean([study.split.endswith("valid") for study in free]) == pytest.approx(0.6, abs=0.036)  # 3 errors
    cells = dict(zip(columns(), row_cells(more[0]), strict=True))
    assert cells["split"] == more[0].study.split
    assert cells["develop_10_percent"] == int(more[0].study.split.endswith("valid"))
    with pytest.raises(SettingsError, match=r"cannot have a valid share of 1\.2"):
        make_hospital(tmp_path / "x", 10, 1, valid_share=1.2)
