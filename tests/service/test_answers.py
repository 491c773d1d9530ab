"""The JSON interface, without a server: what the page is answered, and what every door is when there is no answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gradwright.service import answers
from gradwright.service.answers import KINDS, Kind
from gradwright.service.failure import Failure
from tests.doors.web.client import FOUNDING

LATEX = r"p = \operatorname{softmax}(o), \quad L = -\sum_i y_i \log p_i"


def answer(kind: str, body: Any, door: Any = "page") -> Any:
    """The answer as it travels."""
    return json.loads(json.dumps(answers.answer(door, kind, body)))


def test_the_founding_example_is_derived() -> None:
    reply = answer("derive", FOUNDING)
    assert reply["result"]["latex"] == "p - y"
    assert reply["result"]["index"] == "p_{k} - y_{k}"
    assert reply["head"] == r"\frac{\partial L}{\partial o}"
    assert reply["certificate"]["verdict"] == "confirmed"
    assert [s["kind"] for s in reply["sections"]] == ["definitions", "lemma", "case", "case", "main", "result"]


def test_a_step_marks_what_it_rewrote() -> None:
    lines = next(s for s in answer("derive", FOUNDING)["sections"] if s["kind"] == "main")["lines"]
    assert re.search(r"\\htmlClass\{was[^}]*\}\{\\frac\{\\partial", lines[2]["index"])
    assert r"\htmlClass{now" in lines[3]["index"]


def test_latex_is_read_as_it_is_written() -> None:
    reply = answer("derive", {**FOUNDING, "formula": LATEX})
    assert reply["result"]["latex"] == "p - y"
    read = answer("read", {"formula": LATEX})
    assert read["translated"]
    assert read["text"] == "p = softmax(o); -y'*log(p)"


def test_reading_says_the_shapes() -> None:
    reply = answer("read", {"formula": "norm2(A*x - b)^2"})
    assert {s["name"]: s["shape"] for s in reply["symbols"]} == {"A": ["n", "m"], "x": ["m"], "b": ["n"]}
    facts = [row["fact"] for row in reply["facts"]]
    assert "symmetric(A)" not in facts
    assert "onehot(x)" in facts


def test_shapes_are_declared() -> None:
    reply = answer("derive", {"formula": "u(x)'*A", "wrt": "x", "shapes": {"u": "n -> m", "A": "m k"}})
    assert reply["result"]["shape"] == ["k", "n"]


@pytest.mark.parametrize("target", ["numpy", "jax", "torch", "native"])
def test_code_for_each_target(target: str) -> None:
    code = answer("emit", {**FOUNDING, "target": target})["code"]
    compile(code, target, "exec")
    assert "gradient" in code


@pytest.mark.parametrize(
    ("formula", "wrt", "rows"),
    [("norm2(A*x - b)^2", "x", 1), ("softmax(x)", "x", 6), ("logdet(S)", "S", 6)],
)
def test_plots_agree_with_the_derivative(formula: str, wrt: str, rows: int) -> None:
    reply = answer("plot", {"formula": formula, "wrt": wrt, "given": ["posdef(S)"] if wrt == "S" else []})
    assert len(reply["heat"]["rows"]) == rows
    errors = [e for e in reply["differences"]["error"] if e is not None]
    assert min(errors) < 1e-7


def test_the_hessian_is_a_square() -> None:
    rows = answer("plot", {"formula": "logsumexp(x)", "wrt": "x", "order": 2})["heat"]["rows"]
    assert len(rows) == len(rows[0]) == 6


def test_a_document_is_cut_at_its_relations() -> None:
    text = "Let $f = x^2$.\n\n$$\\frac{\\partial f}{\\partial x} = 3 x$$\n"
    reply = answer("check", {"text": text})
    assert [r["verdict"] for r in reply["relations"]] == ["definition", "refuted"]
    parts = [part for piece in reply["pieces"] for part in piece["parts"]]
    assert [part["text"] for part in parts if isinstance(part, dict)] == ["=", "="]
    assert reply["relations"][1]["counterexample"]


def test_places_and_mends_are_those_of_the_text_that_was_sent() -> None:
    text = "> ```math\r\n> (a-b)^2 = a^2 - 2ab - b^2\r\n> ```\r\n"
    (shown,) = answer("check", {"text": text, "name": "note.md"})["relations"]
    (found,) = answer("check", {"text": text, "name": "note.md"}, "editor")["relations"]
    start, end = shown["mend"]["span"]
    assert text[:start] + shown["mend"]["text"] + text[end:] == text.replace("ab -", "ab +")
    assert found["fix"] == {"span": [start, end], "text": shown["mend"]["text"]}
    assert text[slice(*found["span"])] == "= a^2 - 2ab - b^2"
    assert text[found["start"] :].startswith("(a-b)")


@pytest.mark.parametrize(
    ("body", "message", "pointed"),
    [
        ({"formula": "sum(x", "wrt": "x"}, "never closed", "("),
        ({"formula": "sofmax(o)", "wrt": "o"}, "sofmax", "sofmax"),
        ({"formula": r"x^\top \foo", "wrt": "x"}, "foo", r"\foo"),
        ({"formula": r"\operatorname{sofmax}(o)", "wrt": "o"}, "sofmax", r"\operatorname{sofmax}"),
        ({"formula": "", "wrt": "x"}, "", ""),
        ({"formula": "x'*x", "wrt": "z"}, "z", ""),
    ],
)
@pytest.mark.parametrize("kind", ["derive", "emit", "plot"])
def test_errors_point_at_the_characters(kind: str, body: dict[str, Any], message: str, pointed: str) -> None:
    error = answer(kind, body)["error"]
    assert message in error["message"]
    if pointed:
        assert error["field"] == "formula"
        start, end = error["span"]
        assert pointed in body["formula"][start:end]


@pytest.mark.parametrize(("door", "kind"), [(door, kind) for door, kinds in KINDS.items() for kind in kinds])
@pytest.mark.parametrize(
    "body",
    [{"formula": 3}, {"formula": "x", "shapes": 1}, {"formula": "x", "given": "x"}, {"formula": "x", "order": 9},
     {"formula": "x", "layout": "up"}, {"text": 4, "formula": None}, {"formula": "x" * 30_000}],
)  # fmt: skip
def test_a_request_of_the_wrong_form_is_an_error(door: str, kind: str, body: dict[str, Any]) -> None:
    if kind == "words":
        pytest.skip("it asks for nothing")
    if kind == "check":
        body = {"text": body}
    elif kind == "equal":
        body = {**body, "left": body.get("formula"), "right": body.get("order", "A*x")}
    reply = answer(kind, body, door)
    assert set(reply["error"]) == {"message", "hint", "field", "text", "span"}
    assert "bug" not in reply["error"]["message"]


@pytest.mark.parametrize("order", [1.0, True, "1", None, 0, -1, 3, 1e400])
def test_an_order_is_one_or_two(order: object) -> None:
    for door in ("page", "agents"):
        reply = answer("derive", {**FOUNDING, "order": order}, door)
        assert "order" in reply["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [{"formula": "sum(\ud800)"}, {"wrt": "\udcff"}, {"given": ["onehot(\ud83d)"]}, {"shapes": {"\udc00": "n"}},
     {"shapes": ["o\udc00: n"]}, {"layout": "\ud800"}],
)  # fmt: skip
def test_half_a_character_is_refused_in_words(body: dict[str, Any]) -> None:
    error = answer("derive", {**FOUNDING, **body})["error"]
    assert "half of a character" in error["message"]
    json.dumps(error, ensure_ascii=False).encode()
    assert "half of a character" in answer("check", {"text": "$a\ud800$"}, "editor")["error"]["message"]


def test_shapes_may_be_a_list_of_declarations() -> None:
    listed = answer("derive", {"formula": "norm2(A*x - b)^2", "wrt": "x", "shapes": ["A: n d"]})
    assert listed["result"]["shape"] == ["d"]
    error = answer("derive", {"formula": "A*x", "wrt": "x", "shapes": ["A n"]})["error"]
    assert (error["text"], error["span"], error["field"]) == ("A n", [0, 3], "other")


def test_a_fact_that_is_wrong_is_pointed_at_and_left_out() -> None:
    asked = {"formula": "x'*x", "wrt": "x", "given": ["nonsense(x)", "unit(x)"]}
    warning = answer("read", asked)["warning"]
    assert (warning["field"], warning["text"]) == ("given", "nonsense(x)")
    reply = answer("derive", asked)
    assert reply["certificate"]["verdict"] == "confirmed"
    assert list(reply["asleep"]["facts"]) == ["nonsense(x)"]


def test_what_is_said_of_symbols_that_are_not_there_sleeps() -> None:
    asked = {"formula": "x'*A*x", "wrt": "x", "given": ["onehot(y)", "symmetric(A)"], "shapes": {"q": "3"}}
    reply = answer("derive", asked)
    assert reply["result"]["text"] == "2*A*x"
    assert reply["asleep"] == {
        "facts": {"onehot(y)": "there is no y in this formula"},
        "shapes": {"q": "there is no q in this formula"},
    }


def test_shapes_the_formula_cannot_have_are_left_out() -> None:
    reply = answer("read", {"formula": "A*x", "shapes": {"A": "2 3", "x": "4"}})
    assert list(reply["asleep"]["shapes"]) == ["x"]
    assert reply["warning"] is not None
    error = answer("read", {"formula": "A*x +", "shapes": {"A": "2 3"}})["error"]
    assert error["field"] == "formula"


def test_a_rule_is_told_with_an_instance() -> None:
    known = answer("rule", {**FOUNDING, "name": "quotient_rule"})
    assert known["title"] == "quotient rule"
    assert known["example"]["numbers"]["agreement"].endswith("points")
    own = answer("rule", {"formula": "sum(erfcx(x))", "wrt": "x", "name": "d_erfcx"})
    assert "erfcx" in own["example"]["before"]
    assert answer("rule", {**FOUNDING, "name": "no_such_rule"})["error"]["message"] == "there is no rule no_such_rule"


def test_names_are_completed_with_their_meaning() -> None:
    words = {row["name"]: row for row in answer("words", {})["words"]}
    assert words["softmax"]["call"] == "softmax(x)"
    assert words["onehot"]["says"] == "a fact: x is one-hot"


@pytest.mark.parametrize("seconds", ["2", 0, -1, float("inf"), float("nan"), None])
def test_the_time_of_a_relation_has_bounds(seconds: Any) -> None:
    assert "seconds" in answer("check", {"text": "$a = a$", "seconds": seconds}, "editor")["error"]["message"]


def raising(error: Exception) -> Any:
    def answers(body: Any) -> Any:
        raise error

    return {"page": {"broken": Kind(answers, 1.0)}}


def test_a_bug_is_told_and_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(answers, "KINDS", raising(AttributeError("nothing has no axes")))
    error = answer("broken", {})["error"]
    assert error["message"] == "this is a bug in gradwright (AttributeError)"
    assert error["hint"] == "please report it"
    (record,) = caplog.records
    assert "broken" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], AttributeError)


@pytest.mark.parametrize(
    ("error", "said", "worn"), [(RecursionError(), "nested", False), (MemoryError(), "memory", True)]
)
def test_a_bomb_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, said: str, worn: bool
) -> None:
    monkeypatch.setattr(answers, "KINDS", raising(error))
    reply = answer("broken", {})
    assert said in reply["error"]["message"]
    assert reply.get("worn", False) is worn
    assert not caplog.records


def test_a_failure_in_words_points_at_the_characters() -> None:
    reply = answer("equal", {"left": "sum(sofmax(x))", "right": "x"}, "agents")
    said = str(Failure(**reply["error"])).splitlines()
    assert said[1:3] == ["  sum(sofmax(x))", "      ^^^^^^"]
    assert said[-1] == "at characters 4 to 10 of: sum(sofmax(x))"
