"""What the audit trail tells of a trained model: the policy noted before its first epoch, and every verdict on it.

A limit that is chosen once the answers are known proves nothing. So a training notes its policy before it learns
anything, and a model that is judged by any other policy is *exploratory*: shown, and never promoted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ecgcore.ledger.db.tables import AuditEvent
from ecgcore.ledger.review import audit

STARTED, JUDGED = "retrain-start", "model-judged"


@dataclass(frozen=True, slots=True)
class Judged:
    """A model's answers on locked test sets were looked at.

    Args:
        run: the run directory's name.
        recipe_sha256: of the recipe and all that it starts from.
        model_sha256: fingerprint of the exported directory: that of the same weights is the same under any name.
        by: ``retrain``, ``evaluate``, ``benchmark`` or ``experiment``.
        policy, policy_sha256: the gates; None where there were none.
        verdict: of all blocking gates; None where there were none.
        moment: when, UTC; None before it is recorded.
    """

    run: str
    recipe_sha256: str | None
    model_sha256: str
    by: str
    policy: str | None = None
    policy_sha256: str | None = None
    verdict: str | None = None
    moment: datetime | None = None

    def to_text(self) -> str:
        """Return it as one line."""
        when = f"{self.moment:%Y-%m-%d %H:%M}: " if self.moment else ""
        verdict = f" says {self.verdict} by policy {self.policy} ({str(self.policy_sha256)[:8]})" if self.policy else ""
        return f"{when}{self.by}{verdict or ' scored it'}, run {self.run}"


def note_start(
    connection: Connection, moment: datetime, run: str, begun: bool, policy: Mapping[str, str], **detail: str
) -> None:
    """Note the policy of a training that is about to begin, or to go on.

    Args:
        connection: of a write transaction.
        moment: now, UTC.
        run: the run directory's name.
        begun: whether the run has learnt anything already; then this is no plan any more.
        policy: its ``policy`` (name) and ``policy_sha256``.
        detail: further facts for the reader.
    """
    audit.record(connection, moment, STARTED, run, {**detail, **policy, "begun": begun})


def note_judged(connection: Connection, moment: datetime, judged: Judged) -> None:
    """Append one look at a model's answers within the caller's write transaction."""
    detail = {name: value for name, value in asdict(judged).items() if name not in ("run", "moment")}
    audit.record(connection, moment, JUDGED, judged.run, detail)


def judgements_of(connection: Connection, model_sha256: str, recipe_sha256: str | None) -> tuple[Judged, ...]:
    """Return every recorded look at the answers of these weights, or of a training of this recipe, oldest first."""
    found = (_judged(event) for event in _events(connection, JUDGED))
    return tuple(
        each
        for each in found
        if each.model_sha256 == model_sha256 or (recipe_sha256 and each.recipe_sha256 == recipe_sha256)
    )


def looked_at_together(connection: Connection, runs: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return what looked at any of these runs, such as ``experiment NAME``, and every run that each looked at."""
    found: dict[str, set[str]] = {}
    for event in _events(connection, JUDGED):
        found.setdefault(str(event.detail["by"]), set()).add(event.actor)
    mine = set(runs)
    return {by: frozenset(looked) for by, looked in found.items() if looked & mine}


def why_exploratory(connection: Connection, run: str, model_sha256: str, policy_sha256: str) -> str | None:
    """Return why a verdict by this policy was not planned before the training; None if it was.

    Args:
        connection: to the ledger.
        run: the run directory's name.
        model_sha256: fingerprint of its exported directory.
        policy_sha256: hash of the policy that judges.
    """
    plan = _plan(connection, run)
    if plan is None:
        return "no policy was noted before its first epoch"
    planned = str(plan.detail["policy_sha256"])
    if planned != policy_sha256:
        return f"its training began under another policy ({planned[:8]}) than the one that judges it"
    for event in _events(connection, JUDGED):
        before = _judged(event)
        same_weights = before.model_sha256 == model_sha256 and before.run != run
        if event.number < plan.number and same_weights and before.policy_sha256 != policy_sha256:
            return f"the same weights were looked at before ({before.to_text()})"
    return None


@dataclass(frozen=True, slots=True)
class _Event:
    number: int
    moment: datetime
    event: str
    actor: str
    detail: dict[str, Any]


def _plan(connection: Connection, run: str) -> _Event | None:
    """Return the run's last start before its first epoch."""
    plan = None
    for event in _events(connection, STARTED, JUDGED):
        if event.actor != run:
            continue
        # of a start that does not say whether the run had begun, only the first is surely before its first epoch
        if event.event == JUDGED or event.detail.get("begun", plan is not None):
            return plan
        plan = event
    return plan


def _judged(event: _Event) -> Judged:
    return Judged(run=event.actor, moment=event.moment, **event.detail)


def _events(connection: Connection, *kinds: str) -> Iterator[_Event]:
    columns = (AuditEvent.number, AuditEvent.moment, AuditEvent.event, AuditEvent.actor, AuditEvent.detail)
    query = select(*columns).where(AuditEvent.event.in_(kinds)).order_by(AuditEvent.number)
    rows = connection.execute(query).all()
    return (_Event(number, moment, kind, actor, json.loads(text)) for number, moment, kind, actor, text in rows)
