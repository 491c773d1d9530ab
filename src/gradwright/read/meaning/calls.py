"""What functions mean. Owns: scalar functions, functions of arrays by their rows, unknown functions, einsum and where.

Never: knows what a row of the tables means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import entry, matfn, mul, total
from gradwright.core.context import Context, Signature
from gradwright.core.extents import open_extent
from gradwright.core.index import Dim, Index, times
from gradwright.core.value import Value, arranged, kind_of, mask
from gradwright.core.walk import bottom_up
from gradwright.engine.derivatives import derivative
from gradwright.read.meaning.elaborator import At, Elaborator, Visit
from gradwright.read.meaning.operators import RELATIONS, entrywise
from gradwright.read.names import called, extents_in
from gradwright.read.syntax import Call, Comparison, Name, Node, Norm, Text
from gradwright.tables.arrays import ARRAYS, ArrayFunction, frechet_derivative
from gradwright.tables.matrix import MATRIX_FUNCTIONS
from gradwright.tables.scalars import NAMED

MATRIX_MEANING = {"exp": "expm", "sin": "sinm", "cos": "cosm"}
"""What a scalar function of a matrix is where it is no function of the entries."""
_NO_MEANING = frozenset(("log",))
_HOLE = "~x"  # the argument of a function while its derivative is taken


def call(e: Elaborator, node: Call) -> Visit:
    name = called(node)
    if not name:
        e.fail("only a name is applied to something", node.function)
    if name in _WORDS and not node.primes:
        return (yield from _WORDS[name](e, node))
    if name in ARRAYS and ARRAYS[name].of_dims is not None:
        return _filled(e, ARRAYS[name], node)
    values = []
    for argument in node.arguments:
        values.append((yield argument))
    return applied_by_name(e, name, values, node)


def applied_by_name(e: Elaborator, name: str, values: list[Value], node: Call) -> Value:
    """A function of values, by the name that its row has."""
    if node.primes:
        return _primed(e, name, values, node)
    if name in e.functions or name in e.reading.unknown:
        if len(values) != 1:
            e.fail(f"{name} is a function of one argument", node)
        return _unknown(e, name, 0, values[0], node)
    scalar = NAMED.get(name)
    if scalar is None or not values or len(values) != scalar.arity:
        return _of_arrays(e, name, values, node)
    if len(values) == 2:
        return entrywise(e, values[0], values[1], node, scalar.of)
    if e.reading.matrices and values[0].plain == "matrix" and node not in e.reading.entrywise:
        of_matrix = MATRIX_MEANING.get(name)
        if of_matrix is not None:
            e.remark(f"{name} of a matrix is the matrix function")
            return _of_arrays(e, of_matrix, values, node)
        if name in _NO_MEANING:
            e.fail(f"{name} of a matrix is a matrix function, which has no rule", node)
    return replace(values[0], body=scalar.of(values[0].body))


def _primed(e: Elaborator, name: str, values: list[Value], node: Call) -> Value:
    """tanh′(z): the derivative of a scalar function, entry by entry."""
    scalar = NAMED.get(name)
    if scalar is None or scalar.arity != 1 or len(values) != 1 or node.primes > 2:
        e.fail("a derivative of a function that is not given", node)
    (value,) = values
    body = scalar.of(entry(_HOLE))
    for _ in range(node.primes):
        body = derivative(body, _HOLE, (), Context(symbols={_HOLE: ()}))
    return replace(value, body=bottom_up(lambda n: value.body if n is entry(_HOLE) else n, body))


def _of_arrays(e: Elaborator, name: str, values: list[Value], node: Call) -> Value:
    """A function of whole arrays, by its row."""
    row, at = ARRAYS.get(name), At(e, node)
    if row is not None and row.of_two is not None and len(values) == 2:
        return row.of_two(at, values[0], values[1])
    if row is not None and row.of_none is not None and not values:
        return row.of_none(at)
    if row is None or len(values) != 1:
        said = f"{name} does not take {len(values)} argument{'s' * (len(values) != 1)}"
        e.fail(said, node, OTHERWISE.get((name, len(values))))
    if name in BY_ROWS and values[0].kind == "matrix":
        e.remark(f"{name} of a matrix goes by rows")
        row = ARRAYS[BY_ROWS[name]]
    return row.of_one(at, values[0]) if row.of_one is not None else e.fail(row.takes, node)


BY_ROWS = {"softmax": "softmax_rows"}
OTHERWISE = {
    ("log", 2): "the logarithm to the base b is log(x)/log(b): systems differ in which argument comes first",
    ("beta", 1): "a product is written beta*(…); the beta function takes two arguments",
    ("pow", 1): "x^2 or x.^2",
}
"""What to write instead, by name and number of arguments."""


def _filled(e: Elaborator, row: ArrayFunction, node: Call) -> Value:
    """``eye``, ``ones`` and ``zeros`` of dimensions."""
    assert row.of_dims is not None
    return row.of_dims(At(e, node), _extents(e, node))


def _extents(e: Elaborator, node: Call) -> list[Dim]:
    """The extents among the arguments."""
    dims: list[Dim] = []
    for argument in extents_in(node):
        dim = e.written(argument)
        if dim is None:
            e.fail(f"{called(node)} takes names of dimensions or whole numbers", argument)
        dims.append(dim)
    return dims


def _unknown(e: Elaborator, name: str, order: int, value: Value, node: Call) -> Value:
    """An unknown function of an array, or a derivative of it."""
    if name in MATRIX_FUNCTIONS and name not in e.functions:
        return frechet_derivative(At(e, node), name, order, value)
    signature = e.functions.get(name)
    if signature is None:
        rank = e.reading.unknown.get(name)
        if rank is None:
            e.fail(f"{name} is not an unknown function", node)
        argument = tuple(a.dim for a in value.axes)
        signature = Signature(argument, tuple(e.extents.fresh() for _ in range(rank)))
        e.functions[name] = signature
    if value.groups:
        e.fail(f"{name} takes no axis of several indices, and this is {e.say(value)}", node)
    if len(signature.argument) != len(value.axes):
        wanted = kind_of(len(signature.argument)).replace("column", "vector")
        e.fail(f"{name} takes a {wanted}, and this is {e.say(value)}", node)
    for dim, axis in zip(signature.argument, value.axes, strict=True):
        e.unify(dim, axis.dim, node, f" in the argument of {name}")
    slots = tuple(e.fresh(d) for d in (*signature.value, *signature.argument * order))
    return Value(kind_of(len(slots)), slots, matfn(name, order, slots, value.axes, value.body))


# --- words of the language, whose arguments are more than values


def _reshaped(e: Elaborator, node: Call) -> Visit:
    """The same entries in the same order (the last index runs fastest) over axes of those extents."""
    if len(node.arguments) < 2:
        e.fail(ARRAYS["reshape"].takes, node)
    value = yield node.arguments[0]
    indices, dims = list(value.axes), _extents(e, node)
    parts: list[tuple[Index, ...]] = []
    while dims:
        part = _filling(e, indices, dims, node)
        parts.append(part)
        del indices[: len(part)], dims[0]
    if indices:
        e.fail(f"{e.say(value)} has more entries than these extents", node)
    return arranged(parts, value.body)


def _filling(e: Elaborator, indices: Sequence[Index], dims: Sequence[Dim], node: Call) -> tuple[Index, ...]:
    """The first indices, of which the first axis is made. One that fills several axes is taken for as many indices."""
    for count in range(1, len(indices) + 1):
        if e.extents.find(times(*(e.extents.find(i.dim) for i in indices[:count]))) == dims[0]:
            return tuple(indices[:count])
    if len(indices) == len(dims) and open_extent(e.extents.find(indices[0].dim)):
        e.unify(indices[0].dim, dims[0], node)
        return (indices[0],)
    for count in range(2, len(dims) + 1):
        whole = e.extents.find(indices[0].dim) if indices else 0
        if times(*dims[:count]) == whole or (open_extent(whole) and len(indices) == 1 and count == len(dims)):
            e.take_apart(indices[0], count, node)
    if dims[0] == 1:
        return (e.fresh(1),)
    e.fail("these extents are not those of the array", node, "declare its shape: A: n*m k")


def _einsum(e: Elaborator, node: Call) -> Visit:
    first = node.arguments[0] if node.arguments else None
    if not isinstance(first, Text):
        e.fail('einsum begins with its subscripts: einsum("ij,jk->ik", A, B)', node)
    before, arrow, after = first.text.replace(" ", "").partition("->")
    operands = before.split(",")
    if not arrow or len(operands) != len(node.arguments) - 1 or len(set(after)) != len(after):
        e.fail("these subscripts do not fit the arguments", first)
    letters: dict[str, tuple[Index, ...]] = {}
    factors = []
    for subscripts, argument in zip(operands, node.arguments[1:], strict=True):
        value = yield argument
        _subscripted(e, letters, subscripts, value, argument)
        factors.append(e.onto(value, [index for c in subscripts for index in letters[c]], argument))
    if not set(after) <= set(letters):
        e.fail("a subscript of the result stands in no argument", first)
    summed = [index for letter, part in letters.items() if letter not in after for index in part]
    body = total(summed, mul(*factors)) if summed else mul(*factors)
    return arranged([letters[c] for c in after], body)


def _subscripted(
    e: Elaborator, letters: dict[str, tuple[Index, ...]], subscripts: str, value: Value, node: Node
) -> None:
    """Indices for the subscripts of one operand, those that are new among them."""
    if len(subscripts) != len(value.parts):
        e.fail(f"{len(subscripts)} subscripts for {e.say(value)}", node)
    for letter, part in zip(subscripts, value.parts, strict=True):
        letters.setdefault(letter, tuple(e.fresh(axis.dim) for axis in part))
        if len(letters[letter]) != len(part):
            e.fail(f"subscript {letter} stands for a product of extents here, and elsewhere not", node)


def _where(e: Elaborator, node: Call) -> Visit:
    if len(node.arguments) != 3:
        given = len(node.arguments)
        e.fail(f"where takes a condition and two values, and here are {given} arguments", node)
    condition = node.arguments[0]
    if not isinstance(condition, Comparison):
        e.fail("where begins with a comparison", condition)
    values = [(yield condition.left), (yield condition.right)]
    for part in node.arguments[1:]:
        values.append((yield from e.branch(part)))
    return chosen(e, condition, values, node)


def chosen(e: Elaborator, condition: Comparison, values: Sequence[Value], node: Node) -> Value:
    """The third value where the first two compare so, else the fourth, entry by entry."""
    shaped = next((v for v in values if v.axes), values[0])
    bodies = []
    for value in values:
        if value.axes and value.kind != shaped.kind:
            e.fail("the parts of where have different shapes", node)
        bodies.append(e.onto(value, shaped.axes, node) if value.axes else value.body)
    left, right, then, other = bodies
    return replace(shaped, body=mask(RELATIONS[condition.relation], left, right, then, other))


def _derivative_of(e: Elaborator, node: Call) -> Visit:
    """``D(u, x)`` and ``D2(u, x)``."""
    name = node.function.stem if isinstance(node.function, Name) else ""
    if len(node.arguments) != 2 or not isinstance(node.arguments[0], Name):
        e.fail(f"{name} takes an unknown function and its argument: {name}(u, x)", node)
    value = yield node.arguments[1]
    return _unknown(e, node.arguments[0].stem, 1 if name == "D" else 2, value, node)


def _norm_by_name(e: Elaborator, node: Call) -> Visit:
    """``norm(A, "fro")``."""
    order = node.arguments[1] if len(node.arguments) == 2 else None
    if isinstance(order, Text):
        return (yield Norm(node.span, node.arguments[0], order.text))
    values = []
    for argument in node.arguments:
        values.append((yield argument))
    return _of_arrays(e, "norm", values, node)


_WORDS = {
    "reshape": _reshaped,
    "norm": _norm_by_name,
    "einsum": _einsum,
    "where": _where,
    "D": _derivative_of,
    "D2": _derivative_of,
}
