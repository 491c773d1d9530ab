"""An operation of PyTorch where it is called. Owns: its arguments by name, as rows ask for them. Never: has a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradwright.core.build import add, const, size
from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.read.program.extents import Extents
from gradwright.read.program.tensor import Tensor, scalar


@dataclass(frozen=True)
class Call:
    """``given``: the arguments by the names of the schema, with those left out; ``shape``: of the result."""

    name: str
    given: Mapping[str, Any]
    extents: Extents
    shape: tuple[Any, ...]
    kinds: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    def but(self, **given: Any) -> Call:
        """The same call with other arguments."""
        return replace(self, given={**self.given, **given})

    # --- values

    def tensor(self, name: str) -> Tensor:
        """An argument as a tensor, where it may be a number."""
        value = self.given[name]
        return value if isinstance(value, Tensor) else scalar(self.number(value))

    def if_any(self, name: str) -> Tensor | None:
        return None if self[name] is None else self.tensor(name)

    @property
    def own(self) -> Tensor:
        """The argument that the operation is a method of, or the first one."""
        return self.tensor(next(name for name in ("self", "input", "A", *self.given) if name in self.given))

    @property
    def other(self) -> Tensor:
        return self.tensor("other")

    def number(self, value: Any) -> Node:
        return value.body if isinstance(value, Tensor) else self.extents.number(value)

    def node(self, name: str, otherwise: float = 0) -> Node:
        """A number among the arguments."""
        value = self[name]
        return self.number(otherwise if value is None else value)

    def truths(self, *names: str) -> list[Tensor]:
        """Arguments that are true or false."""
        if any(self.kinds.get(name) != "b" for name in names):
            raise Error("arithmetic of bits")
        return [self.tensor(name) for name in names]

    # --- axes

    @property
    def rank(self) -> int:
        return self.own.rank

    def at(self, name: str) -> int:
        """An axis from the front."""
        axis: int = self.given[name]
        return axis % self.rank if self.rank else 0

    @property
    def axis(self) -> int:
        return self.at("dim")

    @property
    def axes(self) -> list[int]:
        """The axes that are named; all where none is."""
        value = self.given.get("dim")
        if value is None or value == []:
            return list(range(self.rank))
        return [axis % self.rank for axis in ([value] if isinstance(value, int) else value)]

    @property
    def last_axes(self) -> list[int]:
        """As many axes as a normalized shape has."""
        return list(range(self.rank - len(self.given["normalized_shape"]), self.rank))

    @property
    def keep(self) -> bool:
        return bool(self["keepdim"])

    def dims(self, shape: Sequence[Any]) -> tuple[Dim, ...]:
        return tuple(map(self.extents.dim, shape))

    @property
    def out(self) -> tuple[Dim, ...]:
        return self.dims(self.shape)

    def place(self, name: str, axis: int) -> Node:
        """A place along an axis, from the back where it is negative."""
        index = self[name] or 0
        if isinstance(index, int) and index < 0:
            return add(size(self.own.shape[axis]), const(index))
        return self.number(index)
