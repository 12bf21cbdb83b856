import re
import subprocess
from importlib import metadata

from tasks.registry.environment import UNKNOWN_COMMIT, code_commit, installed_packages, serving_requirements


def test_packages_are_pinned_one_per_line():
    lines = installed_packages().splitlines()
    assert lines[0].startswith("# Python 3.")
    assert f"numpy=={metadata.version('numpy')}" in lines
    assert lines[1:] == sorted(lines[1:], key=lambda line: line.split("==")[0])


def test_serving_needs_only_versions_that_an_index_has():
    requirements = serving_requirements()
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in requirements)
    assert {line.split("==")[0] for line in requirements} >= {"mlflow", "torch", "timm", "opencv-python-headless"}


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
