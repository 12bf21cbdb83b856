"""Where things are: `make where` writes docs/architecture/where.md from docs/where.yaml; a test keeps it true."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "architecture" / "where.md"
_HEAD = """# Where is ...?

Written by `make where` from `docs/where.yaml`; a test checks that every line is true.

| a newcomer asks | file and line | look for |
| --- | --- | --- |
"""


@dataclass(frozen=True)
class Place:
    """The answer to one question: a file, and the name in it that is meant.

    Args:
        question: what a newcomer asks.
        file: relative to the project.
        name: a function, class, method (``Class.method``) or constant; in other files than Python the text of a line.
    """

    question: str
    file: str
    name: str

    def line(self) -> int:
        """Return the line, from 1, where the name is defined.

        Raises:
            ValueError: the file does not define it.
        """
        text = (PROJECT / self.file).read_text(encoding="utf-8")
        found = (
            _defined(ast.parse(text), self.name.split(".")) if self.file.endswith(".py") else _holding(text, self.name)
        )
        if found is None:
            raise ValueError(f"{self.file} does not define {self.name}; correct docs/where.yaml")
        return found


def _holding(text: str, words: str) -> int | None:
    lines = enumerate(text.splitlines(), 1)
    return next((n for n, line in lines if words in line and not line.lstrip().startswith("#")), None)


def _defined(tree: ast.Module | ast.ClassDef, path: list[str]) -> int | None:
    for node in tree.body:
        if path[0] not in _names(node):
            continue
        if len(path) == 1:
            return node.lineno
        if isinstance(node, ast.ClassDef):
            return _defined(node, path[1:])
    return None


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def places() -> list[Place]:
    """Return every question of docs/where.yaml."""
    raw = yaml.safe_load((PROJECT / "docs" / "where.yaml").read_text(encoding="utf-8"))
    return [Place(question, *where.split(" ", 1)) for question, where in raw.items()]


def page() -> str:
    """Return the page."""
    lines = (f"| {p.question} | [{p.file}:{p.line()}](../../{p.file}#L{p.line()}) | `{p.name}` |" for p in places())
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(PROJECT)} written\n")
