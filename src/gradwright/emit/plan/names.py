"""Names in emitted code. Owns: identifiers that mean one thing and are no keyword. Never: looks at values."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import count

from gradwright.core.context import Context
from gradwright.core.index import Alone, Dim, Extent, alone_in, names_of, terms_of
from gradwright.core.node import Apply, MatFn, Node, Pow, Reduce

LABELS = {"value", "gradient", "hessian", "hvp", "pullback"}
_RESERVED = {"np", "jnp", "jax", "torch", "math", "numba", "dtype", "out", "lax", "row", "self", "ctx", "special",
             "annotations", "float", "int", "len", "range", "tuple", "print", "Array", "Any", "LABELS", "NATIVE",
             "SHAPES", "ThreadPoolExecutor", "answer", "arrays", "begin", "columns", "ctypes", "first",
             "get_native_id", "get_num_threads", "here", "i", "inf", "intrinsic", "j", "last", "map", "max", "min",
             "njit", "one", "os", "overload", "part", "parts", "results", "rows", "slice", "slot", "start", "step",
             "stop", "sum", "suppress", "sys", "functools", "types", "zero"}  # fmt: skip
_OURS = re.compile(r"_.*[^_]|(columns|number|held)\d+(_rows)?")
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "eps", "η": "eta", "θ": "theta", "κ": "kappa",
          "λ": "lam", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi_", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi",
          "χ": "chi", "ψ": "psi", "ω": "omega", "Σ": "Sigma", "Λ": "Lambda", "Θ": "Theta",
          "Φ": "Phi", "Ω": "Omega"}  # fmt: skip


def _spelled(letter: str) -> str:
    """A Greek letter by its name, another as Python reads it; a sign that is no letter for Python by its number, so
    that two of them stay two."""
    plain = _GREEK.get(letter, letter)
    if f"a{plain}".isidentifier():
        return plain
    return "_" if letter.isascii() else f"u{ord(letter):04x}"


@lru_cache(1024)
def identifier(name: str) -> str:
    """A Python identifier for a user's name."""
    text = "".join(map(_spelled, unicodedata.normalize("NFKC", name))) or "_"
    if text[0].isdigit():
        text = "_" + text
    taken = keyword.iskeyword(text) or text in _RESERVED or _OURS.fullmatch(text)
    return text + "_" if taken else text


def extent(dim: Dim) -> str:
    """An extent as code writes it."""
    if isinstance(dim, str):
        return identifier(dim)
    said = [" * ".join([*([str(times)] if times != 1 or not names else []), *map(identifier, names)])
            for names, times in terms_of(dim).items()]  # fmt: skip
    return " + ".join(said).replace("+ -", "- ")


def extents_of(arrays: Mapping[str, Sequence[Dim]]) -> dict[str, str]:
    """Where each name of an extent is read off the shapes of arrays, in an order in which one may need those before."""
    axes = [(dim, f"{name}.shape[{axis}]") for name, shape in arrays.items() for axis, dim in enumerate(shape)]
    found: dict[str, str] = {}
    for dim, text in sorted(axes, key=lambda axis: isinstance(axis[0], Extent)):
        alone = alone_in(dim, found)
        if alone is not None:
            found[alone.name] = freed(text, alone, extent)
    return found


def freed(text: str, alone: Alone, said: Callable[[Dim], str]) -> str:
    """The name that follows from an extent, where that is the text and others are said so."""
    less, by = (f"({said(d)})" if isinstance(d, Extent) else said(d) for d in (alone.less, alone.by))
    top = text if alone.less == 0 else f"({text} - {less})"
    return f"{top} // {by}" if alone.by != 1 else top


def words(lines: Iterable[str]) -> set[str]:
    """The names that code reads, those of attributes and of keywords aside."""
    return set(re.findall(r"(?<![.\w])[^\W\d]\w*", re.sub(r"\b(dtype|device)=", "", "\n".join(lines))))


def mentioned(arrays: Mapping[str, Sequence[Dim]], lines: Iterable[str]) -> list[str]:
    """Statements for the extents that code mentions, and for those that these need."""
    wanted: dict[str, str] = {}
    read = words(lines)
    for dim, text in reversed(extents_of(arrays).items()):
        if identifier(dim) in read or identifier(dim) in words(wanted.values()):
            wanted[dim] = text
    return [f"{identifier(dim)} = {text}" for dim, text in reversed(wanted.items())]


class Names:
    """Fresh names that clash with nothing the user wrote."""

    def __init__(self, context: Context) -> None:
        dims = names_of(*(d for shape in context.symbols.values() for d in shape))
        self.taken = {identifier(n) for n in (*context.symbols, *dims)} | set(context.symbols) | _RESERVED | LABELS

    def fresh(self, wanted: str | None, node: Node) -> str:
        base = identifier(wanted) if wanted else _kind(node)
        if wanted and base not in self.taken:
            self.taken.add(base)
            return base
        name = next(n for k in count(1) if (n := f"{base}{k}" if not wanted else f"{base}_{k}") not in self.taken)
        self.taken.add(name)
        return name


def _kind(node: Node) -> str:
    if isinstance(node, Apply):
        short = "slope" if node.fn.endswith("slope") else node.fn[:4]
        return {"exp": "e", "log": "log", "sigmoid": "sig", "hypot": "h"}.get(node.fn, short)
    if isinstance(node, Reduce):
        return {"max": "top", "min": "low", "prod": "prod"}.get(node.op, "t")
    if isinstance(node, MatFn):
        return {"softmax": "p", "log_softmax": "logp", "cho_inv": "inv", "cofactors": "cof"}.get(node.fn) or identifier(
            node.fn
        )
    return "r" if isinstance(node, Pow) else "t"
