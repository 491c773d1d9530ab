"""One of many: x_i, x^{(i)}, rows of a matrix, and what is said of one made to hold for each. Owns: indexed symbols.

Never: operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import ONE, delta, mul, rename, total
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import Node as Body
from gradwright.core.value import Value, kind_of
from gradwright.read.latex.nodes import is_sample, written
from gradwright.read.syntax import Bars, Group, Indexed, Inner, Item, Label, Letter, Name, Node, Norm, Pair, Place, walk
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.names import entry_value, identity, name
from gradwright.referee.meaning.numbered import is_far
from gradwright.referee.meaning.symbols import family_name, symbol_key, whole_of
from gradwright.referee.meaning.value import number


def indexed(e: Document, tree: Indexed) -> Value:
    base, items = whole_of(tree)
    if isinstance(base, Name):
        return _symbol(e, base, items, tree)
    if isinstance(base, Norm):
        return e.value(replace(base, order=written(items[0])))
    if isinstance(base, Inner) and [written(i) for i in items] == ["F"]:
        return e.value(base)
    if isinstance(base, Group | Bars) and any(isinstance(i, Label) for i in items):
        e.fail("a subscript that is not understood", tree)
    value = e.value(base)
    if len(value.axes) == 1 and (label := _class_in(items)) is not None:
        return _at_class(e, value, value.axes[0], label, tree)
    return number(pick(e, value, slots(e, items, value, tree), tree))


def _class_in(items: Sequence[Item]) -> Indexed | None:
    """y_i in p_{y_i}: the class of the i-th example."""
    text = items[0].text if len(items) == 1 and isinstance(items[0], Label) else ""
    if len(text) != 3 or text[1] != "_" or not (text[0] + text[2]).isalpha():
        return None
    return Indexed(items[0].span, Name(items[0].span, text[0]), (Letter(items[0].span, text[2]),))


def of_class(e: Document, label: Name | Indexed, index: Index, tree: Node) -> Body:
    """1 where a class label is the index, 0 elsewhere: an entry of the one-hot vector of the class."""
    items = [*label.items] if isinstance(label, Indexed) else []
    base = label.base if isinstance(label, Indexed) else label
    if not isinstance(base, Name) or not all(isinstance(i, Letter | Place) for i in items):
        e.fail("a condition on a value", tree)
    key = f"1{{{base.stem}}}"
    e.world.learned.ranks[key] = len(items) + 1
    e.world.learned.state("onehot", key, "a class label")
    value = entry_value(e, key, tree)
    at = (*slots(e, items, value, tree), index)
    for axis, slot in zip(value.axes, at, strict=True):
        e.unify(axis.dim, slot.dim, tree)
    at = (*slots(e, items, value, tree), free_index(str(index.name), e.find(index.dim)))
    return rename(value.body, dict(zip(value.axes, at, strict=True)))


def _at_class(e: Document, value: Value, axis: Index, label: Indexed, tree: Node) -> Value:
    """What stands at the place of a class along an axis."""
    rest = tuple(a for a in value.axes if a is not axis)
    picked = mul(of_class(e, label, axis, tree), value.body)
    return Value(kind_of(len(rest)), rest, total([free_index(str(axis.name), e.find(axis.dim))], picked))


def slots(e: Document, items: Sequence[Item], value: Value, tree: Node) -> tuple[Index, ...]:
    """The indices that subscripts are: two digits are one place each."""
    found: list[Index] = []
    dims = [a.dim for a in value.axes]
    for item in items:
        if isinstance(item, Letter):
            found.append(e.letter(item.name))
        elif isinstance(item, Place | Pair):
            for digit in item.text if isinstance(item, Pair) else [item.text]:
                if digit == "0" or int(digit) > 9:
                    e.fail("an entry counted from 0, or a far one", item)
                dim = dims[len(found)] if len(found) < len(dims) else 0
                if e.world.reading.most and dim:
                    e.unify(dim, e.world.reading.most, tree)
                found.append(position(int(digit) - 1, e.find(dim)))
        else:
            e.fail(f"the subscript {written(item)} is not understood here", item)
    return tuple(found)


def pick(e: Document, value: Value, at: Sequence[Index], tree: Node) -> Body:
    """The entry at some indices, which have the extents of the axes from here on."""
    if len(at) != len(value.axes):
        e.fail(f"{len(at)} indices for a {value.kind}", tree)
    for axis, slot in zip(value.axes, at, strict=True):
        e.unify(axis.dim, slot.dim, tree)
    return rename(value.body, dict(zip(value.axes, at, strict=True)))


def _symbol(e: Document, base: Name, items: Sequence[Item], tree: Indexed) -> Value:
    symbols, stem, font = e.symbols, base.stem, base.font
    real = [i for i in items if isinstance(i, Letter | Place | Pair)]
    if (label := _class_in(items)) is not None and (found := _of_each(e, base, label, tree)) is not None:
        return found
    if stem == "delta" and len(real) == 2 and e.definition("delta") is None:
        left, right = slots(e, real, Value("tensor", (), ONE), tree)
        e.unify(left.dim, right.dim, tree)
        return number(delta(left, right))
    if len(items) == 1 and stem in ("1", "0") and font == "bold":
        return name(e, replace(base, span=tree.span))
    samples = [i for i in real if is_sample(i)]
    if real and not samples and symbols.family(tree) and len(real) == len(items):
        return _member(e, family_name(tree), real, base, tree)
    if samples:
        return _sampled(e, base, [i for i in real if not is_sample(i)], samples, tree)
    if len(items) == 1 and stem == "I" and not {"I", symbol_key(symbols, tree)} & {d.key for d in symbols.definitions}:
        return identity(e, written(items[0]), tree)
    return _entry(e, base, items, tree)


def _of_each(e: Document, base: Name, label: Indexed, tree: Indexed) -> Value | None:
    """p_{y_i} of entries p_k, w_{y_i} of vectors w_k; nothing where there are none of them."""
    letter = "~class"
    one = Indexed(tree.span, base, (Letter(tree.span, letter),))
    key = e.symbols.key(base.stem, base.font, 1)
    if not (e.symbols.family(one) or (e.symbols.rank(key) == 1 and base.stem in e.symbols.seen.lettered)):
        return None
    inner = e.binding({letter: free_index(letter, e.find(f"?class{tree.span[0]}"))}, frozenset())
    value, axis = inner.value(one), inner.letter(letter)
    return _at_class(inner, replace(value, axes=(*value.axes, axis)), axis, label, tree)


def _entry(e: Document, base: Name, items: Sequence[Item], tree: Indexed) -> Value:
    """An entry of an array, or a symbol with a label below it."""
    symbols, stem, font = e.symbols, base.stem, base.font
    labels, real = symbols.names.parted(stem, items)
    e.world.lifted |= any(map(is_far, items)) and stem in symbols.seen.lettered
    if labels:
        stem = f"{stem}_{','.join(labels)}"
    key = symbols.key(stem, font, sum(2 if isinstance(i, Pair) else 1 for i in real))
    known = key in e.place.env
    value = e.place.env[key] if known else entry_value(e, key, tree)
    if not real:
        return value
    if not value.axes and not known and (each := _for_each(e, key, items, symbols.seen.lettered)):
        return each
    if not value.axes and not known and e.rank(key) == 0:
        # y is one number, y_i one of many such: a symbol of its own, related to y by nothing that is said
        e.world.lifted = True
        e.world.learned.ranks[key + "[]"] = len(real)
        value = entry_value(e, key + "[]", base)
    if font == "bold" and len(real) < len(value.axes):
        e.fail("a row or a column of an array taken by a subscript", tree)
    return number(pick(e, value, slots(e, real, value, tree), tree))


def _member(e: Document, key: str, real: Sequence[Item], base: Name, tree: Node) -> Value:
    """x_n, the n-th of many vectors, or x_{nd}, an entry of it."""
    rank = e.symbols.shapes.families[key]
    value = _held(e, key, base)
    if value is None:
        e.world.learned.ranks[key] = rank + 1
        value = entry_value(e, key, base)
    if len(value.axes) != rank + 1:
        e.fail("of many vectors under one letter, this has another shape", tree)
    e.unify(value.axes[0].dim, slots(e, real, value, tree)[0].dim, tree)
    first, *rest = slots(e, real, value, tree)
    kind = "row" if rank == 1 and e.symbols.customs.row_vectors else kind_of(rank)
    one = Value(kind, value.axes[1:], rename(value.body, {value.axes[0]: first}))
    return number(pick(e, one, rest, tree)) if rest else one


def _sampled(e: Document, base: Name, real: Sequence[Item], samples: Sequence[Item], tree: Node) -> Value:
    """x^{(i)}, x_j^{(i)}: the i-th of many x; the sample's axis stands last."""
    symbols = e.symbols
    key = symbols.key(base.stem, base.font, len(real))
    many = key + "()"
    if not real and e.definition(many) is None:
        each = _for_each(e, key, samples, symbols.seen.sampled)
        if each is not None:
            return each
    rank = max(len(real), e.rank(key))
    e.world.learned.ranks.setdefault(many, rank + 1)
    value = entry_value(e, many, base)
    if len(value.axes) != rank + 1:
        e.fail(f"{key} with a sample's number has not the shape it has without", tree)
    last, sample = value.axes[-1], written(samples[0])
    e.unify(last.dim, e.letter(sample).dim, tree)
    one = Value(kind_of(rank), value.axes[:-1], rename(value.body, {last: e.letter(sample)}))
    return number(pick(e, one, slots(e, real, one, tree), tree)) if real else one


def _held(e: Document, key: str, base: Name) -> Value | None:
    """X for x_n, where X is a matrix that holds the x_n in its rows, or its columns where these are spoken of."""
    if e.symbols.shapes.families[key] != 1 or e.definition(key) is not None:
        return None
    above = e.symbols.key(base.stem.upper(), base.font)
    side = e.symbols.shapes.holders.get(above)
    if side is None or e.rank(above) != 2 or above in e.world.busy:
        return None
    value = entry_value(e, above, base)
    if value.kind != "matrix":
        return None
    e.world.holder = above
    e.world.held = f"{above} is taken to hold the {base.stem}_i in its {side}"
    e.remark(e.world.held)
    return value if side == "rows" else Value("matrix", value.axes[::-1], value.body)


def _for_each(e: Document, key: str, items: Sequence[Item], many: frozenset[str]) -> Value | None:
    """y_i, where y = f(z) is said of one: f(z_i), every symbol in it that has indices elsewhere taking these."""
    definition = e.definition(key)
    if definition is None or definition.letters or key in e.world.busy or key in e.world.own:
        return None
    nodes = [n for n in walk(definition.body) if isinstance(n, Name)]
    inside = {n.stem: n for n in nodes if _rests_on(e, n, many, frozenset({key}))}
    if not inside:
        return None
    e.world.busy.add(key)
    try:
        inner = e.inside(replace(e.place, env={}, at={}, chosen={}))
        env = {e.symbols.key(n.stem, n.font): inner.value(Indexed(n.span, n, tuple(items))) for n in inside.values()}
        return inner.knowing(env).value(definition.body)
    finally:
        e.world.busy.discard(key)


def _rests_on(e: Document, node: Name, many: frozenset[str], above: frozenset[str]) -> bool:
    """Whether a symbol has indices somewhere, or is made of one that has."""
    if node.stem in many:
        return True
    key = e.symbols.key(node.stem, node.font)
    definition = e.definition(key)
    if key in above or definition is None or definition.letters or definition.params:
        return False
    return any(_rests_on(e, n, many, above | {key}) for n in walk(definition.body) if isinstance(n, Name))
