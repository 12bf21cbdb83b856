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
from ecgcore.settings import Settings
from tasks.cohort.snapshots import freeze
from tasks.judging.judge import Judgement, judge
from tasks.judging.label_rule_check import check_label_rule
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

    def to_text(self) -> str:
        """Return it as a few lines."""
        lines = [f"version {self.version}: {self.judgement.gate} ({self.judgement.decision.reason})"]
        for each in self.judgement.evaluations:
            lines.append(f"  {each.target} on {each.test_set}: AUC {each.scores.auc or 'not defined'}")
        lines += [f"  looks at {look.test_set}: {look.looks}" for look in self.judgement.looks]
        return "\n".join([*lines, f"page: {self.page}"])


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
    page.write_text(_html(version, judgement), encoding="utf-8")
    return Reevaluation(version, judgement, page)


def _html(version: str, judgement: Judgement) -> str:
    from ecgcore.pages.document import Block, Document, Image, Section, Text
    from ecgcore.pages.gate_table import gate_table
    from ecgcore.pages.html import render_html

    figures: tuple[Block, ...] = tuple(Image(png, name) for name, png in judgement.figures.items())
    sections = (
        Section("Gates", (gate_table("Judged again", judgement.decision.results),)),
        Section("Figures", figures or (Text("No figure was drawn."),)),
    )
    return render_html(Document(f"Version {version} judged again", judgement.decision.reason, sections))
