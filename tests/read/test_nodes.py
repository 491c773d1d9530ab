"""The kinds of LaTeX's nodes: whoever reads them is total over them."""

from __future__ import annotations

import inspect
from typing import get_type_hints

import pytest

from gradwright.read.latex import lower, nodes, typeset
from gradwright.read.syntax import Node
from gradwright.referee.meaning.reader import MEANINGS

HERE = {kind for kind in vars(nodes).values() if inspect.isclass(kind) and kind.__module__ == nodes.__name__}


def test_every_kind_is_a_value_or_is_said_to_be_none() -> None:
    assert {kind for kind in HERE if issubclass(kind, Node)} <= {*nodes.VALUES, *nodes.WITHOUT_MEANING}
    assert not {*nodes.VALUES} & {*nodes.WITHOUT_MEANING}


def test_every_value_has_a_meaning_in_a_document() -> None:
    assert set(MEANINGS) == set(nodes.VALUES)


@pytest.mark.parametrize("kind", nodes.VALUES)
def test_a_meaning_takes_its_kind(kind: type[Node]) -> None:
    assert get_type_hints(MEANINGS[kind])["tree"] is kind


def test_every_kind_is_lowered_to_one_of_a_formula() -> None:
    assert set(lower.RULES) == {*nodes.VALUES, *nodes.WITHOUT_MEANING}


def test_every_value_is_set() -> None:
    assert set(typeset.RULES) == set(nodes.VALUES)
