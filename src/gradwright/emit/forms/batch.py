"""A batch axis that the formula does not have. Owns: one more index on the entries of the symbols that vary over it.

The derivation is of one sample. The value and the derivatives in a symbol of the batch gain the axis, in front; a
gradient, Hessian or Hessian-vector product in a symbol that all samples share is summed over it: it is that of the sum
of the values. Never: a word about targets.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from gradwright.core.build import add, entry, mul, size, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import FACTS, Facts
from gradwright.core.index import free_index
from gradwright.core.node import Array, Entry, Node, terms_in
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up


@dataclass(frozen=True)
class Batch:
    """The axis, and the symbols that have it."""

    dim: str
    names: tuple[str, ...]

    def arrays(self, found: Mapping[str, Array], context: Context, summed: Collection[str]) -> dict[str, Array]:
        """The arrays over the batch; those among ``summed`` are summed over it."""
        axis = free_index("batch~", self.dim)

        def widened(node: Node) -> Node:
            if (
                isinstance(node, Entry)
                and node.name in self.names
                and len(node.slots) == len(context.symbols[node.name])
            ):
                return entry(node.name, axis, *node.slots)
            return node

        made = {}
        for key, array in found.items():
            body = bottom_up(widened, array.body)
            if key in summed:
                terms = terms_in(body)  # each a product of its own
                moving = add(*(total([axis], term) for term in terms if axis in term.free))
                alike = add(*(term for term in terms if axis not in term.free))
                made[key] = Array(array.axes, add(moving, mul(size(self.dim), alike)))
            else:
                made[key] = Array((axis, *array.axes), body)
        return made

    def context(self, context: Context) -> Context:
        """The context in which the symbols of the batch have its axis; facts that are of one sample are left out."""
        symbols = {n: (self.dim, *s) if n in self.names else s for n, s in context.symbols.items()}
        facts = Facts(g for g in context.facts.given if g.symbol not in self.names or FACTS[g.fact].per_sample)
        return replace(context, symbols=symbols, facts=facts, found={})

    def with_symbol(self, name: str) -> Batch:
        """The same axis, on one more symbol."""
        return Batch(self.dim, (*self.names, name))


def parsed(text: str, context: Context, variables: tuple[str, ...]) -> Batch | None:
    """``n:x,y`` is an axis n of x and y; ``n`` alone is one of every symbol that is not a variable; "" is none."""
    if not text:
        return None
    dim, colon, listed = (part.strip() for part in text.partition(":"))
    if not dim.isidentifier():
        raise Error(f"the batch axis {text!r} has no name", hint="n, or n:x,y for the symbols that have it")
    if dim in context.dims or dim in context.symbols or any(dim in shape for shape in context.symbols.values()):
        raise Error(f"the batch axis {dim} is a name of the formula already", hint="choose another letter")
    names = tuple(dict.fromkeys(n.strip() for n in listed.split(",") if n.strip()))
    if not colon:
        names = tuple(name for name in context.symbols if name not in variables)
    for name in names:
        if name not in context.symbols:
            raise Error(f"there is no {name} to batch", hint="its symbols: " + ", ".join(context.symbols))
    if not names:
        raise Error("no symbol has the batch axis", hint=f"name those that do: {dim}:{','.join(context.symbols)}")
    return Batch(dim, names)
