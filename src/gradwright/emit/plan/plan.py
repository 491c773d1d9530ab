"""The plan: arrays to compute, in order. Owns: what becomes an array, what is shared, the order of products.

A plan is a list of ``Let``: each array is an elementwise formula, a reduction, a product of two arrays, or a function
of a matrix, over arrays before it. Equal arrays are planned once, whatever their indices are called. Products of many
factors go in the cheapest order. Never: knows how a target spells anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradwright.core.build import entry
from gradwright.core.context import Context
from gradwright.core.index import names_of
from gradwright.core.node import Array, Entry, Node, Size, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.factors import gathered
from gradwright.emit.forms.labels import TAKE
from gradwright.emit.forms.prepare import Prepared
from gradwright.emit.plan.lets import Let, Plan
from gradwright.emit.plan.names import extents_of
from gradwright.emit.plan.planner import Planner
from gradwright.emit.plan.solves import solved


def plan(
    outputs: Mapping[str, Array],
    context: Context,
    extents: Mapping[str, int] | None = None,
    kernels: bool = False,
    opposites: bool = False,
) -> Plan:
    """The plan for several arrays together; ``extents`` are likely sizes, by which products are ordered.
    With ``kernels`` every operation is a pass over memory: a softmax and a log-softmax are one array each, computed by
    a kernel of the target, and a sum of arrays that stands in two places is one array. With ``opposites`` σ(u) and
    σ(−u) come from one exponential."""
    symbols = dict(context.symbols)
    prepared = Prepared([a.body for a in outputs.values()], context, kernels, opposites)
    planner = Planner(context, dict(extents or {}), prepared, kernels)
    called = {name: planner.defined(name) for name in context.definitions}
    formulas = {label: planner.prepared(a.body) for label, a in outputs.items()}
    if kernels:
        formulas, called = planner.fused(formulas, called)
    ready = {label: Array(a.axes, formulas[label]) for label, a in outputs.items()}
    planner.count(formulas.values())
    planner.made.name_definitions(called)
    made = {label: planner.output(array) for label, array in ready.items()}
    made, lets = _labelled(made, planner.made.lets, {*context.definitions, *symbols})
    used = set().union(*(a.body.names for a in made.values()), *(let.body.names for let in lets))
    axes = {i for let in lets for i in let.axes} | {i for a in made.values() for i in a.axes}
    dims: set[str] = set()
    for node in (n for body in (*(x.body for x in lets), *(x.body for x in made.values())) for n in walk(body)):
        dims |= {node.dim} if isinstance(node, Size) else set()
        axes.update((*node.indices, *node.binds))
    dims |= names_of(*(i.dim for i in axes))
    used = {name.removeprefix(TAKE) for name in used}
    used |= set(context.order) if "value" in outputs else set()  # a symbol that cancels is an argument of the value
    inputs = {name: shape for name, shape in symbols.items() if name in used}
    missing = tuple(sorted(dims - extents_of(inputs).keys()))
    order = [n for n in context.order if n in inputs]
    inputs = {name: inputs[name] for name in dict.fromkeys((*order, *inputs))}
    if kernels:
        lets = [Let(let.name, let.axes, gathered(let.body)) for let in lets]
    solves = solved(lets, (a.body for a in made.values()))
    return Plan(inputs, [let for let in lets if let.name not in solves], made, missing, solves, context)


def _labelled(made: dict[str, Array], lets: list[Let], kept: set[str]) -> tuple[dict[str, Array], list[Let]]:
    """An output that is an array of its own is called what it is: value, gradient."""
    names: dict[str, str] = {}
    for label, array in made.items():
        let = next((x for x in lets if isinstance(array.body, Entry) and x.name == array.body.name), None)
        if let is not None and let.name not in names and let.name not in kept and label not in kept:
            names[let.name] = label

    def renamed(node: Node) -> Node:
        return entry(names[node.name], *node.slots) if isinstance(node, Entry) and node.name in names else node

    lets = [Let(names.get(x.name, x.name), x.axes, bottom_up(renamed, x.body)) for x in lets]
    return {label: Array(a.axes, bottom_up(renamed, a.body)) for label, a in made.items()}, lets
