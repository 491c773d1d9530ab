"""Arrays made so far. Owns: order, names, by which formula each is known, what is used twice. Never: makes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradwright.core.build import ONE, ZERO, open_binder, rename
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Array, Entry, MatFn, Node, Reduce
from gradwright.core.record import dataclass
from gradwright.emit.forms.canon import canonical
from gradwright.emit.plan.names import Names

Stored = tuple[str, tuple[Index, ...]]
"""An array's name, and the axes of the canonical form it is known by in the order they are stored."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An array before its operation is known: its name, its axes in the order they are stored, its entry there."""

    name: str
    axes: tuple[Index, ...]
    body: Node


class Made:
    """``drafts`` are the arrays of a plan, in order; ``known`` has them by canonical forms."""

    def __init__(self, context: Context) -> None:
        self.drafts: list[Draft] = []
        self.known: dict[Node, Stored] = {}
        self._names = Names(context)
        self._uses: dict[Node, set[Node]] = {}
        self._called: dict[Node, str] = {}

    def count(self, formulas: Iterable[Node], arrays: Iterable[Array]) -> None:
        """Who uses which array, up to the names of indices."""
        seen: set[Node] = set()
        stack = [(formula, ONE) for formula in formulas] + [(array.body, ZERO) for array in arrays]
        while stack:
            node, parent = stack.pop()
            key = canonical(node)[0].body
            self._uses.setdefault(key, set()).add(parent)
            if key in seen:
                continue
            seen.add(key)
            below = (open_binder(node)[1],) if isinstance(node, Reduce | MatFn) else node.children
            stack.extend((child, key) for child in below)

    def name_definitions(self, called: Mapping[str, Node]) -> None:
        """The user's own names for what they defined."""
        for name, body in called.items():
            self._called.setdefault(canonical(body)[0].body, name)

    def shared(self, key: Node) -> bool:
        """Whether two formulas use the array, or the user has a name for it."""
        return len(self._uses.get(key, ())) > 1 or key in self._called

    def wanted(self, key: Node) -> bool:
        """Whether the formulas have this array."""
        return key in self.known or key in self._uses

    def add(self, node: Node, axes: tuple[Index, ...], body: Node, key: Node | None = None) -> Stored:
        """One more array, called what the user calls the formula that it is known by, else after its kind."""
        name = self._names.fresh(self._called.get(key) if key is not None else None, node)
        self.drafts.append(Draft(name, axes, body))
        return name, axes

    def body_of(self, name: str) -> Node | None:
        """What an array is computed from; None where it is an argument."""
        return next((draft.body for draft in self.drafts if draft.name == name), None)

    def unfolded(self, operand: Node) -> Node:
        """A lone operand made for one sum alone is summed as it is computed."""
        last = self.drafts[-1] if self.drafts else None
        if (
            last is None
            or not isinstance(operand, Entry)
            or operand.name != last.name
            or isinstance(last.body, Reduce | MatFn)
        ):
            return operand
        keys = [k for k, (name, _) in self.known.items() if name == last.name]
        if any(self.shared(k) for k in keys):
            return operand
        self.drafts.pop()
        for key in keys:
            del self.known[key]
        return rename(last.body, dict(zip(last.axes, operand.slots, strict=True)))
