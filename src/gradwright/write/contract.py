"""Terms over indices, contracted. Owns: fitting axes, products under a Σ, the finish of a term. Never: sees a node.

What matrices cannot say raises ``Unfit``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import groupby

from gradwright.core.context import Context
from gradwright.core.index import Index, names_of
from gradwright.core.node import Number
from gradwright.core.record import dataclass
from gradwright.core.walk import run
from gradwright.engine.facts import symmetric_name
from gradwright.write.algebra import chain, few, hadamard, inner, is_scalar, product, transposes, turned
from gradwright.write.extent import DIAGONAL, MATRIX, extent
from gradwright.write.index import extent_term, numeral
from gradwright.write.network import Unfit
from gradwright.write.term import Call, Inner, Name, Neg, Num, Power, Product, Quotient, Term, Transpose
from gradwright.write.traverse import Key, parts, rebuilt


@dataclass(frozen=True)
class Form:
    """A term whose rows and columns run over ``axes`` (none: a scalar; one: a column)."""

    term: Term
    axes: tuple[Index, ...]


class Contractor:
    """Knows the names' shapes and facts."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._transposes: dict[Key, int] = {}
        known = {*context.symbols, *context.definitions}
        self.symmetric = frozenset(n for n in known if symmetric_name(n, context))
        self.dims = context.dims | names_of(*(dim for name in known for dim in context.shape(name)))
        self.scalars = frozenset(n for n in known if not context.shape(n)) | self.dims

    def turned(self, term: Term) -> Term:
        return turned(term, self.symmetric, self.scalars)

    def entries_summed(self, vector: Term) -> Term:
        """Σ_i of a vector's entries: an inner product where it is one of two vectors, the plainer way round."""
        if isinstance(vector, Call) and vector.fn == DIAGONAL:
            return Call("tr", vector.args)
        if not (isinstance(vector, Product) and vector.op == ".*" and len(vector.factors) == 2):
            return Call("sum", (vector,))
        left, right = vector.factors
        ways = [(inner(self.turned(a), b), not isinstance(a, Name)) for a, b in ((left, right), (right, left))]
        return min(ways, key=lambda way: (transposes(way[0], self._transposes), way[1]))[0]

    def all_entries(self, matrix: Term) -> Term:
        """Σ_ij of a matrix's entries: the trace of a product where that takes no more transposes."""
        summed = Call("sum", (matrix,))
        turned = [product(chain(both)[-1], *chain(both)[:-1]) for both in self._products(matrix)]
        traces = [Call("tr", (both,)) for both in (*self._products(matrix), *turned)]
        return min((summed, *traces), key=self._plainness)

    def row_sums(self, matrix: Term) -> Term:
        """Σ_j of a matrix's entries: the diagonal of a product of several where that takes no more transposes."""
        if isinstance(matrix, Transpose):
            return Call("colsum", (matrix.term,))
        long = [both for both in self._products(matrix) if len(chain(both)) > 2]
        summed = Call("rowsum", (matrix,))
        return min((summed, *(Call(DIAGONAL, (both,)) for both in long)), key=self._plainness)

    def _products(self, matrix: Term) -> list[Term]:
        """A Bᵀ and B Aᵀ of an entrywise product of A and B: its rows add up to their diagonals."""
        if not (isinstance(matrix, Product) and matrix.op == ".*" and len(matrix.factors) == 2):
            return []
        left, right = matrix.factors
        return [product(left, self.turned(right)), product(right, self.turned(left))]

    def _plainness(self, term: Call) -> tuple[int, bool, bool]:
        """Of the ways to say one thing that with the fewest transposes; a trace, or a diagonal; and ∂Y last in it."""
        first = chain(term.args[0])[0]
        derivative = isinstance(first, Call) and first.fn in ("D", "D2")
        return transposes(term, self._transposes), term.fn in ("sum", "rowsum"), derivative

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
        if scalar == Num(0) and isinstance(array, Call) and array.fn == "ones":
            return Call("zeros", array.args)
        return array if scalar == Num(1) else product(scalar, array)

    def dim(self, index: Index) -> Term:
        return extent_term(index.dim)

    def ones(self, index: Index) -> Term:
        return Call("ones", (self.dim(index),))

    def contracted(self, coefficient: Number, forms: list[Form], below: list[Form], summed: list[Index]) -> Form:
        scalars = [f.term for f in forms if not f.axes]
        quotient = [f.term for f in below if not f.axes]
        reciprocals = [Form(Quotient("./", Num(1), f.term), f.axes) for f in below if f.axes]
        arrays = self._joined([*(f for f in forms if f.axes), *reciprocals])
        pending = list(summed)
        while pending:
            alone = next((f for f in arrays if len(f.axes) == 2 and self._summed_alone(f, arrays, pending)), None)
            if alone is not None:
                scalars.append(self.all_entries(alone.term))
                arrays.remove(alone)
                pending = [index for index in pending if index not in alone.axes]
                continue
            index = min(pending, key=lambda i: (sum(i in f.axes for f in arrays), str(i.name)))
            pending.remove(index)
            arrays = self._eliminated(arrays, index)
            scalars += [f.term for f in arrays if not f.axes]
            arrays = self._joined([f for f in arrays if f.axes])
        result = self._outer(arrays)
        return self._assembled(coefficient, scalars, quotient, result)

    def _summed_alone(self, form: Form, arrays: Sequence[Form], pending: Sequence[Index]) -> bool:
        """Whether both indices of a matrix are summed, and stand in nothing else."""
        return set(form.axes) <= set(pending) and sum(bool(set(form.axes) & set(f.axes)) for f in arrays) == 1

    def _assembled(self, coefficient: Number, scalars: list[Term], quotient: list[Term], array: Form | None) -> Form:
        above, below = numeral(coefficient, self.context.decimals)
        scalars = sorted(scalars, key=_beyond_a_name)  # s (tr A − 1) x, not (tr A − 1) s x
        term = product(*above, *scalars, *((array.term,) if array else ()))
        if below or quotient:
            term = Quotient("/", term, product(*below, *quotient))
        return Form(Neg(term) if coefficient < 0 else term, array.axes if array else ())

    def _joined(self, arrays: list[Form]) -> list[Form]:
        """Factors over the same axes merge entry by entry; a diagonal keeps its own place."""
        merged: list[Form] = []
        for form in arrays:
            for place, other in enumerate(merged):
                if set(other.axes) == set(form.axes):
                    fitted = self.onto(form, other.axes).term
                    both = Power(".^", fitted, Num(2)) if fitted == other.term else hadamard(other.term, fitted)
                    if _is_reciprocal(form):
                        both = Quotient("./", other.term, _bottom(fitted))
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
                return [*rest, Form(self.row_sums(left), (others[0],))]
            return [*rest, Form(product(left, vectors[0].term), (others[0],))]
        if others[0] is others[1]:
            raise Unfit
        left = self.onto(matrices[0], (others[0], index)).term
        right = self.onto(matrices[1], (index, others[1])).term
        middle = (Call("diag", (vectors[0].term,)),) if vectors else ()
        return [*rest, Form(product(left, *middle, right), (others[0], others[1]))]

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

    def rank_of(self, term: Name | Call) -> int | None:
        """The axes of a symbol, or of the value of a function the user brought (or of its derivative)."""
        if isinstance(term, Name):
            known = term.name in self.context.symbols or term.name in self.context.definitions
            return len(self.context.shape(term.name)) if known else 0 if term.name in self.dims else None
        order = {"D": 1, "D2": 2}.get(term.fn, 0)
        name = term.args[0].name if order and isinstance(term.args[0], Name) else term.fn
        if name not in self.context.functions:
            return None
        signature = self.context.functions[name]
        return len(signature.value) + order * len(signature.argument)

    def finished(self, term: Term) -> Term:
        """The term as it is printed: X X X as X^3, inner products written into the chains they stand in."""

        def visit(key: Key) -> Generator[Key, Term, Term]:
            new = []
            for part in parts(key.term):
                new.append((yield Key(part)))
            if isinstance(key.term, Call) and key.term.fn == DIAGONAL:
                return Call("diag", tuple(new))
            if isinstance(key.term, Product) and key.term.op == "*":
                return self._chain(key.term.factors, new)
            return rebuilt(key.term, new) if new else key.term

        return run(visit, Key(term), {})

    def _chain(self, before: Sequence[Term], factors: Sequence[Term]) -> Term:
        """A product of finished factors (``before``: as they were): x'*y*A reads as (x'*y)*A after scalars alone."""
        flat: list[Term] = []
        for place, (old, new) in enumerate(zip(before, factors, strict=True)):
            bare = isinstance(old, Inner) and all(is_scalar(f, self.scalars) for f in before[:place])
            flat += chain(new) if bare else (new,)
        # what is deep is compared by identity: comparing records recurses
        alike = [list(same) for _, same in groupby(flat, lambda f: f if few(f) else Key(f))]
        runs = [(same[0], len(same)) for same in alike]
        done = [piece for f, n in runs for piece in (chain(self._power(f, n)) if n > 1 else (f,))]
        return Product("*", tuple(done)) if len(done) > 1 else done[0]

    def _power(self, factor: Term, times: int) -> Term:
        if extent(factor, self.rank_of) != MATRIX:
            return product(*[factor] * times)
        if isinstance(factor, Transpose):
            return Transpose(Power("^", factor.term, Num(times)))
        return Power("^", factor, Num(times))


def _is_reciprocal(form: Form) -> bool:
    return isinstance(form.term, Quotient) and form.term.op == "./" and form.term.top == Num(1)


def _bottom(term: Term) -> Term:
    if isinstance(term, Quotient):
        return term.bottom
    if isinstance(term, Transpose) and isinstance(term.term, Quotient):
        return turned(term.term.bottom)
    raise Unfit


def _beyond_a_name(term: Term) -> bool:
    """Whether a factor is more than a number, a name, or a power of these."""
    while isinstance(term, Power):
        term = term.base
    return not isinstance(term, Name | Num)
