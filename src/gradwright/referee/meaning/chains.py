"""Derivatives of values. Owns: ∂ of one body in one symbol, how a derivative lies, and the chain rule of Jacobians.

Never: reads a ∂-fraction (``derivatives``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from gradwright.core.build import deriv, mul, rename, total
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Entry
from gradwright.core.node import Node as Body
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.engine.derivatives import derivative
from gradwright.read.latex.nodes import Known, Law
from gradwright.read.syntax import Call, Derivative, Group, Indexed, Name, Node, Transposed, alike
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.symbols import labels_in
from gradwright.referee.meaning.value import TURNED, Unsaid


@dataclass(frozen=True)
class Link:
    """∂body/∂wrt as one factor of the chain rule."""

    body: Node
    wrt: Node


class Target(NamedTuple):
    """The variable of a derivative: its name, the indices at it, its kind, and those of the indices that are new."""

    name: str
    slots: tuple[Index, ...]
    kind: str
    axes: tuple[Index, ...]


def links_of(items: Sequence[Node]) -> list[Link]:
    """The factors as derivatives of one in one; none where they are something else."""
    links = [
        Link(item.body, item.wrt[0])
        for item in items
        if isinstance(item, Derivative) and len(item.wrt) == 1 and item.body is not None
    ]
    return links if len(links) == len(items) > 1 else []


def chained(e: Document, links: Sequence[Link], tree: Node) -> Value:
    """Jacobians one after the other, in either order, contracted over what each takes from the next."""
    for order in (list(links), list(links)[::-1]):
        if all(alike(a.wrt, b.body) for a, b in pairwise(order)):
            break
    else:
        e.fail("derivatives that do not follow each other", tree)
    head = e.value(order[0].body)
    at = target(e, order[0].wrt)
    body = derived(e, head.body, at, tree)
    for link in order[1:]:
        middle = e.value(link.body)
        after = target(e, link.wrt)
        step = rename(derived(e, middle.body, after, tree), dict(zip(middle.axes, at.axes, strict=True)))
        body, at = total(at.axes, mul(body, step)), after
    return laid_out(e, head, body, at)


def target(e: Document, tree: Node) -> Target:
    turned = False
    while isinstance(tree, Group | Transposed):
        turned ^= isinstance(tree, Transposed)
        tree = tree.body
    if not isinstance(tree, Name | Indexed | Call | Law | Known):
        e.fail("a derivative in what is not a symbol", tree)
    made_of = {key: value for key, value in e.place.env.items() if not isinstance(value.body, Entry)}
    value = e.knowing(made_of).value(tree)
    if not isinstance(value.body, Entry):
        e.fail("a derivative in what is not a symbol", tree)
    kind = TURNED.get(value.kind, value.kind) if turned else value.kind
    fresh = {axis: e.fresh(axis.dim) for axis in value.axes}
    slots = tuple(fresh.get(slot, slot) for slot in value.body.slots)
    return Target(value.body.name, slots, kind, tuple(fresh.values()))


def laid_out(e: Document, value: Value, body: Body, at: Target) -> Value:
    """The derivative of a value over its axes and the variable's, as the layout has them."""
    axes, kind, layout = at.axes, at.kind, e.world.reading.layout
    if not axes:
        if value.kind in ("column", "row", "matrix") and layout == "denominator":
            return Value(TURNED[value.kind], value.axes[::-1], body)
        return replace(value, body=body)
    if not value.axes:
        if layout == "numerator":
            return Value(TURNED.get(kind, kind), axes[::-1], body)
        return Value(kind, axes, body)
    if len(value.axes) == 1 and len(axes) == 1:
        first = layout == "denominator"
        if value.kind == "row" and kind == "column" and not e.symbols.customs.row_vectors:
            first = True
        if value.kind == "column" and kind == "row":
            first = False
        return Value("matrix", (*axes, *value.axes) if first else (*value.axes, *axes), body)
    return Value("tensor", (*value.axes, *axes), body)


def derived(e: Document, body: Body, at: Target, tree: Node) -> Body:
    """∂body/∂name[slots]: by arithmetic where the name is a variable, by the rules where it is defined."""
    world, name = e.world, at.name
    if world.reading.partial and (direct := _direct_part(e, body, at)) is not None:
        return direct
    context = world.context([body])
    unsaid = name in world.arrays or not _is_constant(e, body)
    if unsaid and not context.depends(body, name):
        raise Unsaid(f"it is not said how this depends on {name}", tree.span)
    if name not in world.arrays and not body.derivs:
        return deriv(body, name, at.slots)
    return slope(e, body, name, at.slots)


def slope(e: Document, body: Body, name: str, slots: tuple[Index, ...]) -> Body:
    """The derivative by the rules, in a name that is a variable here, whatever defines it."""
    context = e.world.context([body])
    context.definitions.pop(name, None)
    return _at(e, body, name, slots, context)


def _at(e: Document, body: Body, name: str, slots: tuple[Index, ...], context: Context) -> Body:
    free = tuple(e.fresh(slot.dim) for slot in slots)
    return rename(derivative(body, name, free, context), dict(zip(free, slots, strict=True)))


def _direct_part(e: Document, body: Body, at: Target) -> Body | None:
    """∂ of a defined entry's own formula, with the defined symbols in it held fixed that depend on the variable."""
    array = e.world.arrays.get(body.name) if isinstance(body, Entry) else None
    if array is None or not isinstance(body, Entry) or at.name not in array.body.names or array.body.derivs:
        return None
    context = e.world.context([array.body])
    held = {n for n in array.body.names if n != at.name and n in context.definitions}
    held = {n for n in held if context.depends(context.definitions[n].body, at.name)}
    if not held:
        return None
    e.world.fixed |= held
    context.definitions.clear()
    inner = rename(array.body, dict(zip(array.axes, body.slots, strict=True)))
    return _at(e, inner, at.name, at.slots, context)


def _is_constant(e: Document, body: Body) -> bool:
    """Whether a body is made of numbers and of what the document says is constant or data."""
    return body.names <= e.symbols.roles.constants | labels_in(e.world.learned.facts)
