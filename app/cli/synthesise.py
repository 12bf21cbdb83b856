"""``ecg synth``: write a synthetic hospital with a progress bar."""

from __future__ import annotations

from pathlib import Path

from ecgcore.pages.progress_bar import progress_bar
from ecgcore.synth.hospital import Hospital, make_hospital


def synthesise(out: Path, studies: int, seed: int, defects: bool, valid_share: float | None = None) -> Hospital:
    """Write the inbox of a synthetic hospital to ``out``.

    Raises:
        EcgError: ``out`` holds an inbox already, or the share is not in 0 .. 1.
    """
    with progress_bar("drawing reports", studies) as show:
        return make_hospital(out, studies=studies, seed=seed, defects=defects, progress=show, valid_share=valid_share)
