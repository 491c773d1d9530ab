"""The NumPy target. Owns: the text of a module that needs NumPy alone. Never: plans, runs.

Half precision is computed in single and rounded once at the end; whole numbers become double.
"""

from __future__ import annotations

from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Program
from gradwright.emit.spell.arrays import lines_of, sizes
from gradwright.emit.spell.module import Request, ready
from gradwright.emit.spell.numpy import FRAME, NUMPY


def source(plan: Program, request: Request) -> str:
    """The module as text."""
    body, answers = lines = lines_of(plan, NUMPY)
    names = [identifier(n) for n in plan.inputs]
    result = ", ".join(f"results[{k}].astype(answer, copy=False)" for k in range(len(answers)))
    run = [
        *ready(request, plan, "dtype, answer"),
        *sizes(plan, (*body, *answers)),
        'with np.errstate(all="ignore"):',
        *(f"    {line}" for line in body),
        f"    results = ({', '.join(f'np.asarray({a})' for a in answers)},)",
        *([f"_no_nan(results, {', '.join(f'{n}={n}' for n in names)})"] if names else []),
        f"return {result}",
    ]
    return FRAME.module(plan, request, "NumPy", lines, run)
