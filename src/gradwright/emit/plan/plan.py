"""The plan: arrays to compute, in order. Owns: what becomes an array, what is shared, the order of products.

A plan is a list of ``Let``: each array is an elementwise formula, a reduction, a product of two arrays, or a function
of a matrix, over arrays before it. Equal arrays are planned once, whatever their indices are called. Products of many
factors go in the cheapest order. Never: knows how a target spells anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from gradwright.core.build import (
    ONE,
    ZERO,
    entry,
    matfn,
    mul,
    open_binder,
    rename,
    size,
    split_coefficient,
)
from gradwright.core.build import add as plus
from gradwright.core.build import reduce as fold
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import AT, Index
from gradwright.core.node import (
    Apply,
    Array,
    Const,
    Delta,
    Deriv,
    Entry,
    MatFn,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    terms_in,
    walk,
)
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.canon import canonical
from gradwright.emit.forms.exponentials import KERNELS
from gradwright.emit.forms.factor import INVERSE, factored
from gradwright.emit.forms.factors import factors_of, hoisted, in_order
from gradwright.emit.forms.gram import balanced
from gradwright.emit.forms.labels import TAKE, linear_in_label
from gradwright.emit.forms.norms import NORM, is_root
from gradwright.emit.forms.prepare import Prepared
from gradwright.emit.forms.stable import inlined, stabilised
from gradwright.emit.plan.fused import fused
from gradwright.emit.plan.names import Names
from gradwright.emit.plan.solves import SPELLED, at_own_slots, oriented, solved

_NOMINAL = 64  # the extent assumed of a symbolic dimension when products are ordered


@dataclass(frozen=True)
class Let:
    """An array: its name, its axes in the order they are stored, and its entry there."""

    name: str
    axes: tuple[Index, ...]
    body: Node


@dataclass
class Plan:
    """What a target prints: inputs in the user's order, arrays in order of computation, and the outputs."""

    inputs: dict[str, tuple[str | int, ...]]
    lets: list[Let]
    outputs: dict[str, Array]
    sizes: tuple[str, ...] = ()
    solves: dict[str, Let] = field(default_factory=dict)
    context: Context = field(default_factory=Context)

    def reads(self, let: Let) -> frozenset[str]:
        """The arrays a statement reads; a solve reads the matrix, not its inverse."""
        found = let.body.names
        for name in found & self.solves.keys():
            found = (found - {name}) | self.solves[name].body.names
        return found

    def sources(self) -> dict[str, frozenset[str]]:
        """The arguments that each argument and each array depends on."""
        found = {name: frozenset((name,)) for name in self.inputs}
        for let in self.lets:
            reads = {name.removeprefix(TAKE) for name in self.reads(let)}
            found[let.name] = frozenset().union(*(found.get(name, frozenset()) for name in reads))
        return found

    def only(self, *labels: str) -> Plan:
        """The part of it that some of the outputs need."""
        outputs = {label: array for label, array in self.outputs.items() if label in labels}
        needed = set().union(*(array.body.names for array in outputs.values()))
        for let in reversed(self.lets):
            needed |= self.reads(let) if let.name in needed else set()
        return replace(self, lets=[let for let in self.lets if let.name in needed], outputs=outputs)


def plan(
    outputs: Mapping[str, Array],
    context: Context,
    extents: Mapping[str, int] | None = None,
    kernels: bool = False,
) -> Plan:
    """The plan for several arrays together; ``extents`` are likely sizes, by which products are ordered.
    With ``kernels`` a softmax and a log-softmax are one array each, computed by a kernel of the target."""
    symbols = dict(context.symbols)
    planner = _Planner(context, dict(extents or {}), Prepared([a.body for a in outputs.values()], context, kernels))
    formulas = {label: planner.prepared(a.body) for label, a in outputs.items()}
    called = {name: planner.defined(name) for name in context.definitions}
    if kernels:
        formulas, called = planner.fused(formulas, called)
    ready = {label: Array(a.axes, formulas[label]) for label, a in outputs.items()}
    planner.count(list(formulas.values()))
    planner.name_definitions(called)
    made = {label: planner.output(array) for label, array in ready.items()}
    made, planner.lets = _labelled(made, planner.lets, {*context.definitions, *symbols})
    used = set().union(*(a.body.names for a in made.values()), *(let.body.names for let in planner.lets))
    dims = {i.dim for let in planner.lets for i in let.axes if isinstance(i.dim, str)}
    for node in (n for body in (*(x.body for x in planner.lets), *(x.body for x in made.values())) for n in walk(body)):
        dims |= {node.dim} if isinstance(node, Size) and isinstance(node.dim, str) else set()
        dims |= {i.dim for i in (*node.indices, *node.binds) if isinstance(i.dim, str)}
    dims |= {i.dim for a in made.values() for i in a.axes if isinstance(i.dim, str)}
    used = {name.removeprefix(TAKE) for name in used}
    inputs = {name: shape for name, shape in symbols.items() if name in used}
    found = {dim for shape in inputs.values() for dim in shape}
    missing = tuple(sorted(dim for dim in dims if isinstance(dim, str) and dim not in found))
    order = [n for n in context.order if n in inputs]
    inputs = {name: inputs[name] for name in dict.fromkeys((*order, *inputs))}
    solves = solved(planner.lets, (a.body for a in made.values()))
    return Plan(inputs, [let for let in planner.lets if let.name not in solves], made, missing, solves, context)


def _labelled(made: dict[str, Array], lets: list[Let], kept: set[str]) -> tuple[dict[str, Array], list[Let]]:
    """An output that is an array of its own is called what it is: value, gradient."""
    names: dict[str, str] = {}
    for label, array in made.items():
        let = next((x for x in lets if isinstance(array.body, Entry) and x.name == array.body.name), None)
        if let is not None and let.name not in names and let.name not in kept and label not in kept:
            names[let.name] = label

    def renamed(node: Node) -> Node:
        return entry(names[node.name], *node.slots) if isinstance(node, Entry) and node.name in names else node

    lets = [Let(names.get(x.name, x.name), x.axes, bottom_up(renamed, x.body)) for x in lets]
    return {label: Array(a.axes, bottom_up(renamed, a.body)) for label, a in made.items()}, lets


class _Planner:
    def __init__(self, context: Context, extents: dict[str, int], prepared: Prepared) -> None:
        self.context, self.extents = context, extents
        self.prepared, self._opaque = prepared, prepared.arrays
        self.lets: list[Let] = []
        self.names = Names(context)
        self._known: dict[Node, tuple[str, tuple[Index, ...]]] = {}
        self._uses: dict[Node, set[Node]] = {}
        self._called: dict[Node, str] = {}

    # --- what is used twice ---

    def count(self, roots: Sequence[Node]) -> None:
        """Who uses which array, up to the names of indices."""
        seen: set[Node] = set()
        stack = [(root, ONE) for root in roots] + [(array.body, ZERO) for array in self._opaque.values()]
        while stack:
            node, parent = stack.pop()
            key = canonical(node)[0].body
            self._uses.setdefault(key, set()).add(parent)
            if key in seen:
                continue
            seen.add(key)
            below = (open_binder(node)[1],) if isinstance(node, Reduce | MatFn) else node.children
            stack.extend((child, key) for child in below)

    def defined(self, name: str) -> Node:
        """What the user defined, as it stands in the formulas."""
        body = inlined(self.context.definitions[name].body, self.context)
        return self.prepared(factored(stabilised(body, self.context), self.context))

    def name_definitions(self, called: Mapping[str, Node]) -> None:
        """The user's own names for what they defined."""
        for name, body in called.items():
            self._called.setdefault(canonical(body)[0].body, name)

    def fused(self, *groups: Mapping[str, Node]) -> list[dict[str, Node]]:
        """The formulas with the structures that the target computes in one operation."""
        every = {f"{k} {name}": body for k, group in enumerate(groups) for name, body in group.items()}
        found = fused(every | {f"~ {name}": array.body for name, array in self._opaque.items()})
        found = {key: hoisted(body) for key, body in found.items()}
        self._opaque = {name: Array(a.axes, found[f"~ {name}"]) for name, a in self._opaque.items()}
        return [{name: found[f"{k} {name}"] for name in group} for k, group in enumerate(groups)]

    def _shared(self, node: Node, key: Node) -> bool:
        coefficient, rest = split_coefficient(node)
        scaled = coefficient != 1 and isinstance(rest, Reduce | MatFn | Entry)  # the rest is an array already
        if scaled or (isinstance(node, Pow) and is_root(node.base)):  # 1/|f| may overflow where f/|f| does not
            return False
        if len(self._uses.get(key, ())) < 2 and key not in self._called:
            return False
        marked = linear_in_label(node)
        if marked is not None and marked[0].free != node.free:  # class labels are marked where they are used
            return False
        return any(isinstance(n, Apply | Pow | Reduce | MatFn | Where) and not isinstance(n, Const) for n in walk(node)
                   if n.free or isinstance(n, Reduce | MatFn)) and node is not ONE  # fmt: skip

    # --- arrays ---

    def output(self, array: Array) -> Array:
        """The array in terms of what is computed, ready to be laid out in its own order of axes."""
        if isinstance(array.body, Entry) and array.body.name in self.context.symbols:
            return array
        return Array(array.axes, self.array(array.body, array.axes))

    def array(self, node: Node, want: Sequence[Index] = ()) -> Entry:
        """The node as an array of its own (once), at its free indices."""
        if isinstance(node, Entry) and _plain(node) and node.name not in self._opaque:
            return node
        whole = at_own_slots(node)
        if whole is not None:
            made = rename(self.array(whole[0]), whole[1])
            assert isinstance(made, Entry)
            return made
        key, order = canonical(node)
        known = self._known.get(key.body)
        if known is None:
            here = dict(zip(order, key.axes, strict=True))
            wanted = tuple(here[index] for index in want if index in here)
            body, axes = self._lowered(key.body, key.axes, wanted)
            again, places = canonical(body)
            found = self._known.get(again.body)
            if (
                isinstance(body, Entry)
                and not isinstance(node, Entry)
                and _plain(body)
                and len(body.slots) == len(axes)
            ):
                known = (body.name, body.slots)  # it came down to an array already there
            elif found is not None:  # made before, from other parts
                known = found[0], tuple(dict(zip(again.axes, places, strict=True))[i] for i in found[1])
            else:
                name = self.names.fresh(self._called.get(key.body), body if isinstance(body, MatFn) else node)
                self.lets.append(Let(name, axes, body))
                known = name, axes
                here = dict(zip(places, again.axes, strict=True))
                if set(axes) == set(places):
                    self._known[again.body] = name, tuple(here[i] for i in axes)
            self._known[key.body] = known
        name, axes = known
        back = dict(zip(key.axes, order, strict=True))
        made = entry(name, *(back[index] for index in axes))
        assert isinstance(made, Entry)
        return made

    def _lowered(self, node: Node, axes: tuple[Index, ...], want: tuple[Index, ...]) -> tuple[Node, tuple[Index, ...]]:
        if isinstance(node, Reduce) and node.op == "sum":
            return self._sum(node, want)
        if isinstance(node, Reduce):
            indices, body = open_binder(node)
            inner = self.scalar(body, (*want, *(i for i in in_order(node) if i not in want), *indices))
            order = self._order(inner, ())
            return fold(node.op, indices, inner), tuple(i for i in order if i not in indices)
        if isinstance(node, MatFn):
            if node.fn.startswith(TAKE):
                indices, body = open_binder(node)
                inside = self.array(body)
                read = matfn(node.fn, 0, node.slots, indices, inside)
                return read, tuple(dict.fromkeys((*node.slots, *(i for i in inside.slots if i in read.free))))
            if node.fn in KERNELS:
                indices, body = open_binder(node)
                inside = self.array(body, want)
                (slot,), (k,) = node.slots, indices
                axes = tuple(slot if i is k else i for i in inside.slots)
                return matfn(node.fn, 0, node.slots, indices, inside), axes
            if node.fn == NORM:
                indices, body = open_binder(node)
                inside = self.array(body)
                norm = matfn(NORM, 0, (), indices, inside, *map(self.scalar, node.given))
                return norm, tuple(i for i in inside.slots if i not in indices)
            if node.order or node.fn not in SPELLED:
                raise Error(f"{node.fn} is not known as a function, so no code can be written for it")
            indices, body = open_binder(node)
            inside = self.array(body, (*(i for i in in_order(node) if i not in node.slots), *indices))
            if not set(indices) <= set(inside.slots):
                raise Error(f"no code is written for {node.fn} of a matrix whose rows or columns are all the same")
            outer = tuple(i for i in inside.slots if i not in indices)
            return matfn(node.fn, 0, node.slots, indices, inside), (*outer, *node.slots)
        if isinstance(node, Entry) and node.name in self._opaque:
            array = self._opaque[node.name]
            at = dict(zip(array.axes, node.slots, strict=True))
            if isinstance(array.body, MatFn) and _plain(node):
                return self._lowered(rename(array.body, at), axes, want)
            if isinstance(array.body, MatFn):  # a diagonal of it: read from the whole
                inner = rename(self.array(entry(node.name, *array.axes)), at)
                return inner, self._order(inner, want)
            body = rename(array.body, at)
            terms = terms_in(body)
            tops = [t for t in terms if any(isinstance(n, Reduce) and n.op == "max" for n in walk(t))]
            inner = plus(*(self.scalar(t, want) for t in (*tops, *(t for t in terms if t not in tops))))
            return inner, self._order(inner, want)
        inner = self._inside(node, want)
        return inner, self._order(inner, want)

    def _order(self, body: Node, want: tuple[Index, ...]) -> tuple[Index, ...]:
        """Axes as the largest array in the body stores them."""
        entries = sorted((n for n in walk(body) if isinstance(n, Entry)), key=lambda n: (-len(n.slots), n.digest))
        order = dict.fromkeys(i for i in want if i in body.free)
        for node in entries:
            order |= dict.fromkeys(i for i in node.slots if i in body.free)
        return tuple(dict.fromkeys((*order, *sorted(body.free, key=lambda i: (i.digest, repr(i))))))

    def scalar(self, node: Node, want: Sequence[Index] = ()) -> Node:
        """The node as an elementwise formula over arrays computed before it, their axes as wanted where they can be."""
        if isinstance(node, Const | Size | Ordinal | Delta):
            return node
        if isinstance(node, Entry):
            return self.array(node, want) if node.name in self._opaque else node
        if isinstance(node, Reduce | MatFn):
            return self.array(node, want)
        if isinstance(node, Deriv):
            raise Error(f"an unevaluated derivative in {node.name} has no code")
        if self._shared(node, canonical(node)[0].body):
            return self.array(node, want)
        return self._inside(node, want)

    def _inside(self, node: Node, want: Sequence[Index]) -> Node:
        from gradwright.core.build import rebuild

        children = tuple(self.scalar(child, want) for child in node.children)
        return rebuild(node, children)

    # --- sums of products ---

    def _sum(self, node: Reduce, want: tuple[Index, ...]) -> tuple[Node, tuple[Index, ...]]:
        indices, body = open_binder(node)
        live = set(indices)
        outside: list[Node] = []
        operands: list[Node] = []
        factors = list(factors_of(body))
        equal = balanced(factors, live, self.context)
        if equal is not None:
            root = self.array(equal[0])
            factors = [mul(root, side) for side in equal[1:]]
        for factor in factors:
            if not factor.free & live:
                outside.append(self.scalar(factor))
            else:
                operands.append(self.array(factor) if not isinstance(factor, Delta) else self._eye(factor))
        touched = {i for o in operands for i in o.free}
        outside += [size(i.dim) for i in indices if i not in touched]
        if not operands:  # a sum of what does not move is a count
            counted = mul(*outside)
            return counted, self._order(counted, want)
        live &= touched
        keep = {i for o in operands for i in o.free} - live
        operands = self._summed(operands, live)
        if len(operands) > 2:
            operands = self._grouped(operands)
        if len(operands) > 2:
            operands = self._paired(operands, keep)
        live &= {i for o in operands for i in o.free}
        if len(operands) == 1:
            inner = fold("sum", [i for i in indices if i in live], self._unfolded(operands[0]))
            order: tuple[Index, ...] = tuple(i for i in operands[0].slots if i in keep)  # type: ignore[attr-defined]
            order = tuple(dict.fromkeys(order))
        else:
            inner, order = self._product(operands, [i for i in indices if i in live], want)
        if not outside:
            return inner, order
        scaled = mul(*outside, self.array(inner, order))
        return scaled, self._order(scaled, want or order)

    def _unfolded(self, operand: Node) -> Node:
        """A lone operand made for this sum alone is summed as it is computed."""
        last = self.lets[-1] if self.lets else None
        if (
            last is None
            or not isinstance(operand, Entry)
            or operand.name != last.name
            or isinstance(last.body, Reduce | MatFn)
        ):
            return operand
        keys = [k for k, (name, _) in self._known.items() if name == last.name]
        if any(len(self._uses.get(k, ())) > 1 or k in self._called for k in keys):
            return operand
        self.lets.pop()
        for key in keys:
            del self._known[key]
        return rename(last.body, dict(zip(last.axes, operand.slots, strict=True)))

    def _eye(self, node: Delta) -> Node:
        return self.array(node)

    def _product(self, pair: list[Node], live: list[Index], want: tuple[Index, ...]) -> tuple[Node, tuple[Index, ...]]:
        left, right = (
            oriented(one, other, live) if isinstance(one, Entry) and self._symmetric(one.name) else one
            for one, other in (pair, pair[::-1])
        )
        first = next(iter(want), None)
        if first is None:
            left, right = min([left, right], [right, left], key=lambda two: self._turned(two, live))
        elif first in right.free and first not in left.free:
            left, right = right, left
        axes = dict.fromkeys(i for o in (left, right) for i in o.slots if i not in live)  # type: ignore[attr-defined]
        order = tuple(axes) if left.free & right.free <= set(live) else tuple(dict.fromkeys((*want, *axes)))
        return fold("sum", live, mul(left, right)), order

    def _symmetric(self, name: str) -> bool:
        """Whether the array is a matrix, or a stack of them, equal to its transpose."""
        made = next((let.body for let in self.lets if let.name == name), None)
        matrix = len(self.context.symbols.get(name, ())) == 2 and bool(self.context.facts.ask("symmetric", name))
        return matrix or (isinstance(made, MatFn) and made.fn == INVERSE)

    def _turned(self, pair: list[Node], live: Sequence[Index]) -> tuple[int, bool, int]:
        """What speaks against an order of two factors: matrices read transposed, a shape that no other array has."""
        left, right = (o.slots for o in pair if isinstance(o, Entry))
        turned = (len(left) == 2 and left[0] in live) + (len(right) == 2 and right[1] in live)
        dims = tuple(i.dim for i in (*left, *right) if i not in live)
        shapes = {*self.context.symbols.values(), *(tuple(i.dim for i in let.axes) for let in self.lets)}
        known = list(dict.fromkeys(d for shape in self.context.symbols.values() for d in shape))
        first = known.index(dims[0]) if dims and dims[0] in known else len(known)
        return turned, dims not in shapes, first

    def _summed(self, operands: list[Node], live: set[Index]) -> list[Node]:
        """Factors summed over an index that no other factor has, before they meet the others."""
        groups: dict[frozenset[Index], list[Node]] = {}
        for operand in operands:
            groups.setdefault(operand.free, []).append(operand)
        found: list[Node] = []
        for free, group in groups.items():
            lone = [i for i in in_order(mul(*group)) if i in live and all(i not in f for f in groups if f is not free)]
            found += [self.array(fold("sum", lone, mul(*group)))] if lone and len(groups) > 1 else group
        return found

    def _grouped(self, operands: list[Node]) -> list[Node]:
        """Factors over the same axes, multiplied elementwise before anything is summed; two groups at least remain."""
        groups: dict[frozenset[Index], list[Node]] = {}
        for operand in operands:
            groups.setdefault(operand.free, []).append(operand)
        if len(groups) == 1:
            return [operands[0], self.array(mul(*operands[1:]))]
        return [g[0] if len(g) == 1 else self.array(mul(*g)) for g in groups.values()]

    def _paired(self, operands: list[Node], keep: set[Index]) -> list[Node]:
        """Products taken two at a time in the cheapest order, until two are left; one that is there already is free."""
        while len(operands) > 2:
            taken = self._there(operands, keep) or self._cheapest(operands, keep)[0]
            rest = [o for k, o in enumerate(operands) if k not in taken]
            operands = [*rest, self.array(self._joined([operands[k] for k in taken], rest, keep))]
        return operands

    def _joined(self, taken: list[Node], rest: list[Node], keep: set[Index]) -> Node:
        """The product, summed over what nothing else has."""
        needed = keep | {i for o in rest for i in o.free}
        live = [i for i in dict.fromkeys(i for o in taken for i in in_order(o)) if i not in needed]
        return fold("sum", live, mul(*taken)) if live else mul(*taken)

    def _there(self, operands: list[Node], keep: set[Index]) -> tuple[int, int] | None:
        """Two factors whose product the formulas have elsewhere, where the rest costs no more for it."""
        for pair in combinations(range(len(operands)), 2):
            rest = [o for k, o in enumerate(operands) if k not in pair]
            product = self._joined([operands[k] for k in pair], rest, keep)
            key = canonical(product)[0].body
            if not isinstance(product, Reduce) or (key not in self._known and key not in self._uses):
                continue
            if self._cheapest([*rest, product], keep)[1] <= self._cheapest(operands, keep)[1]:
                return pair
        return None

    def _cheapest(self, operands: list[Node], keep: set[Index]) -> tuple[tuple[int, ...], float]:
        """The factors to take first, and what all products cost."""
        import opt_einsum

        labels = {
            i: opt_einsum.get_symbol(k) for k, i in enumerate(dict.fromkeys(i for o in operands for i in in_order(o)))
        }
        text = ",".join("".join(labels[i] for i in in_order(o)) for o in operands)
        shapes = [tuple(self._extent(i) for i in in_order(o)) for o in operands]
        target = "".join(labels[i] for i in labels if i in keep)
        path, info = opt_einsum.contract_path(f"{text}->{target}", *shapes, shapes=True, optimize="auto")
        return path[0], float(info.opt_cost)

    def _extent(self, index: Index) -> int:
        return index.dim if isinstance(index.dim, int) else self.extents.get(index.dim, _NOMINAL)


def _plain(node: Entry) -> bool:
    """An array as it is: every index once, none fixed."""
    return len(set(node.slots)) == len(node.slots) and all(i.kind != AT for i in node.slots)


__all__ = ["Let", "Plan", "plan"]
