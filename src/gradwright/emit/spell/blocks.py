"""The loop over blocks of rows as text. Owns: the function of a block, the statements that run it and put together
what it gives. Never: what a block computes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field

from gradwright.core.index import names_of
from gradwright.core.record import dataclass
from gradwright.emit.plan.blocks import Block
from gradwright.emit.plan.names import extent, identifier, words
from gradwright.emit.plan.program import Let, Product, Program, matrices
from gradwright.emit.spell.arrays import turned
from gradwright.emit.spell.module import defined

_FOLDS = {"sum": "{a} + {b}", "prod": "{a} * {b}", "max": "{module}.maximum({a}, {b})",
          "min": "{module}.minimum({a}, {b})"}  # fmt: skip


@dataclass(frozen=True)
class Joined:
    """How a target puts blocks together: ``row`` takes a block's rows in, ``unset`` is a fold not yet begun; what it
    calls an array, and what a block is given besides arrays and extents, with its type."""

    module: str
    row: str
    unset: str
    array: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """How much of the product is held: so many cells, and where there is a ``share``, at least that part of the factor
    without the rows, which is there anyway and whose gradient each block adds to."""

    cells: int
    share: int = 0


def in_blocks(
    block: Block, plan: Program, kept: Collection[str], called: str, body: Sequence[str], held: Held, how: Joined,
    opened: Sequence[str],
) -> tuple[list[str], list[str]]:  # fmt: skip
    """The function ``called`` so, which computes a block by the statements of its ``body``, and the loop that calls it;
    ``kept`` is read after it, ``held`` is how much of the product is there, ``opened`` makes room for the rows kept."""
    dims = {*plan.sizes, *(dim for shape in plan.inputs.values() for dim in names_of(*shape))}
    extents = sorted({*map(identifier, dims)} & words(body))
    typed = dict.fromkeys(map(identifier, block.given), how.array) | dict.fromkeys(extents, "int") | dict(how.given)
    said = ", ".join(identifier(x.name) for x in block.answers(kept))
    opening = f"def {called}({', '.join(f'{n}: {kind}' for n, kind in typed.items())}) -> tuple[{how.array}, ...]:"
    returned = f"return {said}{',' if len(block.answers(kept)) == 1 else ''}"
    function = defined(opening, f"A block of rows: {said}.", [*body, returned])
    return function, _loop(block, plan, kept, called, [*extents, *how.given], held, how, opened)


def _loop(
    block: Block, plan: Program, kept: Collection[str], called: str, given: Sequence[str], held: Held, how: Joined,
    opened: Sequence[str],
) -> list[str]:  # fmt: skip
    """The loop; a block is computed from what it reads and from what is ``given`` besides."""
    made = {let.name for let in block.lets}
    answers = block.answers(kept)
    folds = [x for x in (*answers, *block.products) if x.name in block.sums]
    reads = block.given
    long = {name for name in reads if plan.shapes[name][:1] == (block.row,)}
    arguments = [f"{identifier(n)}[here]" if n in long else identifier(n) for n in reads]
    rows = identifier(str(block.row)) if isinstance(block.row, str) else str(block.row)
    inner = block.wide.operation.over[0].dim if isinstance(block.wide.operation, Product) else 1
    least = f"{extent(inner)} // {held.share}, " if held.share else ""
    lines = [f"step = max(16, {least}{held.cells} // max(1, {extent(block.wide.axes[1].dim)}))", *opened]
    lines += [how.unset.format(name=identifier(x.name)) for x in folds]
    lines += [f"for begin in range(0, max(1, {rows}), step):", "    here = slice(begin, begin + step)"]
    results = ", ".join(f"{identifier(x.name)}_here" for x in answers) + ("," if len(answers) == 1 else "")
    lines += [f"    {results} = {called}({', '.join([*arguments, *given])})"]
    lines += ["    " + how.row.format(name=identifier(x.name)) for x in stacked(block, kept)]
    for let in folds:
        name = identifier(let.name)
        if let in block.products:
            pair = matrices(let)
            assert pair is not None
            left, right = (turned(m, lambda n: identifier(n) + ("_here" if n in made else "[here]")) for m in pair)
            lines.append(f"    {name} = _added({name}, {left}, {right})")
        else:
            both = _FOLDS[block.sums[let.name]].format(a=name, b=f"{name}_here", module=how.module)
            lines.append(f"    {name} = {name}_here if {name} is None else {both}")
    done = [f"{identifier(x.name)}_here" for x in answers if len(x.axes) == 2]
    return [*lines, f"    del {', '.join(done)}  # before the next block is made"] if done else lines


def stacked(block: Block, kept: Collection[str]) -> list[Let]:
    """The arrays whose rows are put together."""
    return [x for x in block.answers(kept) if x.name in kept and x.name in block.rows]
