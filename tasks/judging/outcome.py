"""What a retraining came to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.evaluation.estimate.evaluation import Evaluation
from ecgcore.evaluation.gates.decision import Decision
from ecgcore.pages.document import Block, Command, Document, Link, Section, Text
from ecgcore.pages.parts.answers import answer_blocks
from ecgcore.pages.parts.gate_table import gate_table, outcome_callout

if TYPE_CHECKING:
    from tasks.judging.judge import Judgement  # with torch, which the demo's ingest does without


@dataclass(frozen=True)
class RetrainOutcome:
    """The answer of one retraining.

    Args:
        trained: False if there was nothing to do.
        reason: one sentence.
        version: registered, if trained.
        gate: ``pass``, ``fail`` or ``inconclusive``, if trained.
        promoted: whether the policy promoted it at once.
        champion: the version that serves now.
        decision: with every gate, if trained.
        page: the decision page, if trained.
        snapshot: trained on, if trained.
        promotable: whether a version of this recipe can be promoted at all.
        evaluations: of the version, if trained.
        exploratory: why its verdict was not planned before its training; None if it was.
    """

    trained: bool
    reason: str
    version: str | None
    gate: str | None
    promoted: bool
    champion: str | None
    decision: Decision | None
    page: Path | None
    snapshot: str | None
    promotable: bool = True
    evaluations: tuple[Evaluation, ...] = ()
    exploratory: str | None = None

    @classmethod
    def skipped(cls, reason: str, champion: str | None) -> RetrainOutcome:
        """Return the outcome of a run that did not train."""
        return cls(False, reason, None, None, False, champion, None, None, None)

    @classmethod
    def of(
        cls,
        version: str,
        judgement: Judgement,
        held: str,
        champion: str | None,
        page: Path,
        snapshot: str,
        promotable: bool,
    ) -> RetrainOutcome:
        """Return the outcome of a run that registered a version; ``held`` says why the policy did not promote it."""
        return cls(
            trained=True,
            reason=judgement.decision.reason + held,
            version=version,
            gate=judgement.gate,
            promoted=champion == version,
            champion=champion,
            decision=judgement.decision,
            page=page,
            snapshot=snapshot,
            promotable=promotable,
            evaluations=judgement.evaluations,
            exploratory=judgement.exploratory,
        )

    def in_short(self) -> str:
        """Return the outcome as one sentence, for a list of runs."""
        champion = f"champion {self.champion} serves" if self.champion else "no champion serves"
        if not self.trained:
            return f"not trained, {champion}: {self.reason}"
        gate = f"exploratory {self.gate}" if self.exploratory else self.gate
        return f"candidate {self.version}: {gate}, {champion}; {self.reason}"

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain values."""
        gates = json.loads(self.decision.to_json())["results"] if self.decision else []
        return {
            "trained": self.trained,
            "reason": self.reason,
            "version": self.version,
            "gate": self.gate,
            "exploratory": self.exploratory,
            "promoted": self.promoted,
            "champion": self.champion,
            "snapshot": self.snapshot,
            "page": str(self.page) if self.page else None,
            "gates": gates,
        }

    def to_document(self) -> Document:
        """Return the outcome as people read it."""
        champion = Text(f"champion: {self.champion or 'none yet'}")
        if not self.trained:
            return Document("Nothing was trained", self.reason, (Section("Champion", (champion,)),))
        gates = self.decision.results if self.decision else ()
        verdict = (outcome_callout(self.decision),) if self.decision else ()
        sections = (
            Section("What it answers", answer_blocks(self.evaluations)),
            Section("Outcome", (*verdict, champion, *self._next())),
            Section("Gates", (gate_table("The gates that judged it.", gates),)),
        )
        return Document(f"Version {self.version}: {self.gate}", self.reason, sections)

    def _next(self) -> tuple[Block, ...]:
        blocks: list[Block] = [Link("Decision page", str(self.page))] if self.page else []
        if not self.promotable:
            blocks.append(Text("This recipe is not promotable: nothing here can serve its versions."))
        elif self.exploratory:
            blocks.append(Text(f"It is exploratory, and never promoted: {self.exploratory}."))
        elif self.gate == "pass" and not self.promoted:
            blocks.append(Command("Next", f"ecg promote {self.version} --reviewer NAME --reason TEXT"))
        return tuple(blocks)
