"""Pages with a given text in every place that takes one."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image as Picture

from ecgcore.evaluation.estimate.evaluation import Evaluation, Scores
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.decision import Decision, Outcome
from ecgcore.evaluation.gates.gate import GateKind, Severity
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict
from ecgcore.pages.decision_page import DecisionPage, Looks, decision_document
from ecgcore.pages.demo_page import DemoPage, PredictionLine, demo_document
from ecgcore.pages.document import Document, Image
from ecgcore.pages.ingest_page import CautionLine, FileLine, IngestPage, ingest_document
from ecgcore.pages.parts.rule_table import RuleCount
from ecgcore.pages.quarantine_page import QuarantineLine, QuarantinePage, quarantine_document


def png() -> bytes:
    buffer = io.BytesIO()
    Picture.new("RGB", (4, 3), "white").save(buffer, format="PNG")
    return buffer.getvalue()


def decision(text="x", outcome=Outcome.PROMOTE, approval=Approval.MANUAL, champion="12") -> Decision:
    interval = Interval(0.8375, 0.8055, 0.8645, 0.95, text)
    floor = GateResult(
        f"floor auc {text}",
        GateKind.FLOOR,
        Severity.BLOCK,
        text,
        text,
        text,
        interval,
        Side.ABOVE,
        0.75,
        Verdict.PASS,
        895,
        None,
        text,
    )
    warning = GateResult(
        "floor auc lvef new by sex", GateKind.FLOOR, Severity.WARN, "lvef", "new", "female", interval, Side.ABOVE, 0.83,
        Verdict.INCONCLUSIVE, 895, 12345, text,
    )  # fmt: skip
    return Decision(outcome, text, text, "ab" * 32, approval, champion, (floor, warning))


def evaluation(text="x") -> Evaluation:
    interval = Interval(0.8375, 0.8055, 0.8645, 0.95, text)
    scores = Scores(895, 236, 659, 3, 890, interval, interval, interval, interval, None, (text,))
    return Evaluation(text, text, 0.95, "cd" * 32, scores, ())


def decision_page(text="x", **choices) -> Document:
    page = DecisionPage(
        text,
        text,
        text,
        text,
        text,
        text,
        text,
        decision(text, **choices),
        (evaluation(text),),
        (Looks(text, text, 4, 9, (text,)),),
        (Image(png(), text),),
        (text,),
        ((text, text),),
    )
    return decision_document(page)


def ingest_page(text="x", **changes) -> Document:
    fields = {
        "batch_id": text,
        "started": text,
        "inbox": text,
        "files_seen": 3,
        "counts_by_state": {"accepted": 2, "quarantined": 1},
        "rows_by_state": {"accepted": 2, text: 1},
        "studies": 2,
        "left_alone": {},
        "rules": (RuleCount(text, 1, 2, text),),
        "alerts": (text,),
        "files": (FileLine(text, text, text, text, text),),
        "cautions": (CautionLine(text, text, (text,)),),
        "to_correct": (text,),
        "not_read": {text: text},
        "links": ((text, text),),
    }
    return ingest_document(IngestPage(**{**fields, **changes}))


def quarantine_page(text="x", entries=1) -> Document:
    line = QuarantineLine(text, 7, text, text, text, text)
    return quarantine_document(QuarantinePage(text, (line,) * entries, (text,)))


def demo_page(text="x", **changes) -> Document:
    fields = {
        "seconds": 312.4,
        "counts_by_state": {text: 1},
        "rules": (RuleCount(text, 1, 2, text),),
        "decision": decision(text),
        "why_not_trained": text,
        "champion": text,
        "predicted_file": text,
        "prediction": (PredictionLine(text, True, 0.7312),),
        "links": ((text, text),),
        "commands": ((text, text),),
        "evaluations": (evaluation(text),),
    }
    return demo_document(DemoPage(**{**fields, **changes}))


@pytest.fixture(scope="session")
def all_pages() -> Callable[[str], list[Document]]:
    """Return a maker of all four pages with one text in every place."""
    return lambda text: [decision_page(text), ingest_page(text), quarantine_page(text), demo_page(text)]


@pytest.fixture(scope="session")
def make_decision_page() -> Callable[..., Document]:
    return decision_page


@pytest.fixture(scope="session")
def make_ingest_page() -> Callable[..., Document]:
    return ingest_page


@pytest.fixture(scope="session")
def make_quarantine_page() -> Callable[..., Document]:
    return quarantine_page


@pytest.fixture(scope="session")
def make_demo_page() -> Callable[..., Document]:
    return demo_page
