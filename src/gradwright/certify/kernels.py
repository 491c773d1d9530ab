"""How each kind of node fills its table of balls. Owns: the naive reading of every kind. Never: decides what to fill.

A kernel is made once per node and sizes, and runs at many points, on ``arb`` or (where something moves) ``arb_series``.
A value that does not exist (outside a domain, an undecided sign) is NaN, and only what needs it is NaN too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from flint import arb, arb_series

from gradwright.certify.contract import contraction
from gradwright.certify.functions import KNOWN, SERIES, first, frechet, matrix_value, whole_power
from gradwright.certify.layout import Axes, reach
from gradwright.certify.program import NAN, Kernel, Kernels, Program, Run, Table, exact
from gradwright.certify.rational import sign
from gradwright.certify.ties import are_multiples, known_zeros
from gradwright.core.build import subtract
from gradwright.core.errors import Error
from gradwright.core.node import (
    Add,
    Apply,
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
)
from gradwright.tables.scalars import FUNCTIONS, Function

_DOMAIN = (ArithmeticError, ValueError)
_ALIKE = Fraction(1, 2**100)
"""How near numbers are that are taken for equal, where that is supposed."""
_FRACTIONS = 30  # multiplications of balls in the time of one of fractions


def _each(function: Callable[..., Any], *columns: Table) -> Table:
    """The function at every entry; where it does not exist, NaN."""
    try:
        return [function(*row) for row in zip(*columns, strict=True)]
    except _DOMAIN:
        return [_or_nan(function, row) for row in zip(*columns, strict=True)]


def _or_nan(function: Callable[..., Any], row: tuple[Any, ...]) -> Any:
    try:
        return function(*row)
    except _DOMAIN:
        return NAN


def _const(node: Const, program: Program) -> Kernel:
    return lambda run: [exact(node.value)]


def _size(node: Size, program: Program) -> Kernel:
    extent = program.layout.extent(node.dim)
    return lambda run: [arb(extent)]


def _ordinal(node: Ordinal, program: Program) -> Kernel:
    extent = program.layout.extent(node.index.dim)
    return lambda run: [arb(k) for k in range(extent)]


def _delta(node: Delta, program: Program) -> Kernel:
    axes, layout = program.axes(node), program.layout
    left, right = layout.gather(axes, (node.left,)), layout.gather(axes, (node.right,))
    return lambda run: [arb(int(a == b)) for a, b in zip(left, right, strict=True)]


def _entry(node: Entry, program: Program) -> Kernel:
    gather = program.layout.gather(program.axes(node), node.slots)
    definition = program.context.definitions.get(node.name)
    if definition is not None:
        if program.layout.extents(definition.axes) != program.layout.extents(node.slots):
            raise Error(f"an entry of {node.name} with other extents than its definition has")
        column = program.column(definition.body, definition.axes)
        return lambda run: _picked(column(run), gather)
    name = node.name
    if program.context.symbols and name not in program.context.symbols:
        raise Error(f"{name} is neither a symbol nor defined")
    last = max(gather, default=-1)
    return lambda run: _picked(_reaching(run.symbols[name], last, name), gather)


def _reaching(table: Table, last: int, name: str) -> Table:
    """The table, which has to have a last place: shapes that do not fit ask for entries that there are not."""
    if len(table) <= last:
        raise Error(f"an entry of {name} beyond the extents that it has")
    return table


def _picked(table: Table, gather: list[int]) -> Table:
    return [table[k] for k in gather]


def _add(node: Add, program: Program) -> Kernel:
    columns = program.columns(node.terms, program.axes(node))
    zeros = known_zeros(node, program)

    def kernel(run: Run) -> Table:
        total = columns[0](run)
        for column in columns[1:]:
            total = [a + b for a, b in zip(total, column(run), strict=True)]
        return total if zeros is None else [arb(0) if z else v for v, z in zip(total, zeros(run), strict=True)]

    return kernel


def _mul(node: Mul, program: Program) -> Kernel:
    columns = program.columns(node.factors, program.axes(node))

    def kernel(run: Run) -> Table:
        total = columns[0](run)
        for column in columns[1:]:
            total = [a * b for a, b in zip(total, column(run), strict=True)]
        return total

    return kernel


def _pow(node: Pow, program: Program) -> Kernel:
    axes = program.axes(node)
    base = program.column(node.base, axes)
    if isinstance(node.exponent, Const) and not isinstance(node.exponent.value, float):
        rational = Fraction(node.exponent.value)
        return lambda run: _each(lambda b: _rational_power(b, rational), base(run))
    exponent = program.column(node.exponent, axes)
    return lambda run: _each(_power, base(run), exponent(run))


def _rational_power(base: Any, exponent: Fraction) -> Any:
    if exponent.denominator == 1:
        return _whole_power(base, exponent.numerator)
    if exponent.denominator == 2:
        return _whole_power(base.sqrt(), exponent.numerator)
    return (base.log() * exact(exponent)).exp()


def _power(base: Any, exponent: Any) -> Any:
    whole = exponent.unique_fmpz() if isinstance(exponent, arb) and exponent.is_exact() else None
    return (exponent * base.log()).exp() if whole is None else _whole_power(base, int(whole))


def _whole_power(base: Any, exponent: int) -> Any:
    """By repeated multiplication."""
    if exponent < 0:
        return 1 / _whole_power(base, -exponent)
    result, square = arb(1), base
    while exponent:
        if exponent & 1:
            result = result * square
        exponent >>= 1
        square = square * square if exponent else square
    return result


def _apply(node: Apply, program: Program) -> Kernel:
    row = FUNCTIONS[node.fn]
    axes = program.axes(node)
    columns = program.columns(node.args, axes)
    if not columns:
        return lambda run: [row.ball()]
    if not _jumps_at_0(row):
        return lambda run: _each(row.ball, *(column(run) for column in columns))
    signs = _signs(node.args[0], axes, program)
    return lambda run: _each_exactly(row.ball, lambda k, row_: row.ball(arb(signs(run, k))), run, columns)


def _jumps_at_0(row: Function) -> bool:
    """Whether a sign says all: one number for what is positive, one for what is negative."""
    return bool(row.of_sign) and all(bool(row.ball(arb(s)) == row.ball(arb(2 * s))) for s in (1, -1))


def _signs(gap: Node, axes: Axes, program: Program) -> Callable[[Run, int], int]:
    """The sign of a gap at the k-th assignment of the axes, where it is a fraction; for balls that hold 0."""
    extents, own = program.layout.extents(axes), program.layout.gather(axes, program.axes(gap))

    def sign_at(run: Run, k: int) -> int:
        if run.vanishing is not None and run.vanishing[1] == own[k] and are_multiples(gap, run.vanishing[0]):
            return 0
        places = []
        for extent in reversed(extents):
            k, place = divmod(k, extent)
            places.append(place)
        found = sign(run, gap, dict(zip(axes, reversed(places), strict=True)))
        if found is None:
            run.undecided = True
            if not run.supposing:
                raise ArithmeticError("a sign that balls leave open")
        return found or 0

    return sign_at


def _each_exactly(
    function: Callable[..., Any], exactly: Callable[[int, tuple[Any, ...]], Any], run: Run, columns: Sequence[Kernel]
) -> Table:
    """The function at every entry; where balls leave open what it is and nothing moves, by exact arithmetic."""
    rows = list(zip(*(column(run) for column in columns), strict=True))
    try:
        return [function(*row) for row in rows]
    except _DOMAIN:
        within = _ALIKE if run.supposing else None
        return [_or_exactly(function, exactly, k, row, within) for k, row in enumerate(rows)]


def _or_exactly(
    function: Callable[..., Any],
    exactly: Callable[[int, tuple[Any, ...]], Any],
    k: int,
    row: tuple[Any, ...],
    within: Fraction | None,
) -> Any:
    """``within``: how near to 0 the difference must be that is left open, if that matters."""
    try:
        return function(*row)
    except _DOMAIN:
        if not all(isinstance(value, arb) and value.is_finite() for value in row[:2]):
            return NAN
        near = within is None or abs(row[0] - row[1] if row[1:] else row[0]) < exact(within)
        return _or_nan(exactly, (k, row)) if near else NAN


def _reduce(node: Reduce, program: Program) -> Kernel:
    if node in program.wide:
        return contraction(node, program)
    chunks = program.layout.chunks(program.axes(node), node.bound, program.axes(node.body))
    place, fold = program.places[node.body], _FOLDS[node.op]
    return lambda run: [_or_nan(fold, ([run.tables[place][k] for k in chunk],)) for chunk in chunks]


def _sum(values: Table) -> Any:
    return sum(values[1:], values[0])


def _product(values: Table) -> Any:
    result = values[0]
    for value in values[1:]:
        result = result * value
    return result


def _largest(values: Table) -> Any:
    best = values[0]
    for value in values[1:]:
        best = _larger(best, value)
    return best


def _larger(a: Any, b: Any) -> Any:
    if a is b:
        return a
    if isinstance(a, arb) and isinstance(b, arb):
        return a.max(b)
    if first(b) > first(a):
        return b
    if first(a) > first(b):
        return a
    raise ArithmeticError("entries that tie, of which the derivative of an extremum counts each")


_FOLDS: dict[str, Callable[[Table], Any]] = {
    "sum": _sum,
    "prod": _product,
    "max": _largest,
    "min": lambda values: -_largest([-v for v in values]),
}


def _where(node: Where, program: Program) -> Kernel:
    axes, op = program.axes(node), node.op
    columns = program.columns(node.children, axes)
    signs = _signs(subtract(node.left, node.right), axes, program)

    def choose(left: Any, right: Any, then: Any, other: Any) -> Any:
        return then if _holds(op, left, right) else other

    def exactly(run: Run, k: int, row: tuple[Any, ...]) -> Any:
        return row[2] if _holds(op, arb(signs(run, k)), arb(0)) else row[3]

    return lambda run: _each_exactly(choose, lambda k, row: exactly(run, k, row), run, columns)


def _holds(op: str, left: Any, right: Any) -> bool:
    if left is right:
        return op in ("<=", "==")
    a, b = first(left), first(right)
    if a < b or a > b:
        return op == "!=" or (op in ("<", "<=") and bool(a < b))
    moving = isinstance(left, arb_series) or isinstance(right, arb_series)
    if a == b and not moving:
        return op in ("<=", "==")
    raise ArithmeticError("a comparison of balls that overlap")


def _matfn(node: MatFn, program: Program) -> Kernel:
    layout = program.layout
    beside = frozenset(index for scalar in node.given for index in scalar.free)
    axes, outer = program.axes(node), layout.axes((node.body.free - frozenset(node.bound)) | beside)
    given = program.columns(node.given, outer)
    chunks = layout.chunks(outer, node.bound, program.axes(node.body))
    at, slot = layout.gather(axes, outer), layout.gather(axes, node.slots)
    place, value, last = program.places[node.body], _value_of(node, program), max(slot, default=-1)
    program.spend(layout.count(outer) * _steps(node, layout.extents(node.bound)))

    def kernel(run: Run) -> Table:
        columns = [column(run) for column in given]
        arguments = [
            [*(column[n] for column in columns), *(run.tables[place][k] for k in chunk)]
            for n, chunk in enumerate(chunks)
        ]
        found = (_or_none(value, run, argument) for argument in arguments)
        wholes = [None if whole is None else _reaching(whole, last, node.fn) for whole in found]
        return [NAN if (w := wholes[a]) is None else w[s] for a, s in zip(at, slot, strict=True)]

    return kernel


def _steps(node: MatFn, extents: Sequence[int]) -> int:
    """About how many multiplications the value of a function of a matrix takes; a pseudoinverse's are of fractions."""
    return max(extents, default=1) ** 3 * (_FRACTIONS if node.fn == "pinv" else 1)


def _or_none(value: Callable[[Run, Table], Table], run: Run, argument: Table) -> Table | None:
    try:
        return value(run, argument)
    except _DOMAIN:
        return None


def _value_of(node: MatFn, program: Program) -> Callable[[Run, Table], Table]:
    """The whole value of a function at its whole argument."""
    layout, extents = program.layout, program.layout.extents(node.bound)
    if node.fn in program.context.functions:
        outputs = layout.count(node.slots[: len(node.slots) - node.order * len(node.bound)])
        inputs = layout.count(node.bound)
        return lambda run, argument: run.stand_in(node.fn, outputs, inputs).values(argument, node.order)
    if node.fn == "^" and node.order == 0:
        return lambda run, argument: whole_power(argument[1:], argument[0], extents)
    if node.fn in SERIES and node.order == 1:
        return lambda run, argument: frechet(node.fn, argument, extents)
    if node.fn in KNOWN and node.order == 0:
        return lambda run, argument: matrix_value(node.fn, argument, extents)
    raise Error(f"the value of {node.fn} is not known, so nothing that mentions it can be checked by arithmetic")


def _deriv(node: Deriv, program: Program) -> Kernel:
    """Derivatives by power series: the coefficient of t, or, by polarization, of t² for a second derivative."""
    layout, axes = program.layout, program.axes(node)
    wanted: list[tuple[str, list[int]]] = []
    body: Node = node
    while isinstance(body, Deriv):
        wanted.append((body.name, layout.gather(axes, body.slots)))
        body = body.body
    if len(wanted) > 2 or body.derivs:
        raise Error("derivatives above the second are not checked by arithmetic")
    gather = layout.gather(axes, program.axes(body))
    directions = [tuple(sorted(row)) for row in zip(*([(n, k) for k in at] for n, at in wanted), strict=True)]
    base = body
    program.spend(len(set(directions)) * sum(layout.count(n.free) for n in reach([base], program.context)))

    def kernel(run: Run) -> Table:
        return [run.slope(base, d)[k] for d, k in zip(directions, gather, strict=True)]

    return kernel


KERNELS: Kernels = {
    Const: _const,
    Size: _size,
    Ordinal: _ordinal,
    Entry: _entry,
    Delta: _delta,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Apply: _apply,
    Reduce: _reduce,
    MatFn: _matfn,
    Where: _where,
    Deriv: _deriv,
}
