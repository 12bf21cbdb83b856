"""The side door of the policy after the result, tried on a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review import audit
from ecgcore.ledger.review.judged_models import (
    STARTED,
    Judged,
    judgements_of,
    note_judged,
    note_start,
    why_exploratory,
)

RUN, MODEL, RECIPE = "tiny-snap-1", "m" * 64, "r" * 64
STRICT, LOOSE = "5" * 64, "1" * 64
NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


class Trail:
    """An audit trail that is written a minute at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.now = ledger, NOW

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def start(self, policy: str, begun: bool = False, run: str = RUN) -> None:
        names = {"policy": "p", "policy_sha256": policy}
        with self.ledger.writing() as connection:
            note_start(connection, self.tick(), run, begun, names, recipe="tiny")

    def start_of_a_version_before(self, policy: str) -> None:
        with self.ledger.writing() as connection:
            audit.record(connection, self.tick(), STARTED, RUN, {"policy_sha256": policy})

    def judged(self, policy: str | None, run: str = RUN, by: str = "retrain", model: str = MODEL) -> None:
        verdict = "inconclusive" if policy else None
        with self.ledger.writing() as connection:
            found = Judged(run, RECIPE, model, by, "p" if policy else None, policy, verdict)
            note_judged(connection, self.tick(), found)

    def why(self, policy: str, run: str = RUN) -> str | None:
        with self.ledger.reading() as connection:
            return why_exploratory(connection, run, MODEL, policy)


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        yield Trail(ledger)


def test_the_policy_that_was_noted_before_the_first_epoch_judges(trail: Trail) -> None:
    trail.start(STRICT)
    assert trail.why(STRICT) is None
    trail.start(STRICT, begun=True)  # killed, and resumed
    trail.judged(STRICT)
    assert trail.why(STRICT) is None  # judged again, against another champion


def test_a_looser_policy_after_the_result_only_explores(trail: Trail) -> None:
    trail.start(STRICT)
    trail.judged(STRICT)
    trail.start(LOOSE, begun=True)
    assert trail.why(LOOSE) == "its training began under another policy (55555555) than the one that judges it"
    assert trail.why(STRICT) is None


def test_so_it_does_where_the_run_was_deleted_to_begin_anew(trail: Trail) -> None:
    trail.start(STRICT)
    trail.judged(STRICT)
    trail.start(LOOSE, begun=False)
    assert trail.why(LOOSE) is not None and trail.why(STRICT) is None


def test_a_policy_may_change_until_something_is_learnt(trail: Trail) -> None:
    trail.start(STRICT)
    trail.start(LOOSE)
    assert trail.why(LOOSE) is None and trail.why(STRICT) is not None


def test_what_a_benchmark_trained_was_planned_by_no_policy(trail: Trail) -> None:
    trail.judged(None, by="benchmark")
    trail.start(LOOSE, begun=True)
    assert trail.why(LOOSE) == "no policy was noted before its first epoch"


def test_nor_was_what_a_benchmark_trained_and_somebody_deleted(trail: Trail) -> None:
    trail.judged(None, by="benchmark")
    trail.start(LOOSE, begun=False)
    assert trail.why(LOOSE) == "no policy was noted before its first epoch"


def test_a_run_that_nothing_was_noted_of_only_explores(trail: Trail) -> None:
    trail.start(STRICT, run="another")
    assert trail.why(STRICT) == "no policy was noted before its first epoch"


def test_the_same_weights_under_another_name_keep_their_verdicts(trail: Trail) -> None:
    trail.start(STRICT, run="tiny-renamed")
    trail.judged(STRICT, run="tiny-renamed")
    trail.start(LOOSE)
    why = trail.why(LOOSE)
    assert why is not None and why.startswith("the same weights were looked at before (2026-11-28 02:02: retrain says")
    assert why.endswith("run tiny-renamed)")


def test_what_looks_later_changes_nothing(trail: Trail) -> None:
    trail.start(STRICT)
    trail.judged(STRICT)
    trail.judged(None, run="other", by="benchmark")
    assert trail.why(STRICT) is None


def test_in_a_home_of_the_version_before_the_first_start_was_the_plan(trail: Trail) -> None:
    trail.start_of_a_version_before(STRICT)
    trail.start_of_a_version_before(LOOSE)
    assert trail.why(STRICT) is None and trail.why(LOOSE) is not None


def test_every_look_at_weights_or_recipe_is_listed_oldest_first(trail: Trail) -> None:
    trail.judged(None, by="benchmark")
    trail.judged(STRICT)
    trail.judged(STRICT, run="next month", model="n" * 64)
    with trail.ledger.reading() as connection:
        same_recipe = judgements_of(connection, MODEL, RECIPE)
        same_weights = judgements_of(connection, MODEL, None)
        assert audit.check(connection) == 3
    assert [each.by for each in same_weights] == ["benchmark", "retrain"]
    assert [each.run for each in same_recipe] == [RUN, RUN, "next month"]
    assert same_recipe[0].to_text() == f"2026-11-28 02:01: benchmark scored it, run {RUN}"
    assert same_recipe[1].to_text() == f"2026-11-28 02:02: retrain says inconclusive by policy p (55555555), run {RUN}"
