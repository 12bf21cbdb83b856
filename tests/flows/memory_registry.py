"""A registry in memory, for the tests of promotions."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.permission import own_objection
from ecgcore.predictor.fingerprint import directory_sha256
from tasks.registry.version_tags import RUN_ID, VersionTags


@dataclass
class MemoryRegistry:
    """Versions by their tags; their files lie in `folder`."""

    folder: Path
    by_version: dict[str, dict[str, str]] = field(default_factory=dict)
    champion: str | None = None
    offered: set[str] = field(default_factory=set)

    def add(self, version: str, against: str, content: str = "", **tags: str) -> None:
        model, golden = self.folder / version / "model", self.folder / version / "golden"
        for path in (model, golden):
            path.mkdir(parents=True)
        for name in ("configs.json", "model.ckpt", "transform.json"):
            (model / name).write_text(f"{name} of {content or version}", encoding="utf-8")
        (golden / "golden.json").write_text("[]", encoding="utf-8")
        own = {"gate": "pass", "judged_against": against, "model_dir_sha256": directory_sha256(model)}
        self.by_version[version] = own | tags
        self.offered.add(version)

    def register_candidate(self, candidate: Any) -> str:
        for version, tags in self.by_version.items():
            if tags.get(RUN_ID) == candidate.run_id:
                return version
        version = str(len(self.by_version) + 1)
        self.add(version, content=candidate.model, ecg_run_id=candidate.run_id, **candidate.tags)
        self.offered.remove(version)
        return version

    def offer(self, _slot: str, version: str) -> None:
        self.offered.add(version)

    def offered_version(self, _slot: str, recipe_sha256: str) -> str | None:
        mine = {v for v in self.offered if self.by_version[v].get("recipe_sha256") == recipe_sha256}
        return max(mine, key=int, default=None)

    def tags(self, _slot: str, version: str) -> VersionTags:
        return VersionTags.from_mlflow(self.by_version[version])

    def download_model_dir(self, _slot: str, version: str, dest: Path) -> Path:
        shutil.copytree(self.folder / version / "model", dest)
        if directory_sha256(dest) != self.by_version[version]["model_dir_sha256"]:
            raise PromotionError(f"version {version}", "its model_dir differs from what was registered", "train again")
        return dest

    def download_golden_dir(self, _slot: str, version: str, dest: Path) -> Path:
        return Path(shutil.copytree(self.folder / version / "golden", dest))

    def set_champion(self, _slot: str, version: str, _evidence: Mapping[str, str]) -> None:
        assert own_objection(self.tags(_slot, version).candidacy(_slot, version)) is None
        self.champion = version

    def clear_champion(self, _slot: str) -> None:
        self.champion = None
