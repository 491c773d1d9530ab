"""A document beside a program. Owns: which formula of a document a program is said to compute, and what is found.

Never: runs a file, judges by itself. The document's formula and its gradients are read among the program's own symbols
and compared with the program's as formulas; what is found are further relations of the report.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradwright.api import certified_derivation
from gradwright.certify.report import Counterexample
from gradwright.core.build import entry, rename
from gradwright.core.errors import Error, plainly
from gradwright.core.facts import Facts
from gradwright.core.node import Array, Entry, Node
from gradwright.core.walk import bottom_up
from gradwright.programs.verdicts import Compared, compared
from gradwright.read.latex.nodes import Gradient
from gradwright.read.program.lift import Lifted, lifted
from gradwright.read.reader import read
from gradwright.read.stated import fitting, stated
from gradwright.read.syntax import Call, Derivative, Name, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.evidence.collect import collect
from gradwright.referee.evidence.prose import programs
from gradwright.referee.formats.source import Source, source_of
from gradwright.referee.report import Relation, Report
from gradwright.write.answer import Result

_SHORT = {"lam": "lambda", "lmbda": "lambda", "eps": "epsilon", "sig": "sigma"}


@plainly
def with_program(
    report: Report, program: Callable[..., Any], name: str, *, shapes: Mapping[str, Any], given: Sequence[str] = ()
) -> Report:
    """The report with what is found of a program that computes one of its symbols.

    ``name``    what the program is called, ``loss.py:loss``; with `` is L`` the symbol it computes
    ``shapes``  of arguments of which the document does not say one
    """
    name, _, symbol = (part.strip() for part in name.partition(" is "))
    own = _in_docstring(report, program)
    beside, source = (own, _docstring(program, report)) if own else (report.relations, report.source)
    symbol = symbol or _symbol(report, beside, name)
    definition = next((r for r in beside if _head(r.trees[0]) == symbol), None)
    if definition is None:
        raise Error(f"the document has no formula of {symbol}", hint="% gradwright: code loss.py:loss is L")
    tree = definition.trees[1]
    mentioned = {part.stem for part in walk(tree) if isinstance(part, Name)} if tree is not None else set()
    found = _with_definitions(_found(source, program, mentioned, shapes, given), beside, symbol)
    relations = [*report.relations]
    for relation, verdict, said in _verdicts(beside, found, definition, symbol, name):
        relations.append(_relation(len(relations) + 1, relation, verdict, said))
    return replace(report, relations=relations)


def _symbol(report: Report, beside: Sequence[Relation], name: str) -> str:
    """The symbol that a directive, the docstring of a function, or the only gradient says a program computes.

    ``beside``: the relations of the docstring, or of the document
    """
    own = [symbol for said, symbol in programs(report.text) if _alike(said, name)]
    if not own and beside is not report.relations:
        own = [head for r in beside if (head := _head(r.trees[0]))][:1]
    own = own or [body for r in beside if (body := _differentiated(r.trees[0])[0])]
    if len(set(own)) != 1:
        said = f"which symbol of the document does {name} compute?"
        raise Error(said, hint=f"--code '{name} is L', or in the document % gradwright: code {name} is L")
    return own[0]


def _alike(said: str, name: str) -> bool:
    """Whether two names of a program end alike: a document's is relative to the document."""
    (file, function), (other, called) = said.rsplit(":", 1), name.rsplit(":", 1)
    return function == called and Path(file).name == Path(other).name


def _in_docstring(report: Report, program: Callable[..., Any]) -> list[Relation]:
    """The relations that stand in this function, where the document is the file it is of."""
    plain = inspect.unwrap(program)
    own = inspect.isfunction(plain) and Path(plain.__code__.co_filename).name == Path(report.file or "").name
    if not own:
        return []
    source, first = inspect.getsourcelines(plain)
    return [r for r in report.relations if first <= report.place(r).line < first + len(source)]


def _docstring(program: Callable[..., Any], report: Report) -> Source:
    """The docstring as a document by itself: other functions of the file have letters of their own."""
    return source_of(f'r"""{inspect.getdoc(inspect.unwrap(program))}"""', report.file)


def _head(tree: Tree | None) -> str:
    """The symbol that a left side gives a meaning: L, or L(W)."""
    tree = tree.function if isinstance(tree, Call) else tree
    return tree.stem if isinstance(tree, Name) else ""


def _differentiated(tree: Tree | None) -> tuple[str, str]:
    """The symbol whose derivative a left side is, and in what."""
    if isinstance(tree, Gradient):
        return _head(tree.body), _head(tree.wrt)
    one = isinstance(tree, Derivative) and len(tree.wrt) == 1
    return (_head(tree.body), _head(tree.wrt[0])) if isinstance(tree, Derivative) and one else ("", "")


def _found(
    source: Source, program: Callable[..., Any], mentioned: Set[str], shapes: Mapping[str, Any], given: Sequence[str]
) -> Lifted:
    """The program's formula in the document's symbols; ``mentioned``: those of the document's formula."""
    symbols = collect(source, given, plain_shapes(shapes)).symbols
    known = {
        key: shape for key, shape in symbols.shapes.known.items() if all(isinstance(dim, str | int) for dim in shape)
    }
    known |= {key: () for key in mentioned if key not in known and symbols.rank(key) == 0}
    names: dict[str, str] = {}
    specs: dict[str, Any] = {}
    for parameter in inspect.signature(program).parameters.values():
        own = _known_as(parameter.name, known)
        if parameter.name in shapes or own:
            specs[parameter.name] = shapes[parameter.name] if parameter.name in shapes else tuple(known[own])
            names[parameter.name] = own or parameter.name
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            hint = f"--shape '{parameter.name}: n m', or % gradwright: {parameter.name}: n by m in the document"
            raise Error(f"the document does not say the extents of {parameter.name}", hint=hint)
    facts = [*given, *(f"{fact.fact}({fact.key})" for fact in symbols.roles.facts if fact.key in names.values())]
    return _renamed(lifted(program, specs), names, facts)


def plain_shapes(shapes: Mapping[str, Any]) -> list[str]:
    """The shapes that a document understands: of no labels, and of no numbers."""
    return [f"{name}: {said}" for name, said in shapes.items() if not re.search(r"\bin\b|=", str(said))]


def _with_definitions(found: Lifted, beside: Sequence[Relation], symbol: str) -> Lifted:
    """The program's formula beside what the document says that its other letters are, P = softmax(XW)."""
    for relation in beside:
        name = _head(relation.trees[0])
        if name and name != symbol and name not in found.context.symbols:
            try:
                array = _read(relation, found)
            except Error:  # of other symbols than the program's
                continue
            definitions = {**found.context.definitions, name: array}
            symbols = {**found.context.symbols, name: array.shape}
            found = replace(found, context=replace(found.context, definitions=definitions, symbols=symbols, found={}))
    return found


def _known_as(name: str, known: Mapping[str, object]) -> str:
    """The document's name for an argument: the same, the Greek letter it abbreviates, or the only one like it."""
    if name in known:
        return name
    greek = _SHORT.get(name, name)
    if greek in known:
        return greek
    alike = [key for key in known if key.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else ""


def _renamed(found: Lifted, names: Mapping[str, str], given: Sequence[str]) -> Lifted:
    """The formula with other names for its symbols, and what is given of those."""

    def under(array: Array) -> Array:
        return replace(array, body=bottom_up(_with_names(names), array.body))

    context = found.context
    renamed = replace(
        context,
        symbols={names.get(name, name): shape for name, shape in context.symbols.items()},
        inner={names.get(name, name): parts for name, parts in context.inner.items()},
        order=[names.get(name, name) for name in context.order],
    )
    own = [replace(fact, symbol=names.get(fact.symbol, fact.symbol)) for fact in context.facts.given]
    renamed.facts = Facts([*own, *(fitting(item, renamed) for item in map(stated, given))])
    return replace(found, arrays=tuple(map(under, found.arrays)), context=renamed)


def _with_names(names: Mapping[str, str]) -> Callable[[Node], Node]:
    return lambda node: entry(names.get(node.name, node.name), *node.slots) if isinstance(node, Entry) else node


def _verdicts(
    beside: Sequence[Relation], found: Lifted, definition: Relation, symbol: str, name: str
) -> Iterator[tuple[Relation, Compared | Error, str]]:
    """The document's formula beside the program's, and each gradient of it beside the derived one."""
    yield definition, _of_formula(found, definition, symbol), f"what {name} computes"
    for relation in beside:
        body, variable = _differentiated(relation.trees[0])
        if body == symbol and variable in found.context.symbols:
            yield relation, _of_gradient(found, relation, variable), f"the gradient of {name}"


def _of_formula(found: Lifted, relation: Relation, symbol: str) -> Compared | Error:
    try:
        claim = _read(relation, found)
        truth = Array(found.array.axes, found.array.body)
        if claim.shape != truth.shape:
            return Error(f"its shape is {claim.shape}, and the program gives {truth.shape}")
        return compared(symbol, truth, _along(claim, truth), Result(truth, found.context), found.context)
    except Error as error:
        return error


def _of_gradient(found: Lifted, relation: Relation, variable: str) -> Compared | Error:
    try:
        derived = certified_derivation(found.parsed("program"), variable)
        claim = _read(relation, found)
        truth = Array(derived.answer.array.axes, derived.answer.array.body)
        if claim.shape != truth.shape:
            return Error(f"its shape is {claim.shape}, and the gradient's is {truth.shape}")
        return compared(variable, truth, _along(claim, truth), derived.answer, derived.context)
    except Error as error:
        return error


def _read(relation: Relation, found: Lifted) -> Array:
    """A right side of the document, read among the program's symbols."""
    array = read(relation.right.rstrip(" .,;"), context=found.context, syntax="latex").array
    return Array(array.axes, array.body)


def _along(claim: Array, truth: Array) -> Array:
    return Array(truth.axes, rename(claim.body, dict(zip(claim.axes, truth.axes, strict=True))))


def _told(found: Counterexample) -> dict[str, Any]:
    """A counterexample as reports have them, whose entries count from 1."""
    entry = {f"entry {k}": place + 1 for k, place in enumerate(found.entry, 1)}
    return {**found.to_dict(), "entry": entry}


def _relation(number: int, at: Relation, verdict: Compared | Error, said: str) -> Relation:
    """What is found, where the document's relation stands."""
    found = replace(
        at, id=number, right=said, verdict="unread", needs=[], facts_used=[], slip="", fix=None, counterexample=None,
        reason="", proof=[], seconds=0.0, trees=(None, None),
    )  # fmt: skip
    if isinstance(verdict, Error):
        return replace(found, reason=f"not compared with {said}: {verdict.message}")
    ok = verdict.verdict in ("proved", "confirmed")
    if verdict.verdict == "unavailable":
        return replace(found, reason=f"not compared with {said}: {verdict.equality}")
    told = f"it is {said}" if ok else f"beside {said}, {verdict.gradient}: {verdict.missing}"
    counterexample = verdict.counterexample
    return replace(
        found,
        verdict=verdict.verdict,
        needs=[f"{fact.fact}({fact.symbol})" for fact in verdict.needs],
        reason=told,
        counterexample=_told(counterexample) if counterexample is not None and not ok else None,
    )
