"""From a derivation to code. Owns: which formulas are wanted, choosing the target, loading what was printed.

Never: executes anything the user typed: the text that is loaded is printed from our own tree with our own names.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, update_wrapper
from typing import Any

from gradwright.core.build import entry, mul, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.core.node import Array, MatFn, Node, walk
from gradwright.core.record import dataclass
from gradwright.derivation import Derived, derived
from gradwright.emit.forms.batch import Batch, parsed
from gradwright.emit.forms.factor import factored
from gradwright.emit.forms.gradient import along, gradient
from gradwright.emit.forms.labels import as_labels
from gradwright.emit.forms.stable import inlined, stabilised
from gradwright.emit.plan.plan import plan
from gradwright.emit.plan.program import Program
from gradwright.emit.spell.bound import unbound
from gradwright.emit.spell.module import COTANGENT, KEPT, PLAIN, Request, Style
from gradwright.emit.toolchain import compiler
from gradwright.engine.simplify import Used, collapse


@dataclass(frozen=True)
class Needs:
    """What a target asks of the planner: softmax and log-softmax as arrays, for it has kernels; σ(u) and σ(−u) from
    one, for it chooses between numbers in no time; a backward pass, and whether that can be differentiated again."""

    kernels: bool = False
    opposites: bool = False
    backward: bool = False
    twice: bool = False


@dataclass(frozen=True)
class Target:
    """A row: a name, the module in ``targets`` that prints for it, the library that runs what is printed, its needs.

    ``bound`` says that what is printed is no Python, and that the module has a ``binding`` that is.
    """

    name: str
    module: str
    library: str
    needs: Needs
    bound: bool = False

    def source(self, plan: Program, request: Request) -> str:
        """The program as the text of a module. A target is read when it is first asked for: the others would take
        longer to load than a short formula to print."""
        module = importlib.import_module(f"gradwright.emit.targets.{self.module}")
        text: str = module.source(plan, request)
        return text if self.bound else self._sound(text)

    def python(self, plan: Program, request: Request) -> str:
        """The program as Python that runs here; native loops are C where there is a compiler."""
        if not self.bound and (self.name != "native" or compiler() is None):
            return self.source(plan, request)
        module = importlib.import_module(f"gradwright.emit.targets.{self.module}")
        return self._sound(module.binding(plan, request))

    @property
    def engine(self) -> str:
        """What computes here."""
        if self.name in ("c", "native") and (command := compiler()) is not None:
            return f"C, built by {' '.join(command)}"
        there = importlib.util.find_spec(self.library) is not None if self.library else False
        return self.library if there else "numpy"

    def _sound(self, text: str) -> str:
        early = unbound(text)
        if early:  # an error of ours, and not one of Python's where the module is used
            raise AssertionError(f"the {self.name} module reads a name before it is bound, {early[0]}")
        return text


TARGETS = {
    row.name: row
    for row in (
        Target("numpy", "numpy", "numpy", Needs()),
        Target("jax", "jax", "jax", Needs(opposites=True, backward=True)),
        Target("torch", "torch.target", "torch", Needs(kernels=True, backward=True, twice=True)),
        Target("native", "native.target", "numba", Needs(opposites=True)),
        Target("c", "c.target", "", Needs(opposites=True), bound=True),
    )
}
BARE = ("numpy", "jax", "torch")
OUTPUTS = ("value", "gradient", "hessian", "hvp", "pullback")
_SECOND = {"hessian": "a Hessian", "hvp": "a Hessian-vector product"}


def emit(
    derivation: Derived,
    target: str = "numpy",
    with_: Sequence[str] = ("value", "gradient"),
    labels: Sequence[str] = (),
    wrt: Sequence[str] = (),
    batch: str = "",
    style: Style = PLAIN,
) -> str:
    """The source of a module that stands alone."""
    row = _row(target)
    if style.module and target != "torch":
        raise Error(f"a layer is written for torch, and not for {target}")
    if style.bare and target not in BARE:
        raise Error(f"code for {target} has a frame", hint="bare code is written for " + ", ".join(BARE))
    if style.keep not in KEPT:
        raise Error(f"a backward pass cannot keep {style.keep!r}", hint="one of " + ", ".join(KEPT))
    program, request = planned(derivation, row.needs, with_, labels, wrt, batch)
    return row.source(program, replace(request, style=style))


def _row(target: str) -> Target:
    if target not in TARGETS:
        raise Error(f"there is no target {target!r}", hint="one of " + ", ".join(TARGETS))
    return TARGETS[target]


def planned(
    derivation: Derived,
    needs: Needs,
    with_: Sequence[str],
    labels: Sequence[str] = (),
    wrt: Sequence[str] = (),
    batch: str = "",
) -> tuple[Program, Request]:
    """The plan of everything asked for, and what the docstring says: once for whatever targets need the same."""
    key = needs, tuple(with_), tuple(labels), tuple(wrt), batch
    if key not in derivation.found:
        derivation.found[key] = _planned(derivation, *key)
    made: tuple[Program, Request] = derivation.found[key]
    return made


def _planned(
    derivation: Derived, needs: Needs, with_: Sequence[str], labels: Sequence[str], wrt: Sequence[str], batch: str
) -> tuple[Program, Request]:
    wanted = tuple(dict.fromkeys(with_))
    _refuse(derivation, wanted, needs)
    variables = _variables(derivation, wanted, wrt)
    ready = derivation.found.setdefault(variables, _Formulas(derivation, variables))
    context = derivation.context
    arrays = {name: array for output in wanted for name, array in ready.of(output).items()}
    axis = parsed(batch, context, variables)
    if axis and needs.twice and {"hessian", "hvp"} & set(wanted) and {"value", "gradient"} <= set(wanted):
        raise Error(
            "torch's value over a batch is differentiated once", hint="emit the hessian or hvp in a module of its own"
        )
    outer, moved, inner, asked = bool(derivation.goal.axes), axis, context, list[str]()
    if "hvp" in wanted:
        inner, asked = ready.with_direction, [ready.direction]
        moved = axis.with_symbol(ready.direction) if axis and ready.wrt in axis.names else axis
    if "pullback" in wanted:
        inner, asked = _with(inner, COTANGENT, ready.cotangent), [COTANGENT, *asked]
        moved = moved.with_symbol(COTANGENT) if moved else None
    made = _program(*_batched(arrays, inner, moved, variables, outer), labels, needs, asked)
    shown = not axis and derivation.order == 1 and "gradient" in wanted and variables == derivation.wrt
    result = {"gradient": str(derivation.answer).replace("\n", " ")} if shown else {}
    given = tuple(f"{g.fact}({g.symbol})" for g in context.facts.given)
    backward = _way_back(made, ready, axis, wanted, labels, needs)
    labels = [name for name in labels if name in made.inputs]  # another cancels in what is wanted
    last = {name: context.symbols[name][-1] for name in labels}
    classes = {name: dim if isinstance(dim, int) else str(dim) for name, dim in last.items()}
    return made, Request(context.source, variables, wanted, result, given, tuple(labels), backward, classes, axis)


def _way_back(
    made: Program, ready: _Formulas, axis: Batch | None, wanted: Collection[str], labels: Sequence[str], needs: Needs
) -> Program | None:
    """The value and the gradients times a cotangent; where a gradient is kept and scaled, what is ``made`` already."""
    if not needs.backward or "value" not in wanted or not {"gradient", "pullback"} & {*wanted}:
        return None
    if not (needs.twice or axis or ready.goal.axes) and {*wanted} == {"value", "gradient"}:
        return made
    both = {**ready.value, **ready.called("gradient", ready.pulled)}
    along = axis.with_symbol(COTANGENT) if axis else None
    return _program(*_batched(both, ready.with_cotangent, along, ready.variables, False), labels, needs)


def _refuse(derivation: Derived, wanted: Sequence[str], needs: Needs) -> None:
    """What no code is written for is an error."""
    for output in wanted:
        if output not in OUTPUTS:
            raise Error(f"there is no output {output!r}", hint="of " + ", ".join(OUTPUTS))
    if not wanted:
        raise Error("nothing to emit", hint="of " + ", ".join(OUTPUTS))
    if any(isinstance(node, MatFn) and node.given for node in walk(derivation.goal.body)):
        raise Error("no code is written for a matrix power with a symbol in its exponent", hint="use a number: X^3")
    if derivation.goal.groups or derivation.context.inner:
        raise Error("no code is written for a formula with an axis of several indices", hint="leave out vec, or kron")
    if COTANGENT in derivation.context.symbols and (needs.backward or "pullback" in wanted):
        raise Error(f"{COTANGENT} is what a backward pass is given", hint="call the symbol otherwise")


def _batched(
    arrays: dict[str, Array], context: Context, batch: Batch | None, variables: tuple[str, ...], jacobian: bool
) -> tuple[dict[str, Array], Context]:
    """The arrays over the batch: a derivative of a scalar in a variable that all samples share is summed over it.

    What facts say of a matrix they say of one sample's: it is used before the batch has its axis.
    """
    arrays = {key: Array(array.axes, factored(array.body, context)) for key, array in arrays.items()}
    if batch is None:
        return arrays, context
    shared = [v for v in variables if v not in batch.names]
    alone = ("gradient", "hessian", "hvp") if len(variables) == 1 and shared else ()
    summed = () if jacobian else (*alone, *(_called("gradient", v, variables) for v in shared))
    summed += tuple(_called("pullback", v, variables) for v in shared)
    return batch.arrays(arrays, context, summed), batch.context(context)


def _program(
    arrays: Mapping[str, Array],
    context: Context,
    labels: Sequence[str],
    needs: Needs,
    given: Collection[str] = (),
) -> Program:
    ready = dict(arrays)
    for name in labels:
        ready, context = as_labels(ready, context, name)
    return plan(ready, context, needs.kernels, needs.opposites, given, labels)


def _variables(derivation: Derived, wanted: Sequence[str], wrt: Sequence[str]) -> tuple[str, ...]:
    """What is differentiated in: the derivation's own variable, or those named, which share one pass."""
    context = derivation.context
    variables = tuple(dict.fromkeys(wrt or derivation.wrt))
    if len(set(derivation.wrt)) > 1:
        raise Error("code is written for derivatives in one variable", hint="derive in one variable first")
    for name in variables:
        if name not in context.symbols:
            raise Error(
                f"there is no variable {name} in the formula", hint="its symbols: " + ", ".join(context.symbols)
            )
    second = [output for output in wanted if output in ("hessian", "hvp")]
    if second and len(variables) > 1:
        raise Error(f"{_SECOND[second[0]]} is in one variable, and these are {', '.join(variables)}")
    return variables


def _called(output: str, name: str, variables: tuple[str, ...]) -> str:
    """What an output is called in one of the variables."""
    return output if len(variables) == 1 else f"{output}_{name}"


@dataclass(frozen=True)
class _Formulas:
    """What each output is, as an array over the user's symbols: worked out when it is first asked for."""

    derivation: Derived
    variables: tuple[str, ...]

    @property
    def goal(self) -> Array:
        return self.derivation.goal

    @property
    def context(self) -> Context:
        return self.derivation.context

    @property
    def wrt(self) -> str:
        return self.variables[0]

    def of(self, output: str) -> dict[str, Array]:
        """The arrays of an output, one in each variable where they are derivatives."""
        if output in ("gradient", "pullback"):
            return self.called(output, self.gradients if output == "gradient" else self.pulled)
        made: dict[str, Array] = getattr(self, output)
        return made

    def called(self, output: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """An output's arrays by their names."""
        return {_called(output, name, self.variables): arrays[name] for name in self.variables}

    @cached_property
    def body(self) -> Node:
        return stabilised(_without_deltas(self.goal, self.context), self.context, self.variables)

    @cached_property
    def value(self) -> dict[str, Array]:
        return {"value": Array(self.goal.axes, stabilised(self.body, self.context))}

    @cached_property
    def gradients(self) -> dict[str, Array]:
        if self.goal.axes:
            return {name: self._jacobian(name) for name in self.variables}
        return {name: gradient(self.body, self.context, name) for name in self.variables}

    def _jacobian(self, name: str) -> Array:
        """The derivative of an array in one of the variables: the one that was asked for, or one derived here."""
        found = self.derivation
        if found.wrt != (name,):
            found = derived(replace(found.question, wrt=(name,), along=""))
        return _settled(found.answer.array, found.context)

    @property
    def cotangent(self) -> tuple[Dim, ...]:
        """The shape of what a backward pass is given."""
        return tuple(i.dim for i in self.goal.axes)

    @property
    def with_cotangent(self) -> Context:
        return _with(self.context, COTANGENT, self.cotangent)

    @cached_property
    def pulled(self) -> dict[str, Array]:
        """The gradients of ⟨cotangent, goal⟩, for a backward pass."""
        if not self.goal.axes:
            return {name: Array(a.axes, mul(entry(COTANGENT), a.body)) for name, a in self.gradients.items()}
        context = self.with_cotangent
        along = total(self.goal.axes, mul(entry(COTANGENT, *self.goal.axes), self.body))
        along = stabilised(along, context, self.variables)
        return {name: gradient(along, context, name) for name in self.variables}

    @cached_property
    def hessian(self) -> dict[str, Array]:
        self._scalar()
        found = self.derivation
        if found.order != 2:
            found = derived(replace(found.question, wrt=(self.wrt, self.wrt), along=""))
        return {"hessian": _settled(found.answer.array, found.context)}

    @property
    def direction(self) -> str:
        """What the Hessian is multiplied by."""
        return "v" if "v" not in self.context.symbols else "direction"

    @property
    def with_direction(self) -> Context:
        return _with(self.context, self.direction, self.context.symbols[self.wrt])

    @cached_property
    def hvp(self) -> dict[str, Array]:
        self._scalar()
        (first,) = self.gradients.values()
        return {"hvp": along(first, self.with_direction, self.wrt, self.direction)}

    def _scalar(self) -> None:
        if self.goal.axes:
            raise Error(f"a Hessian is of a scalar, and this formula has {len(self.goal.axes)} axes")


def _with(context: Context, name: str, shape: tuple[Dim, ...]) -> Context:
    """The context with one more symbol."""
    return replace(context, symbols={**context.symbols, name: shape})


def _settled(array: Array, context: Context) -> Array:
    return Array(array.axes, stabilised(_without_deltas(array, context), context))


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


class Compiled:
    """A function of an emitted module. Pickled as the module's text: another process has no module of this name.

    ``engine`` says what computes: C and its compiler, Numba, or the target's library.
    """

    def __init__(self, text: str, target: str, name: str, engine: str) -> None:
        self._made = text, target, name, engine
        self.engine = engine
        module = load(text, f"gradwright_emitted_{target}_{hashlib.sha256(text.encode()).hexdigest()[:16]}")
        self._function: Callable[..., Any] = module.__dict__[name]
        update_wrapper(self, self._function)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the function gives."""
        return self._function(*given, **named)

    def __repr__(self) -> str:
        _, target, name, engine = self._made
        given = ", ".join(inspect.signature(self._function).parameters)
        return f"<gradwright {name}({given}) for {target}, computed by {engine}>"

    def __reduce__(self) -> tuple[type[Compiled], tuple[str, str, str, str]]:
        return Compiled, self._made


def compiled(
    derivation: Derived,
    target: str = "numpy",
    with_: Sequence[str] = ("value", "gradient"),
    labels: Sequence[str] = (),
    wrt: Sequence[str] = (),
    batch: str = "",
) -> Callable[..., Any]:
    """The emitted function itself. Native loops are C where there is a compiler, else Numba's; without either NumPy
    computes, with a warning."""
    row = _row(target)
    if target != "native" and row.library and importlib.util.find_spec(row.library) is None:
        raise Error(f"the target {target} needs {row.library}, which is not installed",
                    hint=f"pip install {row.library}")  # fmt: skip
    text = row.python(*planned(derivation, row.needs, with_, labels, wrt, batch))
    return Compiled(text, target, "_and_".join(dict.fromkeys(with_)), row.engine)
