"""What a registered version says about itself: one dataclass, which MLflow keeps as tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ecgcore.ledger.decide.candidacy import Candidacy, GateVerdict

REJECTED = "rejected"
RUN_ID = "ecg_run_id"
_NAMES = {"run_id": RUN_ID}


@dataclass(frozen=True, kw_only=True)
class VersionTags:
    """The tags of a version. What is None is not there: versions of long ago have fewer, and none has all.

    Args:
        gate: the verdict of all blocking gates together.
        judged_against: the champion it was compared with, or ``none``.
        snapshot: that it was trained on.
        label_rule: by which its labels were made, such as ``lvef < 50``.
        test_set_sha256: ``name:sha256`` of each set that it was judged on, with commas.
        recipe, recipe_sha256: that it was trained with.
        policy, policy_sha256: that judged it.
        exploratory: why its verdict was not planned before its training.
        promotable: whether the recipe's versions can be promoted at all.
        run_id: of its training and judgement.
        slot: that it was registered for.
        code_commit: the commit that trained it.
        model_dir_sha256, golden_dir_sha256: fingerprints of its directories.
        offered: when all that a reviewer reads about it was there (ISO 8601, UTC).
        decision: ``rejected``, or None.
        reviewer, reason, decided: who decided on it last, why and when.
        promotion: the number of its promotion in the ledger.
    """

    gate: GateVerdict | None = None
    judged_against: str | None = None
    snapshot: str | None = None
    label_rule: str | None = None
    test_set_sha256: str | None = None
    recipe: str | None = None
    recipe_sha256: str | None = None
    policy: str | None = None
    policy_sha256: str | None = None
    exploratory: str | None = None
    promotable: bool = True
    run_id: str | None = None
    slot: str | None = None
    code_commit: str | None = None
    model_dir_sha256: str | None = None
    golden_dir_sha256: str | None = None
    offered: str | None = None
    decision: str | None = None
    reviewer: str | None = None
    reason: str | None = None
    decided: str | None = None
    promotion: str | None = None

    @classmethod
    def from_mlflow(cls, tags: Mapping[str, str]) -> VersionTags:
        """Read MLflow's tags. Those of other programs are left alone; a verdict that is none is None."""
        found: dict[str, Any] = {}
        for each in fields(cls):
            text = tags.get(_NAMES.get(each.name, each.name))
            match each.name:
                case "gate":
                    found["gate"] = GateVerdict(text) if text in list(GateVerdict) else None
                case "promotable":
                    found["promotable"] = text != "false"
                case name:
                    found[name] = text or None
        return cls(**found)

    def to_mlflow(self) -> dict[str, str]:
        """Return them as MLflow keeps them: texts by name, without those that are None."""
        values = {_NAMES.get(each.name, each.name): getattr(self, each.name) for each in fields(self)}
        values["promotable"] = str(self.promotable).lower()
        return {name: str(value) for name, value in values.items() if value is not None}

    def candidacy(self, slot: str, version: str) -> Candidacy:
        """Return what the version brings to a promotion into ``slot``."""
        return Candidacy(
            version=version,
            slot=slot,
            gate=self.gate,
            promotable=self.promotable,
            recipe=self.recipe,
            rejected=self.decision == REJECTED,
            judged_against=self.judged_against,
            model_dir_sha256=self.model_dir_sha256,
            policy_sha256=self.policy_sha256,
            exploratory=self.exploratory,
        )
