"""What locking a test set would make final, and whether that is enough for the policy's gates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecgcore.counted import counted
from ecgcore.data.split import Split
from ecgcore.errors import LedgerError
from ecgcore.evaluation.gates.gate import MinimumCases
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.study import SnapshotRow, accepted_studies
from ecgcore.ledger.decide.split_policy import load_split_policy
from ecgcore.settings import Settings
from ecgcore.targets.catalogue import Catalogue
from tasks.prefect.environment import open_ledger


@dataclass(frozen=True)
class TargetCases:
    """The labelled cases of a target in a test set, and the least that the policy's gates trust, if it says so."""

    target: str
    positives: int
    negatives: int
    needed: MinimumCases | None

    @property
    def too_few(self) -> bool:
        """Whether every gate of the target would be inconclusive on the set."""
        least = self.needed
        return least is not None and (self.positives < least.positives or self.negatives < least.negatives)

    def to_text(self) -> str:
        """Return it as one line."""
        text = f"{self.target}: {self.positives} positive, {self.negatives} negative"
        if not self.too_few or self.needed is None:
            return text
        return f"{text} - TOO FEW: the policy needs {self.needed.positives} and {self.needed.negatives}"


@dataclass(frozen=True)
class LockPlan:
    """A test set as it would be locked now.

    Args:
        name: of the set.
        policy: whose minimum it is held against.
        studies: members; disputed ones are left out.
        cases: by target.
    """

    name: str
    policy: str
    studies: int
    cases: tuple[TargetCases, ...]

    def to_text(self) -> str:
        """Return what a person is shown before the set is locked."""
        head = (
            f"test set {self.name}: {counted(self.studies, 'study')} would never train, and no later one would be added"
        )
        return "\n".join([head, *(f"  {each.to_text()}" for each in self.cases)])


def lock_plan(settings: Settings, name: str) -> LockPlan:
    """Count what is in a test set now, beside the minimum of ``ECG_POLICY``; a policy that is not there has none.

    Raises:
        LedgerError: the ledger cannot be opened, the set is locked already, or the split policy has none so named.
        RecipeError: a policy file is wrong.
    """
    with open_ledger(settings) as ledger, ledger.reading() as connection:
        testset.check_unlocked(connection, name)
        _check_named(settings, name)
        found = [row for row in accepted_studies(connection) if row.test_set == name and row.split is Split.TEST]
    rows = [row for row in found if not row.disputed]
    least = {gate.target: gate for gate in _minimums(settings) if gate.test_set == name}
    cases = tuple(
        TargetCases(target, values.count(1), values.count(0), least.get(target))
        for target, values in _labels(rows, settings.catalogue).items()
    )
    return LockPlan(name, settings.policy, len(rows), cases)


def _check_named(settings: Settings, name: str) -> None:
    known = load_split_policy(settings.split_policy).test_sets
    if name not in known:
        raise LedgerError(f"test set {name}", "is none of the split policy", f"name one of {', '.join(known)}")


def check_sufficient(plan: LockPlan) -> None:
    """Check that the gates could decide on the set, once it has any study.

    Raises:
        LedgerError: it holds too few cases of a target.
    """
    short = [each.to_text() for each in plan.cases if each.too_few]
    if plan.studies and short:
        hint = "ingest the whole period first; --yes locks it all the same"
        rule = f"is too small for the gates of the policy {plan.policy} ({'; '.join(short)}), and locking is for good"
        raise LedgerError(f"test set {plan.name}", rule, hint)


def _minimums(settings: Settings) -> Iterable[MinimumCases]:
    path = settings.deployments / "policies" / f"{settings.policy}.yaml"
    gates = load_policy(path).gates if path.is_file() else ()
    return [gate for gate in gates if isinstance(gate, MinimumCases)]


def _labels(rows: Sequence[SnapshotRow], catalogue: Catalogue) -> dict[str, list[int | None]]:
    return {
        target.name: [target.label(row.labels.get(target.column.key)) for row in rows] for target in catalogue.targets
    }
