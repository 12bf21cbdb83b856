"""Test, then train: what the champion says about studies that came after its training."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import pandas as pd

from ecgcore.data.snapshot import Snapshot
from ecgcore.evaluation.estimate.evaluation import Evaluation, evaluate_all
from ecgcore.predictor.scoring import score
from tasks.release.serving import Champion


@dataclass(frozen=True)
class Newcomers:
    """The champion's scores on the studies that are new since its training."""

    champion: str
    evaluations: tuple[Evaluation, ...]

    def table(self) -> pd.DataFrame:
        """Return one row per target: n, positives, AUC with interval, or why it is not defined."""
        rows = []
        for each in self.evaluations:
            auc = each.scores.auc
            rows.append(
                {
                    "champion": self.champion,
                    "target": each.target,
                    "studies": each.scores.n,
                    "positives": each.scores.positives,
                    "auc": auc.value if auc else None,
                    "low": auc.low if auc else None,
                    "high": auc.high if auc else None,
                    "undefined": "; ".join(each.scores.undefined),
                }
            )
        return pd.DataFrame(rows)


def score_newcomers(snapshot: Snapshot, study_ids: Set[str], champion: Champion) -> Newcomers | None:
    """Score the champion on some studies of a snapshot; None if there are none."""
    rows = snapshot.studies[snapshot.studies["study_id"].isin(list(study_ids))]
    if rows.empty:
        return None
    frame = score(snapshot, rows, champion.path).assign(test_set=f"new since version {champion.version}")
    return Newcomers(champion.version, evaluate_all(frame))
