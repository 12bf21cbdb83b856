"""The 400 real ECGs of PTB-XL (Wagner et al., Sci Data 7:154, 2020), printed, from inbox to verdict.

Each record is printed on an invented day of an invented patient, every second one in the old format. A record is
labelled with scar if its ``scp_codes`` hold any statement whose ``diagnostic_class`` is MI in
``scp_statements.csv``, whatever its likelihood (PTB-XL writes 0 where the cardiologist gave none): 53 records.
``infarction_stadium1`` is not used: where it stands without such a statement, six times, four of the ECGs are called
normal. There is no LVEF, so it is missing.
"""

from __future__ import annotations

import ast
import csv
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from ecgcore.synth.drawing.draw import draw_report
from ecgcore.synth.drawing.layout import EcgFormat, Paper
from ecgcore.synth.drawing.page_header import Header

pytestmark = [pytest.mark.full, pytest.mark.timeout(1500)]

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ECG_TEST_DATA", PROJECT.parent / "shared" / "data")) / "ptbxl400"
FS, SAMPLES, MICROVOLT = 500, 5000, 1e-3
RECORDS, INFARCTIONS = 400, 53
OLDEST_REAL_AGE = 89  # PTB-XL writes 300 for everyone older
ADULT = 18
COLUMNS = (
    "hn", "ecg_date", "cmr_date", "file_name", "year", "month", "run_num", "scar_cad", "lvef", "age", "female",
    "train_80_percent", "develop_10_percent", "ecg_format",
)  # fmt: skip
# Per split: year of the old and of the new format, as deployments/splits has it, and the share of patients.
YEARS = {
    "train": ((2009, 2014), (2017, 2020)),
    "valid": ((2015, 2015), (2017, 2020)),
    "test": ((2016, 2016), (2021, 2021)),
}
OF_TEN = ("train", "test", "train", "valid", "train", "test", "train", "valid", "train", "test")


@dataclass(frozen=True)
class Recording:
    """A real record: its number, invented hospital number, split, and what PTB-XL says of it."""

    number: int
    hn: str
    split: str
    infarction: bool
    age: int | None
    female: bool

    @property
    def minor(self) -> bool:
        return self.age is not None and self.age < ADULT

    @property
    def format(self) -> EcgFormat:
        return EcgFormat.NEW if self.number % 2 else EcgFormat.OLD

    @property
    def day(self) -> date:
        first, last = YEARS[self.split][self.format is EcgFormat.NEW]
        return date(first + self.number % (last - first + 1), 1, 1) + timedelta(days=self.number % 360)

    def signals(self) -> np.ndarray:
        """``(12, 5000)`` in mV: format 16 of WFDB, interleaved little-endian, 1000 per mV."""
        raw = np.fromfile(DATA / "records500" / f"{self.number:05d}_hr.dat", dtype="<i2")
        return raw.reshape(SAMPLES, 12).T * MICROVOLT


def recordings() -> list[Recording]:
    with (DATA / "scp_statements.csv").open(encoding="utf-8") as file:
        infarct = {row[""] for row in csv.DictReader(file) if row["diagnostic_class"] == "MI"}
    with (DATA / "ptbxl_database.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    patients = {name: i for i, name in enumerate(dict.fromkeys(row["patient_id"] for row in rows))}
    return [_recording(row, patients[row["patient_id"]], infarct) for row in rows]


def _recording(row: dict[str, str], patient: int, infarct: set[str]) -> Recording:
    age = float(row["age"]) if row["age"] else 1000.0
    return Recording(
        number=int(row["ecg_id"]),
        hn=f"7{patient:07d}",
        split=OF_TEN[patient % len(OF_TEN)],
        infarction=bool(infarct & set(ast.literal_eval(row["scp_codes"]))),
        age=int(age) if age <= OLDEST_REAL_AGE else None,
        female=row["sex"] == "1",
    )


def _print(recording: Recording, inbox: Path) -> dict[str, object]:
    """Draw one report and return its row of the label table."""
    day, fmt = recording.day, recording.format
    name = f"{day:%Y%m%d}_{recording.number:05d}.pdf"
    path = inbox / "ecg" / f"{day:%Y}" / f"{day:%m}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = datetime.combine(day, time(9, 30))
    header = Header("", recording.hn, taken, recording.age, recording.female, notice="")
    paper = Paper.A4 if recording.number % 4 < 2 else Paper.LETTER
    draw_report(recording.signals(), FS, fmt, paper, header, path)
    return {
        "hn": recording.hn, "ecg_date": day, "cmr_date": day, "file_name": name, "year": day.year, "month": day.month,
        "run_num": recording.number, "scar_cad": int(recording.infarction), "lvef": "",
        "age": "" if recording.age is None else recording.age, "female": int(recording.female),
        "train_80_percent": int(recording.split == "train"), "develop_10_percent": int(recording.split == "valid"),
        "ecg_format": fmt.value,
    }  # fmt: skip


def _rows(inbox: Path) -> Iterator[dict[str, object]]:
    for recording in recordings():
        yield _print(recording, inbox)


def write_inbox(inbox: Path) -> None:
    rows = list(_rows(inbox))
    (inbox / "cmr").mkdir()
    with (inbox / "cmr" / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def write_deployments(folder: Path) -> None:
    """The demo's recipe, cut to three epochs of a small network, and its policy."""
    for kind in ("recipes", "policies"):
        (folder / kind).mkdir(parents=True)
    recipe = yaml.safe_load((PROJECT / "deployments/recipes/multi-task-demo.yaml").read_text())
    recipe |= {"name": "short", "description": "A short training on real ECGs"}
    recipe["model"]["backbone"] = "test_resnet"
    recipe["training"]["epochs"] = 3
    recipe["schedule"]["warmup_steps"] = 5
    (folder / "recipes" / "short.yaml").write_text(yaml.safe_dump(recipe))
    policy = (PROJECT / "deployments/policies/demo.yaml").read_text()
    (folder / "policies" / "demo.yaml").write_text(policy)


@dataclass(frozen=True)
class Run:
    home: Path
    ingested: dict
    retrained: dict


@pytest.fixture(scope="module")
def run(make_home) -> Run:
    if not (DATA / "ptbxl_database.csv").is_file():
        pytest.skip(f"the real ECGs are not at {DATA}; set ECG_TEST_DATA to the folder that holds ptbxl400")
    home = make_home("real")
    root = home.path.parent
    write_inbox(root / "inbox")
    write_deployments(root / "deployments")
    home.variables["ECG_DEPLOYMENTS"] = str(root / "deployments")
    ingested = json.loads(home.ecg("ingest", str(root / "inbox"), "--json"))
    for name in ("old", "new"):
        home.ecg("testset", "lock", name, "--yes")
    retrained = json.loads(home.ecg("retrain", "--recipe", "short", "--policy", "demo", "--json"))
    return Run(home.path, ingested, retrained)


def test_the_records_are_the_ones_the_numbers_speak_of(run):
    found = recordings()
    assert len(found) == RECORDS
    assert sum(r.infarction for r in found) == INFARCTIONS
    first = found[0].signals()[:, 0]  # the initial values that 00001_hr.hea gives, in 1/1000 mV
    np.testing.assert_allclose(first * 1000, [-115, -50, 65, 82, -90, 7, -65, -40, -5, -35, -35, -75])


def test_every_real_ecg_is_read_and_only_minors_stay_out(run):
    minors = sum(r.minor for r in recordings())
    print("\nreal ECGs:", {k: v for k, v in run.ingested.items() if isinstance(v, int)}, run.ingested["by_rule"])
    assert run.ingested["files"] == RECORDS + 1
    assert run.ingested["excluded"] == minors
    assert run.ingested["accepted"] == RECORDS - minors + 1
    assert run.ingested["studies"]["total"] == RECORDS - minors
    assert run.ingested["by_rule"] == ({"adult": minors} if minors else {})


def test_each_format_is_recognised_and_the_labels_arrive(run):
    with sqlite3.connect(run.home / "ledger.db") as connection:
        found = connection.execute(
            "select ecg_format, count(distinct s.study_id), sum(case when name = 'scar' then value end), "
            "count(case when name = 'lvef_percent' then 1 end), count(distinct patient_id) "
            "from study s left join label l on l.study_id = s.study_id group by ecg_format"
        ).fetchall()
    expected = {}
    for fmt in EcgFormat:
        adults = [r for r in recordings() if not r.minor and r.format is fmt]
        expected[fmt.value] = (len(adults), sum(r.infarction for r in adults), 0, len({r.hn for r in adults}))
    assert {row[0]: row[1:] for row in found} == expected


def test_scar_is_trained_and_measured_and_lvef_is_left_undecided_by_missing_labels(run):
    """Nothing may be promoted for want of evidence: the floors on LVEF fail, its minimum numbers are not reached."""
    assert run.retrained["trained"] and run.retrained["version"] == "1"
    assert (run.retrained["gate"], run.retrained["promoted"], run.retrained["champion"]) == ("fail", False, None)
    assert not (run.home / "champion").exists()
    blocking = [gate for gate in run.retrained["gates"] if gate["severity"] == "block"]
    lvef = [gate for gate in blocking if gate["target"] == "lvef"]
    floors = [gate for gate in blocking if (gate["kind"], gate["target"]) == ("floor", "scar")]
    assert {g["verdict"] for g in lvef if g["kind"] == "floor"} == {"fail"}
    assert {g["verdict"] for g in lvef if g["kind"] == "minimum-cases"} == {"inconclusive"}
    assert len(lvef) == 10 and all(gate["value"] is None for gate in lvef)
    assert len(floors) == 6 and all(gate["value"] is not None for gate in floors)


def test_the_summary_says_that_lvef_was_not_trained(run):
    summary = json.loads(next((run.home / "runs").glob("*/summary.json")).read_text())
    assert summary["samples"]["train"]["lvef"] == {"negative": 0, "positive": 0}
    assert summary["valid_aucs"]["lvef"] is None
    assert 0 < summary["valid_aucs"]["scar"] <= 1
    print(f"\nreal ECGs: validation AUC of scar after a short training {summary['valid_aucs']['scar']:.3f}")
