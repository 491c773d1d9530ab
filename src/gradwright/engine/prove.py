"""Derivations. Owns: proving one derivative from the rules, lemma by lemma. Never: prints, certifies, reads.

A ``Proof`` is the derivative of one array in one variable: the rules of differentiation leave no ``Deriv``, then the
passes of ``passes`` give it the form a person would write. Definitions that move with the variable are lemmas, proved
first.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from gradwright.core.build import deriv, entry, mul, rename, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Deriv, Mul, Node, written_length
from gradwright.core.rule import Rewrite, Step
from gradwright.core.walk import descend, run
from gradwright.engine.calculus import Scope, expand
from gradwright.engine.passes import Measure, Simplifier
from gradwright.engine.simplify import written_differences
from gradwright.tables.structure import structure_of

_LONGEST = 10**6


@dataclass
class Proof:
    """The derivative of ``body`` in ``name[slots]``, line by line.

    ``subject`` is what is differentiated, as a person refers to it (an entry of a definition, or the body itself);
    ``raw`` is the derivative with no rule of differentiation left to apply; ``simplified`` are the steps after it.
    """

    title: str
    axes: tuple[Index, ...]
    goal: Deriv
    scope: Scope
    raw: Node
    simplified: list[Step]
    result: Node
    almost: list[str]
    subject: Node | None = None

    @property
    def slots(self) -> tuple[Index, ...]:
        return self.goal.slots

    def differentiation(self, limit: int = 60) -> list[Step]:
        """The lines from the goal to ``raw``: each applies one rule everywhere, and the plain rules that follow."""
        lines: list[Step] = []
        current: Node = self.goal
        while current.derivs and len(lines) < limit:
            after, rewrites = one_pass(current, self.scope)
            rules = tuple(dict.fromkeys(r.rule for r in rewrites))
            lines.append(Step(rules, current, after))
            current = after
        return lines

    @property
    def steps(self) -> list[Step]:
        return [*self.differentiation(), *self.simplified]


def one_pass(node: Node, scope: Scope) -> tuple[Node, list[Rewrite]]:
    """Expand every outermost derivative once, then whatever plain rules finish."""
    done: dict[Rewrite, None] = {}

    def expanded(goal: Deriv, again: bool) -> Node:
        rewrite = expand(goal, scope)
        if again and not rewrite.rule.plain:
            return goal
        done[rewrite] = None
        return run(visit_again, rewrite.after, {})

    def visit(current: Node) -> Generator[Node, Node, Node]:
        if not current.derivs:
            return current
        return expanded(current, False) if isinstance(current, Deriv) else (yield from descend(current))

    def visit_again(current: Node) -> Generator[Node, Node, Node]:
        if not current.derivs:
            return current
        return expanded(current, True) if isinstance(current, Deriv) else (yield from descend(current))

    return run(visit, node, {}), list(done)


def _length(node: Node, order: Sequence[Index]) -> tuple[int, int]:
    return 0, written_length(node, _LONGEST)


class Prover:
    """Proves derivatives in one variable; keeps its lemmas and memo tables between proofs."""

    def __init__(self, context: Context, name: str, slots: Sequence[Index], measure: Measure | None = None) -> None:
        self.context = context
        self.slots = tuple(slots)
        self.scope = Scope(context, name, context.dependents(name))
        self.lemmas: list[Proof] = []
        self._resolved: dict[Node, Node] = {}
        self._almost: dict[str, None] = {}
        self._simplifier = Simplifier(context, measure or _length)
        self._written = written_differences(array.body for array in context.definitions.values())

    def prove(self, array: Array, title: str, slots: Sequence[Index] | None = None) -> Proof:
        """The derivative of the array's entry, with the lemmas it needs proved before it."""
        self._written |= written_differences([array.body])
        self._prove_lemmas(array.body)
        return self._prove(array, title, tuple(slots or self.slots), None)

    def tie(self, proof: Proof) -> None:
        """Go on from the derivative in free entries to that in the independent entries of a structured variable."""
        name, slots = proof.goal.name, proof.slots
        structure = structure_of(name, self.context.facts)
        if structure is None:
            return
        free = [free_index(f"~t{k}", slot.dim) for k, slot in enumerate(slots)]
        loose = rename(proof.result, dict(zip(slots, free, strict=True)))
        tied = total(free, mul(structure.tied(*free, *slots), loose))
        why = [str(self.context.facts.why(fact, name)) for fact in structure.facts]
        proof.simplified.append(Step((structure.rule,), proof.result, tied, tuple(why)))
        more, proof.result = self.continued(tied, (*proof.axes, *slots))
        proof.simplified += more

    def simplified(self, node: Node, order: Sequence[Index]) -> Node:
        """The node after every pass, its steps forgotten."""
        return self.continued(node, order)[1]

    def continued(self, node: Node, order: Sequence[Index]) -> tuple[list[Step], Node]:
        """The passes applied to a line of one's own: the steps and where they end."""
        line = self._simplifier(node, order, self._written)
        return list(line.steps), line.node

    def _prove_lemmas(self, body: Node) -> None:
        for name in self._needed(body):
            if name in self.scope.lemmas:
                continue
            array = self.context.definitions[name]
            proof = self._prove(array, name, self.slots, entry(name, *array.axes))
            self.scope.lemmas[name] = ((*array.axes, *self.slots), proof.result)
            self.lemmas.append(proof)

    def _needed(self, body: Node) -> list[str]:
        wanted = body.names & self.scope.moving
        needed: list[str] = []
        for name, array in reversed(self.context.definitions.items()):
            if name in wanted:
                needed.append(name)
                wanted = wanted | (array.body.names & self.scope.moving)
        return needed[::-1]

    def _prove(self, array: Array, title: str, slots: tuple[Index, ...], subject: Node | None) -> Proof:
        goal = deriv(array.body, self.scope.name, slots)
        assert isinstance(goal, Deriv)
        raw = self._resolve(goal)
        steps, result = self.continued(raw, (*array.axes, *slots))
        return Proof(title, array.axes, goal, self.scope, raw, steps, result, list(self._almost), subject)

    def _resolve(self, goal: Node) -> Node:
        def visit(node: Node) -> Generator[Node, Node, Node]:
            if not node.derivs:
                return node
            if not isinstance(node, Deriv):
                return (yield from descend(node))
            factors, rest = self._unrolled(node)
            return mul(*factors, (yield rest)) if factors else (yield rest)

        return run(visit, goal, self._resolved)

    def _unrolled(self, goal: Deriv) -> tuple[list[Node], Node]:
        """Follow a chain f′(u) ∂u as far as it is one, so that a long chain is multiplied together once."""
        factors: list[Node] = []
        node: Node = goal
        while isinstance(node, Deriv):
            rewrite = expand(node, self.scope)
            if rewrite.almost:
                self._almost[rewrite.almost] = None
            node = rewrite.after
            if isinstance(node, Mul):
                moving = [f for f in node.factors if f.derivs]
                if len(moving) == 1 and isinstance(moving[0], Deriv):
                    factors += [f for f in node.factors if not f.derivs]
                    node = moving[0]
        return factors, node


def replay(proof: Proof) -> None:
    """Apply every rule again and compare every line; an ``Error`` names the first line that does not follow."""
    current: Node = proof.goal
    for step in proof.differentiation(limit=10**6):
        after, _ = one_pass(current, proof.scope)
        if step.before is not current or step.after is not after:
            raise Error(f"replay: {step.title} does not lead to the recorded line")
        current = after
    if current is not proof.raw and not proof.raw.derivs:
        current = proof.raw
    for step in proof.simplified:
        if step.before is not current:
            raise Error(f"replay: {step.title} does not start where the line before it ended")
        current = step.after
    if current is not proof.result:
        raise Error("replay: the last line is not the result")
