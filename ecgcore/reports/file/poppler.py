"""Poppler's programs under limits, in the folder form that pdf2image takes.

A private folder holds small wrappers of the programs' names, which set the limits with ``ulimit`` and become the
program: to set them in the child before it starts would fork this whole process, and pdf2image offers no place for it.
"""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from ecgcore.errors import EcgError
from ecgcore.reports.page.limits import Limits

DPI = 300
_BYTES_PER_PIXEL = 3
_HEADER_BYTES = 64
_ULIMIT_BLOCK = 512
# huge memory pages for the 25 MB bitmap, which saves the kernel some 6,000 page faults, a tenth of the rendering
_MEMORY = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_MMAP_THRESHOLD_=268435456 MALLOC_TOP_PAD_=33554432"


class PopplerError(EcgError):
    """Poppler is missing or does not start."""


@lru_cache
def poppler_folder(limits: Limits) -> str:
    """Return a folder with limited ``pdfinfo``, ``pdftoppm`` and ``pdftotext``, made once per process and limits.

    Raises:
        PopplerError: a program is not installed, or wrappers cannot be run from the temporary folder.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"ecg-poppler-{os.getpid()}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("pdfinfo", "pdftoppm", "pdftotext"):
        wrapper = folder / name
        wrapper.write_text(_wrapper(_installed(name), limits), encoding="utf-8")
        wrapper.chmod(0o700)
    _check_runs(folder / "pdftoppm")
    return str(folder)


def poppler_version() -> str:
    """Return what ``pdftoppm -v`` says first, for example ``pdftoppm version 22.12.0``."""
    told = subprocess.run([_installed("pdftoppm"), "-v"], capture_output=True, text=True, timeout=30, check=False)
    return (told.stderr or told.stdout).splitlines()[0]


def _installed(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise PopplerError(
            name, "is not installed", "install Poppler's programs, on Debian: apt-get install poppler-utils"
        )
    return found


def _wrapper(program: str, limits: Limits) -> str:
    """Return the shell script. ``-q`` keeps a hostile file from flooding the pipe with complaints."""
    blocks = (limits.max_pixels * _BYTES_PER_PIXEL + _HEADER_BYTES) // _ULIMIT_BLOCK + 1
    quiet, memory = ("", "") if program.endswith("pdfinfo") else ("-q ", f"export {_MEMORY}; ")
    return (
        "#!/bin/sh\n"
        f"set -e; ulimit -c 0; ulimit -t {max(1, round(limits.seconds))}\n"
        f"ulimit -v {limits.memory_bytes // 1024}; ulimit -f {blocks}\n"
        f'{memory}exec {shlex.quote(program)} {quiet}"$@"\n'
    )


def _check_runs(wrapper: Path) -> None:
    try:
        subprocess.run([str(wrapper), "-v"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError) as e:
        hint = "set TMPDIR to a folder from which programs may be run"
        raise PopplerError(wrapper.parent, "cannot start Poppler from the temporary folder", hint) from e
