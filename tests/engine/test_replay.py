"""Replay: a derivation that is left as it is replays, and one that is damaged anywhere does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import gradwright as gw
from gradwright.core.build import ONE, add
from gradwright.core.errors import Error
from gradwright.core.node import Node
from gradwright.core.rule import Rule
from gradwright.engine.prove import Proof

DERIVATIONS = {
    "softmax": ("p = softmax(o); -sum(y.*log(p))", "o", ("simplex(y)",), {}),
    "written out": ("-sum_i(y[i]*log(exp(o[i])/sum_j(exp(o[j]))))", "o", ("onehot(y)",), {}),
    "least squares": ("norm2(y - X*w)^2", "w", (), {}),
    "inverse": ("x'*inv(A)*x", "A", ("symmetric(A)",), {}),
    "tied": ("tr(B*A)+logdet(A)", "A", ("posdef(A)",), {"independent": True}),
    "Hessian": ("sum(log(1+exp(y.*(X*w))))", "w", ("signs(y)",), {"order": 2}),
    "norm": ("norm2(A*x)", "x", ("orthogonal(A)",), {"order": 2}),
    "layer norm": ("m = sum(x)/n; s = sqrt(sum((x-m).^2)/n); sum(z.*(x-m)/s)", "x", (), {}),
    "kinks": ("sum(max(x,y))+sum(abs(x))", "x", ("positive(x)",), {}),
}


@pytest.fixture(scope="module", params=DERIVATIONS)
def derivation(request: pytest.FixtureRequest) -> gw.Derivation:
    formula, variable, facts, options = DERIVATIONS[request.param]
    return gw.derive(formula, variable, given=facts, certify=False, **options)  # type: ignore[arg-type]


def _wrong(node: Node) -> Node:
    return add(node, ONE)


def _damaged(proof: Proof) -> Iterator[tuple[str, Proof]]:
    """The proof with one thing wrong with it."""
    steps = proof.simplified
    for k, step in enumerate(steps):
        wrong = replace(step, after=_wrong(step.after))
        swapped = replace(step, rules=(Rule("swapped", "swapped", ""), *step.rules[1:]))
        for what, changed in {
            "lost": [],
            "leads elsewhere": [wrong],
            "has another rule": [swapped],
            "has another fact": [replace(step, used=(*step.used, "nobody said so"))],
            "was made by something else": [replace(step, by="")],
        }.items():
            yield f"line {k} {what}", replace(proof, simplified=[*steps[:k], *changed, *steps[k + 1 :]])
        if k + 1 < len(steps):
            follows = replace(steps[k + 1], before=wrong.after)
            yield f"lines {k} and {k + 1}", replace(proof, simplified=[*steps[:k], wrong, follows, *steps[k + 2 :]])
    yield "the derivative before simplifying", replace(proof, raw=_wrong(proof.raw))
    yield "the result", replace(proof, result=_wrong(proof.result))
    if steps:
        yield "the end", replace(proof, simplified=steps[:-1], result=steps[-1].before)
        last = replace(steps[-1], after=_wrong(steps[-1].after))
        yield "the last line and the result", replace(proof, simplified=[*steps[:-1], last], result=last.after)
    raw = _wrong(proof.raw)
    first = [replace(steps[0], before=raw), *steps[1:]] if steps else []
    yield "the derivative and the first line", replace(proof, raw=raw, simplified=first)


def test_what_is_left_alone_replays(derivation: gw.Derivation) -> None:
    assert derivation.replay()
    assert all(proof.simplified or proof.result is proof.raw for proof in derivation.proofs)


def test_every_damage_is_found(derivation: gw.Derivation) -> None:
    found = derivation.derived
    for place, proof in enumerate(found.proofs):
        around = found.proofs[:place], found.proofs[place + 1 :]
        for what, damaged in _damaged(proof):
            changed = gw.Derivation(replace(found, proofs=(*around[0], damaged, *around[1])))
            assert _refused(changed), f"{what} of {proof.title or 'the goal'} replays"
        lost, twice = (*around[0], *around[1]), (*around[0], proof, proof, *around[1])
        assert _refused(gw.Derivation(replace(found, proofs=lost))), f"{proof.title or 'the goal'} is not missed"
        assert proof.subject or _refused(gw.Derivation(replace(found, proofs=twice)))


def test_where_there_is_no_derivative_is_recorded() -> None:
    found = gw.derive("sum(max(x,y))", "x", certify=False).derived
    (proof,) = found.proofs
    assert _refused(gw.Derivation(replace(found, proofs=(replace(proof, almost=[]),))))


def test_the_proof_of_something_else_is_none(derivation: gw.Derivation) -> None:
    other = gw.derive("sum(exp(x))^2 + tr(A*A)", "x", certify=False).derived.proofs
    assert _refused(gw.Derivation(replace(derivation.derived, proofs=other)))


def _refused(derivation: gw.Derivation) -> bool:
    try:
        derivation.replay()
    except Error as error:
        return error.message.startswith("replay:")
    return False
