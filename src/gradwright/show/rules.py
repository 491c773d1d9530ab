"""The rules by name, each with an instance. Owns: what is told of a rule to whoever asks. Never: applies one.

An instance is an application of the rule that really happens: in the first of some short derivations that uses it, or
on the example that its row has. Both sides are held against each other by arithmetic that knows no rule, and the side
without a derivative is evaluated at a point, to see a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import numpy as np

from gradwright.certify.arrays import evaluate
from gradwright.certify.certificate import compare
from gradwright.certify.holds import Values
from gradwright.certify.layout import dimensions, reach, symbols_in
from gradwright.certify.sample import sample
from gradwright.core.build import add, deriv, negate, rename
from gradwright.core.context import Context
from gradwright.core.facts import Facts
from gradwright.core.index import Dim, Index, names_of, valued
from gradwright.core.node import Add, Array, Node, walk
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule
from gradwright.derivation import Derived, Question, derived
from gradwright.engine import calculus
from gradwright.engine.differential import GOAL, directions
from gradwright.engine.fold import Folder
from gradwright.engine.passes import DETOURS, ENDINGS, PASSES, Setting
from gradwright.engine.simplify import Used, written_differences
from gradwright.read.reader import Parsed, read
from gradwright.read.variables import variables
from gradwright.tables.differentials import DIFFERENTIALS, DifferentialRule
from gradwright.tables.identities import IDENTITIES
from gradwright.tables.simplifications import SIMPLIFICATIONS, Simplification
from gradwright.tables.structure import STRUCTURES
from gradwright.write.answer import Result
from gradwright.write.differential import d
from gradwright.write.index import index_term
from gradwright.write.letters import Letters
from gradwright.write.term import Name, Term
from gradwright.write.traverse import transformed

_SEED = 7
Sides = tuple[Node, Node, Node]
"""Before and after, and what both come to in the end: equal to them, and free of derivatives."""


@dataclass(frozen=True)
class Worked:
    """A short derivation in which rules are seen at work."""

    formula: str
    wrt: str
    given: tuple[str, ...] = ()
    independent: bool = False
    order: int = 1


WORKED = (
    Worked("t^3 + sin(t)", "t"),
    Worked("t*sin(t)", "t"),
    Worked("sin(t^2)", "t"),
    Worked("sin(t)/t", "t"),
    Worked("2^t + t^t", "t"),
    Worked("sum(exp(A*x))", "x"),
    Worked("norm2(A*x - b)^2", "x"),
    Worked("softmax(o)", "o"),
    Worked("p = softmax(o); -sum_i(y[i]*log(p[i]))", "o", ("onehot(y)",)),
    Worked("x'*A*x", "x", ("symmetric(A)",)),
    Worked("sum(sigmoid(x))", "x", order=2),
    Worked("sum(tanh(W*x))", "W"),
    Worked("tr(A*inv(X))", "X"),
    Worked("logdet(X)", "X"),
    Worked("det(X)", "X"),
    Worked("sum(relu(x))", "x"),
    Worked("sum(max(x, 0) .^ 2)", "x"),
    Worked("max(x)", "x"),
    Worked("prod_i(x[i])", "x"),
    Worked("sum(where(x > 0, x .^ 2, x))", "x"),
    Worked("norm2(x)", "x", order=2),
    Worked("norm1(x)", "x"),
    Worked("sum(tanh(A*tanh(B*x)))", "x"),
    Worked("norm2(Q*x)^2", "x", ("orthogonal(Q)",)),
    Worked("sum(log(1 + exp(-y .* (X*w))))", "w"),
    Worked("sum((X*w - y) .^ 2 ./ (1 + (X*w - y) .^ 2))", "w"),
    Worked("norm2(X - U*V')^2", "U"),
    Worked("b'*inv(A*B)*b", "b"),
    Worked("where(t > 0, a, 2*t)", "t"),
    Worked("u: n -> m; sum(u(A*x))", "x"),
    Worked("sum(x ./ sum(x))", "x"),
    *(Worked("tr(A*X)", "X", tuple(f"{fact}(X)" for fact in row.facts), independent=True) for row in STRUCTURES),
)


@dataclass(frozen=True)
class Numbers:
    """A point, the value there, and how far both sides agree at other points."""

    point: str
    value: str
    agreement: str


@dataclass(frozen=True)
class Instance:
    """The two sides of an application; ``of`` is the formula in whose derivative it stands, if it does in one."""

    of: str
    before: Term
    after: Term
    numbers: Numbers | None


@dataclass(frozen=True)
class Known:
    """A rule, the group it belongs to, and when it may be applied."""

    rule: Rule
    group: str
    condition: str = ""


def _declared() -> Iterator[Known]:
    yield from (Known(value, "Differentiation") for value in vars(calculus).values() if isinstance(value, Rule))
    yield from (Known(row.rule, "Differentials") for row in DIFFERENTIALS)
    yield from map(_simplification, SIMPLIFICATIONS)
    yield from (Known(row.rule, "Identities") for row in IDENTITIES)
    for row in STRUCTURES:
        yield Known(row.rule, "Structure", f"in independent entries, where {' and '.join(row.facts)} is given")


def _simplification(row: Simplification) -> Known:
    """The rule, said of the letters of its example, and when it holds."""
    name = next(iter((*(fact.symbol for fact in row.facts), *row.definitions)), "")
    summed, entry_of = ("Σ_j", "_ij") if any(fact.fact.endswith("_rows") for fact in row.facts) else ("Σ_i", "_i")
    letters = {"sum": summed, "entry": entry_of, "letter": "i", "subscript": "i", "value": "0", "name": name}
    rule = replace(row.rule, title=row.says.format(why=row.condition, **letters))
    return Known(rule, "Simplification", f"where {row.condition.format(**letters)}" if row.condition else "")


RULES: Mapping[str, Known] = {known.rule.name: known for known in reversed([*_declared()])}
"""Every rule that has a name of its own; the derivative of a scalar function is told of by the function's row."""


@cache
def instance(name: str) -> Instance | None:
    """An application of the rule: there is one of each of ``RULES``, and of most functions' derivatives."""
    identity = next((row for row in IDENTITIES if row.rule.name == name), None)
    if identity is not None:
        after = identity.rewrite(identity.example)
        assert after is not None, "an identity fires on its own example"
        symbols = symbols_in(list(reach([identity.example], Context())), Context())
        return _instance("", Context(symbols=dict(symbols)), (identity.example, after, after))
    differential = next((row for row in DIFFERENTIALS if row.name == name), None)
    if differential is not None:
        return _of_differential(differential)
    found = (at_work(name, _derived(worked)) for worked in WORKED)
    return next((one for one in found if one is not None), None) or _on_its_row(name)


def _on_its_row(name: str) -> Instance | None:
    row = next((row for row in SIMPLIFICATIONS if row.name == name), None)
    if row is None:
        return None
    after = fired(row)[0]
    return _instance("", _beside(row), (row.example, after, after))


def fired(row: Simplification) -> list[Node]:
    """What the passes that note a simplification make of its example."""
    return [after for used, after in passed(row) if any(_notes(rule, row) for rule in used.rules)]


def passed(row: Simplification) -> Iterator[tuple[Used, Node]]:
    """What each pass that does something makes of a row's example, with the rules it notes."""
    context, axes = _beside(row), tuple(sorted(row.example.free, key=str))
    sums = [node for node in walk(row.example) if isinstance(node, Add)]
    turned_round = written_differences([add(*map(negate, node.terms)) for node in sums])
    setting = Setting(context, Folder(context), axes, turned_round)
    for each in dict.fromkeys((*PASSES, *(one for ending in ENDINGS for one in ending.passes), *DETOURS)):
        used = Used()
        after = each.apply(row.example, setting, used, {})
        if after is not row.example:
            yield used, after


def _notes(rule: Rule, row: Simplification) -> bool:
    says = row.says.split("{")[0]
    return rule.name == row.name and rule.title.startswith(says)


def _beside(row: Simplification) -> Context:
    """What is known beside a row's example."""
    context = Context(definitions=dict(row.definitions), facts=Facts(row.facts))
    return replace(context, symbols=symbols_in(list(reach([row.example], context)), context))


def sides(row: DifferentialRule) -> tuple[Parsed, Parsed, Array]:
    """The formula of a row, its form as it is written, and the differential that this is, as derivatives in entries."""
    parsed = read(row.formula, given=row.given)
    moving = directions(parsed.context, row.wrt)
    form = read(row.form, context=moving.context, strict=True)
    truth = moving.entrywise(deriv(parsed.array.body, GOAL, ()))
    return parsed, form, replace(parsed.array, body=truth)


def _of_differential(row: DifferentialRule) -> Instance:
    parsed, form, truth = sides(row)
    after = rename(form.array.body, dict(zip(form.array.axes, truth.axes, strict=True)))
    shown = {f"d{name}": d(Name(name)) for name in row.wrt}

    def change(term: Term) -> Term | None:
        return shown.get(term.name) if isinstance(term, Name) else None

    left, right = d(Result(parsed.array, parsed.context).said), Result(form.array, form.context).said
    numbers = _numbers(form.context, (truth.body, after, after), truth.axes)
    return Instance("", left, transformed(right, change), numbers)


def at_work(name: str, found: Derived) -> Instance | None:
    """The first line of a derivation that the rule made."""
    for proof in found.proofs:
        for step in proof.steps:
            if any(rule.name == name for rule in step.rules):
                axes = (*proof.axes, *proof.slots)
                letters = Letters(found.context, axes, proof.slots)
                sides = step.before, step.after, proof.result
                return _instance(found.question.source, found.context, sides, axes, letters)
    return None


def used(found: Derived | None) -> Iterator[Rule]:
    """The rules of a derivation, in the order of its lines."""
    for proof in found.proofs if found is not None else ():
        for step in proof.steps:
            yield from step.rules


def _instance(
    of: str, context: Context, sides: Sides, axes: tuple[Index, ...] = (), letters: Letters | None = None
) -> Instance:
    before, after, _ = sides
    free = axes or tuple(sorted({*before.free, *after.free}, key=lambda index: str(index.name)))
    letters = letters or Letters(context, free)
    left, right = (index_term(node, letters, context) for node in (before, after))
    return Instance(of, left, right, _numbers(context, sides, free))


@cache
def _derived(worked: Worked) -> Derived:
    parsed = read(worked.formula, given=worked.given)
    wrt = variables(worked.wrt, worked.order, parsed)
    return derived(Question(parsed, wrt, independent=worked.independent))


def _numbers(context: Context, sides: Sides, axes: tuple[Index, ...]) -> Numbers | None:
    """Both sides compared, and their value at one point, where every function is known."""
    if context.functions:
        return None
    before, after, end = sides
    certificate = compare(Array(axes, before), Array(axes, after), context)
    if certificate.verdict != "confirmed":
        return None
    nodes = list(reach([before, after, end], context))
    shapes = symbols_in(nodes, context)
    sizes = {dim: max(2, least) for dim, least in dimensions(nodes, context).items()}
    sizes = dict.fromkeys(names_of(*(axis.dim for axis in axes)), 2) | sizes
    drawn = sample(context, shapes, sizes, Random(_SEED), 4)
    point = {name: _array(values, shapes[name], sizes) for name, values in drawn.items()}
    value = evaluate(Array(axes, end), context, {**point, **sizes})
    entry = value.flat[0] if value.size else 0.0
    said = ", ".join(f"{name} = {_short(given)}" for name, given in point.items())
    where = f" at the first entry ({', '.join('1' for _ in axes)})" if axes else ""
    return Numbers(
        said, f"{float(entry) + 0.0:.6g}{where}", f"{certificate.digits} digits at {certificate.points} points"
    )


def _array(values: Values, shape: Sequence[Dim], sizes: Mapping[str, int]) -> np.ndarray[Any, Any]:
    extents = [valued(dim, sizes) for dim in shape]
    return np.array([float(value) for value in values.values()]).reshape(extents)


def _short(given: np.ndarray[Any, Any]) -> str:
    return np.array2string(given, precision=4, separator=", ", floatmode="maxprec").replace("\n", "")
