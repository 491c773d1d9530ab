"""Statements over whole arrays. Owns: how a plan reads in an array language (NumPy, JAX, PyTorch). Never: plans.

Each ``Let`` is one line: a product of two arrays is ``@`` where its axes allow and ``einsum`` where not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gradwright.core.build import mul, open_binder, rename
from gradwright.core.index import Index
from gradwright.core.node import Apply, Array, Const, Delta, Entry, MatFn, Mul, Node, Pow, Reduce, factors_in, walk
from gradwright.emit.forms.labels import TAKE, linear_in_label, present, zero_rows
from gradwright.emit.forms.norms import NORM
from gradwright.emit.plan.lets import Let, Plan, plain
from gradwright.emit.plan.names import extent, identifier, mentioned
from gradwright.emit.plan.solves import solve_of
from gradwright.emit.spell.chains import chains
from gradwright.emit.spell.language import Language, Speller
from gradwright.emit.spell.matrices import function, solve, stacked_product
from gradwright.emit.spell.spell import laid, spelled


def statement(let: Let, plan: Plan, language: Language) -> str:
    """The code that computes the array; what stands at class labels alone is added there afterwards."""
    name = identifier(let.name)
    diagonal = _on_diagonal(let) if language.placed else None
    if diagonal is not None:
        return _placed(name, let.axes, *diagonal, language)
    found = linear_in_label(let.body) if language.scatter and len(let.axes) == 2 else None
    if found is None or let.axes[0] not in found[2].left.free or set(found[0].free) != set(let.axes):
        return f"{name} = {computed(let, plan, language)}"
    base, share, label = found
    text = spelled(base, let.axes, language) + (language.copy if isinstance(base, Entry) else "")
    places = at_label(min(label.left.names), plan)
    said = spelled(present(label.left, share, plan.context), let.axes[:1], language)
    return f"{name} = {text}\n{language.local(language.scatter.format(name=name, label=places, share=said))}"


def _on_diagonal(let: Let) -> tuple[Delta, Node] | None:
    """δ_ij and f, where the array is δ_ij f."""
    factors = factors_in(let.body)
    deltas = [f for f in factors if isinstance(f, Delta)]
    if len(deltas) != 1 or not deltas[0].free <= set(let.axes) or len(deltas[0].free) < 2:
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


def at_label(name: str, plan: Plan) -> str:
    """Class labels as places; one that stands for a row of zeros reads the first, and the value is dropped."""
    return identifier(name) + (".clip(0)" if zero_rows(plan.context, name) else "")


def computed(let: Let, plan: Plan, language: Language, say: Speller = spelled) -> str:
    """The array as an expression; ``say`` reads the summand of a sum."""
    body = let.body
    if isinstance(body, Reduce):
        indices, inner = open_binder(body)
        pair = _pair(inner) if body.op == "sum" else None
        inverse = next((n for n in (body.names & plan.solves.keys())), None)
        found = solve_of(body, inverse) if inverse is not None else None
        if found is not None:
            return solve(found, let.axes, plan, language)
        halved = _symmetric(inner, indices[0], let.axes, language) if body.op == "sum" else None
        if halved is not None:
            text = language.symmetric.format(x=halved[0], s=halved[1])
            return laid(language.local(text), halved[2], let.axes, language)
        simple = sides(let)
        if simple is not None and (let.axes or not language.whole):
            return " @ ".join(simple)
        if pair is not None:
            return _product(pair, indices, let.axes, plan, language)
        order = _full_order(inner, let.axes, indices)
        text = say(inner, order, language)
        axis = [k for k, index in enumerate(order) if index in indices]
        if len(axis) == len(order) and body.op == "sum" and language.whole and not isinstance(inner, Entry):
            return language.whole.format(a=text)
        if len(axis) == len(order):
            return language.local(language.reduce[body.op + "_all"].format(a=text))
        return language.local(language.reduce[body.op].format(a=text, axis=_axis(axis)))
    if isinstance(body, MatFn) and body.fn.startswith(TAKE):
        return _take(body, let, plan, language)
    if isinstance(body, MatFn):
        return _matrix(body, let, plan, language)
    return spelled(body, let.axes, language)


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


def _pair(inner: Node) -> tuple[Entry, Entry] | None:
    if isinstance(inner, Pow) and isinstance(inner.base, Entry) and isinstance(inner.exponent, Const):
        found = (inner.base, inner.base) if inner.exponent.value == 2 else None
    elif isinstance(inner, Mul) and len(inner.factors) == 2 and all(isinstance(f, Entry) for f in inner.factors):
        found = (inner.factors[0], inner.factors[1])  # type: ignore[assignment]
    else:
        found = None
    return found if found and all(plain(f) for f in found) else None


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
    if not (isinstance(let.body, Reduce) and let.body.op == "sum"):
        return None
    indices, inner = open_binder(let.body)
    pair = _pair(inner)
    if pair is None or len(indices) != 1 or max(len(o.slots) for o in pair) > 2:
        return None
    left, right = pair if not let.axes or let.axes[0] in pair[0].slots else pair[::-1]
    (over,) = indices
    rest = tuple(i for o in (left, right) for i in o.slots if i is not over)
    if set(left.slots) & set(right.slots) != {over} or rest != let.axes:
        return None
    turned = len(left.slots) == 2 and left.slots[0] is over, len(right.slots) == 2 and right.slots[1] is over
    if turned[0] and len(right.slots) == 1:
        return said(right.name), said(left.name)  # the product of a row with a matrix, which is nowhere transposed
    return said(left.name) + ".T" * turned[0], said(right.name) + ".T" * turned[1]


def _product(
    pair: tuple[Entry, Entry], indices: tuple[Index, ...], axes: tuple[Index, ...], plan: Plan, language: Language
) -> str:
    left, right = pair
    live = set(indices)
    own = [i for i in left.slots if i not in live]
    if axes and axes[0] not in own:
        left, right = right, left
    shared = set(left.slots) & set(right.slots)
    names = identifier(left.name), identifier(right.name)
    if language.whole and not axes and left.slots == right.slots:
        chosen = language.reduce["sum_all"] if all(_held(o.name, plan) for o in pair) else language.whole
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


def _held(name: str, plan: Plan) -> bool:
    """Whether the array is in memory in any case: a product of matrices reads it, or a function that others read."""
    let = next((let for let in plan.lets if let.name == name), None)
    if let is None or isinstance(let.body, MatFn | Reduce):
        return True
    readers = [x for x in plan.lets if name in x.body.names]
    shared = len(readers) + sum(name in array.body.names for array in plan.outputs.values()) > 1
    products = (x for x in readers if isinstance(x.body, Reduce) and x.axes and _pair(open_binder(x.body)[1]))
    return any(products) or (shared and any(isinstance(n, Apply) and n.fn not in _CHEAP for n in walk(let.body)))


_CHEAP = frozenset(("abs", "relu", "step", "sign", "max", "min", "over", "hypot"))


def _take(body: MatFn, let: Let, plan: Plan, language: Language) -> str:
    """An array read at class labels."""
    _, inner = open_binder(body)
    assert isinstance(inner, Entry)
    label = at_label(body.fn.removeprefix(TAKE), plan)
    if len(inner.slots) == 1:
        return f"{identifier(inner.name)}[{label}]"
    (k,) = inner.free - body.free
    name = identifier(inner.name) + (".T" if inner.slots[0] is k else "")
    if set(body.slots) != set(let.axes) or not set(inner.slots) - {k} <= set(body.slots):
        return f"{name}[:, {label}]" + (".T" if let.axes[0] in body.slots else "")
    return language.local(language.take.format(a=name, label=label))


def _matrix(body: MatFn, let: Let, plan: Plan, language: Language) -> str:
    indices, inner = open_binder(body)
    assert isinstance(inner, Entry)
    if body.fn == NORM:
        scale, beside = (spelled(g, (), language) for g in body.given)
        more = [scale, beside] if (scale, beside) != ("1", "0") else []
        places = [inner.slots.index(i) for i in indices]
        return f"_norm({', '.join([identifier(inner.name), _axis(places), *more])})"
    if body.fn in language.along:
        text = language.along[body.fn]
        return language.local(text.format(a=identifier(inner.name), axis=inner.slots.index(indices[0])))
    return function(let, language)


def returned(array: Array, plan: Plan, language: Language) -> str:
    """An output laid out in its own order of axes, with the axes it does not depend on; no argument itself, for the
    caller may write to what was computed."""
    text = spelled(array.body, array.axes, language)
    if set(array.body.free) == set(array.axes) and array.body.names:
        return text + (language.copy if isinstance(array.body, Entry) and _given(array.body.name, plan) else "")
    shape = "(" + "".join(extent(i.dim) + ", " for i in array.axes).rstrip() + ")"
    chosen = language.broadcast if array.body.free else language.full
    return language.local(chosen.format(a=text, shape=shape))


def _given(name: str, plan: Plan) -> bool:
    """Whether the array is an argument, or one with its axes in another order."""
    views = {let.name: let.body.name for let in plan.lets if isinstance(let.body, Entry)}
    while name in views:
        name = views[name]
    return name in plan.inputs


def lines_of(plan: Plan, language: Language) -> tuple[list[str], list[str]]:
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


def sizes(plan: Plan, lines: Iterable[str]) -> list[str]:
    """Statements for the extents that the code mentions."""
    words = set(re.findall(r"[^\W\d]\w*", "\n".join(lines)))
    shapes = {identifier(name): shape for name, shape in plan.inputs.items()}
    return [f"    {statement}" for statement in mentioned(shapes, words)]


__all__ = ["computed", "lines_of", "returned", "sides", "sizes", "statement"]
