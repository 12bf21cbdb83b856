"""Which code and which packages made a model."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

SERVING_PACKAGES = (
    "mlflow", "torch", "torchvision", "timm", "opencv-python-headless", "pillow", "numpy", "pandas", "pdf2image",
    "pypdfium2", "pyyaml", "safetensors", "xgboost",
)  # fmt: skip
UNKNOWN_COMMIT = "unknown"


def installed_packages() -> str:
    """Return one ``name==version`` line per installed package, after a comment with Python and the system."""
    found = {(item.name.lower().replace("_", "-"), item.version) for item in metadata.distributions() if item.name}
    lines = [f"{name}=={version}" for name, version in sorted(found)]
    return "\n".join([f"# Python {platform.python_version()}, {platform.system()} {platform.machine()}", *lines, ""])


def serving_requirements() -> list[str]:
    """Return the pinned packages that serving a model needs, apart from this project itself."""
    return [f"{name}=={_public_version(name)}" for name in SERVING_PACKAGES if _public_version(name)]


def code_commit(repository: Path) -> str:
    """Return the commit checked out in ``repository``, ``-dirty`` appended if files differ; ``unknown`` without git."""
    commit = _git(repository, "rev-parse", "HEAD")
    if commit is None:
        return UNKNOWN_COMMIT
    return f"{commit}-dirty" if _git(repository, "status", "--porcelain", "--untracked-files=no") else commit


def _public_version(name: str) -> str:
    try:
        return metadata.version(name).split("+")[0]  # a build's local suffix is on no package index
    except metadata.PackageNotFoundError:
        return ""


def _git(repository: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
