"""Formulas before they are planned. Owns: the order of the rewrites that have arrays of their own. Never: plans.

What has a name here (f − max f, f/|f|) is one array: its terms or factors do not mix with what it stands in.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.context import Context
from gradwright.core.node import Array, Node
from gradwright.emit.forms.exponentials import Exponentials
from gradwright.emit.forms.extrema import Extrema
from gradwright.emit.forms.factors import hoisted
from gradwright.emit.forms.limits import Limits
from gradwright.emit.forms.multiples import Multiples
from gradwright.emit.forms.norms import Norms
from gradwright.emit.forms.opposites import Opposites


class Prepared:
    """Rewrites formulas, as a function; ``arrays`` are those with names."""

    def __init__(self, formulas: Sequence[Node], context: Context, kernels: bool, opposites: bool = False) -> None:
        self.arrays: dict[str, Array] = {}
        self._limits = Limits(context)
        formulas = [self._limits(formula) for formula in formulas]
        self._extrema = Extrema(context, formulas)
        formulas = [self._extrema(formula) for formula in formulas]
        formulas += [array.body for array in self._extrema.arrays.values()]
        self._norms, self._multiples, self._hoisted = Norms(context, formulas), Multiples(), dict[Node, Node]()
        scaled = [self._norms(formula) for formula in formulas]
        self._opposites = Opposites(scaled if opposites else ())
        scaled = [self._opposites(formula) for formula in scaled]
        self._exponentials = Exponentials(scaled)
        if kernels:
            for formula in formulas:
                self._ready(formula)
            self._exponentials, self.arrays = Exponentials(scaled, self._exponentials.wanted), {}
            self._multiples = Multiples()

    def __call__(self, formula: Node) -> Node:
        result = self._ready(self._extrema(self._limits(formula)))
        for name, array in self._extrema.arrays.items():
            if name not in self.arrays:
                self.arrays[name] = Array(array.axes, self._ready(array.body))
        return result

    def _ready(self, formula: Node) -> Node:
        result = hoisted(self._multiples(self._shifted(self._norms(formula))), self._hoisted)
        for name, array in self._norms.arrays.items():
            if name not in self.arrays:
                self.arrays[name] = Array(array.axes, self._shifted(array.body))
        self.arrays.update(self._exponentials.arrays)
        return result

    def _shifted(self, formula: Node) -> Node:
        return hoisted(self._exponentials(self._opposites(formula)), self._hoisted)
