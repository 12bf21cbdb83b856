"""What goes wrong in a hospital: each defect turns one sound entry into one or two faulty ones.

The states: a row that breaks a rule takes its ECG file along; a row whose page cannot be used waits for a better one; a
page whose row never came waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from ecgcore.synth.entry import ACCEPTED, WAITING, Entry, Outcome, PageKind, State, entry_of
from ecgcore.synth.patient import LAST_DAY, LAST_TRAIN_YEAR_OLD, OLD_TEST_YEAR, Study, draw_study

RATE = 0.004  # of all studies, for each defect
_SELECTION = 1_000_003  # keeps the choice of faulty studies apart from the studies' own random streams


@dataclass(frozen=True)
class Spare:
    """A study that the hospital does not have yet, for defects that need a second one."""

    study: Study
    run_num: int


Change = Callable[[Entry, Spare], list[Entry]]


@dataclass(frozen=True)
class Defect:
    """A named fault: which entries it can happen to and what it makes of one."""

    name: str
    change: Change
    suits: Callable[[Study], bool] = lambda study: True


def _quarantined(rule: str) -> Outcome:
    return Outcome(State.QUARANTINED, rule)


def _page(page: PageKind, file_outcome: Outcome, row_outcome: Outcome) -> Change:
    def change(entry: Entry, spare: Spare) -> list[Entry]:
        return [replace(entry, page=page, file_outcome=file_outcome, row_outcome=row_outcome)]

    return change


def _cells(outcome: Outcome, **cells: object) -> Change:
    def change(entry: Entry, spare: Spare) -> list[Entry]:
        return [replace(entry, cells=cells, file_outcome=outcome, row_outcome=outcome)]

    return change


def _copied(entry: Entry, spare: Spare) -> list[Entry]:
    return [replace(entry, copy_name=entry.file_name.replace(".pdf", "_copy.pdf"))]


def _same_name(entry: Entry, spare: Spare) -> list[Entry]:
    day = _other_month(entry.study)
    other = replace(spare.study, taken=spare.study.taken.replace(year=day[0], month=day[1], day=min(day[2], 28)))
    other = replace(other, fmt=entry.study.fmt, split=entry.study.split)
    return [entry, replace(entry_of(other, spare.run_num), file_name=entry.file_name)]


def _other_month(study: Study) -> tuple[int, int, int]:
    """The same year, half a year away."""
    return study.day.year, (study.day.month + 5) % 12 + 1, study.day.day


def _without_row(entry: Entry, spare: Spare) -> list[Entry]:
    return [replace(entry, has_row=False, file_outcome=WAITING)]


def _other_day(entry: Entry, spare: Spare) -> list[Entry]:
    shift = 3 if entry.study.day + timedelta(days=3) <= LAST_DAY else -3
    outcome = _quarantined("same-day-pair")
    cells = {"cmr_date": (entry.study.day + timedelta(days=shift)).isoformat()}
    return [replace(entry, cells=cells, file_outcome=outcome, row_outcome=outcome)]


def _two_on_one_day(entry: Entry, spare: Spare) -> list[Entry]:
    """A second ECG of the same patient, an hour later; the CMR is one."""
    second = replace(entry.study, index=spare.study.index, taken=entry.study.taken + timedelta(hours=1))
    outcome = _quarantined("one-ecg-per-study")
    both = (entry, entry_of(second, spare.run_num))
    return [replace(one, file_outcome=outcome, row_outcome=outcome) for one in both]


def _empty_lvef(entry: Entry, spare: Spare) -> list[Entry]:
    return [replace(entry, cells={"lvef": None})]


def _contradicting(entry: Entry, spare: Spare) -> list[Entry]:
    outcome = _quarantined("scar-agrees-with-pattern")
    return [
        replace(entry, cells={"scar_cad": int(not entry.study.disease.scar)}, file_outcome=outcome, row_outcome=outcome)
    ]


def _non_ischaemic(entry: Entry, spare: Spare) -> list[Entry]:
    pattern = "epicardial" if entry.study.index % 2 else "mid-wall"
    cells = {"scar_cad": 0, "subendocardial_scar": 0, "transmural_scar": 0, "pattern": pattern}
    outcome = Outcome(State.EXCLUDED, "non-ischaemic-pattern")
    return [replace(entry, cells=cells, file_outcome=outcome, row_outcome=outcome)]


def _minor(entry: Entry, spare: Spare) -> list[Entry]:
    outcome = Outcome(State.EXCLUDED, "adult")
    young = replace(entry.study, age=11 + entry.study.index % 7)
    return [replace(entry, study=young, file_outcome=outcome, row_outcome=outcome)]


def _other_number(entry: Entry, spare: Spare) -> list[Entry]:
    outcome = _quarantined("page-agrees-with-table")
    return [replace(entry, printed_hn=spare.study.hn, file_outcome=outcome, row_outcome=outcome)]


def _two_periods(entry: Entry, spare: Spare) -> list[Entry]:
    """The patient of a training study comes again in the test year; the training study stays."""
    day = entry.study.taken.replace(year=OLD_TEST_YEAR, day=min(entry.study.day.day, 28))
    older = entry.study.age + OLD_TEST_YEAR - entry.study.day.year
    later = replace(entry.study, index=spare.study.index, taken=day, age=older, split="old_test")
    outcome = Outcome(State.EXCLUDED, "patient-in-one-split")
    return [entry, replace(entry_of(later, spare.run_num), file_outcome=outcome, row_outcome=outcome)]


def _trained_on(study: Study) -> bool:
    return study.day.year <= LAST_TRAIN_YEAR_OLD


DEFECTS = (
    Defect("patient-in-two-periods", _two_periods, _trained_on),
    Defect("truncated-pdf", _page(PageKind.TRUNCATED, _quarantined("unreadable"), WAITING)),
    Defect("blank-page", _page(PageKind.BLANK, _quarantined("blank-page"), WAITING)),
    Defect("two-page-pdf", _page(PageKind.TWO_PAGES, ACCEPTED, ACCEPTED)),
    Defect("wrong-page", _page(PageKind.OTHER_DOCUMENT, _quarantined("unknown-format"), WAITING)),
    Defect("image-only-pdf", _page(PageKind.SCAN, ACCEPTED, ACCEPTED)),
    Defect("same-file-twice", _copied),
    Defect("same-name-in-two-months", _same_name),
    Defect("ecg-without-cmr", _without_row),
    Defect("cmr-without-ecg", _page(PageKind.ABSENT, WAITING, WAITING)),
    Defect("cmr-of-another-day", _other_day),
    Defect("two-ecgs-on-one-day", _two_on_one_day),
    Defect("lvef-0", _cells(_quarantined("lvef-range"), lvef=0)),
    Defect("lvef-150", _cells(_quarantined("lvef-range"), lvef=150)),
    Defect("lvef-55-percent-sign", _cells(_quarantined("lvef-number"), lvef="55 %")),
    Defect("lvef-empty", _empty_lvef),
    Defect("scar-contradicts-pattern", _contradicting),
    Defect("non-ischaemic-pattern", _non_ischaemic),
    Defect("new-cut", _cells(Outcome(State.EXCLUDED, "new-cut"), new_cut=1)),
    Defect("minor", _minor),
    Defect("header-number-differs", _other_number),
)


def _count(defect: Defect, studies: int) -> int:
    return max(1, round(RATE * studies))


def _chosen(entries: Sequence[Entry], seed: int) -> dict[int, Defect]:
    """Which entry gets which defect: one patient one defect, and at most half of the entries."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_SELECTION,)))
    studies_of = Counter(entry.study.patient for entry in entries)
    free = [int(i) for i in rng.permutation(len(entries)) if studies_of[entries[i].study.patient] == 1]
    chosen: dict[int, Defect] = {}
    for defect in DEFECTS:
        suitable = (i for i in free if i not in chosen and defect.suits(entries[i].study))
        for _, index in zip(range(_count(defect, len(entries))), suitable, strict=False):
            if len(chosen) < max(1, len(entries) // 2):
                chosen[index] = defect
    return chosen


def _changed(entries: Sequence[Entry], chosen: dict[int, Defect], seed: int) -> Iterator[Entry]:
    following = len(entries) + 1  # a gap, so that a spare study is never the return visit of a used one
    for index, entry in enumerate(entries):
        if index not in chosen:
            yield entry
            continue
        defect, spare = chosen[index], Spare(draw_study(seed, following), following + 1)
        for result in defect.change(entry, spare):
            yield replace(result, defect=defect.name)
        following += 2


def with_defects(entries: Sequence[Entry], seed: int) -> list[Entry]:
    """Spoil some entries: every defect at ``RATE``, at least once each (from 100 entries on), never two to a patient.

    Args:
        entries: sound entries, of study 0 onwards; two-study defects append further ones.
        seed: the hospital's seed, which alone decides which entries are spoiled.
    """
    return list(_changed(entries, _chosen(entries, seed), seed))
