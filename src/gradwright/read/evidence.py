"""What a formula says of its symbols by itself. Owns: which names are symbols, dimensions, indices and functions, and
how many axes subscripts take. Never: guesses a rank (``ranks``), gives a meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from gradwright.core.errors import Error, Span
from gradwright.core.index import names_of
from gradwright.core.letters import GREEK
from gradwright.core.record import dataclass
from gradwright.read.names import extents_in, is_function, nearest, values_in
from gradwright.read.ranks import Open
from gradwright.read.syntax import (
    Binder,
    Call,
    Font,
    Indexed,
    Letter,
    Name,
    Node,
    Program,
    Text,
    children,
    extent_in,
    walk,
)
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED

CONSTANT_RANKS = {"\N{MATHEMATICAL BOLD DIGIT ONE}": 1, "\N{MATHEMATICAL BOLD DIGIT ZERO}": 1}
_VECTOR_FUNCTIONS = frozenset("uvwxyzpqr")
ELSEWHERE = {
    "cross_entropy": "-y'*log(p)", "crossentropy": "-y'*log(p)", "kl": "sum(p.*log(p./q))",
    "leaky_relu": "where(x > 0, x, a*x)", "leakyrelu": "where(x > 0, x, a*x)",
    "len": "mean(x), or the extent n of x", "polygamma": "digamma(x), trigamma(x) or tetragamma(x)",
}  # fmt: skip
RULELESS = frozenset((
    "besselj0", "besselj1", "bessely0", "bessely1", "besselj", "bessely", "besseli", "besselk", "airyai", "airyaiprime",
    "airybi", "airybiprime", "expint", "sinint", "cosint", "ellipk", "ellipe", "zeta", "lambertw", "sqrtm", "logm",
))  # fmt: skip
"""Functions that other systems have, and no row here."""


@dataclass(frozen=True)
class Known:
    """What is known before the formula is looked at: declared shapes and functions, definitions, dimensions."""

    source: str
    shapes: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    definitions: frozenset[str] = frozenset()
    dims: frozenset[str] = frozenset()

    def means(self, name: str) -> bool:
        return name in self.shapes or name in self.functions or name in self.definitions or name in self.dims


@dataclass(frozen=True)
class Evidence:
    """``symbols`` are those whose rank is open, in the order in which they stand; ``spans``: where each name
    stands; ``entries``: where something may be an entry of an array by a letter that nothing binds.
    """

    symbols: Mapping[str, Open]
    unknown: Mapping[str, int]
    dims: frozenset[str]
    letters: frozenset[str]
    defined: frozenset[str]
    spans: Mapping[str, tuple[Span, ...]]
    entries: Mapping[str, Span]


@dataclass
class _Seen:
    """What was met on a walk: the font of each symbol, the axes its subscripts take, and those in brackets, which
    take all there are.
    """

    fonts: dict[str, Font] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    bracketed: set[str] = field(default_factory=set)


def evidence(program: Program, known: Known) -> Evidence:
    """Everything about names that the tree shows."""
    letters = frozenset(_letters(program))
    defined = frozenset(let.name.stem for let in program.lets)
    dims = frozenset(_dimensions(program)) - letters - defined - known.shapes - known.definitions
    seen = _Seen()
    for node in _values(program):
        _note(node, seen)
    symbols = {
        name: Open(font, seen.indices.get(name, 0), name in seen.bracketed)
        for name, font in seen.fonts.items()
        if not (known.means(name) or name in defined or name in dims or name in CONSTANT_RANKS)
        and (name in GREEK or len(name) == 1 or not is_function(name))
        and not (name in letters and name not in seen.indices)
    }
    unknown = {name.stem: _unknown_rank(name, known) for name in _unknown_functions(program, known)}
    entries = {node.entry_of: node.span for node in walk(program) if isinstance(node, Name) and node.entry_of}
    return Evidence(symbols, unknown, dims, letters, defined, _spans(program), entries)


def _note(node: Node, seen: _Seen) -> None:
    if isinstance(node, Indexed) and isinstance(node.base, Name):
        stem = node.base.stem
        seen.indices[stem] = max(len(node.items), seen.indices.get(stem, 0))
        seen.bracketed |= {stem} if node.bracketed else set()
    elif isinstance(node, Call):
        for operand, taken in _subscripts_of(node):
            seen.indices[operand] = taken
            seen.bracketed.add(operand)
    elif isinstance(node, Name):
        seen.fonts[node.stem] = seen.fonts.get(node.stem) or node.font


def _subscripts_of(call: Call) -> Iterator[tuple[str, int]]:
    """How many axes ``einsum("ij,j->i", A, x)`` says that its operands have."""
    first, *operands = call.arguments or (None,)
    if isinstance(first, Text):
        for subscripts, operand in zip(first.text.partition("->")[0].split(","), operands, strict=False):
            if isinstance(operand, Name):
                yield operand.stem, len(subscripts.strip())


def _values(node: Node) -> Iterator[Node]:
    """The nodes that are values, in reading order: no names of functions, no letters below Σ, no dimensions."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        if isinstance(here, Call):
            below = list(values_in(here))
        elif isinstance(here, Indexed) and isinstance(here.base, Name) and here.base.stem == "delta":
            below = []
        elif isinstance(here, Program):
            below = [*(let.body for let in here.lets), here.body]
        else:
            below = [child for child in children(here) if not isinstance(child, Binder)]
        stack.extend(reversed(below))


def _letters(program: Program) -> Iterator[str]:
    """The letters that stand as indices: bound, or below a symbol."""
    for node in walk(program):
        if isinstance(node, Binder | Letter):
            yield node.name


def _dimensions(program: Program) -> Iterator[str]:
    """What ``ones(n)``, ``sum[r:n](…)`` or ``\\sum_{i=1}^n`` says is a dimension."""
    for node in walk(program):
        if isinstance(node, Call):
            yield from (name for argument in extents_in(node) for name in names_of(extent_in(argument) or 1))
        elif isinstance(node, Binder):
            if node.extent is not None:
                yield from names_of(node.extent)
            if node.high is not None:
                yield from names_of(extent_in(node.high) or 1)


def _unknown_functions(program: Program, known: Known) -> Iterator[Name]:
    for node in walk(program):
        if isinstance(node, Call) and isinstance(node.function, Name):
            name = node.function.stem
            if name not in known.functions and not is_function(name) and name != "delta":
                yield node.function


def _unknown_rank(function: Name, known: Known) -> int:
    """The axes of the value of an unknown function, by its letter; a longer name is misspelt."""
    name = function.stem
    if len(name) > 1:
        if name.lower() in RULELESS:
            hint = f"it has no rule here; as an unknown function it is declared, for example '{name}: n -> n'"
            raise Error(f"there is no function {name}", function.span, known.source, hint)
        close = ELSEWHERE.get(name.lower()) or nearest(name.lower(), [*NAMED, *ARRAYS])
        hint = f"did you mean {close}?" if close else "declare an unknown function with its shapes: 'u: n -> m'"
        raise Error(f"there is no function {name}", function.span, known.source, hint)
    return 2 if name.isupper() else 1 if name in _VECTOR_FUNCTIONS else 0


def _spans(program: Program) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {}
    for node in sorted(_named(program), key=lambda name: name.span):
        found.setdefault(node.stem, []).append(node.span)
    return {name: tuple(dict.fromkeys(spans)) for name, spans in found.items()}


def _named(program: Program) -> Iterator[Name]:
    for let in program.lets:
        yield let.name
    for node in walk(program):
        if isinstance(node, Call) and isinstance(node.function, Name):
            yield node.function
            if node.function.stem in ("D", "D2"):
                yield from (of for of in node.arguments[:1] if isinstance(of, Name))
    yield from (node for node in _values(program) if isinstance(node, Name))
