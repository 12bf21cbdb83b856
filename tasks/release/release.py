"""Releases on disk: export a model directory, check it, and let the ``champion`` link point to it.

Every write is made under a temporary name, flushed to the disk and then renamed, so that a process killed at any moment
leaves either the old state or the new one. Exports and link switches hold a file lock, which the kernel drops with the
process.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ecgcore import durable
from ecgcore.errors import PromotionError, TransientError
from ecgcore.predictor.champion import LINK
from ecgcore.predictor.fingerprint import combined_sha256, file_hashes
from tasks.release.fresh_replay import TIMEOUT_SECONDS, Replay, replay

RELEASES = "releases"
GOLDEN = "golden"
MANIFEST = "release.json"
REQUIRED_FILES = ("configs.json", "model.ckpt", "transform.json")

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_READ_ONLY = 0o444


@dataclass(frozen=True)
class Release:
    """What ``release.json`` says: a version, the SHA-256 of each file (golden studies included), and notes about it."""

    version: str
    files: Mapping[str, str]
    metadata: Mapping[str, Any]

    @property
    def model_dir_sha256(self) -> str:
        """The fingerprint of the model's own files, equal to the one the registry holds."""
        return combined_sha256({path: sha for path, sha in self.files.items() if not path.startswith(f"{GOLDEN}/")})


def export_release(
    model_dir: Path, golden_dir: Path, releases_dir: Path, version: str, metadata: Mapping[str, Any]
) -> Path:
    """Copy a model directory and its golden studies to ``releases_dir/version`` in one step, and return that path.

    A release that is there already and holds the same bytes is left as it is, whatever its metadata.

    Raises:
        PromotionError: the model directory lacks a file, or the version exists with other content.
        TransientError: the disk refuses.
    """
    _check_version(version)
    files = _files_to_release(model_dir, golden_dir)
    target = releases_dir / version
    with _disk_errors(target), _locked(releases_dir):
        if target.exists():
            return _existing(target, files)
        partial = _fresh_partial(releases_dir, version)
        try:
            _fill(partial, model_dir, golden_dir, Release(version, files, dict(metadata)))
            partial.rename(target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        durable.flush(releases_dir)
    return target


def read_release(path: Path) -> Release:
    """Read ``release.json`` and check that the directory holds exactly the files it lists, unaltered.

    Raises:
        PromotionError: there is no such release, or a file is missing, added or altered.
    """
    release = _read_manifest(path)
    present = {name: sha for name, sha in file_hashes(path).items() if name != MANIFEST}
    wrong = sorted(name for name in {*present, *release.files} if present.get(name) != release.files.get(name))
    if wrong:
        raise PromotionError(path, f"differs from its {MANIFEST} in {', '.join(wrong[:5])}", _again(path))
    return release


def verify_release(path: Path, timeout: float = TIMEOUT_SECONDS) -> Replay:
    """Check a release's files, then load it in a fresh process and replay its golden studies to 1e-5.

    Raises:
        PromotionError: a file differs from the manifest, or the replay fails or takes longer than ``timeout`` seconds.
    """
    read_release(path)
    return replay(path, path / GOLDEN, timeout)


def link_champion(home: Path, version: str) -> None:
    """Let ``home/champion`` point to ``releases/version``, atomically. The target is relative, so ``home`` can move.

    Raises:
        PromotionError: the release is missing or altered, or ``champion`` is not a link.
        TransientError: the disk refuses.
    """
    _check_version(version)
    read_release(home / RELEASES / version)
    link = home / LINK
    with _disk_errors(link), _locked(home):
        if linked_version(home) == version:
            return
        fresh = home / f".{LINK}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path(RELEASES) / version)
        fresh.replace(link)
        durable.flush(home)


def unlink_champion(home: Path) -> None:
    """Remove the ``champion`` link, if there is one: what rolling back the very first promotion leaves.

    Raises:
        PromotionError: ``champion`` is not a link to a release.
        TransientError: the disk refuses.
    """
    link = home / LINK
    with _disk_errors(link), _locked(home):
        if linked_version(home) is not None:
            link.unlink()
            durable.flush(home)


def linked_version(home: Path) -> str | None:
    """Return the version that ``home/champion`` points to, or None where there is no champion yet.

    Raises:
        PromotionError: ``champion`` is not a link to a directory below ``releases``.
    """
    link = home / LINK
    if not link.is_symlink() and not link.exists():
        return None
    target = link.readlink() if link.is_symlink() else Path()
    if len(target.parts) != 2 or target.parts[0] != RELEASES:
        raise PromotionError(
            link, f"is not a link to {RELEASES}/<version>", "move it away; promoting a version makes the link again"
        )
    return target.name


def _check_version(version: str) -> None:
    if not _VERSION.fullmatch(version):
        raise PromotionError(
            f"version {version!r}",
            "cannot be the name of a release",
            "use letters, digits, dots, dashes and underscores only",
        )


def _files_to_release(model_dir: Path, golden_dir: Path) -> dict[str, str]:
    model = file_hashes(model_dir)
    golden = {f"{GOLDEN}/{name}": sha for name, sha in file_hashes(golden_dir).items()}
    missing = [name for name in REQUIRED_FILES if name not in model]
    if missing:
        raise PromotionError(model_dir, f"lacks {', '.join(missing)}", "export the model of a finished training")
    if not golden:
        raise PromotionError(golden_dir, "holds no golden study", "train again: each training keeps a few")
    reserved = [name for name in model if name == MANIFEST or name.split("/")[0] == GOLDEN]
    if reserved:
        raise PromotionError(model_dir, f"already holds {reserved[0]}", "name a run's model directory, not a release")
    return dict(sorted({**model, **golden}.items()))


def _existing(target: Path, files: Mapping[str, str]) -> Path:
    if dict(read_release(target).files) != dict(files):
        raise PromotionError(
            target, "exists with other content", "a version is never exported twice; register the run as a new version"
        )
    return target


def _read_manifest(path: Path) -> Release:
    try:
        content = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        return Release(content["version"], MappingProxyType(content["files"]), MappingProxyType(content["metadata"]))
    except FileNotFoundError as error:
        raise PromotionError(path, f"is not a release: it has no {MANIFEST}", _again(path)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise PromotionError(path / MANIFEST, "is not a release manifest", _again(path)) from error


def _again(release: Path) -> str:
    return f"remove {release} if it is there, then run `ecg promote {release.name}` again: that exports it anew"


def _fresh_partial(releases_dir: Path, version: str) -> Path:
    partial = releases_dir / f".{version}.partial"
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir()
    return partial


def _fill(partial: Path, model_dir: Path, golden_dir: Path, release: Release) -> None:
    for name in release.files:
        source = golden_dir / name.removeprefix(f"{GOLDEN}/") if name.startswith(f"{GOLDEN}/") else model_dir / name
        _copy(source, partial / name)
    _write_manifest(partial / MANIFEST, release)
    for folder in [path for path in partial.rglob("*") if path.is_dir()] + [partial]:
        durable.flush(folder)
    read_release(partial)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer)
    _seal(target)


def _write_manifest(path: Path, release: Release) -> None:
    content = {
        "version": release.version,
        "model_dir_sha256": release.model_dir_sha256,
        "metadata": dict(release.metadata),
        "files": dict(release.files),
    }
    with path.open("x", encoding="utf-8") as writer:
        json.dump(content, writer, indent=2, sort_keys=True)
    _seal(path)


def _seal(path: Path) -> None:
    path.chmod(_READ_ONLY)
    durable.flush(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _disk_errors(thing: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientError(
            thing, f"cannot be written ({error.strerror})", "free space or give write permission, then promote again"
        ) from error
