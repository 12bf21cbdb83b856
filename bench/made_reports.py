"""The synthetic reports that every part measures with, in a folder that goes away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.data.cache_writer import decode
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.batch.report_batch import read_reports
from ecgcore.reports.batch.result import ReadResult
from ecgcore.synth.hospital import make_hospital

SEED = 11
PSEUDONYMISER = Pseudonymiser(b"a key for synthetic patients only")


@dataclass(frozen=True)
class MadeReports:
    """Reports and their canonical images.

    Args:
        folder: scratch space; ``inbox`` and ``images`` lie in it.
        results: one per report, in the order of their paths.
    """

    folder: Path
    results: tuple[ReadResult, ...]

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def reports(self) -> list[Path]:
        return [result.path for result in self.results]

    @property
    def images(self) -> list[Path]:
        """The canonical images, PNG."""
        return [self.folder / "images" / str(result.image_path) for result in self.results]

    def by_format(self) -> dict[str, list[Path]]:
        """The reports of each format."""
        found: dict[str, list[Path]] = {}
        for result in self.results:
            found.setdefault(str(result.ecg_format), []).append(result.path)
        return dict(sorted(found.items()))

    def check(self) -> None:
        """Decode one image, so that a broken report fails here and not in the middle of a measurement."""
        decode(self.images[0])


def draw_reports(folder: Path, studies: int) -> MadeReports:
    """Draw a hospital without defects and read it once, which also warms the page cache."""
    make_hospital(folder / "inbox", studies, SEED)
    paths = sorted((folder / "inbox" / "ecg").rglob("*.pdf"))
    made = MadeReports(folder, tuple(read_reports(paths, folder / "images", PSEUDONYMISER)))
    made.check()
    return made
