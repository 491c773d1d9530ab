"""The native target. Owns: the text of a module of fused loops for Numba. Never: plans, runs.

Matrix products stay with NumPy; everything between them is one sweep over the rows, shared out among threads and
vectorised, written into the buffer given as ``out``. Without Numba the module computes with NumPy, with a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from gradwright.core.node import Entry
from gradwright.emit.loops import c, python
from gradwright.emit.loops.kernels import NARROW, Kernel, kernel, op
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.program import Array, Function
from gradwright.emit.loops.python import said as spelled
from gradwright.emit.loops.read import function
from gradwright.emit.loops.sweeps import CELL, COLUMN, TOTAL, Part, Sweep, parts, wanted
from gradwright.emit.plan.blocks import Block, blocked
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Let, Program, matrices
from gradwright.emit.spell.arrays import lines_of, returned, shape_of, sizes, statement, turned
from gradwright.emit.spell.blocks import Held, Joined, in_blocks, stacked
from gradwright.emit.spell.linalg import BY_LAPACK, EACH
from gradwright.emit.spell.module import OUT, Request, defined, parameters, ready
from gradwright.emit.spell.numpy import FRAME, NUMPY, helping
from gradwright.emit.targets.c.library import PRELUDE, STATUSES, TYPES, library
from gradwright.emit.targets.native.roots import rooted
from gradwright.emit.targets.native.runtime import ARRAYS, IMPORTS, THREADS, runtime

_NOTE = "Arrays are C-contiguous; ``out`` receives the last array returned, and nothing of its size is allocated then."

_WIDE = Held(4 << 20, share=2)
"""Of a wide product whose rows are folded."""
_CACHED = Held(1 << 20)
"""As many as a cache holds, where the product is held only to be read again at once."""
_JOINED = Joined("np", "{name}[here] = {name}_here", "{name} = None", "Array", {"dtype": "Any"})
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
        kernels = [python.function(each) for each in _kernels(functions)]
        return [*runtime("\n".join(kernels)).split("\n"), *(line for code in kernels for line in code.split("\n"))]

    return _module(plan, request, "NumPy and Numba", head, BY_LAPACK | EACH, IMPORTS)


def binding(plan: Program, request: Request) -> str:
    """The module as text, its loops in C, compiled when they are first called."""

    def head(functions: Functions, text: str) -> list[str]:
        called = _kernels(functions)
        called += [function(EACH[name], *_EACH[name]) for name in EACH if f"{name}," in text]
        code = "\n".join(map(c.function, called))
        lines = [*(THREADS + ARRAYS).replace("get_num_threads()", "processors()").split("\n"), "NATIVE = True"]
        whole = "\n".join([TYPES, PRELUDE, library(code), code])
        lines += [f"_KERNELS = Library({whole!r}, {STATUSES!r})"]
        return [*lines, *(f'{each.name} = _KERNELS.function("{each.name}", "{c.kinds(each)}")' for each in called)]

    imports = (*IMPORTS, "from gradwright.emit.toolchain import Library, processors")
    return _module(plan, request, "NumPy, gradwright and a C compiler", head, BY_LAPACK, imports)


def _kernels(functions: Functions) -> list[Function]:
    return [each for kernel in functions if isinstance(kernel, Kernel) for each in kernel.functions]


_EACH = {
    "_factor_each": ([Array("a", 3), Array("l", 3), Array("bad", 1)], ("l", "bad")),
    "_solve_each": ([Array("l", 3), Array("x", 3)], ("x",)),
}
"""What they are given after a range of matrices, and what of it they write to."""


def _module(
    plan: Program, request: Request, needs: str, head: Head, linalg: dict[str, str], imports: tuple[str, ...]
) -> str:
    whole, answers = lines_of(plan, NUMPY)
    plain = rooted(plan)
    made = _Loops(plain, request.labels)
    body, functions = made.statements(), made.functions
    loops = [returned(array, plan, NUMPY) for array in plan.outputs.values()]
    written = [text for text in functions if isinstance(text, str)]
    called = "\n".join((*whole, *answers, *body, *written))
    helpers = helping(called, linalg)
    custom = head(functions, "\n".join((called, *helpers)))
    if "_NARROW" in called:
        custom += [f"_NARROW = {NARROW}", '"""The widest rows that are taken in tiles."""']
    for code in (*([_ADDED] if "_added(" in called else []), *written):
        custom += code.split("\n")
    given = ", ".join(f"{name}: Array" for name in parameters(plan))
    for name, what, lets, found in (
        ("_by_loops", "Each array by a sweep over rows or a matrix product.", body, loops),
        ("_by_numpy", "The same in NumPy alone.", whole, answers),
    ):
        computed = [*sizes(plan, (*lets, *found)), *lets, f"return {', '.join(found)}{',' if len(found) == 1 else ''}"]
        custom += defined(f"def {name}({given}, dtype: Any, out: Any) -> tuple[Array, ...]:", what, computed)
    keywords = ", ".join(f"{identifier(n)}={identifier(n)}" for n in plan.inputs)
    values, last = ", ".join(parameters(plan)), list(plan.outputs.values())[-1]
    run = ready(request, plan, "dtype, answer", "map(_contiguous, arrays)")
    if last.axes:
        shape = shape_of(last.axes)
        run += [*sizes(plan, [shape]), f"_check_out(out, dict({keywords}), {shape}, answer)"]
    run += ['with np.errstate(all="ignore"):']
    run += [f"    results = (_by_loops if NATIVE else _by_numpy)({values}, dtype, out)"]
    if plain is not plan:
        run += ["    if NATIVE and np.isnan(np.sum(results[0])):  # squares that overflow or underflow"]
        run += [f"        results = _by_numpy({values}, dtype, out)"]
    run += [f"_no_nan(results, {keywords})"] if keywords else []
    cast = [f"np.asarray(results[{k}]).astype(answer, copy=False)" for k in range(len(plan.outputs))]
    cast[-1] = f"_into(out, {cast[-1]})" if last.axes else cast[-1]
    run += [f"return {', '.join(cast)}"]
    frame = replace(FRAME, imports=(*imports, *FRAME.imports), helping=lambda _: helpers)
    return frame.module(plan, request, needs, (whole, answers), run, custom, [_NOTE], [OUT])


class _Loops:
    """The statements of a plan, and the ``functions`` that they call."""

    def __init__(self, plan: Program, labels: Collection[str]) -> None:
        self.plan, self.labels = plan, labels
        self.functions: Functions = []

    def statements(self) -> list[str]:
        """The whole plan, in blocks of rows where a wide product asks for them."""
        plan, found = self.plan, parts(self.plan)
        block = blocked([part.lets if isinstance(part, Sweep) else [part] for part in found], plan)
        if block is None:
            return self.parts(found, wanted(plan, []), _buffered(plan))
        before, within, after = ([found[k] for k in numbers] for numbers in (block[0], block[2], block[3]))
        middle = block[1]
        within = [part for part in within if part not in middle.products]
        kept = wanted(plan, [*after, *middle.products])
        body = self.parts(before, kept | wanted(plan, within), "")
        inner = self.parts(within, kept, "", middle.wide)
        body += self.in_blocks(middle, wanted(plan, after), inner)
        return body + self.parts(after, wanted(plan, []), _buffered(plan))

    def parts(self, found: list[Part], kept: set[str], target: str, wide: Let | None = None) -> list[str]:
        """The statements of several parts; ``kept`` is what is read after them, ``wide`` the product of a block."""
        body: list[str] = []
        kernels: dict[int, Kernel] = {}
        for number, part in enumerate(found):
            if isinstance(part, Sweep):
                needed = kept | wanted(self.plan, found[number + 1 :])
                name = f"_rows{len(self.functions) or ''}"
                kernels[number] = kernel(part, self.plan, needed, name, self.labels)
                self.functions.append(kernels[number])
        under = {g for made in kernels.values() for g, by in made.layout.over.items() if identifier(by) == target}
        for number, part in enumerate(found):
            if isinstance(part, Sweep):
                body += _called(kernels[number], target)
            else:
                body += _whole(part, self.plan, identifier(part.name) if part.name in under else target, wide)
        return body

    def in_blocks(self, block: Block, kept: set[str], inner: list[str]) -> list[str]:
        """The loop over blocks of rows: the block is a function of its own, what it gives is put together."""
        opened = []
        for let in stacked(block, kept):
            new = "_buffer(out, " if identifier(let.name) == _buffered(self.plan) else "np.empty("
            opened.append(f"{identifier(let.name)} = {new}{shape_of(let.axes)}, dtype)")
        held = _WIDE if block.folded else _CACHED
        function, lines = in_blocks(block, self.plan, kept, "_block", inner, held, _JOINED, opened)
        self.functions.append("\n".join(function))
        return lines


def _whole(let: Let, plan: Program, target: str, wide: Let | None) -> list[str]:
    """A statement over whole arrays, into the caller's buffer where it can go."""
    name = identifier(let.name)
    pair = matrices(let)
    if pair is not None and let is wide:
        return [f"{name} = _added(None, {turned(pair[0])}, {turned(pair[1])})"]
    if pair is not None and name == target:
        left, right = map(turned, pair)
        return [f"{name} = np.matmul({left}, {right}, out=_buffer(out, {shape_of(let.axes)}, dtype))"]
    return statement(let, plan, NUMPY)


def _buffered(plan: Program) -> str:
    """The array that can be computed straight into ``out``: the last output, if it is one as it stands."""
    last = list(plan.outputs.values())[-1]
    if isinstance(last.body, Entry) and last.body.slots == last.axes and last.axes:
        return identifier(last.body.name)
    return ""


def _called(kernel: Kernel, target: str) -> list[str]:
    """The statements that run it; ``target`` is what goes into the user's buffer."""
    layout, rows = kernel.layout, spelled(kernel.rows)
    return [
        f"parts = _parts({' * '.join(map(spelled, [kernel.rows, *kernel.widths]))})",
        *(f"{identifier(let.name)} = {_opened(let, layout, rows, target)}" for let in layout.made),
        f"_share({_chosen(kernel)}, parts, {rows}, {', '.join(_arguments(layout, kernel.constants))})",
        *(line for let in layout.made for line in _closed(let, layout)),
    ]


def _chosen(kernel: Kernel) -> str:
    """Which function is called."""
    names = [function.name for function in kernel.functions]
    if len(names) == 1:
        return names[0]
    widths = list(dict.fromkeys(map(spelled, kernel.widths)))
    widest = f"max({', '.join(widths)})" if len(widths) > 1 else widths[0]
    return f"{names[1]} if {widest} <= _NARROW else {names[0]}"


def _opened(let: Let, layout: Layout, rows: str, target: str) -> str:
    """The array that an output is written to."""
    place = layout.sweep.places[let.name]
    width = spelled(layout.extent(place.column.dim)) if place.column is not None else ""
    if place.kind == TOTAL:
        return "np.empty(parts)"
    if place.kind == COLUMN:
        return f"np.zeros((parts, {width}))"
    under = next((identifier(g) for g, by in layout.over.items() if by == let.name), None)
    if under is not None:
        return f"_contiguous({under})"
    shape = f"({rows}, {width})" if place.kind == CELL else f"({rows},)"
    if identifier(let.name) == target:
        return f"_buffer(out, {shape}, dtype)"
    return f"np.empty({shape if place.kind == CELL else rows}, dtype)"


def _arguments(layout: Layout, constants: Iterable[str]) -> list[str]:
    """What the function is given after the part and its range of rows, as its parameters stand."""
    given = [layout.outside(name) for name in layout.given if name not in layout.over]
    return [*(x.name if isinstance(x, Array) else f"dtype.type({x.name})" for x in given),
            *(identifier(m.name) for m in layout.made), *(each.name for each in layout.counts),
            *(f"dtype.type({c})" for c in constants), "dtype.type(0)", "dtype.type(1)",
            "dtype.type(np.inf)"]  # fmt: skip


def _closed(let: Let, layout: Layout) -> list[str]:
    """What the parts have gathered of a fold over the rows, brought together."""
    name, kind = identifier(let.name), layout.sweep.places[let.name].kind
    if kind == TOTAL:
        fold = "sum" if op(let) == "sum" else f"np.{op(let)}"
        return [f"{name} = dtype.type({fold}({name}))"]
    return [f"{name} = np.{op(let)}({name}, axis=0).astype(dtype)"] if kind == COLUMN else []
