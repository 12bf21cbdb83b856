"""What a retraining judges against and what it promotes without a person; training and judging are stand-ins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from ecgcore.errors import EvaluationError, LedgerError, TransientError
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.ledger.db.tables import AuditEvent
from ecgcore.ledger.decide.candidacy import NO_CHAMPION
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.targets.catalogue import load_catalogue
from ecgcore.targets.label_rule import LabelRule
from flows import retrain as flow
from flows import rollback as leaving
from tasks.judging import due, retrain_steps, retraining
from tasks.judging.judge import VERDICT_OF, Judgement
from tasks.release import champion_steps as steps
from tasks.release import leaving as leaving_steps
from tasks.release import promoting
from tasks.release.release import read_release
from tests.flows.memory_registry import MemoryRegistry

SLOT = "champion"
WHO = ("Dr. Reviewer", "agreed")
STEPS = (  # without the Prefect task around each
    "freeze_snapshot", "score_new_studies", "judge_candidate", "register", "publish", "promote_by_policy",
)  # fmt: skip


def nothing(*_: Any) -> None:
    """Stand in for what these tests do not ask about."""


@dataclass
class Ward:
    """A home whose trainings and judgements are made by the test."""

    home: Path
    url: str
    shelf: MemoryRegistry
    snapshot: str = "snapshot-1"
    approval: Approval = Approval.AUTOMATIC
    gate: str = "pass"
    least: int = 1
    threshold: float = 50.0
    new_since: dict[str, int] = field(default_factory=dict)
    while_training: Callable[[], None] = nothing
    while_judging: Callable[[], None] = nothing
    judged_against: list[str | None] = field(default_factory=list)

    @property
    def settings(self) -> Any:
        return SimpleNamespace(
            home=self.home,
            deployments=self.home,
            policy="p",
            recipe="r",
            catalogue=load_catalogue().with_rule("lvef", LabelRule(self.threshold)),
            min_new_studies=self.least,
            folder=lambda name: self.home / name,
        )

    def ledger(self, _settings: Any = None) -> Ledger:
        return Ledger(self.url)

    def policy(self, _file: Path) -> Any:
        return SimpleNamespace(name="p", sha256="p" * 64, approval=self.approval, test_sets=(), check_covers=nothing)

    def run(self, _settings: Any, snapshot: str, lineage: Any) -> Any:
        path = self.home / "runs" / f"{lineage.recipe.name}-{snapshot}"
        return SimpleNamespace(name=lineage.recipe.name, sha256=lineage.recipe.name, path=path, recipe=lineage.recipe)

    def train(self, _settings: Any, _snapshot: Path, run: Any, _here: Any) -> Path:
        self.while_training()
        (run.path / "model").mkdir(parents=True, exist_ok=True)
        (run.path / "model" / "weights").write_text(run.path.name, encoding="utf-8")
        return run.path

    def judge(self, *given: Any) -> Any:
        champion = given[5]
        self.judged_against.append(champion.version if champion else None)
        self.while_judging()
        decision: Any = SimpleNamespace(
            reason="all gates pass",
            champion=self.judged_against[-1],
            outcome=next(outcome for outcome, verdict in VERDICT_OF.items() if verdict == self.gate),
            policy_name="p",
            policy_sha256="p" * 64,
        )
        return Judgement(pd.DataFrame(), (), decision, (), {})

    def candidate(self, _job: Any, run: Any, snapshot: Any, *_rest: Any) -> Any:
        against = self.judged_against[-1] or NO_CHAMPION
        tags = {"against": against, "snapshot": snapshot.id, "recipe_sha256": run.sha256, "policy_sha256": "p" * 64}
        tags["gate"] = self.gate
        return SimpleNamespace(run_id=f"{run.path.name}-{against}", model=run.path.name, tags=tags)

    def new_studies(self, _ledger: Any, _snapshot: str, since: str) -> range:
        return range(self.new_since.get(since, 2))

    def retrain(self, force: bool = False, recipe: str = "r") -> Any:
        return flow.retrain.fn(recipe, "p", force)

    def promote(self, version: str) -> None:
        with self.ledger() as ledger:
            promoting.promote_version(self.settings, ledger, SLOT, version, *WHO)

    def champion(self) -> str | None:
        with self.ledger() as ledger:
            current = promotion.current(ledger, SLOT)
        return current.version if current else None


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    made = Ward(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}", MemoryRegistry(tmp_path / "shelf"))

    def lineage(_settings: Any, name: str, _overlay: str | None) -> Any:
        model = SimpleNamespace(targets=("scar",))
        recipe = SimpleNamespace(name=name, promotable=True, slot=SLOT, model=model)
        return SimpleNamespace(recipe=recipe, recipes=(recipe,))

    stands_in = {
        flow: {
            "prepare": lambda: made.settings,
            "plan_run": made.run,
            "Snapshot": SimpleNamespace(open=lambda _path: SimpleNamespace(id=made.snapshot)),
            "trained": made.train,
            "candidate_of": made.candidate,
        },
        retraining: {
            "open_ledger": made.ledger,
            "registry_of": lambda _settings: made.shelf,
            "lineage_of": lineage,
            "load_policy": made.policy,
        },
        due: {"batch_alerts": nothing, "new_studies": made.new_studies},
        retrain_steps: {
            "freeze": lambda _settings: SimpleNamespace(snapshot_id=made.snapshot, path=made.home),
            "snapshot_text": nothing,
            "new_studies": made.new_studies,
            "score_newcomers": nothing,
            "judge": made.judge,
            "decision_page": nothing,
            "publish_decision": nothing,
            "publish_gates": nothing,
        },
        promoting: {"registry_of": lambda _settings: made.shelf},
        leaving: {"prepare": lambda: made.settings, "open_ledger": made.ledger, "publish_page": nothing},
        leaving_steps: {"registry_of": lambda _settings: made.shelf},
        steps: {"verify_release": read_release},
    }
    for module, names in stands_in.items():
        for name, stand_in in names.items():
            monkeypatch.setattr(module, name, stand_in)
    for name in STEPS:
        monkeypatch.setattr(flow, name, getattr(flow, name).fn)
    monkeypatch.setattr(retrain_steps, "promote_by_policy", retrain_steps.promote_by_policy.fn)
    monkeypatch.setattr(leaving, "rollback_step", leaving.rollback_step.fn)
    yield made


def test_a_second_retraining_of_the_slot_is_refused_at_once(ward: Ward) -> None:
    refusals: list[str] = []

    def beside() -> None:
        ward.while_training = nothing
        with pytest.raises(LedgerError) as caught:
            ward.retrain(recipe="another")
        refusals.append(str(caught.value))

    ward.while_training = beside
    assert ward.retrain().promoted
    assert refusals == [
        "a retraining of slot champion: is under way in another process. "
        "Hint: wait until that has ended, then run it again"
    ]
    assert list(ward.shelf.by_version) == ["1"]


def test_recipe_policy_and_snapshot_are_in_the_audit_trail_before_the_training_begins(ward: Ward) -> None:
    starts: list[str] = []

    def look() -> None:
        with ward.ledger() as ledger, ledger.reading() as connection:
            query = select(AuditEvent.detail).where(AuditEvent.event == "retrain-start")
            starts.extend(connection.execute(query).scalars())

    ward.while_training = look
    ward.retrain()
    assert [json.loads(each) for each in starts] == [
        {"recipe": "r", "recipe_sha256": "r", "policy": "p", "policy_sha256": "p" * 64, "snapshot": "snapshot-1"}
        | {"begun": False}
    ]


def test_it_is_judged_against_the_champion_of_the_moment_after_the_training(ward: Ward) -> None:
    ward.retrain()
    ward.shelf.add("2", "1", snapshot="snapshot-1")
    ward.snapshot, ward.while_training = "snapshot-2", lambda: ward.promote("2")
    outcome = ward.retrain()
    assert ward.judged_against == [None, "2"]
    assert (outcome.promoted, outcome.champion, ward.champion()) == (True, "3", "3")


def test_a_champion_that_changes_while_it_is_judged_is_not_overwritten(ward: Ward) -> None:
    ward.retrain()
    ward.shelf.add("2", "1", snapshot="snapshot-1")
    ward.snapshot, ward.while_judging = "snapshot-2", lambda: ward.promote("2")
    outcome = ward.retrain()
    assert (outcome.version, outcome.promoted, outcome.champion) == ("3", False, "2")
    held = "it was judged against champion 1, and the slot has champion 2 now"
    assert f"version 3 is not promoted without a person: {held}" in outcome.reason
    ward.while_judging = nothing
    skipped = ward.retrain()
    assert not skipped.trained and "`ecg retrain --force`" in skipped.reason
    again = ward.retrain(force=True)  # the hint is true: the finished training is judged anew
    assert (again.version, again.promoted, ward.champion()) == ("4", True, "4")
    assert ward.judged_against == [None, "1", "2"]


@pytest.mark.parametrize("force", [False, True])
def test_what_a_person_rolled_back_is_not_promoted_again_by_the_policy(ward: Ward, force: bool) -> None:
    ward.retrain()
    ward.snapshot = "snapshot-2"
    assert ward.retrain().champion == "2"
    leaving.rollback.fn(*WHO)
    assert ward.champion() == "1"
    outcome = ward.retrain(force)
    assert (outcome.promoted, ward.champion()) == (False, "1")
    assert "it holds a model that was promoted before, as version 2 (done)" in outcome.reason


def test_nor_is_it_under_another_version_number(ward: Ward) -> None:
    ward.retrain()
    for snapshot in ("snapshot-2", "snapshot-3"):
        ward.snapshot = snapshot
        ward.retrain()
    for _ in range(2):
        leaving.rollback.fn(*WHO)
    outcome = ward.retrain(force=True)  # the model of version 3, judged against 1 now instead of 2
    assert (outcome.version, outcome.promoted, ward.champion()) == ("4", False, "1")
    assert "it holds a model that was promoted before, as version 3 (done)" in outcome.reason


def test_nor_when_another_recipe_holds_the_alias_of_the_candidate(ward: Ward) -> None:
    ward.retrain()
    ward.snapshot = "snapshot-2"
    ward.retrain()
    leaving.rollback.fn(*WHO)
    ward.shelf.add("3", "1", snapshot="snapshot-2", recipe_sha256="another", policy_sha256="p" * 64)
    assert "nothing is new: version 2" in ward.retrain().reason
    outcome = ward.retrain(force=True)
    assert (outcome.trained, outcome.version, outcome.promoted, ward.champion()) == (True, "2", False, "1")


def test_after_a_refused_candidate_a_training_needs_as_many_new_studies_again(ward: Ward) -> None:
    ward.gate, ward.least, ward.new_since = "fail", 60, {"snapshot-1": 59}
    assert ward.retrain().trained  # the first of all needs no minimum
    ward.snapshot = "snapshot-2"
    assert ward.retrain().reason == (
        "59 studies are new since version 1, the last candidate of this recipe, fewer than 60; --force trains anyway"
    )
    ward.new_since["snapshot-1"] = 60
    assert ward.retrain().version == "2"


def test_it_counts_from_the_later_of_champion_and_last_candidate_of_the_recipe(ward: Ward) -> None:
    ward.retrain()
    ward.snapshot, ward.gate = "snapshot-2", "fail"
    ward.retrain()
    ward.snapshot, ward.least, ward.new_since = "snapshot-3", 60, {"snapshot-1": 65, "snapshot-2": 5}
    assert "5 studies are new since version 2," in ward.retrain().reason
    assert ward.retrain(force=True).version == "3"
    assert ward.retrain(recipe="another").version == "4"  # of which there is no candidate yet
    ward.snapshot, ward.new_since = "snapshot-4", {"snapshot-1": 7, "snapshot-3": 7}
    assert "7 studies are new since champion 1, fewer than 60; --force" in ward.retrain().reason


def test_a_champion_for_another_label_rule_is_compared_with_nothing(ward: Ward) -> None:
    ward.retrain()
    ward.snapshot, ward.threshold, ward.while_training = "snapshot-2", 40.0, lambda: pytest.fail("it trains")
    with pytest.raises(EvaluationError, match=r"version 1: .* 'lvef < 50', and labels are now 'lvef < 40'"):
        ward.retrain()
    assert ward.judged_against == [None]


def test_a_machine_that_fails_registers_nothing_and_the_next_run_judges_anew(ward: Ward) -> None:
    def slow() -> None:
        raise TransientError("model", "did not load and replay within 300 s", "run it again")

    ward.while_judging = slow
    with pytest.raises(TransientError):
        ward.retrain()
    assert ward.shelf.by_version == {}
    ward.while_judging = nothing
    assert ward.retrain().champion == "1"


def test_a_version_whose_page_a_kill_prevented_is_published_by_the_next_run(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(retrain_steps, "publish_decision", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ward.retrain()
    monkeypatch.setattr(retrain_steps, "publish_decision", lambda *given: published.append(given[3]))
    outcome = ward.retrain()
    assert (outcome.trained, outcome.version, published) == (True, "1", ["1"])
    assert list(ward.shelf.by_version) == ["1"]
    assert not ward.retrain().trained and published == ["1"]


def test_what_a_killed_run_registered_is_promoted_by_the_next(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(retrain_steps, "promote_version", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ward.retrain()
    outcome = ward.retrain()
    assert (outcome.trained, outcome.champion, ward.champion()) == (False, "1", "1")
