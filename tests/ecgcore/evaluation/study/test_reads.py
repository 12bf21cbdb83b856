"""The CSV of cardiologists' reads: what is taken, what is refused, and that nothing else happens."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.study.reads import load_reads

HEADER = "reader,study_id,scar,lvef,experience"


@pytest.fixture
def load(tmp_path):
    """Return a loader of text as a file of reads."""

    def load(text, **options):
        path = tmp_path / "reads.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_reads(path, **options)

    return load


def test_reads_in_any_column_order_and_unanswered(load):
    frame = load("lvef,study_id, reader ,scar\n1,S1,A,0\n,S2,A,1\n")
    assert frame.columns.tolist() == ["reader", "experience", "study_id", "scar", "lvef"]
    assert frame["scar"].tolist() == [0, 1]
    assert frame["lvef"].tolist() == [1, pd.NA]
    assert frame["experience"].tolist() == ["", ""]
    assert str(frame["lvef"].dtype) == "Int8"


def test_a_byte_order_mark_and_windows_lines_are_read(load):
    frame = load(b"\xef\xbb\xbf" + f"{HEADER}\r\nA,S1,1,0,experienced\r\n".encode())
    assert frame.iloc[0].tolist() == ["A", "experienced", "S1", 1, 0]


def test_other_targets_can_be_asked_for(load):
    assert load("reader,study_id,stenosis\nA,S1,1\n", targets=("stenosis",))["stenosis"].tolist() == [1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hold no read"),
        (HEADER + "\n", "hold no read"),
        ("reader,study_id,scar\nA,S1,1\n", "have the columns"),
        ("reader,study_id,scar,lvef,note\nA,S1,1,1,x\n", "have the columns"),
        ("reader,study_id,scar,lvef,lvef\nA,S1,1,1,1\n", "have the columns"),
        (HEADER + "\nA,S1,1\n", "line 2 has 3 cells, not 5"),
        (HEADER + "\nA,S1,1,0,x\n,S2,1,0,x\n", "line 3 has no reader"),
        (HEADER + "\nA,,1,0,x\n", "line 2 has no study_id"),
        (HEADER + "\nA,S1,1,0,\n", "line 2 has no experience"),
        (HEADER + "\nA,S1,yes,0,x\n", "line 2 has scar 'yes'"),
        (HEADER + "\nA,S1,1,2,x\n", "line 2 has lvef '2'"),
        (HEADER + "\nA,S1,1,0,x\nA,S2,1,0,x\nA,S1,1,0,x\n", "line 4: reader 'A' reads study S1 again"),
        (HEADER + "\nA,S1,1,0,x\nA,S2,1,0,y\n", "reader 'A' two experiences"),
        (HEADER.encode() + b"\nA,S\xff,1,0,x\n", "cannot be read"),
    ],
)
def test_each_fault_gets_its_own_error(load, text, message):
    with pytest.raises(EvaluationError, match=message):
        load(text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EvaluationError, match="nowhere"):
        load_reads(tmp_path / "nowhere.csv")


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_with_our_error(load, text):
    try:
        frame = load(f"{HEADER}\n{text}".encode())
    except EvaluationError:
        return
    assert frame[["scar", "lvef"]].isin([0, 1]).where(frame[["scar", "lvef"]].notna(), True).all(axis=None)


@given(
    st.lists(
        st.tuples(st.sampled_from("01"), st.sampled_from(["0", "1", ""]), st.sampled_from(["A", 'B "b"', "C, c"])),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_comes_back(load, answers):
    text = io.StringIO()
    lines = [[reader, f"S{i}", scar, lvef] for i, (scar, lvef, reader) in enumerate(answers)]
    csv.writer(text).writerows([["reader", "study_id", "scar", "lvef"], *lines])
    frame = load(text.getvalue())
    back = frame[["reader", "study_id", "scar", "lvef"]].astype(object)
    assert [["" if pd.isna(c) else str(c) for c in row] for row in back.to_numpy()] == lines
