import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.candidacy import GateVerdict
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.fingerprint import directory_sha256
from tasks.registry import evidence, registry
from tasks.registry.connection import connect
from tasks.registry.error import RegistryError
from tasks.registry.registry import Aliases, Registry

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def uri(request, tmp_path_factory):
    if request.param == "server":
        return request.getfixturevalue("mlflow_server")
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/home/mlflow/mlflow.db"


@pytest.fixture
def reg(uri):
    return Registry(uri)


@pytest.fixture
def slot(request):
    # a slot of its own per test, on the one database
    return "t-" + "".join(c for c in request.node.originalname.lower() if c.isalnum())[:30]


def run_of(reg, slot, version):
    client = connect(reg.tracking_uri)
    return client, client.get_model_version(f"ecg-{slot}", version).run_id


def test_a_version_carries_all_of_its_evidence(reg, slot, make_candidate, trained, tmp_path):
    candidate = make_candidate("run-evidence", slot)
    version = reg.register_candidate(candidate)
    assert version == "1"
    tags = reg.tags(slot, version)
    model, golden = (directory_sha256(trained / name) for name in ("model", "golden"))
    assert tags == replace(candidate.all_tags, model_dir_sha256=model, golden_dir_sha256=golden)
    assert (tags.slot, tags.run_id, tags.code_commit) == (slot, "run-evidence", "1" * 40)
    client, run_id = run_of(reg, slot, version)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == candidate.metrics
    assert run.data.params == {
        "name": "multi-task-demo",
        "optimiser.name": "adamw",
        "optimiser.rate": "0.001",
        "ratio": "[60, 40]",
    }
    assert run.data.tags["mlflow.source.git.commit"] == "1" * 40
    assert {(i.dataset.name, i.dataset.digest, i.tags[0].value) for i in run.inputs.dataset_inputs} == {
        ("snapshot 20261120-abc", "c" * 36, "training"),
        ("test set old", "d" * 36, "evaluation"),
    }
    files = Path(client.download_artifacts(run_id, "", str(tmp_path)))
    assert (files / "recipe.yaml").read_text() == "name: multi-task-demo\n"
    assert (files / "pages" / "decision.html").read_text() == "<h1>Decision</h1>"
    assert (files / "figures" / "roc.scar.old.png").read_bytes() == b"\x89PNG roc"
    assert (files / "tables" / "gates.csv").read_text() == "gate,value,verdict\nauc-floor,0.875,pass\n"
    assert json.loads((files / "tables" / "gates.json").read_text())[0]["verdict"] == "pass"
    pd.testing.assert_frame_equal(pd.read_parquet(files / "predictions.parquet"), candidate.predictions)
    assert "\nmlflow==" in (files / "environment.txt").read_text()
    assert directory_sha256(files / "model_dir") == directory_sha256(trained / "model")


def test_registering_a_run_again_returns_its_version(reg, slot, make_candidate):
    first = reg.register_candidate(make_candidate("run-a", slot))
    second = reg.register_candidate(make_candidate("run-b", slot))
    assert (first, second) == ("1", "2")
    assert reg.register_candidate(make_candidate("run-a", slot)) == "1"


def test_a_version_is_the_candidate_once_it_is_offered(reg, slot, make_candidate):
    recipe = make_candidate().tags.recipe_sha256
    for run in ("run-l", "run-m"):
        reg.register_candidate(make_candidate(run, slot))
    assert (reg.candidate_version(slot), reg.offered_version(slot, recipe)) == (None, None)
    for _ in range(2):
        reg.offer(slot, "2")
    assert (reg.candidate_version(slot), reg.offered_version(slot, recipe)) == ("2", "2")
    reg.offer(slot, "1")  # an older one
    assert (reg.candidate_version(slot), reg.offered_version(slot, recipe)) == ("2", "2")
    reg.reject(slot, "2", "Dr A", "too few cases")
    assert (reg.candidate_version(slot), reg.offered_version(slot, recipe)) == (None, "2")
    assert reg.offered_version(slot, "another recipe") is None


def test_one_run_may_be_a_candidate_of_two_slots(reg, slot, make_candidate, tmp_path):
    for name in (slot, f"{slot}-b"):
        assert reg.register_candidate(make_candidate("run-two", name)) == "1"
        reg.offer(name, "1")
    for name in (slot, f"{slot}-b"):
        assert reg.candidate_version(name) == "1"
        assert reg.download_model_dir(name, "1", tmp_path / name).is_dir()
        client, run_id = run_of(reg, name, "1")
        experiment = client.get_run(run_id).info.experiment_id
        assert len(client.search_logged_models([experiment], f"source_run_id = '{run_id}'")) == 1


def test_a_run_is_never_registered_with_another_model(reg, slot, make_candidate, trained, tmp_path):
    reg.register_candidate(make_candidate("run-fixed", slot))
    other = shutil.copytree(trained / "model", tmp_path / "model")
    (other / "train_transform.json").write_text("{} ")
    with pytest.raises(PromotionError, match="with another model directory"):
        reg.register_candidate(make_candidate("run-fixed", slot, model_dir=other))


@pytest.mark.parametrize("step", ["log_evidence", "log_served_model"])
def test_an_interrupted_registration_is_finished_by_the_next(reg, slot, make_candidate, monkeypatch, step):
    slot = f"{slot}-{step.strip('_').replace('_', '-')}"
    candidate = make_candidate(f"run-{slot}", slot)
    real = getattr(registry, step)

    def broken(*arguments):
        real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(registry, step, broken)
        with pytest.raises(KeyboardInterrupt):
            reg.register_candidate(candidate)
    assert reg.register_candidate(candidate) == "1"
    client, run_id = run_of(reg, slot, "1")
    experiment = client.get_run(run_id).info.experiment_id
    assert len(client.search_runs([experiment], f"tags.ecg_run_id = '{candidate.run_id}'")) == 1
    assert len(client.search_logged_models([experiment], f"source_run_id = '{run_id}'")) == 1


def test_champion_and_previous_move_together_and_back(reg, slot, make_candidate):
    assert (reg.champion_version(slot), reg.candidate_version(slot)) == (None, None)
    for run in ("run-c", "run-d"):
        reg.register_candidate(make_candidate(run, slot))
    assert reg.set_champion(slot, "1", {"reviewer": "policy"}) == Aliases("1", None)
    assert reg.set_champion(slot, "2", {"reviewer": "dr"}) == Aliases("2", "1")
    assert reg.set_champion(slot, "2", {"reviewer": "dr"}) == Aliases("2", "1")
    assert reg.tags(slot, "2").reviewer == "dr"
    assert reg.set_champion(slot, "1", {"reason": "it drifts"}) == Aliases("1", "2")
    reg.clear_champion(slot)
    reg.clear_champion(slot)
    assert reg.champion_version(slot) is None


def test_a_promotion_killed_before_the_last_alias_is_finished_by_the_next(reg, slot, make_candidate, monkeypatch):
    from mlflow import MlflowClient

    for run in ("run-e", "run-f"):
        reg.register_candidate(make_candidate(run, slot))
    reg.set_champion(slot, "1", {})
    real = MlflowClient.set_registered_model_alias

    def die_at_champion(client, name, alias, version):
        if alias == "champion":
            raise KeyboardInterrupt
        real(client, name, alias, version)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", die_at_champion)
        with pytest.raises(KeyboardInterrupt):
            reg.set_champion(slot, "2", {})
    assert reg.champion_version(slot) == "1"
    assert reg.set_champion(slot, "2", {}) == Aliases("2", "1")


@pytest.mark.parametrize("gate", [GateVerdict.FAIL, GateVerdict.INCONCLUSIVE])
def test_only_what_passed_its_gates_can_serve(reg, slot, make_candidate, gate):
    version = reg.register_candidate(make_candidate(f"run-{gate}", slot, gate=gate))
    with pytest.raises(PromotionError, match=f"has the gate verdict '{gate}'"):
        reg.set_champion(slot, version, {})
    assert reg.champion_version(slot) is None


def test_what_nothing_can_load_never_serves(reg, slot, make_candidate):
    candidate = make_candidate("run-bound", slot)
    version = reg.register_candidate(replace(candidate, tags=replace(candidate.tags, promotable=False)))
    with pytest.raises(PromotionError, match="comes from the recipe multi-task-demo, which is not promotable"):
        reg.set_champion(slot, version, {})
    assert reg.champion_version(slot) is None


def test_a_rejected_version_is_no_candidate_and_cannot_serve(reg, slot, make_candidate):
    version = reg.register_candidate(make_candidate("run-g", slot))
    reg.offer(slot, version)
    reg.reject(slot, version, "Dr A", "too few cases")
    tags = reg.tags(slot, version)
    assert (tags.decision, tags.reviewer, tags.reason) == ("rejected", "Dr A", "too few cases")
    assert reg.candidate_version(slot) is None
    assert reg.register_candidate(make_candidate("run-g", slot)) == version
    reg.offer(slot, version)
    assert reg.candidate_version(slot) is None
    with pytest.raises(PromotionError, match="was rejected"):
        reg.set_champion(slot, version, {})
    good = reg.register_candidate(make_candidate("run-h", slot))
    reg.set_champion(slot, good, {})
    with pytest.raises(PromotionError, match="is the champion and cannot be rejected"):
        reg.reject(slot, good, "Dr A", "late")


def test_a_downloaded_model_is_the_registered_one_or_refused(reg, slot, make_candidate, trained, tmp_path):
    version = reg.register_candidate(make_candidate("run-i", slot))
    model = reg.download_model_dir(slot, version, tmp_path / "a" / "model")
    assert directory_sha256(model) == directory_sha256(trained / "model")
    assert reg.download_model_dir(slot, version, model) == model
    golden = reg.download_golden_dir(slot, version, tmp_path / "a" / "golden")
    assert directory_sha256(golden) == directory_sha256(trained / "golden")
    (model / "model.ckpt").write_bytes(b"altered")
    with pytest.raises(PromotionError, match="differs from what was registered"):
        reg.download_model_dir(slot, version, model)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["golden", "model"]


def test_registering_prints_nothing_amid_a_command_s_json(reg, slot, make_candidate, capfd):
    reg.register_candidate(make_candidate("run-quiet", slot))
    assert capfd.readouterr().out == ""


def test_what_is_not_there_is_said(reg, slot):
    said = f"ecg-{slot} version 7: the registry refuses .RESOURCE_DOES_NOT_EXIST.*MLflow UI lists"
    for act in (lambda: reg.tags(slot, "7"), lambda: reg.set_champion(slot, "7", {}), lambda: reg.offer(slot, "7")):
        with pytest.raises(RegistryError, match=said):
            act()


SERVE = """
import base64, json, sys
from pathlib import Path
import tasks.registry, mlflow.pyfunc, pandas as pd
uri, model, folder = sys.argv[1:]
mlflow.set_tracking_uri(uri)
images = sorted(Path(folder).glob("*.png"))
served = mlflow.pyfunc.load_model(model)
paths = pd.DataFrame({"image": [str(path) for path in images]})
encoded = pd.DataFrame({"image": [base64.b64encode(path.read_bytes()).decode() for path in images]})
print(json.dumps([served.predict(frame).to_dict("list") for frame in (paths, encoded)]))
"""


@pytest.mark.full  # a fresh process imports torch and MLflow
def test_the_served_model_predicts_in_a_fresh_process_what_the_classifier_predicts(
    reg, slot, make_candidate, trained, tmp_path
):
    reg.offer(slot, reg.register_candidate(make_candidate("run-j", slot)))
    address = f"models:/ecg-{slot}@candidate"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SERVE, reg.tracking_uri, address, str(trained / "images")],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    by_path, by_bytes = json.loads(done.stdout.splitlines()[-1])
    direct = ECGClassifier(trained / "model", round_probabilities=False)
    expected = direct.predict_batch(sorted((trained / "images").glob("*.png")))
    assert list(by_path) == ["scar_probability", "lvef_probability"]
    for answer in (by_path, by_bytes):
        for target in direct.targets:
            assert answer[f"{target}_probability"] == pytest.approx(expected[target].tolist(), abs=1e-6)


@pytest.mark.parametrize("address", ["/tmp/mlruns", "file:///tmp/mlruns", "mlruns", "", "databricks"])
def test_plain_folders_are_refused(address):
    with pytest.raises(RegistryError, match="is neither a server nor a database"):
        Registry(address).champion_version("champion")


def test_an_unreachable_server_is_one_clear_error(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryError, match="Hint: check ECG_MLFLOW_TRACKING_URI"):
        Registry("http://127.0.0.1:9").champion_version("champion")


def test_long_values_are_cut_and_nesting_is_flattened():
    pairs = dict(evidence.flat({"a": {"b": {"c": None}}, "long": "x" * 600}))
    assert pairs == {"a.b.c": "null", "long": "x" * 499 + "…"}


def test_evidence_cannot_be_written_elsewhere(make_candidate, tmp_path):
    with pytest.raises(RegistryError, match="is not a file name"):
        evidence.write_files(make_candidate(documents={"../out.txt": "x"}), tmp_path)


def test_a_page_is_attached_to_the_run_of_its_version_and_replaced(reg, slot, make_candidate, tmp_path):
    version = reg.register_candidate(make_candidate("run-k", slot))
    for text in ("<h1>First</h1>", "<h1>Second</h1>"):
        reg.attach(slot, version, "decision.html", text)
    client, run_id = run_of(reg, slot, version)
    assert Path(client.download_artifacts(run_id, "decision.html", str(tmp_path))).read_text() == "<h1>Second</h1>"
    assert reg.read(slot, version, "decision.html") == "<h1>Second</h1>"
