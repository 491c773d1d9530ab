"""From a document to its chains. Owns: what stands where, in order, with case scopes, definitions and facts.

A chain is a run of sides joined by relations; a display that begins with = goes on with the one before. Never: judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from gradwright.core.errors import Error, Span
from gradwright.core.extents import Clash, Extents
from gradwright.core.facts import FACTS
from gradwright.core.index import Dim
from gradwright.read.latex.functions import grammar_of
from gradwright.read.latex.letters import takes_steps
from gradwright.read.latex.macros import left_out, macros_of
from gradwright.read.latex.nodes import (
    ENDLESS,
    Differential,
    Expectation,
    Gradient,
    Run,
    is_sample,
    symbol,
    variables_of,
    written,
)
from gradwright.read.latex.rows import Line, lines_of
from gradwright.read.latex.segment import Piece, segment
from gradwright.read.latex.tokens import Token, tokenize
from gradwright.read.syntax import (
    ORDERS,
    Big,
    Call,
    Group,
    Indexed,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Pair,
    Place,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Transposed,
    bare,
    walk,
)
from gradwright.referee.evidence import prose, spoken
from gradwright.referee.evidence.chains import Builder, Chain, Collected, comparisons, equated, unreadable
from gradwright.referee.evidence.claims import Sorting, sort_links
from gradwright.referee.evidence.cotangents import name_gradients
from gradwright.referee.evidence.decompositions import decomposed
from gradwright.referee.evidence.families import find_families
from gradwright.referee.evidence.hypotheses import fact_of_set, lasting, suppose
from gradwright.referee.evidence.piecewise import put_together
from gradwright.referee.evidence.seen import gather, is_capital
from gradwright.referee.evidence.sigmoid import TAKEN, learn_sigmoid
from gradwright.referee.evidence.squares import name_squares
from gradwright.referee.formats.source import Source
from gradwright.referee.meaning.einstein import keeps_to_it
from gradwright.referee.meaning.indices import until
from gradwright.referee.meaning.laws import law_of
from gradwright.referee.meaning.numbered import is_far
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.symbols import (
    MATRIX_LETTERS,
    Customs,
    Roles,
    Stated,
    Symbols,
    base_of,
    dependencies,
    family_name,
    paired,
    symbol_key,
    whole_of,
)
from gradwright.referee.shield import Internal, unit

_LAPLACIAN = r"laplac|harmonic|\\Delta\s*\^|\\(?:nabla|grad)\s*\\Delta"
_EINSTEIN = r"index notation|[Ee]instein|summation convention|[Rr]epeated ind"


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
    macros = macros_of(text)
    lines: list[list[Line]] = []
    for piece in pieces:
        lines.append([])
        if piece.kind == "math":
            said = text[piece.start : piece.end]
            try:
                with unit("the tokens of a formula", (piece.start, piece.end)):
                    lines[-1] = lines_of(tokenize(said, piece.start, macros.known))
            except Error as error:
                lines[-1] = [unreadable(error, error.span or (piece.start, piece.end))] if "=" in said else []
    every = [line for ls in lines for line in ls]
    grammar = grammar_of(every)
    grammar.letters.labels |= labels
    grammar.letters.steps = takes_steps(every) and not re.search(_LAPLACIAN, text, re.I)
    builder = Builder(source, pieces, lines, grammar)
    builder.build()
    put_together(builder.chains)
    if re.search(r"\bconvol", text, re.I):
        _leave_out_convolutions(builder.chains)
    symbols = Symbols(roles=Roles(functions=frozenset(grammar.functions)))
    said = left_out(text, macros, {n.stem for tree in builder.trees for n in walk(tree) if isinstance(n, Name)})
    sorting, taken = Sorting(symbols, {}), (*macros.said, *((said,) if said else ()))
    try:
        with unit("what a document says of its symbols", passing=(Error,)):  # a directive that is wrong
            customs, logistic = learn_sigmoid(_customs(text, builder.chains), builder.chains, text)
            taken += (TAKEN,) if logistic else ()
            known = _learned(replace(symbols, customs=customs), builder, text, given, shapes)
            sorting = sort_links(known, builder.chains)
            suppose(sorting.symbols, builder.chains)
    except Internal as error:
        for link in (link for chain in builder.chains for link in chain.links):
            link.error = error
    return Collected(source, builder.chains, sorting.symbols, grammar, sorting.imposed, taken)


def _leave_out_convolutions(chains: Sequence[Chain]) -> None:
    """Where convolutions are spoken of, a ∗ b may be one, and no product."""
    for side in (side for chain in chains for side in chain.sides):
        nodes = walk(side.tree) if side.tree is not None else ()
        signs = {op for n in nodes if isinstance(n, Product) for op, _ in n.factors}
        if "*" in signs:
            side.tree, side.error = None, Error("∗ may be a convolution here, which is not computed", side.span)


def _learned(symbols: Symbols, builder: Builder, text: str, given: Sequence[str], shapes: Sequence[str]) -> Symbols:
    """Everything that is known of the symbols: words of the whole, formulas, then what is said of single symbols."""
    symbols = _looked_at(symbols, builder)
    symbols = _random(_holding(symbols, text), [*(tree for tree, _ in builder.drawn), *_averaged(builder.trees)])
    symbols = _drawn(symbols, builder.drawn)
    symbols = _shown_by_company(_said(symbols, builder, text), builder)
    for part in [*prose.directives(text), *given, *shapes]:
        symbols = _directive(symbols, part)
    nodes = [node for tree in builder.trees for node in walk(tree)]
    extents = symbols.shapes.extents | _bounds(symbols, nodes)
    symbols = replace(symbols, shapes=replace(symbols.shapes, extents=extents))
    for count, member in _means(symbols, builder.chains, nodes):
        symbols = _counted(symbols, count, member)
    symbols = _varying(symbols, nodes)
    symbols = symbols.ranked({**dict(reversed([*_labels(symbols, nodes)])), **symbols.shapes.ranks})
    symbols = _siblings(_shown_numbers(symbols, builder.chains, nodes), nodes)
    wrts = frozenset(symbol_key(symbols, wrt) for node in nodes for wrt in variables_of(node)) - {""}
    symbols = replace(symbols, roles=replace(symbols.roles, wrts=wrts)).state(
        *lasting(symbols, builder.chains), *decomposed(symbols, builder.chains)
    )
    symbols = _square(symbols)
    depends, alone = dependencies(builder.trees, symbols), paired(builder.trees, symbols)
    return replace(symbols, roles=replace(symbols.roles, depends=depends, paired=alone))


def _holding(symbols: Symbols, text: str) -> Symbols:
    """Every matrix may hold vectors, in its columns if these alone are spoken of."""
    said = text.lower()
    side = "columns" if re.search(r"\bcolumns?\b", said) and not re.search(r"\brows?\b", said) else "rows"
    matrices = (k for k, rank in symbols.shapes.ranks.items() if rank == 2 and k.removeprefix("bold ").isupper())
    return replace(symbols, shapes=replace(symbols.shapes, holders=dict.fromkeys(matrices, side)))


def _random(symbols: Symbols, trees: Iterable[Node]) -> Symbols:
    keys = symbols.roles.random | {symbol_key(symbols, tree) for tree in trees} - {""}
    return replace(symbols, roles=replace(symbols.roles, random=keys))


def _drawn(symbols: Symbols, drawn: Sequence[tuple[Node, Node | None]]) -> Symbols:
    """The law of each symbol that is drawn from one alone."""
    told = [(symbol_key(symbols, tree), law) for tree, law in drawn if isinstance(tree, Name)]
    many = [key for key, _ in told]
    laws = {key: law for key, law in told if law is not None and key and many.count(key) == 1}
    covariances = (law_of(law) for _, law in drawn if law is not None)
    for row, parameters in (found for found in covariances if found is not None):
        spread = parameters[-1]
        if row.gaussian and isinstance(spread, Name) and is_capital(spread.stem) and spread.stem != "I":
            key = symbol_key(symbols, spread)
            symbols = symbols.state(Stated("symmetric", key, "the covariance of a Gaussian", 0))
    return replace(symbols, roles=replace(symbols.roles, laws=laws))


def _varying(symbols: Symbols, nodes: Sequence[Node]) -> Symbols:
    """What stands under a d, and what under a ∇ depends on a variable without a name."""
    moved = (n.body for n in nodes if isinstance(n, Differential) and isinstance(n.body, Name | Indexed))
    varying = symbols.roles.varying | {symbol_key(symbols, body) for body in moved}
    under = [n.body for n in nodes if isinstance(n, Gradient) and n.wrt is None]
    turned = any(isinstance(n, Transposed) for body in under for n in _wrappers(body))
    customs = replace(symbols.customs, gradients_of_rows=turned)
    return replace(
        symbols, customs=customs, roles=replace(symbols.roles, varying=varying, hidden=_hidden(symbols, under))
    )


def _averaged(trees: Sequence[Node]) -> list[Node]:
    """x in E[x] and Var(x): what stands by itself under a moment."""
    moments = (n for tree in trees for n in walk(tree) if isinstance(n, Expectation))
    return [body for moment in moments for body in moment.bodies if isinstance(body, Name | Indexed)]


def _customs(text: str, chains: Sequence[Chain]) -> Customs:
    """What the words of the whole document say; and its formulas, of the summation convention."""
    said = text.lower()
    return Customs(
        sigmoid="sigmoid" in said or "logistic function" in said,
        row_vectors="row vector" in said and "column vector" not in said,
        said_held=bool(re.search(r"\b(rows?|columns?|design matrix|data matrix)\b", said)),
        einstein=bool(re.search(_EINSTEIN, text)) or keeps_to_it([chain.trees for chain in chains]),
        crossed=bool(re.search(r"\b(?:cross|vector) products?\b|\bangular momentum\b|\btorque\b", said)),
    )


def _looked_at(symbols: Symbols, builder: Builder) -> Symbols:
    """Names, ranks and families by the formulas; what is declared is said first and last."""
    fonts = {(base.stem, base.font) for tree, _, _ in builder.sets if isinstance(base := base_of(tree), Name)}
    once = {stem for stem, _ in fonts if len([font for name, font in fonts if name == stem]) == 1}
    symbols = _all_declared(symbols, builder)
    builder.trees = name_gradients(builder.chains, name_squares(builder.chains, builder.trees))
    equal = [(left, right) for _, _, left, right in equated(builder.chains)]
    symbols = replace(symbols, shapes=replace(symbols.shapes, whole=_entered(equal, builder.trees)))
    symbols = gather(symbols, builder.trees, once, _compared(builder))
    return _shown_by_company(symbols, builder)


def _compared(builder: Builder) -> frozenset[str]:
    """P and R in P, R > 0."""
    definite = {id(tree) for tree, _ in builder.definite}
    found: set[str] = set()
    for before, chain in pairwise([None, *builder.chains]):
        assert chain is not None
        item = next(iter(comparisons(chain)), None)
        ordered = item is not None and item.relation in ORDERS and id(item.left) not in definite
        if item is None or not ordered or not isinstance(item.left, Name) or not isinstance(item.right, Number):
            continue
        found.add(item.left.stem)
        listed = before.sides[0].tree if before is not None and len(before.sides) == 1 else None
        if isinstance(listed, Name) and 0 <= chain.place - listed.span[1] <= _NEAR:
            found.add(listed.stem)
    return frozenset(found)


_NEAR = 3  # characters between two symbols of a list


def _shown_by_company(symbols: Symbols, builder: Builder) -> Symbols:
    """Ranks and families by what stands beside a symbol."""
    equal = [(left, right) for _, _, left, right in equated(builder.chains)]
    members = [(tree, len(_shape_in(tokens) or ()), section) for tree, tokens, section in builder.sets]
    sections = {id(side.tree): chain.section for chain in builder.chains for side in chain.sides}
    return _all_declared(find_families(symbols, builder.trees, equal, members, sections), builder)


def _all_declared(symbols: Symbols, builder: Builder) -> Symbols:
    for declared in builder.sets:
        symbols = _declared(symbols, *declared)
    return symbols


def _wrappers(tree: Node) -> Iterator[Node]:
    """A tree, and what is in it while it is nothing but a bracket or a transpose of that."""
    yield tree
    while isinstance(tree, Group | Transposed):
        tree = tree.body
        yield tree


def _hidden(symbols: Symbols, under: Sequence[Node]) -> frozenset[str]:
    """The symbols under ∇ that depend on one variable without a name: those that stand under it by themselves.

    Beside them the other vectors under a ∇ depend on it too; matrices are constant.
    """
    alone = [node for body in under for node in _wrappers(body) if isinstance(node, Name)]
    found = frozenset(symbols.key(node.stem, node.font) for node in alone)
    if not found:
        return found
    said = [body for body in under if not isinstance(bare(body, Transposed), Call)]  # ∇f(x) names its variable
    inner = {n.stem: symbol_key(symbols, n) for body in said for n in walk(body) if isinstance(n, Name)}
    others = {key for stem, key in inner.items() if stem.islower() and symbols.rank(key) == 1}
    return found | (others - symbols.roles.constants)


def _bounds(symbols: Symbols, nodes: Sequence[Node]) -> set[str]:
    """The symbols that are extents: n above a Σ and below an I."""
    binders = [b for n in nodes if isinstance(n, Big | Run) for b in n.binders if b.high is not None]
    lows = [b.low.text if isinstance(b.low, Number) else None for b in binders]
    ends = [until(bare(b.high), low)[0] for b, low in zip(binders, lows, strict=True) if b.high is not None]
    keys = {symbol_key(symbols, end) for end in ends if isinstance(end, Name) or not free_letters(end)}
    sized = [n.items for n in nodes if isinstance(n, Indexed) and symbol(n.base) == "I" and len(n.items) == 1]
    return (keys | {written(items[0]) for items in sized if not written(items[0]).isdigit()}) - {"", ENDLESS}


def _means(symbols: Symbols, chains: Sequence[Chain], nodes: Sequence[Node]) -> Iterator[tuple[str, Indexed]]:
    """m, and the x_i of 1/m Σ_i x_i: whoever divides a sum without a bound by a letter means how many terms it has."""
    heads = {symbol_key(symbols, c.sides[0].tree) for c in chains if isinstance(c.sides[0].tree, Name)}
    for node in nodes:
        parts = [bare(factor) for _, factor in node.factors] if isinstance(node, Product) else []
        for one, two in pairwise(parts):
            count = _divisor(one)
            if count is None or not isinstance(two, Big) or two.operator != "sum" or len(two.binders) != 1:
                continue
            key, binder = symbol_key(symbols, count), two.binders[0]
            if key in heads or key in symbols.shapes.declared or binder.high is not None or two.conditions:
                continue
            inner = [n for n in walk(two.body) if isinstance(n, Indexed) and len(n.items) == 1]
            yield from ((key, n) for n in inner if isinstance(n.items[0], Letter) and n.items[0].name == binder.name)


_COUNTS = frozenset("nmdkpbNMDKTB")
"""Letters that say how many there are; Z is what weights are divided by."""


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
            applied = key in symbols.seen.laws  # P_θ of P_θ(x) is a number
            by_letter = 0 if applied else _by_letter(symbols, base)
            yield key, sum(2 if isinstance(i, Pair) else 1 for i in real) or by_letter


def _shown_numbers(symbols: Symbols, chains: Sequence[Chain], nodes: Sequence[Node]) -> Symbols:
    """θ_0 and θ_1, where θ_1 = 0.5 stands somewhere: numbers that are told apart by numbers, whatever θ is; x̄ = 2.5."""
    pairs = [pair for _, _, left, right in equated(chains) for pair in ((left, right), (right, left))]
    values = {_numbered(symbols, one) for one, two in pairs if _is_value(two)}
    shown = {symbol_key(symbols, node) for node in nodes if _numbered(symbols, node) in values - {None}}
    shown |= {symbol_key(symbols, one) for one, two in pairs if _is_mean(one) and _is_value(two)}
    ranked = symbols.ranked(dict.fromkeys(shown, 0))
    return replace(ranked, shapes=replace(ranked.shapes, scalars=ranked.shapes.scalars | shown))


def _is_mean(node: Node) -> bool:
    return isinstance(node, Name) and node.font != "bold" and node.stem.startswith("bar ")


def _numbered(symbols: Symbols, node: Node) -> str | None:
    """The letter of a name that a number below it is part of."""
    base, items = whole_of(node)
    if not isinstance(base, Name) or base.font == "bold" or len(items) != 1 or not written(items[0]).isdigit():
        return None
    return base.stem if symbols.names.parted(base.stem, items)[0] else None


def _is_value(tree: Node) -> bool:
    """A number other than 0, or what is computed of numbers alone."""
    return not (isinstance(tree, Number) and float(tree.text) == 0) and all(
        isinstance(n, _COMPUTED) for n in walk(tree)
    )


_COMPUTED = (Number, Negative, Group, Sum, Product, Quotient, Power, Root)


def _siblings(symbols: Symbols, nodes: Sequence[Node]) -> Symbols:
    """x_0 is what x_t and x_{t+1} are, where all are names of their own: columns, if one is shown to be one."""
    many: dict[tuple[str, str], set[str]] = {}
    for node in nodes:
        base, items = whole_of(node)
        if isinstance(base, Name) and len(items) == 1 and symbols.names.parted(base.stem, items)[0]:
            many.setdefault((base.stem, base.font), set()).add(symbol_key(symbols, node))
    for keys in many.values():
        if max((symbols.rank(k) for k in keys), default=0) == 1:
            free = keys - symbols.shapes.declared.keys() - symbols.shapes.scalars
            symbols = symbols.ranked(dict.fromkeys(free, 1))
    return symbols


def _by_letter(symbols: Symbols, base: Name) -> int:
    if base.font == "bold":
        return 2 if base.stem[:1].isupper() else 1
    if base.stem in MATRIX_LETTERS:
        return 2
    return symbols.rank(symbols.key(base.stem, base.font)) if base.stem in symbols.seen.alone else 0


def _square(symbols: Symbols) -> Symbols:
    """What is said to be symmetric, orthogonal, … has as many rows as columns."""
    sizes = Extents(symbols.shapes.firm, symbols.shapes.equal)
    for stated in symbols.roles.facts:
        row = FACTS.get(stated.fact)
        if row is not None and row.square and symbols.rank(stated.key) == 2:
            with suppress(Clash):  # of shapes that are declared
                sizes.unify(*symbols.shape(stated.key))
    return replace(symbols, shapes=replace(symbols.shapes, equal=sizes.mark()))


def _entered(equal: Sequence[tuple[Node, Node]], trees: Sequence[Node]) -> frozenset[str]:
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
    return frozenset(a.stem for head, k, a in args if (head, k) in places and isinstance(a, Name))


def _placed(node: Node) -> tuple[str, str] | None:
    """x and 1 for x_1."""
    if isinstance(node, Indexed) and isinstance(node.base, Name):
        (first, *_) = node.items
        return (node.base.stem, written(first)) if isinstance(first, Place) or is_far(first) else None
    return None


def _declared(symbols: Symbols, tree: Node, tokens: Sequence[Token], section: int) -> Symbols:
    r"""X ∈ \mathbb{R}^{n×m}."""
    base = base_of(tree) if isinstance(tree, Name | Indexed) else None
    if base is None:
        return symbols
    key = symbol_key(symbols, tree)
    letters = [t for t in tokens if t.kind == "letter"]
    if [t.text for t in letters] in (["C"], ["H"], ["ℂ"], ["ℍ"]) and (
        letters[0].style == "bb" or letters[0].text > "Z"
    ):
        symbols = _is_beyond(symbols, {key})
    if (fact := fact_of_set(tokens)) and not symbols.knows(fact, key):
        symbols = symbols.state(Stated(fact, key, "stated", tree.span[0]))
    shape = _shape_in(tokens)
    if not isinstance(base, Name) or shape is None:
        return symbols
    symbols = symbols.sized(shape)
    if isinstance(tree, Indexed) and symbols.family(tree):
        key = family_name(tree)
        return symbols.with_shape(key, (f"?{key}:0", *shape))
    numbered = isinstance(tree, Indexed) and all(isinstance(i, Place) for i in tree.items)
    if numbered and len(shape) == 2 and base.stem not in symbols.names.labelled:
        return symbols  # W_1 ∈ ℝ^{n×m} says nothing of W
    return _declaring(symbols, key if numbered else symbols.key(base.stem, base.font), shape, section)


def _declaring(symbols: Symbols, key: str, shape: Sequence[Dim], section: int) -> Symbols:
    shaped = symbols.with_shape(key, shape)
    return replace(shaped, shapes=replace(shaped.shapes, declared={**shaped.shapes.declared, key: section}))


def _is_beyond(symbols: Symbols, keys: Iterable[str]) -> Symbols:
    """These are no real numbers."""
    return replace(symbols, roles=replace(symbols.roles, beyond=symbols.roles.beyond.union(keys)))


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


def _said(symbols: Symbols, builder: Builder, text: str) -> Symbols:
    """What prose says; a formula between the words is a number in brackets."""
    words = "".join(_in_words(number, piece, text) for number, piece in enumerate(builder.pieces))
    symbols = _spoken(symbols, builder, text, words)
    named = {**builder.defined, **builder.loose}
    symbols = _random(symbols, [named[number] for number in spoken.drawn(words) if number in named])
    structured = [named[number] for number in prose.structured(words) if isinstance(named.get(number), Name | Indexed)]
    missing = symbols.roles.missing | {symbol_key(symbols, tree) for tree in structured}
    symbols = replace(symbols, roles=replace(symbols.roles, missing=missing))
    for number in prose.beyond(words):
        tree = builder.loose.get(number, builder.defined.get(number))
        if tree is not None:
            symbols = _is_beyond(symbols, {symbol_key(symbols, n) for n in walk(tree) if isinstance(n, Name)})
    symbols = _with_entries(symbols, builder, text, words)
    for tree, fact in builder.definite:
        symbols = _stated_of(symbols, prose.Words(fact, 0, "stated"), tree)
    for told in prose.facts_in(words, frozenset(builder.declaring)):
        loose = builder.loose.get(told.piece, builder.defined.get(told.piece) if told.kind else None)
        for tree in builder.members.get(told.piece, [loose] if loose is not None else []):
            symbols = _stated_of(symbols, told, tree)
    return symbols


def _with_entries(symbols: Symbols, builder: Builder, text: str, words: str) -> Symbols:
    """“The mask m has entries in {0, 1}”."""
    for many, values in spoken.with_entries(words):
        piece, tree = builder.pieces[values], builder.loose.get(many, builder.defined.get(many))
        fact = fact_of_set(tokenize(text[piece.start : piece.end], piece.start, {}))
        if fact and tree is not None:
            symbols = _stated_of(symbols, prose.Words(fact, many, "has entries in it, stated"), tree)
    return symbols


def _in_words(number: int, piece: Piece, text: str) -> str:
    said = text[piece.start : piece.end]
    if piece.kind != "math":
        return said if piece.kind == "prose" else ""
    if said.strip() == "1":
        return "⟦one⟧"
    return f" ⟦{number}⟧ " if piece.display else f"⟦{number}⟧"


def _stated_of(symbols: Symbols, words: prose.Words, tree: Node) -> Symbols:
    """A fact in words, of one symbol."""
    base = base_of(tree)
    if base is None or not isinstance(base, Name) or (words.kind and not is_capital(base.stem)):
        return symbols
    key = symbols.key(base.stem, base.font, isinstance(tree, Indexed))
    if words.fact in _KINDS:
        return _of_kind(symbols, words.fact, key)
    ranks = FACTS[words.fact].ranks
    known = key in symbols.shapes.declared or key in symbols.seen.lettered
    if symbols.rank(key) not in ranks and known:  # v_1, …, v_k are orthonormal: a fact of many, which is not followed
        return replace(symbols, roles=replace(symbols.roles, missing=symbols.roles.missing | {key}))
    if symbols.rank(key) not in ranks:
        symbols = symbols.ranked({key: ranks[0]})  # what has orthonormal columns is a matrix
    return symbols.state(Stated(words.fact, key, words.said, 0))


_KINDS = ("constant", "elementwise")


def _of_kind(symbols: Symbols, kind: str, key: str) -> Symbols:
    """That a symbol is constant, or a function that goes by entries."""
    roles = symbols.roles
    if kind == "constant":
        return replace(symbols, roles=replace(roles, constants=roles.constants | {key}))
    return replace(symbols, roles=replace(roles, elementwise=roles.elementwise | {key}))


def _spoken(symbols: Symbols, builder: Builder, text: str, said: str) -> Symbols:
    """Ranks and shapes in words, of symbols whose shape no formula declares."""
    sizes = {n: spoken.size_of(text[p.start : p.end]) for n, p in enumerate(builder.pieces) if p.kind == "math"}
    named = {**builder.defined, **builder.loose}
    names = {n: tree for n, tree in named.items() if isinstance(tree, Name | Indexed) and symbol(tree) not in "01I"}
    for size, many in spoken.counted(said):
        if len(count := sizes.get(size, ())) == 1 and not count[0].isdigit():
            symbols = _counted(symbols, count[0], named.get(many) if many is not None else None)
    told = set(symbols.shapes.declared)
    for found in spoken.declarations(said, names.__contains__, lambda n: len(sizes.get(n, ()))):
        dims: list[Dim] = [int(d) if d.isdigit() else d for d in (sizes[found.size] if found.size is not None else ())]
        square = (f"?{symbol_key(symbols, names[found.names[0]])}:0",) * 2
        for name in found.names:
            key = symbol_key(symbols, names[name])
            if not key or key in told or symbols.family(names[name]) or key in symbols.seen.lettered:
                continue
            told.add(key)
            symbols = replace(symbols, shapes=replace(symbols.shapes, guessed=symbols.shapes.guessed - {key}))
            if dims:
                symbols = _declaring(symbols.sized(dims), key, dims, builder.section_of.get(name, 0))
            else:
                symbols = symbols.with_shape(key, square if found.square else symbols.shape_of(key, found.rank))
    return symbols


def _counted(symbols: Symbols, count: str, tree: Node | None) -> Symbols:
    """n is the number of the x_i, where “n observations x_i” stands."""
    shapes = symbols.shapes
    symbols = replace(symbols, shapes=replace(shapes, extents=shapes.extents | {count}))
    if tree is None or (base := base_of(tree)) is None or not isinstance(base, Name):
        return symbols
    key = symbol_key(symbols, tree) or symbols.key(base.stem, base.font, 1)
    counted = symbols.rank(key) and key not in shapes.declared
    return symbols.with_shape(key, (count, *symbols.shape(key)[1:])) if counted else symbols


_RANKS = {"scalar": 0, "vector": 1, "matrix": 2}


def _directive(symbols: Symbols, text: str) -> Symbols:
    kind, name, values = prose.directive(text)
    name = name.lstrip("\\")
    key = symbols.key(name, "bold" if name in symbols.names.apart else "")
    if kind == "shape":
        return symbols.with_shape(key, [int(v) if v.isdigit() else v for v in values])
    for fact in values:
        if fact in _KINDS:
            symbols = _of_kind(symbols, fact, key)
        elif fact in _RANKS:
            symbols = symbols.ranked({key: _RANKS[fact]})
        elif fact in FACTS:
            symbols = symbols.state(Stated(fact, key, "stated", 0))
        else:
            raise Error(f"there is no fact {fact}", hint="facts: " + ", ".join(FACTS))
    return symbols
