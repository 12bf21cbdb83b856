"""Who may promote what over whom: one line a case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.candidacy import NO_CHAMPION, Candidacy, GateVerdict
from ecgcore.ledger.decide.permission import Decider, Permission, Ruling, permission
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import PromotionState

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PERSON, AUTOMATIC, MANUAL = Decider.PERSON, Decider.AUTOMATIC, Decider.MANUAL
EVERYBODY = (PERSON, AUTOMATIC, MANUAL)


def past(*told: str) -> list[PromotionRecord]:
    """Return promotions, told oldest first as ``version state``; each model's fingerprint is ``m`` and its version."""
    rows = [line.split() for line in told]
    return [
        PromotionRecord(n, "champion", v, None, PromotionState(s), "r", "r", None, f"m{v}", None, NOW, NOW)
        for n, (v, s) in enumerate(rows, start=1)
    ][::-1]


def version(number: str, against: str | None, model: str | None = None, **other: object) -> Candidacy:
    values = {"gate": GateVerdict.PASS, "model_dir_sha256": model or f"m{number}", "recipe": "tiny", **other}
    return Candidacy(number, "champion", judged_against=against, **values)


CHAMPION_1 = ("1 done",)
CASES = [
    # what stands, version, against, what is special, by whom, ruling
    ((), "1", NO_CHAMPION, {}, (PERSON, AUTOMATIC), Ruling.GRANTED),
    ((), "1", NO_CHAMPION, {}, (MANUAL,), Ruling.NEEDS_PERSON),
    (CHAMPION_1, "2", "1", {}, (PERSON, AUTOMATIC), Ruling.GRANTED),
    (CHAMPION_1, "2", "1", {}, (MANUAL,), Ruling.NEEDS_PERSON),
    (CHAMPION_1, "1", NO_CHAMPION, {}, EVERYBODY, Ruling.SERVES),
    # what it says itself
    (CHAMPION_1, "2", "1", {"gate": GateVerdict.FAIL}, EVERYBODY, Ruling.GATES),
    (CHAMPION_1, "2", "1", {"gate": GateVerdict.INCONCLUSIVE}, EVERYBODY, Ruling.GATES),
    (CHAMPION_1, "2", "1", {"gate": None}, EVERYBODY, Ruling.GATES),
    (CHAMPION_1, "2", "1", {"rejected": True}, EVERYBODY, Ruling.REJECTED),
    (CHAMPION_1, "2", "1", {"promotable": False}, EVERYBODY, Ruling.NOT_PROMOTABLE),
    (CHAMPION_1, "1", NO_CHAMPION, {"rejected": True}, EVERYBODY, Ruling.REJECTED),
    # against whom
    (("1 done", "2 done"), "3", "1", {}, EVERYBODY, Ruling.RIVAL_CHANGED),
    ((), "3", "1", {}, EVERYBODY, Ruling.RIVAL_CHANGED),
    (CHAMPION_1, "2", NO_CHAMPION, {}, EVERYBODY, Ruling.RIVAL_CHANGED),
    (CHAMPION_1, "2", None, {}, EVERYBODY, Ruling.RIVAL_UNKNOWN),
    ((), "1", None, {}, EVERYBODY, Ruling.RIVAL_UNKNOWN),
    (("1 rolled-back",), "2", NO_CHAMPION, {}, (AUTOMATIC,), Ruling.GRANTED),
    # one at a time
    (("1 done", "2 intended"), "2", "1", {}, EVERYBODY, Ruling.UNDER_WAY),
    (("1 done", "2 aliased"), "2", "1", {}, EVERYBODY, Ruling.UNDER_WAY),
    (("1 done", "2 linked"), "3", "1", {}, EVERYBODY, Ruling.OCCUPIED),
    (("1 done", "2 linked"), "1", NO_CHAMPION, {}, EVERYBODY, Ruling.OCCUPIED),
    # what a person left
    (("1 done", "2 done", "1 done"), "2", "1", {}, (PERSON,), Ruling.GRANTED),
    (("1 done", "2 done", "1 done"), "2", "1", {}, (AUTOMATIC, MANUAL), Ruling.LEFT),
    (("1 done", "2 done", "1 done"), "4", "1", {"model": "m2"}, (AUTOMATIC, MANUAL), Ruling.LEFT),
    (("1 done", "2 done", "1 done"), "4", "1", {"model": "m2"}, (PERSON,), Ruling.GRANTED),
    (("1 done", "2 rolled-back"), "2", "1", {}, (AUTOMATIC,), Ruling.LEFT),
    (("1 done", "2 rolled-back"), "2", "1", {}, (PERSON,), Ruling.GRANTED),
    # what was champion comes back without another comparison
    (("1 done", "2 done"), "1", NO_CHAMPION, {}, (PERSON,), Ruling.GRANTED),
    (("1 done", "2 done"), "1", None, {}, (PERSON,), Ruling.GRANTED),
    (("1 rolled-back", "2 done"), "1", NO_CHAMPION, {}, (PERSON,), Ruling.RIVAL_CHANGED),
]


@pytest.mark.parametrize(
    ("stands", "number", "against", "special", "by", "ruling"),
    [(*case[:4], by, case[5]) for case in CASES for by in case[4]],
)
def test_ruling(stands, number, against, special, by, ruling):
    answer = permission(version(number, against, **special), past(*stands), by)
    assert answer.ruling is ruling
    assert answer.allowed is (ruling in (Ruling.GRANTED, Ruling.SERVES, Ruling.UNDER_WAY))
    assert answer.reason and answer.hint


def test_it_names_both_champions_and_the_next_step():
    answer = permission(version("3", "1"), past("1 done", "2 done"), PERSON)
    assert answer == Permission(
        Ruling.RIVAL_CHANGED,
        "was judged against champion 1, and the slot has champion 2 now",
        "run `ecg retrain --force` with its recipe and policy: that judges the model against the present champion and "
        "registers it under a new version",
    )
    with pytest.raises(PromotionError, match=r"^version 3: was judged .* champion 2 now\. Hint: run `ecg retrain"):
        answer.require("version 3")


def test_what_is_allowed_is_not_refused():
    permission(version("1", NO_CHAMPION), [], PERSON).require("version 1")


def test_what_is_under_way_is_named_with_both_ways_out():
    answer = permission(version("3", "1"), past("1 done", "2 linked"), AUTOMATIC)
    assert answer.reason == "has to wait: version 2 is being promoted (linked)"
    assert answer.hint == "`ecg promote 2` finishes it, `ecg rollback --from 2` abandons it"
