"""What a worker answers. Owns: the JSON interface, one function per kind of request. Never: the network, a process.

A request is plain data: ``formula`` (text or LaTeX), ``wrt``, ``given``, ``shapes`` (``{"A": "n m"}``), ``order``,
``layout``, ``independent``, ``detail``. Every refusal is ``{"error": {"message", "hint", "field", "text", "span"}}``,
the span in characters of the text it points into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradwright.api import Derivation, derive
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import FACTS
from gradwright.core.node import Array
from gradwright.derivation import LAYOUTS
from gradwright.read.text.declared import declared
from gradwright.read.text.reader import Parsed, read
from gradwright.service.plots import plots
from gradwright.service.sheet import sheet
from gradwright.show.changes import marked_lines
from gradwright.show.document import layout_sentence
from gradwright.show.outline import DETAILS, Line, Outline, Section, outline, whole
from gradwright.show.render import render
from gradwright.write.index import array_term, index_term
from gradwright.write.latex import latex
from gradwright.write.letters import Letters
from gradwright.write.term import Name, Subscripted, Term

Reply = dict[str, Any]
_SHORT = 20_000  # characters of a formula


def answer(kind: str, body: Mapping[str, Any]) -> Reply:
    """The answer to a request, or the error that says why there is none."""
    try:
        return KINDS[kind](body)
    except Error as error:
        return {"error": _said(error, body)}
    except MemoryError:
        raise
    except RecursionError:
        return {"error": {"message": "this is nested too deeply"}}
    except Exception as error:
        return {
            "error": {"message": f"this is a bug in gradwright ({type(error).__name__})", "hint": "please report it"}
        }


def warm() -> None:
    """Load what the first request needs."""
    founding = {"formula": "p = softmax(o); -sum_i(y[i]*log(p[i]))", "wrt": "o", "given": ["onehot(y)"]}
    answer("derive", founding)
    answer("emit", {**founding, "target": "numpy"})


def _said(error: Error, body: Mapping[str, Any]) -> Reply:
    field = ""
    if error.source is not None and error.span is not None:
        field = "formula" if error.source == body.get("formula") else "other"
        if error.source in (body.get("given") or ()):
            field = "given"
    span = list(error.span) if error.span is not None else None
    return {"message": error.message, "hint": error.hint, "field": field, "text": error.source, "span": span}


@dataclass
class _Request:
    """A request about a formula, after a look at the type of everything in it."""

    formula: str
    given: list[str]
    shapes: list[str]
    wrt: str = ""
    order: int = 1
    layout: str = "mixed"
    independent: bool = False
    detail: str = "textbook"

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> _Request:
        shapes = body.get("shapes", {})
        if not isinstance(shapes, dict):
            raise Error("shapes must be an object: a name and its extents")
        listed = [f"{name}: {said}" for name, said in shapes.items()]
        made = cls(_text(body, "formula", ""), _texts(body, "given"), listed, _text(body, "wrt", ""),
                   layout=_text(body, "layout", "mixed"), detail=_text(body, "detail", "textbook"))  # fmt: skip
        if len(made.formula) > _SHORT:
            raise Error(f"the formula has {len(made.formula)} characters; more than {_SHORT} are not read")
        order, made.independent = body.get("order", 1), body.get("independent") is True
        if order not in (1, 2):
            raise Error("the order of a derivative is 1 or 2")
        made.order = order
        for value, allowed, what in ((made.layout, LAYOUTS, "layout"), (made.detail, DETAILS, "detail")):
            if value not in allowed:
                raise Error(f"unknown {what} {value!r}", hint="one of " + ", ".join(allowed))
        return made

    def derivation(self, layout: str = "", order: int = 0) -> Derivation:
        shapes, functions = declared(self.shapes)
        return derive(
            self.formula, self.wrt, given=self.given, shapes=shapes, functions=functions, order=order or self.order,
            layout=layout or self.layout, independent=self.independent, syntax="auto",
        )  # fmt: skip


def _text(body: Mapping[str, Any], name: str, default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise Error(f"{name} must be text")
    return value


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or len(value) > 50:
        raise Error(f"{name} must be a list of texts")
    return value


# --- reading


def _read(body: Mapping[str, Any]) -> Reply:
    """The formula as it was understood, before anything is derived."""
    from gradwright.referee.formula import in_text

    request = _Request.of(body)
    shapes, functions = declared(request.shapes)
    source = in_text(request.formula, "auto")
    with source.errors():
        parsed = read(source.text, shapes={**source.shapes, **shapes}, functions=functions)
    facts: list[Error] = []
    if request.given:
        try:
            read(source.text, shapes={**source.shapes, **shapes}, functions=functions, given=request.given)
        except Error as error:
            facts.append(error)
    return {
        "latex": _typeset(parsed),
        "symbols": symbols(parsed.context),
        "facts": _facts(parsed.context),
        "text": source.text,
        "translated": source.translated,
        "warning": _said(facts[0], body) if facts else None,
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
        right, left = _whole(array, context), Name(name)
    return f"{latex(left)} = {latex(right)}" if name else latex(right)


def _whole(array: Array, context: Context) -> Term:
    from gradwright.write.matrix import matrix_program

    return matrix_program(array, context) or array_term(array, Letters(context, array.axes), context)


def symbols(context: Context) -> list[Reply]:
    """Every symbol with its extents, in the order of the formula."""
    rows: list[Reply] = []
    for name, shape in context.symbols.items():
        rows.append({"name": name, "latex": latex(Name(name)), "shape": list(map(str, shape)), "function": False})
    for name, signature in context.functions.items():
        said = [" ".join(map(str, signature.argument)), " ".join(map(str, signature.value))]
        rows.append({"name": name, "latex": latex(Name(name)), "shape": said, "function": True})
    return rows


def _facts(context: Context) -> list[str]:
    """The facts that could be said of the formula's symbols."""
    found = []
    for name, shape in context.symbols.items():
        for fact, row in FACTS.items():
            square = len(shape) >= 2 and shape[0] == shape[1]
            if len(shape) in row.ranks and (square or not row.square):
                found.append(f"{fact}({name})")
    return found


# --- deriving


def _derive(body: Mapping[str, Any]) -> Reply:
    request = _Request.of(body)
    derivation = request.derivation()
    certificate = derivation.certificate
    shown = outline(derivation.derived, request.detail)
    result = derivation.result
    final = shown.sections[-1]
    return {
        "symbols": symbols(derivation.context),
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
    }


def _copy(body: Mapping[str, Any]) -> Reply:
    """The whole derivation as text, to be taken elsewhere."""
    request, format = _Request.of(body), _text(body, "format", "text")
    if format not in ("text", "latex", "markdown"):
        raise Error(f"unknown format {format!r}", hint="one of text, latex, markdown")
    notation = _text(body, "notation", "both")
    return {"copy": render(request.derivation().derived, detail=request.detail, notation=notation, format=format)}


def _section(section: Section, shown: Outline) -> Reply:
    nabla = shown.result.nabla
    proof = section.kind in ("lemma", "main", "case")
    terms = [line.index for line in section.lines]
    spelled = marked_lines(terms, nabla=nabla) if proof else [latex(term, nabla=nabla) for term in terms]
    lines = [_line(line, tex, section, nabla) for line, tex in zip(section.lines, spelled, strict=True)]
    return {"kind": section.kind, "title": section.title, "lines": lines, "notes": section.notes}


def _line(line: Line, spelled: str, section: Section, nabla: bool) -> Reply:
    head = line.head or section.head
    over = line.matrix_head or (whole(head) if head is not None else None)
    matrix = latex(line.matrix, nabla=nabla) if line.matrix is not None and line.matrix != line.index else ""
    return {
        "head": latex(head) if head is not None else "",
        "index": spelled,
        "matrix": matrix,
        "matrixHead": latex(over) if over is not None else "",
        "reason": line.reason,
        "source": line.source,
    }


def _emit(body: Mapping[str, Any]) -> Reply:
    request, target = _Request.of(body), _text(body, "target", "numpy")
    derivation = request.derivation()
    wanted = ("value", "gradient", "hessian") if request.order == 2 else ("value", "gradient")
    return {"target": target, "code": derivation.emit(target, wanted)}


def _plot(body: Mapping[str, Any]) -> Reply:
    request = _Request.of(body)
    seed = body.get("seed", 0)
    if not isinstance(seed, int):
        raise Error("the seed must be a whole number")
    return plots(request.derivation("mixed"), request.derivation("mixed", 1), seed)


# --- checking


def _check(body: Mapping[str, Any]) -> Reply:
    from gradwright.documents import check

    shapes = _texts(body, "shapes")
    name = _text(body, "name", "")
    report = check(_text(body, "text", ""), name or None, _texts(body, "given"), shapes, seconds=2.0)
    return sheet(report)


KINDS: dict[str, Callable[[Mapping[str, Any]], Reply]] = {
    "read": _read, "derive": _derive, "copy": _copy, "emit": _emit, "plot": _plot, "check": _check,
}  # fmt: skip
"""The kinds of request."""
