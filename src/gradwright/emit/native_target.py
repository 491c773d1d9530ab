"""The native target. Owns: the text of a module of fused loops for Numba. Never: plans, runs.

Matrix products stay with NumPy; everything between them is one sweep over the rows, shared out among threads and
vectorised, written into the buffer given as ``out``. Without Numba the module computes with NumPy, with a notice.
"""

from __future__ import annotations

from gradwright.core.node import Entry
from gradwright.emit.arrays import lines_of, returned, sizes, statement
from gradwright.emit.kernels import Kernel
from gradwright.emit.loops import Sweep, parts, wanted
from gradwright.emit.module import CHECK, Request, docstring, header, prepared, shapes_table, signature, tidy, unpacked
from gradwright.emit.names import identifier
from gradwright.emit.numpy_target import _HELPERS, _PREPARE, NUMPY
from gradwright.emit.plan import Let, Plan
from gradwright.emit.runtime import runtime
from gradwright.emit.spell import extent

_NOTE = "Arrays are C-contiguous; ``out`` receives the last array returned, and nothing of its size is allocated then."


def source(plan: Plan, request: Request) -> str:
    """The module as text."""
    whole, answers = lines_of(plan, NUMPY)
    kernels, body = _looped(plan)
    loops = [returned(array, NUMPY) for array in plan.outputs.values()]
    text = "\n".join((*whole, *answers, *body, *kernels))
    helpers = [code for name, code in _HELPERS.items() if name + "(" in "\n".join((*whole, *answers, *body))]
    lines = header(request, plan, "NumPy and Numba", [_NOTE])
    lines += ["import math"] if "math." in text + "".join(helpers) else []
    lines += ["import os", "from concurrent.futures import ThreadPoolExecutor"] if kernels else []
    lines += ["from typing import Any", "", "import numpy as np", "", "Array = Any", shapes_table(plan), ""]
    lines += runtime("\n".join(kernels)).split("\n")
    lines += CHECK.split("\n") + prepared(_PREPARE, request, "a.astype(dtype, copy=False)")
    for code in (*helpers, *kernels):
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
    lines += [f"    arrays, dtype, answer = _prepared({keywords})", *unpacked(names, "map(_contiguous, arrays)")]
    last = list(plan.outputs.values())[-1]
    if last.axes:
        shape = "(" + "".join(f"{extent(i)}, " for i in last.axes).rstrip() + ")"
        lines += [*sizes(plan, [shape]), f"    _check_out(out, dict({keywords}), {shape}, answer)"]
    lines += ['    with np.errstate(all="ignore"):']
    lines += [f"        results = (_by_loops if NATIVE else _by_numpy)({values}, dtype, out)"]
    lines += [f"    _no_nan(results, {keywords})"] if names else []
    cast = [f"np.asarray(results[{k}]).astype(answer, copy=False)" for k in range(len(plan.outputs))]
    if last.axes:
        cast[-1] = f"_into(out, {cast[-1]})"
    return tidy([*lines, f"    return {', '.join(cast)}", ""])


def _looped(plan: Plan) -> tuple[list[str], list[str]]:
    """The kernels, and the statements that run them."""
    kernels: list[str] = []
    body: list[str] = []
    target = _buffered(plan)
    found = parts(plan)
    for number, part in enumerate(found):
        if isinstance(part, Sweep):
            kernel = Kernel(part, plan, wanted(plan, found[number + 1 :]), f"_rows{len(kernels) or ''}", target)
            kernels.append(kernel.text())
            body += kernel.call()
        else:
            body += _whole(part, plan, target)
    return kernels, body


def _whole(let: Let, plan: Plan, target: str) -> list[str]:
    """A statement over whole arrays, into the caller's buffer where it can go."""
    line = statement(let, plan, NUMPY)
    head, _, right = line.partition(" = ")
    if identifier(let.name) == target and right.count(" @ ") == 1:
        shape = "(" + "".join(f"{extent(i)}, " for i in let.axes).rstrip() + ")"
        line = f"{head} = np.matmul({right.replace(' @ ', ', ')}, out=_buffer(out, {shape}, dtype))"
    return line.split("\n")


def _buffered(plan: Plan) -> str:
    """The array that can be computed straight into ``out``: the last output, if it is one as it stands."""
    last = list(plan.outputs.values())[-1]
    if isinstance(last.body, Entry) and last.body.slots == last.axes and last.axes:
        return identifier(last.body.name)
    return ""


__all__ = ["source"]
