"""The state of a file that is no ECG. A table or narrative stands where its rows stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.db.tables import File, Row
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.decide.verdict import Verdict
from ecgcore.ledger.ingest.sighting import known_paths, last_seen

_PRECEDENCE = (
    State.ACCEPTED,
    State.WAITING,
    State.UNPAIRED,
    State.QUARANTINED,
    State.EXCLUDED,
    State.DUPLICATE,
)


def other_verdicts(connection: Connection) -> dict[str, Verdict]:
    """Return the verdict of every file that is no ECG.

    A file with a fault is quarantined until another content lies at its path. A table is `accepted` as soon as one row
    is; else it stands where the first of waiting, unpaired, quarantined, excluded, duplicate finds a row. `Verdict.by`
    is "rows" where the rows decide, since the rows then have the quarantine entries.
    """
    states: dict[str, set[State]] = defaultdict(set)
    for sha256, state in connection.execute(select(Row.table_sha256, Row.state).distinct()):
        states[sha256].add(state)
    columns = (File.sha256, File.path, File.kind, File.fault_rule, File.fault_value, File.fault_hint)
    found = connection.execute(select(*columns).where(File.kind != FileKind.ECG)).all()
    replaced = _replaced(connection, [record.sha256 for record in found if record.fault_rule])
    return replaced | {
        sha256: Verdict(State.QUARANTINED, Finding(rule, value or "", hint or ""))
        if rule
        else _verdict(path, kind, states[sha256])
        for sha256, path, kind, rule, value, hint in found
        if sha256 not in replaced
    }


def _replaced(connection: Connection, refused: Sequence[str]) -> dict[str, Verdict]:
    """Find the refused files whose every path holds another content since."""
    paths = known_paths(connection, refused)
    last = last_seen(connection, {path for each in paths.values() for path in each})
    successors = {sha256: {last[path] for path in each} for sha256, each in paths.items()}
    return {
        sha256: Verdict(State.DUPLICATE, catalogue.REPLACED.found(min(others)[:16]), min(others))
        for sha256, others in successors.items()
        if sha256 not in others
    }


def _verdict(path: str, kind: FileKind, states: set[State]) -> Verdict:
    if not states:
        rule = catalogue.KNOWN_KIND if kind is FileKind.UNKNOWN else catalogue.ROWS_REQUIRED
        return Verdict(State.QUARANTINED, rule.found(path))
    state = next(each for each in _PRECEDENCE if each in states)
    return Verdict(state, None if state is State.ACCEPTED else catalogue.ROWS.found(state.value), "rows")
