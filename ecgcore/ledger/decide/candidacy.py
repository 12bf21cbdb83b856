"""What a registered version brings to a promotion: what it was judged to be, and against whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NO_CHAMPION = "none"
"""What a version was judged against when the slot served none."""


class GateVerdict(StrEnum):
    """What all blocking gates together said about a version."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Candidacy:
    """A version that could serve a slot, as it was registered.

    Args:
        version, slot: what could serve where.
        gate: the verdict that it keeps; None where none was registered.
        promotable: whether anything here can serve it.
        recipe: that it was trained with, for people.
        rejected: whether a reviewer said no.
        judged_against: the champion that it was compared with, or :data:`NO_CHAMPION`; None if that is not known.
        model_dir_sha256: fingerprint of its model; None if that is not known.
        policy_sha256: hash of the policy that judged it, if any.
        exploratory: why its verdict was not planned before its training; None if it was.
    """

    version: str
    slot: str
    gate: GateVerdict | None
    promotable: bool = True
    recipe: str | None = None
    rejected: bool = False
    judged_against: str | None = None
    model_dir_sha256: str | None = None
    policy_sha256: str | None = None
    exploratory: str | None = None
