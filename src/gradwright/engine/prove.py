"""Derivations. Owns: proving one derivative from the rules, lemma by lemma. Never: prints, certifies, reads.

A ``Proof`` is the derivative of one array in one variable: the rules of differentiation leave no ``Deriv``, then the
passes of ``passes`` give it the form a person would write. Definitions that move with the variable are lemmas, proved
first.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from gradwright.core.build import deriv, entry, mul, rename, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Deriv, Entry, Mul, Node, written_length
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule, Step
from gradwright.core.walk import descend, run
from gradwright.engine.calculus import Scope, expand
from gradwright.engine.normal import TooLong, multiplied_out
from gradwright.engine.passes import Measure, Setting, Simplifier, again
from gradwright.engine.simplify import written_differences
from gradwright.tables.structure import structure_of

_LONGEST = 10**6
_TIE = "tie"


@dataclass
class Proof:
    """The derivative of ``body`` in ``name[slots]``, line by line.

    ``subject`` is what is differentiated, as a person refers to it (an entry of a definition, or the body itself);
    ``raw`` is the derivative with no rule of differentiation left to apply; ``simplified`` are the steps after it, made
    in the ``setting``.
    """

    title: str
    axes: tuple[Index, ...]
    goal: Deriv
    scope: Scope
    raw: Node
    simplified: list[Step]
    result: Node
    almost: list[str]
    setting: Setting
    subject: Node | None = None

    @property
    def slots(self) -> tuple[Index, ...]:
        return self.goal.slots

    def differentiation(self, limit: int = 60) -> list[Step]:
        """The lines from the goal to ``raw``: each applies one rule everywhere, and the plain rules that follow."""
        lines: list[Step] = []
        current: Node = self.goal
        while current.derivs and len(lines) < limit:
            after, rules = one_pass(current, self.scope)
            lines.append(Step(rules, current, after))
            current = after
        return lines

    @property
    def steps(self) -> list[Step]:
        return [*self.differentiation(), *self.simplified]


def one_pass(node: Node, scope: Scope) -> tuple[Node, tuple[Rule, ...]]:
    """Expand every outermost derivative once, then whatever plain rules finish."""
    done: dict[Rule, None] = {}

    def expanded(goal: Deriv, again: bool) -> Node:
        rewrite = expand(goal, scope)
        if again and not rewrite.rule.plain:
            return goal
        done[rewrite.rule] = None
        return run(visit_again, rewrite.after, {})

    def visit(current: Node) -> Generator[Node, Node, Node]:
        if not current.derivs:
            return current
        return expanded(current, False) if isinstance(current, Deriv) else (yield from descend(current))

    def visit_again(current: Node) -> Generator[Node, Node, Node]:
        if not current.derivs:
            return current
        return expanded(current, True) if isinstance(current, Deriv) else (yield from descend(current))

    return run(visit, node, {}), tuple(done)


def _length(node: Node, order: Sequence[Index]) -> tuple[int, int]:
    return 0, written_length(node, _LONGEST)


class Prover:
    """Proves derivatives in one variable; keeps its lemmas and memo tables between proofs."""

    def __init__(
        self,
        context: Context,
        name: str,
        slots: Sequence[Index],
        measure: Measure | None = None,
        scope: Scope | None = None,
    ) -> None:
        self.context = context
        self.slots = tuple(slots)
        self.scope = scope or Scope(context, name, context.dependents(name))
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
        step = _tied(proof, proof.result)
        if step is not None:
            line = self._simplifier(step.after, proof.setting)
            proof.simplified += [step, *line.steps]
            proof.result = line.node

    def simplified(self, node: Node, order: Sequence[Index]) -> Node:
        """The node after every pass, its steps forgotten."""
        return self.continued(node, order)[1]

    def continued(self, node: Node, order: Sequence[Index]) -> tuple[list[Step], Node]:
        """The passes applied to a line of one's own: the steps and where they end."""
        line = self._simplifier(node, self._simplifier.setting(order, self._written))
        return list(line.steps), line.node

    def _prove_lemmas(self, body: Node) -> None:
        for name in self._needed(body):
            if name in self.scope.lemmas:
                continue
            proof = self.prove_definition(name)
            self.scope.lemmas[name] = ((*proof.axes, *self.slots), proof.result)
            self.lemmas.append(proof)

    def prove_definition(self, name: str) -> Proof:
        """The derivative of an entry of a definition; those it is made of have their lemmas already."""
        array = self.context.definitions[name]
        return self._prove(array, name, self.slots, entry(name, *array.axes))

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
        raw = _resolved(goal, self.scope, self._resolved, self._almost)
        setting = self._simplifier.setting((*array.axes, *slots), self._written)
        line = self._simplifier(raw, setting)
        return Proof(
            title, array.axes, goal, self.scope, raw, list(line.steps), line.node, list(self._almost), setting, subject
        )


def _resolved(goal: Node, scope: Scope, memo: dict[Node, Node], almost: dict[str, None]) -> Node:
    """The goal with no derivative left in it; ``almost`` is told where that does not hold."""

    def visit(node: Node) -> Generator[Node, Node, Node]:
        if not node.derivs:
            return node
        if not isinstance(node, Deriv):
            return (yield from descend(node))
        factors, rest = _unrolled(node, scope, almost)
        return mul(*factors, (yield rest)) if factors else (yield rest)

    return run(visit, goal, memo)


def _unrolled(goal: Deriv, scope: Scope, almost: dict[str, None]) -> tuple[list[Node], Node]:
    """Follow a chain f′(u) ∂u as far as it is one, so that a long chain is multiplied together once."""
    factors: list[Node] = []
    node: Node = goal
    while isinstance(node, Deriv):
        rewrite = expand(node, scope)
        if rewrite.almost:
            almost[rewrite.almost] = None
        node = rewrite.after
        if isinstance(node, Mul):
            moving = [f for f in node.factors if f.derivs]
            if len(moving) == 1 and isinstance(moving[0], Deriv):
                factors += [f for f in node.factors if not f.derivs]
                node = moving[0]
    return factors, node


def _tied(proof: Proof, before: Node) -> Step | None:
    """The step from free entries to the independent entries of a structured variable; None if nothing ties them."""
    name, slots, facts = proof.goal.name, proof.slots, proof.scope.context.facts
    structure = structure_of(name, facts)
    if structure is None:
        return None
    free = [free_index(f"~t{k}", slot.dim) for k, slot in enumerate(slots)]
    loose = rename(before, dict(zip(slots, free, strict=True)))
    tied = total(free, mul(structure.tied(*free, *slots), loose))
    why = [str(facts.why(fact, name)) for fact in structure.facts]
    return Step((structure.rule,), before, tied, tuple(why), _TIE)


def untied(proof: Proof) -> tuple[Step | None, Node]:
    """The step from free entries to independent ones, if one was made; and the derivative in free entries."""
    step = next((step for step in proof.simplified if step.by == _TIE), None)
    return step, proof.result if step is None else step.before


def replay(proof: Proof) -> None:
    """Apply every rule again and compare every line; an ``Error`` names the first line that does not follow."""
    current: Node = proof.goal
    for step in proof.differentiation(limit=10**6):
        after, rules = one_pass(current, proof.scope)
        if step != Step(rules, current, after):
            raise Error(f"replay: {step.title} does not lead to the recorded line")
        current = after
    _replay_raw(proof, current)
    current = proof.raw
    for step in proof.simplified:
        if step.before is not current:
            raise Error(f"replay: {step.title} does not start where the line before it ended")
        anew = _tied(proof, current) if step.by == _TIE else again(step, proof.setting)
        if anew != step:
            raise Error(f"replay: {step.title} does not lead to the recorded line")
        current = step.after
    if current is not proof.result:
        raise Error("replay: the last line is not the result")
    _replay_lemma(proof)


def _replay_raw(proof: Proof, last: Node) -> None:
    """The raw derivative follows from the rules, and is what the lines end with, up to how products stand together."""
    almost: dict[str, None] = {}
    if _resolved(proof.goal, proof.scope, {}, almost) is not proof.raw:
        raise Error("replay: the rules of differentiation do not lead to the recorded derivative")
    if not almost.keys() <= {*proof.almost}:
        raise Error("replay: where the derivative does not exist is not recorded")
    if last is proof.raw:
        return
    try:
        plain = [multiplied_out(node, Context()) for node in (last, proof.raw)]
    except TooLong:
        return
    if plain[0] is not plain[1]:
        raise Error("replay: the lines of the differentiation do not end with the recorded derivative")


def _replay_lemma(proof: Proof) -> None:
    """What later lines take from a lemma is what it shows."""
    if isinstance(proof.subject, Entry):
        used = proof.scope.lemmas.get(proof.subject.name)
        if used is not None and used != ((*proof.axes, *proof.slots), proof.result):
            raise Error(f"replay: the lemma on {proof.subject.name} is not what was used")
