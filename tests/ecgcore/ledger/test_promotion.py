"""Promotions: one at a time, killed anywhere, repeated, rolled back and repaired."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ecgcore.errors import PromotionError
from ecgcore.ledger import promotion
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion_run import abandon, repair, run_promotion
from ecgcore.ledger.promotion_state import PromotionState
from ecgcore.ledger.tables import Promotion

sys.path.insert(0, str(Path(__file__).parent))
from contender import FolderSteps

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
    against = against or (champion.version if champion else promotion.NO_CHAMPION)
    return promotion.begin(ledger, version, slot, "Dr. Reviewer", "passes its gates", "p" * 64, against)


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
@pytest.mark.parametrize("point", POINTS)
def test_killed_between_any_two_steps_it_finishes_when_run_again(url, tmp_path, point):
    folder = tmp_path / "home"
    folder.mkdir()
    command = [sys.executable, Path(__file__).with_name("contender.py"), "promote", url, folder, "v1"]
    assert subprocess.run([*command, point], timeout=120).returncode == -9
    with Ledger(url) as ledger:
        assert promotion.unfinished(ledger, SLOT).version == "v1"
        assert promote(ledger, "v1", FolderSteps(folder)).state is PromotionState.DONE
    assert served(FolderSteps(folder)) == {"link": "v1", "alias": "v1"}


def test_two_processes_that_run_one_promotion_do_each_step_once(url, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    command = [sys.executable, Path(__file__).with_name("contender.py"), "promote", url, folder, "v1", ""]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [each.wait(timeout=120) for each in both] == [0, 0]
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
        begin(ledger, "v2", against=promotion.NO_CHAMPION)
    with pytest.raises(PromotionError, match="v2: does not say which champion it was judged against"):
        promotion.begin(ledger, "v2", SLOT, "r", "r")
    assert [each.version for each in promotion.history(ledger, SLOT)] == ["v3", "v1"]
    assert begin(ledger, "v2", against="v3").previous_version == "v3"


def test_a_verdict_against_a_champion_does_not_make_the_first(ledger):
    with pytest.raises(PromotionError, match="was judged against champion v1, and the slot has no champion now"):
        begin(ledger, "v2", against="v1")


def test_what_was_champion_comes_back_without_another_comparison(ledger, steps):
    for version in ("v1", "v2"):
        promote(ledger, version, steps)
    assert promotion.begin(ledger, "v2", SLOT, "r", "repeated").number == 2
    again = promotion.begin(ledger, "v1", SLOT, "r", "v2 has drifted", judged_against=promotion.NO_CHAMPION)
    assert (again.version, again.previous_version) == ("v1", "v2")


def test_rollback_is_a_promotion_of_the_champion_before(ledger, steps):
    with pytest.raises(PromotionError, match="has no earlier champion"):
        promotion.begin_rollback(ledger, SLOT, "r", "no reason")
    promote(ledger, "v1", steps)
    promote(ledger, "v2", steps)
    back = promotion.begin_rollback(ledger, SLOT, "Dr. Reviewer", "drift")
    assert (back.version, back.previous_version) == ("v1", "v2")
    run_promotion(ledger, back.number, steps)
    assert served(steps) == {"link": "v1", "alias": "v1"}
    with pytest.raises(PromotionError, match="has no earlier champion v9"):
        promotion.begin_rollback(ledger, SLOT, "r", "r", version="v9")


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


def test_repair_leads_link_and_alias_to_the_ledger_s_truth(ledger, steps):
    assert repair(ledger, SLOT, steps) is None
    promote(ledger, "v1", steps)
    (steps.folder / "link").write_text("something else")
    assert repair(ledger, SLOT, steps).version == "v1"
    assert served(steps) == {"link": "v1", "alias": "v1"}
    begin(ledger, "v2")
    assert repair(ledger, SLOT, steps).version == "v2"


def test_needs_a_reviewer_and_a_reason(ledger):
    with pytest.raises(PromotionError, match="needs a reviewer and a reason"):
        promotion.begin(ledger, "v1", SLOT, "", "x")
