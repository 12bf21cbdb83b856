import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from tasks.registry.provenance import UNKNOWN_COMMIT, code_commit, installed_packages, serving_requirements

PROJECT = Path(__file__).parents[3]
WHOLE = ("ecgcore/predictor", "ecgcore/reports")  # of the rest, what a function imports is for training
PACKAGES = {"PIL": "pillow", "cv2": "opencv-python-headless", "yaml": "pyyaml"}  # whose name is not the module's


def test_packages_are_pinned_one_per_line():
    lines = installed_packages().splitlines()
    assert lines[0].startswith("# Python 3.")
    assert f"numpy=={metadata.version('numpy')}" in lines
    assert lines[1:] == sorted(lines[1:], key=lambda line: line.split("==")[0])


def test_serving_needs_only_versions_that_an_index_has():
    requirements = serving_requirements()
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in requirements)
    assert {line.split("==")[0] for line in requirements} >= {"mlflow", "torch", "timm", "opencv-python-headless"}


def imported(file: Path) -> Iterator[str]:
    """The dotted names that a file imports when it runs, not those that only a type checker sees."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    whole = file.relative_to(PROJECT).as_posix().startswith(WHOLE)
    unseen = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for each in ast.walk(node)
    }
    for node in ast.walk(tree) if whole else tree.body:
        if isinstance(node, ast.Import) and id(node) not in unseen:
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and id(node) not in unseen:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def files_of(name: str) -> list[Path]:
    path = PROJECT.joinpath(*name.split("."))
    return [each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()]


def test_serving_needs_every_package_that_the_served_code_imports():
    waiting = [PROJECT / "tasks/registry/serving_model.py"]
    seen: set[Path] = set()
    modules: set[str] = set()
    while waiting:
        if (file := waiting.pop()) not in seen:
            seen.add(file)
            names = list(imported(file))
            waiting += [found for name in names for found in files_of(name)]
            modules |= {name.split(".")[0] for name in names}
    modules -= {*sys.stdlib_module_names, "ecgcore"}
    assert modules >= {"mlflow", "torch", "PIL", "yaml", "pypdfium2"}
    required = {line.split("==")[0] for line in serving_requirements()}
    assert {PACKAGES.get(name, name) for name in modules} <= required


def test_the_commit_says_when_files_differ(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert code_commit(tmp_path / "nowhere") == UNKNOWN_COMMIT
    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "one")
    head = git("rev-parse", "HEAD").stdout.strip()
    assert code_commit(tmp_path) == head
    (tmp_path / "a").write_text("2")
    assert code_commit(tmp_path) == f"{head}-dirty"
