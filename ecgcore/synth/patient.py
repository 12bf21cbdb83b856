"""The patients of the synthetic hospital and their studies, each a function of (seed, study index)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import IntEnum

import numpy as np

from ecgcore.synth.drawing.layout import EcgFormat, Paper
from ecgcore.synth.heart.disease import Disease, draw_disease, draw_severities, draw_territory
from ecgcore.synth.heart.liability import NORMAL
from ecgcore.synth.names import hospital_number, invent_name

FIRST_DAY = date(2009, 1, 1)
LAST_DAY = date(2021, 12, 31)
FIRST_NEW_YEAR = 2017
LAST_TRAIN_YEAR_OLD = 2014
OLD_TEST_YEAR = 2016
NEW_TEST_YEAR = 2021

RETURN_SHARE = 0.024  # of patients who come back
MISSING_SHARE = 5407 / 14052  # risk factors not recorded
TRAIN_SHARE_NEW = 0.89

MEAN_AGE, SD_AGE = 72.3, 13.8
# prevalence of each risk factor, and how strongly it follows the severity of scar; chosen so that a model on clinical
# features alone reaches an AUC near the study's 0.68
_PREVALENCE = {"male": 0.505, "smoke": 0.261, "diabetes": 0.449, "hypertension": 0.760, "dyslipidemia": 0.686}
_LOADING = {"male": 0.34, "smoke": 0.30, "diabetes": 0.24, "hypertension": 0.20, "dyslipidemia": 0.24}
_AGE_LOADING = 0.16


class Stream(IntEnum):
    """Separate random streams of one study, so that changing one leaves the others as they are."""

    RETURN = 0
    PATIENT = 1
    VISIT = 2
    SIGNAL = 3
    SPLIT = 4


@dataclass(frozen=True)
class RiskFactors:
    """Risk factors as they truly are; ``recorded`` says whether the hospital wrote them down."""

    smoke: bool
    diabetes: bool
    hypertension: bool
    dyslipidemia: bool
    recorded: bool


@dataclass(frozen=True)
class Study:
    """One ECG and one CMR of a patient and a day.

    Args:
        index: which study; with the hospital's seed it determines everything here and the signal.
        patient: index of the patient's first study.
        hn, name: invented identity.
        taken: when the ECG was recorded; the CMR followed on the same day.
        age: in whole years.
        fmt, paper: how the report is printed.
        split: the study's own split, as ``old_train``.
    """

    index: int
    patient: int
    hn: str
    name: str
    taken: datetime
    age: int
    female: bool
    risk: RiskFactors
    disease: Disease
    fmt: EcgFormat
    paper: Paper
    split: str

    @property
    def day(self) -> date:
        return self.taken.date()


@dataclass(frozen=True)
class _Person:
    index: int
    hn: str
    name: str
    age: int
    female: bool
    risk: RiskFactors
    disease: Disease
    first_day: date
    trains: bool


def generator(seed: int, index: int, stream: Stream) -> np.random.Generator:
    """The random generator of one stream of one study."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index, int(stream))))


def _returns(seed: int, index: int) -> bool:
    """Whether a study is the second one of the patient before it."""
    if index == 0 or generator(seed, index, Stream.RETURN).random() >= RETURN_SHARE / (1 + RETURN_SHARE):
        return False
    return not _returns(seed, index - 1)


def _liability(rng: np.random.Generator, severity: float, loading: float) -> float:
    return loading * severity + float(np.sqrt(1 - loading**2)) * rng.standard_normal()


def _has(rng: np.random.Generator, severity: float, factor: str) -> bool:
    return _liability(rng, severity, _LOADING[factor]) > NORMAL.inv_cdf(1 - _PREVALENCE[factor])


def _risk(rng: np.random.Generator, severity: float) -> RiskFactors:
    smoke, diabetes, hypertension, dyslipidemia = (
        _has(rng, severity, factor) for factor in ("smoke", "diabetes", "hypertension", "dyslipidemia")
    )
    return RiskFactors(smoke, diabetes, hypertension, dyslipidemia, bool(rng.random() >= MISSING_SHARE))


def _age(rng: np.random.Generator, severity: float) -> int:
    return int(np.clip(round(MEAN_AGE + SD_AGE * _liability(rng, severity, _AGE_LOADING)), 20, 100))


def _person(seed: int, index: int) -> _Person:
    rng = generator(seed, index, Stream.PATIENT)
    scar, lvef = draw_severities(rng)
    disease = draw_disease(scar, lvef, draw_territory(rng), rng)
    days = (LAST_DAY - FIRST_DAY).days + 1
    return _Person(
        index=index,
        hn=hospital_number(seed, index),
        name=invent_name(rng),
        age=_age(rng, scar),
        female=not _has(rng, scar, "male"),
        risk=_risk(rng, scar),
        disease=disease,
        first_day=FIRST_DAY + timedelta(days=int(rng.integers(days))),
        trains=bool(rng.random() < TRAIN_SHARE_NEW),
    )


def split_of(day: date, trains: bool) -> str:
    """The study's split of a day: by year, and from 2017 by the patient's flag; 2021 is the last period."""
    if day.year < FIRST_NEW_YEAR:
        return {2015: "old_valid", OLD_TEST_YEAR: "old_test"}.get(day.year, "old_train")
    if day.year == NEW_TEST_YEAR:
        return "new_test"
    return "new_train" if trains else "new_valid"


def _another_day(rng: np.random.Generator, first: date) -> date:
    """Another day of the same year: a returning patient stays in one split."""
    shift = int(rng.integers(1, 360))
    start = date(first.year, 1, 1)
    return start + timedelta(days=((first - start).days + shift) % 361)


def _visit(person: _Person, index: int, day: date, rng: np.random.Generator) -> Study:
    clock = time(8 + int(rng.integers(8)), int(rng.integers(60)))
    return Study(
        index=index,
        patient=person.index,
        hn=person.hn,
        name=person.name,
        taken=datetime.combine(day, clock),
        age=person.age,
        female=person.female,
        risk=person.risk,
        disease=person.disease,
        fmt=EcgFormat.OLD if day.year < FIRST_NEW_YEAR else EcgFormat.NEW,
        paper=Paper.A4 if rng.random() < 0.5 else Paper.LETTER,
        split=split_of(day, person.trains),
    )


def draw_study(seed: int, index: int) -> Study:
    """Draw one study of a hospital; the same seed and index (both >= 0) always give the same study.

    Some 2.4 % of patients come back once, in the same year; the heart and the reading of the CMR stay as they were.
    """
    rng = generator(seed, index, Stream.VISIT)
    if not _returns(seed, index):
        person = _person(seed, index)
        return _visit(person, index, person.first_day, rng)
    person = _person(seed, index - 1)
    return _visit(person, index, _another_day(rng, person.first_day), rng)


def resplit(study: Study, seed: int, valid_share: float) -> Study:
    """Return the study with another split: a share of the patients of no test year validates, the others train.

    Returning patients have all their studies in one year, so none is in two splits.
    """
    if study.split.endswith("test"):
        return study
    valid = generator(seed, study.patient, Stream.SPLIT).random() < valid_share
    return replace(study, split=f"{study.fmt.value}_{'valid' if valid else 'train'}")
