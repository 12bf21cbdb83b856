from __future__ import annotations

from collections.abc import Callable

import pytest

from ecgcore.cmr.sheet.columns import normalise_name
from ecgcore.cmr.sheet.misspelt import deciding_columns, lookalike
from ecgcore.cmr.table.label_table import LabelTable
from ecgcore.errors import TableError

Reader = Callable[..., LabelTable]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("LVEF (%)", "lvef"),
        ("LV_EF", "lvef"),
        ("lvef_percent", "lvef"),
        ("Age (years)", "age"),
        ("PatientAge", "age"),
        ("age_y", "age"),
        ("ageyears", "age"),
        ("LGE pattern", "pattern"),
        ("LGEpattern", "pattern"),
        ("patern", "pattern"),
        ("newcut", "new_cut"),
        ("New cut?", "new_cut"),
        ("scar", "scar_cad"),
        ("Scar CAD (0/1)", "scar_cad"),
        ("ScarCAD", "scar_cad"),
        ("Sub-endocardial scar", "subendocardial_scar"),
        ("subendocardialscar", "subendocardial_scar"),
        ("TransmuralScar", "transmural_scar"),
    ],
)
def test_other_spellings_of_a_deciding_column(name: str, column: str) -> None:
    assert lookalike([name], deciding_columns()) == (name, column)
    assert lookalike([name], {column}) == (name, column)
    assert lookalike([name], ()) is None


@pytest.mark.parametrize(
    "name",
    [
        *("image", "percentage", "page", "lineage", "dosage", "stage", "Imaging", "average HR", "engagement"),
        *("patient name", "patients", "ward", "remark", "cut_off", "transmurality", "rvef", "EDV (ml)", "LV mass"),
        *("oscar", "BMI", "creatinine", "ECG number", "MRN", "sex", "", "อายุ"),
    ],
)
def test_names_of_their_own(name: str) -> None:
    assert lookalike([name], deciding_columns()) is None


@pytest.mark.parametrize("name", ["LVEF (%)", "Age (years)", "LGE pattern", "newcut"])
def test_a_table_with_a_misspelt_column_is_rejected(read_csv: Reader, name: str) -> None:
    header = f"file_name,hn,cmr_date,ecg_date,scar_cad,{name}"
    with pytest.raises(TableError, match="one that looks like it") as caught:
        read_csv("a.pdf,1234567,2016-03-04,2016-03-04,0,12", header=header)
    assert f"`{name}`" in caught.value.rule


def test_with_the_column_itself_another_of_its_kind_is_only_not_read(read_csv: Reader) -> None:
    header = "file_name,hn,cmr_date,ecg_date,lvef,age,LVEF echo,age_group,image"
    table = read_csv("a.pdf,1234567,2016-03-04,2016-03-04,55,64,58,old,7", header=header)
    assert table.rows[["lvef_percent", "age"]].to_numpy().tolist() == [[55.0, 64.0]]
    assert table.not_read == "columns lvef_echo, age_group, image"


@pytest.mark.parametrize("name", ["\ufefflvef", "lv\u00adef", "\u200blvef\u200e"])
def test_characters_that_show_nothing_do_not_hide_a_column(read_csv: Reader, name: str) -> None:
    assert normalise_name(name) == "lvef"
    header = f"file_name,hn,cmr_date,ecg_date,{name}"
    assert read_csv("a.pdf,1234567,2016-03-04,2016-03-04,55", header=header).rows["lvef_percent"].tolist() == [55.0]
