"""A derivation as an outline of what to show. Owns: which lines, lemmas and cases appear at a level of detail.

Never: derives or spells. The deriver keeps everything; how much of it is said is decided here, and only here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import Any

from gradwright.certify.report import Certificate
from gradwright.core.build import ZERO, rename
from gradwright.core.errors import Error
from gradwright.core.index import Extent, Index
from gradwright.core.node import Array, Delta, Node, Reduce, walk, written_length
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule, Step
from gradwright.core.walk import bottom_up
from gradwright.derivation import Derived, certified, weakest
from gradwright.engine.differential import Directions, clashing, contracted, directions
from gradwright.engine.prove import Proof, Prover, untied
from gradwright.engine.simplify import multiply_out
from gradwright.show.held import Stated, held
from gradwright.show.written import Written, as_written, let_as_written
from gradwright.write.answer import Result, length_as_written
from gradwright.write.differential import d, said
from gradwright.write.index import index_term
from gradwright.write.letters import Letters
from gradwright.write.matrix import matrix_term
from gradwright.write.term import INDEXED, Big, Call, Collect, Name, Partial, Product, Program, Subscripted, Term
from gradwright.write.text import text
from gradwright.write.traverse import each, parts, rebuilt
from gradwright.write.unicode import unicode

DETAILS = ("brief", "textbook", "full")
NOTATIONS = ("index", "matrix", "both", "differential")
_WIDEST = 120  # characters of matrix notation shown beside a line
_LONGEST_LINE = 4000  # characters: a longer line is a network, not something to read


@dataclass
class Line:
    """One line: the expression in index notation, in matrix notation where it has one, and why it follows.

    ``rules`` are those the reason names. ``head`` and ``matrix_head`` are left-hand sides of the line's own, in place
    of the section's; ``again`` says that the matrix form is that of the next line, beside which it is shown. ``given``
    is a formula in matrices, as its author wrote it: it comes first, and beside it what it says in indices.
    """

    index: Term
    matrix: Term | None = None
    reason: str = ""
    source: str = ""
    rules: tuple[Rule, ...] = ()
    head: Term | None = None
    matrix_head: Term | None = None
    again: bool = False
    given: bool = False


@dataclass
class Section:
    """A titled run of lines that begin with the same left-hand side."""

    kind: str
    title: str
    head: Term | None = None
    matrix_head: Term | None = None
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """A line as a notation has it: its sides, and its other form beside it, if there is one.

    A left side is None where it is that of the line before; ``goes_on`` says so of the one beside.
    """

    line: Line
    head: Term | None
    body: Term
    beside_head: Term | None = None
    beside: Term | None = None
    goes_on: bool = False


def shown(section: Section, notation: str) -> Iterator[Shown]:
    """The lines of a section in a notation; those that say the same in matrices are one there."""
    before = beside_before = None
    reasons: list[str] = []
    for line in section.lines:
        if notation == "matrix":
            reasons = [*reasons, line.reason]
            if line.again:
                continue
            line, reasons = replace(line, reason=", ".join(dict.fromkeys(filter(None, reasons)))), []
        head, body, over, beside = _sides(line, section, notation)
        goes_on = beside is not None and over is not None and over == beside_before
        yield Shown(line, head if head != before else None, body, None if goes_on else over, beside, goes_on)
        before, beside_before = head, over if beside is not None else beside_before


def _sides(line: Line, section: Section, notation: str) -> tuple[Term | None, Term, Term | None, Term | None]:
    head = line.head or section.head
    if notation == "matrix" and line.matrix is not None and not line.given:
        return line.matrix_head or (whole(head) if head is not None else None), line.matrix, None, None
    if notation != "both" or line.matrix is None or line.again or unicode(line.matrix) == unicode(line.index):
        return head, line.index, None, None
    return head, line.index, line.matrix_head, line.matrix


@dataclass
class Outline:
    """``variables``: what the gradients are taken in, one after another, where there are several."""

    derivation: Derived
    certificate: Certificate
    sections: list[Section]
    variables: tuple[str, ...] = ()

    @property
    def result(self) -> Result:
        return self.derivation.answer


def known(value: str, allowed: Sequence[str], what: str) -> None:
    """Refuse a level of detail, a notation or a format that there is not."""
    if value not in allowed:
        raise Error(f"unknown {what} {value!r}", hint="one of " + ", ".join(allowed))


def outline(derivation: Derived, detail: str = "textbook", beside: bool = True) -> Outline:
    """The sections of a derivation, in the order a lecturer would write them; what is shown is certified first.

    ``beside``: with matrix notation beside every line that has it, of differentials where derivatives are left.
    """
    derivation = certified(derivation)
    sections = [_definitions(derivation)]
    names = subjects(derivation)
    main = [p for p in derivation.proofs if p.subject is None]
    for proof in derivation.proofs:
        order = main.index(proof) + 1 if proof in main else 0
        sections.append(_proof(derivation, proof, names, detail, order, beside))
        if detail != "brief" and proof.subject is not None:
            sections += _cases(derivation, proof, names)
    sections.append(_result(derivation, names))
    assert derivation.certificate is not None
    return Outline(derivation, derivation.certificate, [s for s in sections if s.lines or s.notes])


def together(derivations: Sequence[Derived], detail: str = "textbook", beside: bool = True) -> Outline:
    """Several gradients of one formula: what is given said once, then every variable's lemmas, lines and result."""
    first, *others = [outline(derivation, detail, beside) for derivation in derivations]
    if not others:
        return first
    sections = [section for section in first.sections if section.kind == "definitions"]
    for one in (first, *others):
        own = [section for section in one.sections if section.kind != "definitions"]
        name = one.derivation.wrt[-1]
        sections += [s if s.kind == "case" else replace(s, title=f"{s.title} in {name}") for s in own]
    certificate = weakest([one.certificate for one in (first, *others)])
    return Outline(first.derivation, certificate, sections, tuple(one.derivation.wrt[-1] for one in (first, *others)))


# --- names ---------------------------------------------------------------------------------------------------------


def subjects(derivation: Derived) -> list[str]:
    """What to call the function: L for a scalar, f for an array, unless the formula uses those letters."""
    taken = {*derivation.context.symbols, *derivation.context.definitions, *derivation.context.functions}
    letters = ("L", "f", "J", "E") if not derivation.goal.axes else ("f", "F", "g", "G")
    return [next((c for c in letters if c not in taken), "f0")]


def _entry(name: str, axes: Sequence[Index]) -> Term:
    return Subscripted(Name(name), tuple(str(a.name) for a in axes)) if axes else Name(name)


def _head(derivation: Derived, proof: Proof, names: list[str], order: int) -> Term:
    """∂p_i/∂o_k for a lemma, ∂L/∂o_k for the goal, ∂²L/∂o_k∂o_l (as a derivative of the derivative) for the second."""
    if proof.subject is not None:
        inner = _entry(proof.title, proof.axes)
    else:
        inner = _entry(names[0], derivation.goal.axes)
        for name, slots in list(zip(derivation.wrt, derivation.variables, strict=True))[: order - 1]:
            inner = Partial(inner, _entry(name, slots))
            if derivation.along:
                letters = tuple(str(slot.name) for slot in slots)
                inner = Product("*", (inner, _entry(derivation.along, slots)))
                inner = Big("sum", letters, inner) if letters else inner
    return Partial(inner, _entry(proof.goal.name, proof.slots))


def whole(head: Term) -> Term:
    """∂L/∂o of ∂L/∂o_k: what stands before a whole array."""
    if isinstance(head, Subscripted):
        return head.base
    return rebuilt(head, [whole(part) for part in parts(head)]) if isinstance(head, Partial) else head


# --- sections ------------------------------------------------------------------------------------------------------


def _definitions(derivation: Derived) -> Section:
    context, parsed = derivation.context, derivation.question.parsed
    section = Section("definitions", "Given")
    lets = {let.name.stem: let for let in parsed.program.lets} if parsed.program is not None else {}
    written: Written | None
    for name, array in context.definitions.items():
        written = let_as_written(lets[name], array, parsed.context) if name in lets else None
        section.lines.append(_given(derivation, name, array, written))
    inner = derivation.proofs[_first_main(derivation)].goal.body
    term = as_written(parsed.program.body, parsed.array, parsed.context) if parsed.program is not None else None
    name, written = subjects(derivation)[0], None if term is None else ((), term)
    section.lines.append(_given(derivation, name, replace(derivation.goal, body=inner), written))
    section.notes = [shapes_sentence(derivation)]
    section.notes += [f"Taken so: {remark}." for remark in parsed.remarks]
    section.notes += [f"Fact: {given}." for given in context.facts.given]
    return section


def _given(derivation: Derived, name: str, array: Array, written: Written | None) -> Line:
    """A formula as its author wrote it, and beside it in matrices, or in indices if it is in matrices."""
    entry, index = _entry(name, array.axes), _index(derivation, array.body, Letters(derivation.context, array.axes))
    matrix = matrix_term(array, derivation.context)
    if written is None:
        return Line(index, matrix, head=entry, matrix_head=Name(name))
    letters, term = written
    if letters or any(isinstance(part, (*INDEXED, Big, Collect)) for part in each(term)):
        head = Subscripted(Name(name), letters) if letters else Name(name)
        return Line(term, matrix, head=head, matrix_head=Name(name))
    return Line(term, index, head=Name(name), matrix_head=entry, given=True)


def _first_main(derivation: Derived) -> int:
    return next(k for k, proof in enumerate(derivation.proofs) if proof.subject is None)


def shapes_sentence(derivation: Derived) -> str:
    """How each symbol was read: what a reader checks first."""
    context, guesses = derivation.context, derivation.question.parsed.guesses
    parts = []
    for symbol, shape in context.symbols.items():
        name = unicode(Name(symbol))
        why = f" ({guesses[symbol].why})" if symbol in guesses and guesses[symbol].why else ""
        parts.append((f"{name} ∈ {_space(shape)}" if shape else f"{name} a scalar") + why)
    for name, signature in context.functions.items():
        parts.append(f"{name} a smooth function with {_space(signature.argument)} → {_space(signature.value)}")
    return "Read as: " + ", ".join(parts) + "."


def _space(shape: Sequence[object]) -> str:
    plain = len(shape) == 1 and not isinstance(shape[0], Extent)
    return "ℝ" if not shape else f"ℝ^{shape[0]}" if plain else f"ℝ^({'×'.join(map(str, shape))})"


def _proof(derivation: Derived, proof: Proof, names: list[str], detail: str, order: int, beside: bool) -> Section:
    lemma = proof.subject is not None
    ordinal = {1: "first", 2: "second"}.get(order, "")
    title = f"Lemma: the derivative of {proof.title}" if lemma else "The derivative"
    if derivation.order > 1 and not lemma:
        title = f"The {ordinal} derivative"
    head = _head(derivation, proof, names, order)
    section = Section("lemma" if lemma else "main", title, head)
    letters = Letters(derivation.context, (*proof.axes, *proof.slots), proof.slots)
    axes = (*proof.axes, *proof.slots)
    if detail != "brief":
        section.lines.append(Line(_index(derivation, proof.goal, letters), None, "by definition"))
    steps = proof.steps
    if detail == "brief":
        rules = dict.fromkeys(rule for step in steps for rule in step.rules if not rule.plain)
        steps = [Step(tuple(rules), proof.goal, proof.result)]
    elif detail == "textbook":
        steps = textbook(steps)
    section.lines += [_line(derivation, step, letters, axes, detail) for step in steps]
    if not lemma and section.lines[-1].matrix is None and not proof.result.derivs:
        section.lines[-1].matrix = _plain_matrix(Array(tuple(axes), proof.result), derivation, last=True)
    if beside:
        tied, _ = untied(proof)
        free = (
            steps if tied is None else steps[: next(k for k, step in enumerate(steps) if tied.rules[0] in step.rules)]
        )
        nodes = [step.after for step in free]
        _put_beside(section, [proof.goal, *nodes] if detail != "brief" else nodes, derivation, proof)
    for before, line in pairwise(section.lines):
        same = line.matrix == before.matrix and line.matrix_head == before.matrix_head
        before.again = line.matrix is not None and same
    return section


def _put_beside(section: Section, nodes: Sequence[Node], derivation: Derived, proof: Proof) -> None:
    """The differential beside every line that has no matrix notation of its own: the line times dX."""
    name, along = proof.goal.name, derivation.along and proof.scope.context is derivation.context
    head = whole(section.head) if section.head is not None else None
    if not isinstance(head, Partial) or clashing(derivation.context, [name]) or along or derivation.goal.groups:
        return
    moving = directions(derivation.context, [name])
    lines = [
        (line, form)
        for line, node in zip(section.lines, nodes, strict=False)  # what follows a tie is in independent entries
        if line.matrix is None and (form := _differential(node, proof, moving)) is not None
    ]
    if not lines:
        return
    for line in section.lines:
        line.matrix_head = head if line.matrix is not None else None
    kept, _ = held(Array(proof.axes, proof.goal.body), [form for _, form in lines], moving)
    for (line, _), (_, true) in zip(lines, kept, strict=True):
        if true is not None:
            line.matrix, line.matrix_head = true.term, d(head.body)


def _differential(node: Node, proof: Proof, moving: Directions) -> Stated | None:
    """A line of a derivative times dX, where it has a form in matrices."""
    if written_length(node, _LONGEST_LINE) >= _LONGEST_LINE:
        return None
    for whole in (False, True):
        line = contracted(node, proof.goal, proof.axes, moving, whole)
        form = None if line is None else said(Array(proof.axes, line), moving)
        if line is not None and form is not None and form.natural:
            return line, form
    return None


def textbook(steps: Sequence[Step]) -> list[Step]:
    """Lines joined where the second only tidies what the first left."""
    joined: list[Step] = []
    for step in steps:
        quiet = all(rule.plain for rule in step.rules) and not step.used
        if joined and quiet and not step.before.derivs:
            last = joined[-1]
            joined[-1] = Step((*last.rules, *step.rules), last.before, step.after, (*last.used, *step.used))
        else:
            joined.append(step)
    return joined


def _line(derivation: Derived, step: Step, letters: Letters, axes: Sequence[Index], detail: str) -> Line:
    rules = step.rules
    if detail != "full" and not all(rule.plain for rule in rules):
        rules = tuple(rule for rule in rules if not rule.plain)
    named = {rule.title: rule for rule in reversed(rules)}
    reason = ", ".join(dict.fromkeys(rule.title for rule in rules)) or "rearrange"
    sources = "; ".join(dict.fromkeys(rule.source for rule in rules)) if detail == "full" else ""
    matrix = None
    if not step.after.derivs:
        matrix = _plain_matrix(Array(tuple(axes), multiply_out(step.after)), derivation)
    told = tuple(named[title] for title in dict.fromkeys(rule.title for rule in rules))
    return Line(_index(derivation, step.after, letters), matrix, reason, sources, told)


def _plain_matrix(array: Array, derivation: Derived, last: bool = False) -> Term | None:
    """Matrix notation of a line, where it is something to look at: full of I and transposes only where it is last."""
    found = None if derivation.goal.groups else matrix_term(array, derivation.context)
    if found is None:
        return None
    spelled = text(found)
    odd = "ones(" in spelled or (not last and ("eye(" in spelled or ")'" in spelled))
    return None if odd or len(spelled) > _WIDEST else found


def _index(derivation: Derived, node: Node, letters: Letters) -> Term:
    return index_term(node, letters, derivation.context)


def _cases(derivation: Derived, proof: Proof, names: list[str]) -> list[Section]:
    """i = k and i ≠ k, each derived, where the lemma's result turns on one δ of an axis and a variable's index."""
    found = _delta(proof)
    if found is None:
        return []
    here, there = found
    start = next((s.before for s in proof.simplified if not any(_sums_delta(s.before))), proof.raw)
    sections = []
    for same in (True, False):
        line = rename(start, {here: there}) if same else _without(start, here, there)
        prover = Prover(derivation.context, proof.goal.name, proof.slots, length_as_written(derivation.context))
        prover.scope.lemmas.update(proof.scope.lemmas)
        axes = tuple(a for a in (*proof.axes, *proof.slots) if not (same and a is here))
        steps, end = prover.continued(line, axes)
        known = rename(proof.result, {here: there}) if same else _without(proof.result, here, there)
        if written_length(known, _LONGEST_LINE) < written_length(end, _LONGEST_LINE):  # the lemma's own end says more
            line, steps = known, []
        letters = Letters(derivation.context, (*proof.axes, *proof.slots), proof.slots)
        sign = "=" if same else "≠"
        section = Section("case", f"If {here.name} {sign} {there.name}", _head(derivation, proof, names, 0))
        section.lines.append(Line(_index(derivation, line, letters), None, f"δ is {int(same)}"))
        section.lines += [_line(derivation, s, letters, axes, "textbook") for s in textbook(steps)]
        for plain in section.lines:
            plain.matrix = None
        sections.append(section)
    return sections


def _delta(proof: Proof) -> tuple[Index, Index] | None:
    deltas = {n for n in walk(proof.result) if isinstance(n, Delta)}
    pairs = set()
    for found in deltas:
        for a, b in ((found.left, found.right), (found.right, found.left)):
            if a in proof.axes and b in proof.slots:
                pairs.add((a, b))
    return pairs.pop() if len(deltas) == 1 and len(pairs) == 1 else None


def _sums_delta(node: Node) -> list[bool]:
    """Whether some Σ in the node still holds a δ on its own index."""
    return [True for n in walk(node) if isinstance(n, Reduce) and n.deltas]


def _without(node: Node, here: Index, there: Index) -> Node:
    def rule(current: Node) -> Node:
        return ZERO if isinstance(current, Delta) and {current.left, current.right} == {here, there} else current

    return bottom_up(rule, node)


def _result(derivation: Derived, names: list[str]) -> Section:
    result = derivation.answer
    section = Section("result", "Result")
    main = [p for p in derivation.proofs if p.subject is None]
    head = _head(derivation, main[-1], names, len(main))
    section.head = head
    term = result.said
    if isinstance(term, Program) and not _names_units(term):
        section.lines.append(Line(term.body))
        section.lines += [Line(value, head=Name(name), reason="where") for name, value in term.lets]
    else:
        section.lines.append(Line(result.index_term, None if isinstance(term, Program) else term))
    section.notes += [f"The formula does not depend on {name}." for name in _absent(derivation)]
    section.notes += [f"Almost everywhere: {note}." for note in derivation.almost_everywhere]
    for fact, shorter in derivation.suggestions:
        plain = shorter.unicode() if shorter.matrix is not None else unicode(shorter.index_term)
        section.notes.append(f"With the fact {fact} this becomes {plain}.")
    return section


def _names_units(said: Program) -> bool:
    """Whether a program only names unit matrices, as the text form does where index notation has δ."""
    units = all(isinstance(value, Call) and value.fn == "eye" for _, value in said.lets)
    return units and isinstance(said.body, Collect)


def _absent(derivation: Derived) -> list[str]:
    """The variables that the formula does not mention, not even by way of its definitions."""
    body, context = derivation.goal.body, derivation.context
    return [name for name in dict.fromkeys(derivation.wrt) if not context.depends(body, name)]


# --- rows for json ---------------------------------------------------------------------------------------------------


def step_rows(derivation: Derived) -> list[dict[str, Any]]:
    """Every line of every proof as plain data, in index notation."""
    rows = []
    for proof in derivation.proofs:
        letters = Letters(derivation.context, (*proof.axes, *proof.slots), proof.slots)

        def said(node: Node, letters: Letters = letters) -> str:
            return text(index_term(node, letters, derivation.context), longest=_LONGEST_LINE)

        for step in proof.steps:
            rows.append(
                {
                    "rule": step.rule or "rearrange",
                    "title": step.title or "rearrange",
                    "lemma": proof.title or None,
                    "before": said(step.before),
                    "after": said(step.after),
                    "used": list(step.used),
                }
            )
    return rows
