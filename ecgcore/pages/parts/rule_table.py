"""What is in quarantine, by rule, with what to do about each."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.pages.document import Block, Cell, Text, capped, number, sentence

IN_QUARANTINE = "Files of the inbox, and rows of all label tables, that are in quarantine, by the rule that they break."


@dataclass(frozen=True)
class RuleCount:
    """How many files and how many rows break a rule, and what to do about it."""

    rule: str
    files: int
    rows: int
    hint: str


def rule_table(rules: tuple[RuleCount, ...], caption: str = IN_QUARANTINE) -> Block:
    """Return the rules with the most frequent first, or a sentence where none was broken.

    A report whose row breaks a rule is in quarantine with it, so that files and rows are never added up.

    Args:
        rules: what was counted.
        caption: what was counted, in a sentence; pages that count differently say so here.
    """
    if not rules:
        return Text("Nothing is in quarantine.")
    ordered = sorted(rules, key=lambda r: (-r.files - r.rows, r.rule))
    rows = tuple((Cell(r.rule), number(r.files), number(r.rows), sentence(r.hint)) for r in ordered)
    return capped(caption, ("rule", "files", "rows", "what to do"), rows)
