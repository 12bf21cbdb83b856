"""An inbox ends in the same states in whatever order and portions it arrives; where it cannot, no patient leaks."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ecgcore.cmr.rules.finding import Effect, Finding, RowFault
from ecgcore.ledger.db.tables import File, FileSighting, Patient, Row, Study
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.ingest_batch import SourceFile, SourceRow
from ecgcore.ledger.ledger import Ledger

DAY = date(2018, 3, 5)
MINOR = RowFault("adult", "17", "nothing to do", Effect.EXCLUDE)
BROKEN = RowFault("lvef-range", "150", "correct it", Effect.QUARANTINE)

Item = tuple[SourceFile, tuple[SourceRow, ...]]


@pytest.fixture
def arrive(tmp_path: Path, now: Any, build: Any) -> Callable[[Iterable[list[Item]]], Ledger]:
    """Ingest an inbox in portions, a day apart; each ingest lists all that is there by then."""
    empty = tmp_path / "empty.db"
    Ledger(f"sqlite:///{empty}").close()
    numbers = iter(range(10_000))

    def make(portions: Iterable[list[Item]]) -> Ledger:
        path = Path(shutil.copy(empty, tmp_path / f"{next(numbers)}.db"))
        ledger, there = Ledger(f"sqlite:///{path}"), []
        for day, portion in enumerate(portions):
            there += portion
            parts = [part for file, rows in there for part in (file, *rows)]
            ledger.record_batch(build.batch(f"b{day}", *parts), now=now + timedelta(days=day))
        ledger.record_batch(build.batch("last", *parts), now=now + timedelta(days=20))
        ledger.close()
        return ledger

    return make


def ends(ledger: Ledger) -> dict[str, Any]:
    """State and rule of every content and row, and every study with its split."""
    with ledger.reading() as connection:
        contents = connection.execute(select(File.sha256, File.state, File.rule)).all()
        rows = connection.execute(select(Row.row_id, Row.state, Row.rule)).all()
        studies = connection.execute(select(Study.study_id, Study.file_sha256, Study.row_id, Study.split)).all()
        copies = connection.execute(select(FileSighting.sha256)).scalars().all()
    return {"states": {tuple(each) for each in (*contents, *rows)}, "studies": set(studies), "copies": sorted(copies)}


def portions_of(items: list[Item], seed: int) -> list[list[Item]]:
    chance = random.Random(seed)
    shuffled = chance.sample(items, len(items))
    cuts = sorted(chance.sample(range(1, len(items)), chance.randint(0, 5)))
    return [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(items)], strict=True)]


def an_inbox(build: Any) -> list[Item]:
    """Everything that contradicts nothing: sound studies, copies, names shared by months, broken and lonely things."""
    items: list[Item] = []
    for number in range(4):
        table = build.table(f"cmr/{number}.csv")
        row = build.row(table, 2, f"{number}.pdf", f"HN{number}", DAY + timedelta(days=number))
        items += [(build.ecg(f"ecg/{number}.pdf"), ()), (table, (row,))]
    items += [(build.ecg(f"ecg/again-{n}.pdf", content="ecg/0.pdf"), ()) for n in range(2)]
    months = build.table("cmr/months.csv")
    march, april = (build.row(months, 2 + n, "x.pdf", f"HN1{n}", date(2019, 3 + n, 4)) for n in range(2))
    items += [(months, (march, april))]
    items += [(build.ecg(f"ecg/2019/0{3 + n}/x.pdf", hn=f"HN1{n}", day=date(2019, 3 + n, 4)), ()) for n in range(2)]
    other = build.table("cmr/other.csv")
    rows = (
        build.row(other, 2, "minor.pdf", "HN20", DAY, fault=MINOR),
        build.row(other, 3, "broken.pdf", "HN21", DAY, fault=BROKEN),
        build.row(other, 4, "nowhere.pdf", "HN22", DAY),
        build.row(other, 5, "foreign.pdf", "HN23", DAY),
        build.row(other, 6, "unreadable.pdf", "HN24", DAY),
    )
    items += [(other, rows)]
    items += [(build.ecg(f"ecg/{name}.pdf"), ()) for name in ("minor", "broken", "lonely")]
    items += [(build.ecg("ecg/foreign.pdf", hn="HN99", day=DAY), ())]
    items += [(build.ecg("ecg/unreadable.pdf", fault=Finding("unreadable", "", "send it again")), ())]
    return items


@pytest.mark.parametrize("seed", range(8))
def test_any_order_and_any_portions_end_alike(arrive: Any, build: Any, seed: int) -> None:
    items = an_inbox(build)
    whole = ends(arrive([items]))
    assert len(whole["studies"]) == 6
    assert {state for _, state, _ in whole["states"]} == set(State) - {State.DUPLICATE, State.UNPAIRED}
    assert ends(arrive(portions_of(items, seed))) == whole


def test_the_split_of_a_patient_is_that_of_the_first_study_and_always_one(arrive: Any, build: Any) -> None:
    """At once training wins; else what came first. The reason says so, and nobody is in two splits."""
    years = {2012: "train", 2015: "valid", 2016: "test"}
    items = {}
    for year in years:
        table = build.table(f"cmr/{year}.csv")
        items[year] = [
            (build.ecg(f"ecg/{year}.pdf"), ()),
            (table, (build.row(table, 2, f"{year}.pdf", "HN1", date(year, 2, 3), split=None),)),
        ]
    at_once = arrive([[each for pair in items.values() for each in pair]])
    assert _splits(at_once) == ({"train"}, {2012})
    for order in permutations(years):
        ledger = arrive([items[year] for year in order])
        assert _splits(ledger) == ({years[order[0]]}, {order[0]})
        with ledger.reading() as connection:
            told = connection.execute(select(Row.value).where(Row.state == State.EXCLUDED)).scalars().all()
        split = years[order[0]]
        assert sorted(told) == sorted(
            f"asks for {years[year]}, and the patient is in {split} since a study was first accepted"
            for year in order[1:]
        )


def _splits(ledger: Ledger) -> tuple[set[str], set[int]]:
    with ledger.reading() as connection:
        assert len(connection.execute(select(Patient.patient_id)).all()) == 1
        found = connection.execute(select(Study.split, Study.year)).all()
    return {split.value for split, _ in found}, {year for _, year in found}


def test_of_rows_that_differ_the_first_stays_and_is_disputed_and_at_once_none_counts(arrive: Any, build: Any) -> None:
    tables = [build.table(f"cmr/{n}.csv") for n in range(2)]
    ecg: Item = (build.ecg("ecg/x.pdf"), ())
    says: list[Item] = [(table, (build.row(table, 2, "x.pdf", "HN1", DAY, scar=n),)) for n, table in enumerate(tables)]
    at_once = arrive([[ecg, *says]])
    assert at_once.counts().rows.by_state[State.QUARANTINED] == 2
    assert at_once.counts().studies == 0
    for first, second in (says, says[::-1]):
        ledger = arrive([[ecg, first], [second]])
        counts = ledger.counts()
        assert (counts.studies, counts.disputed, counts.rows.by_state[State.QUARANTINED]) == (1, 1, 1)
        with ledger.reading() as connection:
            assert connection.execute(select(Study.row_id)).scalar() == first[1][0].row_id
