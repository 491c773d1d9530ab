"""Values and gradients in ball arithmetic, and how far an answer is from them. Shares nothing with what is emitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import arb

from gradwright.api import Derivation
from gradwright.certify.ball import naive_program
from gradwright.certify.layout import Layout
from gradwright.certify.program import Program, Run, precision

Balls = list[Any]
_FIRST, _MOST = 256, 1 << 17
_FAR = -1e9
"""What −inf is read as: its exponential is 0 to any precision used here."""


class Oracle:
    """A scalar formula's value and gradient at given arrays, as balls narrow enough to count ulp with."""

    def __init__(self, made: Derivation) -> None:
        self.made = made
        self._programs: dict[tuple[tuple[str, int], ...], Program] = {}

    def __call__(self, values: Mapping[str, Any]) -> tuple[Balls, Balls]:
        flat = {name: [_FAR if v == -np.inf else float(v) for v in np.ravel(value)] for name, value in values.items()}
        program = self._program(values)
        bits = _FIRST
        while True:
            found = self._at(program, flat, bits)
            if all(_narrow(ball) for part in found for ball in part) or bits >= _MOST:
                return found
            bits *= 4

    def _program(self, values: Mapping[str, Any]) -> Program:
        context = self.made.context
        sizes = {
            dim: extent
            for name, value in values.items()
            for dim, extent in zip(context.symbols[name], np.shape(value), strict=True)
            if isinstance(dim, str)
        }
        key = tuple(sorted(sizes.items()))
        if key not in self._programs:
            self._programs[key] = naive_program([self.made.goal.body], Layout(sizes), context)
        return self._programs[key]

    def _at(self, program: Program, flat: Mapping[str, list[float]], bits: int) -> tuple[Balls, Balls]:
        goal, (wrt, *_) = self.made.goal, self.made.wrt
        run = Run(program, flat, bits)
        gradient = [run.slope(goal.body, ((wrt, place),))[0] for place in range(len(flat[wrt]))]
        return run.table(goal.body, ()), gradient


def _narrow(ball: Any) -> bool:
    """Whether the ball is known to far more digits than double has, or is far below its least number."""
    with precision(64):
        return bool(ball.is_finite()) and bool(ball.rad() <= abs(ball.mid()) * arb(2) ** -80 + arb(2) ** -1200)


def ulps(found: Any, exact: Balls, dtype: Any, scale: float = 0.0) -> float:
    """The largest error in units in the last place of ``dtype``, of each exact entry or of ``scale`` if that is larger.

    What is less than the smallest normal number may come out as 0.
    """
    import ml_dtypes

    info = ml_dtypes.finfo(dtype)
    worst = 0.0
    with precision(256):
        for got, ball in zip(np.ravel(np.asarray(found)).astype(float), exact, strict=True):
            size = max(abs(float(ball)), scale, float(info.smallest_normal))
            if abs(float(ball)) > float(info.max):
                worst = worst if got == np.sign(float(ball)) * np.inf else np.inf
                continue
            unit = 2.0 ** np.floor(np.log2(size)) * float(info.eps)
            error = float(abs(arb(got) - ball))
            if error > float(info.smallest_normal) or not np.isfinite(got):
                worst = max(worst, error / unit if np.isfinite(error) else np.inf)
    return worst
