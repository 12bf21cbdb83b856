"""Score a registered version on the locked test sets again. It counts as a look."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecgcore.data.snapshot import Snapshot
from ecgcore.evaluation.estimate.evaluation import to_json
from ecgcore.evaluation.gates.decision import FIRST_RUN, ITSELF
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.pages.document import Document, Image, Section, Text
from ecgcore.pages.html import render_html
from ecgcore.pages.parts.answers import answer_blocks
from ecgcore.pages.parts.gate_table import gate_table, outcome_callout
from ecgcore.settings import Settings
from tasks.cohort.snapshots import freeze
from tasks.judging.judge import Judgement, judge
from tasks.judging.label_rule_check import check_label_rule
from tasks.judging.publication import figure_sentence
from tasks.prefect.environment import open_ledger
from tasks.registry.registry import registry_of
from tasks.release.serving import CHAMPION_SLOT, champion_of


@dataclass(frozen=True)
class Reevaluation:
    """A version's judgement."""

    version: str
    judgement: Judgement
    page: Path

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "version": self.version,
            "gate": self.judgement.gate,
            "reason": self.judgement.decision.reason,
            "evaluations": json.loads(to_json(self.judgement.evaluations)),
            "looks": {look.test_set: look.looks for look in self.judgement.looks},
            "page": str(self.page),
        }

    def to_document(self) -> Document:
        """Return it as people read it."""
        judged = self.judgement
        areas = [
            Text(f"{each.target} on the test set {each.test_set}: AUC {each.scores.auc or 'not defined'}")
            for each in judged.evaluations
        ]
        looks = [Text(f"Looks at the test set {look.test_set}: {look.looks:,}") for look in judged.looks]
        figures = tuple(Image(png, figure_sentence(name)) for name, png in judged.figures.items())
        sections = (
            Section("What it answers", answer_blocks(judged.evaluations)),
            Section("Outcome", (outcome_callout(judged.decision), *areas, *looks)),
            Section("Gates", (gate_table("The gates, judged again.", judged.decision.results),)),
            Section("Figures", figures or (Text("No figure was drawn."),)),
        )
        return Document(f"Version {self.version} judged again", judged.decision.reason, sections)


def evaluate_version(settings: Settings, version: str, policy_name: str, slot: str = CHAMPION_SLOT) -> Reevaluation:
    """Judge a registered version of a slot on the locked test sets as they are now.

    Raises:
        EcgError: no such version or policy, a test set that is not locked, or the version or the champion was trained
            for another label rule.
    """
    policy = load_policy(settings.deployments / "policies" / f"{policy_name}.yaml")
    registry = registry_of(settings)
    work = settings.folder("staging") / f"evaluate-{slot}-{version}"
    model = registry.download_model_dir(slot, version, work / "model")
    golden = registry.download_golden_dir(slot, version, work / "golden")
    with open_ledger(settings) as ledger:
        champion = champion_of(settings.home, ledger, slot)
        for each in {version, champion.version} if champion else {version}:
            check_label_rule(each, registry.tags(slot, each), settings.folder("snapshots"), settings.catalogue)
        snapshot = Snapshot.open(freeze(settings).path)
        itself = champion is not None and champion.version == version
        against, alone = (None, ITSELF) if itself else (champion, FIRST_RUN)
        served = slot == CHAMPION_SLOT
        judgement = judge(ledger, snapshot, model, golden, policy, against, f"evaluate {version}", served, alone)
    page = settings.folder("pages") / f"evaluation-{slot}-{version}.html"
    found = Reevaluation(version, judgement, page)
    page.write_text(_html(found), encoding="utf-8")
    return found


def _html(found: Reevaluation) -> str:
    return render_html(found.to_document(), found.page.parent)
