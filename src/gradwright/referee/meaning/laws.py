"""Laws that have a name, by their moments. Owns: the rows, and the mean of a polynomial in what is drawn from one.

E g(x) = g(m) + ½ Σ ∂ᵢ∂ⱼg(m) Sᵢⱼ holds for every law with mean m and variance S where g is of degree two, for a Gaussian
of degree three, since its odd central moments vanish; with σ⁴/8 g⁗(m) added, for a number of degree five. Never:
guesses a law, or what is no polynomial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from gradwright.core.build import ONE, add, const, delta, divide, mul, power, rename, subtract, total
from gradwright.core.index import Index
from gradwright.core.node import Add, Const, Entry, Mul, Pow, Reduce, walk
from gradwright.core.node import Node as Body
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.latex.nodes import Function
from gradwright.read.syntax import Call, Name, Node
from gradwright.referee.meaning.chains import slope
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.names import LONE
from gradwright.referee.meaning.value import put

_TWO, _EIGHT, _TWELVE = const(2), const(8), const(12)
Moments = Callable[..., tuple[Body, Body]]


@dataclass(frozen=True, slots=True)
class LawRow:
    """The spellings of a law, how many parameters it has, and its mean and variance by them (Bishop, PRML, app. B)."""

    names: frozenset[str]
    parameters: int
    moments: Moments
    gaussian: bool = False


def _square(body: Body) -> Body:
    return power(body, _TWO)


LAWS: tuple[LawRow, ...] = (
    LawRow(frozenset({"N", "Normal", "Gaussian"}), 2, lambda m, v: (m, v), gaussian=True),
    LawRow(frozenset({"Bernoulli", "Bern", "Ber"}), 1, lambda p: (p, mul(p, subtract(ONE, p)))),
    LawRow(frozenset({"Poisson", "Poi", "Pois"}), 1, lambda rate: (rate, rate)),
    LawRow(frozenset({"Exp", "Exponential"}), 1, lambda r: (divide(ONE, r), divide(ONE, _square(r)))),
    LawRow(frozenset({"U", "Uniform", "Unif"}), 2,
           lambda a, b: (divide(add(a, b), _TWO), divide(_square(subtract(b, a)), _TWELVE))),
    LawRow(frozenset({"Bin", "Binomial"}), 2, lambda n, p: (mul(n, p), mul(n, p, subtract(ONE, p)))),
)  # fmt: skip


def law_of(tree: Node) -> tuple[LawRow, Sequence[Node]] | None:
    """The row of N(μ, σ²), and its parameters."""
    if isinstance(tree, Function):
        name = tree.name
    elif isinstance(tree, Call) and isinstance(tree.function, Name):
        name = tree.function.stem
    else:
        return None
    rows = (row for row in LAWS if name in row.names and row.parameters == len(tree.arguments))
    row = next(rows, None)
    return (row, tree.arguments) if row is not None else None


def mean_of(e: Document, value: Value, name: str, law: Node) -> Value | None:
    """The mean of a value in which ``name`` is drawn from a law; none where it is no polynomial in that."""
    found = law_of(law)
    spelled = {n.name: n.slots for n in walk(value.body) if isinstance(n, Entry) and n.name in (name, name + LONE)}
    if len(spelled) != 1:
        return None
    ((name, slots),) = spelled.items()
    axes = tuple(e.fresh(slot.dim) for slot in slots)
    degree = _degree(value.body, name)
    if found is None or degree is None or len(axes) > 1:
        return None
    row, parameters = found
    if degree > ((3 if axes else 5) if row.gaussian else 2) or (axes and not row.gaussian):
        return None
    told = [e.value(parameter) for parameter in parameters]
    if not axes:
        if any(one.axes for one in told):
            return None
        mean, variance = row.moments(*(one.body for one in told))
        return replace(value, body=_of_number(e, value.body, name, mean, variance))
    body = _of_vector(e, value.body, name, axes[0], told, law)
    return replace(value, body=body) if body is not None else None


def _of_number(e: Document, body: Body, name: str, mean: Body, variance: Body) -> Body:
    twice = slope(e, slope(e, body, name, ()), name, ())
    four = slope(e, slope(e, twice, name, ()), name, ())
    at = {name: Value("scalar", (), mean)}
    second = divide(mul(put(twice, at), variance), _TWO)
    return add(put(body, at), second, divide(mul(put(four, at), _square(variance)), _EIGHT))


def _of_vector(e: Document, body: Body, name: str, axis: Index, told: Sequence[Value], law: Node) -> Body | None:
    """g(m) + ½ Σ ∂ᵢ∂ⱼg(m) Sᵢⱼ; a number for m is one for every entry, and for S a multiple of I."""
    first, second = e.fresh(axis.dim), e.fresh(axis.dim)
    mean, variance = told
    if len(mean.axes) > 1 or len(variance.axes) not in (0, 2):
        return None
    for one in (*mean.axes, *variance.axes):
        e.unify(one.dim, axis.dim, law)
    at = {name: Value("column", mean.axes or (axis,), mean.body)}
    ends = dict(zip(variance.axes, (first, second), strict=False))
    spread = rename(variance.body, ends) if ends else mul(variance.body, delta(first, second))
    twice = slope(e, slope(e, body, name, (first,)), name, (second,))
    return add(put(body, at), divide(total([first, second], mul(put(twice, at), spread)), _TWO))


def _degree(body: Body, name: str) -> int | None:
    """The degree of a polynomial in the entries of a symbol; none where it is none."""
    if isinstance(body, Entry):
        return int(body.name == name)
    if name not in body.names:
        return 0
    if isinstance(body, Add | Mul):
        every = [_degree(child, name) for child in body.children]
        known = [one for one in every if one is not None]
        whole = len(known) == len(every)
        return (max(known) if isinstance(body, Add) else sum(known)) if whole else None
    if isinstance(body, Pow) and isinstance(body.exponent, Const):
        inner, exponent = _degree(body.base, name), Fraction(body.exponent.value)
        whole = exponent.denominator == 1 and exponent >= 0
        return inner * int(exponent) if inner is not None and whole else None
    return _degree(body.body, name) if isinstance(body, Reduce) and body.op == "sum" else None
