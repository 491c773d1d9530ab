"""The kinds of LaTeX's nodes: whoever reads them is total over them."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from gradwright.core.errors import Error
from gradwright.read.latex import lower, nodes
from gradwright.read.meaning.rules import RULES
from gradwright.read.syntax import Name, Node
from gradwright.referee.meaning.rules import DOCUMENT, value_of
from gradwright.referee.meaning.symbols import Symbols
from gradwright.referee.meaning.value import World

HERE = {kind for kind in vars(nodes).values() if inspect.isclass(kind) and kind.__module__ == nodes.__name__}


def test_every_kind_is_lowered_to_one_of_a_formula() -> None:
    assert {kind for kind in HERE if issubclass(kind, Node)} | {*nodes.WITHOUT_MEANING} <= set(lower.RULES)


def test_every_kind_has_a_meaning_in_a_document_or_is_said_to_have_none() -> None:
    assert set(DOCUMENT) == {*RULES, *lower.RULES}


@pytest.mark.parametrize("kind", [*nodes.WITHOUT_MEANING])
def test_what_has_no_meaning_is_refused_in_words(kind: type[Node]) -> None:
    with pytest.raises(Error, match="is not understood here"):
        value_of(World(Symbols(), 0, 0), kind((0, 1), *(Name((0, 1), "x") for _ in fields(kind)[1:])))
