"""Derivations. Owns: proving one derivative from the rules, lemma by lemma. Never: prints, certifies, reads.

A ``Proof`` is the derivative of one array in one variable: the rules of differentiation leave no ``Deriv``, then the
passes of ``simplify`` run until nothing changes. Definitions that move with the variable are lemmas, proved first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import islice

from gradwright.core.build import add, deriv, entry, mul, rename, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Add, Array, Deriv, MatFn, Mul, Node, Reduce, walk, written_length
from gradwright.core.rule import Rewrite, Rule, Step
from gradwright.core.walk import descend, run
from gradwright.engine.calculus import Scope, expand
from gradwright.engine.facts import apply_facts
from gradwright.engine.fold import Folder
from gradwright.engine.inverses import INVERSE_OF_PRODUCT, inverses_apart
from gradwright.engine.normal import TooLong, is_small, multiplied_out, terms_of_products
from gradwright.engine.shorten import complements, join, shorten
from gradwright.engine.simplify import (
    MERGE,
    MULTIPLY,
    Used,
    collapse,
    factor,
    identities,
    orient,
    split,
    written_differences,
)
from gradwright.tables.structure import structure_of

_ROUNDS = 12
_WORTH_EXPANDING = 120  # signs as written out: a longer line is not multiplied out to see whether it gets shorter
_LONGEST = 10**6
_SIGN = 1  # a minus, in the unit of ``Measure``
Pass = Callable[[Node, Used, dict[Node, Node]], Node]
Measure = Callable[[Node, Sequence[Index]], tuple[int, int]]
"""How long the node is as an array over the axes, for choosing among equal forms: less is better."""


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


class Prover:
    """Proves derivatives in one variable; keeps its lemmas and memo tables between proofs."""

    def __init__(self, context: Context, name: str, slots: Sequence[Index], measure: Measure | None = None) -> None:
        self.context = context
        self._measure: Measure = measure or (lambda node, order: (0, written_length(node, _LONGEST)))
        self.slots = tuple(slots)
        self.scope = Scope(context, name, context.dependents(name))
        self.lemmas: list[Proof] = []
        self._resolved: dict[Node, Node] = {}
        self._almost: dict[str, None] = {}
        self._settled: dict[tuple[object, ...], dict[Node, Node]] = {}
        self._folder = Folder(context)
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
        more, proof.result = self._simplify(tied, (*proof.axes, *slots))
        proof.simplified += more

    def simplified(self, node: Node, order: Sequence[Index]) -> Node:
        """The node after every pass, its steps forgotten."""
        return self._simplify(node, tuple(order))[1]

    def continued(self, node: Node, order: Sequence[Index]) -> tuple[list[Step], Node]:
        """The passes applied to a line of one's own: the steps and where they end."""
        return self._simplify(node, tuple(order))

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
        steps, result = self._simplify(raw, (*array.axes, *slots))
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

    def _simplify(self, node: Node, order: tuple[Index, ...], shorten_whole: bool = True) -> tuple[list[Step], Node]:
        """Run the passes in turn until none changes anything."""
        steps: list[Step] = []
        for _ in range(_ROUNDS):
            before = node
            node = self._recorded("identities", identities, node, steps)
            node = self._recorded("split", split, node, steps)
            node = self._recorded("collapse", lambda n, u, m: collapse(n, u, m, order), node, steps, order)
            node = self._recorded("fold", self._folder, node, steps)
            node = self._recorded("orient", lambda n, u, m: orient(n, u, m, self._written), node, steps)
            node = self._recorded("facts", lambda n, u, m: apply_facts(n, self.context, u, m), node, steps)
            node = self._recorded("shorten", lambda n, u, m: shorten(n, self.context, u, m, self._written), node, steps)
            if node is before:
                break
        ends = [self._factored(node, steps, together) for together in (False, True)]
        if shorten_whole:
            ends += self._multiplied_out(node, order, steps, ends[0][1])
        ends = [end for place, end in enumerate(ends) if end[1] not in [e[1] for e in ends[:place]]]
        return self._preferred(ends, order)

    def _preferred(self, ends: list[tuple[list[Step], Node]], order: tuple[Index, ...]) -> tuple[list[Step], Node]:
        """The shortest end; where the first holds a difference of the user's, another has to save more than a sign.

        The first is the one whose sums were neither put together nor multiplied out, so it has differences as the
        user wrote them: −2 Xᵀ(y − Xw) from ‖y − Xw‖², and not 2 Xᵀ(Xw − y).
        """
        first, *others = ends
        if not others:
            return first
        kind, size = self._measure(first[1], order)
        least, place = min((self._measure(end[1], order), place) for place, end in enumerate(others))
        slack = _SIGN if self._written & written_differences([first[1]]) else 0
        return others[place] if least < (kind, size - slack) else first

    def _factored(self, node: Node, steps: list[Step], together: bool) -> tuple[list[Step], Node]:
        """Common factors taken out, of sums put together as well where that is asked for."""
        steps = list(steps)
        node = self._recorded("factor", lambda n, u, m: factor(n, u, m, self._written), node, steps)
        if together:
            joined = self._recorded("join", lambda n, u, m: join(n, u, m, self._written), node, steps)
            if joined is not node:
                node = self._recorded("factor", lambda n, u, m: factor(n, u, m, self._written), joined, steps)
                node = self._recorded("orient", lambda n, u, m: orient(n, u, m, self._written), node, steps)
        node = self._recorded("complements", complements, node, steps)
        return steps, node

    def _multiplied_out(
        self, node: Node, order: tuple[Index, ...], steps: list[Step], other: Node
    ) -> list[tuple[list[Step], Node]]:
        """The steps and the ends where sums are merged, and where everything is multiplied out, of a short line."""
        if sum(1 for _ in islice(walk(node), _WORTH_EXPANDING)) >= _WORTH_EXPANDING:
            return []
        size = written_length(other, _WORTH_EXPANDING)
        if size >= _WORTH_EXPANDING or not is_small(node) or not any(_worth_expanding(n) for n in walk(node)):
            return []
        ends = []
        for rule in (INVERSE_OF_PRODUCT, MERGE, MULTIPLY):
            expanded = self._expanded(node, rule)
            if expanded is node or expanded is other:
                continue
            more, result = self._simplify(expanded, order, shorten_whole=False)
            ends.append(([*steps, Step((rule,), node, expanded), *more], result))
        return ends

    def _expanded(self, node: Node, rule: Rule) -> Node:
        """The node with every inverse of a product taken apart, with sums merged, or with everything multiplied out."""
        if rule is INVERSE_OF_PRODUCT:
            return inverses_apart(node, self.context, Used())
        try:
            return add(*terms_of_products(node, self.context, distribute=rule is MULTIPLY))
        except TooLong:
            return node

    def _recorded(self, name: str, apply: Pass, node: Node, steps: list[Step], key: tuple[Index, ...] = ()) -> Node:
        """Run one pass. Nodes it leaves as they are need no second visit, so only those are remembered."""
        settled = self._settled.setdefault((name, *key), {})
        if node in settled:
            return node
        used, memo = Used(), _Overlay(settled)
        after = apply(node, used, memo)
        settled.update((k, v) for k, v in memo.items() if k is v)
        if after is not node:
            steps.append(Step(tuple(used.rules), node, after, tuple(used.facts)))
        return after


class _Overlay(dict[Node, Node]):
    """A memo that also knows the nodes settled before."""

    def __init__(self, settled: dict[Node, Node]) -> None:
        super().__init__()
        self._settled = settled

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._settled

    def __missing__(self, key: Node) -> Node:
        return self._settled[key]


def _worth_expanding(node: Node) -> bool:
    """Whether a factor of the node is a sum, or a Σ of one; or it is an inverse of a Σ."""
    if isinstance(node, MatFn):
        return node.fn == "inv" and isinstance(node.body, Reduce)
    return isinstance(node, Mul) and any(isinstance(f.body if isinstance(f, Reduce) else f, Add) for f in node.factors)


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


def normal_form(node: Node, order: Sequence[Index], context: Context, used: Used) -> Node:
    """The node multiplied out, with identities and facts applied (and noted in ``used``) until nothing changes.

    Expressions whose normal forms coincide are equal. ``normal.TooLong`` where that would take too long to find.
    """
    for _ in range(_ROUNDS):
        before = node
        node = collapse(identities(multiplied_out(node, context), used, {}), used, {}, order)
        node = apply_facts(node, context, used, {})
        if node is before:
            break
    return node
