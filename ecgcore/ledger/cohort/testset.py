"""Named test sets: locked once, hashed, counted at every look, replaced only as an audited event."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update

from ecgcore.counted import counted
from ecgcore.data.split import Split
from ecgcore.errors import LedgerError
from ecgcore.ledger.cohort.study import SnapshotRow, accepted_studies
from ecgcore.ledger.cohort.test_set_history import Replacement, disputed_after_a_look, replacements
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import Study, TestSet, TestSetMember
from ecgcore.ledger.ingest.page_caution import cautions_of_studies
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.review import audit
from ecgcore.reports.page.reason import UNVERIFIED

_HASHED = ("study_id", "patient_id", "ecg_format", "image_sha256")
_FIRST_LABELS = ("scar", "lvef_percent")  # hashed by their place, as when they were the only ones
_NOT_HASHED = ("subendocardial_scar", "transmural_scar")


@dataclass(frozen=True, slots=True)
class LockedSet:
    """A locked test set.

    Args:
        name: its name, as policies use it.
        sha256: hash of its members with their images and labels.
        studies: number of members.
        locked_at: when it was locked, UTC.
        looks: how often a candidate was scored on it since.
        replacements: every time that it was locked anew.
    """

    name: str
    sha256: str
    studies: int
    locked_at: datetime
    looks: int
    replacements: tuple[Replacement, ...] = ()

    @property
    def lifetime_looks(self) -> int:
        """All looks since it was first locked: a replacement shares nearly all studies with what it replaces."""
        return self.looks + sum(each.looks for each in self.replacements)


def lock(ledger: Ledger, name: str, actor: str) -> LockedSet:
    """Lock the test set `name` (`old` or `new`) with every undisputed study that is in it now.

    Raises:
        LedgerError: it is locked already, or there is no study in it.
    """
    now = datetime.now(UTC)
    with ledger.writing() as connection:
        check_unlocked(connection, name)
        digest, members = _fill(connection, name)
        connection.execute(insert(TestSet), {"name": name, "sha256": digest, "locked_at": now, "looks": 0})
        _enter(connection, name, members)
        detail = {"name": name, "sha256": digest, "studies": len(members)}
        audit.record(connection, now, audit.LOCKED, actor, detail | _unverified(connection, members))
    return LockedSet(name, digest, len(members), now, 0)


def check_unlocked(connection: Connection, name: str) -> None:
    """Check that a test set is not locked.

    Raises:
        LedgerError: it is.
    """
    if connection.execute(select(TestSet.name).where(TestSet.name == name)).first():
        raise LedgerError(f"test set {name}", "is locked already", "see `ecg testset list`")


def replace(ledger: Ledger, name: str, actor: str, reason: str, second: str | None = None) -> LockedSet:
    """Lock `name` anew with what is undisputed in it now; what is left out stays a test study and is used no more.

    The count of looks since the lock starts again, that of the lifetime does not; who replaced it and why stays.

    Args:
        ledger: the ledger.
        name: the test set.
        actor: who decides.
        reason: why.
        second: who agrees; needed where members were disputed after the first look, by what a model said, perhaps.

    Raises:
        LedgerError: it is not locked, no reason is given, nothing would change or be left, or a second person is
            needed and none, or the same, is named.
    """
    if not reason.strip():
        raise LedgerError(f"test set {name}", "cannot be replaced without a reason", "say why")
    now = datetime.now(UTC)
    with ledger.writing() as connection:
        old, before = _standing(connection, name), members(connection)[name]
        connection.execute(delete(TestSetMember).where(TestSetMember.name == name))
        digest, chosen = _fill(connection, name)
        if digest == old.sha256:
            raise LedgerError(f"test set {name}", "would stay as it is: none of its studies is disputed", "keep it")
        late = disputed_after_a_look(connection, name, before.difference(chosen))
        _check_second(name, len(late), actor, second)
        values = {"sha256": digest, "locked_at": now, "looks": 0}
        connection.execute(update(TestSet).where(TestSet.name == name).values(**values))
        _enter(connection, name, chosen)
        detail = {"name": name, "old": old.sha256, "old_looks": old.looks, "new": digest, "reason": reason}
        detail |= {"second": second, "late": len(late)} if late else {}
        audit.record(connection, now, audit.REPLACED, actor, detail | _unverified(connection, chosen))
        return _standing(connection, name)


def _check_second(name: str, late: int, first: str, second: str | None) -> None:
    if not late or (second and second.strip() and second.strip().casefold() != first.strip().casefold()):
        return
    rule = f"would lose {counted(late, 'study')} disputed after the first look at it, which may be what a model said"
    raise LedgerError(f"test set {name}", rule, "if two people agree, name the other one with --second")


def look(ledger: Ledger, name: str, actor: str) -> int:
    """Count one look at a locked test set, before it is taken, and return the number of looks so far.

    Args:
        ledger: the ledger.
        name: the test set.
        actor: what looks: the model version or run.

    Raises:
        LedgerError: the set is not locked.
    """
    with ledger.writing() as connection:
        looks = _standing(connection, name).looks + 1
        connection.execute(update(TestSet).where(TestSet.name == name).values(looks=looks))
        audit.record(connection, datetime.now(UTC), audit.LOOKED, actor, {"name": name, "looks": looks})
    return looks


def verify(ledger: Ledger, name: str) -> LockedSet:
    """Return the set after checking that its members still have the hash that was locked.

    Raises:
        LedgerError: the set is not locked, or its members, images or labels changed.
    """
    with ledger.reading() as connection:
        standing = _standing(connection, name)
        ids = members(connection).get(name, frozenset())
        if _digest(row for row in accepted_studies(connection) if row.study_id in ids) != standing.sha256:
            raise LedgerError(
                f"test set {name}", "no longer has the hash that was locked", "restore the ledger's backup"
            )
    return standing


def locked_sets(ledger: Ledger) -> list[LockedSet]:
    """Return the locked test sets by name."""
    with ledger.reading() as connection:
        names = connection.execute(select(TestSet.name).order_by(TestSet.name)).scalars().all()
        return [_standing(connection, name) for name in names]


def members(connection: Connection) -> dict[str, frozenset[str]]:
    """Return the study_ids of every locked test set."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, study_id in connection.execute(select(TestSetMember.name, TestSetMember.study_id)):
        found[name].add(study_id)
    return {name: frozenset(ids) for name, ids in found.items()}


def hashes(connection: Connection) -> dict[str, str]:
    """Return the hash of every locked test set."""
    return dict(connection.execute(select(TestSet.name, TestSet.sha256).order_by(TestSet.name)).all())


def _standing(connection: Connection, name: str) -> LockedSet:
    record = connection.execute(select(TestSet.__table__).where(TestSet.name == name)).first()
    if record is None:
        raise LedgerError(f"test set {name}", "is not locked", f"lock it with `ecg testset lock {name}`")
    studies = len(connection.execute(select(TestSetMember.study_id).where(TestSetMember.name == name)).all())
    return LockedSet(name, record.sha256, studies, record.locked_at, record.looks, replacements(connection, name))


def _fill(connection: Connection, name: str) -> tuple[str, list[str]]:
    """Choose the members and take the set's name from the test studies that are left out."""
    found = [row for row in accepted_studies(connection) if row.test_set == name and row.split is Split.TEST]
    chosen = [row for row in found if not row.disputed]
    if not chosen:
        hint = "ingest the studies that docs/inbox.md names for it first: its period, or rows marked in `split`"
        raise LedgerError(f"test set {name}", "has no undisputed study", hint)
    for part in chunks(row.study_id for row in found if row.disputed):
        connection.execute(update(Study).where(Study.study_id.in_(part)).values(test_set=None))
    return _digest(chosen), [row.study_id for row in chosen]


def _unverified(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return how many members have a page that does not confirm all it should; nothing if none has."""
    cautions, names = cautions_of_studies(connection), {caution.value for caution in UNVERIFIED}
    count = sum(bool(names & cautions.get(study_id, {}).keys()) for study_id in ids)
    return {"unverified": count} if count else {}


def _enter(connection: Connection, name: str, ids: Iterable[str]) -> None:
    connection.execute(insert(TestSetMember), [{"name": name, "study_id": study_id} for study_id in ids])


def _digest(rows: Iterable[SnapshotRow]) -> str:
    lines = sorted(map(_line, rows))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _line(row: SnapshotRow) -> str:
    cells = [getattr(row, column) for column in _HASHED]
    scar, lvef = (row.labels.get(name) for name in _FIRST_LABELS)
    first = [None if scar is None else int(scar), lvef]
    further = {n: float(v) for n, v in row.labels.items() if n not in (*_FIRST_LABELS, *_NOT_HASHED)}
    return json.dumps([*cells, *first, *([further] if further else [])], sort_keys=True)
