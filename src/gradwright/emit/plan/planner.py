"""Arrays from formulas. Owns: what becomes an array, and in which axes it is stored. Never: spells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gradwright.core.build import (
    HALF,
    ONE,
    const,
    entry,
    matfn,
    mul,
    open_binder,
    power,
    rebuild,
    rename,
    split_coefficient,
)
from gradwright.core.build import add as plus
from gradwright.core.build import reduce as fold
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    Const,
    Delta,
    Deriv,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    terms_in,
    walk,
)
from gradwright.emit.forms.canon import canonical
from gradwright.emit.forms.exponentials import KERNELS
from gradwright.emit.forms.factor import factored
from gradwright.emit.forms.factors import hoisted, in_order
from gradwright.emit.forms.labels import TAKE, linear_in_label
from gradwright.emit.forms.norms import NORM, is_root
from gradwright.emit.forms.prepare import Prepared
from gradwright.emit.forms.stable import inlined, stabilised
from gradwright.emit.plan.fused import fused
from gradwright.emit.plan.made import Made, Stored
from gradwright.emit.plan.products import Products, stored
from gradwright.emit.plan.program import plain
from gradwright.emit.plan.solves import SPELLED, at_own_slots
from gradwright.tables.matrix import MATRIX_FUNCTIONS

Lowered = tuple[Node, tuple[Index, ...]]
"""A formula over arrays, and its axes in the order they are stored."""


class Planner:
    """Arrays as formulas ask for them."""

    def __init__(self, context: Context, prepared: Prepared, sums_shared: bool = False) -> None:
        self.context, self._sums_shared = context, sums_shared
        self.prepared, self._opaque = prepared, prepared.arrays
        self.made = Made(context)
        self._products = Products(context, self.made, self.array, self.scalar)

    # --- what is used twice ---

    def count(self, formulas: Iterable[Node]) -> None:
        """Who uses which array, in the formulas and in what has a name in them."""
        self.made.count(formulas, self._opaque.values())

    def defined(self, name: str) -> Node:
        """What the user defined, as it stands in the formulas."""
        body = inlined(self.context.definitions[name].body, self.context)
        return self.prepared(factored(stabilised(body, self.context), self.context))

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
        if not self.made.shared(key):
            return False
        marked = linear_in_label(node, node.names)
        if marked is not None and marked[0].free != node.free:  # class labels are marked where they are used
            return False
        if self._sums_shared and isinstance(node, Add) and node.free:
            return True
        return any(isinstance(n, Apply | Pow | Reduce | MatFn | Where) and not isinstance(n, Const) for n in walk(node)
                   if n.free or isinstance(n, Reduce | MatFn)) and node is not ONE  # fmt: skip

    # --- arrays ---

    def output(self, array: Array) -> Array:
        """The array in terms of what is computed, ready to be laid out in its own order of axes."""
        there = isinstance(array.body, Entry) and array.body.name in self.context.symbols
        parts = any(isinstance(n, Reduce | MatFn) for n in walk(array.body))
        if there or not (parts or array.body.names):
            return array
        return Array(array.axes, self.array(array.body, array.axes))

    def array(self, node: Node, want: Sequence[Index] = ()) -> Entry:
        """The node as an array of its own (once), at its free indices."""
        if isinstance(node, Entry) and plain(node) and node.name not in self._opaque:
            return node
        whole = at_own_slots(node)
        if whole is not None:
            made = rename(self.array(whole[0]), whole[1])
            assert isinstance(made, Entry)
            return made
        key, order = canonical(node)
        known = self.made.known.get(key.body)
        if known is None:
            here = dict(zip(order, key.axes, strict=True))
            wanted = tuple(here[index] for index in want if index in here)
            body, axes = self._lowered(key.body, wanted)
            again, places = canonical(body)
            found = self.made.known.get(again.body)
            if isinstance(body, Entry) and not isinstance(node, Entry) and plain(body) and len(body.slots) == len(axes):
                known = (body.name, body.slots)  # it came down to an array already there
            elif found is not None:  # made before, from other parts
                known = found[0], tuple(dict(zip(again.axes, places, strict=True))[i] for i in found[1])
            else:
                known = self.made.add(body if isinstance(body, MatFn) else node, axes, body, key.body)
                here = dict(zip(places, again.axes, strict=True))
                if set(axes) == set(places):
                    self.made.known[again.body] = known[0], tuple(here[i] for i in axes)
            self.made.known[key.body] = known
        return _read(known, key, order)

    def _straight(self, node: Node, want: Sequence[Index] = ()) -> Entry:
        """The node as an array with every index once: a diagonal is an array of its own here."""
        found = self.array(node, want)
        if plain(found):
            return found
        key, order = canonical(found)
        known = self.made.known.get(key.body)
        if known is None:
            known = self.made.add(node, key.axes, key.body)
            self.made.known[key.body] = known
        return _read(known, key, order)

    def _lowered(self, node: Node, want: tuple[Index, ...]) -> Lowered:
        """The node over arrays that are there by then, and the axes in which it is stored."""
        if isinstance(node, Reduce) and node.op == "sum":
            return self._products.lowered(node, want)
        if isinstance(node, Reduce):
            indices, body = open_binder(node)
            inner = self.scalar(body, (*want, *(i for i in in_order(node) if i not in want), *indices))
            order = stored(inner, ())
            return fold(node.op, indices, inner), tuple(i for i in order if i not in indices)
        if isinstance(node, MatFn):
            if node.fn == NORM:
                return self._norm(node, want)
            if node.fn.startswith(TAKE) or node.fn in KERNELS:
                return self._along(node, want)
            return self._of_matrix(node)
        if isinstance(node, Entry) and node.name in self._opaque:
            return self._written_out(node, want)
        inner = self._inside(node, want)
        return inner, stored(inner, want)

    def _along(self, node: MatFn, want: tuple[Index, ...]) -> Lowered:
        """An array read at labels, or a function along one of its axes."""
        (k, *others), body = open_binder(node)
        inside = self._straight(body, want if node.fn in KERNELS else ())
        found = matfn(node.fn, 0, node.slots, (k, *others), inside)
        if node.fn in KERNELS:
            return found, tuple(node.slots[0] if i is k else i for i in inside.slots)
        return found, tuple(dict.fromkeys((*node.slots, *(i for i in inside.slots if i in found.free))))

    def _norm(self, node: MatFn, want: tuple[Index, ...]) -> Lowered:
        indices, body = open_binder(node)
        inside = self._straight(body)
        if set(indices) <= inside.free:
            norm = matfn(NORM, 0, (), indices, inside, *map(self.scalar, node.given))
            return norm, tuple(i for i in inside.slots if i not in indices)
        scale, beside = node.given  # what is divided by a sum of itself has come down to a number
        squares = plus(mul(scale, fold("sum", indices, power(inside, const(2)))), beside)
        root = self.scalar(power(squares, HALF), want)
        return root, stored(root, want)

    def _of_matrix(self, node: MatFn) -> Lowered:
        if node.order or node.fn not in SPELLED:
            if node.fn in MATRIX_FUNCTIONS and not node.order:
                raise Error(f"no code is written for {node.fn}", hint="there is code for inv, det, logdet and chol")
            raise Error(f"{node.fn} is not known as a function, so no code can be written for it")
        indices, body = open_binder(node)
        inside = self.array(body, (*(i for i in in_order(node) if i not in node.slots), *indices))
        if not set(indices) <= set(inside.slots):
            raise Error(f"no code is written for {node.fn} of a matrix whose rows or columns are all the same")
        outer = tuple(i for i in inside.slots if i not in indices)
        return matfn(node.fn, 0, node.slots, indices, inside), (*outer, *node.slots)

    def _written_out(self, node: Entry, want: tuple[Index, ...]) -> Lowered:
        """What has a name in the formulas; of a sum what holds a maximum is computed first."""
        array = self._opaque[node.name]
        at = dict(zip(array.axes, node.slots, strict=True))
        if isinstance(array.body, MatFn) and plain(node):
            return self._lowered(rename(array.body, at), want)
        if isinstance(array.body, MatFn):  # a diagonal of it: read from the whole
            inner = rename(self.array(entry(node.name, *array.axes)), at)
            return inner, stored(inner, want)
        terms = terms_in(rename(array.body, at))
        tops = [t for t in terms if any(isinstance(n, Reduce) and n.op == "max" for n in walk(t))]
        inner = plus(*(self.scalar(t, want) for t in (*tops, *(t for t in terms if t not in tops))))
        return inner, stored(inner, want)

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
        whole = self._products.gathered(node) if isinstance(node, Mul) else node
        if whole is not node:
            return self.scalar(whole, want)
        children = tuple(self.scalar(child, want) for child in node.children)
        return rebuild(node, children)


def _read(known: Stored, key: Array, order: tuple[Index, ...]) -> Entry:
    """The array that was made for a canonical form, at the indices that the form's axes stand for."""
    back = dict(zip(key.axes, order, strict=True))
    made = entry(known[0], *(back[index] for index in known[1]))
    assert isinstance(made, Entry)
    return made
