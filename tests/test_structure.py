"""The shape of the tree: what a reader relies on to find a file by guessing."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
PRODUCT = ("app", "bench", "ecgcore", "flows", "tasks")
RECORDS = ("cmr", "ledger", "pages", "settings.py")  # the rooms of ecgcore that are not of its numeric ring
MOST_MODULES, MOST_LINES = 18, 400
EMPTY_NAMES = ("utils", "util", "helpers", "helper", "common", "misc")


def modules(top: str) -> list[PurePosixPath]:
    """Every module below a folder, migrations left out: their names are Alembic's."""
    found = (PurePosixPath(path.relative_to(ROOT).as_posix()) for path in (ROOT / top).rglob("*.py"))
    return sorted(path for path in found if path.name != "__init__.py" and "migrations" not in path.parts)


def ring(path: PurePosixPath) -> str:
    """The numeric ring or the records ring of ecgcore, or the floor."""
    if path.parts[0] != "ecgcore":
        return path.parts[0]
    return "records" if path.parts[1] in RECORDS else "numeric"


def everywhere() -> list[PurePosixPath]:
    return [path for top in PRODUCT for path in modules(top)]


def test_no_file_name_stands_twice_in_one_ring() -> None:
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in everywhere():
        places[ring(path), path.name].append(str(path))
    assert len(places) > 300
    assert [paths for paths in places.values() if len(paths) > 1] == []


def test_no_folder_holds_more_than_one_can_survey() -> None:
    counts: dict[str, int] = defaultdict(int)
    for path in everywhere():
        counts[str(path.parent)] += 1
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_no_file_is_longer_than_one_sitting() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in everywhere()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_file_is_named_after_what_it_holds() -> None:
    named = [path for path in [*everywhere(), *modules("tests")] if path.stem in EMPTY_NAMES]
    assert named == []


def test_no_test_changes_where_modules_are_found() -> None:
    call = "sys.path." + "insert"
    assert [str(path) for path in modules("tests") if call in (ROOT / path).read_text(encoding="utf-8")] == []
