"""Which names are functions. Owns: that question, and the name a misspelt one is close to. Never: what they mean."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from gradwright.core.letters import GREEK
from gradwright.read.syntax import Call, Name, Node
from gradwright.tables.arrays import ARRAYS, WRITTEN
from gradwright.tables.scalars import NAMED


def is_function(name: str) -> bool:
    """Whether the text language has a function of that name (a symbol may be called delta, D or σ all the same)."""
    return name != "delta" and canonical(name) is not None


def is_word(name: str) -> bool:
    """Whether it is a function wherever it stands: gamma is one before a bracket alone, elsewhere it is the letter."""
    return name not in GREEK and is_function(name)


def canonical(name: str) -> str | None:
    """The name that the tables have for a function, by any of its names; None of what is no function."""
    if name in ARRAYS or name in NAMED:
        return name
    row = WRITTEN.get(name)
    return row.name if row is not None else None


def values_in(call: Call) -> tuple[Node, ...]:
    """The arguments of a call that are values: no names of extents, and no function, as in D(u, x)."""
    name = called(call)
    if name in ARRAYS and ARRAYS[name].of_dims is not None:
        return ()
    return call.arguments[:1] if name == "reshape" else call.arguments[name in ("D", "D2") :]


def extents_in(call: Call) -> tuple[Node, ...]:
    """The arguments of a call that are extents: of ones(n, m), and of reshape(A, n, m)."""
    name = called(call)
    return () if name in ("D", "D2") else tuple(a for a in call.arguments if a not in values_in(call))


def called(call: Call) -> str:
    """The name of what is applied; none of anything that is no name."""
    return call.function.stem if isinstance(call.function, Name) else ""


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name closest to a misspelt one, or the one that it begins."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    found += [longer for longer in known if len(name) > 2 and longer.startswith(name)]
    return found[0] if found else None
