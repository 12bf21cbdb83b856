"""Promotions: one at a time, killed anywhere, repeated, rolled back and repaired."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ecgcore.errors import PromotionError, TransientError
from ecgcore.ledger.db.tables import Promotion
from ecgcore.ledger.decide.candidacy import NO_CHAMPION, Candidacy, GateVerdict
from ecgcore.ledger.decide.state import PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.promotion.carry import abandon, repair, run_promotion
from ecgcore.ledger.promotion.rollback import Way, plan_rollback, roll_back
from tests.ecgcore.ledger.forked import FolderSteps, forked

SLOT = "champion"
POINTS = [
    "after begin",
    *(f"{when} {step}" for step in ("export", "verify", "link", "alias") for when in ("before", "after")),
]


@pytest.fixture
def steps(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return FolderSteps(folder)


def begin(ledger, version, slot=SLOT, against=None):
    champion = promotion.current(ledger, slot)
    against = against or (champion.version if champion else NO_CHAMPION)
    return promotion.begin(ledger, passed(version, against, slot), "Dr. Reviewer", "passes its gates")


def passed(version, against=None, slot=SLOT):
    return Candidacy(version, slot, GateVerdict.PASS, judged_against=against, policy_sha256="p" * 64)


def promote(ledger, version, steps):
    return run_promotion(ledger, begin(ledger, version).number, steps)


def served(steps):
    return {step: (steps.folder / step).read_text() for step in ("link", "alias") if (steps.folder / step).exists()}


def log(steps):
    return (steps.folder / "log").read_text().splitlines()


def test_goes_through_every_state_in_order_and_is_audited(ledger, steps):
    done = promote(ledger, "v1", steps)
    assert (done.state, done.model_dir_sha256, done.previous_version) == (PromotionState.DONE, "sha of v1", None)
    assert log(steps) == ["export v1", "verify v1", "link v1", "alias v1"]
    assert promotion.current(ledger, SLOT) == done
    assert promotion.unfinished(ledger, SLOT) is None
    assert ledger.check_audit() == 6
    assert promote(ledger, "v2", steps).previous_version == "v1"


def test_repeated_it_changes_nothing(ledger, steps):
    done = promote(ledger, "v1", steps)
    assert promote(ledger, "v1", steps) == done
    assert len(log(steps)) == 4


@pytest.mark.parametrize("point", POINTS)
def test_an_error_between_any_two_steps_leaves_it_where_it_was_and_running_it_again_finishes(ledger, steps, point):
    class Broken(FolderSteps):
        def _do(self, step, text):
            if self.die_at == f"before {step}":
                raise ConnectionError("the server is away")
            super()._do(step, text) if self.die_at != f"after {step}" else self._after(step, text)

        def _after(self, step, text):
            self.die_at = ""
            super()._do(step, text)
            raise ConnectionError("the server is away")

    promote(ledger, "v0", steps)
    begun = begin(ledger, "v1")
    if point != "after begin":
        with pytest.raises(ConnectionError):
            run_promotion(ledger, begun.number, Broken(steps.folder, point))
    assert promotion.current(ledger, SLOT).version == "v0"
    assert promote(ledger, "v1", steps).state is PromotionState.DONE
    assert served(steps) == {"link": "v1", "alias": "v1"}


@pytest.mark.slow
def test_killed_between_any_two_steps_it_finishes_when_run_again(new_url, tmp_path):
    homes = [(new_url(), tmp_path / point.replace(" ", "-")) for point in POINTS]
    for _, folder in homes:
        folder.mkdir()
    calls = [("promote", url, folder, "v1", point) for (url, folder), point in zip(homes, POINTS, strict=True)]
    assert forked("in_turn", calls) == [-9] * len(POINTS)
    for url, folder in homes:
        with Ledger(url) as ledger:
            assert promotion.unfinished(ledger, SLOT).version == "v1"
            assert promote(ledger, "v1", FolderSteps(folder)).state is PromotionState.DONE
        assert served(FolderSteps(folder)) == {"link": "v1", "alias": "v1"}


def test_two_processes_that_run_one_promotion_do_each_step_once(url, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    assert forked("at_once", [("promote", url, folder, "v1", "")] * 2) == [0, 0]
    assert log(FolderSteps(folder)) == ["export v1", "verify v1", "link v1", "alias v1"]


def test_a_failed_verification_rolls_back_and_never_links(ledger, steps):
    promote(ledger, "v1", steps)
    with pytest.raises(PromotionError, match=r"bad: was rolled back: bad: differs by 0\.1"):
        promote(ledger, "bad", steps)
    assert promotion.history(ledger, SLOT)[0].state is PromotionState.ROLLED_BACK
    assert promotion.current(ledger, SLOT).version == "v1"
    assert served(steps) == {"link": "v1", "alias": "v1"}
    assert promote(ledger, "v2", steps).previous_version == "v1"


def test_one_promotion_per_slot_is_in_flight(ledger, steps, now):
    begin(ledger, "v1")
    with pytest.raises(PromotionError, match=r"version v1 is being promoted \(intended\)"):
        begin(ledger, "v2")
    assert begin(ledger, "v2", slot="clinical").slot == "clinical"
    values = {"slot": SLOT, "version": "v3", "state": PromotionState.LINKED, "reviewer": "r", "reason": "r",
              "created": now, "updated": now}  # fmt: skip
    with pytest.raises(IntegrityError), ledger.writing() as connection:
        connection.execute(insert(Promotion), values)


def test_states_move_by_compare_and_set_and_never_jump(ledger):
    number = begin(ledger, "v1").number
    promotion.advance(ledger, number, PromotionState.INTENDED, PromotionState.EXPORTED)
    with pytest.raises(PromotionError, match="is no longer intended"):
        promotion.advance(ledger, number, PromotionState.INTENDED, PromotionState.EXPORTED)
    with pytest.raises(PromotionError, match="cannot go from exported to done"):
        promotion.advance(ledger, number, PromotionState.EXPORTED, PromotionState.DONE)
    with pytest.raises(PromotionError, match="cannot go from done to rolled-back"):
        promotion.advance(ledger, number, PromotionState.DONE, PromotionState.ROLLED_BACK)


def test_a_verdict_against_one_champion_promotes_over_no_other(ledger, steps):
    promote(ledger, "v1", steps)
    run_promotion(ledger, begin(ledger, "v3", against="v1").number, steps)
    with pytest.raises(PromotionError, match=r"v2: was judged against champion v1, and the slot has champion v3 now"):
        begin(ledger, "v2", against="v1")
    with pytest.raises(PromotionError, match=r"judged against no champion, .*v3 now\. Hint: run `ecg retrain --force`"):
        begin(ledger, "v2", against=NO_CHAMPION)
    with pytest.raises(PromotionError, match="v2: does not say which champion it was judged against"):
        promotion.begin(ledger, passed("v2"), "r", "r")
    assert [each.version for each in promotion.history(ledger, SLOT)] == ["v3", "v1"]
    assert begin(ledger, "v2", against="v3").previous_version == "v3"


def test_a_verdict_against_a_champion_does_not_make_the_first(ledger):
    with pytest.raises(PromotionError, match="was judged against champion v1, and the slot has no champion now"):
        begin(ledger, "v2", against="v1")


def test_what_was_champion_comes_back_without_another_comparison(ledger, steps):
    for version in ("v1", "v2"):
        promote(ledger, version, steps)
    assert promotion.begin(ledger, passed("v2"), "r", "repeated").number == 2
    again = promotion.begin(ledger, passed("v1", NO_CHAMPION), "r", "v2 has drifted")
    assert (again.version, again.previous_version) == ("v1", "v2")


def leave(ledger, steps, version=None):
    return roll_back(ledger, SLOT, "Dr. Reviewer", "it drifts", steps, version)


def champion(ledger):
    return promotion.current(ledger, SLOT).version


def test_each_rollback_goes_one_champion_further_back_down_to_the_first(ledger, steps):
    with pytest.raises(PromotionError, match="has no earlier champion"):
        leave(ledger, steps)
    for version in ("v1", "v2", "v3"):
        promote(ledger, version, steps)
    assert leave(ledger, steps).champion == "v2"
    assert leave(ledger, steps).champion == "v1"
    assert served(steps) == {"link": "v1", "alias": "v1"}
    with pytest.raises(PromotionError, match="has no earlier champion"):
        leave(ledger, steps)
    newest = promotion.history(ledger, SLOT)[0]
    assert (newest.version, newest.previous_version, newest.reason) == ("v1", "v2", "it drifts")


def test_after_a_rollback_the_next_champion_is_taken_back_to_what_it_replaced(ledger, steps):
    for version in ("v1", "v2"):
        promote(ledger, version, steps)
    leave(ledger, steps)
    promote(ledger, "v3", steps)
    assert leave(ledger, steps).champion == "v1"


def test_a_repeated_rollback_that_names_what_it_leaves_goes_no_further(ledger, steps):
    for version in ("v1", "v2", "v3"):
        promote(ledger, version, steps)
    assert leave(ledger, steps, "v3").way is Way.RETURN
    again = leave(ledger, steps, "v3")
    assert (again.way, again.left, again.champion) == (Way.STAY, "v3", "v2")
    assert (champion(ledger), len(promotion.history(ledger, SLOT))) == ("v2", 4)
    with pytest.raises(PromotionError, match="version v9: was never promoted"):
        leave(ledger, steps, "v9")


@pytest.mark.parametrize("named", [None, "v3"])
@pytest.mark.parametrize("step", ["export", "verify", "link", "alias"])
def test_a_rollback_that_was_interrupted_is_finished_by_the_same_command(ledger, steps, named, step):
    class Away(FolderSteps):
        def _do(self, name, text):
            super()._do(name, text)
            if name == step:
                raise ConnectionError("the session is gone")

    for version in ("v1", "v2", "v3"):
        promote(ledger, version, steps)
    with pytest.raises(ConnectionError):
        leave(ledger, Away(steps.folder), named)
    assert leave(ledger, steps, named).way is Way.RETURN
    assert (champion(ledger), served(steps)) == ("v2", {"link": "v2", "alias": "v2"})


def test_a_rollback_abandons_what_is_under_way_and_keeps_the_champion(ledger, steps):
    for version in ("v1", "v2"):
        promote(ledger, version, steps)
    stuck = begin(ledger, "v3")
    steps.link(stuck)
    with pytest.raises(PromotionError, match=r"`ecg promote v3` finishes it, `ecg rollback --from v3` abandons it"):
        begin(ledger, "v4")
    with pytest.raises(PromotionError, match="version v3 is being promoted"):
        leave(ledger, steps, "v2")
    done = leave(ledger, steps)
    assert (done.way, done.left, done.champion) == (Way.ABANDON, "v3", "v2")
    assert served(steps) == {"link": "v2", "alias": "v2"}
    assert promotion.get(ledger, stuck.number).failure == "abandoned by Dr. Reviewer: it drifts"
    assert promote(ledger, "v4", steps).previous_version == "v2"
    assert plan_rollback(ledger, SLOT, "v3").way is Way.STAY


def test_a_stuck_rollback_can_be_abandoned_by_name(ledger, steps):
    for version in ("v1", "v2"):
        promote(ledger, version, steps)
    promotion.begin(ledger, passed("v1"), "r", "r")
    assert plan_rollback(ledger, SLOT).way is Way.RETURN
    assert leave(ledger, steps, "v1").way is Way.ABANDON
    assert champion(ledger) == "v2"


def test_a_rollback_needs_a_reviewer_and_a_reason(ledger, steps):
    with pytest.raises(PromotionError, match="needs a reviewer and a reason"):
        roll_back(ledger, SLOT, "r", " ", steps)


def test_what_has_ended_is_not_abandoned(ledger, steps):
    done = promote(ledger, "v1", steps)
    with pytest.raises(PromotionError, match="version v1: is done: there is nothing to abandon"):
        abandon(ledger, done.number, "second thoughts", steps)


class Failing(FolderSteps):
    """Steps whose export fails with an error of the test's."""

    def __init__(self, folder, error):
        super().__init__(folder)
        self.error = error

    def export(self, record):
        raise self.error


def test_wrong_content_ends_the_promotion_and_frees_the_slot(ledger, steps):
    promote(ledger, "v1", steps)
    damaged = Failing(steps.folder, PromotionError("v2", "its model differs from what was registered", "train again"))
    with pytest.raises(PromotionError, match="v2: was rolled back: v2: its model differs"):
        promote(ledger, "v2", damaged)
    assert promotion.history(ledger, SLOT)[0].state is PromotionState.ROLLED_BACK
    assert promote(ledger, "v3", steps).previous_version == "v1"


@pytest.mark.parametrize("error", [TransientError("disk", "is full", "free space"), OSError(5, "no answer")])
def test_a_disk_that_refuses_leaves_the_promotion_to_be_run_again(ledger, steps, error):
    with pytest.raises(type(error)):
        promote(ledger, "v1", Failing(steps.folder, error))
    assert promotion.unfinished(ledger, SLOT).state is PromotionState.INTENDED
    assert promote(ledger, "v1", steps).state is PromotionState.DONE


def test_an_abandoned_promotion_leads_link_and_alias_back(ledger, steps):
    first = begin(ledger, "v1")
    steps.link(first)
    abandon(ledger, first.number, "second thoughts", steps)
    assert served(steps) == {}
    promote(ledger, "v2", steps)
    later = begin(ledger, "v3")
    steps.link(later)
    abandon(ledger, later.number, "second thoughts", steps)
    assert served(steps) == {"link": "v2", "alias": "v2"}


def test_repair_leads_release_link_and_alias_to_the_ledger_s_truth(ledger, steps):
    assert repair(ledger, SLOT, steps) is None
    promote(ledger, "v1", steps)
    (steps.folder / "link").write_text("something else")
    (steps.folder / "alias").unlink()
    assert repair(ledger, SLOT, steps).version == "v1"
    assert served(steps) == {"link": "v1", "alias": "v1"}
    assert log(steps)[4:] == ["export v1", "verify v1", "link v1", "alias v1"]
    begin(ledger, "v2")
    assert repair(ledger, SLOT, steps).version == "v2"


def test_a_champion_whose_model_is_another_now_is_not_linked_again(ledger, steps):
    class Altered(FolderSteps):
        def export(self, record):
            return "sha of something else"

    promote(ledger, "v1", steps)
    (steps.folder / "link").unlink()
    with pytest.raises(PromotionError, match="v1: its model is not the one that the ledger holds"):
        repair(ledger, SLOT, Altered(steps.folder))
    assert served(steps) == {"alias": "v1"}
    assert champion(ledger) == "v1"


def test_needs_a_reviewer_and_a_reason(ledger):
    with pytest.raises(PromotionError, match="needs a reviewer and a reason"):
        promotion.begin(ledger, passed("v1"), "", "x")
