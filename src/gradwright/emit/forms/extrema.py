"""Which entry is the extremum. Owns: step(max_j f_j − f_i) as a comparison of the maximum with the array it is of.

The difference is exactly 0 at the largest entry only where both come from one array; what has been derived may have
the entry multiplied out, and rounded otherwise. So that array has a name of its own. Never: changes a value.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from itertools import product

from gradwright.core.build import ONE, ZERO, const, entry, mul, open_binder, reduce, rename, split_coefficient, subtract
from gradwright.core.build import where as choice
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Add, Apply, Array, Entry, Node, Reduce, walk
from gradwright.core.walk import descend, run
from gradwright.emit.forms.canon import canonical
from gradwright.engine.normal import TooLong, multiplied_out


class Extrema:
    """Rewrites formulas, as a function; ``arrays`` holds what has a name."""

    def __init__(self, context: Context, formulas: Iterable[Node]) -> None:
        self.context = context
        self.arrays: dict[str, Array] = {}
        self._names: dict[Node, str] = {}
        self._memo: dict[Node, Node] = {}
        gaps = [self._gap(n) for n in dict.fromkeys(n for formula in formulas for n in walk(formula))]
        self._found = any(gap is not None for gap in gaps)
        for _, extremum, _ in (gap for gap in gaps if gap is not None):
            body = open_binder(extremum)[1]
            if not isinstance(body, Entry):
                self._names.setdefault(canonical(body)[0].body, f"~of{len(self._names)}")

    def __call__(self, formula: Node) -> Node:
        return run(self._visit, formula, self._memo) if self._found else formula

    def _visit(self, node: Node) -> Generator[Node, Node, Node]:
        found = self._gap(node)
        if found is not None:
            sign, extremum, at = found
            whole = yield extremum
            _, body = open_binder(extremum, avoid=node.free)
            one = rename(self._array(body), at)
            return choice("<", *((one, whole) if sign > 0 else (whole, one)), ONE, ZERO)
        if isinstance(node, Reduce) and node.op in ("max", "min"):
            indices, body = open_binder(node)
            key = canonical(body)[0]
            name = self._names.get(key.body)
            if name is not None:
                if name not in self.arrays:
                    self.arrays[name] = Array(key.axes, (yield from descend(key.body, atoms=True)))
                return reduce(node.op, indices, self._array(body))
        return (yield from descend(node, atoms=True))

    def _array(self, body: Node) -> Node:
        """The array by its name, at the indices of the body; what has none is one as it stands."""
        key, order = canonical(body)
        name = self._names.get(key.body)
        return body if name is None else entry(name, *order)

    def _gap(self, step: Node) -> tuple[int, Reduce, dict[Index, Index]] | None:
        """Whether it is the step of a multiple of max_j f_j − f_i: the sign, the extremum, where its body is f_i."""
        node = step.args[0] if isinstance(step, Apply) and step.fn == "step" else step
        for term in node.terms if isinstance(node, Add) and node is not step else ():
            coefficient, extremum = split_coefficient(term)
            if not isinstance(extremum, Reduce) or extremum.op not in ("max", "min"):
                continue
            indices, body = open_binder(extremum, avoid=node.free)
            rest = subtract(term, node)
            for at in product(*([i for i in node.free if i.dim == k.dim] for k in indices)):
                places = dict(zip(indices, at, strict=True))
                if self._equal(rest, mul(const(coefficient), rename(body, places))):
                    return (1 if coefficient > 0 else -1), extremum, places
        return None

    def _equal(self, a: Node, b: Node) -> bool:
        if a is b or a.free != b.free or a.names != b.names:
            return a is b
        try:
            return multiplied_out(a, self.context) is multiplied_out(b, self.context)
        except TooLong:
            return False
