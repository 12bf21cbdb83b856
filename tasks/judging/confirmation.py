"""What of an experiment was confirmed on the locked test sets: which trainings, and at which look at each set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ecgcore import durable
from ecgcore.errors import TrainingError

FILE = "confirmed.json"


@dataclass(frozen=True)
class Confirmation:
    """One confirmation: it allows its own trainings to be scored on the tests, and no other.

    Args:
        variant: compared with the base.
        trials: the run directories of base and variant by name, sorted. A name holds the snapshot and the recipe's
            hash, so an edited recipe or a further seed makes another confirmation.
        looks: test set to the look that this one was counted as.
    """

    variant: str
    trials: tuple[str, ...]
    looks: dict[str, int]


def confirmations(folder: Path) -> tuple[Confirmation, ...]:
    """Return what was confirmed in an experiment's folder, oldest first.

    Raises:
        TrainingError: the file does not say which trainings were confirmed.
    """
    file = folder / FILE
    if not file.exists():
        return ()
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["confirmations"]
        return tuple(Confirmation(each["variant"], tuple(each["trials"]), each["looks"]) for each in found)
    except (ValueError, KeyError, TypeError) as e:
        rule = "does not say which trainings were confirmed"
        raise TrainingError(file, rule, "move it away: the next confirmation counts a look and writes it anew") from e


def keep_confirmations(folder: Path, found: Sequence[Confirmation]) -> None:
    """Write the confirmations of an experiment's folder, replacing the file at once."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"confirmations": [asdict(each) for each in found]}
    durable.write_text(folder / FILE, json.dumps(content, indent=2) + "\n")
