"""From trees to nodes. Owns: what every construction of the mathematics in a document means. Never: guesses; an
``Error`` says what is not understood. Shapes are found by unification, so a chain is read once for its shapes and
once for its nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from gradwright.core.build import add, delta, deriv, entry, mul, rename, total
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import Node
from gradwright.core.value import Value
from gradwright.engine.derivatives import derivative, resolved
from gradwright.read.latex.nodes import (
    WITHOUT_MEANING,
    Differential,
    Evaluated,
    Expectation,
    Factorial,
    Function,
    Gradient,
    Hessian,
    Indicator,
    Integral,
    Known,
    Law,
    Noted,
    Run,
    Vector,
)
from gradwright.read.syntax import (
    Bars,
    Big,
    Call,
    Cases,
    Derivative,
    Group,
    Indexed,
    Inner,
    Matrix,
    Name,
    Negative,
    Norm,
    Number,
    Power,
    Primed,
    Product,
    Quotient,
    Root,
    Sum,
    Transposed,
    alike,
    walk,
)
from gradwright.read.syntax import Node as Tree
from gradwright.referee.meaning.averages import Averages
from gradwright.referee.meaning.calls import Link, links_of
from gradwright.referee.meaning.symbols import overloaded, symbol_key
from gradwright.referee.meaning.value import HIDDEN, TURNED, Unsaid


class Reader(Averages):
    """One reading of one side."""

    def value(self, tree: Tree) -> Value:
        meaning = MEANINGS.get(type(tree))
        if meaning is None:
            self.fail(f"{WITHOUT_MEANING[type(tree)]} is not understood here", tree)
        return meaning(self, tree)

    # --- derivatives

    def _product(self, tree: Product) -> Value:
        """∂L/∂Y ∂Y/∂X of matrices: the chain rule, whatever the axes."""
        try:
            return super()._product(tree)
        except Error:
            links = links_of([item for _, item in tree.factors])
            if not links:
                raise
            return self.chained(links, tree)

    def chained(self, items: Sequence[Link], tree: Tree) -> Value:
        """Jacobians one after the other, in either order, contracted over what each takes from the next."""
        for order in (list(items), list(items)[::-1]):
            if all(alike(a.wrt, b.body) for a, b in pairwise(order)):
                break
        else:
            self.fail("derivatives that do not follow each other", tree)
        head = self.value(order[0].body)
        name, slots, kind, axes = self.target(order[0].wrt)
        body = self.derived(head.body, name, slots, tree)
        for item in order[1:]:
            middle = self.value(item.body)
            name, slots, kind, after = self.target(item.wrt)
            after = tuple(free_index(f"{a.name}.{item.place}", self.find(a.dim)) for a in after)
            slots = after if len(after) == len(slots) else slots
            step = self.derived(middle.body, name, slots, tree)
            step = rename(step, dict(zip(middle.axes, axes, strict=True)))
            body, axes = total(axes, mul(body, step)), after
        return self.laid_out(head, body, kind, axes, tree)

    def _derivative(self, tree: Derivative) -> Value:
        body, wrts = tree.body, tree.wrt
        if body is None:
            self.fail("a derivative of nothing", tree)
        if tree.note:
            self.world.notes[tree.note] = None
        if len(wrts) > 2:
            self.fail("a derivative above the second", tree)
        placed = {symbol_key(self.symbols, w) for w in wrts} & set(self.at)
        if placed:
            return self.evaluated(tree, placed)
        special = overloaded(self.symbols, symbol_key(self.symbols, body), [symbol_key(self.symbols, wrts[0])])
        value = (
            self.entry_value(special, body) if special.endswith(")") and isinstance(body, Name) else self.value(body)
        )
        for wrt in reversed(wrts):
            value = self.differentiated(value, wrt, tree)
        return value

    def evaluated(self, tree: Derivative, placed: set[str]) -> Value:
        """A derivative in a variable that a bar puts at a place."""
        env, at = dict(self.env), dict(self.at)
        values = {key: at[key] for key in placed}
        self.env = {k: v for k, v in env.items() if k not in placed}
        self.at = {k: v for k, v in at.items() if k not in placed}
        try:
            value = self._derivative(tree)
            context = self.world.context([value.body])
            for key in placed:
                context.definitions.pop(key, None)
            return Value(value.kind, value.axes, self.substituted(resolved(value.body, context), values, tree))
        finally:
            self.env, self.at = env, at

    def target(self, tree: Tree) -> tuple[str, tuple[Index, ...], str, tuple[Index, ...]]:
        """The variable of a derivative: its name, the slots, its kind, and the axes that are new."""
        from gradwright.core.node import Entry

        turned = False
        while isinstance(tree, Group | Transposed):
            turned ^= isinstance(tree, Transposed)
            tree = tree.body
        if not isinstance(tree, Name | Indexed | Call | Law | Known):
            self.fail("a derivative in what is not a symbol", tree)
        kept, self.env = self.env, {k: v for k, v in self.env.items() if not isinstance(v.body, Entry)}
        value = self.value(tree)
        self.env = kept
        if not isinstance(value.body, Entry):
            self.fail("a derivative in what is not a symbol", tree)
        kind = TURNED.get(value.kind, value.kind) if turned else value.kind
        renamed = {a: free_index(f"{a.name}w", a.dim) for a in value.axes}
        slots = tuple(renamed.get(s, s) for s in value.body.slots)
        return value.body.name, slots, kind, tuple(renamed[a] for a in value.axes)

    def differentiated(self, value: Value, wrt: Tree, tree: Tree) -> Value:
        name, slots, kind, axes = self.target(wrt)
        taken = {a: free_index(f"{a.name}v", self.find(a.dim)) for a in axes if a in value.body.free}
        slots = tuple(taken.get(s, s) for s in slots)
        axes = tuple(taken.get(a, a) for a in axes)
        body = self.derived(value.body, name, slots, tree)
        return self.laid_out(value, body, kind, axes, tree)

    def laid_out(self, value: Value, body: Node, kind: str, axes: tuple[Index, ...], tree: Tree) -> Value:
        layout = self.world.layout
        if not axes:
            if value.kind in ("column", "row") and layout == "denominator":
                return Value(TURNED[value.kind], value.axes, body)
            if value.kind == "matrix" and layout == "denominator":
                return Value("matrix", value.axes[::-1], body)
            return Value(value.kind, value.axes, body)
        if not value.axes:
            if layout == "numerator":
                return Value(TURNED.get(kind, kind), axes[::-1], body)
            return Value(kind, axes, body)
        if len(value.axes) == 1 and len(axes) == 1:
            first = layout == "denominator"
            if value.kind == "row" and kind == "column" and not self.symbols.row_vectors:
                first = True
            if value.kind == "column" and kind == "row":
                first = False
            return Value("matrix", (*axes, *value.axes) if first else (*value.axes, *axes), body)
        return Value("tensor", (*value.axes, *axes), body)

    def derived(self, body: Node, name: str, slots: tuple[Index, ...], tree: Tree) -> Node:
        """∂body/∂name[slots]: by arithmetic where the name is a variable, by the rules where it is defined."""
        world = self.world
        if world.partial and (direct := self.direct_part(body, name, slots, tree)) is not None:
            return direct
        context = world.context([body])
        unsaid = name in world.arrays or not self.is_constant(body)
        if unsaid and not context.depends(body, name):
            raise Unsaid(f"it is not said how this depends on {name}", tree.span)
        if name not in world.arrays and not body.derivs:
            return deriv(body, name, slots)
        return self.symbolic(body, name, slots, tree)

    def direct_part(self, body: Node, name: str, slots: tuple[Index, ...], tree: Tree) -> Node | None:
        """∂ of a defined entry's own formula, with the defined symbols in it held fixed that depend on the variable."""
        from gradwright.core.node import Entry

        array = self.world.arrays.get(body.name) if isinstance(body, Entry) else None
        if array is None or not isinstance(body, Entry) or name not in array.body.names or array.body.derivs:
            return None
        context = self.world.context([array.body])
        held = {n for n in array.body.names if n != name and n in context.definitions}
        held = {n for n in held if context.depends(context.definitions[n].body, name)}
        if not held:
            return None
        self.world.fixed |= held
        context.definitions.clear()
        inner = rename(array.body, dict(zip(array.axes, body.slots, strict=True)))
        free = tuple(free_index(f"~q{k}.{tree.span[0]}.{tree.span[1]}", self.find(s.dim)) for k, s in enumerate(slots))
        return rename(derivative(inner, name, free, context), dict(zip(free, slots, strict=True)))

    def is_constant(self, body: Node) -> bool:
        """Whether a body is made of numbers and of what the document says is constant or data."""
        return body.names <= self.symbols.constants | self.symbols.labels()

    def symbolic(self, body: Node, name: str, slots: tuple[Index, ...], tree: Tree) -> Node:
        context = self.world.context([body])
        context.definitions.pop(name, None)
        free = tuple(free_index(f"~q{k}.{tree.span[0]}.{tree.span[1]}", self.find(s.dim)) for k, s in enumerate(slots))
        result = derivative(body, name, free, context)
        return rename(result, dict(zip(free, slots, strict=True)))

    def _gradient(self, tree: Gradient) -> Value:
        wrt, body = tree.wrt, tree.body
        value = self.value(body)
        if wrt is not None:
            return self.gradient(value, wrt, tree)
        names = self.world.context([value.body]).definitions
        hidden = [n for n in self.symbols.hidden if n in value.body.names or n in names]
        if hidden:
            dim = self.find("?hidden")
            axis = free_index(f"~n{tree.span[0]}.{tree.span[1]}", dim)
            node = deriv(value.body, HIDDEN, (axis,))
            for k in sorted(self.constants_in(body)):
                self.world.notes[f"{k} constant"] = None
            if not value.axes:
                return Value("column", (axis,), node)
            if len(value.axes) == 1:
                jacobian = self.symbols.gradients_of_rows or self.world.layout == "numerator"
                first = value.kind == "row" or not jacobian
                return Value("matrix", (axis, *value.axes) if first else (*value.axes, axis), node)
            self.fail("∇ of a matrix", tree)
        argument = self.argument(body)
        if argument is not None:
            return self.gradient(value, argument, tree)
        return self.partials(value, body, tree)

    def partials(self, value: Value, body: Tree, tree: Tree) -> Value:
        """∇f of f(x, y) with numbers x, y: the column of its partial derivatives."""
        key = symbol_key(self.symbols, body.function if isinstance(body, Call) else body)
        definition = self.symbols.definition(key, self.world.place) if key else None
        params = definition.params if definition is not None else ()
        if value.axes or len(params) < 2 or any(self.symbols.rank(p) for p in params):
            self.fail("∇ in a variable that is not said", tree)
        axis = free_index(f"~n{tree.span[0]}", len(params))
        parts = [self.derived(value.body, p, (), tree) for p in params]
        return Value(
            "column", (axis,), add(*(mul(delta(axis, position(k, len(params))), d) for k, d in enumerate(parts)))
        )

    def argument(self, body: Tree) -> Tree | None:
        """x in ∇f(x), or in ∇f where f(x) is defined."""
        if isinstance(body, Call):
            return body.arguments[0] if len(body.arguments) == 1 and isinstance(body.arguments[0], Name) else None
        definition = self.symbols.definition(symbol_key(self.symbols, body), self.world.place)
        if not isinstance(body, Name | Indexed) or definition is None or len(definition.params) != 1:
            return None
        return Known(body.span, definition.params[0])

    def _known(self, tree: Known) -> Value:
        return self.entry_value(tree.key, tree)

    def _hessian(self, tree: Hessian) -> Value:
        """∇²f: the second derivatives, laid out as a matrix."""
        wrt, body = tree.wrt, tree.body
        wrt = wrt if wrt is not None else self.argument(body)
        value = self.value(body)
        if wrt is None or value.axes:
            self.fail("∇² in a variable that is not said, or of an array", tree)
        name, slots, _, axes = self.target(wrt)
        others = {a: free_index(f"{a.name}h", self.find(a.dim)) for a in axes}
        once = self.derived(value.body, name, slots, tree)
        twice = self.derived(once, name, tuple(others.get(s, s) for s in slots), tree)
        kind = {0: "scalar", 1: "matrix"}.get(len(axes), "tensor")
        return Value(kind, (*axes, *others.values()), twice)

    def constants_in(self, tree: Tree) -> set[str]:
        keys = {self.symbols.key(n.stem, n.font) for n in walk(tree) if isinstance(n, Name)}
        return {k for k in keys if k not in self.symbols.hidden and self.symbols.rank(k)}

    def gradient(self, value: Value, wrt: Tree, tree: Tree) -> Value:
        name, slots, kind, axes = self.target(wrt)
        taken = {a: free_index(f"{a.name}v", self.find(a.dim)) for a in axes if a in value.body.free}
        slots, axes = tuple(taken.get(s, s) for s in slots), tuple(taken.get(a, a) for a in axes)
        body = self.derived(value.body, name, slots, tree)
        return self.laid_out(value, body, kind, axes, tree)

    def _differential(self, tree: Differential) -> Value:
        """dX: the differential, Σ over the varying symbols of ∂/∂v dv."""
        body = tree.body
        value = self.value(body)
        context = self.world.context([value.body])
        terms = []
        for key in sorted(self.world.varying):
            if key in self.world.arrays or not context.depends(value.body, key):
                continue
            shape = self.symbols.shape(key)
            slots = tuple(free_index(f"~v{tree.span[0]}.{tree.span[1]}.{key}{k}", d) for k, d in enumerate(shape))
            step = entry("d " + key, *slots)
            terms.append(total(slots, mul(deriv(value.body, key, slots), step)))
        if not terms and not self.constants_in_only(body):
            self.fail("a differential of what does not vary", tree)
        return Value(value.kind, value.axes, add(*terms))

    def constants_in_only(self, tree: Tree) -> bool:
        return all(k in self.symbols.constants for k in self.constants_in(tree))


MEANINGS: dict[type[Tree], Callable[..., Value]] = {
    Number: Reader._number, Name: Reader._name, Indexed: Reader._indexed, Group: Reader._group,
    Negative: Reader._negative, Sum: Reader._sum, Product: Reader._product, Quotient: Reader._quotient,
    Power: Reader._power, Transposed: Reader._transposed, Primed: Reader._primed, Root: Reader._root,
    Factorial: Reader._factorial, Norm: Reader._norm, Bars: Reader._bars, Inner: Reader._inner,
    Function: Reader._function, Call: Reader._call, Law: Reader._law, Derivative: Reader._derivative,
    Gradient: Reader._gradient, Hessian: Reader._hessian, Differential: Reader._differential, Big: Reader._big,
    Cases: Reader._cases, Matrix: Reader._matrix, Evaluated: Reader._evaluated, Vector: Reader._vector,
    Run: Reader._run, Expectation: Reader._expectation, Integral: Reader._integral, Indicator: Reader._indicator,
    Noted: Reader._noted, Known: Reader._known,
}  # fmt: skip
"""What every kind of value means."""
