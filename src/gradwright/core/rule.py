"""Rules and steps. Owns: what a named rule is and what a step records. Never: decides which rule to apply."""

from __future__ import annotations

from gradwright.core.node import Node
from gradwright.core.record import dataclass


@dataclass(frozen=True)
class Rule:
    """A named rule: ``title`` is what a person reads, ``source`` where it is written down.

    ``plain`` marks the rules a lecturer applies without a word (linearity, constants, ∂x_i/∂x_j = δ_ij).
    """

    name: str
    title: str
    source: str
    plain: bool = False


@dataclass(frozen=True)
class Rewrite:
    """What one application of one rule makes of a node; ``almost``: where that does not hold, in words."""

    rule: Rule
    after: Node
    almost: str = ""


@dataclass(frozen=True)
class Step:
    """One line of a derivation: the whole before and after, and the rules and facts that lead from one to the other.

    ``by`` names what applied them, so that it can be asked to do so again.
    """

    rules: tuple[Rule, ...]
    before: Node
    after: Node
    used: tuple[str, ...] = ()
    by: str = ""

    @property
    def rule(self) -> str:
        return "+".join(rule.name for rule in self.rules)

    @property
    def title(self) -> str:
        return ", ".join(dict.fromkeys(rule.title for rule in self.rules))
