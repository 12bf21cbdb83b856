"""How a test set is divided."""

from __future__ import annotations

import pandas as pd

from ecgcore.evaluation.frame.part import parts, scar_parts

TYPES = {
    "subendocardial_scar": pd.array([1, 0, 1, 0, None], dtype="Int8"),
    "transmural_scar": pd.array([0, 1, 1, 0, 1], dtype="Int8"),
}


def test_each_family_divides_the_rows(make_frame):
    frame = make_frame([1, 1, 1, 0, 1], [0.5] * 5, female=[0, 1, None, 1, 0], imputed=[True, False, False, False, True])
    found = {(p.by, p.value): len(p.rows) for p in parts(frame)}
    assert found == {
        ("format", "new"): 5,
        ("sex", "female"): 2,
        ("sex", "male"): 2,
        ("sex", "unknown"): 1,
        ("imputed", "no"): 3,
        ("imputed", "yes"): 2,
    }


def test_scar_types_are_set_against_the_same_studies_without_scar(make_frame):
    frame = make_frame([1, 1, 1, 0, 1], [0.5] * 5, **TYPES)
    found = {p.value: p.rows.index.tolist() for p in scar_parts(frame, "scar")}
    assert found == {"subendocardial only": [0, 3], "transmural only": [1, 3], "subendocardial and transmural": [2, 3]}


def test_for_other_targets_the_scar_type_is_the_part(make_frame):
    frame = make_frame([1, 0, 1, 0, 1], [0.5] * 5, target="lvef", **TYPES)
    assert [p.rows.index.tolist() for p in scar_parts(frame, "lvef")] == [[0], [1], [2]]


def test_without_the_columns_there_is_no_scar_type(make_frame):
    assert list(scar_parts(make_frame([1, 0], [0.5] * 2), "scar")) == []
