"""Where the files of an inbox stand: each path and content once, first path first."""

from datetime import date

from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.counts import file_states

DAY = date(2010, 3, 1)


def test_every_listed_file_has_one_state(ledger, build, now):
    table = build.table("cmr/a.csv")
    good, copy = build.ecg("ecg/a.pdf", content="x"), build.ecg("ecg/b.pdf", content="x")
    broken = build.ecg("ecg/c.pdf", fault=Finding("blank-page", "white", "send the page"))
    lonely = build.ecg("ecg/d.pdf")
    files = [table, good, copy, broken, lonely]
    ledger.record_batch(build.batch("b1", *files, build.row(table, 2, "a.pdf", "1", DAY)), now=now)
    with ledger.reading() as connection:
        found = {each.path: (each.state, each.rule) for each in file_states(connection, files)}
    assert found == {
        "cmr/a.csv": (State.ACCEPTED, ""),
        "ecg/a.pdf": (State.ACCEPTED, ""),
        "ecg/b.pdf": (State.DUPLICATE, "same-content"),
        "ecg/c.pdf": (State.QUARANTINED, "blank-page"),
        "ecg/d.pdf": (State.WAITING, found["ecg/d.pdf"][1]),
    }
