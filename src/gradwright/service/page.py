"""What the page is shown. Owns: derivations, readings, code and checked documents as pieces to typeset.

Never: the network, a process.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TypedDict

from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import FACTS
from gradwright.core.node import Array
from gradwright.read.languages import is_latex
from gradwright.read.reader import Parsed
from gradwright.service.awake import awake
from gradwright.service.failure import of_error
from gradwright.service.plots import plots
from gradwright.service.request import Asked, Body, Document, one_of, text_of, whole_of
from gradwright.service.sheet import sheet
from gradwright.show import rules
from gradwright.show.changes import marked_lines
from gradwright.show.document import layout_sentence
from gradwright.show.glossary import WORDS
from gradwright.show.outline import NOTATIONS, Line, Outline, Section, whole
from gradwright.show.render import in_notation
from gradwright.write.answer import Result
from gradwright.write.index import array_term, index_term
from gradwright.write.latex import latex
from gradwright.write.letters import Letters
from gradwright.write.matrix import matrix_program
from gradwright.write.term import Name, Subscripted, Term


class SymbolRow(TypedDict):
    """A symbol; of a function, the shape of the argument and of the value.

    ``known``: declared, forced, usual or guessed, and ``why`` it was guessed so.
    """

    name: str
    latex: str
    shape: list[str]
    function: bool
    known: str
    why: str


class FactRow(TypedDict):
    """A fact as it is written, and what it says."""

    fact: str
    says: str


class RuleRow(TypedDict):
    """A rule that a line was made by."""

    name: str
    title: str


class LineRow(TypedDict):
    """A line of a section, in indices and, where it has one, in matrix notation."""

    head: str
    index: str
    matrix: str
    matrixHead: str
    reason: str
    source: str
    rules: list[RuleRow]


class SectionRow(TypedDict):
    """A titled run of lines."""

    kind: str
    title: str
    lines: list[LineRow]
    notes: list[str]


# --- reading


def read(body: Body) -> dict[str, object]:
    """The formula as it was understood, before anything is derived; what belongs to another one sleeps."""
    asked = Asked.of(body)
    found = awake(asked)
    parsed, warning = found.parsed, found.refused
    return {
        "latex": _typeset(parsed),
        "symbols": _symbols(parsed),
        "facts": _facts(parsed.context),
        "text": str(Result(parsed.array, parsed.context)),
        "translated": is_latex(asked.formula, "auto"),
        "remarks": list(parsed.remarks),
        "asleep": {"facts": found.facts, "shapes": found.shapes},
        "warning": None if warning is None else of_error(warning, body).to_dict(),
    }


def _typeset(parsed: Parsed) -> list[str]:
    """Every definition and the formula itself, in indices where the user wrote indices."""
    context, lines = parsed.context, []
    statements = [s.strip() for s in context.source.split(";") if s.strip()]
    for place, (name, array) in enumerate(context.definitions.items()):
        indexed = place < len(statements) and "[" in statements[place]
        lines.append(_equation(name, array, context, indexed))
    indexed = "[" in (statements[-1] if statements else "")
    lines.append(_equation("", parsed.array, context, indexed))
    return lines


def _equation(name: str, array: Array, context: Context, indexed: bool) -> str:
    letters = Letters(context, array.axes)
    if indexed:
        axes = tuple(letters.of(axis) for axis in array.axes)
        right: Term = index_term(array.body, letters, context)
        left: Term = Subscripted(Name(name), axes) if axes and name else Name(name)
    else:
        right, left = matrix_program(array, context) or array_term(array, letters, context), Name(name)
    return f"{latex(left)} = {latex(right)}" if name else latex(right)


def _symbols(parsed: Parsed) -> list[SymbolRow]:
    """Every symbol with its extents, in the order of the formula."""
    rows: list[SymbolRow] = []
    for name, shape in parsed.context.symbols.items():
        why = parsed.guesses[name].why if name in parsed.guesses else ""
        rows.append(_symbol(name, list(map(str, shape)), False, parsed.known(name), why))
    for name, signature in parsed.context.functions.items():
        said = [" ".join(map(str, signature.argument)), " ".join(map(str, signature.value))]
        rows.append(_symbol(name, said, True, "declared", ""))
    return rows


def _symbol(name: str, shape: list[str], function: bool, known: str, why: str) -> SymbolRow:
    return {
        "name": name, "latex": latex(Name(name)), "shape": shape, "function": function, "known": known, "why": why,
    }  # fmt: skip


def _facts(context: Context) -> list[FactRow]:
    """The facts that could be said of the formula's symbols."""
    found: list[FactRow] = []
    for name, shape in context.symbols.items():
        for fact, row in FACTS.items():
            square = len(shape) >= 2 and shape[0] == shape[1]
            if len(shape) in row.ranks and (square or not row.square):
                found.append({"fact": f"{fact}({name})", "says": f"{name} {row.says}"})
    return found


# --- deriving


def derive(body: Body) -> dict[str, object]:
    """The derivation in sections, its result and its certificate."""
    found = awake(Asked.of(body))
    asked, derivation = found.asked, found.asked.derivation()
    certificate = derivation.certificate
    shown = in_notation([derivation.derived], asked.detail, one_of(body, "notation", NOTATIONS, "both"))
    result = derivation.result
    final = shown.sections[-1]
    return {
        "symbols": _symbols(derivation.derived.question.parsed),
        "head": latex(whole(final.head)) if final.head is not None else "",
        "entry": latex(final.head) if final.head is not None else "",
        "result": {
            "latex": result.latex(),
            "index": latex(result.index_term, nabla=result.nabla),
            "unicode": result.unicode(),
            "text": str(result),
            "shape": list(map(str, result.shape)),
        },
        "sections": [_section(section, shown) for section in shown.sections],
        "layout": layout_sentence(shown),
        "certificate": {**certificate.to_dict(), "said": str(certificate)},
        "suggestions": [{"fact": fact, "latex": shorter.latex()} for fact, shorter in derivation.suggestions],
        "almost": derivation.almost_everywhere,
        "asleep": {"facts": found.facts, "shapes": found.shapes},
    }


def copy(body: Body) -> dict[str, object]:
    """The whole derivation as text, to be taken elsewhere."""
    asked, format = awake(Asked.of(body)).asked, one_of(body, "format", ("text", "latex", "markdown", "html"), "text")
    notation = one_of(body, "notation", NOTATIONS, "both")
    return {"copy": asked.derivation().show(asked.detail, notation, format)}


def _section(section: Section, shown: Outline) -> SectionRow:
    nabla = shown.result.nabla
    proof = section.kind in ("lemma", "main", "case")
    terms = [line.index for line in section.lines]
    spelled = marked_lines(terms, nabla=nabla) if proof else [latex(term, nabla=nabla) for term in terms]
    lines = [_line(line, tex, section, nabla) for line, tex in zip(section.lines, spelled, strict=True)]
    return {"kind": section.kind, "title": section.title, "lines": lines, "notes": section.notes}


def _line(line: Line, spelled: str, section: Section, nabla: bool) -> LineRow:
    head = line.head or section.head
    over = line.matrix_head or (whole(head) if head is not None else None)
    matrix = latex(line.matrix, nabla=nabla) if line.matrix is not None and line.matrix != line.index else ""
    heads = [latex(term) if term is not None else "" for term in (head, over)]
    sides = [spelled, matrix]
    if line.given and matrix:  # what is in matrices stands at the right
        heads, sides = heads[::-1], sides[::-1]
    return {
        "head": heads[0],
        "index": sides[0],
        "matrix": sides[1],
        "matrixHead": heads[1],
        "reason": line.reason,
        "source": line.source,
        "rules": [{"name": rule.name, "title": rule.title} for rule in line.rules],
    }


def emit(body: Body) -> dict[str, object]:
    """The text of a module."""
    asked, target = awake(Asked.of(body)).asked, text_of(body, "target", "numpy")
    wanted = ("value", "gradient", "hessian") if asked.order == 2 else ("value", "gradient")
    return {"target": target, "code": asked.derivation().emit(target, wanted)}


def plot(body: Body) -> dict[str, object]:
    """Numbers for the figures: of the derivative that was asked for, and of the first.

    They are a check of their own, beside the certificate that the page has by then.
    """
    asked, seed = replace(awake(Asked.of(body)).asked, layout="mixed"), whole_of(body, "seed", 0)
    derivation = asked.derivation(certify=False)
    first = derivation if asked.order == 1 else replace(asked, order=1).derivation(certify=False)
    return plots(derivation, first, seed)


# --- help


def words(body: Body) -> dict[str, object]:
    """The functions and facts of the language, with their meaning, as a page completes them."""
    functions = [{"name": name, "call": word.call(name), "says": word.says} for name, word in sorted(WORDS.items())]
    facts = [
        {"name": fact.name, "call": f"{fact.name}(x)", "says": f"a fact: x {fact.says}"} for fact in FACTS.values()
    ]
    return {"words": [*functions, *facts]}


def rule(body: Body) -> dict[str, object]:
    """What stands behind a rule, with an instance: a short one, or that of the derivation it was seen in."""
    name = text_of(body, "name")
    known = rules.RULES.get(name)
    found, own = rules.instance(name), None
    if found is None or known is None:
        own = awake(Asked.of(body)).asked.derivation().derived
        found = found or rules.at_work(name, own)
    told = known.rule if known is not None else next((r for r in rules.used(own) if r.name == name), None)
    if told is None:
        raise Error(f"there is no rule {name}")
    return {
        "title": told.title,
        "source": told.source,
        "condition": known.condition if known is not None else "",
        "example": None if found is None else _instance(found),
    }


def _instance(found: rules.Instance) -> dict[str, object]:
    numbers = None if found.numbers is None else asdict(found.numbers)
    return {"of": found.of, "before": latex(found.before), "after": latex(found.after), "numbers": numbers}


# --- checking


def check(body: Body) -> dict[str, object]:
    """The document in pieces, its relations with their verdicts."""
    return sheet(Document.of(body).report())
