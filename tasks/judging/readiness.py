"""Whether a retraining could begin, as far as it shows without Prefect and MLflow, which take a while to start."""

from __future__ import annotations

from ecgcore.errors import LedgerError
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.ledger.cohort import testset
from ecgcore.settings import Settings
from tasks.prefect.environment import open_ledger
from tasks.training.runs import lineage_of


def check_ready(settings: Settings, recipe: str, policy: str, overlay: str | None) -> None:
    """Check recipe and policy, and that the test sets that the policy judges on are locked.

    Raises:
        RecipeError: recipe, overlay or policy is wrong, or the policy misses a target of the recipe.
        LedgerError: a test set of the policy is not locked.
    """
    plan = lineage_of(settings, recipe, overlay).recipe
    gates = load_policy(settings.deployments / "policies" / f"{policy}.yaml")
    if plan.promotable:
        gates.check_covers(plan.model.targets)
    with open_ledger(settings) as ledger:
        locked = {each.name for each in testset.locked_sets(ledger)}
    for name in gates.test_sets:
        if name not in locked:
            raise LedgerError(f"test set {name}", "is not locked", f"lock it with `ecg testset lock {name}`")
