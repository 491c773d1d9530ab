"""Matrix notation from index notation. Owns: recovering products, transposes, traces, norms, diag. Never: is wrong.

A scalar body over index letters is compiled to a ``Form``: a term with at most two axes. A product under Σ is a tensor
network, contracted one index at a time. Whatever does not fit raises ``Unfit`` and is left to index notation; what is
printed is read back and certified, so a slip here cannot go unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from fractions import Fraction
from typing import Any

from gradwright.core.build import add, is_const, negate, open_binder, power, split_coefficient, total
from gradwright.core.context import Context
from gradwright.core.index import AT, Index
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    Const,
    Delta,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    walk,
)
from gradwright.core.walk import run
from gradwright.tables.matrix import LEVI_CIVITA, POWER
from gradwright.tables.scalars import FUNCTIONS
from gradwright.write.algebra import chain, collected, few, joined_sum, product, transposes
from gradwright.write.contract import Contractor, Form
from gradwright.write.extent import DIAGONAL, extent
from gradwright.write.index import applied, counters, number_term
from gradwright.write.network import (
    Unfit,
    is_triangle,
    merged,
    products,
    root,
    same_diagonal_sum,
    softmax_inside,
    softmax_pair,
    triangles,
    without,
)
from gradwright.write.order import comparison
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Letter,
    Name,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import Key, each, names, parts

_NUMBERS = ("r", "q", "s", "p", "l", "r1", "r2", "r3")
_LARGEST = 60_000  # distinct nodes
_HEAVIEST = 120  # of a term for which another way is tried
_WEIGHT_OF_ONES = 1
_SHORTER_BY = 0.85  # what has to be gained for a result to be multiplied out
_WORTH_CHANGING = 2  # in ``weight``: a form that parts from what the user wrote saves more than a sign


def matrix_program(array: Array, context: Context, *, orientation: str = "column") -> Term | None:
    """The array in matrix notation, or None where it has none (or is too long to be read)."""
    if sum(1 for _ in walk(array.body)) > _LARGEST:
        return None
    ways = [matrix_term(array, context, orientation=orientation)]
    first = _HEAVIEST + 1 if ways[0] is None else weight(ways[0], _HEAVIEST)
    if first <= _HEAVIEST:
        ways.append(matrix_term(array, context, orientation=orientation, together=False))
        if ways[1] is not None and weight(ways[1]) <= min(_SHORTER_BY * first, first - _WORTH_CHANGING):
            return ways[1]
    return ways[0]


def matrix_term(array: Array, context: Context, *, orientation: str = "column", together: bool = True) -> Term | None:
    """The array in matrix notation: a scalar, a column (or row), a matrix; None where it has none.

    ``together``: as it stands if that can be said, not first multiplied out.
    """
    if array.body.derivs or array.groups or len(array.axes) > 2 or context.inner.keys() & array.body.names:
        return None
    return written_by(Writer(context), array, orientation=orientation, together=together)


def written_by(writer: Writer, array: Array, *, orientation: str = "column", together: bool = True) -> Term | None:
    """The array as that writer says it."""
    for way in (writer.as_it_stands, writer.term_by_term) if together else (writer.term_by_term,):
        try:
            term = way(array.body, array.axes)
        except Unfit:
            continue
        return writer.finished(writer.turned(term) if orientation == "row" and len(array.axes) == 1 else term)
    return None


def weight(term: Term, most: int | None = None) -> int:
    """How long a term is to read: its names, numbers, functions and signs, arrays of ones counting more.

    What is heavier than ``most`` is not read to its end: shared parts count wherever they stand.
    """
    total = 0
    stack = [term]
    while stack and (most is None or total <= most):
        current = stack.pop()
        inside = list(parts(current))
        stack += inside
        total += max(1, len(inside) - 1) if isinstance(current, Sum | Product) else 1
        total += _WEIGHT_OF_ONES if isinstance(current, Call) and current.fn == "ones" else 0
    return total


def needed_definitions(term: Term, context: Context) -> list[str]:
    """The definitions a term mentions, and those these need, in the order they were given."""
    wanted = {name for name in names(term) if name in context.definitions}
    for name, array in reversed(context.definitions.items()):
        if name in wanted:
            wanted |= array.body.names & set(context.definitions)
    return [name for name in context.definitions if name in wanted]


def _is_entrywise(term: Term) -> bool:
    """Whether a person writes 1 − H for the array of ones less this one: a name, or what is done entry by entry."""
    if isinstance(term, Product | Quotient | Power):
        return term.op in (".*", "./", ".^")
    return isinstance(term, Name) or (isinstance(term, Call) and term.fn in FUNCTIONS)


def _negative(node: Node) -> bool:
    coefficient, _ = split_coefficient(node)
    return not isinstance(coefficient, float) and coefficient < 0


def _counts(node: Where) -> bool:
    """Whether a choice turns on the places of entries, not on values."""
    return any(isinstance(part, Ordinal) for side in (node.left, node.right) for part in walk(side))


class Writer(Contractor):
    """Compiles bodies; remembers what it compiled."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.place = {name: number for number, name in enumerate(context.order)}
        self.numbers: dict[Index, str] = {}
        self._memo: dict[Node, Form] = {}

    def array(self, body: Node, axes: Sequence[Index]) -> Form:
        return self.onto(self.form(body), tuple(axes))

    def as_it_stands(self, body: Node, axes: Sequence[Index]) -> Term:
        return self.array(body, axes).term

    def term_by_term(self, body: Node, axes: Sequence[Index]) -> Term:
        """The body multiplied out, each product in matrix notation by itself."""
        fitted = []
        for part in sorted(products(body, self.context), key=lambda part: (_negative(part), self.rank(part))):
            said = self.array(negate(part) if _negative(part) else part, axes).term
            fitted.append(Neg(said) if _negative(part) else said)
        return self.gathered(fitted)

    def form(self, node: Node) -> Form:
        return run(self._visit, node, self._memo)

    def rank(self, node: Node) -> tuple[int, int]:
        if isinstance(node, Size):  # n, as a number does, leads
            return -1, node.digest
        places = [self.place.get(name, len(self.place)) for name in node.names]
        return (min(places, default=len(self.place)), node.digest)

    # --- kinds

    def _visit(self, node: Node) -> Generator[Node, Form, Form]:
        if len(node.free) > 2 and len(node.free - self.numbers.keys()) > 2:
            raise Unfit
        written = _KINDS.get(type(node))
        return self._leaf(node) if written is None else (yield from written(self, node))

    def _leaf(self, node: Node) -> Form:
        if isinstance(node, Entry):
            return self._entry(Name(node.name), node.slots)
        if isinstance(node, Const):
            return Form(number_term(node.value, self.context.decimals), ())
        if isinstance(node, Size):
            return Form(Name(str(node.dim)), ())
        if isinstance(node, Ordinal) and node.index in self.numbers:
            return Form(Letter(self.numbers[node.index]), ())
        if isinstance(node, Delta) and AT not in (node.left.kind, node.right.kind):
            return Form(Call("eye", (self.dim(node.left),)), (node.left, node.right))
        raise Unfit

    def _where(self, node: Where) -> Generator[Node, Form, Form]:
        if is_triangle(node):
            return (yield from self._triangle(node))
        if _counts(node):
            raise Unfit
        return (yield from self._choice(node))

    def _triangle(self, node: Where) -> Generator[Node, Form, Form]:
        assert isinstance(node.left, Ordinal)
        assert isinstance(node.right, Ordinal)
        inner = yield node.then
        axes = node.right.index, node.left.index  # the column comes no later than the row
        return Form(Call("tril", (self.onto(inner, axes).term,)), axes)

    def _choice(self, node: Where) -> Generator[Node, Form, Form]:
        """A choice entry by entry; scalars among its parts are the same for every entry."""
        op, left, right = comparison(node, self.rank)
        forms = []
        for part in (left, right, node.then, node.other):
            forms.append((yield part))
        axes = max((form.axes for form in forms), key=len)
        if len(axes) == 2 and isinstance(forms[0].term, Transpose):  # of two ways round that with fewer transposes
            axes = axes[::-1]
        fitted = [form.term if not form.axes else self.onto(form, axes).term for form in forms]
        return Form(Choice(op, *fitted), axes)

    def _entry(self, base: Term, slots: tuple[Index, ...]) -> Form:
        if len(slots) > 2 or any(s.kind == AT for s in slots):
            raise Unfit
        if len(slots) == 2 and slots[0] is slots[1]:
            return Form(Call(DIAGONAL, (base,)), (slots[0],))
        return Form(base, slots)

    def _matfn(self, node: MatFn) -> Generator[Node, Form, Form]:
        if node.fn == LEVI_CIVITA:
            raise Unfit
        indices, body = open_binder(node, avoid=frozenset(node.slots))
        inner = self.onto((yield body), indices)
        if node.fn == POWER:
            return self._entry(Power("^", inner.term, (yield node.given[0]).term), node.slots)
        if node.order > 2:
            raise Unfit
        return self._entry(applied(node, inner.term), node.slots)

    def _add(self, node: Add) -> Generator[Node, Form, Form]:
        free = node.free - self.numbers.keys()
        axes = tuple(sorted(free, key=lambda i: (i.name, i.digest) if isinstance(i.name, str) else ("", i.digest)))
        compiled: list[tuple[Form, bool, tuple[int, int]]] = []
        for term in node.terms:
            negative = _negative(term)
            form = yield (negate(term) if negative else term)
            compiled.append((form, negative, self.rank(term)))
        if len(axes) == 2:
            best = next((f.axes for f, *_ in compiled if len(f.axes) == 2 and not isinstance(f.term, Call)), None)
            axes = best or next((f.axes for f, *_ in compiled if len(f.axes) == 2), axes)
        compiled.sort(
            key=lambda p: (p[1], isinstance(p[0].term, Num), p[2][0], transposes(p[0].term, self._transposes), p[2][1])
        )
        entrywise = all(_is_entrywise(form.term) for form, *_ in compiled if form.axes)
        fitted = []
        for form, negative, _ in compiled:
            bare = not form.axes and self.stands_bare(form.term, len(axes), entrywise)
            said = form.term if bare else self.onto(form, axes).term
            fitted.append(Neg(said) if negative else said)
        return Form(self.gathered(fitted), axes)

    def stands_bare(self, scalar: Term, axes: int, entrywise: bool) -> bool:
        """Whether a scalar that is added to every entry is written without an array of ones."""
        return axes <= 1 or (isinstance(scalar, Num) and entrywise)

    def _addable(self, chains: Sequence[Sequence[Term]]) -> bool:
        """Whether products have one extent: (A + 2) x is not A x + 2 x, for a scalar is added to every entry."""
        found = {extent(product(*factors), self.rank_of) for factors in chains}
        return len(found) == 1 and None not in found

    def gathered(self, terms: list[Term], numbers: bool = False) -> Term:
        """A x + Aᵀ x as (A + Aᵀ) x: a factor that every term begins or ends with is taken out."""
        terms = collected(terms)
        if not terms:
            raise Unfit  # everything cancels, which is seen only now
        if len(terms) < 2:
            return joined_sum(terms)
        negative = [isinstance(t, Neg) for t in terms]
        if numbers and all(negative):
            return Neg(self.gathered([t.term for t in terms if isinstance(t, Neg)], numbers))
        chains = [chain(t.term if isinstance(t, Neg) else t) for t in terms]
        if min(map(len, chains)) < 2:
            return joined_sum(terms)

        def signed(rests: Sequence[Sequence[Term]]) -> Term:
            return self.gathered(
                [Neg(product(*r)) if minus else product(*r) for r, minus in zip(rests, negative, strict=True)],
                numbers=True,
            )

        for last in (True, False):
            ends = [c[-1] if last else c[0] for c in chains]
            rests = [c[:-1] if last else c[1:] for c in chains]
            if len({end if few(end) else Key(end) for end in ends}) > 1 or (isinstance(ends[0], Num) and not numbers):
                continue
            if self._addable(rests):
                return product(signed(rests), ends[0]) if last else product(ends[0], signed(rests))
        return joined_sum(terms)

    def _pow(self, node: Pow) -> Generator[Node, Form, Form]:
        base, exponent = node.base, node.exponent
        times = Fraction(exponent.value) * 2 if isinstance(exponent, Const) else Fraction(0)
        if times > 0 and times.denominator == 1 and times % 2 and isinstance(base, Reduce) and base.op == "sum":
            norm = yield from self._norm(base)
            if norm is not None:
                return norm if times == 1 else Form(Power("^", norm.term, Num(times.numerator)), ())
        if isinstance(exponent, Const) and exponent.value < 0:
            inner = yield power(base, negate(exponent))
            return Form(Quotient("./" if inner.axes else "/", Num(1), inner.term), inner.axes)
        inner = yield base
        raised = yield exponent
        if raised.axes:
            axes = max(inner.axes, raised.axes, key=len)
            fitted = [form.term if not form.axes else self.onto(form, axes).term for form in (inner, raised)]
            return Form(Power(".^", *fitted), axes)
        if is_const(exponent, Fraction(1, 2)):
            return Form(Call("sqrt", (inner.term,)), inner.axes)
        if isinstance(inner.term, Power) and isinstance(raised.term, Num) and isinstance(inner.term.exponent, Num):
            whole = inner.term.exponent.value, raised.term.value  # of whole numbers: (a^2)^2 is a^4
            if all(isinstance(value, int) for value in whole):
                return Form(Power(inner.term.op, inner.term.base, Num(whole[0] * whole[1])), inner.axes)
        return Form(Power(".^" if inner.axes else "^", inner.term, raised.term), inner.axes)

    def _norm(self, node: Reduce) -> Generator[Node, Form, Form | None]:
        """√Σ f² as ‖f‖, for f over one or two summed indices and nothing else."""
        indices, body = open_binder(node)
        if body.free != frozenset(indices) or len(indices) > 2:
            return None
        squared = root(body)
        if squared is None:
            return None
        inner = yield squared
        if set(inner.axes) != set(indices):
            return None
        return Form(Call("norm2", (inner.term,)), ())

    def _apply(self, node: Apply) -> Generator[Node, Form, Form]:
        if node.fn == "log" and isinstance(node.args[0], Reduce):
            found = yield from self._logsumexp(node.args[0])
            if found is not None:
                return found
        forms = []
        for arg in node.args:
            forms.append((yield arg))
        if not forms:
            return Form(Name(node.fn), ())
        axes = max((f.axes for f in forms), key=len)
        fitted = [f.term if not f.axes else self.onto(f, axes).term for f in forms]
        return Form(Call(node.fn, tuple(fitted)), axes)

    def _logsumexp(self, node: Reduce) -> Generator[Node, Form, Form | None]:
        indices, body = open_binder(node)
        if node.op != "sum" or not (isinstance(body, Apply) and body.fn == "exp") or len(indices) != 1:
            return None
        inner = yield body.args[0]
        if inner.axes == indices:
            return Form(Call("logsumexp", (inner.term,)), ())
        if len(inner.axes) == 2:
            row = next(a for a in inner.axes if a is not indices[0])
            return Form(Call("logsumexp_rows", (self.onto(inner, (row, indices[0])).term,)), (row,))
        return None

    # --- networks

    def _counted(self, numbers: Sequence[Index], body: Node) -> Generator[Node, Form, Form]:
        """Σ over numbers that stand in exponents: the sum of a matrix for each of them."""
        context = self.context
        taken = {*context.symbols, *context.definitions, *context.functions, *context.dims, *self.numbers.values()}
        letters = iter([letter for letter in _NUMBERS if letter not in taken])
        self.numbers |= {index: next(letters) for index in numbers if index not in self.numbers}
        inner = yield body
        said, bounds = tuple(self.numbers[i] for i in numbers), tuple(str(i.dim) for i in numbers)
        return Form(Big("sum", said, inner.term, bounds), inner.axes)

    def _reduce(self, node: Reduce) -> Generator[Node, Form, Form]:
        indices, body = open_binder(node)
        numbers = counters(indices, body) if node.op == "sum" and POWER in node.names else ()
        if numbers:
            return (yield from self._counted(
                [i for i in indices if i in numbers], total([i for i in indices if i not in numbers], body)
            ))  # fmt: skip
        if node.op != "sum":
            inner = yield body
            if node.op == "prod" or set(inner.axes) != set(indices):
                raise Unfit
            return Form(Call(node.op, (inner.term,)), ())
        if isinstance(body, Add) and node.free:  # Σ (f + g) over what is left open: a product each
            return (yield add(*(total(indices, term) for term in body.terms)))
        if isinstance(body, Add) and len(indices) <= 2 and all(term.free == body.free for term in body.terms):
            apart = yield add(*(total(indices, term) for term in body.terms))
            whole = yield from self._mul(body, indices)
            return min(whole, apart, key=lambda form: sum(1 for _ in each(form.term)))
        diagonal = same_diagonal_sum(indices, body)
        if diagonal is not None:
            entries, inside, axes = diagonal
            return Form(Call("toepsum", (self.onto((yield entries), inside).term,)), axes)
        squares = root(body)
        if squares is not None and body.free == frozenset(indices):
            inner = yield squares
            if set(inner.axes) == set(indices):
                return Form(Power("^", Call("norm2", (inner.term,)), Num(2)), ())
        if isinstance(body, Apply) and body.fn == "abs" and body.free == frozenset(indices):
            return Form(Call("norm1", ((yield body.args[0]).term,)), ())
        return (yield from self._mul(body, indices))

    def _mul(self, node: Node, summed: tuple[Index, ...] = ()) -> Generator[Node, Form, Form]:
        """Contract a product over ``summed``: fold softmax, part numerators from denominators, join factors."""
        factors = list(node.factors) if isinstance(node, Mul) else [node]
        forms: list[Form] = []
        below: list[Form] = []
        coefficient: Fraction | int | float = 1
        factors, summed = triangles(*merged(softmax_inside(factors), summed))
        pair = softmax_pair(factors)
        while pair is not None:
            top, bottom, index = pair
            forms.append((yield from self._softmax(top, index)))
            factors = without(factors, top, bottom)
            pair = softmax_pair(factors)
        for factor in sorted(factors, key=self.rank):
            if isinstance(factor, Const):
                coefficient = factor.value
            elif isinstance(factor, Pow) and isinstance(factor.exponent, Const) and factor.exponent.value < 0:
                below.append((yield power(factor.base, negate(factor.exponent))))
            else:
                forms.append((yield factor))
        return self.contracted(coefficient, forms, below, list(summed))

    def _softmax(self, top: Node, index: Index) -> Generator[Node, Form, Form]:
        assert isinstance(top, Apply)
        inner = yield top.args[0]
        if len(inner.axes) == 1:
            return Form(Call("softmax", (inner.term,)), inner.axes)
        row = next((a for a in inner.axes if a is not index), None)
        if row is None:
            raise Unfit
        return Form(Call("softmax_rows", (self.onto(inner, (row, index)).term,)), (row, index))


_KINDS: dict[type[Node], Callable[[Writer, Any], Generator[Node, Form, Form]]] = {
    Add: Writer._add,
    Mul: Writer._mul,
    Pow: Writer._pow,
    Apply: Writer._apply,
    Reduce: Writer._reduce,
    MatFn: Writer._matfn,
    Where: Writer._where,
}
