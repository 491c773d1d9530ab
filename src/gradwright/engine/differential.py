"""Differentials. Owns: proving dL, and dp of every definition, in all variables at once. Never: a rule of its own.

The differential of f is its derivative along a direction: Σ ∂f/∂X_ij dX_ij, with an unknown dX shaped like X. It is
proved by the rules that prove a derivative in an entry, where the differential of X is dX instead of a δ; so no δ ever
arises, several variables move in one proof, and every line is linear in dX and has as many axes as f.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

from gradwright.core.build import add, deriv, entry, mul, open_binder, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Add, Array, Deriv, Entry, Node, Reduce, factors_in
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up, run
from gradwright.engine.calculus import Scope
from gradwright.engine.passes import Measure
from gradwright.engine.prove import Proof, Prover
from gradwright.engine.simplify import Used, collapse

GOAL = "the differential"
"""In place of the variable of a ``Deriv``: no symbol is called so."""


@dataclass(frozen=True)
class Directions:
    """What moves, and dX of each: of the ``variables``, and of every definition that moves with them.

    In the ``context`` every dX is a symbol. That of a definition is known: it is the differential of the definition.
    """

    context: Context
    variables: tuple[str, ...]
    names: Mapping[str, str]

    def entrywise(self, node: Node) -> Node:
        """The node with each differential in it as what it means: Σ ∂f/∂X_ij dX_ij over the variables' entries."""
        defined = {moved: name for name, moved in self.names.items() if name not in self.variables}

        def spelled(current: Node) -> Node:
            if isinstance(current, Deriv) and current.name == GOAL:
                return self._along(current.body)
            if isinstance(current, Entry) and current.name in defined:
                return self._along(entry(defined[current.name], *current.slots))
            return current

        return bottom_up(spelled, node)

    def unevaluated(self, node: Node) -> Node:
        """The node with dp of every definition as a differential that no rule was applied to yet."""
        defined = {moved: name for name, moved in self.names.items() if name not in self.variables}

        def opened(current: Node) -> Node:
            if not (isinstance(current, Entry) and current.name in defined):
                return current
            return deriv(entry(defined[current.name], *current.slots), GOAL, ())

        return bottom_up(opened, node)

    def _along(self, body: Node) -> Node:
        terms = []
        for name in self.variables:
            slots = [free_index(f"~d{k}", dim) for k, dim in enumerate(self.context.symbols[name])]
            terms.append(total(slots, mul(deriv(body, name, slots), entry(self.names[name], *slots))))
        return add(*terms)


def directions(context: Context, variables: Sequence[str]) -> Directions:
    """dX for every variable X, as a symbol of its shape."""
    for name in clashing(context, variables):
        raise Error(
            f"d{name} is the differential of {name}, and a name of the formula", hint="call one of them otherwise"
        )
    found = {name: f"d{name}" for name in _moving(context, variables)}
    shapes = {moved: context.shape(name) for name, moved in found.items()}
    opened = replace(context, symbols=context.symbols | shapes, order=[*context.order, *shapes], found={})
    return Directions(opened, tuple(variables), found)


def clashing(context: Context, variables: Sequence[str]) -> list[str]:
    """What moves and is called X, where dX is the name of something else."""
    taken = {*context.symbols, *context.definitions, *context.functions, *context.dims}
    return [name for name in _moving(context, variables) if f"d{name}" in taken]


def _moving(context: Context, variables: Sequence[str]) -> list[str]:
    """The variables, and the definitions that move with them in their order."""
    found = frozenset[str]().union(*(context.dependents(name) for name in variables))
    return [*variables, *(name for name in context.definitions if name in found and name not in variables)]


def differential(goal: Array, moving: Directions, measure: Measure) -> list[Proof]:
    """The proof of the goal's differential, after those of the definitions it needs.

    A definition's differential is left in those of the definitions it is made of: dh₂ = (1 − h₂²) ⊙ (W dh₁).
    """
    context = moving.context
    scope = Scope(context, GOAL, frozenset(moving.names), along={name: moving.names[name] for name in moving.variables})
    proofs = []
    for name in _needed(goal.body, moving):
        proof = _lemma(name, moving, measure)
        scope.lemmas[name] = (proof.axes, moving.unevaluated(proof.result))
        proofs.append(proof)
    return [*proofs, Prover(context, GOAL, (), measure, scope).prove(goal, "")]


def _lemma(name: str, moving: Directions, measure: Measure) -> Proof:
    context = moving.context
    along = {other: moved for other, moved in moving.names.items() if other != name}
    prover = Prover(context, GOAL, (), measure, Scope(context, GOAL, frozenset(moving.names), along=along))
    return prover.prove_definition(name)


def contracted(line: Node, goal: Deriv, axes: Sequence[Index], moving: Directions, whole: bool = False) -> Node | None:
    """A line of the derivative in an entry, times dX and summed over the entries: that line of the differential.

    Each derivative in it that no rule was applied to yet becomes a differential; if ``whole``, the differential of a
    sum where it is of what is summed. None where one stands under what is not linear.
    """
    slots, moved = goal.slots, entry(moving.names[goal.name], *goal.slots)

    def visit(node: Node) -> Generator[Node, Node, Node]:
        if not node.derivs:
            return total(slots, mul(node, moved))
        if isinstance(node, Deriv):
            return deriv(node.body, GOAL, ())
        if isinstance(node, Add):
            terms = []
            for term in node.terms:
                terms.append((yield term))
            return add(*terms)
        if isinstance(node, Reduce) and node.op == "sum":
            indices, body = open_binder(node)
            inner = yield body
            opened = unevaluated(inner) if whole else None
            return total(indices, inner) if opened is None else deriv(total(indices, opened.body), GOAL, ())
        varying = [factor for factor in factors_in(node) if factor.derivs]
        still = [factor for factor in factors_in(node) if not factor.derivs]
        if len(varying) != 1 or varying[0] is node or any(factor.free & frozenset(slots) for factor in still):
            raise _Apart
        return mul(*still, (yield varying[0]))

    try:
        return collapse(run(visit, line, {}), Used(), {}, axes)
    except _Apart:
        return None


class _Apart(Exception):
    """A derivative stands under what is not linear."""


def _needed(body: Node, moving: Directions) -> list[str]:
    definitions = moving.context.definitions
    wanted = set(body.names)
    for name, array in reversed(definitions.items()):
        if name in wanted:
            wanted |= array.body.names
    return [name for name in definitions if name in wanted and name in moving.names]


def unevaluated(node: Node) -> Deriv | None:
    """The node as a differential that no rule was applied to yet."""
    return node if isinstance(node, Deriv) and node.name == GOAL else None
