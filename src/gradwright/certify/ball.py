"""The oracle: scalar nodes over real balls, by the naive reading of each kind. Owns: which reading that is.

Never: uses a rule of ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.certify.kernels import KERNELS
from gradwright.certify.layout import Layout
from gradwright.certify.program import Program
from gradwright.core.context import Context
from gradwright.core.node import Node


def naive_program(
    roots: Sequence[Node],
    layout: Layout,
    context: Context,
    most: int = 10**7,
    tied: frozenset[str] = frozenset(),
) -> Program:
    """The tables that some nodes need, each filled as its kind is read; ``TooLarge`` if over ``most`` entries in all.

    Entries of the symbols called ``tied`` move with those that their structure ties them to.
    """
    return Program(roots, layout, context, KERNELS, most, tied)
