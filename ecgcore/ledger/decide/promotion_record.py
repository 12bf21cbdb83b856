"""A promotion as the ledger has it: the truth about what serves, which link and alias are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ecgcore.ledger.decide.state import PromotionState


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """A promotion as the ledger has it.

    Args:
        number: its ordinal.
        slot: what the version is to serve.
        version: the version promoted.
        previous_version: the slot's champion when the promotion began; None for the first.
        state: how far it has come.
        reviewer: who decided, or the policy that did.
        reason: why.
        policy_sha256: hash of the policy that passed it, if any.
        model_dir_sha256: fingerprint of the exported model; None until `exported`.
        failure: why it was rolled back.
        created, updated: moments, UTC.
    """

    number: int
    slot: str
    version: str
    previous_version: str | None
    state: PromotionState
    reviewer: str
    reason: str
    policy_sha256: str | None
    model_dir_sha256: str | None
    failure: str | None
    created: datetime
    updated: datetime
