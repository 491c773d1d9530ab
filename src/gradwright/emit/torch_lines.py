"""Statements of a PyTorch module. Owns: which arrays are written over, which log-softmax is a softmax. Never: plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradwright.core.build import apply, entry, matfn, open_binder
from gradwright.core.node import Apply, Entry, MatFn, Node, Reduce, Where, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.arrays import Language, returned, statement
from gradwright.emit.inplace import in_place
from gradwright.emit.labels import linear_in_label
from gradwright.emit.names import identifier
from gradwright.emit.plan import LOG_SOFTMAX, Let, Plan

SOFTMAX = "softmax"


def statements(plan: Plan, lets: Sequence[Let], kept: Iterable[str], language: Language) -> list[str]:
    """The code of these arrays in order; ``kept`` are names that must be whole at the end."""
    lines: list[str] = []
    aliased = {let.body.name for let in lets if isinstance(let.body, Entry)}
    kept = frozenset(kept) | aliased
    own: set[str] = set()
    for place, let in enumerate(lets):
        later = kept.union(*(plan.reads(other) for other in lets[place + 1 :]))
        dying = frozenset((own & let.body.names) - later)
        lines += _statement(let, plan, language, dying).split("\n")
        if not any(isinstance(n, Where) for n in walk(let.body)) and not isinstance(let.body, Entry):
            own.add(let.name)
    return lines


def _statement(let: Let, plan: Plan, language: Language, dying: frozenset[str]) -> str:
    name = identifier(let.name)
    found = linear_in_label(let.body)
    if found is not None and len(let.axes) == 2:
        base = in_place(found[0], let.axes, language, dying)
        if isinstance(found[0], Entry) and found[0].name in dying and found[0].slots == let.axes:
            base = identifier(found[0].name)
        whole = statement(let, plan, language)
        scatter = whole.partition("\n")[2]
        return f"{name} = {base}\n{scatter}" if base is not None and scatter else whole
    if isinstance(let.body, Reduce | MatFn | Entry) or len(let.axes) < 2:
        return statement(let, plan, language)
    text = in_place(let.body, let.axes, language, dying)
    return statement(let, plan, language) if text is None else f"{name} = {text}"


def answered(plan: Plan, language: Language) -> list[str]:
    """Every answer as an expression."""
    return [returned(array, language) for array in plan.outputs.values()]


def with_softmax(plan: Plan) -> Plan:
    """The plan with a log-softmax of which only the exponential is read made a softmax."""
    lets, outputs = list(plan.lets), dict(plan.outputs)
    for let in plan.lets:
        bodies = [x.body for x in lets] + [a.body for a in outputs.values()]
        if not (isinstance(let.body, MatFn) and let.body.fn == LOG_SOFTMAX) or any(_bare(b, let.name) for b in bodies):
            continue
        taken = next((x for x in lets if x.body is apply("exp", entry(let.name, *x.axes))), None)
        name = taken.name if taken is not None else let.name.replace(LOG_SOFTMAX, SOFTMAX)
        indices, inner = open_binder(let.body)
        made = Let(name, let.axes, matfn(SOFTMAX, 0, let.body.slots, indices, inner))
        lets = [x for x in lets if x is not taken]
        lets = [made if x.name == let.name else replace(x, body=_read(x.body, let.name, name)) for x in lets]
        outputs = {label: replace(a, body=_read(a.body, let.name, name)) for label, a in outputs.items()}
    return replace(plan, lets=lets, outputs=outputs)


def _bare(body: Node, name: str) -> bool:
    """Whether the array is read otherwise than under an exponential."""
    if name not in body.names:
        return False
    if isinstance(body, Apply) and body.fn == "exp" and isinstance(body.args[0], Entry):
        return False
    if isinstance(body, Entry):
        return True
    return any(_bare(child, name) for child in body.children)


def _read(body: Node, log: str, name: str) -> Node:
    """The body with the exponential of one array read from another."""

    def read(node: Node) -> Node:
        inner = node.args[0] if isinstance(node, Apply) and node.fn == "exp" else None
        return entry(name, *inner.slots) if isinstance(inner, Entry) and inner.name == log else node

    return bottom_up(read, body) if log in body.names else body
