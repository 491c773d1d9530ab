"""A formula with only kinds in the place of values. Owns: of what kind each part is under given ranks, and the events
on the way there. Never: knows an extent, makes a node of mathematics.

The tree is made once into a list of instructions, children before parents; running it under other ranks is a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from gradwright.core.record import dataclass
from gradwright.read.letters import default_rank
from gradwright.read.names import called, values_in
from gradwright.read.syntax import (
    Bars,
    Big,
    Call,
    Differential,
    Group,
    Indexed,
    Inner,
    Let,
    Name,
    Negative,
    Node,
    Norm,
    Power,
    Product,
    Program,
    Pseudoinverse,
    Quotient,
    Root,
    Sum,
    Text,
    Transposed,
    Whole,
    bare,
    children,
)
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED


class Kind(Enum):
    """What a value is: ``SLICE`` is a row or column of a matrix, X[i,:], which is read as whichever fits."""

    NUMBER = 0
    COLUMN = 1
    MATRIX = 2
    TENSOR = 3
    ROW = -1
    SLICE = -2


_N, _C, _M, _T, _R, _S = Kind.NUMBER, Kind.COLUMN, Kind.MATRIX, Kind.TENSOR, Kind.ROW, Kind.SLICE
_LYING = {_S: _R, _C: _C, _R: _R, _M: _M, _T: _T, _N: _N}
_STANDING = {**_LYING, _S: _C}


@dataclass(frozen=True)
class Event:
    """A sign of a misreading: its cost, and what is said of the symbol whose other rank does away with it."""

    cost: int
    words: str


TRANSPOSED = Event(6, "it is transposed")
MULTIPLIES = Event(4, "it multiplies {} from the right")
ADDED = Event(4, "it is added to a vector or a matrix")
COMBINED = Event(3, "it is added to a vector or a matrix")  # (1 − d)/n, of which less is sure
REDUCED = Event(7, "{} is of an array")
ENTRYWISE = Event(5, "it goes by entries")
COLUMNS = Event(5, "a vector times a vector")
SUMMED = Event(1, "a vector times a vector, summed")
OUTER = Event(3, "an outer product is applied at once")
ROW_CONVENTION = Event(6, "a column stands left of a matrix")
CONTRACTED = Event(6, "@ contracts arrays")
RAISED = Event(4, "a vector is raised to a power")
FAMILY = Event(4, "a capital letter is a matrix")
BESIDE = Event(7, "a number that came of arrays stands beside it")
AXES = Event(4, "the formula is a number")
LENGTH = Event(2, "bars around a vector")
MISSING = Event(5, "it has an index")
IMPOSSIBLE = Event(50, "anything else has no meaning")
EVENTS = (
    TRANSPOSED, MULTIPLIES, ADDED, COMBINED, REDUCED, ENTRYWISE, COLUMNS, SUMMED, OUTER, ROW_CONVENTION, CONTRACTED,
    RAISED, FAMILY, BESIDE, AXES, LENGTH, MISSING, IMPOSSIBLE,
)  # fmt: skip
ORDINARY = frozenset((AXES, SUMMED, LENGTH, RAISED))
"""Events that stand in many a formula that is as its author means it."""


@dataclass(frozen=True)
class Happening:
    """An event at a node; ``subject`` fills its words."""

    event: Event
    node: Node
    subject: str = ""


@dataclass(frozen=True)
class Part:
    """The kind of a node; ``bare``: a number made of named numbers alone, which an author would see to be one."""

    kind: Kind
    bare: bool = False


@dataclass(frozen=True)
class Place:
    """What surrounds a node: under a root or in a denominator, inside a reduction."""

    sheltered: bool = False
    reduced: bool = False


Rule = Callable[..., Part]
"""The kind of a node: made of the run, the node and the parts below it."""


@dataclass(frozen=True)
class Instruction:
    node: Node
    below: tuple[int, ...]
    place: Place


@dataclass(frozen=True)
class Sketch:
    """A program made ready.

    ``defined``      the step after which a definition has its kind
    ``under``        for every node the names of the symbols below it
    ``python``       written as for NumPy, where powers and products of vectors go by entries; ``contracting``: with @
    """

    steps: tuple[Instruction, ...]
    defined: Mapping[int, Let]
    under: Mapping[Node, frozenset[str]]
    python: bool
    contracting: bool


@dataclass
class Run:
    """One evaluation: the ranks of symbols, the kinds of definitions, what happened."""

    ranks: Mapping[str, int]
    python: bool
    happened: list[Happening]
    defined: dict[str, Kind]
    under: Mapping[Node, frozenset[str]]
    here: Place = Place()

    def is_apart(self, number: Node, beside: Node) -> bool:
        """Whether a number that comes of arrays is none of all those beside it, as the mean of x is in x − mean(x)."""
        own, others = ({n for n in self.under[node] if self.ranks.get(n)} for node in (number, beside))
        return bool(own) and own != others

    def tell(self, event: Event, node: Node, subject: str = "") -> None:
        self.happened.append(Happening(event, node, subject))

    def want_arrays(self, parts: Sequence[Part], nodes: Sequence[Node], what: str) -> None:
        """Tell of a number where nobody means one."""
        for part, node in zip(parts, nodes, strict=False):
            if part.kind is _N:
                self.tell(REDUCED, node, what)


def sketched(program: Program) -> Sketch:
    """The instructions of a program."""
    steps: list[Instruction] = []
    defined: dict[int, Let] = {}
    under: dict[Node, frozenset[str]] = {}
    meant: dict[str, frozenset[str]] = {}
    for let in program.lets:
        _compile(let.body, steps, under, meant)
        defined[len(steps) - 1] = let
        meant[let.name.stem] = under[let.body]
    _compile(program.body, steps, under, meant)
    contracting = any(isinstance(s.node, Product) and any(sign == "@" for sign, _ in s.node.factors) for s in steps)
    python = contracting or any(isinstance(s.node, Power) and s.node.python for s in steps)
    return Sketch(tuple(steps), defined, under, python, contracting)


def _compile(
    root: Node, steps: list[Instruction], under: dict[Node, frozenset[str]], meant: Mapping[str, frozenset[str]]
) -> None:
    """Children before parents, without recursion."""
    places: dict[Node, int] = {}
    stack: list[tuple[Node, Place, bool]] = [(root, Place(), False)]
    while stack:
        node, place, ready = stack.pop()
        below = _operands(node)
        if not ready:
            stack.append((node, place, True))
            inner = _around(node, place)
            stack += [(child, inner.get(child, place), False) for child in reversed(below)]
            continue
        names = frozenset().union(*(under[child] for child in below))
        if isinstance(node, Name):
            names = meant.get(node.stem, frozenset((node.stem,)))
        under[node] = names
        places[node] = len(steps)
        steps.append(Instruction(node, tuple(places[child] for child in below), place))


def _operands(node: Node) -> tuple[Node, ...]:
    """The values directly below: not the name of a function, nor the letters of a subscript."""
    if isinstance(node, Call):
        return values_in(node)
    if isinstance(node, Big):
        return (node.body,)
    if isinstance(node, Indexed):
        return (node.base,)
    return tuple(children(node))


def _around(node: Node, place: Place) -> dict[Node, Place]:
    """Where the nodes below it stand, if not where it stands itself."""
    sheltered, reduced = Place(True, place.reduced), Place(place.sheltered, True)
    match node:
        case Root(body=body):
            return {body: sheltered}
        case Quotient(bottom=bottom):
            return {bottom: sheltered}
        case Norm(body=body):
            return {body: reduced}
        case Product(factors=factors):
            return {factor: sheltered for sign, factor in factors if sign in ("/", "./")}
        case Call(arguments=arguments) if called(node) == "sqrt":
            return dict.fromkeys(arguments, sheltered)
        case Call(arguments=arguments) if (row := ARRAYS.get(called(node))) is not None and row.gives == 0:
            return dict.fromkeys(arguments, reduced)
    return {}


@dataclass(frozen=True)
class Evaluated:
    """The kind at every step, and what happened on the way."""

    parts: Sequence[Part]
    happened: Sequence[Happening]


def evaluated(sketch: Sketch, ranks: Mapping[str, int]) -> Evaluated:
    """The kinds under these ranks."""
    run = Run(ranks, sketch.python, [], {}, sketch.under)
    parts: list[Part] = []
    for number, step in enumerate(sketch.steps):
        rule = RULES.get(type(step.node))
        below = [parts[place] for place in step.below]
        run.here = step.place
        parts.append(rule(run, step.node, below) if rule is not None else Part(_N))
        if number in sketch.defined:
            let = sketch.defined[number]
            run.defined[let.name.stem] = _of_rank(len(let.letters)) if let.letters else parts[-1].kind
    if parts[-1].kind is not _N:
        run.tell(AXES, sketch.steps[-1].node)
    return Evaluated(parts, run.happened)


def _of_rank(rank: int) -> Kind:
    return (_N, _C, _M, _T)[min(rank, 3)]


def _rank_of(kind: Kind) -> int:
    return abs(kind.value) if kind is not _S else 1


# --- atoms


def _name(run: Run, node: Name, below: Sequence[Part]) -> Part:
    if node.stem in run.defined:
        return Part(run.defined[node.stem])
    rank = run.ranks.get(node.stem)
    return Part(_N) if rank is None else Part(_of_rank(rank), bare=rank == 0)


def _indexed(run: Run, node: Indexed, below: Sequence[Part]) -> Part:
    """Entries, rows and members: as many axes are left as indices do not take."""
    whole = sum(isinstance(item, Whole) for item in node.items)
    if whole:
        return Part(_S if whole == 1 else _of_rank(whole))
    letters = len(node.items)
    left = _rank_of(below[0].kind) - letters
    if left < 0:
        run.tell(MISSING, node)
    return Part(_of_rank(max(left, 0)), bare=left <= 0)


def _same(run: Run, node: Node, below: Sequence[Part]) -> Part:
    return below[0]


# --- sums and products


def _sum(run: Run, node: Sum, below: Sequence[Part]) -> Part:
    arrays = [part for part in below if part.kind is not _N]
    if not arrays:
        return Part(_N, bare=any(part.bare for part in below))
    kind = next((part.kind for part in arrays if part.kind is not _S), _C)
    for part, (_, term) in zip(below, node.terms, strict=True):
        if part.kind is _N and part.bare and not run.here.sheltered:
            run.tell(ADDED if isinstance(bare(term), Name | Indexed) else COMBINED, term)
        elif part.kind is _N and not run.here.sheltered and run.is_apart(term, node):
            run.tell(BESIDE, node)
        elif part.kind not in (_N, _S, kind):
            run.tell(IMPOSSIBLE, node)
    return Part(kind)


def _product(run: Run, node: Product, below: Sequence[Part]) -> Part:
    result, said = below[0], node.factors[0][1]
    outer = False
    for (sign, factor), part in zip(node.factors[1:], below[1:], strict=True):
        if outer and part.kind in (_C, _M) and sign in (" ", "*", "cdot"):
            run.tell(OUTER, node)
        before = result.kind
        if sign in (" ", "*", "cdot"):
            _beside(run, node, (said, before), (factor, part))
        said = factor
        result = _PRODUCTS.get(sign, _times)(run, node, factor, result, part, sign)
        outer = before in (_C, _S) and part.kind is _R and sign in (" ", "*", "cdot")
    return result


def _beside(run: Run, node: Node, left: tuple[Node, Kind], right: tuple[Node, Part]) -> None:
    """A member of capitals that would be a number before an array; a matrix before a number that comes of arrays."""
    (before, kind), (factor, part) = left, right
    if kind is _N and part.kind is not _N and _is_capital_member(before):
        run.tell(FAMILY, before)
    if kind is _M and part.kind is _N and not part.bare and run.is_apart(factor, before):
        run.tell(BESIDE, before)


def _is_capital_member(node: Node) -> bool:
    """A_j with one letter below it, of which a matrix has none: where it is a number, it is one of many numbers."""
    if not isinstance(node, Indexed) or node.bracketed or not isinstance(node.base, Name):
        return False
    return len(node.items) == 1 and default_rank(node.base.stem, node.base.font) == 2


def _times(run: Run, node: Node, factor: Node, left: Part, right: Part, sign: str) -> Part:
    if right.kind is _N or left.kind is _N:
        numbers = left.kind is right.kind
        if right.kind is _N and not numbers and right.bare:
            run.tell(CONTRACTED if sign == "@" else MULTIPLIES, factor, _said(node, factor))
        elif sign == "@" and left.kind is _N:
            run.tell(CONTRACTED, node)
        return Part(left.kind if right.kind is _N else right.kind, bare=numbers and (left.bare or right.bare))
    lying = _STANDING if right.kind is _R else _LYING
    pair = lying[left.kind], _STANDING[right.kind]
    event, kind = _PAIRS.get(pair, (IMPOSSIBLE, _M))
    free = (event is ROW_CONVENTION and sign == "@") or (event is COLUMNS and (run.python or sign in ("@", "cdot")))
    if event is not None and not free:
        run.tell(SUMMED if event is COLUMNS and run.here.reduced else event, node)
    return Part(_N if pair == (_C, _C) and sign in ("@", "cdot") else kind)


_PAIRS: dict[tuple[Kind, Kind], tuple[Event | None, Kind]] = {
    (_R, _C): (None, _N), (_R, _M): (None, _R), (_M, _C): (None, _C), (_M, _M): (None, _M), (_C, _R): (None, _M),
    (_C, _C): (COLUMNS, _C), (_C, _M): (ROW_CONVENTION, _C),
}  # fmt: skip


def _said(node: Node, factor: Node) -> str:
    """The symbol that stands before a factor."""
    assert isinstance(node, Product)
    factors = [f for _, f in node.factors]
    before = factors[factors.index(factor) - 1]
    while isinstance(before, Group | Transposed):
        before = before.body
    return before.stem if isinstance(before, Name) else "an array"


def _dot(run: Run, node: Product, factor: Node, left: Part, right: Part, sign: str) -> Part:
    """``dot(a, b)``."""
    run.want_arrays((left, right), (node.factors[0][1], factor), "dot")
    return _times(run, node, factor, left, right, "cdot")


def _entrywise(run: Run, node: Node, factor: Node, left: Part, right: Part, sign: str) -> Part:
    for part, here in ((left, node), (right, factor)):
        if part.kind is _N and part.bare:
            run.tell(ENTRYWISE, here)
    if _N not in (left.kind, right.kind) and _STANDING[left.kind] is not _STANDING[right.kind]:
        run.tell(IMPOSSIBLE, node)
    both = left.kind is right.kind is _N
    return Part(left.kind if left.kind is not _N else right.kind, bare=both and (left.bare or right.bare))


def _divided(run: Run, node: Node, factor: Node, left: Part, right: Part, sign: str) -> Part:
    if right.kind is not _N and not (run.python and left.kind in (_N, right.kind)):
        run.tell(IMPOSSIBLE, factor)
    kind = left.kind if left.kind is not _N else right.kind
    return Part(kind, bare=kind is _N and (left.bare or right.bare))


def _kron(run: Run, node: Product, factor: Node, left: Part, right: Part, sign: str) -> Part:
    """``A ⊗ B``, of which nobody means numbers."""
    for part, here in ((left, node.factors[0][1]), (right, factor)):
        if part.kind is _N and part.bare:
            run.tell(REDUCED, here, "⊗")
    return Part(max((left.kind, right.kind), key=lambda kind: kind.value))


_PRODUCTS: dict[str, Callable[[Run, Product, Node, Part, Part, str], Part]] = {
    "dot": _dot, ".*": _entrywise, "./": _entrywise, "/": _divided, "kron": _kron,
}  # fmt: skip


def _quotient(run: Run, node: Quotient, below: Sequence[Part]) -> Part:
    top, bottom = below
    return _divided(run, node, node.bottom, top, bottom, "/")


def _power(run: Run, node: Power, below: Sequence[Part]) -> Part:
    base, exponent = below
    if node.entrywise or node.python:
        if node.entrywise and base.kind is _N and base.bare:
            run.tell(ENTRYWISE, node.base)
        return Part(base.kind, bare=base.bare)
    if exponent.kind is not _N:
        run.tell(IMPOSSIBLE, node.exponent)
    if base.kind in (_C, _R, _S):
        run.tell(RAISED if run.here.reduced else IMPOSSIBLE, node.base)
    return Part(base.kind, bare=base.bare or (base.kind is _N and exponent.bare))


def _transposed(run: Run, node: Transposed, below: Sequence[Part]) -> Part:
    if below[0].kind is _N and below[0].bare:
        run.tell(TRANSPOSED, node.body)
    turned = {_C: _R, _R: _C, _S: _R}
    return Part(turned.get(below[0].kind, below[0].kind), bare=below[0].bare)


# --- functions


def _call(run: Run, node: Call, below: Sequence[Part]) -> Part:
    name = called(node)
    if name in ARRAYS and not (name in ("max", "min") and len(below) == 2):
        return _of_array(run, node, name, below)
    if name in NAMED:
        of_bars = bare(node.arguments[0]) if node.arguments else node
        if (
            name == "log"
            and isinstance(of_bars, Bars)
            and below[0].kind is _N
            and _is_capital_member(bare(of_bars.body))
        ):
            run.tell(FAMILY, of_bars)  # log |Σ_k|
        return Part(next((part.kind for part in below if part.kind is not _N), _N))
    rank = run.ranks.get(f"{name}()")
    return Part(_of_rank(rank) if rank is not None else _N)


def _of_array(run: Run, node: Call, name: str, below: Sequence[Part]) -> Part:
    row = ARRAYS[name]
    if row.of_dims is not None:
        return Part(_of_rank(row.gives if row.gives is not None else len(node.arguments)))
    if name in _OTHERS:
        return _OTHERS[name](node, below)
    if not below:
        return Part(_of_rank(row.gives or 0))
    kind = below[0].kind
    if row.filling:
        return Part(_of_rank(row.gives or 0))
    arrays = node.arguments if row.of_two is not None and row.expects == 1 else node.arguments[:1]
    run.want_arrays(below, arrays, name)
    if row.expects == 2 and row.gives is not None and kind in (_C, _R, _S):
        run.tell(IMPOSSIBLE, node.arguments[0])
    if row.gives == 0:
        return Part(_N)
    return Part(_SHAPED[name](kind) if name in _SHAPED else kind if row.gives is None else _given(row.gives, kind))


def _given(rank: int, kind: Kind) -> Kind:
    """A row with softmax of a vector in it says one axis; of a matrix it goes by rows."""
    return kind if rank == 1 and kind is not _M else _of_rank(rank)


_SHAPED: Mapping[str, Callable[[Kind], Kind]] = {
    "diag": lambda kind: _C if kind is _M else _M, "vec": lambda kind: _C,
}  # fmt: skip


def _last(node: Call, below: Sequence[Part]) -> Part:
    return Part(below[-1].kind if below else _N)


def _einsum(node: Call, below: Sequence[Part]) -> Part:
    spec = node.arguments[0].text if node.arguments and isinstance(node.arguments[0], Text) else ""
    return Part(_of_rank(len(spec.partition("->")[2].strip())))


def _where(node: Call, below: Sequence[Part]) -> Part:
    return Part(next((part.kind for part in below if part.kind is not _N), _N))


_OTHERS: dict[str, Callable[[Call, Sequence[Part]], Part]] = {
    "reshape": lambda node, below: Part(_of_rank(len(node.arguments) - 1)), "solve": _last,
    "kron": lambda node, below: Part(max((p.kind for p in below), key=lambda k: k.value)),
    "einsum": _einsum, "where": _where, "D": lambda node, below: Part(_T), "D2": lambda node, below: Part(_T),
}  # fmt: skip


def _norm(run: Run, node: Norm, below: Sequence[Part]) -> Part:
    run.want_arrays(below, (node.body,), "a norm")
    return Part(_N)


def _bars(run: Run, node: Node, below: Sequence[Part]) -> Part:
    if below[0].kind is _C:
        run.tell(LENGTH, node)
    return Part(below[0].kind if below[0].kind in (_C, _R, _S) else _N)


def _inner(run: Run, node: Inner, below: Sequence[Part]) -> Part:
    run.want_arrays(below, (node.left, node.right), "an inner product")
    if below[0].kind is not below[1].kind and _N not in (below[0].kind, below[1].kind):
        run.tell(IMPOSSIBLE, node)
    return Part(_N)


def _big(run: Run, node: Big, below: Sequence[Part]) -> Part:
    return Part(_of_rank(len(node.binders))) if node.operator == "tensor" else Part(below[0].kind)


def _matrix(run: Run, node: Node, below: Sequence[Part]) -> Part:
    return Part(_M)


RULES: dict[type[Node], Rule] = {
    Name: _name, Indexed: _indexed, Group: _same, Negative: _same, Sum: _sum, Product: _product, Quotient: _quotient,
    Power: _power, Transposed: _transposed, Call: _call, Norm: _norm, Bars: _bars, Inner: _inner, Big: _big,
    Root: _same, Differential: _same, Pseudoinverse: _matrix,
}  # fmt: skip
