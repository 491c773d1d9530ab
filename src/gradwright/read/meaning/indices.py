"""What letters below symbols mean. Owns: entries, slices and members, Kronecker's δ, Σ and its like over indices.

Never: knows how it is written.
"""

from __future__ import annotations

from gradwright.core.build import ONE, ZERO, add, const, delta, ordinal, reduce, rename, total
from gradwright.core.index import Dim, Index, position
from gradwright.core.node import Node as Entry
from gradwright.core.value import Value, kind_of, mask
from gradwright.read.meaning.elaborator import Elaborator, Visit
from gradwright.read.meaning.operators import RELATIONS
from gradwright.read.syntax import Big, Comparison, Indexed, Item, Letter, Name, Place, Whole, walk


def indexed(e: Elaborator, node: Indexed) -> Visit:
    """An entry; with ``:`` a row or a column; a letter below a family picks a member, which is a column."""
    if isinstance(node.base, Name) and node.base.stem == "delta" and not e.knows("delta"):
        return _kronecker(e, node)
    value = yield node.base
    if value.groups:
        e.fail(f"an axis of {e.say(value)} is several indices, so no one letter can stand for it", node)
    many = len(node.items)
    if many > len(value.axes) or (many < len(value.axes) and node.bracketed):
        e.fail(f"{many} {'index' if many == 1 else 'indices'} for {e.say(value)}", node)
    axes = value.axes[:many]
    slots = [axis if isinstance(item, Whole) else _index(e, item, axis.dim)
             for item, axis in zip(node.items, axes, strict=True)]  # fmt: skip
    for slot, axis, item in zip(slots, axes, node.items, strict=True):
        e.unify(slot.dim, axis.dim, item, f" for index {_said(item)}")
    kept = tuple(a for item, a in zip(node.items, axes, strict=True) if isinstance(item, Whole)) + value.axes[many:]
    return Value(kind_of(len(kept)), kept, rename(value.body, dict(zip(axes, slots, strict=True))))


def _kronecker(e: Elaborator, node: Indexed) -> Value:
    if len(node.items) != 2:
        e.fail("delta has two indices", node)
    left, right = (_index(e, item, None) for item in node.items)
    e.unify(left.dim, right.dim, node)
    return Value("scalar", (), delta(left, right))


def _said(item: Item) -> str:
    return item.name if isinstance(item, Letter) else item.text if isinstance(item, Place) else ":"


def _index(e: Elaborator, item: Item, dim: Dim | None) -> Index:
    if isinstance(item, Place):
        extent = e.extents.find(dim if dim is not None else e.extents.fresh())
        if isinstance(extent, int) and not 0 <= item.offset < extent:
            counted = "0" if item.first == 0 else "1"
            e.fail(f"there is no entry {item.text} of {extent}, counted from {counted}", item)
        return position(item.offset, extent)
    if not isinstance(item, Letter):
        e.fail("this is not an index", item, "an index is a letter, or a whole number counted from 0")
    if item.name not in e.scope:
        joined = next((bound for bound in e.scope if len(bound) > 1 and item.name in bound), None)
        hint = f"sum[{','.join(joined)}](…)" if joined else f"sum[{item.name}](…) or tensor[{item.name}](…)"
        e.fail(f"index {item.name} is free here", item, f"bind it: {hint}")
    return e.scope[item.name]


def big(e: Elaborator, node: Big) -> Visit:
    letters = e.opened(node.binders)
    value = yield node.body
    conditions = []
    for condition in node.conditions:
        conditions.append((condition, (yield condition.left), (yield condition.right)))
    e.close(letters)
    axes = tuple(letters.values())
    if node.operator == "sum" and value.axes and _keeps_an_axis(node):
        return Value(value.kind, value.axes, total(axes, _under(e, conditions, value.body, ZERO)))
    inner = e.scalar(value, node.body)
    if node.operator == "tensor":  # two tensor[i](…) side by side have axes of their own
        slots = tuple(e.fresh(axis.dim) for axis in axes)
        return Value(kind_of(len(slots)), slots, rename(inner, dict(zip(axes, slots, strict=True))))
    if node.operator == "sum":
        return Value("scalar", (), total(axes, _under(e, conditions, inner, ZERO)))
    if conditions and node.operator != "prod":
        e.fail(f"{node.operator} over part of an axis", node.conditions[0])
    return Value("scalar", (), reduce(node.operator, axes, _under(e, conditions, inner, ONE)))


def _under(e: Elaborator, conditions: list[tuple[Comparison, Value, Value]], body: Entry, other: Entry) -> Entry:
    """The summand where its conditions hold, and what changes nothing elsewhere."""
    for condition, left, right in conditions:
        if left.axes or right.axes or condition.relation not in RELATIONS:
            e.fail("what this sum runs over is not understood", condition)
        body = mask(RELATIONS[condition.relation], left.body, right.body, body, other)
    return body


def _keeps_an_axis(node: Big) -> bool:
    """Whether whole rows or members of families stand in it, or it runs over numbers: then arrays are summed."""
    inside = any(isinstance(n, Whole) or (isinstance(n, Indexed) and not n.bracketed) for n in walk(node.body))
    return inside or any(binder.extent is not None for binder in node.binders)


def letter(e: Elaborator, name: str) -> Value | None:
    """A bound letter by itself is its place, counted as its language counts."""
    if name not in e.scope:
        return None
    return Value("scalar", (), add(ordinal(e.scope[name]), const(e.reading.first)))
