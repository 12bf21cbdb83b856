"""One retraining: what all of its steps need to know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ecgcore.evaluation.gates.policy import Policy, load_policy
from ecgcore.ledger.ledger import Ledger
from ecgcore.settings import Settings
from ecgcore.training.recipe.lineage import Lineage
from ecgcore.training.recipe.recipe_file import AnyRecipe
from tasks.prefect.environment import open_ledger
from tasks.registry.registry import Registry, registry_of
from tasks.training.dispatch import check_weights
from tasks.training.runs import lineage_of


@dataclass(frozen=True)
class Retraining:
    """The context of a retraining.

    Args:
        settings: the platform's.
        ledger: open, with the slot's retraining locked.
        registry: where the candidate goes.
        lineage: the recipe, and what it starts from.
        policy: the gates.
        policy_file: where they are written.
        slot: that the candidate would serve; a recipe that serves none is registered under its own name.
        force: train even if too few studies are new, or a batch limit is exceeded.
    """

    settings: Settings
    ledger: Ledger
    registry: Registry
    lineage: Lineage
    policy: Policy
    policy_file: Path
    slot: str
    force: bool

    @property
    def recipe(self) -> AnyRecipe:
        """What is trained."""
        return self.lineage.recipe


@contextmanager
def open_retraining(
    settings: Settings, recipe: str | None, policy: str | None, overlay: str | None, force: bool
) -> Iterator[Retraining]:
    """Check recipe and policy, open the ledger, and keep other retrainings of the slot away meanwhile.

    Raises:
        RecipeError: recipe, overlay or policy is not there or wrong, the policy misses a target of the recipe, or the
            recipe requires published weights that are not here.
        LedgerError: another retraining of the slot is under way.
    """
    policy_file = settings.deployments / "policies" / f"{policy or settings.policy}.yaml"
    lineage, gates = lineage_of(settings, recipe or settings.recipe, overlay), load_policy(policy_file)
    plan = lineage.recipe
    if plan.promotable:
        gates.check_covers(plan.model.targets)
    slot = plan.slot or plan.name
    check_weights(settings, lineage)
    with open_ledger(settings) as ledger, ledger.exclusive(f"a retraining of slot {slot}", wait=False):
        yield Retraining(settings, ledger, registry_of(settings), lineage, gates, policy_file, slot, force)
