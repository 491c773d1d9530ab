"""A primitive of JAX where it is called. Owns: its operands and parameters, as rows ask for them. Never: has a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from gradwright.core.index import Dim
from gradwright.core.record import dataclass
from gradwright.read.program.extents import Extents
from gradwright.read.program.source import Line, refusal
from gradwright.read.program.tensor import Tensor


@dataclass(frozen=True)
class Missing:
    """A value that no formula is known for; an error where it is used."""

    primitive: str
    line: Line | None


Held: TypeAlias = "Tensor | Missing"


def present(value: Held, where: Line | None = None) -> Tensor:
    if isinstance(value, Missing):
        raise refusal(f"no formula is known for the primitive {value.primitive}", value.line or where)
    return value


class Reading(Protocol):
    """How a jaxpr is read."""

    @property
    def extents(self) -> Extents: ...

    def numbers(self, value: Any) -> Held:
        """An array of numbers that the program holds."""

    def evaluated(self, jaxpr: Any, consts: Sequence[Held], values: Sequence[Held]) -> list[Held]:
        """The results of a jaxpr."""


@dataclass(frozen=True)
class Equation:
    """A primitive where it is called."""

    reading: Reading
    equation: Any
    line: Line | None

    @property
    def params(self) -> Mapping[str, Any]:
        params: Mapping[str, Any] = self.equation.params
        return params

    def __getitem__(self, name: str) -> Any:
        return self.equation.params[name]

    @property
    def results(self) -> int:
        """How many there are."""
        return len(self.equation.outvars)

    def dim(self, traced: object) -> Dim:
        return self.reading.extents.dim(traced)

    def dims(self, shape: Sequence[object]) -> tuple[Dim, ...]:
        return tuple(map(self.dim, shape))

    @property
    def shape(self) -> tuple[Dim, ...]:
        return self.dims(self.equation.outvars[0].aval.shape)

    def kind(self, place: int) -> str:
        """b, i, u or f: the kind of an operand."""
        return str(self.equation.invars[place].aval.dtype.kind)

    def inside(self, jaxpr: Any, *values: Held) -> list[Held]:
        consts = [self.reading.numbers(value) for value in getattr(jaxpr, "consts", ())]
        return self.reading.evaluated(getattr(jaxpr, "jaxpr", jaxpr), consts, list(values))
