"""What the machine refuses, as it really refuses it, is told from every other fault."""

from __future__ import annotations

import errno
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ecgcore.errors import SurroundingsError
from ecgcore.surroundings import check_room, refused

PROJECT = Path(__file__).resolve().parents[2]
LIMITED = """
import resource, sys, threading
from ecgcore.surroundings import refused
limit, size, code = sys.argv[1:]
resource.setrlimit(getattr(resource, limit), (int(size), int(size)))
try:
    exec(code)
except Exception as error:
    print(refused(error))
"""


@pytest.mark.parametrize(
    ("limit", "size", "code", "said"),
    [
        ("RLIMIT_FSIZE", 1000, "open('f', 'wb', buffering=0).write(b'0' * 1000 + b'1') and open('f', 'ab', "
         "buffering=0).write(b'2')", "this machine: a file would outgrow the limit of file sizes"),
        ("RLIMIT_NOFILE", 8, "[open('/dev/null') for _ in range(9)]", "/dev/null: too many files are open"),
        ("RLIMIT_AS", 36 << 20, "import numpy", "this machine: there is not enough memory"),
        ("RLIMIT_AS", 36 << 20, "bytearray(1 << 30)", "this machine: there is not enough memory"),
    ],
)  # fmt: skip
def test_a_limit_that_is_reached(tmp_path: Path, limit: str, size: int, code: str, said: str) -> None:
    words = [sys.executable, "-c", LIMITED, limit, str(size), code]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(PROJECT)})
    assert done.stdout.startswith(f"{said}. Hint: "), done


def test_a_full_disk_under_whatever_it_led_to() -> None:
    with pytest.raises(KeyError) as caught:
        try:
            Path("/dev/full").write_text("more than nothing", encoding="utf-8")
        except OSError:
            raise KeyError("what the caller looked for") from None
    with pytest.raises(LookupError) as chained:
        try:
            Path("/dev/full").write_text("more than nothing", encoding="utf-8")
        except OSError as error:
            raise LookupError("it is not there") from error
    assert refused(caught.value) is None
    assert str(refused(chained.value)).startswith("this machine: the disk is full. Hint: free space")


def test_a_database_that_may_not_be_written(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    engine = create_engine(f"sqlite:///file:{tmp_path}/a.db?mode=ro&uri=true")
    with pytest.raises(Exception) as caught, engine.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    engine.dispose()
    assert isinstance(refused(caught.value), SurroundingsError)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("the disk is full"),
        ImportError("No module named 'timm'"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "x"),
        RuntimeError("ValueError: nothing"),
    ],
)
def test_no_other_fault_is_laid_to_the_machine(error: Exception) -> None:
    assert refused(error) is None


def test_a_limit_below_what_a_server_needs_is_told_before_it_is_started(tmp_path: Path) -> None:
    check_room(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(SurroundingsError, match=r"file sizes \(ulimit -f\): is 1,048,576, and needs to be"):
            check_room(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
