"""The NumPy target. Owns: the text of a module that needs NumPy alone. Never: plans, runs.

Half precision is computed in single and rounded once at the end; whole numbers become double.
"""

from __future__ import annotations

from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Program
from gradwright.emit.spell.arrays import lines_of, sizes
from gradwright.emit.spell.module import Request, checks, function, header, ready, tidy, unchecked
from gradwright.emit.spell.numpy import NUMPY, helping, readied


def source(plan: Program, request: Request) -> str:
    """The module as text."""
    body, answers = lines_of(plan, NUMPY)
    text = "\n".join((*body, *answers))
    lines = header(request, plan, "NumPy")
    lines += ["import functools"] if "_symmetric(" in text else []
    lines += ["import math"] if "math." in text else []
    lines += ["from typing import Any", "", "import numpy as np", "", "Array = Any"]
    if request.style.bare:
        return tidy([*lines, *unchecked(request, plan, "Array", body, answers), *helping(text), ""])
    names = [identifier(n) for n in plan.inputs]
    result = ", ".join(f"results[{k}].astype(answer, copy=False)" for k in range(len(answers)))
    computed = [
        *ready(request, plan, "dtype, answer"),
        *sizes(plan, (*body, *answers)),
        'with np.errstate(all="ignore"):',
        *(f"    {line}" for line in body),
        f"    results = ({', '.join(f'np.asarray({a})' for a in answers)},)",
        *([f"_no_nan(results, {', '.join(f'{n}={n}' for n in names)})"] if names else []),
        f"return {result}",
    ]
    lines += [
        *function(request, plan, "Array", computed),
        "",
        *checks(plan),
        *readied(request, plan),
        *helping(text),
        "",
    ]
    return tidy(lines)
