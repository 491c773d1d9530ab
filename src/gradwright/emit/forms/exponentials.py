"""Softmax, its logarithm and log Σ exp over arrays. Owns: how each is computed without overflow. Never: finds them.

With one shared maximum m: log Σ exp f = m + log s, softmax f = exp(f − m)/s, log softmax f = f − m − log s, where s is
Σ exp(f − m); where m is infinite, log Σ exp f is m. Where the target has kernels, softmax and log-softmax are each one
array, and what else is wanted comes from the softmax p: its largest entry is 1/s ≥ 1/k, so log Σ exp f = m − log max p.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    apply,
    const,
    matfn,
    mul,
    negate,
    power,
    rename,
    split_coefficient,
    subtract,
)
from gradwright.core.build import reduce as fold
from gradwright.core.index import Index
from gradwright.core.node import Add, Apply, Entry, MatFn, Mul, Node, terms_in, walk
from gradwright.core.walk import descend, run
from gradwright.emit.forms.canon import Named, canonical
from gradwright.emit.forms.labels import TAKE, normalised_at_label
from gradwright.emit.forms.stable import _assignments, log_sum_exp, normalised

SOFTMAX, LOG_SOFTMAX, FINITE = "softmax", "log_softmax", "finite"
KERNELS = frozenset((SOFTMAX, LOG_SOFTMAX))
_POWERS = (1, 2, 3)
"""Powers of a softmax that are products; others are exponentials of its logarithm."""
Wanted = dict[Node, set[str]]


class Exponentials:
    """Rewrites formulas; ``arrays`` holds those that keep a name of their own because their terms must not mix.

    ``kernels`` says for each log Σ exp what is wanted of it, as a first reading of the same formulas found; None where
    the target has no kernels.
    """

    def __init__(self, formulas: Sequence[Node] = (), kernels: Mapping[Node, set[str]] | None = None) -> None:
        self._named = Named("~shifted")
        self.arrays = self._named.arrays
        self.wanted: Wanted = {}
        self._kernels = kernels
        self._weighed = {canonical(lse)[0].body for formula in formulas for n in walk(formula) for lse in _weighed(n)}
        self._multiplied = {canonical(n)[0].body for formula in formulas for n in _multiplied(formula)}
        self._memo: dict[Node, Node] = {}

    def __call__(self, node: Node) -> Node:
        """The formula with every softmax, log-softmax and log Σ exp over arrays that are safe to compute."""

        def visit(current: Node) -> Generator[Node, Node, Node]:
            if isinstance(current, Apply) and current.fn == "exp":
                found = normalised(current.args[0])
                if found is not None and found.rest is ZERO and found.times in _POWERS:
                    softmax = yield from self._softmax(found.top, found.lse)
                    return power(softmax, const(found.times))
            found = normalised(current)
            if found is not None:
                log = yield from self._log_softmax(found.top, found.lse)
                return add(mul(const(found.times), log), ZERO if found.rest is ZERO else (yield found.rest))
            read = normalised_at_label(current)
            if read is not None:
                top, lse, rest = read
                log = yield from self._at_label(top, lse)
                return add(log, ZERO if rest is ZERO else (yield rest))
            if log_sum_exp(current) is not None:
                largest, more = yield from self._log_sum(current)
                return add(largest, apply("settled", largest, more))
            return (yield from descend(current, atoms=True))

        return run(visit, node, self._memo)

    # --- each of them ---

    def _softmax(self, top: Node, lse: Node) -> Generator[Node, Node, Node]:
        if self._wants(lse, SOFTMAX):
            return (yield from self._kernel(SOFTMAX, top, lse))
        z, total, _ = yield from self._parts(top, lse)
        return mul(apply("exp", z), power(total, negate(ONE)))

    def _log_softmax(self, top: Node | None, lse: Node) -> Generator[Node, Node, Node]:
        wanted = self._wants(lse, LOG_SOFTMAX)
        if wanted and self._from_softmax(lse):
            indices, exponent = _opened(lse)
            _, more = yield from self._log_sum(lse)
            inner = yield exponent
            inner = inner if isinstance(inner, Entry) else self._named(inner)  # read three times: an array
            here = self._named(subtract(inner, fold("max", indices, inner)))
            return add(_moved(here, exponent, top, indices), negate(more))
        if wanted:
            return (yield from self._kernel(LOG_SOFTMAX, top, lse))
        z, total, _ = yield from self._parts(top, lse)
        return add(z, negate(apply("log", total)))

    def _at_label(self, top: Node, lse: Node) -> Generator[Node, Node, Node]:
        """A log-softmax read at a label: from the whole where that is there, else from the label's own exponent."""
        label = next((n for n in walk(top) if isinstance(n, MatFn) and n.fn.startswith(TAKE)), None)
        (k, *others), _ = log_sum_exp(lse) or ((None,), ZERO)
        if label is not None and k is not None and not others and self._reads_whole(lse):
            whole = yield from self._log_softmax(None, lse)
            return matfn(label.fn, 0, label.slots, [k], whole)
        largest, more = yield from self._log_sum(lse)
        return add(self._named(subtract((yield top), largest)), negate(more))

    def _log_sum(self, lse: Node) -> Generator[Node, Node, tuple[Node, Node]]:
        """The maximum, and what log Σ exp is more than that."""
        if self._has(lse, SOFTMAX):
            indices, exponent = _opened(lse)
            softmax = yield from self._kernel(SOFTMAX, None, lse)
            inner = yield exponent
            return fold("max", indices, inner), negate(apply("log", fold("max", indices, softmax)))
        _, total, largest = yield from self._parts(None, lse)
        return largest, apply("log", total)

    def _parts(self, top: Node | None, lse: Node) -> Generator[Node, Node, tuple[Node, Node, Node]]:
        """f − m at f's own indices or at those of ``top``, Σ exp(f − m), and m."""
        indices, exponent = _opened(lse)
        inner = yield exponent
        largest = fold("max", indices, inner)
        here = self._named(self._floored(lse, subtract(inner, largest)))
        total = fold("sum", indices, apply("exp", here))
        return _moved(here, exponent, top, indices), total, largest

    # --- kernels ---

    def _kernel(self, fn: str, top: Node | None, lse: Node) -> Generator[Node, Node, Node]:
        """A function of whole rows, at f's own index or at that of ``top``."""
        (k,), exponent = _opened(lse)
        here = self._named(matfn(fn, 0, [k], [k], (yield exponent)))
        if fn == LOG_SOFTMAX and top is not None:
            here = self._named(self._floored(lse, here))
        return _moved(here, exponent, top, (k,))

    def _wants(self, lse: Node, what: str) -> bool:
        """Whether a kernel does it; noted either way."""
        if len(_opened(lse)[0]) != 1:
            return False
        self.wanted.setdefault(canonical(lse)[0].body, set()).add(what)
        return self._kernels is not None

    def _has(self, lse: Node, what: str) -> bool:
        return self._kernels is not None and what in self._kernels.get(canonical(lse)[0].body, ())

    def _from_softmax(self, lse: Node) -> bool:
        """Whether a log-softmax that is only summed, or read, is made of the softmax, which is there anyway: two maxima
        and a difference cost less than exponentials."""
        here = self._has(lse, SOFTMAX) and self._has(lse, LOG_SOFTMAX)
        return here and canonical(lse)[0].body not in self._multiplied

    def _reads_whole(self, lse: Node) -> bool:
        if self._kernels is None or self._from_softmax(lse):
            return False
        return self._has(lse, LOG_SOFTMAX) or not self._has(lse, SOFTMAX)

    def _floored(self, lse: Node, log: Node) -> Node:
        """The logarithm of a probability, −inf kept off where it is weighed with what may be 0."""
        return apply(FINITE, log) if canonical(lse)[0].body in self._weighed else log


def _weighed(node: Node) -> list[Node]:
    """The log Σ exp of log-softmaxes that the node multiplies by what moves along them: 0 log 0 is 0."""
    found = []
    for factor in node.factors if isinstance(node, Mul) else ():
        others = frozenset[Index]().union(*(f.free for f in node.factors if f is not factor))  # type: ignore[attr-defined]
        over = normalised(factor)
        while over is not None:
            if (over.top.free - over.lse.free) & others:
                found.append(over.lse)
            over = normalised(over.rest)
    return found


def _multiplied(formula: Node) -> list[Node]:
    """Every log Σ exp taken away in a sum that is multiplied by what moves along the same rows."""
    found = []
    for product in walk(formula):
        for factor in product.factors if isinstance(product, Mul) else ():
            others = frozenset[Index]().union(*(f.free for f in product.factors if f is not factor))  # type: ignore[attr-defined]
            found += [n for n in _loose(factor) if log_sum_exp(n) is not None and (factor.free - n.free) & others]
    return found


def _loose(node: Node) -> list[Node]:
    """The terms of a sum and of numbers times sums in it, without their numbers."""
    inner = [split_coefficient(term)[1] for term in terms_in(node)]
    return [part for n in inner for part in (_loose(n) if isinstance(n, Add) else [n])]


def _opened(lse: Node) -> tuple[tuple[Index, ...], Node]:
    found = log_sum_exp(lse)
    assert found is not None
    return found


def _moved(here: Node, exponent: Node, top: Node | None, indices: tuple[Index, ...]) -> Node:
    """An array over f's own indices, at the indices at which ``top`` is f."""
    if top is None or exponent is top:
        return here
    for at in _assignments(indices, top):
        mapping = dict(zip(indices, at, strict=True))
        if rename(exponent, mapping) is top:
            return rename(here, mapping)
    raise AssertionError("a softmax that does not match its own sum")
