"""The steps of a promotion over release directories and the registry. Each may be repeated."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ecgcore.ledger.decide.promotion_record import PromotionRecord
from tasks.registry.registry import Registry
from tasks.release.release import RELEASES, export_release, link_champion, unlink_champion, verify_release


@dataclass(frozen=True)
class ChampionSteps:
    """Steps of the slot ``champion``: what the deployed predictor loads.

    Args:
        home: ``ECG_HOME``; holds ``releases/`` and the link ``champion``.
        registry: where the version's files come from and whose aliases are set.
    """

    home: Path
    registry: Registry

    def export(self, promotion: PromotionRecord) -> str:
        """Download the version, write its release, and return the model directory's SHA-256."""
        work = self.home / "staging" / f"promotion-{promotion.number}"
        shutil.rmtree(work, ignore_errors=True)  # of an export that was killed
        work.mkdir(parents=True, exist_ok=True)
        model = self.registry.download_model_dir(promotion.slot, promotion.version, work / "model")
        golden = self.registry.download_golden_dir(promotion.slot, promotion.version, work / "golden")
        tags = self.registry.tags(promotion.slot, promotion.version)
        notes = {**tags.to_mlflow(), "reviewer": promotion.reviewer, "reason": promotion.reason}
        export_release(model, golden, self.home / RELEASES, promotion.version, notes)
        shutil.rmtree(work)
        return str(tags.model_dir_sha256)

    def verify(self, promotion: PromotionRecord) -> None:
        """Load the release in a fresh process and replay its golden studies."""
        verify_release(self.home / RELEASES / promotion.version)

    def link(self, promotion: PromotionRecord) -> None:
        """Switch the link ``champion``."""
        link_champion(self.home, promotion.version)

    def alias(self, promotion: PromotionRecord) -> None:
        """Set the aliases ``previous`` and ``champion``."""
        evidence = {"reviewer": promotion.reviewer, "reason": promotion.reason, "promotion": str(promotion.number)}
        self.registry.set_champion(promotion.slot, promotion.version, evidence)

    def clear(self, slot: str) -> None:
        """Take away link and alias."""
        unlink_champion(self.home)
        self.registry.clear_champion(slot)
