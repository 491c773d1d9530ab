"""Values of arrays in NumPy. Owns: evaluating an expression at given arrays. Never: decides whether it is right.

Every node becomes an array over its free indices, once; a Σ over a product is an ``einsum`` over its factors.
Normalised exponentials and log Σ exp are shifted by their maximum, so that large entries do not overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from math import prod
from typing import Any, SupportsFloat

import numpy as np

from gradwright.certify.layout import Axes, dimensions, reach, symbols_in
from gradwright.certify.ties import gap
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import AT, Dim, Extent, Index, alone_in, names_of, valued
from gradwright.core.node import (
    Add,
    Apply,
    Array,
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
    factors_in,
)
from gradwright.tables.scalars import FUNCTIONS

Numbers = np.ndarray[Any, Any]

_MOST_LABELS = 52  # what einsum takes


def evaluate(array: Array, context: Context, values: Mapping[str, Any]) -> Numbers:
    """The array at ``values``: an array per symbol, and a number per dimension that no array's shape tells."""
    given = {name: _numbers(name, value) for name, value in values.items()}
    nodes = list(reach([array.body], context))
    sizes = _checked_sizes(array, nodes, context, given)
    evaluator, left_out = _Evaluator(context, given, sizes), _contracted(nodes, array.body)
    lost: set[str] = set()
    with np.errstate(all="call", under="ignore", call=lambda what, _: lost.add(what)):
        for node in nodes:
            if node not in left_out:
                evaluator.fill(node)
        value = evaluator.laid_out(array.body, array.axes)
    if lost or evaluator.singular:
        value = _mended(value, array, evaluator)
    return value.reshape([prod(map(evaluator.extent, part)) for part in array.parts])


def _mended(value: Numbers, array: Array, evaluator: _Evaluator) -> Numbers:
    """The value with what overflowed, or met a singular matrix, on the way to it by arithmetic without these limits."""
    from gradwright.certify.precise import values

    flat = {name: list(map(float, given.flat)) for name, given in evaluator.given.items()}
    nearby = bool(evaluator.singular)
    found = values(array, evaluator.context, flat, evaluator.sizes, nearby=nearby)
    if found is not None:
        better = np.asarray(found, float).reshape(value.shape)
        value = np.where(np.isfinite(better), better, value)
    if nearby and not np.isfinite(value).all():
        raise Error(f"the result has no value here: {' and '.join(evaluator.singular)}")
    return value


def _numbers(name: str, value: Any) -> Numbers:
    refusal = Error(f"the value of {name} is not an array of real numbers")
    try:
        given = np.asarray(value)
    except ValueError:  # rows of unequal lengths
        raise refusal from None
    exact = given.dtype == object and all(isinstance(entry, SupportsFloat) for entry in given.flat)
    if not (exact or np.can_cast(given.dtype, float, "same_kind")):
        raise refusal
    return given.astype(float, copy=False)


def _contracted(nodes: Sequence[Node], root: Node) -> set[Node]:
    """Products that only stand under a Σ, which needs their factors and never the product's own array."""
    sums = {n for n in nodes if isinstance(n, Reduce) and n.op == "sum" and isinstance(n.body, Mul)}
    needed = {child for n in nodes if n not in sums for child in n.children} | {root}
    return {n.body for n in sums} - needed


def _checked_sizes(
    array: Array, nodes: Sequence[Node], context: Context, given: Mapping[str, Numbers]
) -> dict[str, int]:
    """The extent of every dimension, after a look at every argument."""
    needed = symbols_in(nodes, context)
    dims = {*dimensions(nodes, context), *names_of(*array.shape)}
    known = {**context.symbols, **needed}
    every = dims.union(*(names_of(*shape) for shape in known.values()))
    missing = [name for name in needed if name not in given]
    if missing:
        raise Error(f"no value for {', '.join(missing)}", hint=f"the result needs {', '.join(needed)}")
    for name in given:
        if name in context.definitions:
            raise Error(f"{name} is defined by the formula", hint="give the symbols it is made of")
        if name not in known and name not in every:
            raise Error(f"there is no symbol {name}", hint=f"the symbols are {', '.join(known) or 'none'}")
    sizes = _sizes(known, given)
    unknown = [dim for dim in sorted(dims) if dim not in sizes]
    if unknown:
        raise Error(f"the size of {', '.join(unknown)} is not known", hint=f"give it by name: {unknown[0]}=3")
    return sizes


def _sizes(known: Mapping[str, Sequence[Dim]], given: Mapping[str, Numbers]) -> dict[str, int]:
    sizes = {name: int(value) for name, value in given.items() if name not in known and value.ndim == 0}
    owner = {dim: dim for dim in sizes}
    axes: list[tuple[Dim, int, str]] = []
    for name, shape in known.items():
        if name not in given:
            continue
        got = given[name].shape
        if len(got) != len(shape):
            raise Error(f"{name} has {_axes_said(len(shape))}, and an array of {len(got)} was given")
        axes += [(dim, extent, name) for dim, extent in zip(shape, got, strict=True)]
    for dim, extent, name in sorted(axes, key=lambda axis: isinstance(axis[0], Extent)):
        open_name = alone_in(dim, sizes)
        if open_name is not None:
            sizes[open_name.name] = open_name.of(extent, sizes)
            owner[open_name.name] = name
        if names_of(dim) <= sizes.keys() and valued(dim, sizes) != extent:
            owners = ", ".join(dict.fromkeys(owner[n] for n in sorted(names_of(dim)) if open_name is None))
            said = f"{dim} = {valued(dim, sizes)} by {owners}" if owners else f"{dim}"
            got = given[name].shape
            raise Error(f"{name} has shape {got}: an axis of extent {extent} stands where {said} is expected")
    return sizes


def _axes_said(rank: int) -> str:
    return ("no axes (it is a scalar)", "1 axis", "2 axes")[rank] if rank < 3 else f"{rank} axes"


class _Evaluator:
    """Arrays by node. Axes of length one stand where an index is fixed or absent."""

    def __init__(self, context: Context, given: Mapping[str, Numbers], sizes: Mapping[str, int]) -> None:
        self.context, self.given, self.sizes = context, given, sizes
        self.values: dict[Node, Numbers] = {}
        self.singular: dict[str, None] = {}

    def fill(self, node: Node) -> None:
        self.values[node] = _KINDS[type(node)](self, node)

    def axes(self, node: Node) -> Axes:
        return tuple(sorted(node.free, key=lambda index: (index.digest, repr(index))))

    def extent(self, index: Index) -> int:
        return valued(index.dim, self.sizes)

    def over(self, node: Node, axes: Axes) -> Numbers:
        """The node's array with an axis for each of ``axes``, of length one where the node does not depend on it."""
        return self.spread(self.values[node], self.axes(node), axes)

    def spread(self, value: Numbers, own: Axes, axes: Axes) -> Numbers:
        order = [own.index(index) for index in axes if index in own]
        shape = [value.shape[own.index(index)] if index in own else 1 for index in axes]
        return value.transpose(order).reshape(shape)

    def laid_out(self, node: Node, axes: Axes) -> Numbers:
        shape = [self.extent(index) for index in axes]
        return np.array(np.broadcast_to(self.over(node, axes), shape), dtype=float)

    def pick(self, value: Numbers, slots: Axes, axes: Axes) -> Numbers:
        """An array over ``slots`` (fixed or repeated among them) as one over ``axes``."""
        fixed = tuple(int(s.name) if s.kind == AT else slice(None) for s in slots)
        labels = [s for s in slots if s.kind != AT]
        taken = value[fixed]
        if labels == list(axes):
            return taken
        places = {index: k for k, index in enumerate(axes)}
        return np.asarray(np.einsum(taken, [places[index] for index in labels], [*range(len(axes))]))

    # --- kinds ---

    def const(self, node: Const) -> Numbers:
        return np.asarray(float(node.value))

    def size(self, node: Size) -> Numbers:
        return np.asarray(float(self.sizes[node.dim]))

    def ordinal(self, node: Ordinal) -> Numbers:
        return np.arange(float(self.extent(node.index)))

    def delta(self, node: Delta) -> Numbers:
        free = [index for index in (node.left, node.right) if index.kind != AT]
        eye = np.eye(self.extent(free[0]))
        return self.pick(eye, (node.left, node.right), self.axes(node))

    def entry(self, node: Entry) -> Numbers:
        definition = self.context.definitions.get(node.name)
        if definition is None:
            value = self.given[node.name]
            if node.name in self.context.inner:  # an axis is taken for several indices
                value = value.reshape([self.extent(index) for index in node.slots])
            return self.pick(value, node.slots, self.axes(node))
        return self.pick(self.laid_out(definition.body, definition.axes), node.slots, self.axes(node))

    def add(self, node: Add) -> Numbers:
        axes, found = self.axes(node), gap(node)
        if found is not None:  # exactly 0 at the extremum: both from one array
            sign, extremum, at = found
            own = self.axes(extremum.body)
            entries = np.broadcast_to(self.values[extremum.body], [self.extent(index) for index in own])
            entry = self.pick(entries, tuple(at.get(index, index) for index in own), axes)
            return np.asarray(sign * (self.over(extremum, axes) - entry))
        total = self.over(node.terms[0], axes)
        for term in node.terms[1:]:
            total = total + self.over(term, axes)
        return total

    def mul(self, node: Mul) -> Numbers:
        axes = self.axes(node)
        total = np.ones(())
        for value, own in self.factors(node):
            total = total * self.spread(value, own, axes)
        return total

    def factors(self, node: Node) -> list[tuple[Numbers, Axes]]:
        """The factors of a product; exponentials over sums of exponentials come as one, exp(f − log Σ exp)."""
        factors = factors_in(node)
        tops = [f for f in factors if isinstance(f, Apply) and f.fn == "exp"]
        bottoms = [(f, float(f.exponent.value)) for f in factors if isinstance(f, Pow) and isinstance(f.exponent, Const)
                   and _is_sum_of_exp(f.base)]  # fmt: skip
        together = (*tops, *(f for f, _ in bottoms)) if tops and bottoms else ()
        result = [(self.values[f], self.axes(f)) for f in factors if f not in together]
        if together:
            axes = tuple(dict.fromkeys(index for f in together for index in self.axes(f)))
            exponent = np.zeros(())
            for top in tops:
                exponent = exponent + self.over(top.args[0], axes)
            for bottom, times in bottoms:
                exponent = exponent + times * self.spread(self.log_sum_exp(bottom.base), self.axes(bottom), axes)
            result.append((np.exp(exponent), axes))
        return result

    def log_sum_exp(self, node: Node) -> Numbers:
        """log of a Σ of exponentials, shifted by the largest exponent."""
        assert isinstance(node, Reduce)
        argument = node.body.children[0]
        axes = (*self.axes(node), *node.bound)
        shape = [self.extent(index) for index in axes]
        flat = np.broadcast_to(self.over(argument, axes), shape).reshape([*shape[: len(self.axes(node))], -1])
        largest = flat.max(axis=-1, keepdims=True)
        shifted: Numbers = np.log(np.exp(flat - largest).sum(axis=-1)) + largest[..., 0]
        return shifted

    def power(self, node: Pow) -> Numbers:
        axes, exponent = self.axes(node), node.exponent
        base = self.over(node.base, axes)
        if isinstance(exponent, Const):
            special = {-1.0: np.reciprocal, 0.5: np.sqrt, 2.0: np.square}.get(float(exponent.value))
            return np.asarray(special(base) if special else np.power(base, float(exponent.value)))
        return np.asarray(np.power(base, self.over(exponent, axes)))

    def apply(self, node: Apply) -> Numbers:
        if node.fn == "log" and _is_sum_of_exp(node.args[0]):
            return self.log_sum_exp(node.args[0])
        axes = self.axes(node)
        return np.asarray(_compiled(node.fn)(*(self.over(arg, axes) for arg in node.args)))

    def reduce(self, node: Reduce) -> Numbers:
        axes = self.axes(node)
        if node.op == "sum":
            return self._einsum(self.factors(node.body), node.bound, axes)
        every = (*axes, *node.bound)
        value = np.broadcast_to(self.over(node.body, every), [self.extent(index) for index in every])
        fold: Callable[..., Any] = _FOLDS[node.op]
        return np.asarray(fold(value, axis=tuple(range(len(axes), len(every)))))

    def _einsum(self, factors: list[tuple[Numbers, Axes]], bound: Axes, axes: Axes) -> Numbers:
        used = dict.fromkeys((*axes, *(index for _, own in factors for index in own)))
        if len(used) > _MOST_LABELS:
            raise Error(f"a product over {len(used)} indices at once cannot be evaluated")
        labels = {index: k for k, index in enumerate(used)}
        operands: list[Any] = []
        for value, own in factors:
            operands += [value, [labels[index] for index in own]]
        idle = np.prod([self.extent(index) for index in bound if index not in used])
        return np.asarray(np.einsum(*operands, [labels[i] for i in axes], optimize=len(factors) > 1) * idle)

    def matfn(self, node: MatFn) -> Numbers:
        if node.fn == "^":
            return self.matrix_power(node)
        function = _MATRIX.get(node.fn)
        if function is not None and node.order == 1:
            function = _frechet(function)
        if function is None or node.order > 1:
            raise Error(f"{node.fn} is not known as a function, so it cannot be evaluated")
        outer = tuple(sorted(node.body.free - frozenset(node.bound), key=lambda index: (index.digest, repr(index))))
        every = (*outer, *node.bound)
        argument = np.broadcast_to(self.over(node.body, every), [self.extent(index) for index in every])
        return self.pick(self.each(node, function, argument), (*outer, *node.slots), self.axes(node))

    def each(self, node: MatFn, function: Callable[[Numbers], Numbers], argument: Numbers) -> Numbers:
        """The function of each matrix of a stack; NaN, and a word on it, where one has none."""
        try:
            return function(argument)
        except np.linalg.LinAlgError:
            named = node.body.name if isinstance(node.body, Entry) else "its argument"
            self.singular[f"{node.fn} does not exist, for {named} is {_LACKS.get(node.fn, 'singular')}"] = None
        outer = len(argument.shape) - len(node.bound)
        whole = function(np.broadcast_to(np.eye(*argument.shape[outer:]), argument.shape))
        return np.full(whole.shape, np.nan)

    def matrix_power(self, node: MatFn) -> Numbers:
        exponent = node.given[0]
        outer = tuple(
            sorted((node.body.free - frozenset(node.bound)) | exponent.free, key=lambda i: (i.digest, repr(i)))
        )
        shape = [self.extent(index) for index in outer]
        every = (*outer, *node.bound)
        bases = np.broadcast_to(self.over(node.body, every), [self.extent(index) for index in every])
        times = np.broadcast_to(self.over(exponent, outer), shape)
        value = np.empty(bases.shape)
        for place in np.ndindex(*shape):
            raised = partial(np.linalg.matrix_power, n=int(times[place]))
            value[place] = self.each(node, raised, bases[place])
        return self.pick(value, (*outer, *node.slots), self.axes(node))

    def where(self, node: Where) -> Numbers:
        axes = self.axes(node)
        left, right, then, other = (self.over(child, axes) for child in node.children)
        holds = {"<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal}[node.op](left, right)
        return np.asarray(np.where(holds, then, other))

    def deriv(self, node: Deriv) -> Numbers:
        raise Error(f"an unevaluated derivative in {node.name} cannot be evaluated")


_FOLDS: dict[str, Callable[..., Any]] = {"prod": np.prod, "max": np.max, "min": np.min}
_KINDS: dict[type[Node], Callable[[_Evaluator, Any], Numbers]] = {
    Const: _Evaluator.const,
    Size: _Evaluator.size,
    Ordinal: _Evaluator.ordinal,
    Entry: _Evaluator.entry,
    Delta: _Evaluator.delta,
    Add: _Evaluator.add,
    Mul: _Evaluator.mul,
    Pow: _Evaluator.power,
    Apply: _Evaluator.apply,
    Reduce: _Evaluator.reduce,
    MatFn: _Evaluator.matfn,
    Where: _Evaluator.where,
    Deriv: _Evaluator.deriv,
}


def _is_sum_of_exp(node: Node) -> bool:
    body = node.body if isinstance(node, Reduce) and node.op == "sum" else None
    return isinstance(body, Apply) and body.fn == "exp"


def _log_det(matrix: Numbers) -> Numbers:
    sign, log = np.linalg.slogdet(matrix)
    return np.where(sign > 0, log, np.nan)


def _adjugate(matrix: Numbers) -> Numbers:
    """Entry (i, j) is the cofactor of (j, i)."""
    n = matrix.shape[-1]
    result = np.empty_like(matrix)
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(matrix, j, axis=-2), i, axis=-1)
            result[..., i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return result


def _power_series(fn: str) -> Callable[[Numbers], Numbers]:
    def value(matrix: Numbers) -> Numbers:
        try:
            from scipy import linalg
        except ImportError:
            raise Error(f"{fn} needs SciPy on NumPy arrays", hint="pip install scipy") from None
        flat = matrix.reshape(-1, *matrix.shape[-2:])
        return np.stack([getattr(linalg, fn)(one) for one in flat]).reshape(matrix.shape)

    return value


def _cholesky(matrix: Numbers) -> Numbers:
    return np.linalg.cholesky((matrix + np.swapaxes(matrix, -1, -2)) / 2)


def _frechet(function: Callable[[Numbers], Numbers]) -> Callable[[Numbers], Numbers]:
    """The derivatives of a power series of a matrix: its value at [[A, E], [0, A]] holds that along E at its corner."""

    def value(matrix: Numbers) -> Numbers:
        n = matrix.shape[-1]
        wide = np.zeros((*matrix.shape[:-2], n, n, 2 * n, 2 * n))
        wide[..., :n, :n] = wide[..., n:, n:] = matrix[..., None, None, :, :]
        for a, b in np.ndindex(n, n):
            wide[..., a, b, a, n + b] = 1
        return np.moveaxis(function(wide)[..., :n, n:], (-2, -1), (-4, -3))

    return value


def _levi_civita(nothing: Numbers) -> Numbers:
    i, j, k = np.indices((3, 3, 3))
    return np.asarray((j - i) * (k - i) * (k - j) / 2)


_LACKS = {"chol": "not positive definite"}
_MATRIX: dict[str, Callable[[Numbers], Numbers]] = {
    "inv": np.linalg.inv, "det": np.linalg.det, "logdet": _log_det, "pinv": np.linalg.pinv, "adj": _adjugate,
    "levicivita": _levi_civita,
    "chol": _cholesky,
    **{fn: _power_series(fn) for fn in ("expm", "sinm", "cosm")},
}  # fmt: skip


@cache
def _compiled(fn: str) -> Callable[..., Numbers]:
    """A row's NumPy spelling as a function."""
    spelling = FUNCTIONS[fn].numpy
    special = _special(fn) if "special." in spelling else None
    function: Callable[..., Numbers] = eval(
        f"lambda a=None, b=None: {spelling}", {"np": np, "special": special, "__builtins__": {}}
    )
    return function


def _special(fn: str) -> Any:
    try:
        from scipy import special
    except ImportError:
        raise Error(f"{fn} needs SciPy on NumPy arrays", hint="pip install scipy") from None
    return special
