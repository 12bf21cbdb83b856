"""A target: what a model is trained to predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.errors import TargetError
from ecgcore.targets.label_column import Kind, LabelColumn
from ecgcore.targets.label_rule import LabelRule
from ecgcore.targets.language import Language

_RULE = "{rule}"


@dataclass(frozen=True, slots=True)
class Prevalence:
    """The share of positives that is believed, 0 to 1, and what to look at when it lies outside."""

    low: float
    high: float
    hint: str

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise TargetError("prevalence", f"is from {self.low} to {self.high}", "give 0 <= low <= high <= 1")


@dataclass(frozen=True, slots=True)
class Target:
    """What a model predicts: 0 or 1, from one label column.

    Args:
        name: lower case letters, digits and underscores, as recipes and policies write it.
        column: the label that it follows from.
        rule: when the label, a number, makes it 1; None for a flag, which is the target itself.
        phrases: what people read where it is positive, by language, with ``{rule}`` for the rule's words.
        prevalence: the share of positives that is believed.

    Raises:
        TargetError: a number without a rule, a rule for a flag, a threshold outside the column's range, or a language
            without words.
    """

    name: str
    column: LabelColumn
    rule: LabelRule | None
    phrases: Mapping[Language, str]
    prevalence: Prevalence

    def __post_init__(self) -> None:
        thing = f"target {self.name}"
        if (self.rule is None) != (self.column.kind is Kind.BINARY):
            kind = "number" if self.rule is None else "flag"
            raise TargetError(
                thing, f"follows from a {kind}", 'say `positive: "< 50"` for a number, nothing for a flag'
            )
        if self.rule is not None and not (self.column.low or 0) < self.rule.threshold < (self.column.high or 0):
            rule = f"has the threshold {self.rule.threshold:g}, outside the column's range"
            raise TargetError(thing, rule, f"give one between {self.column.low:g} and {self.column.high:g}")
        missing = [language.value for language in Language if not self.phrases.get(language)]
        if missing:
            raise TargetError(
                thing, f"has no words in {missing[0]}", "write what people read: words: {en: ..., th: ...}"
            )

    @property
    def kind(self) -> Kind:
        """What the label is that it follows from."""
        return self.column.kind

    def label(self, value: float | None) -> int | None:
        """Return 1 where the label makes it positive, 0 where not, None where the label is missing."""
        if value is None:
            return None
        return int(value) if self.rule is None else int(self.rule.holds(value))

    def words(self, language: Language = Language.ENGLISH) -> str:
        """Return what people read where it is positive: ``LVEF below 50 %``."""
        rule = "" if self.rule is None else self.rule.words(language)
        return self.phrases[language].replace(_RULE, rule)

    @property
    def rule_text(self) -> str:
        """The rule as it is recorded and compared: ``lvef < 50``; "" for a flag."""
        return "" if self.rule is None else f"{self.name} {self.rule}"
