"""From a derivation to code. Owns: which formulas are wanted, choosing the target, loading what was printed.

Never: executes anything the user typed: the text that is loaded is printed from our own tree with our own names.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradwright.core.build import entry, mul, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.node import Array, Node
from gradwright.emit.gradient import gradient
from gradwright.emit.labels import as_labels
from gradwright.emit.module import Request
from gradwright.emit.plan import Plan, plan
from gradwright.emit.stable import inlined, stabilised
from gradwright.simplify import Used, collapse

if TYPE_CHECKING:
    from gradwright.api import Derivation

TARGETS = {"numpy": "numpy", "jax": "jax", "torch": "torch", "native": "numba"}
OUTPUTS = ("value", "gradient", "hessian", "hvp")


def emit(
    derivation: Derivation,
    target: str = "numpy",
    with_: Sequence[str] = ("value", "gradient"),
    labels: Sequence[str] = (),
    extents: Mapping[str, int] | None = None,
) -> str:
    """The source of a module that stands alone."""
    if target not in TARGETS:
        raise Error(f"there is no target {target!r}", hint="one of " + ", ".join(TARGETS))
    made, request = planned(derivation, with_, labels, extents)
    module = importlib.import_module(f"gradwright.emit.{target}_target")
    text: str = module.source(made, request)
    return text


def planned(
    derivation: Derivation,
    with_: Sequence[str],
    labels: Sequence[str] = (),
    extents: Mapping[str, int] | None = None,
) -> tuple[Plan, Request]:
    """The plan of everything asked for, and what the module's docstring says."""
    wanted = tuple(dict.fromkeys(with_))
    for output in wanted:
        if output not in OUTPUTS:
            raise Error(f"there is no output {output!r}", hint="of " + ", ".join(OUTPUTS))
    if not wanted:
        raise Error("nothing to emit", hint="of " + ", ".join(OUTPUTS))
    context, goal, wrt = derivation.context, derivation.goal, derivation.wrt[0]
    if goal.groups:
        raise Error("no code is written for a formula with an axis of several indices", hint="leave out vec, or kron")
    if len(set(derivation.wrt)) > 1:
        raise Error("code is written for derivatives in one variable", hint="derive in one variable first")
    ready = _Formulas(goal, context, wrt, derivation)
    arrays = {output: getattr(ready, output)() for output in wanted}
    inner = ready.context
    for name in labels:
        arrays, inner = as_labels(arrays, inner, name)
    made = plan(arrays, inner, extents)
    result = (
        {"gradient": str(derivation.result).replace("\n", " ")}
        if derivation.order == 1 and "gradient" in wanted
        else {}
    )
    given = tuple(f"{g.fact}({g.symbol})" for g in context.facts.given)
    return made, Request(context.source, wrt, wanted, result, given, tuple(labels))


class _Formulas:
    """What each output is, as an array over the user's symbols."""

    def __init__(self, goal: Array, context: Context, wrt: str, derivation: Derivation) -> None:
        self.goal, self.context, self.wrt, self.derivation = goal, context, wrt, derivation
        self.body = stabilised(_without_deltas(goal, context), context)

    def value(self) -> Array:
        return Array(self.goal.axes, self.body)

    def gradient(self) -> Array:
        if not self.goal.axes:
            return gradient(self.body, self.context, self.wrt)
        if self.derivation.order != 1:
            raise Error("derive with order=1 for the code of a Jacobian")
        array = self.derivation.result.array
        return Array(array.axes, stabilised(_without_deltas(array, self.context), self.context))

    def _scalar(self, what: str) -> None:
        if self.goal.axes:
            raise Error(f"a {what} is of a scalar, and this formula has {len(self.goal.axes)} axes")

    def hessian(self) -> Array:
        self._scalar("Hessian")
        from gradwright.api import derive

        context = self.context
        if self.derivation.order == 2:
            array = self.derivation.result.array
        else:
            given = [f"{g.fact}({g.symbol})" for g in context.facts.given]
            again = derive(context.source, self.wrt, given=given, shapes=context.symbols, order=2, certify=False)
            array, context = again.result.array, again.context
        return Array(array.axes, stabilised(_without_deltas(array, context), context))

    def hvp(self) -> Array:
        self._scalar("Hessian")
        from dataclasses import replace

        first = gradient(self.body, self.context, self.wrt)
        name = "v" if "v" not in self.context.symbols else "direction"
        symbols = {**self.context.symbols, name: self.context.symbols[self.wrt]}
        self.context = replace(self.context, symbols=symbols)
        along = total(first.axes, mul(first.body, entry(name, *first.axes)))
        along = stabilised(along, self.context)
        return gradient(along, self.context, self.wrt)


def _without_deltas(array: Array, context: Context) -> Node:
    """Definitions written out, and sums over a δ taken, so that no diagonal matrix is ever built for a sum."""
    return collapse(inlined(array.body, context), Used(), {}, array.axes)


def load(text: str, name: str = "gradwright_emitted") -> types.ModuleType:
    """The emitted module, ready to call."""
    module = types.ModuleType(name)
    module.__dict__["__source__"] = text
    sys.modules[name] = module
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module


def compiled(
    derivation: Derivation,
    target: str = "numpy",
    with_: Sequence[str] = ("value", "gradient"),
    labels: Sequence[str] = (),
    extents: Mapping[str, int] | None = None,
) -> Callable[..., Any]:
    """The emitted function itself; its text is ``function.__module_source__``."""
    needs = TARGETS.get(target)
    if needs and importlib.util.find_spec(needs) is None:
        raise Error(f"the target {target} needs {needs}, which is not installed", hint=f"pip install {needs}")
    text = emit(derivation, target, with_, labels, extents)
    module = load(text, f"gradwright_emitted_{target}_{abs(hash(text)):x}")
    function: Callable[..., Any] = module.__dict__["_and_".join(dict.fromkeys(with_))]
    return function


__all__ = ["OUTPUTS", "TARGETS", "compiled", "emit", "load", "planned"]
