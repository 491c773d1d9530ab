"""The native target. Owns: the text of a module of fused loops for Numba. Never: plans, runs.

Matrix products stay with NumPy; everything between them is one sweep over the rows, shared out among threads and
vectorised, written into the buffer given as ``out``. Without Numba the module computes with NumPy, with a notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gradwright.core.index import names_of
from gradwright.core.node import Entry
from gradwright.emit.plan.blocks import Block, blocked
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Let, Program
from gradwright.emit.spell.arrays import lines_of, returned, sides, sizes, statement
from gradwright.emit.spell.blocks import Joined, loop, stacked
from gradwright.emit.spell.linalg import BY_LAPACK, EACH
from gradwright.emit.spell.module import Request, checks, docstring, header, preparing, signature, tidy, unpacked
from gradwright.emit.spell.numpy import NUMPY, helping, readied
from gradwright.emit.targets.c.functions import function
from gradwright.emit.targets.c.functions import translated as functions_of
from gradwright.emit.targets.c.library import PRELUDE, TYPES, library
from gradwright.emit.targets.c.translate import INDEX, Arrays
from gradwright.emit.targets.native.kernels import Kernel, call, kernel
from gradwright.emit.targets.native.loops import Part, Sweep, parts, wanted
from gradwright.emit.targets.native.roots import rooted
from gradwright.emit.targets.native.runtime import ARRAYS, THREADS, imports, runtime
from gradwright.emit.targets.native.tiles import NARROW

_NOTE = "Arrays are C-contiguous; ``out`` receives the last array returned, and nothing of its size is allocated then."

_BLOCK_CELLS = 8 << 20
"""Cells of a wide product that are held at a time."""
_CACHED_CELLS = 1 << 20
"""As many as a cache holds, where the product is held only to be read again at once."""
_JOINED = Joined("np", "{name}[here] = {name}_here", "{name} = None")
_ADDED = '''
def _added(total: Array | None, a: Array, b: Array) -> Array:
    """a @ b, added to the total where there is one, some columns at a time, so that little is held beside it."""
    if b.ndim == 1:
        return a @ b if total is None else total + a @ b
    answer = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b)) if total is None else total
    step = max(256, 1 << 20 // max(1, a.shape[0]))
    for first in range(0, b.shape[1], step):
        here = slice(first, first + step)
        if total is None:
            np.matmul(a, b[:, here], out=answer[:, here])
        else:
            answer[:, here] += a @ b[:, here]
    return answer
'''


Functions = list[Kernel | str]
Head = Callable[[Functions, str], list[str]]
"""The lines before the functions over whole arrays: what compiles the kernels of a text, and the kernels."""


def source(plan: Program, request: Request) -> str:
    """The module as text, its loops for Numba."""

    def head(functions: Functions, text: str) -> list[str]:
        kernels = [code for function in functions if isinstance(function, Kernel) for code in function.texts]
        compiled = runtime("\n".join(kernels))
        return [*imports(text + compiled + "\n".join(kernels)), *_IMPORTS, *compiled.split("\n"),
                *(line for code in kernels for line in code.split("\n"))]  # fmt: skip

    return _module(plan, request, "NumPy and Numba", head, BY_LAPACK | EACH)


def binding(plan: Program, request: Request) -> str:
    """The module as text, its loops in C, compiled when they are first called."""

    def head(functions: Functions, text: str) -> list[str]:
        kernels = [function for function in functions if isinstance(function, Kernel)]
        translated = [each for kernel in kernels for each in functions_of(kernel, request.labels)]
        translated += [function(EACH[name], *_EACH[name]) for name in EACH if f"{name}," in text]
        code = "\n".join(each.text for each in translated)
        lines = [*imports(text), "from gradwright.emit.toolchain import Kernels, processors", *_IMPORTS, ""]
        lines += [*(THREADS + ARRAYS).replace("get_num_threads()", "processors()").split("\n"), "NATIVE = True"]
        whole = "\n".join([TYPES, PRELUDE, library(code), code])
        lines += [f"_KERNELS = Kernels({whole!r})"]
        return [*lines, *(f'{each.name} = _KERNELS.kernel("{each.name}", "{each.kinds}")' for each in translated)]

    return _module(plan, request, "NumPy, gradwright and a C compiler", head, BY_LAPACK)


_PART = dict.fromkeys(("part", "first", "last"), INDEX)
_IMPORTS = ["from typing import Any", "", "import numpy as np", "", "Array = Any"]
_EACH = {
    "_factor_each": (Arrays({"a": 3, "l": 3, "bad": 1}, {}, frozenset(("l", "bad"))), _PART),
    "_solve_each": (Arrays({"l": 3, "x": 3}, {}, frozenset(("x",))), _PART),
}


def _module(plan: Program, request: Request, needs: str, head: Head, linalg: dict[str, str]) -> str:
    whole, answers = lines_of(plan, NUMPY)
    plain = rooted(plan)
    functions, body = _looped(plain)
    loops = [returned(array, plan, NUMPY) for array in plan.outputs.values()]
    called = "\n".join((*whole, *answers, *body, *(text for text in functions if isinstance(text, str))))
    helpers = helping(called, linalg)
    lines = [*header(request, plan, needs, [_NOTE]), *head(functions, "\n".join((called, *helpers)))]
    lines += [*checks(plan), *readied(request, plan), *helpers]
    if "_NARROW" in called:
        lines += [f"_NARROW = {NARROW}", '"""The widest rows that are taken in tiles."""']
    for code in (*([_ADDED] if "_added(" in called else []), *(text for text in functions if isinstance(text, str))):
        lines += code.split("\n")
    names = [identifier(n) for n in plan.inputs]
    given = ", ".join(f"{n}: Array" for n in (*names, *(identifier(d) for d in plan.sizes)))
    values = ", ".join((*names, *(identifier(d) for d in plan.sizes)))
    opening = f"({given}, dtype: Any, out: Any) -> tuple[Array, ...]:"
    for name, what, lets, found in (
        ("_by_loops", "Each array by a sweep over rows or a matrix product.", body, loops),
        ("_by_numpy", "The same in NumPy alone.", whole, answers),
    ):
        lines += ["", f"def {name}{opening}", f'    """{what}"""', *sizes(plan, (*lets, *found))]
        lines += [*(f"    {line}" for line in lets), f"    return {', '.join(found)}{',' if len(found) == 1 else ''}"]
    lines += ["", signature(request, plan, "Array").replace(") ->", ", out: Array | None = None) ->")]
    lines += docstring(request, plan)
    keywords = ", ".join(f"{n}={n}" for n in names)
    lines += [f"    arrays, dtype, answer = {preparing(request, plan)}", *unpacked(names, "map(_contiguous, arrays)")]
    last = list(plan.outputs.values())[-1]
    if last.axes:
        shape = "(" + "".join(f"{extent(i.dim)}, " for i in last.axes).rstrip() + ")"
        lines += [*sizes(plan, [shape]), f"    _check_out(out, dict({keywords}), {shape}, answer)"]
    lines += ['    with np.errstate(all="ignore"):']
    lines += [f"        results = (_by_loops if NATIVE else _by_numpy)({values}, dtype, out)"]
    if plain is not plan:
        lines += ["        if NATIVE and np.isnan(np.sum(results[0])):  # squares that overflow or underflow"]
        lines += [f"            results = _by_numpy({values}, dtype, out)"]
    lines += [f"    _no_nan(results, {keywords})"] if names else []
    cast = [f"np.asarray(results[{k}]).astype(answer, copy=False)" for k in range(len(plan.outputs))]
    if last.axes:
        cast[-1] = f"_into(out, {cast[-1]})"
    return tidy([*lines, f"    return {', '.join(cast)}", ""])


def _looped(plan: Program) -> tuple[Functions, list[str]]:
    """The functions that are called, and the statements that call them."""
    functions: Functions = []
    found = parts(plan)
    block = blocked([part.lets if isinstance(part, Sweep) else [part] for part in found], plan)
    if block is None:
        return functions, _statements(found, plan, wanted(plan, []), functions, _buffered(plan))
    before, within, after = ([found[k] for k in numbers] for numbers in (block[0], block[2], block[3]))
    middle = block[1]
    within = [part for part in within if part not in middle.products]
    kept = wanted(plan, [*after, *middle.products])
    body = _statements(before, plan, kept | wanted(plan, within), functions, "")
    inner = _statements(within, plan, kept, functions, "", middle.wide)
    body += _in_blocks(middle, plan, wanted(plan, after), inner, functions)
    return functions, body + _statements(after, plan, wanted(plan, []), functions, _buffered(plan))


def _statements(
    found: list[Part], plan: Program, kept: set[str], functions: Functions, target: str, wide: Let | None = None
) -> list[str]:
    """The statements of several parts; ``kept`` is what is read after them, ``wide`` the product of a block."""
    body: list[str] = []
    kernels: dict[int, Kernel] = {}
    for number, part in enumerate(found):
        if isinstance(part, Sweep):
            needed = kept | wanted(plan, found[number + 1 :])
            name = f"_rows{len(functions) or ''}"
            kernels[number] = kernel(part, plan, needed, name)
            functions.append(kernels[number])
    under = {g for made in kernels.values() for g, by in made.over.items() if identifier(by) == target}
    for number, part in enumerate(found):
        if isinstance(part, Sweep):
            body += call(kernels[number], target)
        else:
            body += _whole(part, plan, identifier(part.name) if part.name in under else target, wide)
    return body


def _in_blocks(block: Block, plan: Program, kept: set[str], inner: list[str], functions: Functions) -> list[str]:
    """The loop over blocks of rows: the block is a function of its own, what it gives is put together."""
    answers = block.answers(kept)
    every = (*plan.sizes, *(d for shape in plan.inputs.values() for d in names_of(*shape)))
    extents = sorted(set(map(identifier, every)))
    extents = [name for name in extents if re.search(rf"\b{name}\b", "\n".join(inner))]
    said = ", ".join(identifier(x.name) for x in answers)
    parameters = ", ".join([*map(identifier, block.given), *extents, "dtype"])
    functions.append("\n".join([
        f"def _block({parameters}):  # type: ignore[no-untyped-def]",
        f'    """A block of rows: {said}."""',
        *(f"    {line}" for line in inner),
        f"    return {said}{',' if len(answers) == 1 else ''}",
        "",
    ]))  # fmt: skip
    opened = []
    for let in stacked(block, kept):
        new = "_buffer(out, " if identifier(let.name) == _buffered(plan) else "np.empty("
        opened.append(f"{identifier(let.name)} = {new}{_shape(let)}, dtype)")
    cells = _BLOCK_CELLS if block.folded else _CACHED_CELLS
    lines = loop(block, plan, kept, "_block", [*extents, "dtype"], cells, _JOINED, opened)
    held = [f"{identifier(x.name)}_here" for x in answers if len(x.axes) == 2]
    return [*lines, f"    del {', '.join(held)}  # before the next block is made"] if held else lines


def _shape(let: Let) -> str:
    return "(" + "".join(f"{extent(i.dim)}, " for i in let.axes).rstrip() + ")"


def _whole(let: Let, plan: Program, target: str, wide: Let | None) -> list[str]:
    """A statement over whole arrays, into the caller's buffer where it can go."""
    name = identifier(let.name)
    pair = sides(let)
    if pair is not None and let is wide:
        return [f"{name} = _added(None, {pair[0]}, {pair[1]})"]
    if pair is not None and name == target:
        return [f"{name} = np.matmul({pair[0]}, {pair[1]}, out=_buffer(out, {_shape(let)}, dtype))"]
    return statement(let, plan, NUMPY).split("\n")


def _buffered(plan: Program) -> str:
    """The array that can be computed straight into ``out``: the last output, if it is one as it stands."""
    last = list(plan.outputs.values())[-1]
    if isinstance(last.body, Entry) and last.body.slots == last.axes and last.axes:
        return identifier(last.body.name)
    return ""


__all__ = ["source"]
