"""What the forward pass computes for the backward pass. Owns: which array belongs to which pass. Never: spells.

Whatever of the derived gradient does not depend on the cotangent may be computed with the value: there arrays that
nobody reads afterwards are written over, and what is kept for the backward pass is often the gradient alone. What is
made of arguments alone stays in the backward pass, for nothing has to be kept for it.
"""

from __future__ import annotations

from itertools import count

from gradwright.core.build import entry, mul
from gradwright.core.node import Entry, Mul, Node, walk
from gradwright.emit.plan.program import Let, Map, Program
from gradwright.emit.spell.module import COTANGENT


def passes(plan: Program, again: bool = False) -> tuple[list[Let], list[Let], list[Let]]:
    """Arrays of the value, those computed with it for the way back, and those of the way back; where all is computed
    ``again`` the way back has what it needs of the value's, too."""
    head = plan.only("value").lets
    if again:
        return head, [], plan.only(*(label for label in plan.outputs if label != "value")).lets
    tail = _parted(head, [let for let in plan.lets if let not in head], plan)
    waiting, near = {COTANGENT}, {let.name for let in head}
    for let in tail:
        reads = let.reads
        waiting |= {let.name} if reads & waiting else set()
        near |= {let.name} if reads & near else set()
    early: list[Let] = []
    needed: set[str] = set()
    for let in reversed(tail):
        if let.name not in waiting and (let.name in near or let.name in needed):
            early.insert(0, let)
            needed |= let.reads
    return head, early, [let for let in tail if let not in early]


def _parted(head: list[Let], tail: list[Let], plan: Program) -> list[Let]:
    """The arrays of the gradient; one that is a formula times the cotangent is two, for the formula can come before."""
    own, found = {let.name for let in head}, list[Let]()
    taken = {*plan.inputs, *(let.name for let in plan.lets)}
    for let in tail:
        rest = _formula(let, own)
        if rest is not None and isinstance(let.operation, Map):
            name = next(name for k in count(1) if (name := f"t{k}") not in taken)
            taken.add(name)
            found.append(Let(name, let.axes, Map(rest)))
            scale = mul(*(f for f in let.operation.body.children if set(f.free) != set(let.axes)))
            let = Let(let.name, let.axes, Map(mul(entry(name, *let.axes), scale)))
        own.add(let.name)
        found.append(let)
    return found


def _formula(let: Let, own: set[str]) -> Node | None:
    """What the cotangent is a factor of, where it is more than an array, and one that may be written over is in it."""
    body = let.operation.body if isinstance(let.operation, Map) else None
    factors = body.factors if isinstance(body, Mul) else ()
    waits = [f for f in factors if COTANGENT in f.names]
    rest = mul(*(f for f in factors if set(f.free) == set(let.axes)))
    whole = (n for n in walk(rest) if isinstance(n, Entry) and n.name in own and set(n.slots) == set(let.axes))
    if not let.axes or not waits or COTANGENT in rest.names or isinstance(rest, Entry) or not any(whole):
        return None
    return rest
