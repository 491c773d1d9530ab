"""Repeated parts of a long answer get names; short answers and index notation stay as they are."""

import pytest

import gradwright as gw


def nested(depth: int) -> str:
    return "v'*" + "tanh(W*" * depth + "x" + ")" * depth


def test_every_repeated_layer_is_written_once() -> None:
    d = gw.derive(nested(7), "x")
    said = str(d.result)
    assert said.startswith("h1 = tanh(W*x); h2 = tanh(W*h1); ")
    assert said.count("tanh(") == 7
    assert d.certificate.verdict == "confirmed"


def test_a_short_answer_needs_no_names() -> None:
    assert "h1" not in str(gw.derive(nested(2), "x").result)


def test_names_in_use_are_not_taken() -> None:
    d = gw.derive(nested(7) + " + h1'*x", "x")
    assert "h1 =" not in str(d.result)
    assert "h2 = tanh(W*x)" in str(d.result)
    assert d.certificate.verdict == "confirmed"


@pytest.mark.parametrize("depth", [40, 80])
def test_the_answer_grows_with_the_depth_and_no_faster(depth: int) -> None:
    assert len(str(gw.derive(nested(depth), "x", certify=False).result)) < 60 * depth
