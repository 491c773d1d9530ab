"""A derivation by differentials, as an outline. Owns: which lines of the proofs of dL are shown, and holding each true.

The lines are those of ``engine.differential``, in matrices; the last one is made of the answer: dL = tr(Gᵀ dX), which
∂L/∂X = G is read off. One without a form in matrices is written in index notation, and says so. Never: differentiates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradwright.certify.report import Certificate
from gradwright.core.build import is_const
from gradwright.core.errors import Error
from gradwright.core.facts import Facts
from gradwright.core.node import Array, Deriv, Entry, Node, Pow, Reduce, walk
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule, Step
from gradwright.derivation import Derived, certified
from gradwright.engine.calculus import LEMMA
from gradwright.engine.differential import Directions, clashing, differential, directions
from gradwright.engine.prove import Proof, untied
from gradwright.show.held import held
from gradwright.show.outline import Line, Outline, Section, subjects, together
from gradwright.tables.differentials import COLLECTED, COLUMNS, NAMED, NORM, POWER
from gradwright.write.answer import length_as_written
from gradwright.write.differential import FUNCTION, Gradient, Last, Said, d, last, reordered, said
from gradwright.write.index import index_term
from gradwright.write.latex import latex
from gradwright.write.letters import Letters
from gradwright.write.matrix import weight
from gradwright.write.term import Call, Name, Partial, Subscripted, Term
from gradwright.write.text import text
from gradwright.write.traverse import substitute, transformed
from gradwright.write.unicode import unicode

_ALGEBRA = frozenset(
    (
        "split_sum", "constant_from_sum", "factor_out", "orient", "merge_sums", "multiply_out", "common_denominator",
        "join_sums", "collect",
    )
)  # fmt: skip
"""Rules that only say a line otherwise: in matrices the last line is collected at once."""
_LONG = 40  # names, functions and signs of a line
_NO_FORM = "no form in matrices: entry by entry"
_SUMMED = re.compile(r"Σ_(\w) (\w+)_\1 =")


@dataclass(frozen=True)
class Differential:
    """The last line of a derivation, ``head`` = ``body``: dL = tr(Gᵀ dX)."""

    head: Term
    body: Term

    def __str__(self) -> str:
        return f"{text(self.head)} = {text(self.body)}"

    def latex(self) -> str:
        return f"{latex(self.head)} = {latex(self.body)}"

    def unicode(self) -> str:
        return f"{unicode(self.head)} = {unicode(self.body)}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


@dataclass(frozen=True)
class Row:
    """A line of ``part``: its node, its form in matrices if it has one, and the rules that lead to it."""

    node: Node
    said: Said | None
    rules: tuple[Rule, ...] = ()
    head: Term | None = None

    @property
    def reason(self) -> str:
        named = [rule for rule in self.rules if not rule.plain] or list(self.rules)
        reason = ", ".join(dict.fromkeys(_SUMMED.sub(r"𝟏ᵀ\2 =", rule.title) for rule in named)) or "rearrange"
        return reason if self.said is not None else f"{reason} ({_NO_FORM})"


@dataclass(frozen=True)
class Part:
    """One proof as it is shown: the differential of ``goal``, called ``name``, in the directions ``moving``."""

    title: str
    name: Term
    goal: Array
    moving: Directions
    rows: tuple[Row, ...]
    certificate: Certificate


def last_line(derivations: Sequence[Derived]) -> Differential | None:
    """The line that the derivatives are read off, or None where there is none in matrices that holds."""
    first = derivations[0]
    names = [found.wrt[-1] for found in derivations]
    if _refusal(derivations) is not None or clashing(first.context, names):
        return None
    goal, moving = replace(_goal(first, first.order), groups=first.goal.groups), directions(first.context, names)
    line = last([_gradient(found, found.order) for found in derivations], moving)
    if line is None:
        return None
    part = _part("", _name(first, first.order), goal, moving, (Row(goal.body, line.said),))
    return None if part.rows[0].said is None else Differential(_named_head(line.left, part.name), line.said.term)


def in_differentials(derivations: Sequence[Derived], detail: str = "textbook") -> Outline:
    """The derivation, or several of one formula together, line by line in matrices."""
    _require_free(derivations)
    derivations = [certified(found) for found in derivations]
    plain = together(derivations, "brief", beside=False)
    sections = [_in_matrices(section) for section in plain.sections if section.kind == "definitions"]
    parts = list(proved(derivations, detail))
    sections += [_section(part, derivations[0]) for part in parts]
    results = [section for section in plain.sections if section.kind == "result"]
    sections += [_read_off(section, found) for section, found in zip(results, derivations, strict=True)]
    sections[-1].notes.append(f"Every line holds for random differentials: {_weakest(parts)}.")
    return replace(plain, sections=[section for section in sections if section.lines or section.notes])


def proved(derivations: Sequence[Derived], detail: str = "textbook") -> Iterator[Part]:
    """The parts of the derivation: definitions first, then the goal, once for each order."""
    first = derivations[0]
    for order in range(1, first.order + 1):
        names = [found.wrt[order - 1] for found in derivations]
        moving = directions(first.context, names)
        gradients = [_gradient(found, order) for found in derivations]
        for proof in differential(_goal(first, order), moving, length_as_written(moving.context)):
            goal = Array(proof.axes, proof.goal.body, first.goal.groups if proof.subject is None and order == 1 else ())
            if proof.subject is None:
                name, title, line = _name(first, order), _title(first, order), last(gradients, moving)
            elif order == 1:
                name, title = Name(proof.title), f"The differential of {proof.title}"
                line = _lemma_line(proof, derivations, moving)
            else:
                continue
            yield _part(title, name, goal, moving, _rows(proof, goal, moving, line, detail))


# --- what is asked


def _require_free(derivations: Sequence[Derived]) -> None:
    refusal = _refusal(derivations)
    if refusal is not None:
        raise Error(refusal, hint='notation="both" shows the derivation in indices')


def _refusal(derivations: Sequence[Derived]) -> str | None:
    """Why there is no derivation by differentials."""
    for found in derivations:
        if found.along:
            return "a Hessian times a vector has no derivation by differentials"
        if found.context.inner:
            return "a symbol with an axis of several indices has no differential in matrices"
    return None


def _goal(found: Derived, order: int) -> Array:
    """What is differentiated: the function, or its first derivative."""
    proof = _main(found)[order - 1]
    axes = [*found.goal.axes, *(slot for slots in found.variables[: order - 1] for slot in slots)]
    return Array(tuple(axes), proof.goal.body)


def _main(found: Derived) -> list[Proof]:
    return [proof for proof in found.proofs if proof.subject is None]


def _gradient(found: Derived, order: int) -> Gradient:
    proof = _main(found)[order - 1]
    if found.question.independent:
        body = untied(proof)[1]
    else:
        body = found.answer.array.body if order == found.order else _main(found)[order].goal.body
    slots = found.variables[order - 1]
    array = Array((*_goal(found, order).axes, *slots), body)
    return Gradient(found.wrt[order - 1], array, slots, found.context, found.goal.groups)


def _name(found: Derived, order: int) -> Term:
    name: Term = Name(subjects(found)[0])
    for variable in found.wrt[: order - 1]:
        name = Partial(name, Name(variable))
    return name


def _title(found: Derived, order: int) -> str:
    if found.order == 1:
        return "The differential"
    return f"The {'first' if order == 1 else 'second'} differential"


def _lemma_line(proof: Proof, derivations: Sequence[Derived], moving: Directions) -> Last | None:
    """The last line of a definition that is made of no other: J dx, by what the derivations found for it."""
    moved = frozenset[str]().union(*(found.context.dependents(found.wrt[0]) for found in derivations))
    if proof.goal.body.names & moved - {found.wrt[0] for found in derivations}:
        return None
    gradients = []
    for found in derivations:
        lemma = next((p for p in found.proofs if p.subject is not None and p.title == proof.title), None)
        if lemma is not None:
            array = Array((*lemma.axes, *lemma.slots), lemma.result)
            gradients.append(Gradient(lemma.goal.name, array, lemma.slots, found.context))
    line = last(gradients, moving) if gradients else None
    return None if line is None or line.stacked else line


# --- lines


def _rows(proof: Proof, goal: Array, moving: Directions, line: Last | None, detail: str) -> tuple[Row, ...]:
    rows: list[Row] = []
    pending: tuple[Rule, ...] = ()
    steps = [*((step, True) for step in proof.differentiation()), *((step, False) for step in proof.simplified)]
    natural = False
    free, lemmas = replace(moving, context=replace(moving.context, facts=Facts())), False
    for place, (step, by_rules) in enumerate(steps):
        rules = (*pending, *_renamed(step))
        lemmas = lemmas or LEMMA in step.rules
        form = said(replace(goal, body=step.after), free if by_rules and not lemmas else moving)
        more = place + 1 < len(steps) and (steps[place + 1][1] or not by_rules)
        if detail != "full" and ((more and _is_quiet(step, form, by_rules)) or _is_algebra(step, by_rules)):
            pending = rules if by_rules else pending
            continue
        pending, natural = (), by_rules and any(rule is not LEMMA for rule in rules if not rule.plain)
        _append(rows, Row(step.after, form, tuple(dict.fromkeys(rules))))
    if detail == "textbook":
        rows = _without_detours(rows)
    if detail == "brief":
        rules = tuple(dict.fromkeys(rule for row in rows for rule in row.rules))
        rows = [replace(rows[-1], rules=rules)] if rows else []
    return _ended(rows, proof, moving, line, natural)


def _renamed(step: Step) -> tuple[Rule, ...]:
    """The rules of a step, as they are called where dX stands in place of an index."""
    named = {rule.name: NAMED[rule.name].rule for rule in step.rules if rule.name in NAMED}
    if POWER.rule in named.values() and _squares_summed(step.before):
        named = {name: NORM.rule if rule == POWER.rule else rule for name, rule in named.items()}
    return tuple(named.get(rule.name, rule) for rule in step.rules)


def _squares_summed(node: Node) -> bool:
    """Whether every square that is to be differentiated stands under a Σ of its own: ‖u‖²."""
    summed = [n.body.body for n in walk(node) if isinstance(n, Reduce) and isinstance(n.body, Deriv)]
    squares = [n.body for n in walk(node) if isinstance(n, Deriv) and isinstance(n.body, Pow)]
    return all(square in summed and is_const(square.exponent, 2) for square in squares)


def _is_quiet(step: Step, form: Said | None, by_rules: bool) -> bool:
    """Whether a line only moves the d inside, or has it where nobody writes it."""
    if not by_rules or not step.after.derivs:
        return False
    plain = all(rule.plain for rule in step.rules) or bool(_open(step.before) & _open(step.after))
    return plain or form is None or not form.natural


def _open(node: Node) -> set[str]:
    """The definitions whose differentials stand in a line."""
    return {n.body.name for n in walk(node) if isinstance(n, Deriv) and isinstance(n.body, Entry)}


def _is_algebra(step: Step, by_rules: bool) -> bool:
    return not by_rules and not step.used and all(rule.plain or rule.name in _ALGEBRA for rule in step.rules)


def _append(rows: list[Row], row: Row) -> None:
    """A line that says what an earlier one does, but for the order, leads back to it."""
    place = next((k for k, other in enumerate(rows) if _alike(other, row)), None)
    if place is None:
        rows.append(row)
    else:
        del rows[place + 1 :]


def _alike(one: Row, other: Row) -> bool:
    same = one.said is not None and other.said is not None and one.said.says(other.said, cyclic=True)
    return same or one.node is other.node


def _without_detours(rows: Sequence[Row]) -> list[Row]:
    """The rows without those that are long, and at once made short."""
    kept: list[Row] = []
    pending: tuple[Rule, ...] = ()
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        rules = tuple(dict.fromkeys((*pending, *row.rules)))
        if following is not None and _length(row) > _LONG and _shortest(rows[len(kept) + 1 :]) * 2 < _length(row):
            pending = rules
            continue
        pending = ()
        kept.append(replace(row, rules=rules))
    return kept


def _shortest(rows: Sequence[Row]) -> int:
    return min(map(_length, rows), default=0)


def _length(row: Row) -> int:
    return weight(row.said.term) if row.said is not None else 0


def _ended(rows: list[Row], proof: Proof, moving: Directions, line: Last | None, natural: bool) -> tuple[Row, ...]:
    """The rows with the line that the derivative is read off as their last."""
    if line is None:
        return tuple(rows)
    end = Row(proof.result, line.said, head=line.left if line.stacked else None)
    if line.stacked:
        return (*rows, replace(end, rules=(COLUMNS.rule,)))
    place = next((k for k, row in enumerate(rows) if row.said is not None and row.said.says(line.said)), None)
    if place is not None:
        return (*rows[:place], replace(end, rules=rows[place].rules))
    before = rows[-1].said if rows else None
    named = before is not None and [row.rule for row in reordered(before, moving)]
    if rows and not named and not natural:
        return (*rows[:-1], replace(end, rules=rows[-1].rules))
    return (*rows, replace(end, rules=tuple(named or (COLLECTED.rule,))))


# --- certificates


def _part(title: str, name: Term, goal: Array, moving: Directions, rows: tuple[Row, ...]) -> Part:
    """The part with its certificate; a line whose text does not hold is written entry by entry."""
    lines, certificate = held(goal, [(row.node, row.said) for row in rows], moving)
    kept = tuple(replace(row, said=said) for row, (_, said) in zip(rows, lines, strict=True))
    return Part(title, name, goal, moving, kept, certificate)


def _weakest(parts: Sequence[Part]) -> Certificate:
    return min((part.certificate for part in parts), key=lambda one: (one.verdict == "confirmed", one.digits))


# --- sections


def _in_matrices(section: Section) -> Section:
    def turned(line: Line) -> Line:
        if line.given or line.matrix is None:
            return replace(line, matrix=None)
        return replace(line, index=line.matrix, matrix=None, head=line.matrix_head)

    return replace(section, lines=list(map(turned, section.lines)))


def _section(part: Part, found: Derived) -> Section:
    lemma = part.title.startswith("The differential of")
    section = Section("lemma" if lemma else "main", part.title, d(part.name))
    for row in part.rows:
        head = None if row.head is None else _named_head(row.head, part.name)
        if row.said is None and isinstance(part.name, Name) and part.goal.axes:
            head = d(Subscripted(part.name, tuple(str(axis.name) for axis in part.goal.axes)))
        term = row.said.term if row.said is not None else _entry_by_entry(row.node, part, found)
        told = tuple(rule for rule in row.rules if not rule.plain)
        section.lines.append(Line(term, None, row.reason, "", told, head=head))
    return section


def _entry_by_entry(node: Node, part: Part, found: Derived) -> Term:
    context = part.moving.context
    term = index_term(node, Letters(context, part.goal.axes), context)
    shown = {moved: d(Name(name)) for name, moved in part.moving.names.items()}

    def change(current: Term) -> Term | None:
        if isinstance(current, Partial):
            return d(transformed(current.body, change))
        return shown.get(current.name) if isinstance(current, Name) else None

    return transformed(term, change)


def _named_head(head: Term, name: Term) -> Term:
    named = substitute(head, FUNCTION, d(name))
    assert named is not None
    return named


def _read_off(section: Section, found: Derived) -> Section:
    """The derivative itself, which stands before dX in the last line."""
    name, variable = _name(found, found.order), Name(found.wrt[-1])
    matrix, head = found.answer.matrix, Partial(name, variable)
    if matrix is None:
        line = last([_gradient(found, found.order)], directions(found.context, [found.wrt[-1]]))
        if line is None or line.factor is None:
            return section
        over = Call("vec", (variable,)) if line.stacked else variable
        matrix = line.factor
        head = Partial(Call("vec", (name,)) if line.left != FUNCTION else name, over)
    tied, _ = untied(_main(found)[-1])
    rules = () if tied is None else tied.rules
    reason = ", ".join(("read off", *(rule.title for rule in rules)))
    return replace(section, lines=[Line(matrix, None, reason, rules=rules, head=head)])
