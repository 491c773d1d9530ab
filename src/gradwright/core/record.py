"""Dataclasses that cost little to import. Owns: ``dataclass``, the standard library's with its methods made later.
Never: knows what a record holds.

The standard library writes and compiles up to six functions for each class as its module is imported: 0.4 ms a class, a
third of the time of a short call for the classes of this project. Here ``__init__``, ``__eq__``, ``__hash__`` and
``__repr__`` are compiled when they are first called, and all frozen classes share what refuses a change. Fields are the
standard library's, so ``fields``, ``replace`` and pattern matching work as ever.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(made=None, /, *, frozen=False, slots=False, eq=True, repr=True, kw_only=False):
        """The class with its fields, and its methods where it has none of its own."""
        if made is None:
            return lambda cls: dataclass(cls, frozen=frozen, slots=slots, eq=eq, repr=repr, kw_only=kw_only)
        own = {name for name, value in vars(made).items() if value is not None}
        made.__doc__ = made.__doc__ or made.__name__  # else the standard library spells the signature out
        made = dataclasses.dataclass(made, init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)
        written = {"__init__": True, "__repr__": repr, "__eq__": eq, "__hash__": eq and frozen}
        for name, wanted in written.items():
            if wanted and name not in own:
                setattr(made, name, _compiled_later(made, name, frozen))
        if eq and not frozen and "__hash__" not in own:
            made.__hash__ = None
        if frozen:
            made.__setattr__, made.__delattr__ = _refuse_change, _refuse_removal
        if frozen and slots:
            made.__getstate__, made.__setstate__ = _state, _restored
        return made


def _compiled_later(made: type, name: str, frozen: bool) -> Callable[..., Any]:
    """A method that makes way for the compiled one as it is first called."""

    def first(self: object, *args: Any, **named: Any) -> Any:
        names: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
        exec(_SOURCES[name](made, frozen, names), names)
        compiled = names[name]
        compiled.__qualname__ = f"{made.__qualname__}.{name}"
        setattr(made, name, compiled)
        return compiled(self, *args, **named)

    first.__name__ = name
    return first


def _init(made: Any, frozen: bool, names: dict[str, Any]) -> str:
    given = [field for field in dataclasses.fields(made) if field.init]
    given.sort(key=lambda field: field.kw_only is True)
    parameters, lines = ["self"], []
    for field in given:
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        value, default = field.name, ""
        if field.default is not dataclasses.MISSING:
            names[f"_default_{field.name}"] = field.default
            default = f"=_default_{field.name}"
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_factory_{field.name}"] = field.default_factory
            default, value = "=_missing", f"_factory_{field.name}() if {field.name} is _missing else {field.name}"
        parameters.append(field.name + default)
        lines.append(f"_set(self, {field.name!r}, {value})" if frozen else f"self.{field.name} = {value}")
    if hasattr(made, "__post_init__"):
        lines.append("self.__post_init__()")
    return _function("__init__", parameters, lines or ["pass"])


def _repr(made: Any, frozen: bool, names: dict[str, Any]) -> str:
    shown = ", ".join(f"{field.name}={{self.{field.name}!r}}" for field in dataclasses.fields(made) if field.repr)
    return _function("__repr__", ["self"], [f'return self.__class__.__qualname__ + f"({shown})"'])


def _eq(made: Any, frozen: bool, names: dict[str, Any]) -> str:
    compared = [field.name for field in dataclasses.fields(made) if field.compare]
    left, right = _tuple("self", compared), _tuple("other", compared)
    same = f"{left} == {right} if other.__class__ is self.__class__ else NotImplemented"
    return _function("__eq__", ["self", "other"], [f"return {same}"])


def _hash(made: Any, frozen: bool, names: dict[str, Any]) -> str:
    hashed = [f.name for f in dataclasses.fields(made) if (f.compare if f.hash is None else f.hash)]
    return _function("__hash__", ["self"], [f"return hash({_tuple('self', hashed)})"])


def _tuple(of: str, names: Sequence[str]) -> str:
    return "(" + "".join(f"{of}.{name}, " for name in names) + ")"


def _function(name: str, parameters: Sequence[str], lines: Sequence[str]) -> str:
    return f"def {name}({', '.join(parameters)}):\n    " + "\n    ".join(lines)


_SOURCES: dict[str, Callable[[Any, bool, dict[str, Any]], str]] = {
    "__init__": _init, "__repr__": _repr, "__eq__": _eq, "__hash__": _hash,
}  # fmt: skip


def _refuse_change(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_removal(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """What pickle keeps: setting the attributes one by one would be refused."""
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restored(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
