"""A backward pass written by hand, as a program beside the function it is of. Owns: how each kind of it is called.

Never: traces, compares. A backward pass is a function of the same arguments (and, where the function's value is not a
scalar or it takes one, of the incoming gradient), a ``jax.custom_vjp`` or a ``torch.autograd.Function``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.program.arguments import called
from gradwright.read.program.lift import is_torch
from gradwright.read.program.source import loaded

INCOMING = ("g", "g_out", "incoming")
"""Names for the incoming gradient, where the backward pass has none for it."""


@dataclass(frozen=True)
class Backward:
    """``of`` is the function itself, ``gradients`` what the pass gives; both take the function's arguments by name.

    ``incoming``  the name of the incoming gradient, or empty
    ``torch``     whether they are PyTorch's
    """

    of: Callable[..., object]
    gradients: Callable[..., Any]
    incoming: str
    torch: bool

    @property
    def names(self) -> list[str]:
        return list(inspect.signature(self.of).parameters)

    def beside(self, wrt: Sequence[str]) -> Callable[..., object]:
        """A program that gives the value and the gradients in these variables."""
        names = self.names

        def both(**values: Any) -> object:
            own = {name: value for name, value in values.items() if name != self.incoming}
            found = self.gradients(**values)
            return [called(self.of, own), *(_chosen(found, name, wrt, names) for name in wrt)]

        parameters = list(inspect.signature(self.of).parameters.values())
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        if self.incoming:
            parameters.append(inspect.Parameter(self.incoming, inspect.Parameter.KEYWORD_ONLY))
        both.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        both.__name__ = getattr(self.gradients, "__name__", "backward")
        return both


def _chosen(found: Any, name: str, wrt: Sequence[str], names: Sequence[str]) -> Any:
    """The gradient in a variable: by its name, its place among the variables, or among all arguments."""
    if isinstance(found, Mapping):
        value = found.get(name)
    elif not isinstance(found, tuple | list):
        value = found if len(wrt) == 1 else None
    elif len(found) == len(wrt):
        value = found[list(wrt).index(name)]
    elif len(found) == len(names):
        value = found[names.index(name)]
    else:
        raise Error(f"the backward pass gives {len(found)} arrays, for {len(wrt)} variables of {len(names)} arguments")
    if value is None:
        raise Error(f"the backward pass gives nothing for {name}", hint="wrt says which variables it is for")
    return value


def backward_of(program: Any, of: Callable[..., object] | None) -> Backward:
    """The backward pass that a user hands over."""
    if loaded("jax"):
        import jax

        if isinstance(program, jax.custom_vjp):
            return _of_custom_vjp(program, of)
    if loaded("torch"):
        import torch

        if isinstance(program, type) and issubclass(program, torch.autograd.Function):
            return _of_autograd(program, of)
    if of is None:
        raise Error("of which function is this the backward pass?", hint="gw.verify(backward, of=f, …)")
    own, names = list(inspect.signature(program).parameters), list(inspect.signature(of).parameters)
    extra = [name for name in own if name not in names]
    if len(extra) > 1:
        raise Error(f"the backward pass takes {', '.join(extra)}, and the function does not",
                    hint="what it saves is computed inside; one more argument is the incoming gradient")  # fmt: skip

    def gradients(**values: object) -> object:
        return called(program, {name: values[name] for name in own if name in values})

    return Backward(of, gradients, extra[0] if extra else "", is_torch(program) or is_torch(of))


def _incoming(names: Sequence[str]) -> str:
    return next(name for name in INCOMING if name not in names)


def _of_custom_vjp(program: Any, of: Callable[..., object] | None) -> Backward:
    function = program.fun
    names = list(inspect.signature(function).parameters)
    incoming = _incoming(names)
    fixed = set(program.nondiff_argnums)

    def gradients(**values: Any) -> dict[str, Any]:
        bound = inspect.signature(function).bind(**{k: v for k, v in values.items() if k != incoming})
        bound.apply_defaults()
        given = list(bound.arguments.values())
        _, saved = program.fwd(*given)
        found = program.bwd(*(given[place] for place in sorted(fixed)), saved, values[incoming])
        rest = [name for place, name in enumerate(names) if place not in fixed]
        return dict(zip(rest, found, strict=True))

    return Backward(of or function, gradients, incoming, torch=False)


class _Saved:
    """What an ``autograd.Function`` is handed to keep values in."""

    def __init__(self, count: int) -> None:
        self.saved_tensors: tuple[object, ...] = ()
        self.needs_input_grad = (True,) * count

    def save_for_backward(self, *values: object) -> None:
        self.saved_tensors = values

    def mark_non_differentiable(self, *values: object) -> None:
        """Nothing is marked: a gradient in such a value is not asked for."""

    def set_materialize_grads(self, value: bool) -> None:
        """There always is an incoming gradient."""


def _of_autograd(program: Any, of: Callable[..., object] | None) -> Backward:
    parameters = list(inspect.signature(program.forward).parameters.values())
    apart = "setup_context" in vars(program)
    own = parameters if apart else parameters[1:]
    names = [p.name for p in own]
    incoming = _incoming(names)

    def run(given: list[Any]) -> tuple[_Saved, object]:
        saved = _Saved(len(given))
        if not apart:
            return saved, program.forward(saved, *given)
        output = program.forward(*given)
        program.setup_context(saved, tuple(given), output)
        return saved, output

    def given_in(values: Mapping[str, Any]) -> list[Any]:
        return [values.get(p.name, p.default) for p in own]

    def function(**values: Any) -> object:
        return run(given_in(values))[1]

    def gradients(**values: Any) -> dict[str, Any]:
        saved, _ = run(given_in(values))
        found = program.backward(saved, values[incoming])
        return dict(zip(names, found if isinstance(found, tuple | list) else (found,), strict=True))

    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    )
    return Backward(of or function, gradients, incoming, torch=True)
