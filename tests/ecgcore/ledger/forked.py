"""Processes that the tests race and kill: run as `python -m tests.ecgcore.ledger.forked WHAT URL ...`.

With `at_once` or `in_turn` for WHAT, and on its input a JSON list of such words, it forks a process for each.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

from sqlalchemy import event

from ecgcore.errors import LedgerError, PromotionError
from ecgcore.ledger.decide.candidacy import NO_CHAMPION, Candidacy, GateVerdict
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import carry, promotion
from tests.ecgcore.ledger.conftest import NOW, Builder

FORKED = ("-m", "tests.ecgcore.ledger.forked")


def hospital(studies: int):
    """One table and its ECGs, all of the training years."""
    build = Builder()
    table = build.table("cmr/all.csv")
    days = [date(2010 + n % 5, 1 + n % 12, 1 + n % 28) for n in range(studies)]
    files = [build.ecg(f"ecg/{n}.pdf") for n in range(studies)]
    rows = [build.row(table, n + 2, f"{n}.pdf", f"HN{n}", days[n]) for n in range(studies)]
    return build, files, table, rows


def record(ledger: Ledger, name: str, studies: int) -> None:
    build, files, table, rows = hospital(studies)
    ledger.record_batch(build.batch(name, *files, table, *rows), now=NOW)


def ingest(url: str, name: str, studies: str) -> None:
    with Ledger(url) as ledger:
        record(ledger, name, int(studies))


def killed_ingest(url: str, name: str, studies: str, statement: str) -> None:
    """Ingest, and die just before the n-th statement of the transaction (or before its commit, for 0)."""
    ledger = Ledger(url)
    left = [int(statement)]

    def die(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = ledger._database.engine
    event.listen(engine, "commit" if int(statement) == 0 else "before_cursor_execute", die)
    left[0] = left[0] or 1
    record(ledger, name, int(studies))


class FolderSteps:
    """Promotion steps on a folder; dies by SIGKILL before or after the named step."""

    def __init__(self, folder: Path, die_at: str = "") -> None:
        self.folder, self.die_at = folder, die_at

    def _do(self, step: str, text: str) -> None:
        if self.die_at == f"before {step}":
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / f"{step}.new").write_text(text)
        (self.folder / f"{step}.new").rename(self.folder / step)
        with (self.folder / "log").open("a") as log:
            log.write(f"{step} {text}\n")
        if self.die_at == f"after {step}":
            os.kill(os.getpid(), signal.SIGKILL)

    def export(self, record: PromotionRecord) -> str:
        self._do("export", record.version)
        return f"sha of {record.version}"

    def verify(self, record: PromotionRecord) -> None:
        if record.version == "bad":
            raise PromotionError("bad", "differs by 0.1", "export it again")
        self._do("verify", record.version)

    def link(self, record: PromotionRecord) -> None:
        self._do("link", record.version)

    def alias(self, record: PromotionRecord) -> None:
        self._do("alias", record.version)

    def clear(self, slot: str) -> None:
        for step in ("link", "alias"):
            (self.folder / step).unlink(missing_ok=True)


def promote(url: str, folder: str, version: str, die_at: str) -> None:
    with Ledger(url) as ledger:
        candidacy = Candidacy(version, "champion", GateVerdict.PASS, judged_against=NO_CHAMPION)
        begun = promotion.begin(ledger, candidacy, "tester", "because")
        if die_at == "after begin":
            os.kill(os.getpid(), signal.SIGKILL)
        carry.run_promotion(ledger, begun.number, FolderSteps(Path(folder), die_at))


def exclusive(url: str, name: str) -> None:
    """Say whether the lock is free."""
    with Ledger(url) as ledger:
        try:
            with ledger.exclusive(name, wait=False):
                print("free")
        except LedgerError as error:
            print(error)


def open_only(url: str) -> None:
    Ledger(url).close()


def forked(how: str, calls: list[tuple[object, ...]]) -> list[int]:
    """Run each call of a function here in a process of its own, `at_once` or `in_turn`; return the exit codes.

    One process imports everything and forks the others.
    """
    text = json.dumps([[str(word) for word in call] for call in calls])
    command = [sys.executable, *FORKED, how]
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def child_of(what: str, *words: str) -> int:
    """Start it in a child; the parent has opened no ledger, so that the child inherits no connection."""
    child = os.fork()
    if child == 0:
        globals()[what](*words)
        os._exit(0)
    return child


def code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_once() -> None:
    """Print each one's exit code."""
    children = [child_of(*words) for words in json.load(sys.stdin)]
    print(json.dumps([code_of(child) for child in children]))


def in_turn() -> None:
    """Print each one's exit code; the first that is not killed is the last."""
    codes: list[int] = []
    for words in json.load(sys.stdin):
        codes.append(code_of(child_of(*words)))
        if codes[-1] != -signal.SIGKILL:
            break
    print(json.dumps(codes))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
