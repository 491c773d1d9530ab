"""The C target. Owns: the text of a C file that needs a compiler alone, with its header. Never: plans, runs.

A sweep is a function of a range of rows, translated from the loops that Numba compiles; with OpenMP, threads share the
rows. All else is loops in the function that is called, and functions of matrices that the file has.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from gradwright.core.build import entry
from gradwright.core.index import Dim, Index, names_of
from gradwright.core.node import Entry
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Let, Map, OfMatrix, Product, Program, Solve
from gradwright.emit.spell.arrays import sizes as sized
from gradwright.emit.spell.module import Request, checks, docstring, header, preparing, signature, tidy, unpacked
from gradwright.emit.spell.numpy import helping, readied
from gradwright.emit.targets.c.functions import needed, translated
from gradwright.emit.targets.c.library import PRELUDE, STATUSES, TYPES, library
from gradwright.emit.targets.c.nests import laid_out, nest
from gradwright.emit.targets.c.translate import INDEX, LABEL, REAL, WIDE, Arrays, Translator, c_name
from gradwright.emit.targets.native.body import op
from gradwright.emit.targets.native.kernels import Kernel, kernel
from gradwright.emit.targets.native.loops import CELL, COLUMN, ROW, TOTAL, Sweep, parts, wanted
from gradwright.emit.targets.native.runtime import ARRAYS
from gradwright.emit.targets.native.tiles import NARROW

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
    given = [f"{INDEX} {c_name(identifier(dim))}" for dim in extents(plan)]
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
        self.rooms: dict[str, str] = {}
        """Arrays that are made for a while, and what they hold."""
        labels = {c_name(identifier(name)): LABEL for name in request.labels}
        numbers = {c_name(identifier(dim)): INDEX for dim in extents(plan)}
        numbers |= {c_name(identifier(name)): INDEX for name in request.labels}
        ranks = {c_name(identifier(name)): len(shape) for name, shape in plan.inputs.items() if shape}
        self.translator = Translator(Arrays(ranks, labels), numbers)

    def statements(self) -> list[str]:
        """The function's body."""
        lines = [
            f"const real {name} = {number};" for name, number in (("zero", "0"), ("one", "1"), ("inf", "INFINITY"))
        ]
        for name, shape in self.plan.inputs.items():
            lines += self._shaped(identifier(name), shape)
        found, body = parts(self.plan), list[str]()
        for number, part in enumerate(found):
            if isinstance(part, Sweep):
                later, name = wanted(self.plan, found[number + 1 :]), f"_rows{len(self.functions) or ''}"
                body += self._sweep(kernel(part, self.plan, later, name, reuse=False))
            else:
                body += self._whole(part)
        for label, array in self.plan.outputs.items():
            if label not in _straight(self.plan):
                body += self._answered(f"{identifier(label)}_out", array.axes, Map(array.body))
        numbers = [f"const real {number} = (real)({self._text(text)});" for text, number in self.constants.items()]
        made = [f"{kind} *restrict {name} = NULL;" for name, kind in self.rooms.items()]
        end = [f"free({name});" for name in self.rooms]
        close = ["goto end;", "end:"] if self.rooms or any("goto end" in line for line in body) else []
        return needed(["int status = 0;", *lines, *numbers, *made, *body, *close, *end, "return status;"])

    def _answered(self, name: str, axes: tuple[Index, ...], formula: Map) -> list[str]:
        """An output that is a formula of arrays that were computed."""
        self.translator.arrays = (
            self.translator.arrays.with_array(c_name(name), len(axes)) if axes else self.translator.arrays
        )
        lines = self._loops(nest(Let(name, axes, formula), self._constant), () if axes else {name})
        if not axes:
            return [line.replace(f"{name} =", f"*{name} =", 1) for line in lines]
        return [*self._shaped(name, [i.dim for i in axes]), *lines]

    # --- what is there ---

    def _shaped(self, name: str, shape: Sequence[Dim]) -> list[str]:
        """An array's extents."""
        texts = [self._text(extent(dim)) for dim in shape]
        return [f"const {INDEX} {c_name(name)}__{axis} = {text};" for axis, text in enumerate(texts)]

    def _room(self, name: str, shape: Sequence[Dim], kind: str = REAL) -> list[str]:
        """An array of its own, if it is no output's."""
        self.translator.arrays = self.translator.arrays.with_array(c_name(name), len(shape), kind)
        lines = self._shaped(name, shape)
        if c_name(name) in {_out(label, self.plan) for label in _straight(self.plan)}:
            return lines
        self.rooms[c_name(name)] = kind
        size = " * ".join(f"{c_name(name)}__{axis}" for axis in range(len(shape)))
        return [*lines, f"ROOM({c_name(name)}, {size or '1'})"]

    def _constant(self, text: str) -> str:
        return self.constants.setdefault(text, f"number{len(self.constants)}")

    def _text(self, text: str) -> str:
        """An expression of ours in C."""
        (statement,) = ast.parse(text).body
        assert isinstance(statement, ast.Expr)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                node.id = c_name(node.id)
        return self.translator.say(statement.value)

    def _loops(self, lines: list[str], known: Iterable[str] = ()) -> list[str]:
        """Statements in our loops as a block of C."""
        translated = self.translator.body("\n".join(lines), known)
        return ["{", *(f"    {line}" for line in translated), "}"]

    # --- operations on whole arrays ---

    def _whole(self, let: Let) -> list[str]:
        name = identifier(let.name)
        opened = self._room(name, let.shape) if let.axes else [f"real {c_name(name)};"]
        match let.operation:
            case OfMatrix() as function:
                return [*opened, *self._of_matrix(let, function)]
            case Solve() as solve:
                return [*opened, *self._solve(let, solve)]
            case Product() as product if (text := self._product(let, product)) is not None:
                return [*opened, text]
        return [*opened, *self._loops(nest(let, self._constant), () if let.axes else {c_name(name)})]

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
        sizes = ", ".join(self._text(extent(i.dim)) for i in (row, over, column))
        return _checked(f"gw_product({sizes}, {', '.join(given)}, {c_name(identifier(let.name))})")

    def _stride(self, array: Entry, index: Index) -> str:
        """How far apart two entries are that stand next to each other along the index."""
        return "1" if array.slots[-1] is index else f"{c_name(identifier(array.name))}__1"

    def _of_matrix(self, let: Let, function: OfMatrix) -> list[str]:
        name = identifier(let.name)
        stack = let.axes[: len(let.axes) - len(function.slots)]
        lines = self._copied(f"{name}__work", (*stack, *function.ends), function.source)
        size = self._text(extent(function.ends[0].dim))
        whole = (*stack, *function.slots)
        found = name if whole == let.axes else f"{name}__found"
        lines += self._room(found, [i.dim for i in whole]) if found != name else []
        into = (
            f"{c_name(found)} + at * {f'{size} * {size}' if function.slots else '1'}" if whole else f"&{c_name(name)}"
        )
        lines += self._each(stack, f"gw_{function.fn}({size}, {name}__work + at * {size} * {size}, {into})")
        if found != name:
            lines += self._loops(laid_out(let.name, let.axes, _at(found, whole), self._constant))
        return lines

    def _solve(self, let: Let, solve: Solve) -> list[str]:
        name = identifier(let.name)
        lines = self._copied(f"{name}__work", (*solve.stack, *solve.ends), solve.source)
        right = (*solve.stack, solve.live, *solve.columns)
        lines += self._copied(f"{name}__side", right, solve.other)
        size = self._text(extent(solve.live.dim))
        many = self._text(extent(solve.columns[0].dim)) if solve.columns else "1"
        function = "gw_cho_solve" if solve.cholesky else "gw_solve"
        work, side = f"{name}__work + at * {size} * {size}", f"{name}__side + at * {size} * {many}"
        lines += self._each(solve.stack, f"{function}({size}, {work}, {many}, {side})")
        found = _at(f"{name}__side", (*solve.stack, solve.kept, *solve.columns))
        return [*lines, *self._loops(laid_out(let.name, let.axes, found, self._constant))]

    def _copied(self, name: str, axes: tuple[Index, ...], of: Entry) -> list[str]:
        """A copy of an array over these axes, which may be written over."""
        opened = self._room(name, [i.dim for i in axes])
        return [*opened, *self._loops(laid_out(name, axes, of, self._constant))]

    def _each(self, stack: Sequence[Index], call: str) -> list[str]:
        """A function of each matrix of a stack."""
        count = " * ".join(self._text(extent(i.dim)) for i in stack) or "1"
        return [f"for ({INDEX} at = 0; at < {count}; at++) {_checked(call)}"]

    # --- sweeps ---

    def _sweep(self, kernel: Kernel) -> list[str]:
        """The sweep's functions, and the statements that share its rows out and bring together what they gather."""
        layout = kernel.layout
        self.functions += ["static " + function.text for function in translated(kernel, self.request.labels)]
        rows = self._text(layout.extent(layout.sweep.row, column=False))
        work = " * ".join([rows, *map(self._text, kernel.widths)])
        lines, made = list[str](), list[str]()
        for let in layout.made:
            opened, argument = self._opened(let, kernel)
            lines += opened
            made.append(argument)
        given = [self._array(identifier(g)) if rank else c_name(identifier(g)) for g, rank in layout.given.items()]
        numbers = [f"(real)({self._text(text)})" for text in kernel.constants]
        arguments = ", ".join([*given, *made, *map(c_name, layout.counts), *numbers, "zero", "one", "inf"])
        rows = f"{rows} * part / parts, {rows} * (part + 1) / parts"
        called, *others = [f"{name}(part, {rows}, {arguments})" for name in kernel.names]
        if others:
            narrow = " && ".join(f"{self._text(width)} <= {NARROW}" for width in dict.fromkeys(kernel.widths))
            called = f"{narrow} ? {others[0]} : {called}"
        outside, inside = ([x for x in lines if ("__parts" in x) is within] for within in (False, True))
        return [*outside, *_indented_block([
            f"const int parts = _parts({work});", *inside,
            "#ifdef _OPENMP", _SHARED, "#endif",
            f"for (int part = 0; part < parts; part++) status |= {called};", "if (status) goto end;",
            *(line for let in layout.made for line in self._gathered(let, kernel)),
        ])]  # fmt: skip

    def _opened(self, let: Let, kernel: Kernel) -> tuple[list[str], str]:
        """Statements that make room for what the sweep gives, and what its function is given for it."""
        name, kind = c_name(identifier(let.name)), kernel.layout.sweep.places[let.name].kind
        if kind in (CELL, ROW):
            return self._room(identifier(let.name), let.shape), self._array(identifier(let.name))
        self.rooms[f"{name}__parts"] = WIDE
        if kind == TOTAL:
            return [f"real {name};", f"ROOM({name}__parts, parts)"], f"{name}__parts, parts"
        width = f"{name}__0"
        room = [f"ROOM({name}__parts, parts * {width})",
                f"memset({name}__parts, 0, sizeof *{name}__parts * (size_t)(parts * {width}));"]  # fmt: skip
        return [*self._room(identifier(let.name), let.shape), *room], f"{name}__parts, parts, {width}"

    def _gathered(self, let: Let, kernel: Kernel) -> list[str]:
        """What the parts have gathered, brought together."""
        name, kind = c_name(identifier(let.name)), kernel.layout.sweep.places[let.name].kind
        if kind in (CELL, ROW):
            return []
        at, width = (f"{name}[at]", f"{name}__0") if kind == COLUMN else (name, "1")
        return [
            f"for ({INDEX} at = 0; at < {width}; at++) {{",
            f"    double found = {_START[op(let)]};",
            "    for (int part = 0; part < parts; part++) {",
            f"        const double each = {name}__parts[part * {width} + at];",
            f"        {_FOLD[op(let)].format(a='found', b='each')}",
            "    }",
            f"    {at} = (real)found;",
            "}",
        ]

    def _array(self, name: str) -> str:
        ranks = self.translator.arrays.ranks
        return ", ".join([c_name(name), *(f"{c_name(name)}__{axis}" for axis in range(ranks[c_name(name)]))])


def _indented_block(lines: Sequence[str]) -> list[str]:
    return ["{", *(line if line.startswith("#") else f"    {line}" for line in lines), "}"]


def _at(name: str, axes: Sequence[Index]) -> Entry:
    found = entry(name, *axes)
    assert isinstance(found, Entry)
    return found


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
    lines += [signature(request, plan, "Array").replace(") ->", ", out: Array | None = None) ->")]
    lines += docstring(request, plan)
    keywords = ", ".join(f"{n}={n}" for n in names)
    lines += [f"    arrays, dtype, answer = {preparing(request, plan)}", *unpacked(names, "map(_contiguous, arrays)")]
    lines += [f"    {name} = _contiguous({name}.astype(np.int64))" for name in names if name in labels]
    lines += sized(plan, ["\n".join(sizes)])
    *_, last = plan.outputs.values()
    shapes = ["(" + "".join(f"{extent(i.dim)}, " for i in a.axes).rstrip() + ")" for a in plan.outputs.values()]
    if last.axes:
        lines += [f"    _check_out(out, dict({keywords}), {shapes[-1]}, answer)"]
    lines += [f"    {name} = np.empty({shape}, dtype)" for name, shape in zip(results[:-1], shapes, strict=False)]
    lines += [f"    {results[-1]} = " + (f"_buffer(out, {shapes[-1]}, dtype)" if last.axes else "np.empty((), dtype)")]
    lines += [f"    _RUN(dtype, {', '.join(values)})"]
    lines += [f"    _no_nan(({results[0]},), {keywords})"] if names else []
    cast = [f"{name}.astype(answer, copy=False)" for name in results]
    cast[-1] = f"_into(out, {cast[-1]})" if last.axes else cast[-1]
    return tidy([*lines, f"    return {', '.join(cast)}", ""])


__all__ = ["binding", "files", "head", "source"]
