"""Matrix notation from index notation. Owns: recovering products, transposes, traces, norms, diag. Never: is wrong.

A scalar body over index letters is compiled to a ``Form``: a term with at most two axes. A product under Σ is a tensor
network, contracted one index at a time. Whatever does not fit raises ``Unfit`` and is left to index notation; what is
printed is read back and certified, so a slip here cannot go unseen.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from gradwright.core.build import add, is_const, negate, open_binder, power, split_coefficient, total
from gradwright.core.context import Context
from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Apply, Array, Const, Delta, Entry, MatFn, Mul, Node, Pow, Reduce, Size, walk
from gradwright.core.walk import run
from gradwright.write.algebra import chain, collected, hadamard, joined_sum, product, transposes, turned
from gradwright.write.index import number_term
from gradwright.write.network import (
    Unfit,
    merged,
    products,
    root,
    same_diagonal_sum,
    softmax_inside,
    softmax_pair,
    without,
)
from gradwright.write.term import Call, Name, Neg, Num, Power, Product, Quotient, Term, Transpose
from gradwright.write.traverse import Key, names, parts, rebuilt

_LARGEST = 60_000  # distinct nodes


@dataclass(frozen=True)
class Form:
    """A term whose rows and columns run over ``axes`` (none: a scalar; one: a column)."""

    term: Term
    axes: tuple[Index, ...]


def matrix_program(array: Array, context: Context, *, orientation: str = "column") -> Term | None:
    """The array in matrix notation, or None where it has none (or is too long to be read)."""
    if sum(1 for _ in walk(array.body)) > _LARGEST:
        return None
    return matrix_term(array, context, orientation=orientation)


def matrix_term(array: Array, context: Context, *, orientation: str = "column") -> Term | None:
    """The array in matrix notation: a scalar, a column (or row), a matrix; None where it has none."""
    if array.body.derivs:
        return None
    if len(array.axes) > 2:
        return None
    writer = Writer(context)
    try:
        term = writer.array(array.body, array.axes).term
    except Unfit:
        try:
            term = writer.term_by_term(array.body, array.axes)
        except Unfit:
            return None
    term = writer.raised(term)
    return writer.turned(term) if orientation == "row" and len(array.axes) == 1 else term


def needed_definitions(term: Term, context: Context) -> list[str]:
    """The definitions a term mentions, and those these need, in the order they were given."""
    wanted = {name for name in names(term) if name in context.definitions}
    for name, array in reversed(context.definitions.items()):
        if name in wanted:
            wanted |= array.body.names & set(context.definitions)
    return [name for name in context.definitions if name in wanted]


class Writer:
    """Compiles bodies; remembers what it compiled."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.place = {name: number for number, name in enumerate(context.order)}
        self._memo: dict[Node, Form] = {}
        self._transposes: dict[Key, int] = {}
        self.symmetric = frozenset(n for n in context.order if context.facts.why("symmetric", n))

    def array(self, body: Node, axes: Sequence[Index]) -> Form:
        return self.onto(self.form(body), tuple(axes))

    def term_by_term(self, body: Node, axes: Sequence[Index]) -> Term:
        """The body multiplied out, each product in matrix notation by itself."""
        fitted = []
        for part in sorted(products(body), key=self.rank):
            coefficient, _ = split_coefficient(part)
            negative = not isinstance(coefficient, float) and coefficient < 0
            said = self.array(negate(part) if negative else part, axes).term
            fitted.append(Neg(said) if negative else said)
        return self._gathered(fitted)

    def form(self, node: Node) -> Form:
        return run(self._visit, node, self._memo)

    def rank(self, node: Node) -> tuple[int, int]:
        places = [self.place.get(name, len(self.place)) for name in node.names]
        return (min(places, default=len(self.place)), node.digest)

    def turned(self, term: Term) -> Term:
        return turned(term, self.symmetric)

    def entries_summed(self, vector: Term) -> Term:
        """Σ_i of a vector's entries: an inner product where it is one of two vectors, the plainer way round."""
        if isinstance(vector, Call) and vector.fn == "diag":  # a column only where its argument is a matrix
            return Call("tr", vector.args)
        if not (isinstance(vector, Product) and vector.op == ".*" and len(vector.factors) == 2):
            return Call("sum", (vector,))
        left, right = vector.factors
        ways = [(product(self.turned(a), b), not isinstance(a, Name)) for a, b in ((left, right), (right, left))]
        return min(ways, key=lambda way: (transposes(way[0], self._transposes), way[1]))[0]

    # --- fitting axes

    def onto(self, form: Form, axes: tuple[Index, ...]) -> Form:
        """The form over exactly these axes: transposed, or filled with ones."""
        if form.axes == axes:
            return form
        if len(axes) == 2 and form.axes == axes[::-1]:
            return Form(self.turned(form.term), axes)
        if len(axes) == 1 and not form.axes:
            return Form(self.scaled(form.term, self.ones(axes[0])), axes)
        if len(axes) == 2 and len(form.axes) == 1:
            row, column = axes
            if form.axes[0] is row:
                return Form(product(form.term, self.turned(self.ones(column))), axes)
            if form.axes[0] is column:
                return Form(product(self.ones(row), self.turned(form.term)), axes)
        if len(axes) == 2 and not form.axes:
            return Form(self.scaled(form.term, Call("ones", (self.dim(axes[0]), self.dim(axes[1])))), axes)
        raise Unfit

    def scaled(self, scalar: Term, array: Term) -> Term:
        return array if scalar == Num(1) else product(scalar, array)

    def dim(self, index: Index) -> Term:
        return Num(index.dim) if isinstance(index.dim, int) else Name(index.dim)

    def ones(self, index: Index) -> Term:
        return Call("ones", (self.dim(index),))

    def raised(self, term: Term) -> Term:
        """X X X as X^3, in every chain."""

        def visit(key: Key) -> Generator[Key, Term, Term]:
            new = []
            for part in parts(key.term):
                new.append((yield Key(part)))
            term = rebuilt(key.term, new) if new else key.term
            if not (isinstance(term, Product) and term.op == "*"):
                return term
            runs = [(factor, len(list(same))) for factor, same in groupby(term.factors)]
            return product(*(self._power(f, n) if n > 1 else f for f, n in runs))

        return run(visit, Key(term), {})

    def _power(self, factor: Term, times: int) -> Term:
        if self._rank_of(factor) != 2:
            return product(*[factor] * times)
        if isinstance(factor, Transpose):
            return Transpose(Power("^", factor.term, Num(times)))
        return Power("^", factor, Num(times))

    # --- kinds

    def _visit(self, node: Node) -> Generator[Node, Form, Form]:
        if len(node.free) > 2:
            raise Unfit
        if isinstance(node, Const):
            return Form(number_term(node.value, self.context.decimals), ())
        if isinstance(node, Size):
            return Form(Name(str(node.dim)), ())
        if isinstance(node, Entry):
            return self._entry(Name(node.name), node.slots)
        if isinstance(node, Delta):
            if AT in (node.left.kind, node.right.kind):
                raise Unfit
            return Form(Call("eye", (self.dim(node.left),)), (node.left, node.right))
        if isinstance(node, Add):
            return (yield from self._add(node))
        if isinstance(node, Mul):
            return (yield from self._mul(node, ()))
        if isinstance(node, Pow):
            return (yield from self._pow(node))
        if isinstance(node, Apply):
            return (yield from self._apply(node))
        if isinstance(node, Reduce):
            return (yield from self._reduce(node))
        if isinstance(node, MatFn):
            return (yield from self._matfn(node))
        raise Unfit

    def _entry(self, base: Term, slots: tuple[Index, ...]) -> Form:
        if len(slots) > 2 or any(s.kind == AT for s in slots):
            raise Unfit
        if len(slots) == 2 and slots[0] is slots[1]:
            return Form(Call("diag", (base,)), (slots[0],))
        return Form(base, slots)

    def _matfn(self, node: MatFn) -> Generator[Node, Form, Form]:
        indices, body = open_binder(node, avoid=frozenset(node.slots))
        inner = self.onto((yield body), indices)
        if node.fn in self.context.functions:
            base: Term = Call(node.fn, (inner.term,))
            if node.order:
                base = Call("D" if node.order == 1 else "D2", (Name(node.fn), inner.term))
            if node.order > 2:
                raise Unfit
        else:
            base = Call(node.fn, (inner.term,))
        return self._entry(base, node.slots)

    def _add(self, node: Add) -> Generator[Node, Form, Form]:
        axes = tuple(sorted(node.free, key=lambda i: (i.name, i.digest) if isinstance(i.name, str) else ("", i.digest)))
        compiled: list[tuple[Form, bool, tuple[int, int]]] = []
        for term in node.terms:
            coefficient, _ = split_coefficient(term)
            negative = not isinstance(coefficient, float) and coefficient < 0
            form = yield (negate(term) if negative else term)
            compiled.append((form, negative, self.rank(term)))
        if len(axes) == 2:
            best = next((f.axes for f, *_ in compiled if len(f.axes) == 2 and not isinstance(f.term, Call)), None)
            axes = best or next((f.axes for f, *_ in compiled if len(f.axes) == 2), axes)
        compiled.sort(
            key=lambda p: (p[1], isinstance(p[0].term, Num), p[2][0], transposes(p[0].term, self._transposes), p[2][1])
        )
        fitted = []
        for form, negative, _ in compiled:
            said = form.term if not form.axes and len(axes) <= 1 else self.onto(form, axes).term
            fitted.append(Neg(said) if negative else said)
        return Form(self._gathered(fitted), axes)

    def _matrices(self, factors: Sequence[Term]) -> bool:
        """Whether a product is plainly a matrix: (A + 2) x is not A x + 2 x, for a scalar is added to every entry."""
        ranks = [self._rank_of(factor) for factor in factors]
        return 2 in ranks and set(ranks) <= {0, 2}

    def _rank_of(self, term: Term) -> int | None:
        term = term.term if isinstance(term, Transpose) else term
        if isinstance(term, Num):
            return 0
        if isinstance(term, Name):
            known = term.name in self.context.symbols or term.name in self.context.definitions
            return len(self.context.shape(term.name)) if known else 0
        if isinstance(term, Call) and term.fn in ("inv", "diag", "eye"):
            return 2 if term.fn != "diag" else None
        return None

    def _gathered(self, terms: list[Term]) -> Term:
        """A x + Aᵀ x as (A + Aᵀ) x: a factor that every term begins or ends with is taken out."""
        terms = collected(terms)
        if len(terms) < 2 or any(isinstance(t, Neg) for t in terms):
            return joined_sum(terms)
        chains = [chain(t) for t in terms]
        if min(map(len, chains)) < 2:
            return joined_sum(terms)
        if all(c[-1] == chains[0][-1] and self._matrices(c[:-1]) for c in chains):
            return product(self._gathered([product(*c[:-1]) for c in chains]), chains[0][-1])
        if all(c[0] == chains[0][0] and self._matrices(c[1:]) for c in chains):
            return product(chains[0][0], self._gathered([product(*c[1:]) for c in chains]))
        return joined_sum(terms)

    def _pow(self, node: Pow) -> Generator[Node, Form, Form]:
        base, exponent = node.base, node.exponent
        if is_const(exponent, Fraction(1, 2)) and isinstance(base, Reduce) and base.op == "sum":
            norm = yield from self._norm(base)
            if norm is not None:
                return norm
        if isinstance(exponent, Const) and exponent.value < 0:
            inner = yield power(base, negate(exponent))
            return Form(Quotient("./" if inner.axes else "/", Num(1), inner.term), inner.axes)
        inner = yield base
        raised = yield exponent
        if raised.axes:
            raise Unfit
        if is_const(exponent, Fraction(1, 2)):
            return Form(Call("sqrt", (inner.term,)), inner.axes)
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

    def _reduce(self, node: Reduce) -> Generator[Node, Form, Form]:
        indices, body = open_binder(node)
        if node.op != "sum":
            inner = yield body
            if node.op == "prod" or set(inner.axes) != set(indices):
                raise Unfit
            return Form(Call(node.op, (inner.term,)), ())
        if isinstance(body, Add) and node.free:  # Σ (f + g) over what is left open: a product each
            return (yield add(*(total(indices, term) for term in body.terms)))
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

    def _mul(self, node: Node, summed: tuple[Index, ...]) -> Generator[Node, Form, Form]:
        """Contract a product over ``summed``: fold softmax, part numerators from denominators, join factors."""
        factors = list(node.factors) if isinstance(node, Mul) else [node]
        forms: list[Form] = []
        below: list[Form] = []
        coefficient: Fraction | int | float = 1
        factors, summed = merged(softmax_inside(factors), summed)
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
        return self._contracted(coefficient, forms, below, list(summed))

    def _softmax(self, top: Node, index: Index) -> Generator[Node, Form, Form]:
        assert isinstance(top, Apply)
        inner = yield top.args[0]
        if len(inner.axes) == 1:
            return Form(Call("softmax", (inner.term,)), inner.axes)
        row = next((a for a in inner.axes if a is not index), None)
        if row is None:
            raise Unfit
        return Form(Call("softmax_rows", (self.onto(inner, (row, index)).term,)), (row, index))

    def _contracted(
        self, coefficient: Fraction | int | float, forms: list[Form], below: list[Form], summed: list[Index]
    ) -> Form:
        scalars = [f.term for f in forms if not f.axes]
        arrays = [f for f in forms if f.axes]
        quotient: list[Form] = []
        for form in below:
            (quotient if not form.axes else arrays).append(form if not form.axes else _reciprocal(form))
        arrays = self._joined(arrays)
        pending = list(summed)
        while pending:
            index = min(pending, key=lambda i: (sum(i in f.axes for f in arrays), str(i.name)))
            pending.remove(index)
            arrays = self._eliminated(arrays, index)
            scalars += [f.term for f in arrays if not f.axes]
            arrays = self._joined([f for f in arrays if f.axes])
        result = self._outer(arrays)
        return self._assembled(coefficient, scalars, quotient, result)

    def _assembled(
        self, coefficient: Fraction | int | float, scalars: list[Term], quotient: list[Form], array: Form | None
    ) -> Form:
        negative = coefficient < 0
        size = -coefficient if negative else coefficient
        bottom = [f.term for f in quotient]
        lead: list[Term] = []
        if isinstance(size, Fraction) and not self.context.decimals:
            bottom.insert(0, Num(size.denominator))
            size = size.numerator
        if size != 1:
            lead.append(number_term(size, self.context.decimals))
        term = product(*lead, *scalars, *((array.term,) if array else ()))
        if bottom:
            term = Quotient("/", term, product(*bottom))
        return Form(Neg(term) if negative else term, array.axes if array else ())

    def _joined(self, arrays: list[Form]) -> list[Form]:
        """Factors over the same axes merge entry by entry; a diagonal keeps its own place."""
        merged: list[Form] = []
        for form in arrays:
            for place, other in enumerate(merged):
                if set(other.axes) == set(form.axes):
                    both = hadamard(other.term, self.onto(form, other.axes).term)
                    if _is_reciprocal(form):
                        both = Quotient("./", other.term, _bottom(self.onto(form, other.axes).term))
                    merged[place] = Form(both, other.axes)
                    break
            else:
                merged.append(form)
        return merged

    def _eliminated(self, arrays: list[Form], index: Index) -> list[Form]:
        """Sum over one index: a product of the two matrices, or of a matrix and a vector, that share it."""
        touching = [f for f in arrays if index in f.axes]
        rest = [f for f in arrays if index not in f.axes]
        vectors = [f for f in touching if len(f.axes) == 1]
        matrices = [f for f in touching if len(f.axes) == 2]
        if not touching or len(matrices) > 2:
            raise Unfit
        if not matrices:
            return [*rest, Form(self.entries_summed(vectors[0].term), ())]
        others = [next(a for a in f.axes if a is not index) for f in matrices]
        if len(matrices) == 1:
            left = self.onto(matrices[0], (others[0], index)).term
            if not vectors:
                column = Call("rowsum", (left,)) if not isinstance(left, Transpose) else Call("colsum", (left.term,))
                return [*rest, Form(column, (others[0],))]
            return [*rest, *self._applied(left, vectors[0].term, others[0], rest)]
        if others[0] is others[1]:
            raise Unfit
        left = self.onto(matrices[0], (others[0], index)).term
        right = self.onto(matrices[1], (index, others[1])).term
        middle = (Call("diag", (vectors[0].term,)),) if vectors else ()
        return [*rest, Form(product(left, *middle, right), (others[0], others[1]))]

    def _applied(self, left: Term, vector: Term, row: Index, rest: list[Form]) -> list[Form]:
        return [Form(product(left, vector), (row,))]

    def _outer(self, arrays: list[Form]) -> Form | None:
        """What is left once nothing is summed: a vector, a matrix, a matrix scaled by rows or columns, or u vᵀ."""
        if not arrays:
            return None
        if len(arrays) == 1:
            return arrays[0]
        vectors = [f for f in arrays if len(f.axes) == 1]
        matrices = [f for f in arrays if len(f.axes) == 2]
        if not matrices and len(vectors) == 2:
            return Form(
                product(vectors[0].term, self.turned(vectors[1].term)), (vectors[0].axes[0], vectors[1].axes[0])
            )
        if len(matrices) != 1:
            raise Unfit
        matrix = matrices[0]
        term = matrix.term
        if isinstance(term, Call) and term.fn == "eye":
            joined = vectors[0].term
            for vector in vectors[1:]:
                joined = hadamard(joined, vector.term)
            return Form(Call("diag", (joined,)), matrix.axes)
        for vector in vectors:
            scale = Call("diag", (vector.term,))
            term = product(scale, term) if vector.axes[0] is matrix.axes[0] else product(term, scale)
        return Form(term, matrix.axes)


def _reciprocal(form: Form) -> Form:
    return Form(Quotient("./", Num(1), form.term), form.axes)


def _is_reciprocal(form: Form) -> bool:
    return isinstance(form.term, Quotient) and form.term.op == "./" and form.term.top == Num(1)


def _bottom(term: Term) -> Term:
    if isinstance(term, Quotient):
        return term.bottom
    if isinstance(term, Transpose) and isinstance(term.term, Quotient):
        return turned(term.term.bottom)
    raise Unfit
