"""Arrays in the place of others. Owns: the pass that says which operation may write over its operand. Never: spells.

Memory is what large elementwise code costs: every operation that makes a new array makes new pages. A chain of them
needs one array: the first operation makes it, or takes one that nobody reads afterwards, the others work in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from gradwright.core.build import MINUS_ONE, add, mul, power
from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Apply, Const, Entry, Mul, Node, Pow, Where, walk
from gradwright.core.record import dataclass
from gradwright.emit.forms.exponentials import SOFTMAX
from gradwright.emit.plan.program import Fold, Largest, Let, Map, Program, Reuse, Room, Rowwise, Scatter, Step
from gradwright.emit.spell.primitives import all_with
from gradwright.emit.spell.spell import inverted, negative, signed

METHODS = all_with(lambda code: code.in_place)
SLOPES = {
    "tanh_slope": "_over(torch.ops.aten.tanh_backward, {}, {})",
    "relu_slope": "_over(torch.ops.aten.threshold_backward, {}, {}, 0)",
    "silu_slope": "_over(torch.ops.aten.silu_backward, {}, {})",
}
"""Derivatives times their first operand, in its place: by ``_over``, which the module has to define."""


def reused(
    program: Program,
    lets: Sequence[Let],
    kept: Iterable[str],
    lowered: Callable[[Let], Let],
    own: Iterable[str] = (),
) -> list[Let]:
    """These arrays of a program, which says what each depends on; ``kept`` are names that must be whole at the end,
    ``lowered`` says what is written rather than computed, ``own`` are arrays made before, which may be written over."""
    kept = frozenset(kept).union(*(let.reads for let in lets if _alias(let)))
    own, sources, found = set(own), program.sources(), list[Let]()
    for place, let in enumerate(lets):
        later = kept.union(*(other.reads for other in lets[place + 1 :]))
        still = later.union(let.reads, program.inputs)
        dying = frozenset((own & let.reads) - later)
        found.append(_reused(_largest(lowered(let), lets[:place], still), dying, sources))
        chosen = any(isinstance(n, Where) for n in let.nodes)
        own |= set() if chosen or _alias(let) else {let.name}
    return found


def _alias(let: Let) -> bool:
    """Whether it is another array, its axes in another order."""
    return isinstance(let.operation, Map) and isinstance(let.operation.body, Entry)


def _largest(let: Let, before: Sequence[Let], still: Collection[str]) -> Let:
    """The largest entries of a softmax along its axis, as what they are if its argument is still there."""
    fold = let.operation
    if not (isinstance(fold, Fold) and fold.op == "max" and isinstance(fold.body, Entry)) or len(fold.over) > 1:
        return let
    softmax, (over,) = fold.body, fold.over
    made = next((x.operation for x in before if x.name == softmax.name), None)
    if not isinstance(made, Rowwise) or made.fn != SOFTMAX or made.source.name not in still:
        return let
    axis = made.source.slots.index(made.along)
    if softmax.slots.index(over) != axis or tuple(i for i in softmax.slots if i is not over) != let.axes:
        return let
    return replace(let, operation=Largest(softmax, made.source, made.along))


def _reused(let: Let, dying: frozenset[str], sources: Mapping[str, frozenset[str]]) -> Let:
    operation = let.operation
    match operation:
        case Fold(body=body):
            made = _Chain(operation.order(let.axes), _once(body, dying), sources).chain(body)
        case Scatter(base):
            made = _Chain(let.axes, _once(base, dying), sources).chain(base)
            if made is not None and made.first is base and isinstance(base, Entry):
                return replace(let, operation=replace(operation, reuse=made))
        case Map(body) if let.axes and not isinstance(body, Entry):
            made = _Chain(let.axes, _once(body, dying), sources).chain(body)
        case _:
            return let
    return replace(let, operation=replace(operation, reuse=made)) if made is not None and made.overwrites else let


def _once(body: Node, names: frozenset[str]) -> frozenset[str]:
    """The arrays among these that stand in the body once."""
    counts = dict.fromkeys(names, 0)
    stack = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, Entry) and node.name in counts:
            counts[node.name] += 1
        stack.extend(node.children)
    return frozenset(name for name, count in counts.items() if count == 1)


@dataclass(frozen=True)
class _Chain:
    """Formulas over ``axes``; arrays that are ``dying`` may be written over; the arguments that each array comes from
    are its ``sources``. Where an array takes in what comes from others than it does itself, ``vmap`` over these finds
    no room."""

    axes: tuple[Index, ...]
    dying: frozenset[str]
    sources: Mapping[str, frozenset[str]]

    def chain(self, node: Node) -> Reuse | None:
        """A new array over all axes, or one that may be written over; None where it is neither."""
        if not self.whole(node) or any(isinstance(n, Where) for n in walk(node)):
            return None
        match node:
            case Entry(name=name, slots=slots):
                plain = slots == self.axes and all(i.kind != AT for i in slots)
                return Reuse(node) if plain and name in self.dying else None
            case Apply(fn=fn, args=(first, *more)):
                inner = self.chain(first) if fn in METHODS or fn in SLOPES else None
                return Reuse(node) if inner is None else inner.then(Step(fn, Room.SAME, *more))
            case Pow(base=base, exponent=exponent):
                inner = self.chain(base) if isinstance(exponent, Const) else None
                return Reuse(node) if inner is None else inner.then(Step("pow", Room.SAME, exponent))
            case Mul(factors=factors):
                return self.product(factors)
            case Add(terms=terms):
                return self.total(terms)
        return None

    def whole(self, node: Node) -> bool:
        return set(node.free) == set(self.axes)

    def product(self, factors: Sequence[Node]) -> Reuse:
        first, made = self.carrier(factors)
        if first is None:
            return Reuse(mul(*factors))
        groups = [mul(*group) for group in _by_axes([f for f in factors if f is not first], len(self.axes))]
        done = [first]
        if made is None or inverted(first):
            scale, *groups = groups
            minus = MINUS_ONE in factors and not scale.free and scale is not MINUS_ONE  # one pass, not one for the sign
            made = Reuse(first, (Step("mul", Room.NEW, scale),)) if minus else Reuse(mul(first, scale))
            done.append(scale)
        for scale in groups:
            if scale is MINUS_ONE:
                made = made.then(Step("neg"))
            elif all(inverted(f) for f in (scale.factors if isinstance(scale, Mul) else (scale,))):
                made = made.then(Step("div", self.room(done, scale), power(scale, MINUS_ONE)))
            else:
                made = made.then(Step("mul", self.room(done, scale), scale))
        return made

    def room(self, done: list[Node], part: Node) -> Room:
        """Whether an array made of what is ``done`` has room for one more part, which is done then."""
        fits = self.arguments(part) <= frozenset().union(*map(self.arguments, done))
        done.append(part)
        return Room.SAME if fits else Room.PERHAPS

    def arguments(self, node: Node) -> frozenset[str]:
        return frozenset().union(*(self.sources.get(name, frozenset()) for name in node.names))

    def total(self, terms: Sequence[Node]) -> Reuse:
        first, made = self.carrier(terms)
        if first is None:
            return Reuse(add(*terms))
        rest, done = [t for t in terms if t is not first], [first]
        if made is None or (negative(first) and not made.overwrites):
            made, done, rest = Reuse(add(first, rest[0])), [first, rest[0]], rest[1:]
        for term in rest:
            sign, size = signed(term)
            made = made.then(Step("add" if sign == "+" else "sub", self.room(done, term), size))
        return made

    def carrier(self, parts: Sequence[Node]) -> tuple[Node | None, Reuse | None]:
        """The operand to work on, and its chain: one that may be written over, else one over all axes."""
        chains = {part: self.chain(part) for part in parts if self.whole(part)}
        whole = [part for part in chains if not inverted(part)]
        plain = [part for part in whole if not negative(part)]
        written = {part for part, made in chains.items() if made is not None and made.overwrites}
        choices = [part for part in plain if part in written]  # what else would be an array of its own
        choices += [part for part in plain if chains[part] is not None]
        choices += [part for part in whole if part in written]
        found = next(iter([*choices, *plain, *chains]), None)
        return found, chains[found] if found is not None else None


def _by_axes(factors: list[Node], most: int) -> list[list[Node]]:
    """Factors over the same axes are multiplied first, numbers with the smallest of them, where that is small."""
    groups: dict[frozenset[Index], list[Node]] = {}
    for factor in sorted(factors, key=lambda f: len(f.free)):
        groups.setdefault(factor.free, []).append(factor)
    numbers = groups.pop(frozenset(), [])
    found = list(groups.values())
    if numbers and found and len(found[0][0].free) < min(2, most):
        found[0] = [*numbers, *found[0]]
    elif numbers:
        found = [numbers, *found]
    return found
