"""PyTorch's arrays are written over only where nobody reads them afterwards, and none is read before it is there."""

from __future__ import annotations

import pytest

from gradwright.core.node import Entry, walk
from gradwright.emit.emitter import TARGETS, planned
from gradwright.emit.plan.program import Fold, Let, Map, Program, Reuse, Room, Scatter
from gradwright.emit.spell.arrays import lowered
from gradwright.emit.targets.torch.lines import TORCH
from gradwright.emit.targets.torch.reuse import reused
from tests.emit.zoo import ZOO, derivation


def _program(name: str) -> Program:
    labels = [symbol for symbol in ("Y",) if f"onehot_rows({symbol})" in ZOO[name][3]]
    outputs = ["value", "gradient"] if name != "jacobian" else ["value", "pullback"]
    return planned(derivation(name).derived, TARGETS["torch"].needs, outputs, labels)[0]


def _reuse(let: Let) -> Reuse | None:
    return let.operation.reuse if isinstance(let.operation, Map | Fold | Scatter) else None


def _overwritten(let: Let) -> str | None:
    """The array that an array is computed in the place of."""
    made = _reuse(let)
    anew = made is not None and made.steps[:1] and made.steps[0].room is Room.NEW
    return made.first.name if made is not None and isinstance(made.first, Entry) and not anew else None


@pytest.mark.parametrize("name", ZOO)
def test_what_is_written_over_is_read_nowhere_after(name: str) -> None:
    program = _program(name)
    lets = reused(program, program.lets, program.returned, lambda let: lowered(let, program, TORCH))
    assert [let.name for let in lets] == [let.name for let in program.lets]
    for place, let in enumerate(lets):
        gone = _overwritten(let)
        later = program.returned.union(*(other.reads for other in lets[place + 1 :]))
        assert gone is None or gone not in {*program.inputs, *later}


@pytest.mark.parametrize("name", ZOO)
def test_a_formula_in_one_place_reads_what_the_formula_reads(name: str) -> None:
    program = _program(name)
    for let in reused(program, program.lets, program.returned, lambda let: lowered(let, program, TORCH)):
        made = _reuse(let)
        if made is not None and not isinstance(let.operation, Scatter):
            read = [node for part in (made.first, *(step.other for step in made.steps)) for node in walk(part)]
            assert {node.name for node in read if isinstance(node, Entry)} == let.reads


def test_a_chain_of_losses_is_written_over() -> None:
    program = _program("softmax-logits")
    lets = reused(program, program.lets, program.returned, lambda let: lowered(let, program, TORCH))
    assert any(map(_overwritten, lets))
    assert any(isinstance(let.operation, Scatter) for let in lets)
