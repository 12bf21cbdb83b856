"""What a rule is: a name, what breaking it does, and what the data steward does next."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.cmr.rules.finding import Effect, Finding


@dataclass(frozen=True)
class Rule:
    """A rule. Each stands once, in :mod:`ecgcore.cmr.rules.catalogue`.

    Args:
        name: in kebab case, unique; ledgers keep it.
        effect: what breaking it does.
        hint: what the data steward does next.
    """

    name: str
    effect: Effect
    hint: str

    def found(self, value: str, hint: str = "") -> Finding:
        """Return the finding that ``value`` breaks this rule; ``hint`` is a next step that is more to the point."""
        return Finding(self.name, value, hint or self.hint)
