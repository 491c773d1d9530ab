"""The plan: arrays to compute, in order. Owns: what becomes an array, what is shared, the order of products.

Each array is an elementwise formula, a reduction, a product of two arrays, or a function of a matrix, over arrays
before it: drafts are formulas of ours, the program says by its operations what each comes down to. Equal arrays are
planned once, whatever their indices are called. Products of many factors go in the cheapest order. Never: knows how a
target spells anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gradwright.core.build import entry, open_binder, rename
from gradwright.core.context import Context
from gradwright.core.index import names_of
from gradwright.core.node import Array, Const, Entry, MatFn, Mul, Node, Pow, Reduce, Size, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.exponentials import KERNELS
from gradwright.emit.forms.factors import gathered
from gradwright.emit.forms.labels import TAKE, zero_rows
from gradwright.emit.forms.norms import NORM
from gradwright.emit.forms.prepare import Prepared
from gradwright.emit.plan import program as ops
from gradwright.emit.plan.made import Draft
from gradwright.emit.plan.names import extents_of
from gradwright.emit.plan.planner import Planner
from gradwright.emit.plan.program import Let, Program, plain
from gradwright.emit.plan.solves import solved


def plan(
    outputs: Mapping[str, Array],
    context: Context,
    kernels: bool = False,
    opposites: bool = False,
    given: Collection[str] = (),
    labels: Collection[str] = (),
) -> Program:
    """The program for several arrays together; ``given`` are symbols that are arguments even if they cancel, ``labels``
    those that hold class labels.

    With ``kernels`` every operation is a pass over memory: a softmax and a log-softmax are one array each, computed by
    a kernel of the target, and a sum of arrays that stands in two places is one array. With ``opposites`` σ(u) and
    σ(−u) come from one exponential."""
    symbols = dict(context.symbols)
    prepared = Prepared([a.body for a in outputs.values()], context, kernels, opposites)
    planner = Planner(context, prepared, kernels)
    called = {name: planner.defined(name) for name in context.definitions}
    formulas = {label: planner.prepared(a.body) for label, a in outputs.items()}
    if kernels:
        formulas, called = planner.fused(formulas, called)
    ready = {label: Array(a.axes, formulas[label]) for label, a in outputs.items()}
    planner.count(formulas.values())
    planner.made.name_definitions(called)
    made = {label: planner.output(array) for label, array in ready.items()}
    made, drafts = _labelled(made, planner.made.drafts, {*context.definitions, *symbols})
    if kernels:
        drafts = [Draft(draft.name, draft.axes, gathered(draft.body)) for draft in drafts]
    lets = [Let(draft.name, draft.axes, _operation(draft.body, context)) for draft in drafts]
    lets = solved(lets, [array.body for array in made.values()])
    bodies = [*(draft.body for draft in drafts), *(array.body for array in made.values())]
    used = {name.removeprefix(TAKE) for body in bodies for name in body.names}
    used |= {*given, *(context.order if "value" in outputs else ())}  # of the value, every symbol
    order = dict.fromkeys((*context.order, *symbols))
    inputs = {name: symbols[name] for name in order if name in used and name in symbols}
    axes = {i for axes in (*(x.axes for x in drafts), *(x.axes for x in made.values())) for i in axes}
    sizes: set[str] = set()
    for node in (n for body in bodies for n in walk(body)):
        sizes |= {node.dim} if isinstance(node, Size) else set()
        axes.update((*node.indices, *node.binds))
    missing = (sizes | names_of(*(i.dim for i in axes))) - extents_of(inputs).keys()
    return Program(inputs, lets, made, tuple(sorted(missing)), frozenset(labels), context)


def _operation(body: Node, context: Context) -> ops.Operation:
    """What a draft's formula says is computed."""
    if isinstance(body, Reduce):
        over, inner = open_binder(body)
        pair = _pair(inner) if body.op == "sum" else None
        return ops.Fold(body.op, over, inner) if pair is None else ops.Product(over, *pair)
    if not isinstance(body, MatFn):
        return ops.Map(body)
    indices, source = open_binder(body)
    assert isinstance(source, Entry)
    if body.fn.startswith(TAKE):
        name = body.fn.removeprefix(TAKE)
        label = entry(name, *body.slots)
        assert isinstance(label, Entry)
        return ops.Gather(source, indices[0], label, zero_rows(context, name))
    if body.fn in KERNELS:
        source = rename(source, dict(zip(indices, body.slots, strict=True)))
        assert isinstance(source, Entry)
        return ops.Rowwise(body.fn, source, body.slots[0])
    return (
        ops.Norm(source, indices, *body.given)
        if body.fn == NORM
        else ops.OfMatrix(body.fn, source, indices, body.slots)
    )


def _pair(inner: Node) -> tuple[Entry, Entry] | None:
    """Two arrays as they are, whose product it is."""
    square = isinstance(inner, Pow) and isinstance(inner.exponent, Const) and inner.exponent.value == 2
    pair = (inner.children[0],) * 2 if square else inner.factors if isinstance(inner, Mul) else ()
    left, right = pair if len(pair) == 2 else (None, None)
    if not isinstance(left, Entry) or not isinstance(right, Entry) or not (plain(left) and plain(right)):
        return None
    return left, right


def _labelled(made: dict[str, Array], drafts: list[Draft], kept: set[str]) -> tuple[dict[str, Array], list[Draft]]:
    """An output that is an array of its own is called what it is: value, gradient."""
    names: dict[str, str] = {}
    for label, array in made.items():
        draft = next((x for x in drafts if isinstance(array.body, Entry) and x.name == array.body.name), None)
        if draft is not None and draft.name not in names and draft.name not in kept and label not in kept:
            names[draft.name] = label

    def renamed(node: Node) -> Node:
        return entry(names[node.name], *node.slots) if isinstance(node, Entry) and node.name in names else node

    drafts = [Draft(names.get(x.name, x.name), x.axes, bottom_up(renamed, x.body)) for x in drafts]
    return {label: Array(a.axes, bottom_up(renamed, a.body)) for label, a in made.items()}, drafts
