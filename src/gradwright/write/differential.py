"""Lines of a differential in matrices. Owns: how a differential, and a line that is linear in some, is written.

A differential that no rule was applied to yet is a symbol while notation is built, and d(…) round what it is of
afterwards. Where a vector is scaled entry by entry, or added to a multiple of 𝟏, the line is written as a matrix times
the differential: (diag(p) − p pᵀ) do. Never: differentiates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count

from gradwright.core.build import ONE, ZERO, add, delta, entry, open_binder, rename, total
from gradwright.core.context import Context
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import Add, Array, Entry, Node, Reduce, factors_in, walk
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up
from gradwright.engine.differential import Directions, unevaluated
from gradwright.engine.simplify import Used, collapse
from gradwright.tables.differentials import CYCLIC, HADAMARD_TRACE, OWN_TRACE, TRANSPOSED, DifferentialRule
from gradwright.write.algebra import chain, joined_sum, product
from gradwright.write.answer import Result, joined_array
from gradwright.write.display import DIFFERENTIAL
from gradwright.write.extent import COLUMN, MATRIX
from gradwright.write.habits import Habits
from gradwright.write.joined import kronecker_term
from gradwright.write.matrix import Writer, matrix_term, weight, written_by
from gradwright.write.network import Unfit
from gradwright.write.term import Call, Choice, Name, Neg, Num, Power, Product, Quotient, Sum, Term, Transpose
from gradwright.write.traverse import each, names, parts, rebuilt, transformed

_ROOM = 2  # names or signs by which a matrix times the differential may be longer


def d(term: Term) -> Term:
    """The differential of what a term says."""
    return Call(DIFFERENTIAL, (term,))


@dataclass(frozen=True)
class Said:
    """A line in matrices.

    ``term``     as it is shown
    ``plain``    the same with a symbol in place of each differential, as it is read back in the ``context``
    ``parts``    those symbols that stand for what no rule was applied to yet, each with what it is the differential of
    ``undivided``  the term as it is shown, with y ⊘ p where that has diag(p)⁻¹ y
    ``natural``  False where an array is differentiated entry by entry that nobody writes: the squares under a norm
    ``columns``  whether it is vec(df), not df, that it says
    """

    term: Term
    plain: Term
    parts: Mapping[str, Term]
    context: Context
    habits: Habits
    undivided: Term
    columns: bool = False

    @property
    def natural(self) -> bool:
        return not any(_entrywise(part) for part in self.parts.values())

    def says(self, other: Said, cyclic: bool = False) -> bool:
        """Whether a line differs by the order of its terms alone; if ``cyclic``, or of the factors in a trace."""
        return self.habits.key(self.undivided, cyclic) == other.habits.key(other.undivided, cyclic)


def _entrywise(term: Term) -> bool:
    """A ⊙ B, A^⊙2, or A diag(b): the terms of a sum that matrices say as one."""
    if isinstance(term, Choice):
        return True
    if isinstance(term, Product | Power):
        diagonal = any(isinstance(part, Call) and part.fn == "diag" for part in parts(term))
        return term.op in (".*", ".^") or diagonal
    return isinstance(term, Neg) and _entrywise(term.term)


def said(line: Array, moving: Directions) -> Said | None:
    """A line of a proof in matrices, or None where it has no such form."""
    if moving.context.inner or len(line.parts) > 2:
        return None
    try:
        return _Line(line, moving).said()
    except Unfit:
        return None


class _LineWriter(Writer):
    """Writes 𝟏 before a scalar differential that is added to a vector: dx − 𝟏 dm, which is no dx − dm."""

    def __init__(self, context: Context, moved: Collection[str]) -> None:
        super().__init__(context)
        self._moved = frozenset(moved)

    def stands_bare(self, scalar: Term, axes: int, entrywise: bool) -> bool:
        return super().stands_bare(scalar, axes, entrywise) and not (axes and names(scalar) & self._moved)


class _Line:
    """One line while it is written: its differentials are symbols of a context of its own."""

    def __init__(self, line: Array, moving: Directions) -> None:
        self.context = replace(
            moving.context, symbols=dict(moving.context.symbols), order=list(moving.context.order), found={}
        )
        self._moved = moving.names
        self.shown = {moved: d(Name(name)) for name, moved in moving.names.items()}
        self.parts: dict[str, Term] = {}
        self._writer = Writer(moving.context)
        self._named: dict[Node, str] = {}
        self._columns: dict[str, Term] = {}
        self._taken = {*self.context.symbols, *self.context.definitions, *self.context.functions, *self.context.dims}
        self.line = replace(line, body=bottom_up(self._symbol, line.body))
        self.writer = _LineWriter(self.context, self.shown)
        self.habits = Habits(self.writer, frozenset(self.shown))

    def said(self) -> Said:
        written = self._joint() if self.line.groups else written_by(self.writer, self.line)
        if not self.line.groups and (written is None or self._scaled(written)):
            applied = self._applied()
            if applied is not None and (written is None or weight(applied) <= weight(written) + _ROOM):
                written = applied
        if written is None:
            raise Unfit
        tidy = self.habits.faced(self.habits.tidy(transformed(self.habits.tidy(written), self._traced)))
        plain = transformed(tidy, self._divided)
        shown = transformed(tidy, self._restored)
        return Said(transformed(plain, self._restored), plain, self.parts, self.context, self.habits, shown)

    def _joint(self) -> Term | None:
        """The line over axes of several indices: vec(A dX B), A ⊗ dX."""
        first, *others = self.line.parts
        if others or len(first) > 2:
            return kronecker_term(self.line, self.context)
        inner = written_by(self.writer, Array(first[::-1], self.line.body))  # vec has the last index first
        return inner and Call("vec", (inner,))

    def _symbol(self, node: Node) -> Node:
        """A differential as an entry of a symbol, which is the same for the same array."""
        goal = unevaluated(node)
        if goal is None:
            return node
        if isinstance(goal.body, Entry) and goal.body.name in self._moved:
            return entry(self._moved[goal.body.name], *goal.body.slots)
        form = self._writer.form(goal.body)
        if len(form.axes) > 2 or len(set(form.axes)) < len(form.axes) or set(form.axes) != goal.body.free:
            raise Unfit
        axes = tuple(free_index(f"~a{k}", axis.dim) for k, axis in enumerate(form.axes))
        body = rename(goal.body, dict(zip(form.axes, axes, strict=True)))
        if body not in self._named:
            name = self._fresh(tuple(axis.dim for axis in axes))
            self._named[body] = name
            self.parts[name] = self._writer.finished(form.term)
            self.shown[name] = d(self.parts[name])
        return entry(self._named[body], *form.axes)

    def _restored(self, term: Term) -> Term | None:
        return self.shown.get(term.name) if isinstance(term, Name) else None

    # --- a vector's differential, and what it is multiplied by

    def _scaled(self, term: Term) -> bool:
        """Whether the differential is scaled entry by entry, or 𝟏 is written."""
        moved = self.shown.keys()
        for part in each(term):
            if isinstance(part, Product) and names(part) & moved and any(map(_is_ones, part.factors)):
                return len(names(term) & moved) == 1
            apart = (isinstance(part, Product) and part.op == ".*") or (isinstance(part, Quotient) and part.op == "./")
            if (apart or (isinstance(part, Call) and part.fn == "diag")) and names(part) & moved:
                return True
        return False

    def _applied(self) -> Term | None:
        """The line as a sum of a row, or a matrix, times each differential; None where one is of a matrix alone."""
        body = bottom_up(self._column, self.line.body)
        moved = [name for name in self.context.order if name in {*self.shown, *self._columns} and name in body.names]
        if any(len(self.context.symbols[name]) > 1 for name in moved):
            return None
        terms = []
        for name in moved:
            term = self._coefficient(body, name)
            if term is None:
                return None
            terms.append(term)
        whole = self.writer.finished(self.writer.gathered(terms)) if terms else None
        return whole and transformed(
            whole, lambda term: self._columns.get(term.name) if isinstance(term, Name) else None
        )

    def _column(self, node: Node) -> Node:
        """dW x as an entry of a vector, to which what stands before it is applied."""
        if not (isinstance(node, Reduce) and node.op == "sum" and len(node.free) == 1):
            return node
        (index,) = node.free
        summed, inner = open_binder(node)
        if isinstance(inner, Add) and any(isinstance(f, Entry) and f.name in self.shown for f in walk(inner)):
            return add(*(self._column(total(summed, term)) for term in inner.terms))
        factors = factors_in(inner)
        moved = [f for f in factors if f.names & self.shown.keys()]
        still = [f for f in factors if f not in moved]
        alone = len(moved) == 1 and isinstance(moved[0], Entry) and len(moved[0].slots) == 2
        if not alone or any(index in f.free for f in still):
            return node
        axis = free_index("~a0", index.dim)
        body = rename(node, {index: axis})
        if body not in self._named:
            name = self._fresh((axis.dim,))
            self._named[body] = name
            self._columns[name] = self.writer.finished(self.writer.array(body, (axis,)).term)
        return entry(self._named[body], index)

    def _fresh(self, shape: tuple[Dim, ...]) -> str:
        name = next(free for free in map("d{}".format, count(1)) if free not in self._taken)
        self._taken.add(name)
        self.context.symbols[name] = shape
        self.context.order.append(name)
        return name

    def _coefficient(self, body: Node, name: str) -> Term | None:
        slots = tuple(free_index("~k", dim) for dim in self.context.symbols[name])

        def chosen(node: Node) -> Node:
            if not (isinstance(node, Entry) and (node.name in self.shown or node.name in self._columns)):
                return node
            if node.name != name:
                return ZERO
            return delta(node.slots[0], slots[0]) if slots else ONE

        axes = (*self.line.axes, *slots)
        chosen_body = collapse(bottom_up(chosen, body), Used(), {}, axes)
        factor = matrix_term(Array(axes, chosen_body), self.context)
        if factor is None:
            return None
        return times(factor, Name(name), self.habits, row=not self.line.axes and bool(slots))

    # --- the habits of matrices

    def _traced(self, term: Term) -> Term | None:
        """tr(Aᵀ dX) for the sum of the entries of A ⊙ dX, aᵀ dx for that of a ⊙ dx, each by itself in a sum."""
        if not (isinstance(term, Call) and term.fn == "sum" and names(term) & self.shown.keys()):
            return None
        return self._trace(term.args[0])

    def _trace(self, matrix: Term) -> Term | None:
        if isinstance(matrix, Neg | Sum):
            new = [self._trace(part) for part in parts(matrix)]
            return None if None in new else rebuilt(matrix, [part for part in new if part is not None])
        if isinstance(matrix, Quotient) and matrix.op == "/":
            top = self._trace(matrix.top)
            return None if top is None else Quotient("/", top, matrix.bottom)
        found = self.habits.extent(matrix)
        if not (isinstance(matrix, Product) and matrix.op == ".*") or found not in (COLUMN, MATRIX):
            return None
        moved = [factor for factor in matrix.factors if names(factor) & self.shown.keys()]
        still = [factor for factor in matrix.factors if factor not in moved]
        if len(moved) != 1 or not still:
            return None
        whole = still[0] if len(still) == 1 else Product(".*", tuple(still))
        both = product(self.writer.turned(whole), moved[0])
        return Call("tr", (both,)) if found == MATRIX else both

    def _divided(self, term: Term) -> Term | None:
        """A product with diag(p)⁻¹ y for y ⊘ p in it."""
        if type(term) is not Product or term.op != "*":
            return None
        return product(*(self._as_matrix(factor) or transformed(factor, self._divided) for factor in term.factors))

    def _as_matrix(self, factor: Term) -> Term | None:
        turned = isinstance(factor, Transpose)
        inner = factor.term if isinstance(factor, Transpose) else factor
        if not (isinstance(inner, Quotient) and inner.op == "./") or self.habits.extent(inner.top) != COLUMN:
            return None
        scale = Call("inv", (Call("diag", (inner.bottom,)),))
        return product(self.writer.turned(inner.top), scale) if turned else product(scale, inner.top)


def _plain(term: Term) -> Term:
    return term.term if isinstance(term, Transpose) else term


def _is_ones(term: Term) -> bool:
    return isinstance(term, Call) and term.fn == "ones"


def times(factor: Term, moved: Term, habits: Habits, row: bool) -> Term:
    """factor · dX, or factorᵀ · dx; what the factor is divided by stands below it all."""
    if isinstance(factor, Neg):
        return Neg(times(factor.term, moved, habits, row))
    below = [one for one in chain(factor) if isinstance(one, Quotient) and one.op == "/"]
    if len(below) == 1:
        above = product(*(one.top if one is below[0] else one for one in chain(factor)))
        return Quotient("/", times(above, moved, habits, row), below[0].bottom)
    if not row:
        return product(factor, moved)
    lead, rest = habits.scalars_first(factor)
    return product(*lead, habits.turned(product(*rest)), moved)


# --- what is read off


@dataclass(frozen=True)
class Gradient:
    """A derivative, its axes those of the function and then, in ``slots``, of the variable.

    ``groups``  how many axes each axis of the function is made of, where not one
    """

    name: str
    array: Array
    slots: tuple[Index, ...]
    context: Context
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Last:
    """The line a derivative is read off: ``left`` = what is ``said``, where ``FUNCTION`` in ``left`` stands for df.

    ``factor``  what stands before vec(dX), where the derivative is no array that matrices say
    """

    left: Term
    said: Said
    factor: Term | None = None

    @property
    def stacked(self) -> bool:
        """Whether an array stands in it as vec(dX)."""
        return any(isinstance(part, Call) and part.fn == "vec" for part in each(self.said.plain))


FUNCTION = Name("f")


def last(gradients: Sequence[Gradient], moving: Directions) -> Last | None:
    """dL = tr(Gᵀ dX) + hᵀ db, or vec(dF) = K vec(dX); None where a derivative has no such form."""
    habits = Habits(Writer(moving.context), frozenset(moving.names.values()))
    terms = [_term(gradient, Name(moving.names[gradient.name]), habits) for gradient in gradients]
    if all(term is not None for term in terms):
        return _last(FUNCTION, joined_sum([term for term in terms if term is not None]), moving, habits)
    return _of_columns(gradients[0], moving, habits) if len(gradients) == 1 else None


def reordered(line: Said, moving: Directions) -> list[DifferentialRule]:
    """What has to be done with the matrices' differentials of a line for each to stand last in a trace."""
    matrices = {moving.names[name] for name in moving.variables if len(moving.context.symbols[name]) == 2}

    def moved(term: Term) -> bool:
        return not matrices.isdisjoint(names(term))

    found = list(each(line.plain))
    traces = [part for part in found if isinstance(part, Call) and part.fn == "tr" and moved(part)]
    outside = transformed(line.plain, lambda term: Num(1) if term in traces else None)
    ends = [chain(part.args[0])[-1] for part in traces]
    rules = {
        OWN_TRACE: moved(outside),
        TRANSPOSED: any(isinstance(part, Transpose) and moved(part) for part in found),
        HADAMARD_TRACE: any(isinstance(part, Product) and part.op == ".*" and moved(part) for part in found),
        CYCLIC: moved(outside) or not all(isinstance(_plain(end), Name) and moved(end) for end in ends),
    }
    return [rule for rule, used in rules.items() if used]


def _last(left: Term, right: Term, moving: Directions, habits: Habits) -> Last:
    known = {moved: d(Name(name)) for name, moved in moving.names.items()}
    plain = habits.tidy(right)
    shown = transformed(plain, lambda term: known.get(term.name) if isinstance(term, Name) else None)
    return Last(left, Said(shown, plain, {}, moving.context, habits, shown, left != FUNCTION))


def _term(gradient: Gradient, moved: Term, habits: Habits) -> Term | None:
    axes, slots = gradient.array.axes[: len(gradient.array.axes) - len(gradient.slots)], gradient.slots
    if len(axes) + len(slots) > 2 or gradient.groups:
        return None
    factor = Result(gradient.array, gradient.context).matrix
    if factor is None:
        return None
    if axes or len(slots) < 2:
        return times(factor, moved, habits, row=not axes and bool(slots))
    return Call("tr", (times(factor, moved, habits, row=True),))


def _of_columns(gradient: Gradient, moving: Directions, habits: Habits) -> Last | None:
    """vec(df) = K vec(dX), of arrays with more than two axes together."""
    axes = gradient.array.axes[: len(gradient.array.axes) - len(gradient.slots)]
    stacked = bool(gradient.groups)  # the function is a vec already, the last index first
    if max(len(axes), len(gradient.slots)) > 2 or not axes or len(gradient.groups) > 1:
        return None
    if gradient.array.body is ZERO:
        return None
    rows = axes if stacked else axes[::-1]
    factor = kronecker_term(joined_array([rows, gradient.slots[::-1]], gradient.array.body), gradient.context)
    if factor is None:
        return None
    moved = Name(moving.names[gradient.name])
    left, right = (
        Call("vec", (term,)) if many else term
        for term, many in ((FUNCTION, len(axes) == 2 and not stacked), (moved, len(gradient.slots) == 2))
    )
    return replace(_last(left, product(factor, right), moving, habits), factor=habits.tidy(factor))
