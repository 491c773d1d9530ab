"""What is written reads back: the same interned node from index notation, an equal one from matrix notation."""

from __future__ import annotations

from hypothesis import given, settings

from gradwright.certify.verdict import judge
from gradwright.core.build import rename
from gradwright.core.context import Context
from gradwright.core.node import Array, Entry, Node
from gradwright.core.walk import bottom_up
from gradwright.engine.prove import Prover
from gradwright.read.reader import read
from gradwright.write.answer import Result
from tests import strategies


def written(array: Array, context: Context, orientation: str = "column", *, indices: bool = False) -> str:
    return str(Result(array, context, orientation, plain=indices))


def read_back(spelled: str, array: Array, context: Context) -> Array:
    """The text as the reader understands it, on the axes of the array; names the writer made are put in place."""
    parsed = read(spelled, context=context)
    assert parsed.array.shape == array.shape, spelled
    made: dict[str, Array] = {}

    def unfolded(node: Node) -> Node:
        if not isinstance(node, Entry) or node.name not in made:
            return node
        value = made[node.name]
        return rename(value.body, dict(zip(value.axes, node.slots, strict=True)))

    for name, value in parsed.context.definitions.items():
        if name not in context.definitions:
            made[name] = Array(value.axes, bottom_up(unfolded, value.body))
    body = bottom_up(unfolded, parsed.array.body)
    return Array(array.axes, rename(body, dict(zip(parsed.array.axes, array.axes, strict=True))))


def in_indices(array: Array, context: Context) -> None:
    spelled = written(array, context, indices=True)
    again = read_back(spelled, array, context)
    assert again.body is array.body, spelled
    assert written(again, context, indices=True) == spelled


def in_matrices(array: Array, context: Context, orientation: str = "column") -> None:
    """The normal forms agree, and then the text does; where they differ, ball arithmetic says they are equal."""
    prover = Prover(context, "", ())
    array = Array(array.axes, prover.simplified(array.body, array.axes))
    spelled = written(array, context, orientation)
    again = read_back(spelled, array, context)
    normal = Array(again.axes, prover.simplified(again.body, again.axes))
    if normal.body is array.body:
        assert written(normal, context, orientation) == spelled
    else:
        assert judge(array, again, context, proved=False), spelled


@given(strategies.arrays(told=True))
@settings(max_examples=75, deadline=None)
def test_index_notation_of_any_entry_is_the_same_node(array: Array) -> None:
    in_indices(array, strategies.context())


@given(strategies.arrays(depth=3, told=True))
@settings(max_examples=60, deadline=None)
def test_matrix_notation_of_any_entry_is_equal(array: Array) -> None:
    in_matrices(array, strategies.context())


@given(strategies.formulas())
@settings(max_examples=75, deadline=None)
def test_a_formula_written_and_read_again_is_what_it_was(source: str) -> None:
    parsed = read(source, shapes=strategies.FORMULA_SHAPES, functions=strategies.FORMULA_FUNCTIONS)
    in_indices(parsed.array, parsed.context)
    in_matrices(parsed.array, parsed.context, "row" if parsed.orientation == "row" else "column")
