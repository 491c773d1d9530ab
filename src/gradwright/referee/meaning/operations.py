"""Operators. Owns: sums, products, powers, norms, Σ, cases and matrices. Never: functions, derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    divide,
    matfn,
    mul,
    negate,
    ordinal,
    power,
    reduce,
    rename,
    subtract,
    total,
    where,
)
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import Const, Node
from gradwright.core.value import Value
from gradwright.core.walk import bottom_up
from gradwright.read.latex.nodes import Evaluated, Factorial, Run, Vector, symbol, written
from gradwright.read.syntax import (
    Bars,
    Big,
    Binder,
    Cases,
    Comparison,
    Group,
    Indexed,
    Inner,
    Item,
    Letter,
    Matrix,
    Multiplication,
    Name,
    Negative,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Transposed,
    bare,
    walk,
)
from gradwright.read.syntax import Node as Tree
from gradwright.referee.meaning.members import Members
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.symbols import symbol_key
from gradwright.referee.meaning.value import KINDS, KRONECKER, STACKED, TURNED, Misfit, is_zero, scalar


class Operations(Members):
    """What operators mean."""

    # --- operators

    def _negative(self, tree: Negative) -> Value:
        value = self.value(tree.body)
        return Value(value.kind, value.axes, negate(value.body))

    def _sum(self, tree: Sum) -> Value:
        result: Value | None = None
        for sign, term in tree.terms:
            value = self.value(term)
            if sign == "-":
                value = Value(value.kind, value.axes, negate(value.body))
            result = value if result is None else self.entrywise(result, value, add, tree)
        assert result is not None
        return result

    def entrywise(self, left: Value, right: Value, op: Callable[[Node, Node], Node], tree: Tree) -> Value:
        if left.kind != right.kind and (left.body is ONE or right.body is ONE):  # bold 1 beside any array
            shaped = right if left.body is ONE else left
            return Value(shaped.kind, shaped.axes, op(left.body, right.body))
        if not right.axes or not left.axes:
            if (left.axes or right.axes) and op is add and not (is_zero(left) or is_zero(right)):
                self.world.notes["a number is added to every entry"] = None
                number = right.body if left.axes else left.body
                self.world.spread |= not isinstance(number, Const) and not self.world.busy
            shaped = left if left.axes else right
            return Value(shaped.kind, shaped.axes, op(left.body, right.body))
        if left.kind != right.kind:
            self.misfit("added", left, right, tree)
        body = self.entries(right, left.axes, tree)
        return Value(left.kind, left.axes, op(left.body, body))

    def _product(self, tree: Product) -> Value:
        """⊙ binds less than a product without a sign (a ⊙ B c is a ⊙ (B c)), unless the shapes say otherwise."""
        values = [(op, self.value(factor), factor) for op, factor in tree.factors]
        runs: list[list[tuple[Multiplication, Value, Tree]]] = [[]]
        for k, item in enumerate(values):
            if k and item[0] == ".*":
                runs.append([])
            runs[-1].append(item)
        if len(runs) > 1 and any(len(run) > 1 for run in runs):
            mark = self.symbols.sizes.mark()
            try:
                result = self.multiplied(runs[0])
                for run in runs[1:]:
                    result = self.product(result, self.multiplied(run), ".*", run[0][2])
                return result
            except Error:
                self.symbols.sizes.reset(mark)
        return self.multiplied(values)

    def multiplied(self, values: Sequence[tuple[Multiplication, Value, Tree]]) -> Value:
        _, result, _ = values[0]
        for op, value, factor in values[1:]:
            result = self.product(result, value, op, factor)
        return result

    def product(self, left: Value, right: Value, op: Multiplication, tree: Tree) -> Value:
        if not left.axes or not right.axes:
            shaped = left if left.axes else right
            return Value(shaped.kind, shaped.axes, mul(left.body, right.body))
        if op in (".*", "*"):
            return self.entrywise(left, right, mul, tree)
        if op == "./":
            return self.entrywise(left, right, divide, tree)
        if op == "kron":
            return self.kronecker(left, right, tree)
        if left.kind == right.kind and left.kind in ("column", "row"):
            if op == "cdot":
                return scalar(total([left.axes[0]], mul(left.body, self.entries(right, left.axes, tree))))
            self.misfit("multiplied", left, right, tree)
        if {left.kind, right.kind} & {KRONECKER, STACKED}:
            return self.stacked(left, right, tree)
        if "tensor" in (left.kind, right.kind):
            self.fail("a product with an array of three or more axes", tree)
        if left.kind == "column" and right.kind == "row":
            return Value("matrix", (left.axes[0], self.apart(right.axes[0], left, tree)),
                         mul(left.body, rename(right.body, {right.axes[0]: self.apart(right.axes[0], left,
                             tree)})))  # fmt: skip
        if left.kind == "column" or right.kind == "row":
            self.misfit("multiplied", left, right, tree)
        inner, outer = left.axes[-1], right.axes[0]
        try:
            self.unify(inner.dim, outer.dim, tree)
        except Misfit:
            self.misfit("multiplied", left, right, tree)
        bound = free_index(f"~m{tree.span[0]}.{tree.span[1]}", self.find(inner.dim))
        first = rename(left.body, {inner: bound})
        rest = tuple(self.apart(a, left, tree) for a in right.axes[1:])
        second = rename(right.body, {outer: bound, **dict(zip(right.axes[1:], rest, strict=True))})
        axes = (*left.axes[:-1], *rest)
        kind = {("row", "column"): "scalar", ("row", "matrix"): "row", ("matrix", "column"): "column"}
        return Value(kind.get((left.kind, right.kind), "matrix"), axes, total([bound], mul(first, second)))

    def apart(self, axis: Index, left: Value, tree: Tree) -> Index:
        """The axis, renamed where the left factor uses the same index (A A)."""
        if axis not in left.body.free:
            return axis
        return free_index(f"{axis.name}'{tree.span[0]}", self.find(axis.dim))

    def kronecker(self, left: Value, right: Value, tree: Tree) -> Value:
        """A ⊗ B by four axes: row and column of A, row and column of B."""
        if left.kind != "matrix" or right.kind != "matrix":
            self.fail("a Kronecker product of what are not matrices", tree)
        rest = tuple(self.apart(a, left, tree) for a in right.axes)
        body = mul(left.body, rename(right.body, dict(zip(right.axes, rest, strict=True))))
        return Value(KRONECKER, (*left.axes, *rest), body)

    def stacked(self, left: Value, right: Value, tree: Tree) -> Value:
        """(A ⊗ B)(C ⊗ D), and (A ⊗ B) vec(X), columns stacked."""
        if left.kind != KRONECKER or right.kind not in (KRONECKER, STACKED):
            self.fail(f"a {left.kind} times a {right.kind}", tree)
        a, b, c, d = left.axes
        rest = tuple(self.apart(x, left, tree) for x in right.axes)
        body = rename(right.body, dict(zip(right.axes, rest, strict=True)))
        first, second = (rest[1], rest[0]) if right.kind == STACKED else (rest[0], rest[2])
        for one, two in ((b, first), (d, second)):
            self.unify(one.dim, two.dim, tree)
        body = total([b, d], mul(left.body, rename(body, {first: b, second: d})))
        if right.kind == STACKED:
            return Value(STACKED, (c, a), body)
        return Value(KRONECKER, (a, rest[1], c, rest[3]), body)

    def _vector(self, tree: Vector) -> Value:
        return self.value(tree.body)

    def _transposed(self, tree: Transposed) -> Value:
        value = self.value(tree.body)
        inner = tree.body
        while isinstance(inner, Group):
            inner = inner.body
        if isinstance(inner, Vector):  # (a, b) and (a, b)ᵀ are one column, by habit
            return value
        if value.kind == KRONECKER:
            a, b, c, d = value.axes
            return Value(KRONECKER, (b, a, d, c), value.body)
        if value.kind not in TURNED:
            self.fail("the transpose of an array of three or more axes", tree)
        return Value(TURNED[value.kind], value.axes[::-1], value.body)

    def _quotient(self, tree: Quotient) -> Value:
        top, bottom = self.value(tree.top), self.value(tree.bottom)
        if bottom.axes:
            if top.axes and top.kind != bottom.kind and top.body is not ONE:
                self.fail("a division by an array of another shape", tree)
            self.world.notes["arrays are divided entry by entry"] = None
            return self.entrywise(top, bottom, divide, tree)
        return Value(top.kind, top.axes, divide(top.body, bottom.body))

    def _power(self, tree: Power) -> Value:
        base, exponent = tree.base, tree.exponent
        euler = symbol(base) == "e" and "e" not in self.env
        euler = euler and (not self.symbols.rank("e") or not isinstance(exponent, Number))
        named = self.symbols.definition("e", self.world.place) is not None
        if euler and not (named and isinstance(exponent, Number)):
            inner = self.value(exponent)
            if inner.kind == "matrix" and len({self.symbols.sizes.find(axis.dim) for axis in inner.axes}) == 1:
                return Value("matrix", inner.axes, matfn("expm", 0, inner.axes, inner.axes, inner.body))
            return Value(inner.kind, inner.axes, apply("exp", inner.body))
        if isinstance(base, Norm):
            value = self.norm(base, [])
        elif isinstance(base, Indexed) and isinstance(base.base, Norm):
            value = self.norm(base.base, base.items)
        else:
            value = self.value(base)
        raised = self.value(exponent)
        if raised.axes:
            self.fail("an array in an exponent", tree)
        if value.kind == "matrix":
            return self.matrix_power(value, raised.body, tree)
        if value.axes:
            self.world.notes["a power of a vector is taken entry by entry"] = None
        self.bounded(raised.body, tree)
        return Value(value.kind, value.axes, power(value.body, raised.body))

    def bounded(self, exponent: Node, tree: Tree) -> None:
        if isinstance(exponent, Const) and abs(float(exponent.value)) > 64:
            self.fail("an exponent too large to check", tree)

    def matrix_power(self, value: Value, exponent: Node, tree: Tree) -> Value:
        self.unify(value.axes[0].dim, value.axes[1].dim, tree)
        rows = tuple(free_index(f"~p{tree.span[0]}.{k}", self.find(a.dim)) for k, a in enumerate(value.axes))
        if exponent is MINUS_ONE:
            return Value("matrix", rows, matfn("inv", 0, rows, value.axes, value.body))
        if isinstance(exponent, Const) and exponent.value in (2, 3, 4):
            result = value
            for k in range(int(exponent.value) - 1):
                other = tuple(free_index(f"{r.name}.{k}", r.dim) for r in rows)
                body = rename(value.body, dict(zip(value.axes, other, strict=True)))
                result = self.product(result, Value("matrix", other, body), " ", tree)
            return result
        self.fail("this power of a matrix is not understood", tree)

    def _root(self, tree: Root) -> Value:
        value = self.value(tree.body)
        if tree.degree is not None:
            return Value(value.kind, value.axes, power(value.body, power(self.scalar(tree.degree), MINUS_ONE)))
        return Value(value.kind, value.axes, power(value.body, HALF))

    def _factorial(self, tree: Factorial) -> Value:
        return scalar(apply("exp", apply("lgamma", add(ONE, self.scalar(tree.body)))))

    def _norm(self, tree: Norm) -> Value:
        return self.norm(tree, [])

    def norm(self, tree: Norm, items: Sequence[Item]) -> Value:
        value = self.value(tree.body)
        which = written(items[0]) if items else "2"
        body = value.body
        if which in ("2", "F", "ell"):
            if which == "2" and items and value.kind == "matrix":
                self.fail("the spectral norm", tree)
            return scalar(power(total(value.axes, power(body, const(2))), HALF))
        if which == "1":
            return scalar(total(value.axes, apply("abs", body)))
        self.fail(f"the norm {which} is not understood", tree)

    def _bars(self, tree: Bars) -> Value:
        value = self.value(tree.body)
        if value.kind == "matrix":
            self.unify(value.axes[0].dim, value.axes[1].dim, tree)
            return scalar(matfn("det", 0, (), value.axes, value.body))
        if value.axes:
            return scalar(power(total(value.axes, power(value.body, const(2))), HALF))
        return scalar(apply("abs", value.body))

    def _inner(self, tree: Inner) -> Value:
        left, right = self.value(tree.left), self.value(tree.right)
        return scalar(total(left.axes, mul(left.body, self.entries(right, left.axes, tree))))

    # --- Σ, cases, matrices

    def _big(self, tree: Big) -> Value:
        op, conditions = tree.operator, tree.conditions
        before = dict(self.scope)
        masks: list[Node] = []
        binders = tree.binders or self.implied(tree)
        names = [binder.name for binder in binders]
        for binder in binders:
            index = free_index(f"~s{tree.span[0]}.{binder.name}", self.find(f"?s{tree.span}:{binder.name}"))
            self.scope[binder.name] = index
            self.bounds(binder, masks, tree)
        masks += [self.condition(condition, tree) for condition in conditions]
        value = self.value(tree.body)
        for binder in binders:
            name = binder.name
            used = bool(conditions) or any(i.name == self.letter(name).name for i in value.body.free)
            self.reached(name, used, binder.high is not None, tree)
        bound = [self.letter(name) for name in names]
        self.scope = before
        inner = value.body
        if op in ("max", "min") and (masks or not set(bound) <= inner.free):
            self.fail(f"{op} over what is no index", tree)
        if op == "sum":
            return Value(value.kind, value.axes, total(bound, mul(*masks, inner)))
        if masks:
            inner = add(mul(*masks, subtract(inner, ONE)), ONE)
        return Value(value.kind, value.axes, reduce(op, bound, inner))

    def reached(self, name: str, used: bool, bounded: bool, tree: Tree) -> None:
        """How far a sum goes whose summand does not tell: as far as the chain's others over that letter, or any."""
        known = self.symbols.summed.setdefault(self.world.chain, {})
        if used:
            known.setdefault(name, self.letter(name).dim)
        elif not bounded:
            dims = {self.find(d) for d in known.values()}
            if name not in known and len(dims) != 1:
                self.fail("a sum that does not say how far it goes", tree)
            self.unify(self.letter(name).dim, known[name] if name in known else dims.pop(), tree)

    def implied(self, tree: Big) -> tuple[Binder, ...]:
        """The letters an index-less Σ must mean: those of its summand that nothing outside mentions."""
        inside = {n.name for n in walk(tree.body) if isinstance(n, Letter)}
        left = sorted(inside - (self.world.outer if self.own is None else self.own) - set(self.scope))
        if len(left) != 1:
            self.fail("a sum that does not say over what", tree)
        return (Binder(tree.span, left[0]),)

    def bounds(self, binder: Binder, masks: list[Node], tree: Tree) -> None:
        """From 1 to n, or from 0 to n − 1: the whole axis, of extent n. Other bounds cut it with a mask."""
        name, low = binder.name, bare(binder.low) if binder.low is not None else None
        start = binder.low.text if isinstance(binder.low, Number) else None
        if binder.high is not None:
            last, start = _until(bare(binder.high), start)
            self.ends(name, last, start, tree)
        if low is not None and start not in ("0", "1", None):
            masks.append(where("<", add(ordinal(self.letter(name)), ONE), const(int(str(start))), ZERO, ONE))
        elif low is not None and start is None:
            first, shift = _shifted(low)
            if len(first) != 1 or (first not in self.scope and binder.high is not None):
                # \sum_{i=c}^{C}: a slip of the pen in many texts; not read
                self.fail("the lower bound of this sum is not understood", tree)
            other = self.letter(first)
            self.unify(other.dim, self.letter(name).dim, tree)
            other, mine = self.letter(first), self.letter(name)
            masks.append(where("<", ordinal(mine), add(ordinal(other), const(shift)), ZERO, ONE))

    def ends(self, name: str, last: Tree, start: str | None, tree: Tree) -> None:
        """The extent of the axis of a letter, from the bound above it."""
        index = self.letter(name)
        key = symbol_key(self.symbols, last)
        if key and (isinstance(last, Name) or (isinstance(last, Indexed) and not free_letters(last))):
            if start == "0":
                self.fail("a sum from 0 up to and including its bound", tree)
            self.symbols.extents.add(key)
            self.unify(index.dim, key, tree)
        elif isinstance(last, Number) and last.text.isdigit() and 0 < int(last.text) < 50:
            self.unify(index.dim, int(last.text), tree)
        else:
            self.fail("the upper bound of this sum is not understood", tree)

    def condition(self, condition: Comparison, tree: Tree) -> Node:
        """1 where it holds, 0 elsewhere; between indices a δ."""
        op, left, right = str(condition.relation), condition.left, condition.right
        a, b = self.index_of(left), self.index_of(right)
        if a is not None and b is not None:
            self.unify(a.dim, b.dim, tree)
            a, b = self.index_of(left), self.index_of(right)
            assert a is not None
            assert b is not None
            if op in ("=", "!="):
                return delta(a, b) if op == "=" else subtract(ONE, delta(a, b))
            x, y = ordinal(a), ordinal(b)
        elif op in ("=", "!="):
            mask = self.by_value(left, right, tree)
            return mask if op == "=" else subtract(ONE, mask)
        else:
            x, y = self.scalar(left), self.scalar(right)
        if op in (">", ">="):
            x, y, op = y, x, "<" if op == ">" else "<="
        return where(op, x, y, ONE, ZERO)

    def index_of(self, tree: Tree) -> Index | None:
        while isinstance(tree, Group):
            tree = tree.body
        if not isinstance(tree, Name) or len(tree.stem) != 1:
            return None
        name = tree.stem
        if name in self.scope:
            return self.letter(name)
        key = self.symbols.key(name, tree.font)
        if key in self.env or key in self.symbols.extents or self.symbols.rank(key):
            return None
        if name in self.world.outer or name in "ijklmnpqrstabcd" or name in self.symbols.subscripts:
            return self.letter(name)
        return None

    def _cases(self, tree: Cases) -> Value:
        rest: Node = ONE
        pieces: list[Node] = []
        self.chosen = self.values_of(tree)
        for case in tree.cases:
            value = self.scalar(case.value)
            if not case.conditions:
                pieces.append(mul(rest, value))
                return scalar(add(*pieces))
            mask: Node = ONE
            for condition in case.conditions:
                mask = mul(mask, self.condition(condition, tree))
            pieces.append(mul(mask, value))
            rest = mul(rest, subtract(ONE, mask))
        return scalar(add(*pieces))

    def values_of(self, tree: Cases) -> dict[str, list[Node]]:
        """The numbers a symbol is said to equal, case by case."""
        found: dict[str, list[Node]] = {}
        for condition in (condition for case in tree.cases for condition in case.conditions):
            plain = condition.relation == "=" and isinstance(condition.right, Number | Negative | Group)
            if plain and self.index_of(condition.left) is None:
                found.setdefault(self.chosen_key(condition.left), []).append(self.scalar(condition.right))
        return found

    def chosen_key(self, tree: Tree) -> str:
        """The symbol that the cases tell apart; what is none stands for itself."""
        return self.symbols.key(tree.stem, tree.font) if isinstance(tree, Name) else str(tree.span)

    def by_value(self, left: Tree, right: Tree, tree: Tree) -> Node:
        """1 at one of the numbers the cases give a symbol, 0 at the others: a product of differences."""
        values, chosen = self.chosen.get(self.chosen_key(left), []), self.scalar(right)
        if len(values) < 2 or len(set(values)) < len(values):
            self.fail("a case by the value of a variable", tree)
        self.world.notes["a case by its value holds for the values that are named"] = None
        self.world.by_value = True
        symbol = self.scalar(left)
        others = [v for v in values if v is not chosen]
        return mul(*(divide(subtract(symbol, v), subtract(chosen, v)) for v in others))

    def _matrix(self, tree: Matrix) -> Value:
        rows = tree.rows
        height, width = len(rows), len(rows[0]) if rows else 0
        if not width or any(len(r) != width for r in rows) or height * width > 64:
            self.fail("a matrix whose rows differ in length, or a large one", tree)
        i = free_index(f"~x{tree.span[0]}i", height)
        j = free_index(f"~x{tree.span[0]}j", width)
        terms = []
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                marks = [delta(i, position(r, height))] if height > 1 or width == 1 else []
                marks += [delta(j, position(c, width))] if width > 1 else []
                terms.append(mul(*marks, self.scalar(cell)))
        body = add(*terms)
        if width == 1:
            return Value("column", (i,), body)
        if height == 1:
            return Value("row", (j,), body)
        return Value("matrix", (i, j), body)

    def _run(self, tree: Run) -> Value:
        """A vector or a matrix with an ellipsis: what stands at every place."""
        before = dict(self.scope)
        try:
            for binder in tree.binders:
                name = binder.name
                self.scope[name] = free_index(f"~l{tree.span[0]}{name}", self.find(f"?l{tree.span}:{name}"))
                self.bounds(binder, [], tree)
            value = self.value(tree.body)
            axes = (*(self.letter(binder.name) for binder in tree.binders), *value.axes)
        finally:
            self.scope = before
        return Value(KINDS[len(axes)] if len(axes) < 3 else "tensor", axes, value.body)

    def _evaluated(self, tree: Evaluated) -> Value:
        """…|_{y = a}: derivatives in y are taken before a is put in its place, differentials after."""
        body, given = tree.body, tree.conditions
        if not given or not all(c.relation == "=" and isinstance(c.left, Name | Indexed) for c in given):
            self.fail("a bar that says where to evaluate, not understood", tree)
        env, at = dict(self.env), dict(self.at)
        new = {symbol_key(self.symbols, c.left): self.value(c.right) for c in given}
        self.env.update(new)
        self.at.update(new)
        try:
            return self.value(body)
        finally:
            self.env, self.at = env, at

    def substituted(self, body: Node, values: Mapping[str, Value], tree: Tree) -> Node:
        from gradwright.core.node import Entry

        if body.derivs:
            self.fail("a derivative that cannot be taken before the bar says where", tree)

        def rule(node: Node) -> Node:
            if isinstance(node, Entry) and node.name in values:
                value = values[node.name]
                if len(value.axes) == len(node.slots):
                    return rename(value.body, dict(zip(value.axes, node.slots, strict=True)))
            return node

        return bottom_up(rule, body)


def _until(last: Tree, start: str | None) -> tuple[Tree, str | None]:
    """From 0 to n − 1 as from 1 to n."""
    match last:
        case Sum(terms=(("+", n), ("-", Number(text="1")))) if start == "0":
            return n, "1"
    return last, start


def _shifted(low: Tree) -> tuple[str, int]:
    """i and 1 in i + 1; no letter where it is something else."""
    match low:
        case Sum(terms=((_, Name(stem=name)), (sign, Number(text=text)))):
            return name, int(text) * (1 if sign == "+" else -1)
    return symbol(low), 0
