"""The C target. Owns: the text of a C file that needs a compiler alone, with its header. Never: plans, runs.

A sweep is a function of a range of rows, the loops that Numba compiles; with OpenMP, threads share the rows. All else
is loops in the function that is called, and functions of matrices that the file has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gradwright.core.build import entry
from gradwright.core.index import Dim, Index, names_of
from gradwright.core.node import Entry
from gradwright.emit.loops import c
from gradwright.emit.loops.body import NARROW, op
from gradwright.emit.loops.c import TYPES as TYPES_OF
from gradwright.emit.loops.c import Speller, c_name
from gradwright.emit.loops.kernels import Kernel, kernel
from gradwright.emit.loops.nests import Nests
from gradwright.emit.loops.program import INF, NONE, ONE, ZERO, Array, Cell, Kind, Set, Statement, Var
from gradwright.emit.loops.read import counted, expression
from gradwright.emit.loops.sweeps import CELL, COLUMN, ROW, TOTAL, Sweep, parts, wanted
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Let, Map, OfMatrix, Product, Program, Solve
from gradwright.emit.spell.arrays import shape_of
from gradwright.emit.spell.arrays import sizes as sized
from gradwright.emit.spell.module import OUT, Request, checks, function, header, ready, tidy
from gradwright.emit.spell.numpy import helping, readied
from gradwright.emit.targets.c.library import PRELUDE, STATUSES, TYPES, library
from gradwright.emit.targets.native.runtime import ARRAYS

_SHARED = "#pragma omp parallel for schedule(static) num_threads(parts) reduction(|:status)"
_START = {"sum": "0", "prod": "1", "max": "-INFINITY", "min": "INFINITY"}
_FOLD = {"sum": "{a} += {b};", "prod": "{a} *= {b};", "max": "{a} = {b} > {a} ? {b} : {a};",
         "min": "{a} = {b} < {a} ? {b} : {a};"}  # fmt: skip


def source(plan: Program, request: Request) -> str:
    """The file: its header, then what it declares."""
    return "\n".join([head(plan, request), "", *_implementation(plan, request)]).rstrip() + "\n"


def head(plan: Program, request: Request) -> str:
    """The header: what the function computes, what it is given, and what its answer means."""
    guard = f"GRADWRIGHT_{request.name.upper()}_H"
    said = [line.strip('"') for line in header(request, plan, "a C compiler")]
    statuses = "; ".join(f"{status}: {what}" for status, what in STATUSES.items())
    notes = ["Rows stand one after another. Numbers are double, or float where GRADWRIGHT_FLOAT is defined.",
             f"The answer is 0, or what is wrong; {statuses}."]  # fmt: skip
    return "\n".join([
        "/*", *(line.replace("*/", "* /") for line in (*said[:-2], *notes)), "*/",
        f"#ifndef {guard}", f"#define {guard}",
        *TYPES.split("\n"), f"{_signature(plan, request)};", _END,
    ])  # fmt: skip


_END = "#endif  /* header */"


def files(text: str, stem: str) -> tuple[str, str]:
    """The file as two, a header and what includes it, with the function called as they are."""
    found = re.search(r"^int (\w+)\(", text, re.MULTILINE)
    assert found is not None
    name = stem if stem.isidentifier() else found[1]
    text = re.sub(rf"\b{found[1]}\b", name, text).replace(f"_{found[1].upper()}_H", f"_{name.upper()}_H")
    header, _, body = text.partition(_END)
    return f"{header}{_END}\n", f'#include "{stem}.h"\n{body}'


def _signature(plan: Program, request: Request) -> str:
    given = [f"gw_index {c_name(identifier(dim))}" for dim in extents(plan)]
    for name, shape in plan.inputs.items():
        kind = "int64_t" if name in request.labels else "gw_real"
        called = c_name(identifier(name))
        given.append(f"const {kind} *restrict {called}" if shape else f"{kind} {called}")
    given += [f"gw_real *restrict {_out(label, plan)}" for label in plan.outputs]
    return f"int {request.name}({', '.join(given)})"


def extents(plan: Program) -> list[str]:
    """The extents that the function is given, in order."""
    return list(
        dict.fromkeys((*(d for s in plan.inputs.values() for dim in s for d in sorted(names_of(dim))), *plan.sizes))
    )


def _out(label: str, plan: Program) -> str:
    """The parameter an output is written to: the array itself where it is one that was computed for it."""
    return c_name(identifier(label)) if label in _straight(plan) else f"{identifier(label)}_out"


def _straight(plan: Program) -> set[str]:
    """Outputs that are computed where they are wanted."""
    made = {let.name for let in plan.lets}
    return {
        label
        for label, a in plan.outputs.items()
        if isinstance(a.body, Entry) and a.body.name == label and label in made and a.axes and a.body.slots == a.axes
    }


def _implementation(plan: Program, request: Request) -> list[str]:
    driver = _Driver(plan, request)
    body = driver.statements()
    function = [_signature(plan, request), "{", *(f"    {line}" for line in body), "}"]
    text = "\n".join([*driver.functions, *function])
    return [*PRELUDE.split("\n"), *library(text).split("\n"), *driver.functions, "", *function]


class _Driver:
    """The function that is called; ``functions`` are those of its sweeps."""

    def __init__(self, plan: Program, request: Request) -> None:
        self.plan, self.request = plan, request
        self.functions: list[str] = []
        self.constants: dict[str, str] = {}
        self.rooms: dict[str, Kind] = {}
        """Arrays that are made for a while, and what they hold."""
        self.held: list[tuple[str, str]] = []
        """Numbers that may be read, and what they are."""
        self.speller = Speller()
        self.nests = Nests(self._constant, frozenset(request.labels))
        self.counts = dict.fromkeys(map(identifier, (*extents(plan), *request.labels)), Kind.INDEX)

    def statements(self) -> list[str]:
        """The function's body."""
        for given, value in ((ZERO, "0"), (ONE, "1"), (INF, "INFINITY")):
            self.held.append((given.name, f"const real {given.name} = {value};"))
        for name, shape in self.plan.inputs.items():
            self._shaped(identifier(name), shape)
        found, body = parts(self.plan), list[str]()
        for number, part in enumerate(found):
            if isinstance(part, Sweep):
                later, name = wanted(self.plan, found[number + 1 :]), f"_rows{len(self.functions) or ''}"
                body += self._sweep(kernel(part, self.plan, later, name, self.request.labels, reuse=False))
            else:
                body += self._whole(part)
        for label, array in self.plan.outputs.items():
            if label not in _straight(self.plan):
                body += self._answered(f"{identifier(label)}_out", array.axes, Map(array.body))
        self.held += [(number, f"const real {number} = (real)({self._text(text)});")
                      for text, number in self.constants.items()]  # fmt: skip
        numbers = [line for name, line in self.held if name in self.speller.read]
        made = [f"{TYPES_OF[kind]} *restrict {c_name(name)} = NULL;" for name, kind in self.rooms.items()]
        end = [f"free({c_name(name)});" for name in self.rooms]
        close = ["goto end;", "end:"] if self.rooms or any("goto end" in line for line in body) else []
        return ["int status = 0;", *numbers, *made, *body, *close, *end, "return status;"]

    def _answered(self, name: str, axes: tuple[Index, ...], formula: Map) -> list[str]:
        """An output that is a formula of arrays that were computed."""
        self._shaped(name, [i.dim for i in axes])
        if axes:
            return self._loops(self.nests.map(name, axes, formula.body))
        number = Var(name)
        (found,) = self.nests.map(name, (), formula.body)
        assert isinstance(found, Set)
        assert found.place == number
        return self._loops([Set(Cell(Array(name, 1), (NONE,)), found.value)])

    # --- what is there ---

    def _shaped(self, name: str, shape: Sequence[Dim]) -> None:
        """An array's extents."""
        for axis, dim in enumerate(shape):
            said = self.speller.say(counted(extent(dim)))
            self.held.append((f"{name}__{axis}", f"const gw_index {c_name(name)}__{axis} = {said};"))

    def _room(self, name: str, shape: Sequence[Dim]) -> list[str]:
        """An array of its own, if it is no output's."""
        self._shaped(name, shape)
        if c_name(name) in {_out(label, self.plan) for label in _straight(self.plan)}:
            return []
        self.rooms[name] = Kind.REAL
        array = Array(name, len(shape))
        size = " * ".join(self.speller.extent(array, axis) for axis in range(array.rank))
        return [f"ROOM({c_name(name)}, {size or '1'})"]

    def _constant(self, text: str) -> str:
        return self.constants.setdefault(text, f"number{len(self.constants)}")

    def _text(self, text: str) -> str:
        """An expression of ours in C."""
        return self.speller.say(expression(text, self.counts))

    def _extent(self, dim: Dim) -> str:
        return self.speller.say(counted(extent(dim)))

    def _loops(self, statements: Iterable[Statement], known: Iterable[str] = ()) -> list[str]:
        """Statements as a block of C."""
        return _indented_block(self.speller.block(statements, known))

    # --- operations on whole arrays ---

    def _whole(self, let: Let) -> list[str]:
        name = identifier(let.name)
        opened = self._room(name, let.shape) if let.axes else [f"real {c_name(name)};"]
        match let.operation:
            case OfMatrix() as made:
                return [*opened, *self._of_matrix(let, made)]
            case Solve() as solve:
                return [*opened, *self._solve(let, solve)]
            case Product() as product if (text := self._product(let, product)) is not None:
                return [*opened, text]
        return [*opened, *self._loops(self.nests.nest(let), [name])]

    def _product(self, let: Let, product: Product) -> str | None:
        """A product of two matrices, which the file has a function for."""
        if len(product.over) != 1 or len(let.axes) != 2:
            return None
        (over,), (row, column) = product.over, let.axes
        pair = (product.left, product.right) if row in product.left.slots else (product.right, product.left)
        if set(pair[0].slots) != {row, over} or set(pair[1].slots) != {over, column} or row is column:
            return None
        sides = [(pair[0], row, over), (pair[1], over, column)]
        given = [f"{c_name(identifier(e.name))}, {', '.join(self._stride(e, i) for i in (a, b))}" for e, a, b in sides]
        sizes = ", ".join(self._extent(i.dim) for i in (row, over, column))
        return _checked(f"gw_product({sizes}, {', '.join(given)}, {c_name(identifier(let.name))})")

    def _stride(self, array: Entry, index: Index) -> str:
        """How far apart two entries are that stand next to each other along the index."""
        return "1" if array.slots[-1] is index else self.speller.extent(Array(identifier(array.name), 2), 1)

    def _of_matrix(self, let: Let, function: OfMatrix) -> list[str]:
        name = identifier(let.name)
        stack = let.axes[: len(let.axes) - len(function.slots)]
        lines = self._copied(f"{name}__work", (*stack, *function.ends), function.source)
        size = self._extent(function.ends[0].dim)
        whole = (*stack, *function.slots)
        found = name if whole == let.axes else f"{name}__found"
        lines += self._room(found, [i.dim for i in whole]) if found != name else []
        into = (
            f"{c_name(found)} + at * {f'{size} * {size}' if function.slots else '1'}" if whole else f"&{c_name(name)}"
        )
        lines += self._each(stack, f"gw_{function.fn}({size}, {name}__work + at * {size} * {size}, {into})")
        if found != name:
            lines += self._loops(self.nests.map(let.name, let.axes, entry(found, *whole)))
        return lines

    def _solve(self, let: Let, solve: Solve) -> list[str]:
        name = identifier(let.name)
        lines = self._copied(f"{name}__work", (*solve.stack, *solve.ends), solve.source)
        right = (*solve.stack, solve.live, *solve.columns)
        lines += self._copied(f"{name}__side", right, solve.other)
        size = self._extent(solve.live.dim)
        many = self._extent(solve.columns[0].dim) if solve.columns else "1"
        function = "gw_cho_solve" if solve.cholesky else "gw_solve"
        work, side = f"{name}__work + at * {size} * {size}", f"{name}__side + at * {size} * {many}"
        lines += self._each(solve.stack, f"{function}({size}, {work}, {many}, {side})")
        found = entry(f"{name}__side", *solve.stack, solve.kept, *solve.columns)
        return [*lines, *self._loops(self.nests.map(let.name, let.axes, found))]

    def _copied(self, name: str, axes: tuple[Index, ...], of: Entry) -> list[str]:
        """A copy of an array over these axes, which may be written over."""
        opened = self._room(name, [i.dim for i in axes])
        return [*opened, *self._loops(self.nests.map(name, axes, of))]

    def _each(self, stack: Sequence[Index], call: str) -> list[str]:
        """A function of each matrix of a stack."""
        count = " * ".join(self._extent(i.dim) for i in stack) or "1"
        return [f"for (gw_index at = 0; at < {count}; at++) {_checked(call)}"]

    # --- sweeps ---

    def _sweep(self, kernel: Kernel) -> list[str]:
        """The sweep's functions, and the statements that share its rows out and bring together what they gather."""
        layout, say = kernel.layout, self.speller.say
        self.functions += ["static " + c.function(each) for each in kernel.functions]
        rooms = [line for let in layout.made for line in self._opened(let, kernel)]
        apart = [line for let in layout.made for line in self._apart(let, kernel)]
        given = [say(layout.outside(name)) for name in layout.given]
        made = [self._written(let, kernel) for let in layout.made]
        numbers = [f"(real)({self._text(text)})" for text in kernel.constants]
        arguments = ", ".join([*given, *made, *map(say, (*layout.counts,)), *numbers, *map(say, (ZERO, ONE, INF))])
        rows = say(kernel.rows)
        ends = f"{rows} * part / parts, {rows} * (part + 1) / parts"
        called, *others = [f"{each.name}(part, {ends}, {arguments})" for each in kernel.functions]
        if others:
            narrow = " && ".join(f"{say(width)} <= {NARROW}" for width in dict.fromkeys(kernel.widths))
            called = f"{narrow} ? {others[0]} : {called}"
        work = " * ".join(map(say, (kernel.rows, *kernel.widths)))
        return [*rooms, *_indented_block([
            f"const int parts = _parts({work});", *apart,
            "#ifdef _OPENMP", _SHARED, "#endif",
            f"for (int part = 0; part < parts; part++) status |= {called};", "if (status) goto end;",
            *(line for let in layout.made for line in self._gathered(let, kernel)),
        ])]  # fmt: skip

    def _opened(self, let: Let, kernel: Kernel) -> list[str]:
        """Room for what the sweep gives."""
        name = identifier(let.name)
        total = kernel.layout.sweep.places[let.name].kind == TOTAL
        return [f"real {c_name(name)};"] if total else self._room(name, let.shape)

    def _apart(self, let: Let, kernel: Kernel) -> list[str]:
        """Room for what each part gathers of a fold over the rows."""
        name, kind = c_name(identifier(let.name)), kernel.layout.sweep.places[let.name].kind
        if kind in (CELL, ROW):
            return []
        self.rooms[f"{name}__parts"] = Kind.WIDE
        if kind == TOTAL:
            return [f"ROOM({name}__parts, parts)"]
        size = f"parts * {self.speller.extent(Array(identifier(let.name), 1), 0)}"
        return [f"ROOM({name}__parts, {size})", f"memset({name}__parts, 0, sizeof *{name}__parts * (size_t)({size}));"]

    def _written(self, let: Let, kernel: Kernel) -> str:
        """What the sweep's function is given to write to."""
        name, kind = identifier(let.name), kernel.layout.sweep.places[let.name].kind
        if kind in (CELL, ROW):
            return self.speller.say(Array(name, len(let.axes)))
        width = f", {self.speller.extent(Array(name, 1), 0)}" if kind == COLUMN else ""
        return f"{c_name(name)}__parts, parts{width}"

    def _gathered(self, let: Let, kernel: Kernel) -> list[str]:
        """What the parts have gathered, brought together."""
        name, kind = c_name(identifier(let.name)), kernel.layout.sweep.places[let.name].kind
        if kind in (CELL, ROW):
            return []
        at, width = (f"{name}[at]", f"{name}__0") if kind == COLUMN else (name, "1")
        return [
            f"for (gw_index at = 0; at < {width}; at++) {{",
            f"    double found = {_START[op(let)]};",
            "    for (int part = 0; part < parts; part++) {",
            f"        const double each = {name}__parts[part * {width} + at];",
            f"        {_FOLD[op(let)].format(a='found', b='each')}",
            "    }",
            f"    {at} = (real)found;",
            "}",
        ]


def _indented_block(lines: Sequence[str]) -> list[str]:
    return ["{", *(line if line.startswith("#") else f"    {line}" for line in lines), "}"]


def _checked(call: str) -> str:
    return f"if ((status = {call})) goto end;"


def binding(plan: Program, request: Request) -> str:
    """A Python module that builds the file and calls its function on arrays."""
    names = [identifier(name) for name in plan.inputs]
    sizes = list(map(identifier, extents(plan)))
    labels = set(map(identifier, request.labels))
    kinds = "i" * len(sizes) + "".join(
        "a" if shape else "i" if name in request.labels else "r" for name, shape in plan.inputs.items()
    ) + "a" * len(plan.outputs)  # fmt: skip
    results = [f"{identifier(label)}_out" for label in plan.outputs]
    values = [*sizes, *names, *results]
    lines = header(request, plan, "NumPy, gradwright and a C compiler", [])
    lines += [
        "from typing import Any",
        "",
        "import numpy as np",
        "",
        "from gradwright.emit.toolchain import Library",
        "",
    ]
    lines += ["Array = Any", *ARRAYS.split("\n"), *checks(plan), *readied(request, plan), *helping("")]
    lines += [f"_SOURCE = {source(plan, request)!r}"]
    lines += [f"_RUN = Library(_SOURCE, {request.name!r}, {kinds!r}, {STATUSES!r})", "", ""]
    keywords = ", ".join(f"{n}={n}" for n in names)
    run = ready(request, plan, "dtype, answer", "map(_contiguous, arrays)")
    run += [f"{name} = _contiguous({name}.astype(np.int64))" for name in names if name in labels]
    run += sized(plan, sizes)
    *_, last = plan.outputs.values()
    shapes = [shape_of(a.axes) for a in plan.outputs.values()]
    run += [f"_check_out(out, dict({keywords}), {shapes[-1]}, answer)"] if last.axes else []
    run += [f"{name} = np.empty({shape}, dtype)" for name, shape in zip(results[:-1], shapes, strict=False)]
    run += [f"{results[-1]} = " + (f"_buffer(out, {shapes[-1]}, dtype)" if last.axes else "np.empty((), dtype)")]
    run += [f"_RUN(dtype, {', '.join(values)})"]
    run += [f"_no_nan(({results[0]},), {keywords})"] if names else []
    cast = [f"{name}.astype(answer, copy=False)" for name in results]
    cast[-1] = f"_into(out, {cast[-1]})" if last.axes else cast[-1]
    return tidy([*lines, *function(request, plan, "Array", [*run, f"return {', '.join(cast)}"], [OUT])])
