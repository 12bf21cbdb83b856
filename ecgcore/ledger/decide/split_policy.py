"""A split policy: which years and pages train, validate and test, read from one YAML file (deployments/splits)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import yaml

from ecgcore.data.split import Split
from ecgcore.errors import RecipeError

_KEYS = {"name", "test_sets", "periods", "study_until", "valid_share"}
_MAY_LACK = {"unverified_pages"}
_UNVERIFIED = {"allowed": True, "refused": False}
_OPEN = 0  # the year that a period without `from` starts with
_FLAGS = "flags"
_STUDY = Path(__file__).resolve().parents[3] / "deployments" / "splits" / "study.yaml"
_HINT = "compare with deployments/splits/study.yaml"


@dataclass(frozen=True, slots=True)
class Period:
    """Some years and what they decide.

    Args:
        first, last: years, both inside.
        split: of all studies of these years; None where the study's flags decide.
        test_set: the set that they belong to, if the split is test.
        ecg_format: the only pages that the period decides about; None for all.
    """

    first: int
    last: int
    split: Split | None
    test_set: str | None = None
    ecg_format: str | None = None

    def decides(self, year: int, ecg_format: str) -> bool:
        """Whether a page of a year falls under it."""
        return self.first <= year <= self.last and self.ecg_format in (None, ecg_format)


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """What decides the splits of new studies.

    Args:
        name: of the policy.
        sha256: of the file's bytes; the audit line of each ingest keeps it.
        test_sets: name of each test set, and the format of its pages.
        periods: in ascending order, without overlap.
        study_until: last year of the study period.
        valid_share: share of patients that validate where nothing else decides, 0 to 1.
        unverified_pages: test sets take pages of which nothing confirms scale, leads, patient or day.
    """

    name: str
    sha256: str
    test_sets: Mapping[str, str]
    periods: tuple[Period, ...]
    study_until: int
    valid_share: float
    unverified_pages: bool = True

    def period_of(self, year: int, ecg_format: str) -> Period | None:
        """Return the period that decides about a page of a year, or None where that is left open."""
        return next((period for period in self.periods if period.decides(year, ecg_format)), None)


@cache
def study_policy() -> SplitPolicy:
    """Return the policy of the study, which this project ships."""
    return load_split_policy(_STUDY)


def load_split_policy(path: Path) -> SplitPolicy:
    """Read a split policy.

    Raises:
        RecipeError: the file cannot be read, a key is unknown or missing, a value is out of range, periods overlap, or
            a test set is named that is not declared.
    """
    try:
        data = path.read_bytes()
        raw = yaml.safe_load(data)
    except OSError as error:
        hint = "name a file of deployments/splits with ECG_SPLITS, or restore it there"
        raise RecipeError(f"split policy {path.name}", f"cannot be read ({error.strerror})", hint) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        _refuse(path, f"is not YAML ({error})")
    if not isinstance(raw, dict) or set(raw) - _MAY_LACK != _KEYS:
        _refuse(path, f"needs the keys {', '.join(sorted(_KEYS))}, perhaps unverified_pages, and no others")
    sets = _test_sets(path, raw["test_sets"])
    periods = tuple(_periods(path, raw["periods"], sets))
    share, until = raw["valid_share"], raw["study_until"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        _refuse(path, f"has a valid_share of {share!r}; it must lie between 0 and 1")
    if not _is_year(until) or any(period.last > until for period in periods):
        _refuse(path, f"has a study_until of {until!r}; it must be a year, none of a period later")
    unverified = raw.get("unverified_pages", "allowed")
    if not isinstance(unverified, str) or unverified not in _UNVERIFIED:
        _refuse(path, f"has unverified_pages {unverified!r}; it must be allowed or refused")
    digest = hashlib.sha256(data).hexdigest()
    return SplitPolicy(str(raw["name"]), digest, sets, periods, until, float(share), _UNVERIFIED[unverified])


def _test_sets(path: Path, raw: Any) -> dict[str, str]:
    if not isinstance(raw, dict) or not all(isinstance(part, str) and part for pair in raw.items() for part in pair):
        _refuse(path, "needs test_sets that map the name of each set to the format of its pages")
    return dict(raw)


def _periods(path: Path, raw: Any, sets: Mapping[str, str]) -> Iterator[Period]:
    if not isinstance(raw, list) or not raw:
        _refuse(path, "needs a list of periods")
    found = [_period(path, each, sets) for each in raw]
    for before, after in pairwise(found):
        if before.last >= after.first:
            _refuse(path, f"has periods that overlap or are out of order at {after.first}")
    yield from found


def _period(path: Path, raw: Any, sets: Mapping[str, str]) -> Period:
    decides = set(raw) - {"from", "until"} if isinstance(raw, dict) else set()
    if len(decides) != 1 or not decides <= {"split", "test_set", "by"} or "until" not in raw:
        _refuse(path, f"has the period {raw!r}; it needs until, perhaps from, and one of split, test_set, by")
    first, last = raw.get("from", _OPEN), raw["until"]
    if not (_is_year(first) and _is_year(last) and first <= last):
        _refuse(path, f"has the period {raw!r}; from and until must be years in order")
    match decides.pop(), raw:
        case "test_set", {"test_set": str(name)} if name in sets:
            return Period(first, last, Split.TEST, name, sets[name])
        case "by", {"by": "flags"}:
            return Period(first, last, None)
        case "split", {"split": "train" | "valid" as split}:
            return Period(first, last, Split(split))
    rule = f"has the period {raw!r}; split is train or valid, test_set one of {sorted(sets)}, by is {_FLAGS}"
    raise RecipeError(f"split policy {path.name}", rule, _HINT)


def _is_year(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse(path: Path, rule: str) -> NoReturn:
    raise RecipeError(f"split policy {path.name}", rule, _HINT)
