"""The decision page: what the registry reviewer reads before a candidate becomes the champion."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from ecgcore.counted import counted
from ecgcore.evaluation.estimate.evaluation import Evaluation, Metric, Scores
from ecgcore.evaluation.gates.decision import Decision, Outcome
from ecgcore.evaluation.gates.gate import Severity
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.pages.document import (
    Block,
    Callout,
    Cell,
    Command,
    Document,
    Image,
    Link,
    Section,
    Table,
    Text,
    Tone,
    digest,
    number,
    sentence,
)
from ecgcore.pages.parts.answers import answer_blocks
from ecgcore.pages.parts.gate_table import gate_table, outcome_callout


@dataclass(frozen=True)
class Looks:
    """How often candidates were scored on a locked test set, this look included; each look spends some of its worth.

    Args:
        test_set, sha256: the set.
        looks: since it was locked.
        lifetime: since it was first locked, whatever replaced it.
        replacements: a line for each time that it was locked anew.
    """

    test_set: str
    sha256: str
    looks: int
    lifetime: int
    replacements: tuple[str, ...] = ()


@dataclass(frozen=True)
class DecisionPage:
    """Everything that a decision rests on.

    Args:
        candidate: its version.
        created: when, as people read it.
        recipe, snapshot, label_rule, commit: where the candidate comes from.
        first_weights: what its training began with, in words.
        operating_points: where it says positive and how that was chosen, one line per target.
        decision: outcome and gates.
        evaluations: of the candidate.
        looks: at each locked test set.
        figures: ROC, calibration and gate figures (``ecgcore.evaluation.figures.curves``).
        links: what each further page or file shows, and its path.
        exploratory: why this verdict was not planned before the training; None if it was.
        earlier: a line for each earlier look at the answers of this model or recipe on locked test sets.
    """

    candidate: str
    created: str
    recipe: str
    snapshot: str
    label_rule: str
    first_weights: str
    commit: str
    decision: Decision
    evaluations: tuple[Evaluation, ...]
    looks: tuple[Looks, ...]
    figures: tuple[Image, ...]
    operating_points: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    exploratory: str | None = None
    earlier: tuple[str, ...] = ()


def decision_document(page: DecisionPage) -> Document:
    """Return the decision page."""
    blocking = tuple(r for r in page.decision.results if r.severity is Severity.BLOCK)
    warning = tuple(r for r in page.decision.results if r.severity is Severity.WARN)
    sections = [
        Section("What it answers", answer_blocks(page.evaluations)),
        Section("Outcome", (*_outcome(page), *_warnings(page.decision), *_next(page))),
        Section("Blocking gates", (gate_table("All of these gates must pass.", blocking),)),
        Section("Results on the locked test sets", (_scores_table(page), *_undefined(page), *_looks(page))),
        Section("Figures", page.figures or (Text("No figure was drawn."),)),
        Section("Where it comes from", (_origin(page),)),
        *((Section("Look further", tuple(Link(*link) for link in page.links)),) if page.links else ()),
    ]
    if warning:
        text = Text("These do not hold a candidate back; each says how many ECGs would decide.")
        sections.insert(3, Section("Warning gates", (text, gate_table("These gates warn only.", warning))))
    against = f"against champion {page.decision.champion}" if page.decision.champion else "first run, no champion"
    return Document(f"Decision on candidate {page.candidate}", f"{against}; {page.created}", tuple(sections))


def _outcome(page: DecisionPage) -> tuple[Block, ...]:
    if not page.exploratory:
        return (outcome_callout(page.decision),)
    text = f"EXPLORATORY, never promoted: {page.exploratory}. The gates would say {page.decision.outcome.value}."
    return Callout(text, Tone.BAD), Text(f"What they found: {page.decision.reason}.")


def _warnings(decision: Decision) -> tuple[Block, ...]:
    if not decision.warnings:
        return ()
    return (Callout(f"{counted(len(decision.warnings), 'warning gate')} did not pass; see below.", Tone.CAUTION),)


def _next(page: DecisionPage) -> tuple[Block, ...]:
    if page.exploratory:
        return (Text("What next: the champion stays. Name the policy before the next training, and keep to it."),)
    if page.decision.outcome is Outcome.REJECT:
        return (Text("What next: the champion stays. Look at the gates that fail, and at the data of this snapshot."),)
    if page.decision.outcome is Outcome.INCONCLUSIVE:
        text = "What next: the champion stays. The test sets cannot decide; the table says for each gate what would."
        return (Text(text),)
    if page.decision.approval is Approval.AUTOMATIC:
        text = f"Approval is automatic, as the policy {page.decision.policy_name} says: no person was asked."
        return (Callout(text, Tone.CAUTION),)
    command = f"ecg promote {quote(page.candidate)} --reviewer NAME --reason TEXT"
    otherwise = "If you do not agree, nothing is to be typed: the champion stays, and no flow promotes this version."
    return Command("What next: a person must approve. If you agree, promote it with", command), Text(otherwise)


def _scores_table(page: DecisionPage) -> Table:
    names = ("target", "test set", "positive ECGs", "negative ECGs", "ECGs without label", "patients")
    columns = (*names, *(_METRIC_NAMES[m] for m in Metric))
    rows = tuple(_scores_row(e) for e in page.evaluations)
    return Table(_scores_caption(page), columns, rows, len(rows))


_METRIC_NAMES = {
    Metric.AUC: "AUC",
    Metric.SENSITIVITY: "sensitivity",
    Metric.SPECIFICITY: "specificity",
    Metric.F1: "F1",
    Metric.BRIER: "Brier",
}


def _scores_caption(page: DecisionPage) -> str:
    levels = sorted({e.level for e in page.evaluations})
    level = " and ".join(f"{100 * x:g} %" for x in levels)
    shown = f"Estimate and {level} interval" if level else "Estimate"
    return f"{shown}, at the operating point 0.5; Brier: lower is better. A patient may have several ECGs."


def _scores_row(evaluation: Evaluation) -> tuple[Cell, ...]:
    scores = evaluation.scores
    counts = (scores.positives, scores.negatives, scores.missing, scores.patients)
    return (
        Cell(evaluation.target),
        Cell(evaluation.test_set),
        *(number(c) for c in counts),
        *(_metric(scores, m) for m in Metric),
    )


def _metric(scores: Scores, metric: Metric) -> Cell:
    interval = scores.metric(metric)
    if interval is None:
        return Cell("not defined", Tone.BAD)
    return Cell(f"{interval.value:.3f} ({interval.low:.3f}{_DASH}{interval.high:.3f})")


_DASH = "\u2011"  # at which no line breaks, so that an interval stays whole


def _undefined(page: DecisionPage) -> tuple[Block, ...]:
    return tuple(
        Callout(f"{e.target} on {e.test_set}: {reason}", Tone.BAD)
        for e in page.evaluations
        for reason in e.scores.undefined
    )


def _looks(page: DecisionPage) -> tuple[Block, ...]:
    rows = tuple((Cell(x.test_set), number(x.looks), number(x.lifetime), digest(x.sha256)) for x in page.looks)
    caption = "How often each locked test set was looked at, this look included: since it was locked, and in all."
    table = Table(caption, ("test set", "looks", "looks in all", "sha256"), rows, len(rows))
    replaced = [f"test set {x.test_set} was {line}" for x in page.looks for line in x.replacements]
    lines = tuple((Cell(line),) for line in page.earlier)
    caption = "Earlier looks at the answers of these weights, or of trainings of this recipe, on locked test sets."
    earlier = (Table(caption, ("look",), lines, len(lines)),) if lines else ()
    return (table, *(Callout(text, Tone.CAUTION) for text in replaced), *earlier)


_POLICY_SHA = {True: "policy sha256, noted before the first epoch", False: "policy sha256, not planned so"}


def _origin(page: DecisionPage) -> Table:
    decision = page.decision
    facts: tuple[tuple[str, str | Cell], ...] = (
        ("candidate", page.candidate),
        ("champion", decision.champion or "none yet"),
        ("recipe", page.recipe),
        ("snapshot", page.snapshot),
        ("label rule", page.label_rule),
        ("first weights", sentence(page.first_weights)),
        *(("operating point", line) for line in page.operating_points),
        ("code commit", digest(page.commit)),
        ("policy", decision.policy_name),
        (_POLICY_SHA[page.exploratory is None], digest(decision.policy_sha256)),
        ("approval", decision.approval.value),
    )
    rows = tuple((Cell(name), Cell(value) if isinstance(value, str) else value) for name, value in facts)
    return Table("What made this candidate, and what judged it.", ("what", "value"), rows, len(rows))
