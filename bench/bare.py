"""The bare tool that reading is held against."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ecgcore.reports.file.poppler import DPI
from ecgcore.reports.file.render import scratch_parent


class BarePoppler:
    """``pdftoppm -r 300 -singlefile`` of a page into memory, with no limits and nothing done to the result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, pdf: Path) -> None:
        """Render the first page; a page rendered before under the same name is written over."""
        command = ["pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", "-singlefile", str(pdf)]
        subprocess.run([*command, str(self.folder / pdf.stem)], check=True, close_fds=False)

    def forget(self, pdf: Path) -> None:
        """Delete the rendered page, which is no part of the bare rendering."""
        (self.folder / f"{pdf.stem}.ppm").unlink()


@contextmanager
def bare_poppler() -> Iterator[BarePoppler]:
    """Give a bare Poppler its folder, in memory where there is room."""
    with TemporaryDirectory(prefix="ecg-bench-", dir=scratch_parent()) as folder:
        yield BarePoppler(Path(folder))
