"""The short page that ends the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.evaluation.estimate.evaluation import Evaluation
from ecgcore.evaluation.gates.decision import Decision
from ecgcore.pages.document import Block, Callout, Cell, Command, Document, Link, Section, Table, Text, Tone
from ecgcore.pages.parts.answers import answer_blocks
from ecgcore.pages.parts.gate_table import gate_table, outcome_callout
from ecgcore.pages.parts.rule_table import RuleCount, rule_table
from ecgcore.pages.parts.state_table import state_table


@dataclass(frozen=True)
class PredictionLine:
    """One target of the demo's prediction.

    Args:
        probability: of the positive class, 0 to 1, in the deployed predictor's two decimals.
    """

    target: str
    positive: bool
    probability: float


@dataclass(frozen=True)
class DemoPage:
    """What the demo did.

    Args:
        seconds: how long it took.
        counts_by_state: files of the inbox by state.
        rules: what was quarantined.
        decision: on this run's candidate; on the champion where nothing was trained; None without either.
        evaluations: of this run's candidate, none where nothing was trained.
        why_not_trained: one sentence where nothing was trained, else empty.
        champion: the version now serving, None where there is none.
        predicted_file: name of the new report that the champion read, empty where there was none.
        prediction: its answer.
        links: what each further page shows, and its path.
        commands: what each command opens, and the command.
    """

    seconds: float
    counts_by_state: Mapping[str, int]
    rules: tuple[RuleCount, ...]
    decision: Decision | None
    why_not_trained: str
    champion: str | None
    predicted_file: str
    prediction: tuple[PredictionLine, ...]
    links: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    evaluations: tuple[Evaluation, ...] = ()


def demo_document(page: DemoPage) -> Document:
    """Return the page that ends the demo."""
    answers = (Section("What it answers", answer_blocks(page.evaluations)),) if page.evaluations else ()
    return Document(
        title="Demo hospital",
        subtitle=f"Synthetic reports, no patients; {page.seconds:.0f} seconds",
        sections=(
            *answers,
            Section(
                "Files by state", (state_table("Every source file of the inbox counts once.", page.counts_by_state),)
            ),
            Section("Quarantine by rule", (rule_table(page.rules),)),
            Section("Gates", _gates(page)),
            Section("Champion", (_champion(page),)),
            Section("Prediction", (_prediction(page),)),
            Section("Look further", _further(page)),
        ),
    )


def _further(page: DemoPage) -> tuple[Block, ...]:
    return (*(Link(*link) for link in page.links), *(Command(*command) for command in page.commands))


def _gates(page: DemoPage) -> tuple[Block, ...]:
    said = (Text(f"Nothing was trained: {page.why_not_trained}"),) if page.why_not_trained else ()
    decision = page.decision
    if decision is None:
        return said
    caption = (
        f"Gates of the policy {decision.policy_name} ({decision.policy_sha256[:12]}); approval is {decision.approval}."
    )
    return *said, outcome_callout(decision), gate_table(caption, decision.results)


def _champion(page: DemoPage) -> Block:
    if page.champion is None:
        return Callout("There is no champion.", Tone.BAD)
    return Text(f"Version {page.champion} serves.")


def _prediction(page: DemoPage) -> Block:
    if not page.prediction:
        return Callout("Nothing was predicted.", Tone.BAD)
    rows = tuple(_line(p) for p in page.prediction)
    return Table(
        f"The champion's answer to {page.predicted_file}.", ("target", "prediction", "probability"), rows, len(rows)
    )


def _line(prediction: PredictionLine) -> tuple[Cell, ...]:
    words = "positive" if prediction.positive else "negative"
    return Cell(prediction.target), Cell(words), Cell(f"{prediction.probability:.2f}", numeric=True)
