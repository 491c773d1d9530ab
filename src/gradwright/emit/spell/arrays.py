"""Statements over whole arrays. Owns: how a plan reads in an array language (NumPy, JAX, PyTorch). Never: plans.

Each ``Let`` is one line: a product of two arrays is ``@`` where its axes allow and ``einsum`` where not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gradwright.core.build import mul, rename
from gradwright.core.index import Index
from gradwright.core.node import Apply, Array, Delta, Entry, Mul, Node, factors_in, walk
from gradwright.emit.forms.labels import linear_in_label, present, zero_rows
from gradwright.emit.plan.names import extent, identifier, mentioned
from gradwright.emit.plan.program import Fold, Gather, Let, Map, Norm, OfMatrix, Product, Program, Rowwise, Solve
from gradwright.emit.spell.chains import chains
from gradwright.emit.spell.language import Language, Speller
from gradwright.emit.spell.matrices import function, solve, stacked_product
from gradwright.emit.spell.spell import laid, spelled


def statement(let: Let, plan: Program, language: Language) -> str:
    """The code that computes the array; what stands at class labels alone is added there afterwards."""
    name = identifier(let.name)
    body = let.operation.body if isinstance(let.operation, Map) else None
    diagonal = _on_diagonal(body, let.axes) if language.placed and body is not None else None
    if diagonal is not None:
        return _placed(name, let.axes, *diagonal, language)
    found = linear_in_label(body) if body is not None and language.scatter and len(let.axes) == 2 else None
    if found is None or let.axes[0] not in found[2].left.free or set(found[0].free) != set(let.axes):
        return f"{name} = {computed(let, plan, language)}"
    base, share, label = found
    text = spelled(base, let.axes, language) + (language.copy if isinstance(base, Entry) else "")
    places = at_label(min(label.left.names), zero_rows(plan.context, min(label.left.names)))
    said = spelled(present(label.left, share, plan.context), let.axes[:1], language)
    return f"{name} = {text}\n{language.local(language.scatter.format(name=name, label=places, share=said))}"


def _on_diagonal(body: Node, axes: tuple[Index, ...]) -> tuple[Delta, Node] | None:
    """δ_ij and f, where the array is δ_ij f."""
    factors = factors_in(body)
    deltas = [f for f in factors if isinstance(f, Delta)]
    if len(deltas) != 1 or not deltas[0].free <= set(axes) or len(deltas[0].free) < 2:
        return None
    return deltas[0], mul(*(f for f in factors if f is not deltas[0]))


def _placed(name: str, axes: tuple[Index, ...], delta: Delta, node: Node, language: Language) -> str:
    """Zeros, and the array where two indices of them are one: nothing is multiplied by 0."""
    first, second = sorted((delta.left, delta.right), key=axes.index)
    kept = tuple(i for i in axes if i is not second)
    letters = {i: chr(ord("a") + k) for k, i in enumerate(kept)}
    subscripts = "".join(letters[first if i is second else i] for i in axes) + "->" + "".join(letters.values())
    shape = "(" + "".join(extent(i.dim) + ", " for i in axes).rstrip() + ")"
    said = spelled(rename(node, {second: first}), kept, language)
    return language.local(language.placed.format(name=name, shape=shape, subscripts=subscripts, a=said))


def at_label(name: str, optional: bool) -> str:
    """Class labels as places; one that stands for a row of zeros reads the first, and the value is dropped."""
    return identifier(name) + (".clip(0)" if optional else "")


def computed(let: Let, plan: Program, language: Language, say: Speller = spelled) -> str:
    """The array as an expression; ``say`` reads the summand of a sum."""
    match let.operation:
        case Map(body):
            return spelled(body, let.axes, language)
        case Product() as product:
            simple = sides(let) if let.axes or not language.whole else None
            return " @ ".join(simple) if simple is not None else _product(product, let.axes, plan, language)
        case Fold() as fold:
            return _fold(fold, let.axes, language, say)
        case Gather() as gather:
            return _gather(gather, let.axes, language)
        case Rowwise(fn, source, along):
            axis = source.slots.index(along)
            return language.local(language.along[fn].format(a=identifier(source.name), axis=axis))
        case Norm() as norm:
            return _norm(norm, language)
        case OfMatrix() as made:
            return function(made, let.axes, language)
        case Solve() as found:
            return solve(found, let.axes, language)


def _fold(fold: Fold, axes: tuple[Index, ...], language: Language, say: Speller) -> str:
    """A sum, a product, a maximum or a minimum over some axes."""
    inner = fold.body
    halved = _symmetric(inner, fold.over[0], axes, language) if fold.op == "sum" else None
    if halved is not None:
        text = language.symmetric.format(x=halved[0], s=halved[1])
        return laid(language.local(text), halved[2], axes, language)
    order = _full_order(inner, axes, fold.over)
    text = say(inner, order, language)
    axis = [k for k, index in enumerate(order) if index in fold.over]
    if len(axis) < len(order):
        return language.local(language.reduce[fold.op].format(a=text, axis=_axis(axis)))
    if fold.op == "sum" and language.whole and not isinstance(inner, Entry):
        return language.whole.format(a=text)
    return language.local(language.reduce[fold.op + "_all"].format(a=text))


def _norm(norm: Norm, language: Language) -> str:
    scale, beside = (spelled(number, (), language) for number in (norm.scale, norm.beside))
    more = [scale, beside] if (scale, beside) != ("1", "0") else []
    places = [norm.source.slots.index(i) for i in norm.over]
    return f"_norm({', '.join([identifier(norm.source.name), _axis(places), *more])})"


def _axis(places: list[int]) -> str:
    """An axis, or a tuple of several."""
    return str(places[0] if len(places) == 1 else tuple(places))


def _full_order(inner: Node, axes: tuple[Index, ...], indices: Iterable[Index]) -> tuple[Index, ...]:
    """All axes of a summand, as its largest array stores them."""
    entries = sorted((n for n in walk(inner) if isinstance(n, Entry)), key=lambda n: -len(n.slots))
    order = dict.fromkeys(i for n in entries for i in n.slots if i in inner.free)
    every = tuple(dict.fromkeys((*order, *axes, *indices)))
    kept = [i for i in every if i in axes]
    if kept == list(axes):
        return every
    places = iter(axes)  # the kept axes must come out in the order they are stored
    return tuple(next(places) if i in axes else i for i in every)


def _symmetric(
    inner: Node, over: Index, axes: tuple[Index, ...], language: Language
) -> tuple[str, str, tuple[Index, ...]] | None:
    """x and s, with the index that is summed over in front, and the axes that come of Σ_n x_ni x_nj s_nab."""
    factors = inner.factors if isinstance(inner, Mul) and len(inner.factors) == 3 else ()
    entries = sorted((f for f in factors if isinstance(f, Entry)), key=lambda f: len(f.slots))
    if [len(f.slots) for f in entries] != [2, 2, 3] or entries[0].name != entries[1].name:
        return None
    left, right, middle = entries
    ends = [tuple(i for i in f.slots if i is not over) for f in (left, middle)]
    x, s = (laid(identifier(f.name), f.slots, (over, *e), language) for f, e in zip((left, middle), ends, strict=True))
    pairs = (middle.free - {over}, (left.free | right.free) - {over})  # in either order it is the same
    return x, s, tuple(i for pair in pairs for i in sorted(pair, key=axes.index))


def sides(let: Let, said: Callable[[str], str] = identifier) -> tuple[str, str] | None:
    """What ``@`` stands between, where the array is a product of two matrices or vectors; ``said`` names arrays."""
    product = let.operation
    if not isinstance(product, Product) or len(product.over) != 1:
        return None
    pair = product.left, product.right
    if max(len(o.slots) for o in pair) > 2:
        return None
    left, right = pair if not let.axes or let.axes[0] in pair[0].slots else pair[::-1]
    (over,) = product.over
    rest = tuple(i for o in (left, right) for i in o.slots if i is not over)
    if set(left.slots) & set(right.slots) != {over} or rest != let.axes:
        return None
    turned = len(left.slots) == 2 and left.slots[0] is over, len(right.slots) == 2 and right.slots[1] is over
    if turned[0] and len(right.slots) == 1:
        return said(right.name), said(left.name)  # the product of a row with a matrix, which is nowhere transposed
    return said(left.name) + ".T" * turned[0], said(right.name) + ".T" * turned[1]


def _product(product: Product, axes: tuple[Index, ...], plan: Program, language: Language) -> str:
    left, right, indices = product.left, product.right, product.over
    live = set(indices)
    own = [i for i in left.slots if i not in live]
    if axes and axes[0] not in own:
        left, right = right, left
    shared = set(left.slots) & set(right.slots)
    names = identifier(left.name), identifier(right.name)
    if language.whole and not axes and left.slots == right.slots:
        chosen = language.reduce["sum_all"] if all(_held(o.name, plan) for o in (left, right)) else language.whole
        return language.local(chosen.format(a=f"{names[0]} * {names[1]}"))
    rest = tuple(i for o in (left, right) for i in o.slots if i not in live)
    if language.weighed and axes and left.slots == right.slots and rest == 2 * axes:
        axis = _axis([k for k, i in enumerate(left.slots) if i in live])
        return language.local(language.weighed.format(a=names[0], b=names[1], axis=axis))
    if not axes and left.slots == right.slots:
        return language.local(language.dot.format(a=names[0], b=names[1]))
    if shared == live and rest == axes and len(axes) > 2:
        where = [[o.slots.index(i) for i in indices] for o in (left, right)]
        return language.local(language.tensordot.format(a=names[0], b=names[1], where=f"({where[0]}, {where[1]})"))
    for one, two in ((left, right), (right, left)):
        if language.stacks and two.slots == indices and one.slots[-1:] == indices:
            return f"{identifier(one.name)} @ {identifier(two.name)}"
    stack = tuple(i for i in axes if i in shared)
    if language.stacks and len(indices) == 1 and shared == {*live, *stack} and stack:
        orders = ((left, right), (right, left))
        texts = [stacked_product(one, two, indices[0], stack, axes, language) for one, two in orders]
        if any(texts):
            return min((text for text in texts if text), key=len)
    every = dict.fromkeys((*left.slots, *right.slots, *axes))
    letters = {i: chr(ord("a") + k) for k, i in enumerate(every)}
    words = ["".join(letters[i] for i in slots) for slots in (left.slots, right.slots, axes)]
    return language.local(
        language.einsum.format(subscripts=f"{words[0]},{words[1]}->{words[2]}", a=names[0], b=names[1])
    )


def _held(name: str, plan: Program) -> bool:
    """Whether the array is in memory in any case: a product of matrices reads it, or a function that others read."""
    let = next((let for let in plan.lets if let.name == name), None)
    if let is None or not isinstance(let.operation, Map):
        return True
    readers = [x for x in plan.lets if name in x.reads]
    shared = len(readers) + sum(name in array.body.names for array in plan.outputs.values()) > 1
    products = (isinstance(x.operation, Product | Solve) and bool(x.axes) for x in readers)
    body = let.operation.body
    return any(products) or (shared and any(isinstance(n, Apply) and n.fn not in _CHEAP for n in walk(body)))


_CHEAP = frozenset(("abs", "relu", "step", "sign", "max", "min", "over", "hypot"))


def _gather(gather: Gather, axes: tuple[Index, ...], language: Language) -> str:
    """An array read at class labels."""
    source, slots = gather.source, gather.label.slots
    label = at_label(gather.label.name, gather.optional)
    if len(source.slots) == 1:
        return f"{identifier(source.name)}[{label}]"
    name = identifier(source.name) + (".T" if source.slots[0] is gather.at else "")
    if set(slots) != set(axes) or not set(source.slots) - {gather.at} <= set(slots):
        return f"{name}[:, {label}]" + (".T" if axes[0] in slots else "")
    return language.local(language.take.format(a=name, label=label))


def returned(array: Array, plan: Program, language: Language) -> str:
    """An output laid out in its own order of axes, with the axes it does not depend on; no argument itself, for the
    caller may write to what was computed."""
    text = spelled(array.body, array.axes, language)
    if set(array.body.free) == set(array.axes) and array.body.names:
        return text + (language.copy if isinstance(array.body, Entry) and _given(array.body.name, plan) else "")
    shape = "(" + "".join(extent(i.dim) + ", " for i in array.axes).rstrip() + ")"
    chosen = language.broadcast if array.body.free else language.full
    return language.local(chosen.format(a=text, shape=shape))


def _given(name: str, plan: Program) -> bool:
    """Whether the array is an argument, or one with its axes in another order."""
    views = {
        let.name: let.operation.body.name
        for let in plan.lets
        if isinstance(let.operation, Map) and isinstance(let.operation.body, Entry)
    }
    while name in views:
        name = views[name]
    return name in plan.inputs


def lines_of(plan: Program, language: Language) -> tuple[list[str], list[str]]:
    """Every statement, and every answer."""
    found, taken = chains(plan, sides) if language.chain else ({}, set[str]())
    body = []
    for let in plan.lets:
        if let.name in found:
            text = language.chain.format(matrices=f"({', '.join(found[let.name])})")
            body.append(f"{identifier(let.name)} = {language.local(text)}")
        elif let.name not in taken:
            body += statement(let, plan, language).split("\n")
    return body, [returned(array, plan, language) for array in plan.outputs.values()]


def sizes(plan: Program, lines: Iterable[str]) -> list[str]:
    """Statements for the extents that the code mentions."""
    words = set(re.findall(r"[^\W\d]\w*", "\n".join(lines)))
    shapes = {identifier(name): shape for name, shape in plan.inputs.items()}
    return [f"    {statement}" for statement in mentioned(shapes, words)]


__all__ = ["computed", "lines_of", "returned", "sides", "sizes", "statement"]
