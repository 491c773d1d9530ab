"""Lines of a differential, held true. Owns: reading back what is shown, and holding it against the differential.

Every line, as it is printed and read back, is held against the differential by power series, for random dX. The form of
one that does not hold is given up. Never: writes a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.certify.certificate import hold
from gradwright.certify.report import Certificate
from gradwright.core.build import deriv, rename
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import Array, Entry, Node
from gradwright.core.walk import bottom_up
from gradwright.engine.differential import GOAL, Directions
from gradwright.read.reader import read
from gradwright.write.differential import Said
from gradwright.write.text import text

Stated = tuple[Node, Said | None]
"""A line's node, and its form in matrices if it has one."""


def held(goal: Array, lines: Sequence[Stated], moving: Directions) -> tuple[list[Stated], Certificate]:
    """The lines of the differential of ``goal``, without the forms that do not hold, and their certificate."""
    truth = replace(goal, body=moving.entrywise(deriv(goal.body, GOAL, ())))
    stated = [_read(truth, line, moving) for line in lines]
    certificate = _certificate(truth, stated, moving)
    if certificate.verdict == "refuted":
        doubted = [_certificate(truth, [one], moving).verdict == "refuted" for one in stated]
        stated = [_read(truth, (one[0][0], None), moving) if wrong else one
                  for one, wrong in zip(stated, doubted, strict=True)]  # fmt: skip
        certificate = _certificate(truth, stated, moving)
        if certificate.verdict == "refuted":
            raise Error(f"this is a bug in gradwright: a line of a differential fails the check ({certificate})")
    return [line for line, _ in stated], certificate


def _certificate(truth: Array, stated: Sequence[tuple[Stated, Array]], moving: Directions) -> Certificate:
    claims = {f"line {number}": claim for number, (_, claim) in enumerate(stated, start=1)}
    return hold(truth, claims, moving.context)


def _read(truth: Array, line: Stated, moving: Directions) -> tuple[Stated, Array]:
    """A line with what it says; without its form where the text of that is no array of the right shape."""
    try:
        claim = _claim(truth, line, moving)
        if claim.shape == truth.shape and claim.groups == truth.groups:
            return line, claim
    except Error:
        pass
    plain = line[0], None
    return plain, _claim(truth, plain, moving)


def _claim(truth: Array, line: Stated, moving: Directions) -> Array:
    """What a line says, without a differential in it but dX: its text read back, or its node."""
    node, said = line
    if said is None:
        return replace(truth, body=moving.entrywise(node))
    array = read(text(said.plain), context=said.context, strict=True).array
    body = _meant(array, said, moving)
    if len(array.axes) != len(truth.axes):
        return replace(array, body=body)
    axes: tuple[Index, ...] = truth.axes[::-1] if said.columns else truth.axes  # vec has the last index first
    groups = truth.groups if said.columns else array.groups
    return Array(truth.axes, rename(body, dict(zip(array.axes, axes, strict=True))), groups)


def _meant(array: Array, said: Said, moving: Directions) -> Node:
    """The body of a line that was read back, each symbol for a differential as what it is the differential of."""
    meanings = {name: read(text(term), context=moving.context, strict=True).array for name, term in said.parts.items()}

    def spelled(node: Node) -> Node:
        if not (isinstance(node, Entry) and node.name in meanings):
            return node
        meaning = meanings[node.name]
        body = rename(meaning.body, dict(zip(meaning.axes, node.slots, strict=True)))
        return deriv(body, GOAL, ())

    return moving.entrywise(bottom_up(spelled, array.body))
