"""Judges a model directory on the locked test sets: score, evaluate, compare with the champion, gates, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ecgcore.counted import counted
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.errors import PromotionError, TransientError
from ecgcore.evaluation.estimate.comparison import compare_all
from ecgcore.evaluation.estimate.evaluation import Evaluation, Metric, evaluate_all
from ecgcore.evaluation.figures.curves import Curve, calibration_png, gates_png, roc_png
from ecgcore.evaluation.frame.predictions import labelled, labels_and_probabilities, rows_of, target_names
from ecgcore.evaluation.gates.decision import FIRST_RUN, Decision, Outcome, decide
from ecgcore.evaluation.gates.judge import Check, Evidence
from ecgcore.evaluation.gates.policy import Policy
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.decide.candidacy import GateVerdict
from ecgcore.ledger.ledger import Ledger
from ecgcore.pages.decision_page import Looks
from ecgcore.predictor.scoring import score
from tasks.release.fresh_replay import replay
from tasks.release.serving import Champion

VERDICT_OF = {
    Outcome.PROMOTE: GateVerdict.PASS,
    Outcome.REJECT: GateVerdict.FAIL,
    Outcome.INCONCLUSIVE: GateVerdict.INCONCLUSIVE,
}


@dataclass(frozen=True)
class Judgement:
    """All that the decision on a candidate rests on.

    Args:
        predictions: of the candidate on the locked test sets.
        evaluations, decision: what they came to.
        looks: at each test set, this one included.
        figures: PNG files by name.
        exploratory: why this verdict was not planned before the training, and so never promotes; None if it was.
        earlier: a line for each earlier look at the answers of this model or recipe.
    """

    predictions: pd.DataFrame
    evaluations: tuple[Evaluation, ...]
    decision: Decision
    looks: tuple[Looks, ...]
    figures: Mapping[str, bytes]
    exploratory: str | None = None
    earlier: tuple[str, ...] = ()

    @property
    def gate(self) -> GateVerdict:
        """The verdict of all blocking gates together, as the registry's tag."""
        return VERDICT_OF[self.decision.outcome]

    def metrics(self) -> dict[str, float]:
        """Return every metric with its interval by name, such as ``auc.scar.old`` and ``auc.scar.old.low``."""
        found: dict[str, float] = {}
        for evaluation in self.evaluations:
            for metric in Metric:
                interval = evaluation.scores.metric(metric)
                name = f"{metric}.{evaluation.target}.{evaluation.test_set}"
                if interval is not None:
                    found |= {name: interval.value, f"{name}.low": interval.low, f"{name}.high": interval.high}
        return found

    def gate_table(self) -> pd.DataFrame:
        """Return one row per gate."""
        return pd.DataFrame(
            [
                {
                    "gate": result.title,
                    "severity": result.severity.value,
                    "value": result.value.value if result.value else None,
                    "low": result.value.low if result.value else None,
                    "high": result.value.high if result.value else None,
                    "limit": result.limit,
                    "verdict": result.verdict.value,
                    "cases": result.cases,
                    "cases_needed": result.cases_needed,
                    "detail": result.detail,
                }
                for result in self.decision.results
            ]
        )


def judge(
    ledger: Ledger,
    snapshot: Snapshot,
    model_dir: Path,
    golden_dir: Path,
    policy: Policy,
    champion: Champion | None,
    actor: str,
    promotable: bool = True,
    alone: str = FIRST_RUN,
) -> Judgement:
    """Judge the exported model directory. Counts one look at each test set that it uses, before it is taken.

    A model that cannot be promoted is judged on what it predicts: gates of other targets, which would fail for want of
    evidence, are left out. ``alone`` says why there is no champion to compare with, where there is none.

    Raises:
        LedgerError: a test set is not locked or no longer has its hash.
        LeakError: a test patient is in another split of the snapshot.
        TransientError: the machine kept the golden studies from being replayed; nothing is judged, no look counted.
    """
    snapshot.leak_check()
    reproduces = _reproduces(model_dir, golden_dir)
    names = sorted({gate.test_set for gate in policy.gates if hasattr(gate, "test_set")})
    looks = tuple(_look(ledger, name, actor) for name in names)
    rows = snapshot.rows(Split.TEST)
    rows = rows[rows["test_set"].isin(names)]
    predictions = score(snapshot, rows, model_dir)
    policy = policy if promotable else policy.about(target_names(predictions))
    evaluations = evaluate_all(predictions, policy.level)
    before = score(snapshot, rows, champion.path) if champion else None
    comparisons = compare_all(predictions, before, policy.level) if before is not None else ()
    evidence = Evidence(
        evaluations=evaluations,
        champion=champion.version if champion else None,
        comparisons=comparisons,
        no_leak=_leak_free(snapshot),
        reproduces=reproduces,
        looks={look.test_set: look.lifetime for look in looks},
    )
    decision = decide(policy, evidence, alone)
    words = {each.target: snapshot.words(each.target) for each in evaluations}
    figures = _figures(predictions, before, evaluations, decision, policy.level, words)
    return Judgement(predictions, evaluations, decision, looks, figures)


def _look(ledger: Ledger, name: str, actor: str) -> Looks:
    locked = testset.verify(ledger, name)
    lifetime = locked.lifetime_looks + 1
    replaced = tuple(each.to_text() for each in locked.replacements)
    return Looks(name, locked.sha256, testset.look(ledger, name, actor), lifetime, replaced)


def _leak_free(snapshot: Snapshot) -> Check:
    patients = snapshot.studies["patient_id"].nunique()
    return Check(
        True, f"{counted(patients, 'patient')} and {counted(len(snapshot.studies), 'study')}, each patient in one split"
    )


def _reproduces(model_dir: Path, golden_dir: Path) -> Check:
    try:
        result = replay(model_dir, golden_dir)
    except TransientError:
        raise
    except PromotionError as error:
        return Check(False, str(error))
    text = (
        f"{counted(result.studies, 'golden study')} in a fresh process, largest difference {result.max_difference:.1g}"
    )
    return Check(True, text)


def _figures(
    predictions: pd.DataFrame,
    before: pd.DataFrame | None,
    evaluations: tuple[Evaluation, ...],
    decision: Decision,
    level: float,
    words: Mapping[str, str],
) -> dict[str, bytes]:
    figures: dict[str, bytes] = {}
    for each in evaluations:
        if each.scores.auc is None:
            continue
        name, title = f"{each.target}-{each.test_set}", f"{words[each.target]}, test set {each.test_set}"
        mine = _curve("candidate", predictions, each)
        curves = [mine] if before is None else [mine, _curve(f"champion {decision.champion}", before, each)]
        figures[f"roc-{name}"] = roc_png(title, curves, level)
        figures[f"calibration-{name}"] = calibration_png(title, mine, level)
    if any(result.value is not None for result in decision.results):
        figures["gates"] = gates_png("Gates", decision.results)
    return figures


def _curve(name: str, predictions: pd.DataFrame, of: Evaluation) -> Curve:
    rows = labelled(rows_of(predictions, of.target, of.test_set), of.target)
    return Curve(name, *labels_and_probabilities(rows, of.target))
