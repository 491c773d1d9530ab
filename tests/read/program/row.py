"""A program of a test, with what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """``held``: the values of what the program holds constant, from its arguments."""

    program: Callable[..., Any]
    wrt: str
    shapes: dict[str, Any]
    given: list[str] = field(default_factory=list)
    held: Callable[..., dict[str, Any]] = lambda **given: {}

    @property
    def name(self) -> str:
        return getattr(self.program, "__name__", type(self.program).__name__)
