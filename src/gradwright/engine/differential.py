"""Differentials. Owns: proving dL, and dp of every definition, in all variables at once. Never: a rule of its own.

The differential of f is its derivative along a direction: Σ ∂f/∂X_ij dX_ij, with an unknown dX shaped like X. It is
proved by the rules that prove a derivative in an entry, where the differential of X is dX instead of a δ; so no δ ever
arises, several variables move in one proof, and every line is linear in dX and has as many axes as f.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradwright.core.build import add, deriv, entry, mul, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import free_index
from gradwright.core.node import Array, Deriv, Node
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up
from gradwright.engine.calculus import Scope
from gradwright.engine.passes import Measure
from gradwright.engine.prove import Proof, Prover

GOAL = "the differential"
"""In place of the variable of a ``Deriv``: no symbol is called so."""


@dataclass(frozen=True)
class Directions:
    """The directions that variables move in, by the variable's name, and a context in which they are symbols."""

    context: Context
    names: Mapping[str, str]

    def entrywise(self, node: Node) -> Node:
        """The node with each differential in it as what it means: Σ ∂f/∂X_ij dX_ij over the variables' entries."""

        def spelled(current: Node) -> Node:
            if not (isinstance(current, Deriv) and current.name == GOAL):
                return current
            return add(*(self._along(current.body, name) for name in self.names))

        return bottom_up(spelled, node)

    def _along(self, body: Node, name: str) -> Node:
        slots = [free_index(f"~d{k}", dim) for k, dim in enumerate(self.context.symbols[name])]
        return total(slots, mul(deriv(body, name, slots), entry(self.names[name], *slots)))


def directions(context: Context, names: Sequence[str]) -> Directions:
    """dX for every variable X, as a symbol of its shape."""
    for name in clashing(context, names):
        raise Error(
            f"d{name} is the differential of {name}, and a name of the formula", hint="call one of them otherwise"
        )
    found = {name: f"d{name}" for name in names}
    shapes = {moved: context.symbols[name] for name, moved in found.items()}
    return Directions(
        replace(context, symbols=context.symbols | shapes, order=[*context.order, *shapes], found={}), found
    )


def clashing(context: Context, names: Sequence[str]) -> list[str]:
    """The variables X for which dX is the name of something else."""
    taken = {*context.symbols, *context.definitions, *context.functions, *context.dims}
    return [name for name in names if f"d{name}" in taken]


def differential(goal: Array, moving: Directions, measure: Measure) -> list[Proof]:
    """The proof of the goal's differential, after those of the definitions it needs."""
    context = moving.context
    dependents = frozenset[str]().union(*(context.dependents(name) for name in moving.names))
    scope = Scope(context, GOAL, dependents, along=dict(moving.names))
    prover = Prover(context, GOAL, (), measure, scope)
    proof = prover.prove(goal, "")
    return [*prover.lemmas, proof]


def unevaluated(node: Node) -> Deriv | None:
    """The node as a differential that no rule was applied to yet."""
    return node if isinstance(node, Deriv) and node.name == GOAL else None
