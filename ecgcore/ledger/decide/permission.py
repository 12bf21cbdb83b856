"""May this version be promoted, by whom, against whom? Written once; flow, command line and web page ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.candidacy import NO_CHAMPION, Candidacy, GateVerdict
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import ENDED, PromotionState

_AGAIN = (
    "run `ecg retrain --force` with its recipe and policy: that judges the model against the present champion and "
    "registers it under a new version"
)


class Decider(StrEnum):
    """Who would promote. The last two are a policy's kinds of approval, under the same names."""

    PERSON = "person"
    AUTOMATIC = "automatic"
    """A policy that needs no person."""
    MANUAL = "manual"
    """A policy that leaves it to a person."""


class Ruling(StrEnum):
    """The answers. The first three allow it."""

    GRANTED = "granted"
    UNDER_WAY = "under-way"
    """Its promotion has begun: finish it."""
    SERVES = "serves"
    """It is the champion: promoting it repairs what was lost."""
    NOT_PROMOTABLE = "not-promotable"
    EXPLORATORY = "exploratory"
    """Its verdict was not planned before its training."""
    REJECTED = "rejected"
    GATES = "gates"
    OCCUPIED = "occupied"
    """Another version is being promoted into the slot."""
    RIVAL_UNKNOWN = "rival-unknown"
    """It does not say which champion it was judged against."""
    RIVAL_CHANGED = "rival-changed"
    """It was judged against another champion than the present one."""
    LEFT = "left"
    """A person left its model, under whatever version: only a person takes it back."""
    NEEDS_PERSON = "needs-person"
    """Nothing is against it, and its policy leaves it to a person."""


_ALLOWED = frozenset({Ruling.GRANTED, Ruling.UNDER_WAY, Ruling.SERVES})


@dataclass(frozen=True, slots=True)
class Permission:
    """An answer with its reason.

    Args:
        ruling: the answer.
        reason: what follows the version's name in a sentence, such as ``was rejected by a reviewer``.
        hint: the next step.
    """

    ruling: Ruling
    reason: str
    hint: str

    @property
    def allowed(self) -> bool:
        """Whether the promotion may begin, go on, or be repaired."""
        return self.ruling in _ALLOWED

    def require(self, thing: str) -> None:
        """Refuse what is not allowed.

        Args:
            thing: the version, as a message names it.

        Raises:
            PromotionError: with reason and hint.
        """
        if not self.allowed:
            raise PromotionError(thing, self.reason, self.hint)


def permission(candidacy: Candidacy, past: Sequence[PromotionRecord], by: Decider) -> Permission:
    """Say whether a version may be promoted into its slot now.

    Only a version that was the champion before may come back without a comparison with the present one, and then by a
    person only.

    Args:
        candidacy: the version, as it was registered.
        past: all promotions of the slot, newest first, as the ledger has them; never what a link or an alias says.
        by: who would promote it.
    """
    if (objection := own_objection(candidacy)) is not None:
        return objection
    flying = next((each for each in past if each.state not in ENDED), None)
    champion = next((each for each in past if each.state is PromotionState.DONE), None)
    if flying:
        return _of_flight(candidacy, flying)
    if champion and champion.version == candidacy.version:
        return Permission(Ruling.SERVES, "is the champion", f"`ecg promote {candidacy.version}` repairs it")
    if by is not Decider.PERSON and (left := _left(candidacy, past)):
        return left
    if not _served(candidacy, past) and (rival := _of_rival(candidacy, champion)):
        return rival
    if by is Decider.MANUAL:
        return _to_a_person(candidacy, Ruling.NEEDS_PERSON, "waits for a person, as its policy says")
    return Permission(Ruling.GRANTED, "may be promoted", f"`ecg promote {candidacy.version}` promotes it")


def own_objection(candidacy: Candidacy) -> Permission | None:
    """Return what speaks against a version wherever it would serve, by its registration alone; None if nothing does."""
    if not candidacy.promotable:
        rule = f"comes from the recipe {candidacy.recipe}, which is not promotable: nothing here can serve it"
        hint = "the deployed predictor loads multi-task image models; promote a version of such a recipe"
        return Permission(Ruling.NOT_PROMOTABLE, rule, hint)
    if candidacy.rejected:
        return Permission(Ruling.REJECTED, "was rejected by a reviewer", "promote another version, or train a new one")
    if candidacy.gate is not GateVerdict.PASS:
        verdict = candidacy.gate.value if candidacy.gate else "unknown"
        return Permission(Ruling.GATES, f"has the gate verdict {verdict!r}", "promote one that passed")
    if candidacy.exploratory:
        rule = f"is exploratory, and never promoted: {candidacy.exploratory}"
        hint = "name the policy before the training: `ecg retrain --policy NAME` once there are new studies"
        return Permission(Ruling.EXPLORATORY, rule, hint)
    return None


def _of_flight(candidacy: Candidacy, flying: PromotionRecord) -> Permission:
    ends = f"`ecg promote {flying.version}` finishes it, `ecg rollback --from {flying.version}` abandons it"
    if flying.version == candidacy.version:
        return Permission(Ruling.UNDER_WAY, f"is being promoted ({flying.state})", ends)
    rule = f"has to wait: version {flying.version} is being promoted ({flying.state})"
    return Permission(Ruling.OCCUPIED, rule, ends)


def _left(candidacy: Candidacy, past: Sequence[PromotionRecord]) -> Permission | None:
    for each in past:
        same_model = each.model_dir_sha256 is not None and each.model_dir_sha256 == candidacy.model_dir_sha256
        if each.version == candidacy.version or same_model:
            rule = f"holds a model that was promoted before, as version {each.version} ({each.state})"
            return _to_a_person(candidacy, Ruling.LEFT, rule)
    return None


def _served(candidacy: Candidacy, past: Sequence[PromotionRecord]) -> bool:
    return any(each.version == candidacy.version and each.state is PromotionState.DONE for each in past)


def _of_rival(candidacy: Candidacy, champion: PromotionRecord | None) -> Permission | None:
    now = champion.version if champion else NO_CHAMPION
    if candidacy.judged_against == now:
        return None
    if candidacy.judged_against is None:
        return Permission(Ruling.RIVAL_UNKNOWN, "does not say which champion it was judged against", _AGAIN)
    before, has = (f"champion {v}" if v != NO_CHAMPION else "no champion" for v in (candidacy.judged_against, now))
    return Permission(Ruling.RIVAL_CHANGED, f"was judged against {before}, and the slot has {has} now", _AGAIN)


def _to_a_person(candidacy: Candidacy, ruling: Ruling, reason: str) -> Permission:
    return Permission(ruling, reason, f"`ecg promote {candidacy.version} --reviewer NAME --reason TEXT` promotes it")
