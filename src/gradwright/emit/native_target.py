"""The native target. Owns: the text of a module of fused loops for Numba. Never: plans, runs.

Matrix products stay with NumPy; everything between them is one sweep over the rows, in parallel and vectorised, written
into the buffer given as ``out``. Without Numba the same loops run in plain Python, with a notice.
"""

from __future__ import annotations

from gradwright.core.build import ZERO, mul, negate, rename, subtract
from gradwright.core.node import Add, Apply, Const, Entry, Mul, Node, Ordinal, Pow, Reduce, Size, Where, walk
from gradwright.emit.arrays import returned, sizes, statement
from gradwright.emit.labels import linear_in_label
from gradwright.emit.loops import Group, grouped, inside, scheduled
from gradwright.emit.module import CHECK, Request, docstring, header, prepared, shapes_table, tidy, unpacked
from gradwright.emit.names import identifier
from gradwright.emit.numpy_target import _HELPERS, _PREPARE, NUMPY
from gradwright.emit.plan import Let, Plan
from gradwright.emit.runtime import RUNTIME
from gradwright.emit.spell import Dialect, Said, _Speller

_SCALAR = Dialect(
    "math",
    {
        "exp": "_exp(a)", "log": "math.log(a)", "log1p": "_log1p(a)", "sigmoid": "_sigmoid1(a)",
        "softplus": "_softplus1(a)",
        "tanh": "_tanh1(a)", "abs": "abs(a)", "sign": "_sign1(a)", "relu": "_relu1(a)", "step": "_step1(a)",
        "max": "max(a, b)", "min": "min(a, b)", "pi": "math.pi",
    },
)  # fmt: skip
_START = {"sum": "zero", "max": "-inf", "min": "inf", "prod": "one"}


def source(plan: Plan, request: Request) -> str:
    """The module as text."""
    parts = grouped(plan)
    kernels: list[str] = []
    body: list[str] = []
    target = _buffered(plan, request)
    for number, part in enumerate(parts):
        if isinstance(part, Group):
            kernel = _Kernel(part, plan, parts[number + 1 :], f"_rows{len(kernels) or ''}", target)
            kernels.append(kernel.text())
            body += kernel.call()
        else:
            line = statement(part, plan, NUMPY)
            head, _, right = line.partition(" = ")
            if identifier(part.name) == target and " @ " in right and right.count("@") == 1:
                line = f"{head} = np.matmul({right.replace(' @ ', ', ')}, out=_buffer(out, {_shape(part)}, dtype))"
            body += line.split("\n")
    answers = [returned(array, NUMPY) for array in plan.outputs.values()]
    text = "\n".join((*body, *answers, *kernels))
    helpers = [code for name, code in _HELPERS.items() if name + "(" in text]
    notes = [
        "Arrays are C-contiguous; ``out`` receives the last array returned, and nothing of its size is allocated then."
    ]
    lines = header(request, plan, "NumPy and Numba", notes)
    lines += [
        "import math",
        "from typing import Any",
        "",
        "import numpy as np",
        "",
        "Array = Any",
        shapes_table(plan),
        "",
    ]
    lines += RUNTIME.split("\n") + CHECK.split("\n") + prepared(_PREPARE, request, "a.astype(dtype, copy=False)")
    for code in (*helpers, *kernels):
        lines += code.split("\n")
    names = [identifier(n) for n in plan.inputs]
    keywords = ", ".join(f"{n}={n}" for n in names)
    from gradwright.emit.module import signature

    opening = signature(request, plan, "Array").replace(") ->", ", out: Array | None = None) ->")
    lines += ["", opening, *docstring(request, plan)]
    lines += [
        f"    arrays, dtype, answer = _prepared({keywords})",
        "    arrays = [np.ascontiguousarray(a) if a.ndim else a for a in arrays]",
    ]
    lines += unpacked(names, "arrays") + sizes(plan, (*body, *answers))
    lines += ['    with np.errstate(all="ignore"):', *(f"        {line}" for line in body)]
    lines += [f"        results = ({', '.join(f'np.asarray({a})' for a in answers)},)"]
    lines += [f"    _no_nan(results, {keywords})"] if names else []
    cast = [f"results[{k}].astype(answer, copy=False)" for k in range(len(plan.outputs))]
    last = list(plan.outputs)[-1]
    if plan.outputs[last].axes:
        cast[-1] = f"_into(out, {cast[-1]})"
    result = ", ".join(cast)
    return tidy([*lines, f"    return {result}", ""])


def _buffered(plan: Plan, request: Request) -> str:
    """The array that can be computed straight into ``out``: the last output, if it is one as it stands."""
    last = list(plan.outputs.values())[-1]
    if isinstance(last.body, Entry) and last.body.slots == last.axes and last.axes:
        return identifier(last.body.name)
    return ""


def _shape(let: Let) -> str:
    return "(" + "".join(f"{identifier(str(i.dim))}, " for i in let.axes).rstrip() + ")"


class _Kernel:
    """One group of arrays as a function of its own."""

    def __init__(self, group: Group, plan: Plan, rest: list[Let | Group], name: str, target: str) -> None:
        self.group, self.plan, self.name, self.target = group, plan, name, target
        later = {
            n for part in rest for let in (part.lets if isinstance(part, Group) else [part]) for n in plan.reads(let)
        }
        later |= {n for array in plan.outputs.values() for n in array.body.names}
        self.made = [let for let in group.lets if let.name in later]
        self.schedule = scheduled(group, [let.name for let in self.made])
        self.constants: dict[str, str] = {}
        self.typed: dict[str, str] = {}
        self.hoisted: dict[str, str] = {}
        self.afterwards: list[str] = []
        self.extremes = {let.name for let in group.lets if isinstance(let.body, Reduce) and let.body.op == "max"}
        bodies = [inside(let)[0] for let in group.lets]
        entries = {n.name: n for b in bodies for n in walk(b) if isinstance(n, Entry) and n.name not in group.names}
        self.given = sorted(entries)
        self.ranks = {name: len(node.slots) for name, node in entries.items()}
        self.store = self._stores()

    def _stores(self) -> dict[str, str]:
        """Where cells kept between passes live: in an output written later, or in a row of their own."""
        free = [let.name for let in self.made if len(let.axes) == 2 and let.name not in self.schedule.kept]
        stores = {}
        for name in sorted(self.schedule.kept):
            if any(let.name == name for let in self.made):
                stores[name] = f"{identifier(name)}_[i, j]"
            elif free:
                stores[name] = f"{identifier(free.pop())}_[i, j]"
            else:
                stores[name] = f"{identifier(name)}_row[j]"
        return stores

    # --- text ---

    def text(self) -> str:
        passes = 1 + max(self.schedule.passes.values(), default=0)
        lines: list[str] = []
        for number in range(passes):
            lines += self._pass(number)
        rows = [s.split("[")[0] for s in self.store.values() if "_row[" in s]
        opening = [f"        {r} = np.empty(columns, {self._prototype()}.dtype)" for r in rows]
        parameters = ", ".join([*(identifier(g) for g in self.given), *(f"{identifier(m.name)}_" for m in self.made),
                                *self.constants.values(), "zero", "one", "inf"])  # fmt: skip
        rows_of, columns_of = self._extent(0), self._extent(1)
        return "\n".join([
            "@_parallel",
            f"def {self.name}({parameters}):  # type: ignore[no-untyped-def]",
            f'    """One sweep over the rows: {", ".join(identifier(m.name) for m in self.made)}."""',
            f"    columns = {columns_of}",
            f"    for i in _range({rows_of}):",
            *opening,
            *(f"        {line}" for line in lines),
            "",
        ])  # fmt: skip

    def _prototype(self) -> str:
        return next(identifier(g) for g in self.given if self.ranks[g] == 2)

    def _extent(self, axis: int) -> str:
        for let in self.group.lets:
            for node in walk(inside(let)[0]):
                if isinstance(node, Entry) and node.name not in self.group.names and len(node.slots) == 2:
                    return f"{identifier(node.name)}.shape[{axis}]"
        raise AssertionError("a group without a matrix")

    def _pass(self, number: int) -> list[str]:
        lets = [let for let in self.group.lets if self.schedule.passes.get(let.name) == number]
        cells = [let for let in lets if len(inside(let)[0].free) == 2]
        rows = [let for let in lets if let not in cells]
        lines: list[str] = []
        for let in cells:
            if isinstance(let.body, Reduce):
                lines.append(f"{self._local(let.name)} = {_START[let.body.op]}")
        if cells:
            self.hoisted = {}
            inner = [f"    {line}" for let in cells for line in self._cell(let, number)]
            lines += [f"{name} = {text}" for text, name in self.hoisted.items()]
            lines += ["for j in range(columns):", *inner, *self.afterwards]
            self.afterwards = []
        for let in rows:
            text = _CellSpeller(self, number, False).say(inside(let)[0])[0]
            lines.append(f"{self._local(let.name)} = {text}")
        for let in lets:
            if let in self.made and let.name in self.schedule.folds:
                lines.append(f"{identifier(let.name)}_[i] = {self._local(let.name)}")
        return lines

    def _cell(self, let: Let, number: int) -> list[str]:
        body, _ = inside(let)
        found = linear_in_label(body) if let in self.made and not isinstance(let.body, Reduce) else None
        if found is not None and found[0] is not ZERO:  # what stands at the label alone is added after the pass
            body, share, label = found
            scalar = _CellSpeller(self, number, False)
            place = f"{identifier(let.name)}_[i, {identifier(min(label.left.names))}[i]]"
            self.afterwards.append(f"{place} += {scalar.say(share)[0]}")
        text = self._said(body, number)
        name = self._local(let.name)
        if isinstance(let.body, Reduce):
            fold = {"sum": f"{name} += {text}", "prod": f"{name} *= {text}", "max": f"{name} = max({name}, {text})",
                    "min": f"{name} = min({name}, {text})"}[let.body.op]  # fmt: skip
            return [fold]
        lines = [f"{name} = {text}"]
        if let.name in self.store:
            lines.append(f"{self.store[let.name]} = {name}")
        if let in self.made and self.store.get(let.name) != f"{identifier(let.name)}_[i, j]":
            lines.append(f"{identifier(let.name)}_[i, j] = {name}")
        return lines

    def _local(self, name: str) -> str:
        return f"{identifier(name)}_i"

    def _said(self, body: Node, number: int) -> str:
        return _CellSpeller(self, number).say(body)[0]

    def constant(self, text: str) -> str:
        """A number passed in, so that it has the type the arrays have."""
        return self.constants.setdefault(text, f"c{len(self.constants)}")

    def call(self) -> list[str]:
        """The statements that run it."""
        lines = []
        sizes = {0: self._extent(0), 1: self._extent(1)}
        for let in self.made:
            name = identifier(let.name)
            shape = "(" + ", ".join([sizes[0], sizes[1]][: 2 if len(let.axes) == 2 else 1]) + ",)"
            made = (
                f"_buffer(out, {shape.replace(',)', ')')}, dtype)"
                if name == self.target and len(let.axes) == 2
                else f"np.empty({shape}, dtype)"
            )
            lines.append(f"{name} = {made}")
        arguments = [*(identifier(g) if self.ranks[g] else f"dtype.type({identifier(g)})" for g in self.given),
                     *(identifier(m.name) for m in self.made), *(f"dtype.type({c})" for c in self.constants),
                     "dtype.type(0)", "dtype.type(1)", "dtype.type(np.inf)"]  # fmt: skip
        lines.append(f"{self.name}({', '.join(arguments)})")
        for let in self.made:
            if isinstance(let.body, Reduce) and not let.axes:
                name, fold = (
                    identifier(let.name),
                    {"sum": "sum", "max": "max", "min": "min", "prod": "prod"}[let.body.op],
                )
                wide = ", dtype=np.float64" if fold == "sum" else ""
                lines.append(f"{name} = dtype.type(np.{fold}({name}{wide}))")
        return lines


class _CellSpeller(_Speller):
    """An elementwise formula at row i and column j, in numbers of the arrays' own type."""

    def __init__(self, kernel: _Kernel, number: int, hoists: bool = True) -> None:
        super().__init__((), _SCALAR)
        self.kernel, self.number, self.hoists = kernel, number, hoists

    def hoisted(self, text: str) -> str:
        """A name for what is the same along the row."""
        return self.kernel.hoisted.setdefault(text, f"h{self.number}{len(self.kernel.hoisted)}")

    def same(self, node: Node) -> bool:
        """Whether the node is the same in every cell of a row."""
        return self.hoists and all(index.dim == self.kernel.group.row for index in node.free)

    def say(self, node: Node) -> Said:
        if (
            isinstance(node, Apply | Pow | Size | Mul)
            and not node.free
            and not any(isinstance(n, Entry) for n in walk(node))
        ):
            from gradwright.emit.spell import spelled

            return self.kernel.constant(spelled(node, (), NUMPY)), 4
        if self.same(node) and isinstance(node, Apply | Pow | Mul | Add):
            return self.hoisted(_CellSpeller(self.kernel, self.number, False).say(node)[0]), 4
        return super().say(node)

    def const(self, node: Const) -> Said:
        if node.value == 1:
            return "one", 4
        return self.kernel.constant(super().const(node)[0]), 4

    def number_of(self, value: object) -> str:
        return self.kernel.constant(str(value))

    def entry(self, node: Entry) -> Said:
        kernel, name = self.kernel, node.name
        if name in kernel.schedule.inlined:  # computed again where it is used
            let = kernel.schedule.inlined[name]
            return self.say(rename(let.body, dict(zip(let.axes, node.slots, strict=True))))
        if name in kernel.group.names:
            if name in kernel.store and kernel.schedule.passes[name] < self.number:
                return kernel.store[name], 4
            return kernel._local(name), 4
        letters = ["i" if s.dim == kernel.group.row else "j" for s in node.slots]
        return identifier(name) + (f"[{', '.join(letters)}]" if letters else ""), 4

    def ordinal(self, node: Ordinal) -> Said:
        return "i" if node.index.dim == self.kernel.group.row else "j", 4

    def add(self, node: Add) -> Said:
        """A maximum is taken away first: a factor, 1 at run time, keeps the compiler from reordering it."""
        for term in node.terms:
            name = _negated(term)
            if name is not None and name in self.kernel.group.names and name in self.kernel.extremes:
                top = self.say(negate(term))[0]
                if len(node.terms) != 2:
                    continue
                return f"(({self.say(subtract(node, term))[0]} - {top}) * one)", 4
        return super().add(node)

    def mul(self, node: Mul) -> Said:
        """Signs and numbers are typed constants; powers of −1 divide."""
        if self.hoists:
            fixed = [f for f in node.factors if self.same(f) and not (isinstance(f, Const) and f.value == -1)]
            if len(fixed) > 1 or any(isinstance(f, Pow) for f in fixed):
                rest = [f for f in node.factors if f not in fixed]
                scale = _CellSpeller(self.kernel, self.number, False).say(mul(*fixed))[0]
                left = mul(*rest)
                inner = self.mul(left)[0] if isinstance(left, Mul) else self.bracketed(left, 2)
                return f"{inner} * {self.hoisted(scale)}", 1 if inner.startswith("-") else 2
        over: list[str] = []
        under: list[str] = []
        sign = ""
        for factor in sorted(node.factors, key=lambda f: len(f.free)):
            if isinstance(factor, Const) and factor.value == -1:
                sign = "-"
            elif isinstance(factor, Pow) and isinstance(factor.exponent, Const) and factor.exponent.value == -1:
                under.append(self.bracketed(factor.base, 3))
            else:
                over.append(self.bracketed(factor, 2))
        text = " * ".join(over) or "one"
        return sign + text + "".join(f" / {u}" for u in under), 1 if sign else 2

    def power(self, node: Pow) -> Said:
        base, exponent = self.bracketed(node.base, 4), node.exponent
        if isinstance(exponent, Const) and exponent.value == 2 and isinstance(node.base, Entry):
            return f"{base} * {base}", 2
        if isinstance(exponent, Const) and exponent.value == -1:
            return f"one / {base}", 2
        if isinstance(exponent, Const) and float(exponent.value) in (0.5, -0.5):
            text = f"math.sqrt({base})"
            return (text, 4) if exponent.value > 0 else (f"one / {text}", 2)
        return f"{base} ** {self.bracketed(exponent, 4)}", 3

    def where(self, node: Where) -> Said:
        left, right, then, other = (self.say(child)[0] for child in node.children)
        return f"({then} if {left} {node.op} {right} else {other})", 4


def _negated(term: Node) -> str | None:
    """The array's name, where the term is −array."""
    if isinstance(term, Mul) and len(term.factors) == 2 and isinstance(term.factors[1], Entry):
        lead = term.factors[0]
        return term.factors[1].name if isinstance(lead, Const) and lead.value == -1 else None
    return None


__all__ = ["source"]
