"""From a document to its chains. Owns: what stands where, in order, with case scopes, definitions and facts.

A chain is a run of sides joined by relations; a display that begins with = goes on with the one before. Never: judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from gradwright.core.errors import Error, Span
from gradwright.core.extents import Clash
from gradwright.core.facts import FACTS
from gradwright.read.latex.functions import grammar_of
from gradwright.read.latex.macros import assumed
from gradwright.read.latex.nodes import (
    ENDLESS,
    Differential,
    Expectation,
    Gradient,
    Hessian,
    Run,
    is_sample,
    symbol,
    written,
)
from gradwright.read.latex.rows import Line, lines_of
from gradwright.read.latex.segment import segment
from gradwright.read.latex.tokens import Token, macros_in, tokenize
from gradwright.read.syntax import (
    Big,
    Call,
    Derivative,
    Group,
    Indexed,
    Letter,
    Name,
    Node,
    Number,
    Pair,
    Place,
    Product,
    Quotient,
    Transposed,
    bare,
    walk,
)
from gradwright.referee.evidence import prose, spoken
from gradwright.referee.evidence.chains import Builder, Chain, Collected, Link, unreadable
from gradwright.referee.evidence.claims import keep_restated, labelled, named, second_meaning, sort_links
from gradwright.referee.evidence.cotangents import name_gradients
from gradwright.referee.evidence.families import find_families
from gradwright.referee.evidence.hypotheses import fact_of_set, lasting
from gradwright.referee.evidence.seen import gather
from gradwright.referee.evidence.sigmoid import TAKEN, learn_sigmoid
from gradwright.referee.evidence.squares import name_squares
from gradwright.referee.formats.source import Source
from gradwright.referee.meaning.indices import until
from gradwright.referee.meaning.numbered import is_far
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.symbols import (
    MATRIX_LETTERS,
    Stated,
    Symbols,
    base_of,
    dependencies,
    family_name,
    symbol_key,
    whole_of,
)
from gradwright.referee.shield import Internal, unit

_EINSTEIN = r"index notation|[Ee]instein|summation convention|[Rr]epeated ind"

__all__ = [
    "Chain",
    "Collected",
    "Link",
    "collect",
    "keep_restated",
    "labelled",
    "named",
    "second_meaning",
]


def collect(
    source: Source, given: Sequence[str] = (), shapes: Sequence[str] = (), labels: frozenset[str] = frozenset(),
    within: Span | None = None,
) -> Collected:  # fmt: skip
    """Everything that is to be judged, with what is known about its symbols.

    ``labels``  letters that are no index
    ``within``  where the formulas stand that are to be judged, if not all are
    """
    text = source.text
    pieces = segment(text)
    if within is not None:
        pieces = [piece for piece in pieces if piece.end > within[0] and piece.start < within[1]]
    defined = macros_in(text)
    customary = assumed(text, defined)
    macros = {**customary.macros, **defined}
    lines: list[list[Line]] = []
    for piece in pieces:
        lines.append([])
        if piece.kind == "math":
            said = text[piece.start : piece.end]
            try:
                with unit("the tokens of a formula", (piece.start, piece.end)):
                    lines[-1] = lines_of(tokenize(said, piece.start, macros))
            except Error as error:
                lines[-1] = [unreadable(error, error.span or (piece.start, piece.end))] if "=" in said else []
    grammar = grammar_of([line for ls in lines for line in ls])
    grammar.labels |= labels
    builder = Builder(source, pieces, lines, grammar)
    builder.build()
    collected = Collected(source, builder.chains, Symbols(), grammar, said=customary.said)
    collected.symbols.einstein = bool(re.search(_EINSTEIN, text))
    try:
        with unit("what a document says of its symbols", passing=(Error,)):  # a directive that is wrong
            _learn(collected, builder, given, shapes)
    except Internal as error:
        for link in (link for chain in collected.chains for link in chain.links):
            link.error = error
    return collected


def _learn(collected: Collected, builder: Builder, given: Sequence[str], shapes: Sequence[str]) -> None:
    """Everything that is known of the symbols: words of the whole, formulas, then what is said of single symbols."""
    symbols, text = collected.symbols, collected.source.text
    symbols.functions = set(collected.grammar.functions)
    side = _conventions(symbols, text.lower())
    if learn_sigmoid(symbols, builder.chains, text):
        collected.said += (TAKEN,)
    _look(symbols, builder)
    symbols.holders = {k: side for k, rank in symbols.ranks.items() if rank == 2 and k.removeprefix("bold ").isupper()}
    symbols.random = {symbol_key(symbols, tree) for tree in [*builder.drawn, *_averaged(builder.trees)]} - {""}
    _said(collected, builder, text)
    for part in [*prose.directives(text), *given, *shapes]:
        _directive(symbols, part)
    nodes = [node for tree in builder.trees for node in walk(tree)]
    moved = (n.body for n in nodes if isinstance(n, Differential) and isinstance(n.body, Name | Indexed))
    symbols.varying |= {symbol_key(symbols, body) for body in moved}
    symbols.extents |= _bounds(symbols, nodes)
    for count, members in _means(symbols, builder.chains, nodes):
        for member in members:
            _counted(symbols, count, member)
    symbols.hidden = _hidden(symbols, [n.body for n in nodes if isinstance(n, Gradient) and n.wrt is None])
    for key, rank in _labels(symbols, nodes):
        symbols.ranks.setdefault(key, rank)
    _siblings(symbols, nodes)
    symbols.wrts = {symbol_key(symbols, wrt) for tree in builder.trees for wrt in _varied(tree)} - {""}
    symbols.facts += lasting(symbols, builder.chains)
    _square(symbols)
    symbols.depends = dependencies(builder.trees, symbols)
    sort_links(collected)
    symbols.hidden = {k for k in symbols.hidden if not any(d.key == k for d in symbols.definitions)}


def _varied(tree: Node) -> Iterator[Node]:
    """What is differentiated in."""
    for node in walk(tree):
        if isinstance(node, Derivative):
            yield from node.wrt
        elif isinstance(node, Gradient | Hessian) and node.wrt is not None:
            yield node.wrt


def _averaged(trees: Sequence[Node]) -> list[Node]:
    """x in E[x] and Var(x): what stands by itself under a moment."""
    moments = (n for tree in trees for n in walk(tree) if isinstance(n, Expectation))
    return [body for moment in moments for body in moment.bodies if isinstance(body, Name | Indexed)]


def _conventions(symbols: Symbols, text: str) -> str:
    """What the words of the whole document say; whether matrices hold their vectors in rows or in columns."""
    if "sigmoid" in text or "logistic function" in text:
        symbols.words.add("sigmoid")
    if re.search(r"\b(?:cross|vector) products?\b|\bangular momentum\b|\btorque\b", text):
        symbols.words.add("cross product")
    symbols.holding_said = bool(re.search(r"\b(rows?|columns?|design matrix|data matrix)\b", text))
    symbols.row_vectors = "row vector" in text and "column vector" not in text
    return "columns" if re.search(r"\bcolumns?\b", text) and not re.search(r"\brows?\b", text) else "rows"


def _look(symbols: Symbols, builder: Builder) -> None:
    """Names, ranks and families by the formulas; what is declared is said first and last."""
    fonts = {(base.stem, base.font) for tree, _, _ in builder.sets if isinstance(base := base_of(tree), Name)}
    once = {stem for stem, _ in fonts if len([font for name, font in fonts if name == stem]) == 1}
    for declared in builder.sets:
        _declared(symbols, *declared)
    builder.trees = name_gradients(builder.chains, name_squares(builder.chains, builder.trees))
    equal = _equated(builder.chains)
    symbols.whole = _entered(equal, builder.trees)
    gather(symbols, builder.trees, once)
    members = [(tree, len(_shape_in(tokens) or ()), section) for tree, tokens, section in builder.sets]
    sections = {id(side.tree): chain.section for chain in builder.chains for side in chain.sides}
    find_families(symbols, builder.trees, equal, members, sections)
    for declared in builder.sets:
        _declared(symbols, *declared)


def _hidden(symbols: Symbols, under: Sequence[Node]) -> set[str]:
    """The symbols under ∇ that depend on one variable without a name: those that stand under it by themselves.

    Beside them the other vectors under a ∇ depend on it too; matrices are constant.
    """
    found: set[str] = set()
    for body in under:
        while isinstance(body, Group | Transposed):
            symbols.gradients_of_rows |= isinstance(body, Transposed)
            body = body.body
        if isinstance(body, Name):
            found.add(symbols.key(body.stem, body.font))
    if not found:
        return found
    inner = {n.stem: symbol_key(symbols, n) for body in under for n in walk(body) if isinstance(n, Name)}
    others = {key for stem, key in inner.items() if stem.islower() and symbols.rank(key) == 1}
    return found | (others - symbols.constants)


def _bounds(symbols: Symbols, nodes: Sequence[Node]) -> set[str]:
    """The symbols that are extents: n above a Σ and below an I."""
    binders = [b for n in nodes if isinstance(n, Big | Run) for b in n.binders if b.high is not None]
    lows = [b.low.text if isinstance(b.low, Number) else None for b in binders]
    ends = [until(bare(b.high), low)[0] for b, low in zip(binders, lows, strict=True) if b.high is not None]
    keys = {symbol_key(symbols, end) for end in ends if isinstance(end, Name) or not free_letters(end)}
    sized = [n.items for n in nodes if isinstance(n, Indexed) and symbol(n.base) == "I" and len(n.items) == 1]
    return (keys | {written(items[0]) for items in sized if not written(items[0]).isdigit()}) - {"", ENDLESS}


def _means(symbols: Symbols, chains: Sequence[Chain], nodes: Sequence[Node]) -> Iterator[tuple[str, list[Indexed]]]:
    """m, and the x_i of 1/m Σ_i x_i: whoever divides a sum without a bound by a letter means how many terms it has."""
    heads = {symbol_key(symbols, c.sides[0].tree) for c in chains if isinstance(c.sides[0].tree, Name)}
    for node in nodes:
        parts = [bare(factor) for _, factor in node.factors] if isinstance(node, Product) else []
        for one, two in pairwise(parts):
            count = _divisor(one)
            if count is None or not isinstance(two, Big) or two.operator != "sum" or len(two.binders) != 1:
                continue
            key, binder = symbol_key(symbols, count), two.binders[0]
            if key in heads or key in symbols.declared or binder.high is not None or two.conditions:
                continue
            inner = [n for n in walk(two.body) if isinstance(n, Indexed) and len(n.items) == 1]
            yield key, [n for n in inner if isinstance(n.items[0], Letter) and n.items[0].name == binder.name]


_COUNTS = frozenset("nmdkpbNMDKTB")


def _divisor(tree: Node) -> Name | None:
    """n in 1/n and 1/(2n)."""
    if not isinstance(tree, Quotient) or not isinstance(bare(tree.top), Number):
        return None
    bottom = bare(tree.bottom)
    factors = [bare(f) for _, f in bottom.factors] if isinstance(bottom, Product) else [bottom]
    names = [f for f in factors if not isinstance(f, Number)]
    name = names[0] if len(names) == 1 else None
    return name if isinstance(name, Name) and name.stem in _COUNTS and not name.font else None


def _labels(symbols: Symbols, nodes: Sequence[Node]) -> Iterator[tuple[str, int]]:
    """The ranks of symbols with a label: their subscripts say them, or else their letters."""
    heads = {id(node.function) for node in nodes if isinstance(node, Call)}  # P_θ(x) is a number, P_1 a matrix
    for node in nodes:
        base, items = whole_of(node)
        if id(node) in heads or not isinstance(base, Name) or any(map(is_sample, items)):
            continue
        labels, real = symbols.names.parted(base.stem, items)
        if labels:
            key = symbols.key(f"{base.stem}_{','.join(labels)}", base.font)
            yield key, sum(2 if isinstance(i, Pair) else 1 for i in real) or _by_letter(symbols, base)


def _siblings(symbols: Symbols, nodes: Sequence[Node]) -> None:
    """x_0 is what x_t and x_{t+1} are, where all are names of their own: columns, if one is shown to be one."""
    many: dict[tuple[str, str], set[str]] = {}
    for node in nodes:
        base, items = whole_of(node)
        if isinstance(base, Name) and len(items) == 1 and symbols.names.parted(base.stem, items)[0]:
            many.setdefault((base.stem, base.font), set()).add(symbol_key(symbols, node))
    for keys in many.values():
        free = {k for k in keys if k not in symbols.declared and k not in symbols.scalars}
        rank = max((symbols.rank(k) for k in keys), default=0)
        if rank == 1:
            symbols.ranks.update(dict.fromkeys(free, rank))


def _by_letter(symbols: Symbols, base: Name) -> int:
    if base.font == "bold":
        return 2 if base.stem[:1].isupper() else 1
    if base.stem in MATRIX_LETTERS:
        return 2
    return symbols.rank(symbols.key(base.stem, base.font)) if base.stem in symbols.seen.alone else 0


def _square(symbols: Symbols) -> None:
    """What is said to be symmetric, orthogonal, … has as many rows as columns."""
    for stated in symbols.facts:
        row = FACTS.get(stated.fact)
        if row is not None and row.square and symbols.rank(stated.key) == 2:
            with suppress(Clash):  # of shapes that are declared
                symbols.sizes.unify(*symbols.shape(stated.key))


def _equated(chains: Sequence[Chain]) -> list[tuple[Node, Node]]:
    pairs = [(c.sides[k.left].tree, c.sides[k.left + 1].tree) for c in chains for k in c.links]
    return [(left, right) for left, right in pairs if left is not None and right is not None]


def _entered(equal: Sequence[tuple[Node, Node]], trees: Sequence[Node]) -> set[str]:
    """x in f(x) = x_1 + x_2, a variable of which entries are taken, and z in f(z)."""
    places: set[tuple[str, int]] = set()
    for left, right in equal:
        picked = [found for n in walk(right) if (found := _placed(n)) is not None]
        names = {base for base, _ in picked} - {base for base, at in picked if at == "0"}
        if isinstance(left, Call):
            params = enumerate(left.arguments)
            places |= {(symbol(left.function), k) for k, a in params if isinstance(a, Name) and a.stem in names}
    calls = [n for t in trees for n in walk(t) if isinstance(n, Call)] if places else []
    args = ((symbol(c.function), k, a) for c in calls for k, a in enumerate(c.arguments))
    return {a.stem for head, k, a in args if (head, k) in places and isinstance(a, Name)}


def _placed(node: Node) -> tuple[str, str] | None:
    """x and 1 for x_1."""
    if isinstance(node, Indexed) and isinstance(node.base, Name):
        (first, *_) = node.items
        return (node.base.stem, written(first)) if isinstance(first, Place) or is_far(first) else None
    return None


def _declared(symbols: Symbols, tree: Node, tokens: Sequence[Token], section: int) -> None:
    r"""X ∈ \mathbb{R}^{n×m}."""
    base = base_of(tree) if isinstance(tree, Name | Indexed) else None
    if base is not None and "".join(t.text for t in tokens if t.kind == "letter") in ("C", "H"):
        symbols.beyond.add(symbol_key(symbols, tree))
    if (fact := fact_of_set(tokens)) and base is not None:
        symbols.state(fact, symbol_key(symbols, tree), "stated", tree.span[0])
    shape = _shape_in(tokens)
    if base is None or not isinstance(base, Name) or shape is None:
        return
    symbols.extents |= {d for d in shape if isinstance(d, str)}
    symbols.sizes.declare(shape)
    if isinstance(tree, Indexed) and symbols.family(tree):
        key = family_name(tree)
        symbols.ranks[key], symbols.shapes[key] = len(shape) + 1, (f"?{key}:0", *shape)
        return
    numbered = isinstance(tree, Indexed) and all(isinstance(i, Place) for i in tree.items)
    if numbered and len(shape) == 2 and base.stem not in symbols.names.labelled:
        return  # W_1 ∈ ℝ^{n×m} says nothing of W
    key = symbol_key(symbols, tree) if numbered else symbols.key(base.stem, base.font)
    symbols.ranks[key] = len(shape)
    symbols.shapes[key] = tuple(shape)
    symbols.declared[key] = section


def _shape_in(tokens: Sequence[Token]) -> list[str | int] | None:
    r"""The extents in \mathbb{R}^{n×m}, those of 1 left out; None where it is another set."""
    flat = [t for t in tokens if t.kind not in ("open", "close", "gap")]
    if not flat or flat[0].text not in ("R", "Re"):
        return None
    if (len(flat) > 1 and flat[1].kind != "sup") or any(t.text in ("+", "-", "/", "*") for t in flat):
        return None
    parts: list[list[Token]] = [[]]
    for token in flat[2:]:
        if token.text in ("times", ","):
            parts.append([])
        elif token.kind in ("letter", "number", "sub", "cmd", "word"):
            parts[-1].append(token)
    names = ["".join(t.text for t in part) for part in parts if part]
    shape: list[str | int] = [int(name) if name.isdigit() else name for name in names]
    if len(shape) == 2 and 1 in shape:
        shape.remove(1)
    return shape


def _said(collected: Collected, builder: Builder, text: str) -> None:
    """Facts in prose; a formula between the words is a number in brackets."""
    symbols = collected.symbols
    parts: list[str] = []
    for number, piece in enumerate(builder.pieces):
        if piece.kind == "prose":
            parts.append(text[piece.start : piece.end])
        elif piece.kind == "math":
            if text[piece.start : piece.end].strip() == "1":
                parts.append("⟦one⟧")
            else:
                parts.append(f"⟦{number}⟧" if not piece.display else f" ⟦{number}⟧ ")
    _spoken(collected, builder, "".join(parts))
    named = {**builder.defined, **builder.loose}
    drawn = (named.get(number) for number in spoken.drawn("".join(parts)))
    symbols.random |= {symbol_key(symbols, tree) for tree in drawn if tree is not None} - {""}
    symbols.missing |= {
        symbol_key(symbols, tree)
        for number in prose.structured("".join(parts))
        if isinstance(tree := builder.loose.get(number, builder.defined.get(number)), Name | Indexed)
    }
    for number in prose.beyond("".join(parts)):
        tree = builder.loose.get(number, builder.defined.get(number))
        symbols.beyond |= (
            {symbol_key(symbols, n) for n in walk(tree) if isinstance(n, Name)} if tree is not None else set()
        )
    for words in prose.facts_in("".join(parts), frozenset(builder.declaring)):
        loose = builder.loose.get(words.piece)
        for tree in builder.members.get(words.piece, [loose] if loose is not None else []):
            _stated_of(symbols, words, tree)


def _stated_of(symbols: Symbols, words: prose.Words, tree: Node) -> None:
    """A fact in words, of one symbol."""
    base = base_of(tree)
    if base is None or not isinstance(base, Name):
        return
    key = symbols.key(base.stem, base.font, isinstance(tree, Indexed))
    if words.fact == "constant":
        symbols.constants.add(key)
    elif words.fact == "elementwise":
        symbols.elementwise.add(key)
    else:
        ranks = FACTS[words.fact].ranks
        if symbols.rank(key) not in ranks and key not in symbols.declared and not symbols.seen.lettered & {key}:
            symbols.ranks[key] = ranks[0]  # what has orthonormal columns is a matrix
        symbols.facts.append(Stated(words.fact, key, words.said, 0))


def _spoken(collected: Collected, builder: Builder, said: str) -> None:
    """Ranks and shapes in words, of symbols whose shape no formula declares."""
    symbols, text = collected.symbols, collected.source.text
    sizes = {n: spoken.size_of(text[p.start : p.end]) for n, p in enumerate(builder.pieces) if p.kind == "math"}
    named = {**builder.defined, **builder.loose}
    names = {n: tree for n, tree in named.items() if isinstance(tree, Name | Indexed) and symbol(tree) not in "01I"}
    for size, many in spoken.counted(said):
        if len(count := sizes.get(size, ())) == 1 and not count[0].isdigit():
            _counted(symbols, count[0], named.get(many) if many is not None else None)
    told = set(symbols.declared)
    for found in spoken.declarations(said, names.__contains__, lambda n: len(sizes.get(n, ()))):
        shape = sizes[found.size] if found.size is not None else ()
        for name in found.names:
            key = symbol_key(symbols, names[name])
            if not key or key in told or symbols.family(names[name]) or key in symbols.seen.lettered:
                continue
            told.add(key)
            symbols.guessed.discard(key)
            symbols.ranks[key] = found.rank
            dims = [int(d) if d.isdigit() else d for d in shape]
            square = (f"?{symbol_key(symbols, names[found.names[0]])}:0",) * 2
            symbols.shapes[key] = tuple(dims) or (square if found.square else symbols.shape(key))
            symbols.extents |= {d for d in dims if isinstance(d, str)}
            symbols.sizes.declare(dims)
            if dims:
                symbols.declared[key] = builder.section_of.get(name, 0)


def _counted(symbols: Symbols, count: str, tree: Node | None) -> None:
    """n is the number of the x_i, where “n observations x_i” stands."""
    symbols.extents.add(count)
    if tree is None or (base := base_of(tree)) is None or not isinstance(base, Name):
        return
    key = symbol_key(symbols, tree) or symbols.key(base.stem, base.font, 1)
    rank = symbols.rank(key)
    if rank and key not in symbols.declared:
        symbols.shapes[key] = (count, *symbols.shape(key)[1:])


def _directive(symbols: Symbols, text: str) -> None:
    kind, name, values = prose.directive(text)
    name = name.lstrip("\\")
    key = symbols.key(name, "bold" if name in symbols.names.apart else "")
    if kind == "shape":
        shape = tuple(int(v) if v.isdigit() else v for v in values)
        symbols.ranks[key], symbols.shapes[key] = len(shape), shape
        return
    for fact in values:
        if fact == "constant":
            symbols.constants.add(key)
        elif fact == "vector":
            symbols.ranks[key] = 1
        elif fact == "matrix":
            symbols.ranks[key] = 2
        elif fact == "scalar":
            symbols.ranks[key] = 0
        elif fact == "elementwise":
            symbols.elementwise.add(key)
        elif fact in FACTS:
            symbols.facts.append(Stated(fact, key, "stated", 0))
        else:
            raise Error(f"there is no fact {fact}", hint="facts: " + ", ".join(FACTS))
