"""A third target (LVEF below 40 %, a head of its own) and a made-up one (a thrombus, a new column of the table).

From the label table to the gates, with three files: a catalogue, a recipe, a policy. No code knows either of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.data.snapshot import Snapshot
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import freeze_snapshot
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.assembly import row_faults
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile
from ecgcore.ledger.ingest.label_frame import source_rows
from ecgcore.ledger.ledger import Ledger
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.targets.catalogue import SHIPPED, load_catalogue
from ecgcore.targets.in_force import put_in_force
from ecgcore.targets.language import Language
from ecgcore.training.recipe.recipe_file import load_recipe
from ecgcore.training.train import train
from tasks.judging.judge import Judgement, judge
from tasks.validation.alerts import batch_alerts
from tasks.validation.validate import validate

pytestmark = pytest.mark.slow

KEY = Pseudonymiser(b"a key for tests, nothing else")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PLACES = {"train": (date(2010, 1, 4), 40), "valid": (date(2015, 3, 2), 16), "old": (date(2016, 5, 2), 24)}
THROMBUS = "lv_thrombus"
BELOW_40 = "lvef_below_40"

CATALOGUE_ENTRIES = """
columns:
  lv_thrombus:
    kind: flag
    hint: write 1 for a thrombus in the left ventricle, 0 for none, and leave it empty if unknown
targets:
  lvef_below_40:
    column: lvef
    positive: "< 40"
    words: {en: "LVEF {rule} %", th: "LVEF {rule} %"}
    prevalence: {low: 0.05, high: 0.60, hint: check that lvef is still in percent}
  lv_thrombus:
    column: lv_thrombus
    words: {en: thrombus in the left ventricle, th: ลิ่มเลือดในหัวใจห้องล่างซ้าย}
    prevalence: {low: 0.00, high: 0.10, hint: check that lv_thrombus is 1 for a thrombus}
"""

HEAD = """
name: lvef-below-40
description: LVEF below 40 % as a head of its own
slot: null
promotable: false
start_from: null
input: {kind: image, height: 48, width: 64, interpolation: area}
data: {formats: [old, new]}
model:
  {family: multi-task, backbone: test_resnet, latent_dim: 16, targets: [scar, lvef, lvef_below_40], pretrained: none,
   bias_head: true}
loss: {ratio: {scar: 0.4, lvef: 0.3, lvef_below_40: 0.3}, class_weights: none}
augment: {}
optimiser: {name: adamw, learning_rate: 0.003, weight_decay: 0.01}
schedule: {warmup_steps: 1, decay: linear}
training:
  epochs: 6
  batch_size: 16
  accumulate: 1
  early_stopping_patience: null
  weight_averaging: {kind: none}
  precision: auto
  seed: 3
  num_threads: 1
operating_point:
  scar: {kind: calibrated}
  lvef: {kind: calibrated}
  lvef_below_40: {kind: min_sensitivity, sensitivity: 0.6}
"""

BOOSTED = """
name: boosted
description: every target from clinical features
slot: null
promotable: false
input: {kind: table, features: [female, age]}
data: {formats: [old, new]}
model: {family: xgboost, targets: [scar, lvef, lvef_below_40, lv_thrombus]}
boosting:
  {booster: gbtree, tree_method: hist, grow_policy: depthwise, rate_drop: null, learning_rate: 0.3, max_depth: 2,
   min_child_weight: 1.0, reg_lambda: 1.0, rounds: 3, patience: null}
loss: {class_weights: none}
training: {seed: 1, num_threads: 1}
operating_point:
  scar: {kind: calibrated}
  lvef: {kind: calibrated}
  lvef_below_40: {kind: min_sensitivity, sensitivity: 0.6}
  lv_thrombus: {kind: min_sensitivity, sensitivity: 0.6}
"""

POLICY = """
name: further
approval: manual
level: 0.95
gates:
  - {kind: no-leak}
  - {kind: reproduces}
  - {kind: minimum-cases, targets: [lvef_below_40, lv_thrombus], test_sets: [old], positives: 6, negatives: 15}
  - {kind: non-inferior, targets: [lvef_below_40, lv_thrombus], test_sets: [old], margin: 0.1}
  - {kind: floor, metric: auc, targets: [lvef_below_40, lv_thrombus], test_sets: [old], at_least: 0.0001}
  - {kind: floor, metric: sensitivity, targets: [lvef_below_40, lv_thrombus], test_sets: [old], at_least: 0.0001}
  - {kind: floor, metric: specificity, targets: [lvef_below_40, lv_thrombus], test_sets: [old], at_least: 0.0001}
"""


@dataclass(frozen=True)
class Hospital:
    """Invented patients: a table as a steward writes it, and a picture for each row."""

    lines: list[str] = field(default_factory=list)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def made(cls) -> Hospital:
        rng, made = np.random.default_rng(2), cls()
        for place, (day, patients) in PLACES.items():
            for n in range(patients):
                name = f"{place}{n}"
                lvef, thrombus = (33.0, 45.0, 61.0, 64.0)[n % 4], int(n % 3 == 0)
                cells = [f"{name}.pdf", f"{len(made.lines) + 100}", day, day, n % 2, lvef, thrombus]
                made.lines.append(",".join(map(str, [*cells, 40 + n, n % 2])))
                shade = 40 if lvef < 40 else 200  # what a network can learn in a few epochs
                made.pictures[name] = rng.integers(shade, shade + 56, (48, 64, 3), dtype=np.uint8)
        made.lines[0] = made.lines[0].replace("33.0,1,", "33.0,2,")  # no thrombus is a 2
        return made

    def table(self, folder: Path) -> LabelTable:
        header = f"file_name,hn,cmr_date,ecg_date,scar_cad,lvef,{THROMBUS},age,female"
        path = folder / "labels.csv"
        path.write_text("\n".join([header, *self.lines]) + "\n", encoding="utf-8")
        return read_table(path, KEY)

    def reports(self, images: Path) -> list[SourceFile]:
        return [_report(name, picture, images) for name, picture in self.pictures.items()]


def _report(name: str, picture: np.ndarray, images: Path) -> SourceFile:
    sha256 = hashlib.sha256(picture.tobytes()).hexdigest()
    path = Path(sha256[:2]) / f"{sha256}.png"
    (images / path).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(images / path), picture)
    facts = PageFacts("old", sha256, str(path))
    return SourceFile(f"ecg/{name}.pdf", hashlib.sha256(name.encode()).hexdigest(), 1, FileKind.ECG, facts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("further")


@pytest.fixture(scope="module", autouse=True)
def catalogue(folder: Path) -> Iterator[None]:
    """The shipped catalogue with two targets and a column more, in force."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    for section, entries in yaml.safe_load(CATALOGUE_ENTRIES).items():
        content[section] |= entries
    (folder / "targets.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    put_in_force(load_catalogue(folder / "targets.yaml"))
    yield
    put_in_force(load_catalogue())


@pytest.fixture(scope="module")
def ledger(folder: Path, catalogue: None) -> Iterator[Ledger]:
    """A ledger that took the table in, with the test set locked."""
    hospital = Hospital.made()
    table = hospital.table(folder)
    report = validate(table.rows, batch_id="b1", today=date(2026, 11, 20))
    rows = source_rows(table.rows, table.sha256, KEY.study_id, row_faults(report.failures))
    file = SourceFile("cmr/labels.csv", table.sha256, 1, FileKind.TABLE)
    with Ledger(f"sqlite:///{folder / 'ledger.db'}") as opened:
        opened.record_batch(IngestBatch("b1", [file, *hospital.reports(folder / "images")], rows), now=NOW)
        testset.lock(opened, "old", "tester")
        yield opened


@pytest.fixture(scope="module")
def snapshot(folder: Path, ledger: Ledger) -> Snapshot:
    return Snapshot.open(freeze_snapshot(ledger, folder / "snapshots", folder / "images").path)


def judged(folder: Path, ledger: Ledger, snapshot: Snapshot, name: str, recipe: str) -> Judgement:
    file, policy = folder / f"{name}.yaml", folder / "policy.yaml"
    file.write_text(recipe, encoding="utf-8")
    policy.write_text(POLICY, encoding="utf-8")
    run = train(snapshot.path, load_recipe(file), folder / "runs" / name, progress=False)
    given = (run / "model", run / "golden", load_policy(policy), None, "tester")
    return judge(ledger, snapshot, *given, promotable=False)


def test_a_cell_that_is_no_flag_is_quarantined_by_the_new_column_s_own_rule(ledger: Ledger) -> None:
    assert ledger.counts().rows.by_rule == {"lv-thrombus-set": 1}
    assert ledger.counts().rows.by_state[State.ACCEPTED] == sum(n for _, n in PLACES.values()) - 1


def test_an_unbelievable_share_of_the_new_target_raises_its_alert(ledger: Ledger, folder: Path) -> None:
    (alert,) = batch_alerts(ledger, load_catalogue(folder / "targets.yaml"))
    assert alert.startswith("lv_thrombus: 27 of 79")


def test_the_snapshot_has_both_targets_and_says_their_rules(snapshot: Snapshot) -> None:
    studies = snapshot.studies
    assert studies[BELOW_40].tolist() == (studies["lvef_percent"] < 40).astype(int).tolist()
    assert studies["lvef"].tolist() == (studies["lvef_percent"] < 50).astype(int).tolist()
    assert int(studies[THROMBUS].sum()) == 27
    meta = json.loads((snapshot.path / "snapshot.json").read_text(encoding="utf-8"))
    assert meta["label_rule"]["text"] == "lvef < 50; lvef_below_40 < 40"
    assert snapshot.words(BELOW_40) == "LVEF below 40 %"
    assert snapshot.words(THROMBUS, Language.THAI) == "ลิ่มเลือดในหัวใจห้องล่างซ้าย"


def test_the_third_target_is_trained_as_a_head_of_its_own_and_gated(
    folder: Path, ledger: Ledger, snapshot: Snapshot
) -> None:
    found = judged(folder, ledger, snapshot, "head", HEAD)
    positives = {(each.target, each.test_set): each.scores.positives for each in found.evaluations}
    assert positives == {("scar", "old"): 12, ("lvef", "old"): 12, (BELOW_40, "old"): 6}
    assert {result.target for result in found.decision.results if result.target} == {BELOW_40}
    assert found.gate == "pass", found.decision.reason


def test_the_made_up_target_goes_from_the_table_to_the_gates(folder: Path, ledger: Ledger, snapshot: Snapshot) -> None:
    found = judged(folder, ledger, snapshot, "boosted", BOOSTED)
    positives = {each.target: each.scores.positives for each in found.evaluations}
    assert positives == {"scar": 12, "lvef": 12, BELOW_40: 6, THROMBUS: 8}
    gated = {result.target for result in found.decision.results if result.target}
    assert gated == {BELOW_40, THROMBUS}
    assert found.gate == "pass", found.decision.reason
    labels = found.predictions.set_index("study_id")[f"{THROMBUS}_label"]
    expected = pd.Series(snapshot.studies.set_index("study_id")[THROMBUS])
    assert labels.tolist() == expected[labels.index].tolist()
