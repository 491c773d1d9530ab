"""Walking and rebuilding the syntax tree."""

from __future__ import annotations

from gradwright.read.syntax import (
    Big,
    Binder,
    Comparison,
    Indexed,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Place,
    Product,
    Sum,
    alike,
    children,
    outline,
    replaced,
    walk,
    with_children,
)

I, K, N, X = (Name((at, at + 1), stem) for at, stem in enumerate("iknx"))
ENTRY = Indexed((3, 5), X, (Letter((4, 5), "i"),))
SUM = Big((0, 9), "sum", (Binder((0, 1), "i", None, N),), (Comparison((0, 2), "!=", I, K),), ENTRY)
WHOLE = Sum((0, 9), (("+", SUM), ("-", Product((5, 9), ((" ", Number((5, 6), "2")), (" ", X))))))


def test_a_walk_is_in_reading_order() -> None:
    kinds = [type(node).__name__ for node in walk(SUM)]
    assert kinds == ["Big", "Binder", "Name", "Comparison", "Name", "Name", "Indexed", "Name", "Letter"]
    assert list(children(SUM)) == [SUM.binders[0], SUM.conditions[0], ENTRY]


def test_one_node_is_replaced_where_it_is_that_very_object() -> None:
    new = Negative(ENTRY.span, ENTRY)
    changed = replaced(WHOLE, ENTRY, new)
    assert isinstance(changed, Sum)
    first = changed.terms[0][1]
    assert isinstance(first, Big)
    assert first.body is new
    assert first.conditions is SUM.conditions
    assert changed.terms[1][1] is WHOLE.terms[1][1]
    assert replaced(WHOLE, Number((5, 6), "2"), new) is WHOLE


def test_alike_is_what_says_the_same_in_another_place() -> None:
    moved = Indexed((13, 15), Name((13, 14), "x"), (Letter((14, 15), "i"),))
    assert alike(ENTRY, moved)
    assert not alike(ENTRY, Indexed((13, 15), Name((13, 14), "x"), (Letter((14, 15), "i", sample=True),)))
    assert not alike(ENTRY, Negative((3, 5), X))


def test_an_outline_leaves_out_what_stands_below() -> None:
    other = Indexed((0, 2), Name((0, 1), "y"), (Place((1, 2), "1"),))
    assert outline(ENTRY) == outline(other)
    assert outline(ENTRY) != outline(Indexed((0, 2), X, ()))
    assert outline(N) != outline(X)


def test_children_are_given_back() -> None:
    assert with_children(SUM, list(children(SUM))) is SUM
    below: list[Node] = [SUM.binders[0], SUM.conditions[0], X]
    changed = with_children(SUM, below)
    assert isinstance(changed, Big)
    assert changed.body is X
    assert with_children(X, []) is X
