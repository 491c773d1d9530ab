"""The C target. Owns: the text of a C file that needs a compiler alone, with its header. Never: plans, runs.

A sweep is a function of a range of rows, the loops that Numba compiles; with OpenMP, threads share the rows. All else
is loops in the function that is called, and functions of matrices that the file has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradwright.core.build import entry
from gradwright.core.index import Dim, Index, names_of
from gradwright.core.node import Array as NodeArray
from gradwright.core.node import Entry
from gradwright.emit.loops import c
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.c import Speller, c_name
from gradwright.emit.loops.kernels import NARROW, WIDE_STARTS, Kernel, kernel, op
from gradwright.emit.loops.nests import Nests
from gradwright.emit.loops.read import counted, expression
from gradwright.emit.loops.sweeps import COLUMN, TOTAL, Sweep, parts, wanted
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Let, OfMatrix, Product, Program, Solve
from gradwright.emit.spell.arrays import shape_of
from gradwright.emit.spell.arrays import sizes as sized
from gradwright.emit.spell.module import OUT, Request, header, ready
from gradwright.emit.spell.numpy import FRAME
from gradwright.emit.targets.c.library import PRELUDE, STATUSES, TYPES, library
from gradwright.emit.targets.native.runtime import ARRAYS

_SHARED = "#pragma omp parallel for schedule(static) num_threads(parts) reduction(|:status)"


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
        self.plan, self.labels = plan, frozenset(request.labels)
        self.functions: list[str] = []
        self.constants: dict[str, str] = {}
        self.held: dict[str, str] = {}
        """Numbers that may be read, and what they are."""
        self.speller = Speller()
        self.nests = Nests(lambda text: self.constants.setdefault(text, f"number{len(self.constants)}"), self.labels)
        self.counts = dict.fromkeys(map(identifier, (*extents(plan), *request.labels)), ir.Kind.INDEX)

    def statements(self) -> list[str]:
        """The function's body."""
        numbers = {ir.ZERO: "0", ir.ONE: "1", ir.INF: "INFINITY"}
        self.held |= {given.name: f"const real {given.name} = {value};" for given, value in numbers.items()}
        for name, shape in self.plan.inputs.items():
            self._shaped(identifier(name), shape)
        found, body = parts(self.plan), list[str]()
        for number, part in enumerate(found):
            if isinstance(part, Sweep):
                later, name = wanted(self.plan, found[number + 1 :]), f"_rows{len(self.functions) or ''}"
                body += self._sweep(kernel(part, self.plan, later, name, self.labels, reuse=False))
            else:
                body += self._whole(part)
        straight = _straight(self.plan)
        for label, array in self.plan.outputs.items():
            body += self._answered(_out(label, self.plan), array) if label not in straight else []
        self.held |= {number: f"const real {number} = {self._real(text)};" for text, number in self.constants.items()}
        rooms = self.speller.rooms
        close = ["goto end;", "end:"] if rooms or any("goto end" in line for line in body) else []
        return ["int status = 0;", *(line for name, line in self.held.items() if name in self.speller.read),
                *c.opened(rooms), *body, *close, *c.closed(rooms), "return status;"]  # fmt: skip

    def _answered(self, name: str, array: NodeArray) -> list[str]:
        """An output that is a formula of arrays that were computed."""
        self._shaped(name, [i.dim for i in array.axes])
        loops = self.nests.map(name, array.axes, array.body)
        if not array.axes:
            (found,) = loops
            assert isinstance(found, ir.Set)
            loops = [ir.Set(ir.Cell(ir.Array(name, 1), (ir.NONE,)), found.value)]
        return self._block(loops)

    # --- what is there ---

    def _shaped(self, name: str, shape: Sequence[Dim]) -> None:
        """An array's extents."""
        for axis, dim in enumerate(shape):
            self.held[f"{name}__{axis}"] = f"const gw_index {c_name(name)}__{axis} = {self._extent(dim)};"

    def _room(self, name: str, axes: Sequence[Index]) -> list[str]:
        """An array of its own, if it is no output's; of a number the variable."""
        if not axes:
            return [f"real {c_name(name)};"]
        if name in map(identifier, _straight(self.plan)):
            self._shaped(name, [i.dim for i in axes])
            return []
        return self.speller.block([ir.Room(ir.Array(name, len(axes)), tuple(counted(extent(i.dim)) for i in axes))])

    def _real(self, text: str) -> str:
        """A number of ours in C."""
        return f"(real)({self.speller.say(expression(text, self.counts))})"

    def _extent(self, dim: Dim) -> str:
        return self.speller.say(counted(extent(dim)))

    def _block(self, statements: Iterable[ir.Statement], known: Iterable[str] = ()) -> list[str]:
        """Statements as a block of C."""
        return _braced(self.speller.block(statements, known))

    # --- operations on whole arrays ---

    def _whole(self, let: Let) -> list[str]:
        name = identifier(let.name)
        opened = self._room(name, let.axes)
        match let.operation:
            case OfMatrix() as made:
                return [*opened, *self._of_matrix(let, made)]
            case Solve() as solve:
                return [*opened, *self._solve(let, solve)]
            case Product() as product if (text := self._product(let, product)) is not None:
                return [*opened, text]
        return [*opened, *self._block(self.nests.nest(let), [name])]

    def _product(self, let: Let, product: Product) -> str | None:
        """A product of two matrices, which the file has a function for."""
        if len(product.over) != 1 or len(let.axes) != 2:
            return None
        (over,), (row, column) = product.over, let.axes
        pair = (product.left, product.right) if row in product.left.slots else (product.right, product.left)
        if set(pair[0].slots) != {row, over} or set(pair[1].slots) != {over, column} or row is column:
            return None
        given = [self._extent(i.dim) for i in (row, over, column)]
        for array, *ends in ((pair[0], row, over), (pair[1], over, column)):
            apart = self.speller.extent(ir.Array(identifier(array.name), 2), 1)
            given += [c_name(identifier(array.name)), *("1" if array.slots[-1] is i else apart for i in ends)]
        return _checked(f"gw_product({', '.join(given)}, {c_name(identifier(let.name))})")

    def _of_matrix(self, let: Let, function: OfMatrix) -> list[str]:
        name, stack = identifier(let.name), let.axes[: len(let.axes) - len(function.slots)]
        lines, size = self._copied(f"{name}__work", (*stack, *function.ends), function.source)
        whole = (*stack, *function.slots)
        found = name if whole == let.axes else f"{name}__found"
        lines += self._room(found, whole) if found != name else []
        each = f" * {size} * {size}" if function.slots else ""
        into = f"{c_name(found)} + at{each}" if whole else f"&{c_name(name)}"
        lines += self._each(stack, f"gw_{function.fn}({size}, {name}__work + at * {size} * {size}, {into})")
        copied = self._block(self.nests.map(let.name, let.axes, entry(found, *whole))) if found != name else []
        return [*lines, *copied]

    def _solve(self, let: Let, solve: Solve) -> list[str]:
        name, (many,) = identifier(let.name), [self._extent(i.dim) for i in solve.columns] or ["1"]
        lines, size = self._copied(f"{name}__work", (*solve.stack, *solve.ends), solve.source)
        side, _ = self._copied(f"{name}__side", (*solve.stack, solve.live, *solve.columns), solve.other)
        function = "gw_cho_solve" if solve.cholesky else "gw_solve"
        work, at = f"{name}__work + at * {size} * {size}", f"{name}__side + at * {size} * {many}"
        lines += [*side, *self._each(solve.stack, f"{function}({size}, {work}, {many}, {at})")]
        found = entry(f"{name}__side", *solve.stack, solve.kept, *solve.columns)
        return [*lines, *self._block(self.nests.map(let.name, let.axes, found))]

    def _copied(self, name: str, axes: tuple[Index, ...], of: Entry) -> tuple[list[str], str]:
        """A copy of an array over these axes, which may be written over, and the extent of its matrices."""
        return [*self._room(name, axes), *self._block(self.nests.map(name, axes, of))], self._extent(axes[-1].dim)

    def _each(self, stack: Sequence[Index], call: str) -> list[str]:
        """A function of each matrix of a stack."""
        count = " * ".join(self._extent(i.dim) for i in stack) or "1"
        return [f"for (gw_index at = 0; at < {count}; at++) {_checked(call)}"]

    # --- sweeps ---

    def _sweep(self, kernel: Kernel) -> list[str]:
        """The sweep's functions, and the statements that share its rows out and bring together what they gather."""
        layout, say = kernel.layout, self.speller.say
        self.functions += ["static " + c.function(each) for each in kernel.functions]
        arrays = {let.name: ir.Array(identifier(let.name), len(let.axes)) for let in layout.made}
        folds = [let for let in layout.made if layout.sweep.places[let.name].kind in (COLUMN, TOTAL)]
        names = [*map(identifier, arrays)]
        apart = {let.name: ir.Array(f"{identifier(let.name)}__parts", 1 + len(let.axes), ir.Kind.WIDE) for let in folds}
        rooms = [line for let in layout.made for line in self._room(identifier(let.name), let.axes)]
        given = [layout.outside(name) for name in layout.given] + [(arrays | apart)[let.name] for let in layout.made]
        numbers = [*map(say, layout.counts), *map(self._real, kernel.constants), *map(say, (ir.ZERO, ir.ONE, ir.INF))]
        arguments = ", ".join([*map(say, given), *numbers])
        rows = say(kernel.rows)
        ends = f"{rows} * part / parts, {rows} * (part + 1) / parts"
        called, *others = [f"{each.name}(part, {ends}, {arguments})" for each in kernel.functions]
        if others:
            narrow = " && ".join(f"{say(width)} <= {NARROW}" for width in dict.fromkeys(kernel.widths))
            called = f"{narrow} ? {others[0]} : {called}"
        work = " * ".join(map(say, (kernel.rows, *kernel.widths)))
        return [*rooms, *_braced([
            f"const int parts = _parts({work});",
            *self.speller.block(_opened(arrays[name], each) for name, each in apart.items()),
            "#ifdef _OPENMP", _SHARED, "#endif",
            f"for (int part = 0; part < parts; part++) status |= {called};", "if (status) goto end;",
            *self.speller.block((_gathered(let, arrays[let.name], apart[let.name]) for let in folds), names),
        ])]  # fmt: skip


_PART, _PARTS, _AT = (ir.Var(name, ir.Kind.INDEX) for name in ("part", "parts", "slot"))


def _opened(array: ir.Array, apart: ir.Array) -> ir.Statement:
    """Room for what each part gathers of a fold over the rows."""
    width = [ir.Extent(array, 0)] if array.rank else []
    return ir.Room(apart, (_PARTS, *width), ir.Number(0.0, ir.Kind.WIDE))


def _gathered(let: Let, array: ir.Array, apart: ir.Array) -> ir.Statement:
    """What the parts have gathered, brought together."""
    at, found = (_AT,) * array.rank, ir.Var("found", ir.Kind.WIDE)
    place = ir.Cell(array, at) if at else ir.Var(array.name)
    taken = ir.count(_PART, _PARTS, ir.Take(found, op(let), ir.Cell(apart, (_PART, *at))))
    last = ir.Extent(array, 0) if at else ir.UNIT
    return ir.count(_AT, last, ir.Set(found, WIDE_STARTS[op(let)]), taken, ir.Set(place, found))


def _braced(lines: Sequence[str]) -> list[str]:
    return ["{", *(line if line.startswith("#") else f"    {line}" for line in lines), "}"]


def _checked(call: str) -> str:
    return f"if ((status = {call})) goto end;"


def binding(plan: Program, request: Request) -> str:
    """A Python module that builds the file and calls its function on arrays."""
    names = [identifier(name) for name in plan.inputs]
    sizes = list(map(identifier, extents(plan)))
    labels = set(map(identifier, request.labels))
    kinds = "i" * len(sizes) + "".join(
        "p" if shape else "i" if name in request.labels else "r" for name, shape in plan.inputs.items()
    ) + "p" * len(plan.outputs)  # fmt: skip
    results = [f"{identifier(label)}_out" for label in plan.outputs]
    values = [*sizes, *names, *results]
    keywords = ", ".join(f"{n}={n}" for n in names)
    run = ready(request, plan, "dtype, answer", "map(_contiguous, arrays)")
    run += [f"{name} = _contiguous({name}.astype(np.int64))" for name in names if name in labels]
    run += sized(plan, sizes)
    *_, last = plan.outputs.values()
    shapes = [shape_of(a.axes) for a in plan.outputs.values()]
    run += [f"_check_out(out, dict({keywords}), {shapes[-1]}, answer)"] if last.axes else []
    run += [f"{name} = np.empty({shape}, dtype)" for name, shape in zip(results[:-1], shapes, strict=False)]
    run += [f"{results[-1]} = " + (f"_buffer(out, {shapes[-1]}, dtype)" if last.axes else "np.empty((), dtype)")]
    run += [f"_RUN({', '.join(values)})"]
    run += [f"_no_nan(({results[0]},), {keywords})"] if names else []
    cast = [f"{name}.astype(answer, copy=False)" for name in results]
    cast[-1] = f"_into(out, {cast[-1]})" if last.axes else cast[-1]
    run += [f"return {', '.join(cast)}"]
    made = f"Library({source(plan, request)!r}, {STATUSES!r}).function({request.name!r}, {kinds!r})"
    imports = (*FRAME.imports[:-1], "from gradwright.emit.toolchain import Library", "", FRAME.imports[-1])
    frame, needs = replace(FRAME, imports=imports), "NumPy, gradwright and a C compiler"
    return frame.module(plan, request, needs, ([], []), run, [f"_RUN = {made}", *ARRAYS.split("\n")], given=[OUT])
