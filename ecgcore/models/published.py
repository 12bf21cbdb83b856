"""Published weights of a backbone that are already on this machine, found without a network.

They lie in a folder that somebody filled, ``<backbone>.safetensors`` with ``<backbone>.safetensors.sha256`` beside it
as ``sha256sum`` writes it, or in the cache of the hub that timm loads from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ecgcore.errors import RecipeError
from ecgcore.models.backbone import unknown_backbone
from ecgcore.models.spec import ModelSpec, Pretrained

_CACHED_NAME = "model.safetensors"
_HASH_LENGTH = 64


def check_required(spec: ModelSpec, folder: Path | None) -> None:
    """Refuse a network that needs published weights which this machine does not have; nothing is downloaded.

    Raises:
        RecipeError: as :func:`local_weights`, or they are required and not here.
    """
    if spec.pretrained is Pretrained.REQUIRED and local_weights(spec.backbone, folder) is None:
        place = f"nor {spec.backbone}.safetensors in {folder}" if folder else "and ECG_PRETRAINED_WEIGHTS is not set"
        raise RecipeError(
            f"published weights of {spec.backbone}",
            f"are required by the recipe, and are neither in the cache of the hub {place}",
            "bring the file and its hash, see 'Published weights' in README.md; or say pretrained: preferred or none",
        )


def local_weights(backbone: str, folder: Path | None) -> Path | None:
    """Return the file of a backbone's published weights, None where this machine has none.

    Args:
        backbone: a timm name.
        folder: where somebody put files; looked into first.

    Raises:
        RecipeError: the folder's file has no hash beside it or another one, or timm does not know the backbone.
    """
    return _in_folder(backbone, folder) if folder and _named(backbone, folder).is_file() else _in_cache(backbone)


def _named(backbone: str, folder: Path) -> Path:
    return folder / f"{backbone}.safetensors"


def _in_folder(backbone: str, folder: Path) -> Path:
    path = _named(backbone, folder)
    said = path.with_name(f"{path.name}.sha256")
    hint = f"fetch it again from where it is published, and write its hash with: sha256sum {path.name} > {said.name}"
    try:
        expected = said.read_text(encoding="ascii")[:_HASH_LENGTH]
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(path, f"has no hash beside it ({said.name} cannot be read)", hint) from error
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.lower():
        raise RecipeError(path, f"is not the file whose SHA-256 {said.name} names", hint)
    return path


def _in_cache(backbone: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from timm.models import get_pretrained_cfg

    try:
        published = get_pretrained_cfg(backbone)
    except RuntimeError as error:
        raise unknown_backbone(backbone, error) from error
    if published is None or not published.hf_hub_id:
        return None
    found = try_to_load_from_cache(published.hf_hub_id, _CACHED_NAME)
    return Path(found) if isinstance(found, str) else None
