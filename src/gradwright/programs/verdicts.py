"""Verdicts on backward passes. Owns: the comparison with the derived gradient, as formulas, and the verdict's record.

Never: traces, differentiates by itself. What is compared is not numbers at a point: the pass and the derivative are
formulas in the same symbols, and the verdict is on those (``certify/verdict``). A claim that is refuted is tried under
facts: one that makes it true is what the pass takes for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from gradwright.api import certified_derivation
from gradwright.certify.certificate import certify, least
from gradwright.certify.report import Counterexample
from gradwright.certify.verdict import Verdict, judge
from gradwright.core.build import entry, mul, rename, total
from gradwright.core.context import Context
from gradwright.core.errors import Error, plainly
from gradwright.core.facts import FACTS, Facts, Given
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.derivation import Derived
from gradwright.engine.normal import TooLong
from gradwright.engine.passes import normal_form
from gradwright.engine.simplify import Used
from gradwright.programs.backward import Backward, backward_of
from gradwright.programs.words import missing
from gradwright.read.program.arguments import arguments_of
from gradwright.read.program.lift import Lifted, Wanted, lifted
from gradwright.read.reader import Parsed
from gradwright.write.answer import Result

Outcome = Literal["proved", "confirmed", "needs", "refuted", "unavailable"]
_WORST: tuple[Outcome, ...] = ("refuted", "unavailable", "needs", "confirmed", "proved")
_TRIED = (
    "simplex_rows", "simplex", "onehot_rows", "onehot", "unit", "symmetric", "orthonormal", "orthogonal", "posdef",
    "positive", "nonnegative", "binary", "signs",
)  # fmt: skip
_DISCRETE = ("onehot_rows", "onehot", "binary", "signs")
"""What leaves no room to differentiate in."""


@dataclass(frozen=True)
class Compared:
    """What a backward pass gives for one variable, and the gradient.

    ``needs``    facts, each of which alone makes the pass right
    ``missing``  what is wrong, in words
    ``beside``   where the derivative does not exist, and what a pass gives is its own affair
    """

    name: str
    verdict: Outcome
    gradient: Result
    claim: Result
    equality: Verdict
    needs: tuple[Given, ...] = ()
    missing: str = ""
    beside: str = ""

    @property
    def counterexample(self) -> Counterexample | None:
        return self.equality.counterexample

    def to_dict(self) -> dict[str, Any]:
        return {
            "wrt": self.name,
            "verdict": self.verdict,
            "gradient": str(self.gradient),
            "claim": str(self.claim),
            "needs": [f"{fact.fact}({fact.symbol})" for fact in self.needs],
            "missing": self.missing,
            "certificate": self.equality.certificate.to_dict(),
        }

    def __str__(self) -> str:
        said = f"∂/∂{self.name}: "
        if self.verdict in ("proved", "confirmed", "unavailable"):
            return said + str(self.equality) + (f"; {self.beside}" if self.beside else "")
        if self.verdict == "needs":
            facts = " or ".join(f"that {fact}{_formula(fact)}" for fact in self.needs)
            return f"{said}right only if it is given {facts}; {self.missing}"
        return f"{said}refuted: {self.missing}\n  the gradient is {self.gradient}\n  {self.equality.counterexample}"


def _formula(fact: Given) -> str:
    said = FACTS[fact.fact].formula
    return f" ({said.format(x=fact.symbol, entry=fact.symbol)})" if said else ""


@dataclass(frozen=True, repr=False)
class Verified:
    """The verdict on a backward pass; true where every gradient was proved or confirmed."""

    compared: tuple[Compared, ...]

    @property
    def verdict(self) -> Outcome:
        return min((each.verdict for each in self.compared), key=_WORST.index)

    @property
    def each(self) -> dict[str, Compared]:
        return {each.name: each for each in self.compared}

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(f"{fact.fact}({fact.symbol})" for each in self.compared for fact in each.needs)

    @property
    def missing(self) -> str:
        return "; ".join(each.missing for each in self.compared if each.missing)

    @property
    def counterexample(self) -> Counterexample | None:
        return next((each.counterexample for each in self.compared if each.counterexample is not None), None)

    def __bool__(self) -> bool:
        return self.verdict in ("proved", "confirmed")

    def to_dict(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "each": [each.to_dict() for each in self.compared]}

    def __str__(self) -> str:
        return "\n".join(map(str, self.compared))

    def __repr__(self) -> str:
        return f"<Verified {self}>"


@plainly
def verify(
    backward: Callable[..., object],
    of: Callable[..., object] | None = None,
    *,
    wrt: str | Sequence[str] = "",
    shapes: Mapping[str, Any],
    given: Sequence[str] = (),
) -> Verified:
    """Whether a backward pass written by hand is the gradient, for all shapes: as a formula, not at a point.

    ``backward``  a function of the arguments of ``of``, and of the incoming gradient if it takes one argument more,
                  that gives the gradient in ``wrt`` (of several variables a tuple, or a dictionary); or a
                  ``jax.custom_vjp`` or a ``torch.autograd.Function``, with which ``of`` may be left out
    ``wrt``       the variable or variables; every argument with a shape where it is left out
    ``shapes``    of the arguments, as for ``formula``
    ``given``     facts that hold: ``["simplex_rows(Y)"]``

    The verdict is true where it is proved or confirmed. Else it is refuted, with a counterexample and what is missing
    in words, or it needs a fact.
    """
    asked = backward_of(backward, of)
    names = [wrt] if isinstance(wrt, str) and wrt else list(wrt) or _variables(asked, shapes)
    alone = lifted(asked.of, shapes, Wanted(tuple(given), torch=asked.torch))
    value, names = alone.array, [alone.arguments.symbol_at.get(name, name) for name in names]
    incoming = asked.incoming
    if value.axes and not incoming:
        raise Error("the value is an array, so the backward pass takes an incoming gradient",
                    hint="one more argument, shaped like the value")  # fmt: skip
    specs = {**shapes, incoming: _shape(value)} if incoming else shapes
    wanted = Wanted(tuple(given), dict(enumerate(names, 1)), asked.torch)
    both = lifted(asked.beside(names), specs, wanted)
    return Verified(tuple(_compared(both, place, names, incoming) for place in range(1, len(names) + 1)))


def _shape(value: Array) -> tuple[Any, ...]:
    return Result(value, Context()).shape


def _variables(asked: Backward, shapes: Mapping[str, Any]) -> list[str]:
    """The arguments that have a shape and are no labels."""
    own = {name: spec for name, spec in shapes.items() if name in asked.names}
    return [symbol.name for symbol in arguments_of(asked.of, own).symbols if symbol.below is None]


def _compared(both: Lifted, place: int, names: Sequence[str], incoming: str) -> Compared:
    value, claim, name = both.arrays[0], both.arrays[place], names[place - 1]
    body = _weighted(value, incoming, both.context)
    context = replace(both.context, source=f"backward pass in {name}")
    found = certified_derivation(Parsed(Array((), body), "column", context), name)
    answer = found.answer.array
    truth = Array(answer.axes, answer.body)
    claimed = Array(truth.axes, rename(claim.body, dict(zip(claim.axes, truth.axes, strict=True))))
    verdict = compared(name, truth, claimed, found.answer, found.context, incoming, names)
    if verdict.verdict in ("needs", "refuted"):
        elsewhere = _elsewhere(found, claimed, verdict.equality)
        if elsewhere is not None:
            beside = " and ".join(found.almost_everywhere)
            return replace(verdict, verdict="confirmed", equality=elsewhere, needs=(), missing="", beside=beside)
    return verdict


def compared(
    name: str,
    truth: Array,
    claim: Array,
    like: Result,
    context: Context,
    incoming: str = "",
    variables: Sequence[str] = (),
) -> Compared:
    """What is claimed beside what is true, over the same axes; ``like``: how the truth is said; ``variables``: what is
    differentiated in.
    """
    verdict = _judged(truth, claim, context)
    said = Result(replace(like.array, body=claim.body), context)
    if verdict.verdict != "refuted":
        return Compared(name, verdict.verdict, like, said, verdict)

    def equal(left: Node, right: Node) -> bool:
        return bool(_judged(replace(truth, body=left), replace(claim, body=right), context))

    words = missing(truth, claim, like.array, context, incoming, equal)
    needs = _needs(truth, claim, context, variables)
    verdict = _at_least_sizes(verdict, truth, claim, context)
    return Compared(name, "needs" if needs else "refuted", like, said, verdict, needs, words)


def _at_least_sizes(verdict: Verdict, truth: Array, claim: Array, context: Context) -> Verdict:
    """The refutation at the smallest sizes, where the sides differ at generic points."""
    found = verdict.counterexample
    if found is None or verdict.reason:
        return verdict
    smaller = least(truth, claim, context, found)
    return replace(verdict, certificate=replace(verdict.certificate, counterexample=smaller, sizes=(smaller.sizes,)))


def _elsewhere(found: Derived, claim: Array, refuted: Verdict) -> Verdict | None:
    """The verdict at points where the derivative exists, where it does not exist at all: relu at 0 has no slope."""
    if not (found.almost_everywhere and refuted.reason):  # which says that generic points agree
        return None
    certificate = certify(found.goal, list(zip(found.wrt, found.variables, strict=True)), claim, found.context)
    return Verdict("confirmed", certificate) if certificate.verdict == "confirmed" else None


def _weighted(value: Array, incoming: str, context: Context) -> Node:
    """Σ of the value times the incoming gradient."""
    if not incoming:
        return value.body
    parts = context.parts(incoming)
    slots = iter(value.axes)
    own = [next(slots) for part in parts for dim in part if dim != 1]
    return (
        total(value.axes, mul(entry(incoming, *own), value.body))
        if value.axes
        else mul(entry(incoming, *own), value.body)
    )


def _judged(truth: Array, claim: Array, context: Context) -> Verdict:
    return judge(truth, claim, context, proved=_proved(truth, claim, context))


def _proved(truth: Array, claim: Array, context: Context) -> bool:
    try:
        left, right = (normal_form(side.body, truth.axes, context, Used()) for side in (truth, claim))
    except TooLong:
        return truth.body is claim.body
    return left is right


def _needs(truth: Array, claim: Array, context: Context, variables: Sequence[str]) -> tuple[Given, ...]:
    """The facts, each of which alone makes the claim true; of those that imply each other the weakest."""
    found: list[Given] = []
    mentioned = truth.body.names | claim.body.names
    for array in context.definitions.values():
        mentioned |= array.body.names
    for name, shape in context.symbols.items():
        if name not in mentioned or name in context.inner or _is_one_hot(name, context):
            continue
        for fact in _TRIED:
            row = FACTS[fact]
            square = len(shape) == 2 and shape[0] == shape[1]
            if fact in _DISCRETE and (not shape or name in variables):  # nobody takes a number for one of two
                continue
            if len(shape) not in row.ranks or (row.square and not square) or (row.by_rows and len(shape) == 2):
                continue
            if context.facts.ask(fact, name) is None and not _implied(fact, name, found):
                stronger = _with_fact(context, Given(fact, name))
                if stronger is not None and _judged(truth, claim, stronger):
                    found.append(Given(fact, name))
    return tuple(found)


def _is_one_hot(name: str, context: Context) -> bool:
    """Whether a symbol is of class labels: they are what they are."""
    return any(context.facts.ask(fact, name) is not None for fact in ("onehot", "onehot_rows"))


def _with_fact(context: Context, fact: Given) -> Context | None:
    """The context with a further fact; None where it contradicts those that are given."""
    try:
        return replace(context, facts=Facts((*context.facts.given, fact)), found={})
    except Error:
        return None


def _implied(fact: str, name: str, found: Sequence[Given]) -> bool:
    """Whether a fact that was found already follows from this one, which then is stronger than needed."""
    pending, seen = [fact], set()
    while pending:
        current = pending.pop()
        seen.add(current)
        pending.extend(FACTS[current].implies)
    return any(other.symbol == name and other.fact in seen for other in found)
