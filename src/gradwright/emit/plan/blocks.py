"""Blocks of rows. Owns: finding a matrix product that feeds folds along its rows, or goes by way of a sweep into
another product, and what needs no more than a block of it.

The product is wide (rows by classes, say) and wanted nowhere as a whole, so that only a block of its rows is ever held:
results with rows are put together, folds over rows are carried on. Found by structure. Never: prints.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import field

from gradwright.core.index import Dim, Index
from gradwright.core.node import Delta, Entry, Ordinal
from gradwright.core.record import dataclass
from gradwright.emit.plan.program import Fold, Let, Product, Program, Rowwise

Part = Sequence[Let]
"""Arrays that are computed together."""


@dataclass
class Block:
    """What is computed for some rows at a time: arrays, products summed over the rows, and what leaves the block."""

    row: Dim
    wide: Let
    lets: list[Let] = field(default_factory=list)
    products: list[Let] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)
    sums: dict[str, str] = field(default_factory=dict)
    """Folds over all rows, and how those of two blocks come together."""
    folded: bool = False
    """Whether rows are folded, so that the product need never be there; else it goes from one product into another."""

    @property
    def names(self) -> set[str]:
        return self.rows | self.sums.keys()

    @property
    def given(self) -> list[str]:
        """What a block reads: arrays computed before it and arguments, class labels too."""
        made = {let.name for let in self.lets}
        return sorted({name for let in self.lets for name in let.reads} - made)

    def answers(self, kept: Collection[str]) -> list[Let]:
        """What leaves a block: arrays kept, and those that go into a product over all rows."""
        wanted = {*kept, *(name for let in self.products for name in let.reads)}
        return [let for let in self.lets if let.name in wanted]


Found = tuple[list[int], Block, list[int], list[int]]
"""Numbers of the parts before the block, the block, the parts in it, and those after it."""


def blocked(parts: Sequence[Part], plan: Program, folded: bool = False) -> Found | None:
    """The first product that is worth it, only one whose rows are ``folded`` if so wished; None where there is none."""
    for number, part in enumerate(parts):
        row = _wide(part[0], plan) if len(part) == 1 else None
        found = _block(parts, number, row, plan) if row is not None else None
        if found is not None and (found[1].folded or not folded):
            return found
    return None


def _wide(let: Let, plan: Program) -> Dim | None:
    """The rows of a matrix product, one factor of which has these rows."""
    pair = _pair(let)
    if pair is None or len(let.axes) != 2 or let.name in plan.returned:
        return None
    rho, kappa = let.axes
    lone = [e for e in pair if rho in e.slots]
    ok = (
        len(lone) == 1
        and lone[0].slots[0] is rho
        and rho.dim not in {i.dim for e in pair for i in e.slots if i is not rho}
    )
    return rho.dim if ok and kappa.dim != rho.dim else None


def _pair(let: Let) -> tuple[Entry, Entry] | None:
    """The two factors of a product of two arrays summed over one index."""
    product = let.operation
    if not isinstance(product, Product) or len(product.over) != 1 or product.left == product.right:
        return None
    return product.left, product.right


def _block(parts: Sequence[Part], number: int, row: Dim, plan: Program) -> Found | None:
    (wide,) = parts[number]
    block = Block(row, wide, [wide], rows={wide.name})
    before, within, after = list(range(number)), [number], list[int]()
    late: set[str] = set()
    for k, part in enumerate(parts[number + 1 :], number + 1):
        reads = {name for let in part for name in let.reads}
        if not reads & (late | block.sums.keys()) and _taken(part, block):
            within.append(k)
        elif reads & (late | block.names):
            after.append(k)
            late |= {let.name for let in part}
        else:
            before.append(k)
    folds = [x for x in block.lets if isinstance(x.operation, Fold | Product)]
    rows = [x for x in folds if len(x.axes) == 1 and x.name in block.rows]
    own = {x.name for x in block.lets}
    rows = [x for x in rows if not _pair(x) or x.reads <= own]  # else another array is as wide
    rows += [x for x in block.lets if isinstance(x.operation, Rowwise)]
    block.folded = any(wide.name in _deep(x.name, block) for x in rows)
    later = plan.returned.union(*(let.reads for k in after for let in parts[k]))
    held = any(wide.axes[1].dim in [i.dim for i in x.axes] for x in block.lets if x.name in later & block.rows)
    sweeps = any(len(parts[k]) > 1 or _pair(parts[k][0]) is None for k in within)
    through = sweeps and not block.products and any(_pair(x) for x in block.lets[1:])
    return (before, block, within, after) if (block.folded or through) and not held else None


def _deep(name: str, block: Block) -> set[str]:
    """Everything an array of the block reads, by way of the others in it."""
    found: set[str] = set()
    pending = [name]
    bodies = {let.name: let for let in block.lets}
    while pending:
        for read in bodies[pending.pop()].reads - found:
            found.add(read)
            pending += [read] if read in bodies else []
    return found


def _taken(part: Part, block: Block) -> bool:
    """Whether a block of rows is enough for the part, and it has to do with the block; if so it joins."""
    kinds = [_kind(let, block) for let in part]
    if None in kinds:
        return False
    for let, kind in zip(part, kinds, strict=True):
        if kind == "row":
            block.rows.add(let.name)
        elif isinstance(let.operation, Fold | Product):
            block.sums[let.name] = let.operation.op
        if kind == "product" and len(part) == 1:  # in a sweep it is a fold like others
            block.products.append(let)
        else:
            block.lets.append(let)
    return True


def _kind(let: Let, block: Block) -> str | None:
    """An array with the rows in front, a fold over them, a product summed over them, or none of these."""
    lead = let.axes[0] if let.axes else None
    if lead is not None and lead.dim == block.row:
        return "row" if _sliced(let, block, lead) else None
    bound = let.operation.over if isinstance(let.operation, Fold | Product) else ()
    over = [i for i in bound if i.dim == block.row]
    if len(over) != 1 or not _sliced(let, block, over[0]):
        return None
    pair = _pair(let)
    if pair is None or not let.axes:
        return "fold"
    both = all(over[0] in e.slots and len(e.slots) < 3 for e in pair)
    return "product" if both and set(pair[0].slots) & set(pair[1].slots) == {over[0]} else None


def _sliced(let: Let, block: Block, rho: Index) -> bool:
    """Whether every array that has the rows has them first, at the row at hand, nothing else is as long, and nothing
    asks which row it is."""
    if any(i.dim == block.row and i is not rho for i in let.axes):
        return False
    for node in let.nodes:
        if isinstance(node, Ordinal | Delta) and rho in node.indices:
            return False
        if isinstance(node, Entry):
            long = [k for k, index in enumerate(node.slots) if index.dim == block.row]
            if long not in ([], [0]) or (long and node.slots[0] is not rho):
                return False
    return True
