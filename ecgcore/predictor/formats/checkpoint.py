"""``model.ckpt``: a state dict in Lightning's envelope, written and read without Lightning."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ecgcore.errors import PredictorError

LIGHTNING_VERSION = "2.2.5"
EXPORT_AGAIN = "export the model again; do not edit the directory by hand"

_REQUIRED = ("state_dict", "hyper_parameters", "pytorch-lightning_version", "epoch", "global_step")
_SHOWN = 3
_UNREADABLE = (  # what torch raises on a mangled file
    pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
    AssertionError, OverflowError, OSError,
)  # fmt: skip


def envelope(state: dict[str, torch.Tensor], epoch: int, global_step: int) -> dict[str, Any]:
    """Return what ``model.ckpt`` holds of a state dict, as Lightning would write it."""
    return {
        "state_dict": state,
        "hyper_parameters": {},
        "pytorch-lightning_version": LIGHTNING_VERSION,
        "epoch": int(epoch),
        "global_step": int(global_step),
    }


def read_checkpoint(path: Path, limit: int) -> dict[str, Any]:
    """Return what ``model.ckpt`` holds: tensors and plain values; nothing in it is executed.

    Args:
        path: the file.
        limit: bytes that it may unpack to.

    Raises:
        PredictorError: it is no checkpoint, unpacks to too much, or lacks an entry that every checkpoint has.
    """
    _check_archive(path, limit)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise PredictorError(path, f"cannot be read ({type(error).__name__})", EXPORT_AGAIN) from error
    missing = [key for key in _REQUIRED if not isinstance(content, dict) or key not in content]
    if missing:
        raise PredictorError(path, f"lacks {some(missing)}", EXPORT_AGAIN)
    if not isinstance(content["state_dict"], dict) or not isinstance(content["epoch"], int):
        raise PredictorError(path, "its state_dict or epoch has a wrong type", EXPORT_AGAIN)
    return content


def _check_archive(path: Path, limit: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise PredictorError(path, f"is not a checkpoint ({type(error).__name__})", EXPORT_AGAIN) from error
    if unpacked > limit:
        raise PredictorError(path, f"unpacks to {unpacked} bytes, at most {limit} are read", EXPORT_AGAIN)


def check_entries(path: Path, expected: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]) -> None:
    """Check that a state dict has exactly the expected entries, each finite and of the expected type and shape.

    Raises:
        PredictorError: naming the first entries that are missing, too many or wrong.
    """
    if missing := sorted(expected.keys() - found.keys()):
        raise PredictorError(path, f"state_dict lacks {some(missing)}", EXPORT_AGAIN)
    if unexpected := sorted(str(name) for name in found.keys() - expected.keys()):
        raise PredictorError(path, f"state_dict has unexpected {some(unexpected)}", EXPORT_AGAIN)
    for name, value in expected.items():
        _check_entry(path, name, value, found[name])


def _check_entry(path: Path, name: str, expected: torch.Tensor, found: object) -> None:
    if not isinstance(found, torch.Tensor) or found.layout is not torch.strided:
        raise PredictorError(path, f"{name} is not a plain tensor", EXPORT_AGAIN)
    if found.shape != expected.shape or found.dtype != expected.dtype:
        was, should = (f"{value.dtype} {tuple(value.shape)}" for value in (found, expected))
        raise PredictorError(path, f"{name} must be {should}, is {was}", EXPORT_AGAIN)
    if not bool(torch.isfinite(found).all()):
        raise PredictorError(path, f"{name} holds NaN or infinite values", "train again: this training diverged")


def some(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
