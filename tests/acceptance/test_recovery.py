"""The demo: what it shows, what its champion has learnt, and that nothing but disease in the traces taught it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm, t
from sqlalchemy import select

from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.evaluation.estimate.discrimination.auc import auc, auc_interval
from ecgcore.evaluation.estimate.evaluation import evaluate_all
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.estimate.resampling import percentile_interval
from ecgcore.evaluation.gates.decision import Decision, Outcome, decide
from ecgcore.evaluation.gates.judge import Check, Evidence
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.evaluation.gates.verdict import Verdict
from ecgcore.explain.heatmap import explain_all
from ecgcore.explain.lead_mass import lead_area, lead_mass
from ecgcore.ledger.db.tables import File, Study
from ecgcore.ledger.ledger import Ledger
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.scoring import score
from ecgcore.reports.file.image_store import load_image
from ecgcore.synth.heart.dipole import facing_leads
from ecgcore.synth.heart.disease import Territory
from ecgcore.synth.hospital import plan_entries
from ecgcore.synth.truth import read_truth
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.train import train
from tests.acceptance.traceless import FORMATS, most_different, traceless

pytestmark = [pytest.mark.full, pytest.mark.timeout(2400)]

DEPLOYMENTS = Path(__file__).resolve().parents[2] / "deployments"
SHARE = 0.80  # of what the oracle has beyond chance
SEVERITY = {"scar": "scar_severity", "lvef": "lvef_severity"}
TARGETS = tuple(SEVERITY)
MEMORY_MB = 1500


@pytest.fixture(scope="module")
def rows(demo) -> pd.DataFrame:
    """The locked test studies with the true severities, joined by the file that each study was read from."""
    tested = demo.snapshot.rows(Split.TEST)
    ledger = Ledger(f"sqlite:///{demo.home / 'ledger.db'}")
    with ledger.reading() as connection:
        query = select(Study.study_id, File.path).join(File, File.sha256 == Study.file_sha256)
        paths = pd.DataFrame(connection.execute(query).all(), columns=["study_id", "path"])
    ledger.close()
    truth = read_truth(demo.home / "inbox")
    truth = truth[truth["kind"] == "ecg"][["path", "scar_severity", "lvef_severity", "territory"]]
    joined = tested.merge(paths, on="study_id", validate="1:1").merge(truth, on="path", validate="1:1")
    assert len(joined) == len(tested) > 0
    assert joined[list(SEVERITY.values())].notna().all(axis=None)
    return joined


@pytest.fixture(scope="module")
def answers(demo, rows) -> pd.DataFrame:
    """The champion's predictions frame on the test studies, in the order of ``rows``."""
    return score(demo.snapshot, rows, demo.champion)


@dataclass(frozen=True)
class Pictures:
    """The test studies' images at the size that networks of the demo's recipe read, resized once for all of them."""

    transform: ImageTransform
    resized: list[np.ndarray]

    def scored(self, answers: pd.DataFrame, model_dir: Path) -> pd.DataFrame:
        """Return the predictions frame of another model on the same studies."""
        classifier = ECGClassifier(model_dir, round_probabilities=False)
        assert classifier.transform == self.transform
        found = classifier.predict_recordings(self.resized)
        return answers.assign(**{f"{target}_probability": found[target] for target in TARGETS})


@pytest.fixture(scope="module")
def pictures(demo, rows) -> Pictures:
    transform = ECGClassifier(demo.champion).transform
    images = (load_image(demo.snapshot.image_path(sha)) for sha in rows["image_sha256"])
    return Pictures(transform, [transform.resize(image) for image in images])


def test_pictures_that_were_resized_once_give_the_scores_of_the_product(demo, answers, pictures):
    assert pictures.scored(answers, demo.champion).equals(answers)


def labels(rows: pd.DataFrame, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows have the label (bool) and those labels."""
    known = rows[target].notna().to_numpy()
    return known, rows[target][known].to_numpy(dtype=int)


def area(rows: pd.DataFrame, target: str, scores: np.ndarray) -> Interval:
    known, truth = labels(rows, target)
    return auc_interval(truth, np.asarray(scores, dtype=float)[known])


# what the demo shows


def section(page: str, title: str) -> str:
    found = re.search(rf"<h2>{title}</h2>(.*?)</section>", page, re.S)
    assert found, f"no section {title!r}"
    return found[1]


def cells(text: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.S)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row] for row in found]


def test_it_ends_in_a_terminal_s_words(demo):
    assert "Demo hospital" in demo.printed and "Gates ─" in demo.printed and "> 0." in demo.printed
    assert not any(escape in demo.printed for escape in ("&gt;", "\\_", "\n## ", "| ---", "\x1b"))


def test_the_page_counts_every_file_once(demo):
    truth = json.loads((demo.home / "inbox" / "truth_counts.json").read_text())
    counts = {row[0]: int(row[1].replace(",", "")) for row in cells(section(demo.first, "Files by state"))[1:]}
    assert {state: n for state, n in counts.items() if n and state != "total"} == truth["files"]
    assert counts["total"] == sum(truth["files"].values())


def test_two_thousand_reports_are_ingested_in_bounded_memory(demo):
    samples, processes = demo.ingest.samples, demo.ingest.most_processes
    peak = max(samples)
    print(f"\n{demo.studies} studies: peak {peak:.0f} MB over {processes} processes, {len(samples)} samples")
    assert demo.ingest.whole
    assert processes > 2  # the readers were seen
    assert peak < MEMORY_MB


def test_the_page_names_every_rule_that_quarantined(demo):
    truth = json.loads((demo.home / "inbox" / "truth_counts.json").read_text())
    table = cells(section(demo.first, "Quarantine by rule"))[1:]
    counts = {row[0]: int(row[1]) for row in table if int(row[1])}  # of files; rows stand beside them
    assert all(row[3] for row in table)  # what to do
    lines = read_truth(demo.home / "inbox")
    broken = lines[(lines["kind"] != "row") & (lines["expected_state"] == "quarantined")]
    assert sum(counts.values()) == truth["files"]["quarantined"]
    assert counts == dict(Counter(broken["expected_rule"]))


def test_the_page_shows_each_gate_with_value_interval_limit_and_verdict(demo):
    header, *gates = cells(section(demo.first, "Gates"))
    assert header[:5] == ["gate", "value", "interval", "limit", "verdict"]
    policy = load_policy(DEPLOYMENTS / "policies" / "demo.yaml")
    assert len(gates) >= len(policy.gates)
    floors = [row for row in gates if re.fullmatch(r"[01]\.\d{3}", row[1])]
    assert all(re.fullmatch(r"\d\.\d{3} to \d\.\d{3}", row[2]) and re.match(r"> 0\.\d", row[3]) for row in floors)
    assert len(floors) >= 4
    assert {row[4] for row in gates} <= {verdict.value for verdict in Verdict}
    assert "first run: floors only, there is no champion to compare with" in section(demo.first, "Gates")


def test_the_page_ends_with_champion_prediction_and_commands(demo):
    assert "Version 1 serves." in section(demo.first, "Champion")
    prediction = cells(section(demo.first, "Prediction"))[1:]
    assert [row[0] for row in prediction] == list(TARGETS)
    assert all(row[1] in ("positive", "negative") and 0 <= float(row[2]) <= 1 for row in prediction)
    commands = section(demo.first, "Look further")
    for purpose in ("Prefect UI", "MLflow UI", "Quarantined rows", "Data Docs"):
        assert purpose in commands
    leads = re.findall(r'href="([^"]+)"', commands)
    assert len(leads) >= 4 and all((demo.home / "pages" / unquote(path)).is_file() for path in leads)


def test_a_second_demo_finds_nothing_new_and_does_not_train(demo):
    assert "Nothing was trained: nothing is new" in section(demo.second, "Gates")
    assert "Version 1 serves." in section(demo.second, "Champion")
    assert section(demo.second, "Files by state") == section(demo.first, "Files by state")
    assert demo.left_by_second == demo.left_by_first


# what the champion has learnt


@pytest.mark.parametrize("target", TARGETS)
def test_the_champion_recovers_most_of_what_the_oracle_sees(rows, answers, target):
    known, truth = labels(rows, target)
    best = auc(truth, rows[SEVERITY[target]][known].to_numpy())
    found = area(rows, target, answers[f"{target}_probability"].to_numpy())
    share = (found.value - 0.5) / (best - 0.5)
    print(
        f"\n{target}: champion AUC {found.value:.3f} ({found.low:.3f} to {found.high:.3f}), oracle {best:.3f}, "
        f"n {len(truth)}, positives {truth.sum()}, recovered {share:.1%}"
    )
    assert share >= SHARE


# where the champion looks


Scarred = tuple[pd.DataFrame, list[np.ndarray]]
RANDOMISED, KEPT = 4, 0.05


@pytest.fixture(scope="module")
def scarred(rows, pictures) -> Scarred:
    """The test studies with a scar, and their images at the size that the network reads."""
    has = (rows["scar"] == 1).fillna(False).to_numpy(dtype=bool)
    return rows[has], [image for image, scar in zip(pictures.resized, has, strict=True) if scar]


def concentration(classifier: ECGClassifier, scarred: Scarred, target: str) -> np.ndarray:
    """Return, by study, the map's mass on the leads that face the scar minus these leads' share of the area."""
    studies, found = scarred[0], []
    heatmaps = explain_all(classifier, scarred[1], target)
    for heatmap, name, wall in zip(heatmaps, studies["ecg_format"], studies["territory"], strict=True):
        mass = lead_mass(replace(heatmap, size=FORMATS[name].canonical_size))
        even = lead_area(FORMATS[name])
        found.append(sum(mass[lead] - even[lead] for lead in facing_leads(Territory(wall))))
    return np.array(found)


def mean_interval(values: np.ndarray, draws: int = 2000) -> Interval:
    """Return the mean over studies with its 95 % bootstrap interval."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (draws, len(values)))].mean(axis=1)
    return percentile_interval(float(values.mean()), means, 0.95, "bootstrap by study, percentile")


def randomised(champion: Path, seed: int) -> ECGClassifier:
    """Return the champion with the entries of every convolution and linear layer shuffled within the layer."""
    classifier, rng = ECGClassifier(champion), torch.Generator().manual_seed(seed)
    for value in classifier.network.state_dict().values():
        if value.ndim >= 2:
            value.copy_(value.flatten()[torch.randperm(value.numel(), generator=rng)].view_as(value))
    return classifier


def test_the_scar_map_lies_on_the_leads_that_face_the_scar_and_is_lost_with_the_weights(demo, scarred):
    """Adebayo et al. (NeurIPS 2018): a map that survives random weights does not show what was learnt.

    A random network still sees ink, of which the scar's leads have a little more: its excess is small, not nothing.
    """
    champion = ECGClassifier(demo.champion)
    scar, lvef = (concentration(champion, scarred, target) for target in TARGETS)
    trained, beyond_lvef = mean_interval(scar), mean_interval(scar - lvef)
    means = np.array([concentration(randomised(demo.champion, s), scarred, "scar").mean() for s in range(RANDOMISED)])
    error = t.ppf(0.975, RANDOMISED - 1) * means.std(ddof=1) / np.sqrt(RANDOMISED)
    print(f"\nmass on the scar's leads beyond their area: {trained} of {len(scar)} studies; beyond the lvef map's")
    print(f"{beyond_lvef}; randomised weights {means.mean():.4f} +- {error:.4f} over {RANDOMISED} networks")
    assert trained.low > 0 and beyond_lvef.low > 0
    assert abs(means.mean()) + error < KEPT * trained.low


# negative controls, on the same rows


@pytest.fixture(scope="module")
def traceless_answers(demo, rows, tmp_path_factory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("traceless")
    entries = plan_entries(demo.studies, demo.seed, defects=True)
    drawn = {path: entry.study for entry in entries for path, _ in entry.files}
    studies = [drawn[path] for path in rows["path"]]
    assert [study.fmt.value for study in studies] == rows["ecg_format"].tolist()
    kinds = sorted({(study.fmt, study.paper) for study in studies})
    images = []
    for kind in kinds:
        some = most_different([study for study in studies if (study.fmt, study.paper) == kind], demo.seed)
        first, *others = [traceless(study, demo.seed, folder) for study in some]
        # all pages of a format and paper are the same: nothing printed beside the traces reaches the model
        assert all(np.array_equal(first, other) for other in others)
        images.append(first)
    answers = ECGClassifier(demo.champion, round_probabilities=False).predict_batch(images)
    place = [kinds.index((study.fmt, study.paper)) for study in studies]
    return {target: found[place] for target, found in answers.items()}


@pytest.mark.parametrize("target", TARGETS)
def test_the_champion_knows_nothing_from_reports_without_traces(rows, traceless_answers, target):
    found = area(rows, target, traceless_answers[target])
    print(f"\n{target}, flat traces: AUC {found.value:.3f} ({found.low:.3f} to {found.high:.3f})")
    assert found.low <= 0.5 <= found.high


def average_page(snapshot: Snapshot, name: str, pages: int = 40) -> np.ndarray:
    """Return the mean of validation pages of one format: it shows which format it is, and nobody's ECG."""
    valid = snapshot.rows(Split.VALID)
    shas = valid["image_sha256"][valid["ecg_format"] == name].head(pages)
    total = sum(load_image(snapshot.image_path(sha)).astype(np.uint32) for sha in shas)
    return (total / len(shas)).round().astype(np.uint8)


@pytest.mark.parametrize("target", TARGETS)
def test_the_champion_knows_nothing_from_the_format_alone(demo, rows, target):
    names = sorted(FORMATS)
    pages = [average_page(demo.snapshot, name) for name in names]
    per_format = ECGClassifier(demo.champion, round_probabilities=False).predict_batch(pages)[target]
    assert len(set(per_format)) == len(FORMATS)  # it does tell them apart
    scores = rows["ecg_format"].map(dict(zip(names, per_format, strict=True))).to_numpy(dtype=float)
    found = area(rows, target, scores)
    print(f"\n{target}, format only {per_format}: AUC {found.value:.3f} ({found.low:.3f} to {found.high:.3f})")
    assert found.low <= 0.5 <= found.high


def shuffled_snapshot(snapshot: Snapshot, path: Path, seed: int) -> Path:
    """Copy a snapshot with the labels of train and of valid dealt out anew within each split; the others stay."""
    shutil.copytree(snapshot.path, path, copy_function=os.link)
    studies, rng = snapshot.studies.copy(), np.random.default_rng(seed)
    for split in (Split.TRAIN, Split.VALID):
        at = studies.index[studies["split"] == split.value].to_numpy()
        studies.loc[at, list(TARGETS)] = studies.loc[rng.permutation(at), list(TARGETS)].to_numpy()
    studies = studies.astype(dict.fromkeys(TARGETS, "Int8"))
    for name in ("studies.parquet", "snapshot.json"):
        (path / name).unlink()  # a hard link: writing would alter the original
    studies.to_parquet(path / "studies.parquet")
    digest = hashlib.sha256((path / "studies.parquet").read_bytes()).hexdigest()
    meta = dict(snapshot.meta) | {"id": "shuffled", "studies_sha256": digest}
    (path / "snapshot.json").write_text(json.dumps(meta))
    return path


SHUFFLES = 4


def trained_briefly(snapshot_dir: Path, seed: int, run_dir: Path) -> Path:
    """Train the demo's recipe for three epochs, with a smaller network; return the model directory.

    A seed of its own for each: trainings from one start lean to the same side.
    """
    recipe = Recipe.load(DEPLOYMENTS / "recipes" / "multi-task-demo.yaml")
    model, training = replace(recipe.model, backbone="test_resnet"), replace(recipe.training, epochs=3, seed=seed)
    return train(snapshot_dir, replace(recipe, model=model, training=training), run_dir, progress=False) / "model"


@pytest.fixture(scope="module")
def shuffled(demo, answers, pictures, tmp_path_factory) -> list[pd.DataFrame]:
    """Predictions on the true test rows of four brief trainings, each on labels shuffled anew."""
    found = []
    for seed in range(SHUFFLES):
        folder = tmp_path_factory.mktemp(f"shuffled-{seed}")
        path = shuffled_snapshot(demo.snapshot, folder / "snapshot", seed)
        before, after = demo.snapshot.studies, Snapshot.open(path).studies
        assert (before["scar"].sum(), before["lvef"].sum()) == (after["scar"].sum(), after["lvef"].sum())
        assert not before["scar"].equals(after["scar"])
        found.append(pictures.scored(answers, trained_briefly(path, 100 + seed, folder / "run")))
    return found


@pytest.fixture(scope="module")
def unshuffled(demo, answers, pictures, tmp_path_factory) -> pd.DataFrame:
    """Predictions of the same brief training on the true labels."""
    run = tmp_path_factory.mktemp("unshuffled") / "run"
    return pictures.scored(answers, trained_briefly(demo.snapshot.path, 100, run))


def probability_area(rows: pd.DataFrame, predictions: pd.DataFrame, target: str) -> Interval:
    return area(rows, target, predictions[f"{target}_probability"].to_numpy())


@pytest.mark.parametrize("target", TARGETS)
def test_a_training_on_shuffled_labels_learns_nothing_and_the_same_on_true_labels_does(
    rows, shuffled, unshuffled, target
):
    """One such training leans to a random side of 0.5, which DeLong's interval of its test rows does not know of.

    So the interval is of the mean over trainings: t with K - 1 degrees of freedom, the variance between trainings
    divided by K, plus DeLong's variance of the rows, which all trainings share. It is wide. So each must also lie
    below the interval of the same training on the true labels.
    """
    areas = [probability_area(rows, predictions, target) for predictions in shuffled]
    learnt = probability_area(rows, unshuffled, target)
    values = np.array([each.value for each in areas])
    of_rows = np.mean([((each.high - each.low) / (2 * norm.ppf(0.975))) ** 2 for each in areas])
    error = t.ppf(0.975, SHUFFLES - 1) * np.sqrt(values.var(ddof=1) / SHUFFLES + of_rows)
    print(f"\n{target}, shuffled labels: AUC {values.mean():.3f} +- {error:.3f} of {np.round(values, 3)}")
    print(f"{target}, true labels, brief training: AUC {learnt.value:.3f} ({learnt.low:.3f} to {learnt.high:.3f})")
    assert abs(values.mean() - 0.5) <= error
    assert learnt.low > max(0.5, *values)


def judged(predictions: pd.DataFrame) -> Decision:
    policy = load_policy(DEPLOYMENTS / "policies" / "demo.yaml")
    passed = Check(True, "taken as passed, so that only what was learnt decides")
    return decide(policy, Evidence(evaluate_all(predictions, policy.level), None, (), passed, passed))


def test_a_candidate_trained_on_shuffled_labels_fails_the_gates_that_the_same_on_true_labels_passes(
    answers, unshuffled, shuffled
):
    assert judged(answers).outcome is Outcome.PROMOTE
    assert judged(unshuffled).outcome is Outcome.PROMOTE
    for predictions in shuffled:
        decision = judged(predictions)
        print(f"\nshuffled labels: {decision.outcome}: {decision.reason}")
        assert decision.outcome is not Outcome.PROMOTE
