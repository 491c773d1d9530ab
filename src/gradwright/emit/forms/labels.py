"""Class labels for one-hot vectors. Owns: reading a one-hot Y[i,k] as the place of its 1. Never: builds the matrix.

Σ_k Y[i,k] f(i,k) is f at the label: each array in f is read there. Elsewhere Y[i,k] is 1 where k is the label.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    entry,
    matfn,
    mul,
    open_binder,
    ordinal,
    rebuild,
    reduce,
    split_coefficient,
    subtract,
    total,
    where,
)
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Where,
    factors_in,
    terms_in,
    walk,
)
from gradwright.core.walk import bottom_up, descend, run
from gradwright.emit.forms.canon import canonical
from gradwright.emit.forms.stable import log_sum_exp

TAKE = "take:"
_ONE, _ONE_OR_NONE = ("onehot", "onehot_rows"), ("onehot_or_zero", "onehot_or_zero_rows")


def as_labels(arrays: Mapping[str, Array], context: Context, name: str) -> tuple[dict[str, Array], Context]:
    """The formulas with ``name`` read as labels, and the context in which it has one axis less."""
    shape = context.symbols.get(name)
    if shape is None:
        raise Error(f"there is no {name} to give as labels", hint=f"its symbols: {', '.join(context.symbols)}")
    if not any(context.facts.ask(fact, name) for fact in (*_ONE, *_ONE_OR_NONE)):
        fact = "onehot" if len(shape) == 1 else "onehot_rows"
        raise Error(
            f"{name} is not known to be one-hot, so labels cannot stand for it",
            hint=f"say so: --given '{fact}({name})', in Python given=['{fact}({name})']",
        )
    built = {key for a in arrays.values() for key in _built(a.body, name, len(shape))}
    found = {
        key: Array(a.axes, _compared(_taken(a.body, name, context, built), name, len(shape)))
        for key, a in arrays.items()
    }
    return found, replace(context, symbols={**context.symbols, name: shape[:-1]})


def zero_rows(context: Context, name: str) -> bool:
    """Whether a row may have no label: a negative one stands for a row of zeros."""
    one, none = (any(context.facts.ask(fact, name) for fact in facts) for facts in (_ONE, _ONE_OR_NONE))
    return none and not one


def present(name: str, row: Sequence[Index], value: Node, context: Context) -> Node:
    """The value, where the row has a label."""
    return where(">=", entry(name, *row), ZERO, value, ZERO) if zero_rows(context, name) else value


def _built(node: Node, name: str, rank: int) -> set[Node]:
    """Arrays a + bY over the classes that are wanted as a whole: those that no sum over the classes encloses."""
    found: set[Node] = set()
    seen: set[Node] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if current in seen or not _marked(current, name, rank):
            continue
        seen.add(current)
        parts = _linear(current, name, rank) if isinstance(current, Add) else None
        if parts is not None and parts[2] is not None and parts[0] is not ZERO:
            if parts[2].slots[-1] in current.free:
                found.add(canonical(current)[0].body)
        elif isinstance(current, Reduce):
            indices, body = open_binder(current)
            factors = factors_in(body)
            pending += [f for f in factors if not _over_classes(f, indices, name, rank)]
        else:
            pending += current.children
    return found


def _over_classes(node: Node, indices: Sequence[Index], name: str, rank: int) -> bool:
    """Whether a sum over these indices runs over the classes of the node."""
    slots = [n.slots for n in walk(node) if isinstance(n, Entry) and n.name == name and len(n.slots) == rank]
    return any(each[-1] in indices for each in slots)


def _taken(node: Node, name: str, context: Context, built: set[Node]) -> Node:
    """Σ over the classes of a + bY as Σ a and b at the label, unless a + bY is built anyway."""

    rank = len(context.symbols[name])

    def visit(current: Node) -> Generator[Node, Node, Node]:
        if isinstance(current, Reduce) and current.op == "sum" and name in current.names:
            indices, body = open_binder(current)
            factors = body.factors if isinstance(body, Mul) else ()
            if any(isinstance(f, Add) and canonical(f)[0].body in built for f in factors):
                return (yield from descend(current))
            body = yield body
            found = _linear(body, name, rank)
            label = found[2] if found is not None else None
            if found is not None and label is not None and label.slots[-1] in indices:
                base, share, k = found[0], found[1], label.slots[-1]
                if _readable(share, k, label):
                    rest = ZERO if base is ZERO else (yield total(indices, base))
                    at = present(name, label.slots[:-1], _at(share, k, label), context)
                    read = yield reduce("sum", [i for i in indices if i is not k], at)
                    return add(rest, read)
            return reduce("sum", indices, body)
        return (yield from descend(current))

    return run(visit, node, {})


Linear = tuple[Node, Node, Entry | None]
"""(a, b, y), where a node is a + by with neither a nor b moving with y, which is none where b is 0."""


def _linear(node: Node, name: str, rank: int) -> Linear | None:
    """A node in the entries of a one-hot array."""
    return _parted(node, lambda n: _marked(n, name, rank), lambda n: n if isinstance(n, Entry) else None)


def _parted(node: Node, moves: Callable[[Node], bool], label: Callable[[Node], Entry | None]) -> Linear | None:
    """A node in what ``label`` says a label of; None where it is not so."""
    if not moves(node):
        return node, ZERO, None
    here = label(node)
    if here is not None:
        return ZERO, ONE, here
    if not isinstance(node, Add | Mul):
        return None
    parts = [_parted(child, moves, label) for child in node.children]
    found = [p for p in parts if p is not None]
    labels = {p[2] for p in found if p[2] is not None}
    if len(found) != len(parts) or len(labels) != 1:
        return None
    if isinstance(node, Add):
        return add(*(p[0] for p in found)), add(*(p[1] for p in found)), labels.pop()
    if sum(p[2] is not None for p in found) != 1:
        return None
    rest = mul(*(p[0] for p in found if p[2] is None))
    base, share, at = next(p for p in found if p[2] is not None)
    return mul(rest, base), mul(rest, share), at


def _marked(node: Node, name: str, rank: int) -> bool:
    """Whether entries of the one-hot array itself stand in it, and not its labels alone."""
    return name in node.names and any(
        isinstance(n, Entry) and n.name == name and len(n.slots) == rank for n in walk(node)
    )


def _readable(node: Node, k: Index, label: Entry) -> bool:
    """Whether every array in the node that runs over the class can be read at a label."""
    if k not in node.free:
        return True
    if isinstance(node, Entry):
        return node.slots.count(k) == 1 and node.name != label.name and len(node.slots) <= 2
    if isinstance(node, Reduce):
        return node.op == "sum" and len(node.free) <= 2
    return isinstance(node, Add | Mul | Apply | Pow | Where | Ordinal) and all(
        _readable(c, k, label) for c in node.children
    )


def _at(node: Node, k: Index, label: Entry) -> Node:
    """The node with the class at the label."""
    if k not in node.free:
        return node
    if isinstance(node, Entry | Reduce):
        return matfn(TAKE + label.name, 0, label.slots[:-1], [k], node)
    if isinstance(node, Ordinal):
        return entry(label.name, *label.slots[:-1])
    return rebuild(node, tuple(_at(child, k, label) for child in node.children))


def _compared(node: Node, name: str, rank: int) -> Node:
    def compare(current: Node) -> Node:
        if not isinstance(current, Entry) or current.name != name or len(current.slots) != rank:
            return current
        return where("==", entry(name, *current.slots[:-1]), ordinal(current.slots[-1]), ONE, ZERO)

    return bottom_up(compare, node)


def normalised_at_label(x: Node) -> tuple[Node, Node, Node] | None:
    """(f at the label, log Σ exp f, rest), where x is their difference and the rest: a log-softmax read at a label."""
    if not isinstance(x, Add):
        return None
    read = {(n.fn, n.slots) for n in walk(x) if isinstance(n, MatFn) and n.fn.startswith(TAKE)}
    for term in x.terms:
        coefficient, inner = split_coefficient(term)
        found = log_sum_exp(inner) if coefficient == -1 else None
        if found is None or len(found[0]) != 1:
            continue
        (k,), exponent = found
        for fn, slots in sorted(read, key=repr):
            label = entry(fn.removeprefix(TAKE), *slots, k)
            top = _at(exponent, k, label) if isinstance(label, Entry) and _readable(exponent, k, label) else exponent
            left = subtract(subtract(x, term), top)
            if len(terms_in(left)) < len(x.terms):
                return top, inner, left
    return None


def linear_in_label(node: Node, labels: Collection[str]) -> tuple[Node, Node, Entry] | None:
    """(a, b, y), where the node is a + b with b at the label y alone, one of these ``labels``, and the same along the
    row."""

    def label(mark: Node) -> Entry | None:
        if not isinstance(mark, Where) or mark.op != "==" or not isinstance(mark.right, Ordinal):
            return None
        at = mark.left if mark.then is ONE and mark.other is ZERO else None
        return at if isinstance(at, Entry) and at.name in labels else None

    found = _parted(node, lambda part: any(isinstance(n, Where) for n in walk(part)), label)
    if found is None or found[2] is None or not found[1].free <= found[2].free:
        return None
    return found[0], found[1], found[2]
