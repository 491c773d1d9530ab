"""What a program takes. Owns: the symbols that its arguments become, by the shapes a user gives. Never: traces.

A shape is said as anywhere else, ``"n m"``; ``"n in k"`` are n whole numbers below k, class labels, which the formula
has as one-hot rows of the argument's name; ``"= h"`` is the extent h itself, as a number. Dictionaries and lists of
shapes are such arguments; what is neither is handed to the program as it is.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from gradwright.core.build import entry
from gradwright.core.errors import Error
from gradwright.core.facts import Given
from gradwright.core.index import Dim, Extent, Index, names_of, position
from gradwright.core.record import dataclass
from gradwright.read.program.tensor import Apart, Parts, Tensor, indices_at, parts_of
from gradwright.read.program.truth import LABEL
from gradwright.read.text.declared import shape_of

Spec: TypeAlias = Any
"""A shape in words or extents, a dictionary or list of such, or a value for the program."""


@dataclass(frozen=True)
class Symbol:
    """An argument, or a leaf of one. ``below``: the extent that class labels are below."""

    name: str
    shape: tuple[Dim, ...]
    below: Dim | None = None

    @property
    def symbol_shape(self) -> tuple[Dim, ...]:
        """The shape in the formula, where labels are one-hot rows."""
        return self.shape if self.below is None else (*self.shape, self.below)

    @property
    def fact(self) -> Given | None:
        if self.below is None or len(self.shape) > 1:
            return None
        return Given("onehot_rows" if self.shape else "onehot", self.name)


@dataclass(frozen=True)
class Number:
    """An argument that is an extent."""

    dim: Dim


@dataclass(frozen=True)
class Value:
    """An argument that is handed over as it is."""

    value: object


Leaf: TypeAlias = Symbol | Number | Value
Tree: TypeAlias = "Leaf | dict[str, Any] | list[Any]"


@dataclass(frozen=True)
class Arguments:
    """A program's arguments by name, each a tree of leaves."""

    trees: Mapping[str, Tree]

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return tuple(leaf for tree in self.trees.values() for leaf in leaves(tree) if isinstance(leaf, Symbol))

    @property
    def symbol_at(self) -> dict[str, str]:
        """The names of symbols by the ends of their ways, ``fc.kernel``, that are those of no other."""
        ways = [
            (".".join(path[start:]), leaf.name)
            for path, leaf in _leaves_at(dict(self.trees), ())
            if isinstance(leaf, Symbol)
            for start in range(len(path))
        ]
        counts = Counter(way for way, _ in ways)
        return {way: name for way, name in ways if counts[way] == 1}

    @property
    def extents(self) -> tuple[str, ...]:
        """The names of extents, in order of appearance."""
        dims = [dim for symbol in self.symbols for dim in symbol.symbol_shape]
        dims += [leaf.dim for tree in self.trees.values() for leaf in leaves(tree) if isinstance(leaf, Number)]
        return tuple(dict.fromkeys(name for dim in dims for name in sorted(names_of(dim))))


def leaves(tree: Tree) -> Iterator[Leaf]:
    if isinstance(tree, dict):
        for branch in tree.values():
            yield from leaves(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from leaves(branch)
    else:
        yield tree


def _leaves_at(tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """The leaves, each with its way."""
    if isinstance(tree, dict | list):
        for key, branch in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _leaves_at(branch, (*path, str(key)))
    else:
        yield path, tree


def mapped(tree: Tree, change: Callable[[Leaf], object]) -> Any:
    """The tree with a value for each leaf."""
    if isinstance(tree, dict):
        return {key: mapped(branch, change) for key, branch in tree.items()}
    if isinstance(tree, list):
        return [mapped(branch, change) for branch in tree]
    return change(tree)


def arguments_of(program: Callable[..., object], specs: Mapping[str, Spec]) -> Arguments:
    """The arguments of a program by the shapes that a user gives for them."""
    parameters = inspect.signature(program).parameters
    names = _symbol_names(specs)
    trees: dict[str, Tree] = {}
    for name, parameter in parameters.items():
        if name in specs:
            trees[name] = _tree(specs[name], (name,), names)
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        elif parameter.default is parameter.empty:
            said = f"the program takes {', '.join(parameters)}, and no shape is given for {name}"
            hint = f'give its extents, {name}="n m" (--shape "{name}: n m"); "" is a scalar, "n in k" are labels'
            raise Error(said, hint=hint)
    unknown = [name for name in specs if name not in parameters]
    if unknown:
        raise Error(f"the program has no argument {unknown[0]}", hint=f"it takes {', '.join(parameters)}")
    found = Arguments(trees)
    both = next((symbol.name for symbol in found.symbols if symbol.name in found.extents), None)
    if both is not None:
        raise Error(f"{both} is an argument and an extent", hint="call the extent otherwise")
    return found


def _symbol_names(specs: Mapping[str, Spec]) -> dict[tuple[str, ...], str]:
    """A name for each leaf: its last key, where no other leaf has it."""
    paths = [path for name, spec in specs.items() for path in _paths(spec, (name,))]
    last = {path: re.sub(r"\W+", "_", path[-1]) for path in paths}
    counts = Counter(last.values())
    return {
        path: last[path]
        if counts[last[path]] == 1 and last[path].isidentifier()
        else re.sub(r"\W+", "_", "_".join(path))
        for path in paths
    }


def _paths(spec: Spec, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(spec, Mapping):
        for key, branch in spec.items():
            yield from _paths(branch, (*path, str(key)))
    elif _is_list(spec):
        for number, branch in enumerate(spec):
            yield from _paths(branch, (*path, str(number)))
    else:
        yield path


def _is_list(spec: Spec) -> bool:
    return isinstance(spec, list) or (
        isinstance(spec, tuple) and any(isinstance(branch, Mapping | list | tuple) for branch in spec)
    )


def _tree(spec: Spec, path: tuple[str, ...], names: Mapping[tuple[str, ...], str]) -> Tree:
    if isinstance(spec, Mapping):
        return {key: _tree(branch, (*path, str(key)), names) for key, branch in spec.items()}
    if _is_list(spec):
        return [_tree(branch, (*path, str(number)), names) for number, branch in enumerate(spec)]
    if isinstance(spec, str):
        return _leaf(spec, names[path])
    if isinstance(spec, tuple) and all(isinstance(dim, str | int | Extent) for dim in spec):
        return Symbol(names[path], shape_of(spec))
    return Value(spec)


def _leaf(said: str, name: str) -> Leaf:
    if said.strip().startswith("="):
        return Number(_one(said.strip().removeprefix("=")))
    shape, within, below = said.partition(" in ")
    if not within and said.startswith("in "):
        shape, within, below = "", "in", said.removeprefix("in ")
    return Symbol(name, shape_of(shape), _one(below)) if within else Symbol(name, shape_of(said))


def _one(said: str) -> Dim:
    dims = shape_of(said)
    if len(dims) != 1:
        raise Error(f"{said.strip()!r} is not one extent")
    return dims[0]


def called(program: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """What the program gives for arguments by their names, some of which it may take by their place alone."""
    by_place = [p.name for p in inspect.signature(program).parameters.values() if p.kind is p.POSITIONAL_ONLY]
    return program(
        *(values[name] for name in by_place if name in values),
        **{name: value for name, value in values.items() if name not in by_place},
    )


# --- the values of symbols


@dataclass(frozen=True)
class Layout:
    """Which axes of symbols are made of several indices."""

    parts: Mapping[str, tuple[Parts, ...]]

    def of(self, symbol: Symbol) -> tuple[Parts, ...]:
        return self.parts.get(symbol.name) or tuple(map(parts_of, symbol.shape))

    def tensor(self, symbol: Symbol) -> Tensor:
        """The argument as a tensor."""
        axes = self.of(symbol)
        slots: list[Index] = []
        for axis, parts in enumerate(axes):
            slots += indices_at(axis, parts) or (position(0, 1),)
        if symbol.below is None:
            return Tensor(axes, entry(symbol.name, *slots))
        return Tensor(axes, entry(LABEL + symbol.name, *slots, position(0, symbol.below)))

    def cut(self, symbols: Sequence[Symbol], asked: Apart) -> Layout:
        """The layout in which a slot of a symbol is several."""
        symbol = next(s for s in symbols if s.name == asked.name.removeprefix(LABEL))
        slot = 0
        axes = list(self.of(symbol))
        for axis, parts in enumerate(axes):
            width = len(parts) or 1
            if slot <= asked.slot < slot + width:
                at = asked.slot - slot
                axes[axis] = (*parts[:at], *asked.parts, *parts[at + 1 :])
                return Layout({**self.parts, symbol.name: tuple(axes)})
            slot += width
        raise Error(f"the classes of {symbol.name} are one index")

    def inner(self, symbol: Symbol) -> tuple[Parts, ...]:
        """The extents of the indices of each axis, as a context has them; () where every axis is one index."""
        axes = self.of(symbol)
        if all(len(parts) <= 1 for parts in axes):
            return ()
        return (*(parts or (1,) for parts in axes), *(((symbol.below,),) if symbol.below is not None else ()))
