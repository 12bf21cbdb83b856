"""The main job, through the command line as a user runs it: inbox, steward, snapshot, champion, next month."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.synth.defects import DEFECTS

pytestmark = pytest.mark.e2e

STATES = {
    "accepted": "accepted",
    "waiting": "waiting",
    "unpaired": "unpaired",
    "quarantined": "quarantined",
    "duplicate": "duplicates",
    "excluded": "excluded",
}


def _truth(hospital: Path) -> list[dict[str, str]]:
    with (hospital / "truth.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _expected_files(truth: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    return {t["path"]: (t["expected_state"], t["expected_rule"]) for t in truth if t["kind"] != "row"}


def _expected_rows(truth: list[dict[str, str]]) -> dict[tuple[str, int], tuple[str, str]]:
    rows = (t for t in truth if t["kind"] == "row")
    return {(t["path"], int(t["row"])): (t["expected_state"], t["expected_rule"]) for t in rows}


def _ruled(found: dict[Any, tuple[str, str]]) -> dict[Any, tuple[str, str]]:
    """States with their rules; only a quarantined or excluded one must have the rule that the truth names."""
    return {key: (s, rule if s in {"quarantined", "excluded"} else "") for key, (s, rule) in found.items()}


class TestFirstIngest:
    def test_every_file_and_row_ends_in_its_true_state(
        self, ingested: Path, hospital: Path, books_of: Callable[..., Any]
    ) -> None:
        truth, books = _truth(hospital), books_of(ingested / "home")
        assert _ruled(books.files()) == _expected_files(truth)
        assert _ruled(books.lines()) == _expected_rows(truth)

    @pytest.mark.parametrize("defect", [defect.name for defect in DEFECTS])
    def test_defect(self, defect: str, ingested: Path, hospital: Path, books_of: Callable[..., Any]) -> None:
        mine = [line for line in _truth(hospital) if line["defect"] == defect]
        assert mine, f"the hospital has no {defect}"
        books = books_of(ingested / "home")
        files, rows = _ruled(books.files()), _ruled(books.lines())
        assert {path: files[path] for path in _expected_files(mine)} == _expected_files(mine)
        assert {place: rows[place] for place in _expected_rows(mine)} == _expected_rows(mine)

    def test_counts_equal_the_truth_and_add_up(self, ingested: Path, hospital: Path) -> None:
        summary = json.loads((ingested / "summary.json").read_text(encoding="utf-8"))
        counts = json.loads((hospital / "truth_counts.json").read_text(encoding="utf-8"))
        assert {s: summary[key] for s, key in STATES.items()} == {s: counts["files"].get(s, 0) for s in STATES}
        assert {s: summary["rows"][s] for s in STATES} == {s: counts["rows"].get(s, 0) for s in STATES}
        assert summary["by_rule"] == counts["files_by_rule"]
        assert summary["rows"]["by_rule"] == counts["rows_by_rule"]
        assert summary["files"] == sum(summary[key] for key in STATES.values())
        assert summary["rows"]["total"] == sum(summary["rows"][state] for state in STATES)
        on_disk = [path for folder in ("ecg", "cmr") for path in (hospital / folder).rglob("*") if path.is_file()]
        assert summary["files"] == summary["new"] == len(on_disk)
        assert summary["studies"]["new"] == summary["rows"]["accepted"]

    def test_every_quarantined_thing_has_rule_and_hint(self, ingested: Path, books_of: Callable[..., Any]) -> None:
        books = books_of(ingested / "home")
        open_entries = "FROM quarantine_entry WHERE released_at IS NULL"
        entries = books.rows(f"SELECT subject, rule, hint, entry_id, is_row {open_entries}")
        assert all(hint for _, _, hint, *_ in entries)
        quarantined = "state = 'quarantined'"
        things = books.rows(
            f"SELECT sha256, rule FROM file WHERE {quarantined} UNION SELECT row_id, rule FROM row WHERE {quarantined}"
        )
        assert things and all(rule for _, rule in things)
        assert sorted((subject, rule) for subject, rule, *_ in entries) == sorted(things)
        with Path(json.loads((ingested / "summary.json").read_text())["rows_csv"]).open(encoding="utf-8-sig") as file:
            told = [row["entry"] for row in csv.DictReader(file)]
        assert sorted(told) == sorted(entry for *_, entry, is_row in entries if is_row)

    def test_every_accepted_study_has_its_image(self, ingested: Path, books_of: Callable[..., Any]) -> None:
        home = ingested / "home"
        paths = [path for (path,) in books_of(home).rows("SELECT image_path FROM study")]
        assert paths
        assert all((home / "images" / path).is_file() for path in paths)

    def test_it_writes_its_page_and_data_docs_and_nothing_on_standard_error(self, ingested: Path) -> None:
        summary = json.loads((ingested / "summary.json").read_text(encoding="utf-8"))
        assert Path(summary["page"]).read_text(encoding="utf-8").startswith("<!")
        assert Path(summary["data_docs"]).is_file()
        assert (ingested / "stderr.txt").read_text(encoding="utf-8") == ""


@pytest.fixture(scope="module")
def inbox(hospital: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the inbox, to which the steward and the next month add."""
    path = tmp_path_factory.mktemp("inbox") / "inbox"
    shutil.copytree(hospital, path)
    return path


@pytest.fixture(scope="module")
def ecg(module_home: Path, cli_of: Callable[..., Any]) -> Any:
    return cli_of(module_home)


@pytest.fixture(scope="module")
def books(module_home: Path, books_of: Callable[..., Any]) -> Any:
    return books_of(module_home)


class TestEveryDay:
    """In order: each test goes on where the one before stopped."""

    def test_a_second_ingest_changes_nothing(self, ecg: Any, books: Any, inbox: Path) -> None:
        before = books.files(), books.lines(), books.studies(), books.totals()
        summary = ecg("ingest", inbox, "--json").json()
        assert (summary["new"], summary["read_again"], summary["studies"]["new"]) == (0, 0, 0)
        assert (books.files(), books.lines(), books.studies(), books.totals()) == before

    def test_test_sets_are_locked(self, ecg: Any, books: Any, trained: Path) -> None:
        locked = [_said(trained, f"lock-{name}") for name in ("new", "old")]
        for each in locked:
            members = books.rows(f"SELECT COUNT(*) FROM study WHERE test_set = '{each['name']}'")[0][0]
            assert (each["studies"], each["looks"]) == (members, 0) and members > 0
        assert ecg("testset", "list", "--json").json() == [{**each, "looks": 1, "lifetime_looks": 1} for each in locked]

    def test_a_snapshot_is_its_content(self, ecg: Any, books: Any, trained: Path) -> None:
        again = ecg("snapshot", "--json").json()
        assert (again["snapshot"], again["created"]) == (_said(trained, "retrain")["snapshot"], False)
        assert sum(again["counts"].values()) == len(books.studies())

    def test_retrain_made_version_1_champion(self, ecg: Any, books: Any, trained: Path) -> None:
        outcome = _said(trained, "retrain")
        assert (outcome["trained"], outcome["version"], outcome["gate"]) == (True, "1", "pass"), outcome["reason"]
        assert (outcome["promoted"], outcome["champion"]) == (True, "1")
        assert "first run" in outcome["reason"]
        assert Path(outcome["page"]).is_file()
        assert (ecg.home / "champion").readlink() == Path("releases/1")
        assert books.rows("SELECT version, state, reviewer FROM promotion") == [("1", "done", "policy lax")]
        assert books.rows("SELECT name, looks FROM test_set ORDER BY name") == [("new", 1), ("old", 1)]

    def test_the_champion_is_the_directory_that_the_deployed_predictor_loads(self, ecg: Any) -> None:
        import torch

        home = ecg.home / "champion"
        names = {path.name for path in home.iterdir()}
        assert {"configs.json", "model.ckpt", "transform.json", "train_transform.json"} <= names
        assert json.loads((home / "configs.json").read_text(encoding="utf-8"))["pretrained"] is False
        checkpoint = torch.load(home / "model.ckpt", map_location="cpu", weights_only=True)
        needed = {"state_dict", "hyper_parameters", "pytorch-lightning_version", "epoch", "global_step"}
        assert needed <= set(checkpoint)
        heads = ("scar_head.weight", "lvef_head.weight", "scar_loss_fn.weight", "lvef_loss_fn.weight")
        shapes = [tuple(checkpoint["state_dict"][name].shape) for name in heads]
        assert shapes == [(2, 64), (2, 64), (2,), (2,)]

    def test_predict_answers_in_the_deployed_form(self, ecg: Any, small_hospital: Path) -> None:
        reports = sorted((small_hospital / "ecg").rglob("*.pdf"))[:2]
        done = ecg("predict", *reports)
        assert done.code == 0, done.err
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert [line.pop("file") for line in lines] == [str(report) for report in reports]
        for line in lines:
            assert set(line) == {"scar", "lvef"}
            for answer in line.values():
                assert set(answer) == {"prediction", "probability"}
                chances = answer["probability"]
                assert set(chances) == {"negative", "positive"}
                assert sum(chances.values()) == pytest.approx(1.0, abs=0.011)  # each is rounded to two decimals
                assert all(round(chance, 2) == chance for chance in chances.values())
                if chances["positive"] != 0.5:
                    assert answer["prediction"] == int(chances["positive"] > 0.5)

    def test_a_second_retrain_finds_nothing_new(self, ecg: Any, books: Any) -> None:
        before = books.totals()
        outcome = ecg("retrain", "--recipe", "tiny", "--policy", "lax", "--json").json()
        assert (outcome["trained"], outcome["version"], outcome["champion"]) == (False, None, "1")
        assert "nothing is new" in outcome["reason"]
        assert books.totals() == before

    def test_the_steward_releases_rows_by_correcting_them(self, ecg: Any, books: Any, inbox: Path) -> None:
        page = next((ecg.home / "quarantine").glob("*/rows.csv"))
        with page.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        mended = [row for row in rows if _mend({k.lower(): k for k in row}, row)]
        assert {row["rule"] for row in mended} == {"lvef-range", "lvef-number", "scar-agrees-with-pattern"}
        with (inbox / "cmr" / "rows.csv").open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(mended)
        before, studies = books.totals(), len(books.studies())
        members = books.rows("SELECT name, study_id FROM test_set_member ORDER BY 1, 2")
        summary = ecg("ingest", inbox, "--json").json()
        assert summary["new"] == 1
        assert summary["studies"]["new"] == len(mended)
        assert len(books.studies()) == studies + len(mended)
        assert books.rows("SELECT name, study_id FROM test_set_member ORDER BY 1, 2") == members
        assert {state for (path, _), (state, _) in books.lines().items() if path == "cmr/rows.csv"} == {"accepted"}
        entries = [row["entry"] for row in mended]
        marks = ",".join(f"'{entry}'" for entry in entries)
        closed = f"SELECT entry_id FROM quarantine_entry WHERE released_at IS NOT NULL AND entry_id IN ({marks})"
        assert sorted(entry for (entry,) in books.rows(closed)) == sorted(entries)
        assert books.totals()["quarantine_entry"] == before["quarantine_entry"]
        assert summary["files"] == sum(summary[key] for key in STATES.values())
        assert summary["rows"]["total"] == sum(summary["rows"][state] for state in STATES) == len(books.lines())

    def test_the_next_month_is_compared_with_the_champion_on_the_same_rows(
        self, ecg: Any, books: Any, inbox: Path, small_hospital: Path
    ) -> None:
        shutil.copytree(small_hospital / "ecg", inbox / "ecg" / "next")
        for table in (small_hospital / "cmr").iterdir():
            shutil.copy(table, inbox / "cmr" / f"next_{table.name}")
        summary = ecg("ingest", inbox, "--json").json()
        assert summary["studies"]["new"] > 0
        few = ecg("retrain", "--recipe", "tiny", "--policy", "manual", "--json").json()
        assert not few["trained"] and "are new since champion 1, fewer than" in few["reason"]
        outcome = ecg("retrain", "--recipe", "tiny", "--policy", "manual", "--force", "--json").json()
        found = tuple(outcome[key] for key in ("version", "gate", "promoted", "champion"))
        assert found == ("2", "pass", False, "1"), outcome["reason"]
        paired = {(g["target"], g["test_set"]): g for g in outcome["gates"] if g["kind"] == "non-inferior"}
        assert set(paired) == {(target, name) for target in ("scar", "lvef") for name in ("old", "new")}
        champion, candidate = (_predictions(ecg.home, version) for version in ("1", "2"))
        assert not candidate.empty and candidate.index.equals(champion.index)
        for (target, test_set), gate in paired.items():
            before, after = (rows[rows["test_set"] == test_set] for rows in (champion, candidate))
            labels = after[f"{target}_label"].dropna()
            areas = [roc_auc_score(labels, rows.loc[labels.index, f"{target}_probability"]) for rows in (before, after)]
            assert (gate["cases"], gate["value"]["value"]) == (len(labels), pytest.approx(areas[1] - areas[0]))
        sizes = dict(books.rows("SELECT name, COUNT(*) FROM test_set_member GROUP BY name"))
        query = (
            "SELECT test_set, COUNT(*) FROM snapshot_study JOIN study USING (study_id) WHERE test_set IS NOT NULL "
            "AND snapshot_id = (SELECT snapshot_id FROM snapshot ORDER BY created DESC LIMIT 1) GROUP BY 1"
        )
        assert sizes == dict(books.rows(query))

    def test_a_person_promotes_and_rolls_back(self, ecg: Any, books: Any) -> None:
        who = ("--reviewer", "Dr Somchai", "--reason", "agreed in the meeting")
        done = ecg("promote", "2", *who, "--json").json()
        assert (done["version"], done["previous"], done["state"]) == ("2", "1", "done")
        assert (ecg.home / "champion").readlink() == Path("releases/2")
        back = ecg("rollback", "--reviewer", "Dr Somchai", "--reason", "complaint", "--json").json()
        assert (back["version"], back["previous"]) == ("1", "2")
        assert (ecg.home / "champion").readlink() == Path("releases/1")
        trail = books.rows("SELECT version, state, reviewer FROM promotion ORDER BY number")
        assert trail == [("1", "done", "policy lax"), ("2", "done", "Dr Somchai"), ("1", "done", "Dr Somchai")]

    def test_evaluate_counts_a_look(self, ecg: Any, books: Any) -> None:
        looks = dict(books.rows("SELECT name, looks FROM test_set"))
        result = ecg("evaluate", "2", "--policy", "undecided", "--json").json()
        assert result["gate"] == "inconclusive"
        assert result["looks"] == {name: count + 1 for name, count in looks.items()}
        assert dict(books.rows("SELECT name, looks FROM test_set")) == result["looks"]

    def test_a_version_whose_gates_say_no_cannot_be_promoted(self, ecg: Any, books: Any) -> None:
        outcome = ecg("retrain", "--recipe", "tiny", "--policy", "impossible", "--force", "--json").json()
        assert (outcome["gate"], outcome["promoted"], outcome["champion"]) == ("fail", False, "1"), outcome["reason"]
        before = books.totals()
        refused = ecg("promote", outcome["version"], "--reviewer", "a", "--reason", "b")
        assert refused.code != 0
        assert refused.err.startswith("ecg: ") and "gate" in refused.err and "Hint:" in refused.err
        assert len(refused.err.splitlines()) == 1
        assert (ecg.home / "champion").readlink() == Path("releases/1")
        assert books.totals() == before

    def test_a_policy_that_is_loosened_after_the_result_only_explores(self, ecg: Any, books: Any) -> None:
        words = ("retrain", "--recipe", "tiny", "--policy", "loose", "--force")
        outcome = ecg(*words, "--json").json()
        assert (outcome["gate"], outcome["promoted"], outcome["champion"]) == ("pass", False, "1"), outcome["reason"]
        assert "began under another policy" in outcome["exploratory"] and "exploratory" in outcome["reason"]
        page = Path(outcome["page"]).read_text(encoding="utf-8")
        assert "EXPLORATORY, never promoted" in page and "retrain says fail by policy impossible" in page
        refused = ecg("promote", outcome["version"], "--reviewer", "a", "--reason", "b")
        assert refused.code != 0 and "exploratory" in refused.err
        assert (ecg.home / "champion").readlink() == Path("releases/1")
        waiting = ecg("status", "--json").json()["waiting_candidates"]
        assert outcome["version"] not in waiting

    def test_status_says_where_everything_stands(self, ecg: Any, books: Any) -> None:
        found = ecg("status", "--json").json()
        assert found["champion"] == found["linked"] == "1"
        assert found["promotion_under_way"] is None
        assert found["files"]["total"] == len(books.files()) == sum(found["files"][state] for state in STATES)
        assert found["rows"]["total"] == len(books.lines()) == sum(found["rows"][state] for state in STATES)
        assert found["studies"] == len(books.studies())
        assert found["audit_events"] == books.totals()["audit_event"]
        assert ecg("status").out.count("champion: 1") == 1

    def test_prefect_s_list_of_runs_says_what_was_done_and_what_came_of_it(self, ecg: Any, inbox: Path) -> None:
        runs = _prefect(ecg.api, "flow_runs", {})
        told = {(re.sub(r" \d{4}-\d{2}$", "", run["name"]), run["state"]["message"]) for run in runs}
        nothing_new = "nothing is new: version 1 was trained with this recipe on this snapshot"
        assert {
            ("retrain tiny", f"not trained, champion 1 serves: {nothing_new}"),
            ("promote version 2 into champion", "version 2 is the champion (before: 1)"),
            ("rollback", "version 1 is the champion (before: 2)"),
        } <= told
        retrained = {said.split(";")[0]: run for run in runs if (said := run["state"]["message"] or "")}
        assert f"ingest {inbox}" in {run["name"] for run in runs}
        candidate = retrained["candidate 2: pass, champion 1 serves"]
        steps = _prefect(ecg.api, "task_runs", {"flow_runs": {"id": {"any_": [candidate["id"]]}}})
        assert {
            "freeze the snapshot", "score the champion on the new studies", "judge on the locked test sets",
            "register the candidate", "publish the decision page", "promote, if the policy says so",
        } <= {step["name"] for step in steps}  # fmt: skip
        assert candidate["name"].startswith("retrain tiny 20")
        trained = re.compile(r"tiny-\S+ is trained: epoch \d+ of at most 14")
        assert any(trained.fullmatch(said or "") for _, said in told)
        mine = {"flow_run_id": {"any_": [candidate["id"]]}, "key": {"any_": ["gates"]}}
        (gates,) = _prefect(ecg.api, "artifacts", {"artifacts": mine})
        values = [row["value"] for row in json.loads(gates["data"])]
        assert all(re.fullmatch(r"–|-?\d\.\d{3}", value) for value in values), values

    def test_nothing_half_written_is_left(self, ecg: Any) -> None:
        left = [p for p in ecg.home.rglob("*") if p.name.endswith((".partial", ".part")) or ".writing-" in p.name]
        assert left == []
        assert sorted(path.name for path in (ecg.home / "releases").iterdir()) == ["1", "2"]


def _prefect(api: str, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """What Prefect's server holds."""
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{api}/{what}/filter", json.dumps(body).encode(), head)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return list(json.load(answer))


def _said(trained: Path, name: str) -> dict[str, Any]:
    """What a command said on the way to the first champion."""
    return dict(json.loads((trained / f"{name}.out").read_text(encoding="utf-8")))


def _predictions(home: Path, version: str) -> pd.DataFrame:
    """The test rows' predictions that a version was registered with, by study."""
    query = (
        "SELECT artifact_uri FROM runs JOIN model_versions ON run_id = run_uuid "
        f"WHERE model_versions.name = 'ecg-champion' AND version = {version}"
    )
    with closing(sqlite3.connect(home / "mlflow" / "mlflow.db")) as connection:
        ((address,),) = connection.execute(query).fetchall()
    folder = Path(address.removeprefix("file://"))
    return pd.read_parquet(folder / "predictions.parquet").set_index("study_id").sort_index()


def _mend(names: dict[str, str], row: dict[str, str]) -> bool:
    """Correct a row as a steward would, who looks at the CMR report; False for what he cannot know."""
    if row["rule"] == "lvef-range":
        row[names["lvef"]] = "50"
    elif row["rule"] == "lvef-number":
        row[names["lvef"]] = "55"
    elif row["rule"] == "scar-agrees-with-pattern":
        row[names["scar_cad"]] = str(int("1" in (row[names["subendocardial_scar"]], row[names["transmural_scar"]])))
        row[names["pattern"]] = _pattern(row[names["subendocardial_scar"]], row[names["transmural_scar"]])
    else:
        return False
    return True


def _pattern(subendocardial: str, transmural: str) -> str:
    return {"11": "both", "10": "subendocardial", "01": "transmural"}.get(subendocardial + transmural, "")
