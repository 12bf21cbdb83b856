"""Which label rows a corrected resubmission replaces. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

from ecgcore.cmr.rules.finding import Effect
from ecgcore.ledger.decide import naming
from ecgcore.ledger.decide.label_row import LabelRow, StudyKey, conflicts


def replaced_rows(
    rows: Sequence[LabelRow], entries: Mapping[str, str], named_rows: Callable[[str], Iterable[LabelRow]]
) -> dict[str, str]:
    """Map each replaced row to the row that corrects it.

    A row that names a quarantine entry replaces the entry's row (for an entry of a file: the rows that name the file)
    and every earlier row of its own study. A row that names none replaces an earlier row only where that row was wrong
    in an earlier batch (it broke a validation rule, or rows of that batch contradict it), and both are of the same
    patient, day and file: then nothing is guessed.

    Args:
        rows: every row not yet settled.
        entries: quarantine entry to its subject, a row_id or a file's sha256.
        named_rows: gives the rows that name a file, by its sha256.
    """
    by_id = {row.row_id: row for row in rows}
    by_name = _by_name(rows)
    contradicted = _contradicted(rows)
    replaced: dict[str, str] = {}
    for row in sorted(rows, key=lambda each: each.order):
        if row.entry:
            targets = _entry_targets(row, rows, by_id, entries, named_rows)
        else:
            targets = _silent(row, by_name, contradicted)
        replaced |= {old.row_id: row.row_id for old in targets if _precedes(old, row)}
    return replaced


def _by_name(rows: Sequence[LabelRow]) -> Mapping[str, list[LabelRow]]:
    groups: dict[str, list[LabelRow]] = defaultdict(list)
    for row in rows:
        groups[naming.stem(row.file_name or "")].append(row)
    return groups


def _precedes(old: LabelRow, new: LabelRow) -> bool:
    """Order corrections; two corrections of one table stand side by side, so that they are compared."""
    same_source = old.table_sha256 == new.table_sha256
    return not same_source and (old.batch, old.entry is not None) < (new.batch, new.entry is not None)


def _entry_targets(
    row: LabelRow,
    rows: Sequence[LabelRow],
    by_id: Mapping[str, LabelRow],
    entries: Mapping[str, str],
    named_rows: Callable[[str], Iterable[LabelRow]],
) -> list[LabelRow]:
    subject = entries.get(row.entry or "")
    if subject is None:
        return []
    named = [by_id[subject]] if subject in by_id else list(named_rows(subject))
    same_study = [other for other in rows if row.key is not None and other.key == row.key]
    return [*named, *same_study]


def _silent(row: LabelRow, by_name: Mapping[str, list[LabelRow]], contradicted: frozenset[str]) -> list[LabelRow]:
    if row.fault is not None or row.key is None or row.row_id in contradicted:
        return []
    earlier = [old for old in by_name[naming.stem(row.file_name or "")] if old.batch < row.batch]
    wrong = [old for old in earlier if _broken(old) or old.row_id in contradicted]
    return [old for old in wrong if _same_study(old, row)]


def _contradicted(rows: Sequence[LabelRow]) -> frozenset[str]:
    """Find the rows whose study another row of their own batch describes differently; excluded rows say nothing."""
    groups: dict[tuple[int, StudyKey], list[LabelRow]] = defaultdict(list)
    for row in rows:
        if row.key is not None and (row.fault is None or row.fault.effect is not Effect.EXCLUDE):
            groups[row.batch, row.key].append(row)
    return frozenset(row.row_id for group in groups.values() if _disagree(group) for row in group)


def _disagree(group: Sequence[LabelRow]) -> bool:
    names = {naming.stem(row.file_name) for row in group if row.file_name}
    return len(names) > 1 or any(conflicts(one, other) for one, other in combinations(group, 2))


def _broken(row: LabelRow) -> bool:
    return row.fault is not None and row.fault.effect is Effect.QUARANTINE


def _same_study(old: LabelRow, new: LabelRow) -> bool:
    days = {old.ecg_date, old.cmr_date} - {None}
    same_file = naming.components(old.file_name or "") == naming.components(new.file_name or "")
    return same_file and old.patient_id == new.patient_id and (not days or new.day in days)
