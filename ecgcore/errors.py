"""The error tree. Every message says the thing, the rule it breaks, and the next step.

EcgError
├── SettingsError      an ECG_* variable or a secret is missing or wrong
├── SurroundingsError  the machine refuses: memory, disk, file sizes, open files
├── ReportError        an ECG report cannot be used; carries a machine-readable reason
├── TargetError        the catalogue of targets is wrong, or lacks one
├── TableError         a label table cannot be used at all
├── LedgerError        the ledger refuses a change
├── LeakError          a test patient would reach training
├── SnapshotError      a snapshot directory is incomplete or altered
├── RecipeError        a recipe or policy file is wrong
├── TrainingError      a training cannot start or go on
├── EvaluationError    a statistic is not defined for these numbers
├── PredictorError     a model directory or an input of the predictor is wrong
└── PromotionError     a version cannot be promoted
    └── TransientError the machine failed, not the version: run it again
"""

from __future__ import annotations


class EcgError(Exception):
    """Root of all errors that this project raises on purpose.

    Args:
        thing: what the message is about (a file, a study, a setting), without identifiers.
        rule: the rule it breaks, with the offending value.
        hint: the next step for the person who reads it.
    """

    def __init__(self, thing: object, rule: str, hint: str) -> None:
        self.thing = str(thing)
        self.rule = rule
        self.hint = hint
        super().__init__(f"{self.thing}: {rule}. Hint: {hint}")

    def __reduce__(self) -> tuple[type[EcgError], tuple[str, str, str]]:
        return type(self), (self.thing, self.rule, self.hint)


class SettingsError(EcgError):
    """An ECG_* variable or a secret is missing or wrong."""


class SurroundingsError(EcgError):
    """The machine refuses what a command needs: memory, disk space, a file's size, open files."""


class TargetError(EcgError):
    """The catalogue of targets is wrong, or does not have the one that is named."""


class TableError(EcgError):
    """A label table cannot be used at all."""


class LedgerError(EcgError):
    """The ledger refuses a change."""


class LeakError(EcgError):
    """A test patient would reach training, or a patient sits in two splits."""


class SnapshotError(EcgError):
    """A snapshot directory is incomplete or was altered."""


class RecipeError(EcgError):
    """A recipe or a policy file is wrong."""


class TrainingError(EcgError):
    """A training cannot start or go on."""


class EvaluationError(EcgError):
    """A statistic is not defined for the numbers given."""


class PredictorError(EcgError):
    """A model directory, or an input of the predictor, is wrong."""


class PromotionError(EcgError):
    """A version cannot be promoted."""


class TransientError(PromotionError):
    """The machine failed, not the version: a full disk, too little time or memory. No verdict; run it again."""


class ReportError(EcgError):
    """An ECG report cannot be used.

    Args:
        reason: the machine-readable rule name, in kebab case (see ``ecgcore.reports.page.reason.Reason``).
    """

    def __init__(self, thing: object, rule: str, hint: str, reason: str = "unreadable") -> None:
        super().__init__(thing, rule, hint)
        self.reason = str(reason)

    def __reduce__(self) -> tuple[type[ReportError], tuple[str, str, str, str]]:  # type: ignore[override]
        return type(self), (self.thing, self.rule, self.hint, self.reason)
