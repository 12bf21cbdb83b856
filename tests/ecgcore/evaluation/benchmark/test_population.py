"""The population table against numbers counted by hand."""

from __future__ import annotations

import pandas as pd

from ecgcore.evaluation.benchmark.population import population_table

NA = None
ROWS = [
    # patient, split, test_set, year, format, age, female, diabetes, scar, lvef, percent, subendocardial, transmural
    ("P1", "train", NA, 2010, "old", 50.0, 1, 1, 1, 1, 35.0, 1, 0),
    ("P1", "train", NA, 2012, "old", 60.0, 1, NA, 0, 1, 40.0, 0, 0),
    ("P2", "train", NA, 2018, "new", 70.0, 0, 0, NA, NA, NA, NA, NA),
    ("P3", "test", "old", 2016, "old", NA, NA, 1, 1, 0, 55.0, 0, 1),
    ("P4", "test", NA, 2016, "old", 33.0, 1, 1, 1, 0, 55.0, 0, 1),
]
COLUMNS = [
    "patient_id", "split", "test_set", "year", "ecg_format", "age", "female", "diabetes", "scar", "lvef",
    "lvef_percent", "subendocardial_scar", "transmural_scar",
]  # fmt: skip


def test_counts_shares_and_what_is_not_known():
    studies = pd.DataFrame(ROWS, columns=COLUMNS).assign(hypertension=0, smoke=0, dyslipidemia=0)
    studies = studies.astype(dict.fromkeys(("female", "diabetes", "scar", "lvef", "transmural_scar"), "Int8"))
    table = population_table(studies).set_index("characteristic")
    assert list(table.columns) == ["train", "test old"]  # no valid study; P4 is in no locked set
    train, test = table["train"], table["test old"]
    assert (train["ECGs"], train["patients"], train["years"]) == ("3", "2", "2010 to 2018")
    assert train["old format"] == "2 (66.7 %)"
    assert train["age, years"] == "60.0 (10.0)"
    assert train["female"] == "2 (66.7 %)"
    assert train["diabetes"] == "1 (50.0 %)"
    assert train["a risk factor not known"] == "1"
    assert (train["scar"], train["scar not known"]) == ("1 (50.0 %)", "1")
    assert train["LVEF, %"] == "37.5 (3.5)"  # 35 and 40: SD 5 / sqrt 2
    assert (train["LVEF reduced"], train["LVEF < 40 %"], train["LVEF not known"]) == ("2 (100.0 %)", "1 (50.0 %)", "1")
    assert (test["age, years"], test["age not known"], test["female"]) == ("not known", "1", "not known")
    assert (test["transmural scar"], test["LVEF, %"]) == ("1 (100.0 %)", "55.0")


def test_a_risk_factor_that_was_imputed_is_not_known():
    studies = pd.DataFrame(ROWS, columns=COLUMNS).assign(
        hypertension=1, smoke=0, dyslipidemia=0, impute=[0, 0, 1, NA, 0]
    )
    studies = studies.astype({"diabetes": "Int8", "impute": "Int8"})
    table = population_table(studies).set_index("characteristic")
    train, test = table["train"], table["test old"]
    assert (train["hypertension"], train["smoke"]) == ("2 (100.0 %)", "0 (0.0 %)")  # of two, not of three
    assert train["diabetes"] == "1 (100.0 %)"  # the second is missing, the third was imputed
    assert train["a risk factor not known"] == "2"
    assert (train["female"], train["age, years"]) == ("2 (66.7 %)", "60.0 (10.0)")  # never imputed by the flag
    assert (test["hypertension"], test["a risk factor not known"]) == ("1 (100.0 %)", "0")
