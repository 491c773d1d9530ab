"""Sums of products. Owns: how one becomes products of two arrays, and in which order. Never: decides what is shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from gradwright.core.build import mul, open_binder, size
from gradwright.core.build import reduce as fold
from gradwright.core.context import Context
from gradwright.core.index import Index, names_of, valued
from gradwright.core.node import Entry, MatFn, Mul, Node, Reduce, walk
from gradwright.emit.forms.canon import canonical
from gradwright.emit.forms.factor import INVERSE
from gradwright.emit.forms.factors import factors_of, in_order
from gradwright.emit.forms.gram import Symmetric, balanced, symmetric
from gradwright.emit.plan.made import Made
from gradwright.emit.plan.solves import oriented

_NOMINAL = 64  # the extent assumed of a symbolic dimension when products are ordered


class Products:
    """How the sums of products of one plan come down to products of two arrays.

    ``array`` makes an array of a factor, in the axes wanted where it can; ``scalar`` what arrays are multiplied by.
    """

    def __init__(
        self,
        context: Context,
        made: Made,
        array: Callable[[Node, Sequence[Index]], Entry],
        scalar: Callable[[Node], Node],
    ) -> None:
        self._context, self._made = context, made
        self._array, self._scalar = array, scalar
        self._even: set[str] = set()  # stacks of symmetric matrices

    def lowered(self, node: Reduce, want: tuple[Index, ...]) -> tuple[Node, tuple[Index, ...]]:
        indices, body = open_binder(node)
        live = set(indices)
        outside: list[Node] = []
        operands: list[Node] = []
        factors = list(factors_of(body))
        halved = self._halved(factors, live)
        if halved is not None:
            left, right, middle = halved.left, halved.right, halved.middle
            axes = tuple(i for o in (middle, left, right) for i in o.slots if i not in live)  # type: ignore[attr-defined]
            found = fold("sum", indices, mul(left, right, middle))
            return (mul(*halved.outside, self._array(found, axes)) if halved.outside else found), axes
        equal = balanced(factors, live, self._context)
        if equal is not None:
            root = self._array(equal[0], ())
            factors = [mul(root, side) for side in equal[1:]]
        for factor in factors:
            if not factor.free & live:
                outside.append(self._scalar(factor))
            else:
                operands.append(self._array(factor, ()))
        touched = {i for o in operands for i in o.free}
        outside += [size(i.dim) for i in indices if i not in touched]
        if not operands:  # a sum of what does not move is a count
            counted = mul(*outside)
            return counted, stored(counted, want)
        live &= touched
        keep = {i for o in operands for i in o.free} - live
        operands = self._summed(operands, live)
        if len(operands) > 2:
            operands = self._grouped(operands, live)
        if len(operands) > 2:
            operands = self._paired(operands, keep)
        live &= {i for o in operands for i in o.free}
        if len(operands) == 1:
            inner = fold("sum", [i for i in indices if i in live], self._made.unfolded(operands[0]))
            order: tuple[Index, ...] = tuple(i for i in operands[0].slots if i in keep)  # type: ignore[attr-defined]
            order = tuple(dict.fromkeys(order))
        else:
            inner, order = self._product(operands, [i for i in indices if i in live], want)
        if not outside:
            return inner, order
        scaled = mul(*outside, self._array(inner, order))
        return scaled, stored(scaled, want or order)

    def _halved(self, factors: list[Node], live: set[Index]) -> Symmetric | None:
        """A sum of products of symmetric matrices, in arrays; those that are known as such are remembered."""
        middle = next((f for f in factors if isinstance(f, Entry) and f.name in self._even), None)
        if middle is not None and len(factors) == 3:
            left, right = (f for f in factors if f is not middle)
            return Symmetric(left, right, middle, [])
        found = symmetric(factors, live, self._context)
        if found is None:
            return None
        left, right, made = (self._array(part, ()) for part in found[:3])
        self._even.add(made.name)
        return Symmetric(left, right, made, [self._scalar(factor) for factor in found.outside])

    def gathered(self, node: Mul) -> Node:
        """The product with what stands before a sum taken into it, where a symmetric matrix comes of that."""
        for factor in node.factors:
            if isinstance(factor, Reduce) and factor.op == "sum":
                indices, body = open_binder(factor, avoid=node.free)
                others = [f for f in node.factors if f is not factor]
                factors = [*(f for f in others if f.free), *factors_of(body)]
                if len(factors) > 2 and symmetric(factors, indices, self._context) is not None:
                    return mul(*(f for f in others if not f.free), fold("sum", indices, mul(*factors)))
        return node

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
        made = self._made.body_of(name)
        matrix = len(self._context.symbols.get(name, ())) == 2 and bool(self._context.facts.ask("symmetric", name))
        return matrix or (isinstance(made, MatFn) and made.fn == INVERSE)

    def _turned(self, pair: list[Node], live: Sequence[Index]) -> tuple[int, bool, int]:
        """What speaks against an order of two factors: matrices read transposed, a shape that no other array has."""
        left, right = (o.slots for o in pair if isinstance(o, Entry))
        turned = (len(left) == 2 and left[0] in live) + (len(right) == 2 and right[1] in live)
        dims = tuple(i.dim for i in (*left, *right) if i not in live)
        shapes = {
            *self._context.symbols.values(),
            *(tuple(i.dim for i in draft.axes) for draft in self._made.drafts),
        }
        known = list(dict.fromkeys(d for shape in self._context.symbols.values() for d in shape))
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
            found += [self._array(fold("sum", lone, mul(*group)), ())] if lone and len(groups) > 1 else group
        return found

    def _grouped(self, operands: list[Node], live: set[Index]) -> list[Node]:
        """Factors over the same axes, multiplied elementwise before anything is summed; two groups at least remain.

        One over fewer axes joins those that are multiplied anyway, where no sum over it alone would come of it.
        """
        groups: dict[frozenset[Index], list[Node]] = {}
        for operand in operands:
            groups.setdefault(operand.free, []).append(operand)
        for free in [f for f in groups if len(groups) > 2]:
            larger = [g for g in groups if free < g and len(groups[g]) > 1]
            elsewhere = {i for g in groups if g is not free and g not in larger[:1] for i in g}
            if larger and free & live <= elsewhere:
                groups[larger[0]] += groups.pop(free)
        if len(groups) == 1:
            return [operands[0], self._array(mul(*operands[1:]), ())]
        return [g[0] if len(g) == 1 else self._array(mul(*g), ()) for g in groups.values()]

    def _paired(self, operands: list[Node], keep: set[Index]) -> list[Node]:
        """Products taken two at a time in the cheapest order, until two are left; one that is there already is free."""
        while len(operands) > 2:
            taken = self._there(operands, keep) or self._cheapest(operands, keep)[0]
            rest = [o for k, o in enumerate(operands) if k not in taken]
            operands = [*rest, self._array(self._joined([operands[k] for k in taken], rest, keep), ())]
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
            if not isinstance(product, Reduce) or not self._made.wanted(key):
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
        shapes = [tuple(valued(i.dim, dict.fromkeys(names_of(i.dim), _NOMINAL)) for i in in_order(o)) for o in operands]
        target = "".join(labels[i] for i in labels if i in keep)
        path, info = opt_einsum.contract_path(f"{text}->{target}", *shapes, shapes=True, optimize="auto")
        return path[0], float(info.opt_cost)


def stored(body: Node, want: tuple[Index, ...]) -> tuple[Index, ...]:
    """Axes as the largest array in the body stores them."""
    entries = sorted((n for n in walk(body) if isinstance(n, Entry)), key=lambda n: (-len(n.slots), n.digest))
    order = dict.fromkeys(i for i in want if i in body.free)
    for node in entries:
        order |= dict.fromkeys(i for i in node.slots if i in body.free)
    return tuple(dict.fromkeys((*order, *sorted(body.free, key=lambda i: (i.digest, repr(i))))))
