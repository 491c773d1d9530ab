"""A bug of ours, put in on purpose: it costs the relation it meets, it is logged, and the report stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradwright.core.errors import Error
from gradwright.documents import check
from gradwright.read.latex.nodes import Function
from gradwright.referee import checker
from gradwright.referee.evidence import chains, claims, collect
from gradwright.referee.meaning.document import Document
from gradwright.referee.slips.bench import Bench

NOTE = "For $f = x^2$ we have $2 f = 2 x^2$.\n\n$$\\frac{\\partial f}{\\partial x} = 2 \\sin(x)$$\n\nAnd $(x + 1)^2 = x^2 + 2 x + 1$.\n"
SOUND = ["definition", "proved", "refuted", "proved"]
TOLD = "internal error, please report"


def broken(function: Callable[..., Any], meant: Callable[..., bool]) -> Callable[..., Any]:
    """The function with a bug that shows where the arguments are so."""

    def wrong(*arguments: Any, **named: Any) -> Any:
        if meant(*arguments):
            raise AttributeError("nothing has no parts")
        return function(*arguments, **named)

    return wrong


def sines(tokens: Any, *others: Any) -> bool:
    return any(token.text == "sin" for token in tokens)


def test_without_a_bug() -> None:
    assert [r.verdict for r in check(NOTE).relations] == SOUND


@pytest.mark.parametrize(
    ("room", "name", "meant"),
    [
        (chains, "parse", sines),
        (claims, "_define", lambda said: said.chain.display),
        (
            chains.Builder,
            "line",
            lambda self, at: at.line.error is None and sines([t for s in at.line.sides for t in s]),
        ),
        (collect, "tokenize", lambda text, *_: "sin" in text),
        (checker, "_done", lambda judge, chain, *_: chain.display),
        (Document, "_visit", lambda self, tree: isinstance(tree, Function) and tree.name == "sin"),
        (Bench, "matching", lambda *_: True),
    ],
)
def test_a_bug_costs_its_relation_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, room: Any, name: str, meant: Any
) -> None:
    monkeypatch.setattr(room, name, broken(getattr(room, name), meant))
    relations = check(NOTE).relations
    assert [r.verdict for r in relations] == [*SOUND[:2], "unread", SOUND[3]]
    assert TOLD in relations[2].reason
    assert all(record.exc_info and record.exc_info[0] is AttributeError for record in caplog.records)
    assert caplog.records


@pytest.mark.parametrize("name", ["gather", "segment"])
def test_a_bug_in_what_all_share_still_gives_a_report(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(collect, name, broken(getattr(collect, name), lambda *_: True))
    report = check(NOTE)
    assert {(r.verdict, r.reason) for r in report.relations} == {("unread", TOLD)}
    assert TOLD in str(report)
    assert TOLD in report.markdown()
    assert "<main>" in report.html()
    assert report.sarif()


def test_a_wrong_directive_is_no_bug() -> None:
    with pytest.raises(Error, match="nonsense"):
        check(NOTE, given=["nonsense(x)"])


@pytest.mark.parametrize(
    "text", ["$<> x = y$", r"$u \le \ge u = v$", r"$$a = \arg\min_a J(a) = \arg\min_a \log J(a)$$"]
)
def test_signs_beside_signs_and_sides_without_parts(text: str, caplog: pytest.LogCaptureFixture) -> None:
    assert check(f"{text}\n\nStill $(u + 1)^2 = u^2 + 2 u + 1$.").relations[-1].verdict == "proved"
    assert not caplog.records


def test_an_index_put_for_another_may_run_over_another_extent(caplog: pytest.LogCaptureFixture) -> None:
    text = r"Let $s_a = \frac{eu_a}\sum_b e^{u_b}}$. For $a \ne c$ $$ \frac{\partial s_a}{\partial u_c} = s_a (1 - s_a). $$"
    assert [r.verdict for r in check(text).relations] == ["unread", "unread"]
    assert not caplog.records
