"""Names. Owns: what a symbol by itself, a definition and an unknown function mean. Never: indices, operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradwright.core.build import ONE, ZERO, add, apply, delta, entry, matfn, mul, ordinal, rename, size
from gradwright.core.context import Signature
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, free_index, position
from gradwright.core.node import Array
from gradwright.core.node import Node as Body
from gradwright.core.value import Value, kind_of
from gradwright.read.latex.grammar import GREEK
from gradwright.read.latex.nodes import Expectation, Known, Noted
from gradwright.read.syntax import Indexed, Name, Node, children
from gradwright.referee.meaning.document import Document, entries
from gradwright.referee.meaning.einstein import summed
from gradwright.referee.meaning.symbols import Definition, latest, symbol_key
from gradwright.referee.meaning.value import HIDDEN, number

LONE = " alone"
"""After the name of a symbol that is one number here, and many elsewhere."""


def name(e: Document, tree: Name) -> Value:
    """A parameter, a constant that everybody knows, an extent, a letter's place, or a symbol."""
    key = e.symbols.key(tree.stem, tree.font)
    e.world.direct.add(key)
    if key.removesuffix("²") in e.symbols.roles.beyond:
        e.fail(f"{key} is no real number, and only these are read", tree)
    if key in e.place.env:
        return e.renewed(e.place.env[key], tree)
    if key == tree.stem and is_lone(e, key, tree.font):
        return number(entry(key + LONE))
    constant = _constant(e, key, tree)
    if constant is not None:
        return constant
    if key in e.place.scope:
        return number(add(ordinal(e.letter(key)), ZERO if key in e.place.zero else ONE))
    return entry_value(e, key, tree)


def _constant(e: Document, key: str, tree: Name) -> Value | None:
    """e, π, an extent, I, a bold 1 or 0, unless the document says otherwise of them."""
    symbols, free = e.symbols, e.definition(key) is None
    if tree.stem in ("e", "pi") and free and not e.rank(key):
        return number(apply("exp", ONE) if tree.stem == "e" else apply("pi"))
    if key in symbols.shapes.extents:
        return number(size(e.find(key)))
    if tree.stem == "I" and free and key not in symbols.shapes.known:
        return identity(e, "", tree)
    if tree.stem in ("1", "0") and tree.font == "bold":
        dim = e.shape(key)[0] if e.rank(key) == 1 else f"?at{tree.span}"
        ones = Value("row" if symbols.customs.row_vectors else "column", (e.fresh(dim),), ONE)
        return ones if tree.stem == "1" else number(ZERO)
    return None


def identity(e: Document, extent: str, tree: Node) -> Value:
    """I, and I_n with its extent."""
    dim: Dim = int(extent) if extent.isdigit() else extent or f"?at{tree.span}"
    i, j = e.fresh(dim), e.fresh(dim)
    return Value("matrix", (i, j), delta(i, j))


def noted(e: Document, tree: Noted) -> Value:
    e.remark(tree.note)
    return e.value(tree.body)


def known(e: Document, tree: Known) -> Value:
    return entry_value(e, tree.key, tree)


def entry_value(e: Document, key: str, tree: Node, exact: bool = False) -> Value:
    """A symbol over indices of its own; the letters that its definition hides are free in the chain.

    ``exact``: as it is defined for the variables it has here.
    """
    define(e, key, tree, exact)
    array, hidden = e.world.arrays.get(key), e.world.implicit.get(key, ())
    shape = tuple(e.find(d) for d in array.shape) if array is not None else e.shape(key)
    for letter, dim in zip(hidden, shape, strict=False):
        e.unify(e.letter(letter).dim, dim, tree)
    axes = tuple(e.fresh(dim) for dim in shape[len(hidden) :])
    rows = len(axes) == 1 and (e.symbols.customs.row_vectors or key in e.symbols.shapes.rows)
    return Value("row" if rows else kind_of(len(axes)), axes, entry(key, *map(e.letter, hidden), *axes))


def variable(e: Document, key: str, tree: Node) -> Value:
    """A symbol as it stands by itself."""
    lone = is_lone(e, key, "") and e.definition(key) is None
    return name(e, Name(tree.span, key)) if lone else entry_value(e, key, tree)


def is_lone(e: Document, key: str, font: str) -> bool:
    """Whether the letter of a vector is read as one number here."""
    if not e.world.reading.plain or font == "bold" or not (key in GREEK or len(key) == 1):
        return False
    if key.isupper():  # a matrix by its letter alone
        return e.world.reading.capitals and key in e.symbols.shapes.guessed
    if key in e.symbols.seen.transposed or e.symbols.shapes.declared.get(key) == e.symbols.view.section:
        return False
    definition = e.definition(key)
    return bool(e.rank(key)) and (definition is None or bool(definition.letters))


# --- definitions


def define(e: Document, key: str, tree: Node, exact: bool = False) -> None:
    """Elaborate what the symbol is defined as, once per reading."""
    world = e.world
    if key in world.arrays or key in world.own or key in world.busy:
        return
    definition = e.definition(key) if exact else latest(e.symbols, key, world.place)
    if definition is None or _is_forgotten(e, key, definition):
        _unknown_symbol(e, key, tree)
        return
    world.busy.add(key)
    try:
        world.arrays[key] = _array_of(e, definition)
    finally:
        world.busy.discard(key)


def _array_of(e: Document, definition: Definition) -> Array:
    """The formula of a definition over the axes of its letters, then its own, then the letters that it hides."""
    key, place = definition.key, definition.place
    inner = e.local(definition, {x: free_index(f"~d{key}.{x}", e.find(f"?df{place}:{x}")) for x in definition.letters})
    value = _body_of(inner, definition)
    axes = tuple(inner.letter(x) for x in definition.letters)
    if axes and 0 < len(value.axes) <= len(axes):  # of more axes it is one of many arrays
        value = number(entries(inner, value, axes, definition.body))
    result = Array((*axes, *value.axes), value.body)
    named = {str(i.name) for i in result.axes}
    loose = sorted({str(i.name) for i in value.body.free if len(str(i.name)) == 1} - named)
    if loose:  # u = Σ_j x_ij²: the name hides an index of the formula
        e.world.implicit[key] = tuple(loose)
        hidden = {str(i.name): i for i in value.body.free}
        return Array((*(hidden[x] for x in loose), *result.axes), value.body)
    shape = e.shape(key) if e.rank(key) else ()
    if len(result.axes) != len(shape):
        e.world.learned.ranks[key] = len(result.axes)
        shape = e.shape(key) if result.axes else ()
    for axis, dim in zip(result.axes, shape, strict=False):
        e.unify(axis.dim, dim, definition.body)
    return result


def _body_of(inner: Document, definition: Definition) -> Value:
    body, params = definition.body, definition.params
    try:
        value = inner.value(body)
    except Error:
        if len(params) != 1 or not inner.rank(params[0]) or definition.letters:
            raise
        param = entry_value(inner, params[0], body)
        inner = inner.knowing({params[0]: number(param.body)})  # a function of numbers, entry by entry
        value = Value(param.kind, param.axes, inner.number(body))
    if inner.symbols.customs.einstein:
        return summed(inner.value, body, {*definition.letters, *map(str, inner.place.scope)})
    return value


# --- what nothing defines


_ENTRYWISE = "what is differentiated entry by entry is taken to depend on those entries alone"


def _unknown_symbol(e: Document, key: str, tree: Node) -> None:
    """A symbol that is differentiated though nothing defines it is an unknown function of what it is taken in."""
    world = e.world
    if key in e.symbols.roles.hidden:
        slots = tuple(map(e.fresh, e.shape(key)))
        b = free_index("~hidden", e.find("?hidden"))
        world.functions[f"{key}°f"] = Signature((b.dim,), e.shape(key))
        world.arrays[key] = Array(slots, matfn(f"{key}°f", 0, slots, (b,), entry(HIDDEN, b)))
        return
    wanted = world.depends.get(key)
    if not wanted or key in world.busy:
        return
    world.busy.add(key)
    try:
        wanted = {k: None for k in wanted if key not in reaches(e, k)}
        values = [(k, variable(e, k, tree)) for k in wanted if k != key and not _upstream(e, k, wanted)]
    finally:
        world.busy.discard(key)
    if not values:
        return
    slots = tuple(map(e.fresh, e.shape(key)))
    made, tag = [v for _, v in values], "~".join(k for k, _ in values)
    if len(slots) == 1 and all((key, k) in e.symbols.roles.paired and len(v.axes) == 1 for k, v in values):
        world.notes[_ENTRYWISE] = None
        own = [Value("scalar", (), rename(v.body, {v.axes[0]: slots[0]})) for v in made]
        world.arrays[key] = Array(slots, applied(e, key, (), own, tag))
        return
    body = applied(e, key, slots, made, tag)
    if len(slots) == 2 and any(s.key == key and s.fact in ("symmetric", "posdef") for s in e.world.learned.facts):
        e.unify(slots[0].dim, slots[1].dim, tree)
        body = add(body, rename(body, {slots[0]: slots[1], slots[1]: slots[0]}))
    world.arrays[key] = Array(slots, body)


def applied(e: Document, key: str, slots: tuple[Index, ...], values: Sequence[Value], tag: str) -> Body:
    """An unknown function of some arrays, entry by entry.

    Of several arrays it is a sum of products of functions of each, general enough to tell a false claim.
    """
    if len(values) > 1 and any(v.axes for v in values):
        e.world.stand_ins.add(key)
        factors = [applied(e, key, slots, [value], f"{tag}*{k}") for k, value in enumerate(values)]
        terms = [applied(e, key, slots, [value], f"{tag}+{k}") for k, value in enumerate(values)]
        return add(mul(*factors), *terms)
    fn = f"{key}.{tag}°f"
    bound, body = values[0].axes, values[0].body
    if len(values) > 1:
        bound = (b := free_index("~arg", len(values)),)
        body = add(*(mul(delta(b, position(k, len(values))), v.body) for k, v in enumerate(values)))
    e.world.functions[fn] = Signature(tuple(e.find(b.dim) for b in bound), tuple(s.dim for s in slots))
    fresh = tuple(free_index(f"~a{k}", e.find(b.dim)) for k, b in enumerate(bound))
    return matfn(fn, 0, slots, fresh, rename(body, dict(zip(bound, fresh, strict=True))))


# --- what rests on what


def reaches(e: Document, key: str) -> set[str]:
    """Every symbol that this one depends on, by definition or by what it is differentiated in."""
    found: set[str] = set()
    stack = [key]
    while stack:
        current = stack.pop()
        for other in _nexts(e, current):
            if other != current and other not in found:
                found.add(other)
                stack.append(other)
    return found


def _upstream(e: Document, key: str, among: Mapping[str, None]) -> bool:
    """Whether another of the variables depends on this one, so that it is reached through it."""
    return any(other != key and key in reaches(e, other) for other in among)


def _is_forgotten(e: Document, key: str, definition: Definition) -> bool:
    """An L that is differentiated here in what the L of another section is not made of is another L."""
    wanted = e.world.depends.get(key)
    if not wanted or definition.section == e.symbols.view.section or definition.params:
        return False
    if key not in e.world.forgotten:
        e.world.forgotten[key] = False
        e.world.forgotten[key] = not set(wanted) <= reaches(e, key)
    return e.world.forgotten[key]


def _outside(e: Document, tree: Node) -> Iterator[Node]:
    """The nodes of a tree without what an expectation in it averages over."""
    stack = [tree]
    while stack:
        here = stack.pop()
        yield here
        below = list(children(here))
        if isinstance(here, Expectation):
            drawn = {*here.names, *e.symbols.roles.random}
            below = [b for b in below if not (isinstance(b, Name | Indexed) and symbol_key(e.symbols, b) in drawn)]
        stack += below[::-1]


def _nexts(e: Document, key: str) -> list[str]:
    definition = latest(e.symbols, key, e.world.place)
    if definition is None or key in e.world.own or e.world.forgotten.get(key):
        return list(e.world.depends.get(key, ()))
    nodes = list(_outside(e, definition.body))
    found = {symbol_key(e.symbols, n): None for n in nodes if isinstance(n, Indexed)}
    for node in nodes:
        if isinstance(node, Name):
            found |= dict.fromkeys(e.symbols.key(node.stem, node.font, k) for k in (0, 1, 2))
    return [key for key in found if key]
