"""The benchmark's structure on tiny sizes. No time is asserted: that would test the machine."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench import orchestration_speed
from bench.bench import bench
from bench.bench_part import Part
from bench.bench_report import BenchReport
from bench.demo_run import demo_seconds
from bench.effort import Effort
from bench.line import Line, Sense, Target
from bench.machine import Machine
from bench.stopwatch import one_core, seconds_of_pair
from ecgcore.errors import SettingsError

TINY = Effort(repeats=1, cache_images=16, train_steps=(("multi-task-demo", 1),), predictions=2)
MACHINE = Machine("a processor", 2, 24.0, "3.11", "2.15", 2, "pdftoppm version 22.12.0", 0.5)
needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="Poppler is not installed")


@pytest.mark.parametrize(
    ("target", "value", "ratio", "met"),
    [
        (Target(Sense.AT_LEAST, 2400), 2400.0, None, True),
        (Target(Sense.AT_LEAST, 2400), 2399.0, None, False),
        (Target(Sense.AT_MOST, 1.25, of_ratio=True), 99.0, 1.25, True),
        (Target(Sense.AT_MOST, 1.25, of_ratio=True), 0.0, 1.26, False),
        (Target(Sense.AT_MOST, 5), None, None, None),
        (None, 1.0, 1.0, None),
    ],
)
def test_a_target_bounds_the_value_or_the_ratio(
    target: Target | None, value: float | None, ratio: float | None, met: bool | None
) -> None:
    assert Line(Part.CACHE, "a rate", value, "images/s", ratio=ratio, target=target).met is met


def test_the_text_has_a_row_per_line_its_verdict_and_its_notes() -> None:
    target = Target(Sense.AT_LEAST, 2400)
    lines = (
        Line(Part.CACHE, "out of it", 9380.4, "images/s", 12994.0, "memory copy", 0.7219, target, "random order"),
        Line(Part.READING, "share", None, "%", note="not known"),
    )
    text = BenchReport(MACHINE, lines, 3.0).to_text().splitlines()
    row = next(line for line in text if "out of it" in line).split()
    assert " ".join(row) == "out of it 9,380 images/s 12,994 memory copy 0.722 at least 2,400 met"
    assert "out of it: random order." in text
    assert "share: not known." in text
    assert text[-1] == "1 of 1 targets met, in 3 s."


def test_json_is_plain_and_says_whether_the_machine_was_busy() -> None:
    line = Line(Part.CACHE, "out of it", 1.0, "images/s", target=Target(Sense.AT_LEAST, 2400))
    told = json.loads(json.dumps(BenchReport(MACHINE, (line,), 3.0).to_json(), allow_nan=False))
    assert told["busy"] is False
    assert (told["lines"][0]["part"], told["lines"][0]["target"], told["lines"][0]["met"]) == (
        "cache", "at least 2,400", False,
    )  # fmt: skip


def test_pairs_take_turns_but_answer_in_order() -> None:
    order: list[str] = []
    calls: list[Callable[[], None]] = [lambda: order.append("a"), lambda: order.append("b")]
    for turn in range(3):
        seconds_of_pair(calls[0], calls[1], turn)
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_one_core_is_given_back() -> None:
    import os

    before = os.sched_getaffinity(0)
    with pytest.raises(KeyError), one_core():
        assert len(os.sched_getaffinity(0)) == 1
        raise KeyError
    assert os.sched_getaffinity(0) == before


def test_an_unknown_part_names_those_that_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="reading, cache, training, prediction, orchestration"):
        bench(8, only="speed", effort=TINY)


@pytest.mark.parametrize(("own", "met"), [(8.0, True), (12.0, False)])
def test_the_share_of_a_demo_is_of_its_recorded_seconds(
    own: float, met: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orchestration_speed, "demo_seconds", lambda home: 200.0 if home == tmp_path else None)
    share, first = orchestration_speed._share(own, 4.0, tmp_path)
    assert (share.value, share.unit, share.met) == (pytest.approx(100 * own / 200), "%", met)
    assert first.value == pytest.approx(100 * (own + 4) / 200)
    (unknown,) = orchestration_speed._share(own, 4.0, tmp_path / "no-demo")
    assert unknown.value is None and "run make demo first" in unknown.note


@needs_poppler
@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("cache", ["out of the cache, 384 px, one core", "the same in bytes", "into the cache, once per snapshot"]),
        ("training", ["multi-task-demo", "multi-task-demo, waiting for data"]),
    ],
)
def test_a_part_measures_positive_numbers_and_leaves_nothing_behind(
    part: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    report = bench(8, only=part, effort=TINY)
    assert [line.name for line in report.lines] == names
    waits = [line for line in report.lines if line.name.endswith("waiting for data")]  # may round to nothing
    assert all(line.value is not None and line.value > 0 for line in report.lines if line not in waits)
    assert all(line.value is not None and 0 <= line.value <= 100 for line in waits)
    assert list(tmp_path.iterdir()) == []


@needs_poppler
@pytest.mark.full
def test_reading_and_prediction_name_their_bare_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    reading = bench(8, only="reading", effort=TINY).lines
    prediction = bench(8, only="prediction", effort=TINY).lines
    formats = {line.name.split()[0] for line in reading if line.name.endswith("format, one core")}
    assert formats == {"old", "new"}
    assert {line.limit_name for line in reading if line.limit} == {"bare pdftoppm"}
    assert prediction[0].limit_name == "bare forward pass"
    assert prediction[0].target == Target(Sense.AT_MOST, 1.3, of_ratio=True)


@needs_poppler
@pytest.mark.full
def test_orchestration_runs_apart_from_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECG_HOME", str(tmp_path))
    lines = bench(8, only="orchestration", effort=TINY).lines
    assert lines[-1].name == "share of a demo run"
    assert lines[-1].value is None
    assert list(tmp_path.iterdir()) == []


def test_the_demo_took_what_prefect_recorded_of_its_longest_runs(tmp_path: Path) -> None:
    assert demo_seconds(tmp_path) is None
    for name in ("prefect/prefect.db", "inbox/demo.txt", "runs/r1/summary.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as db:
        db.execute("create table flow (id text, name text)")
        db.execute("create table flow_run (flow_id text, state_type text, start_time text, end_time text)")
        db.executemany("insert into flow values (?, ?)", [("1", "ingest"), ("2", "retrain")])
        runs = [
            ("1", "COMPLETED", "2026-11-20 10:00:00.000000", "2026-11-20 10:01:40.000000"),
            ("1", "COMPLETED", "2026-11-20 11:00:00.000000", "2026-11-20 11:00:05.000000"),
            ("2", "COMPLETED", "2026-11-20 10:02:00.000000", "2026-11-20 10:04:00.500000"),
            ("2", "FAILED", "2026-11-20 12:00:00.000000", "2026-11-20 13:00:00.000000"),
        ]
        db.executemany("insert into flow_run values (?, ?, ?, ?)", runs)
        db.commit()
    assert demo_seconds(tmp_path) == pytest.approx(220.5, abs=1e-3)
