"""What is in quarantine, by rule, with what to do about each."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.pages.document import Block, Cell, Text, capped, number


@dataclass(frozen=True)
class RuleCount:
    """How often a rule was broken, and what to do about it."""

    rule: str
    count: int
    hint: str


def rule_table(rules: tuple[RuleCount, ...]) -> Block:
    """Return the rules with the most frequent first, or a sentence where none was broken."""
    if not rules:
        return Text("Nothing is in quarantine.")
    ordered = sorted(rules, key=lambda r: (-r.count, r.rule))
    rows = tuple((Cell(r.rule), number(r.count), Cell(r.hint)) for r in ordered)
    return capped("In quarantine, by rule", ("rule", "count", "what to do"), rows)
