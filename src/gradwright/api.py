"""The Python interface. Owns: derive, equal, Derivation. Never: a rule of mathematics of its own."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from gradwright.abbreviate import abbreviate, abbreviate_all, axis_names
from gradwright.answer import Result, joined_array, laid_out, length_as_written, named_axes
from gradwright.core.build import entry, mul, rename, total
from gradwright.core.context import Context, Facts, Given
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import Array, Entry, Node, Reduce, walk
from gradwright.expression import Expression
from gradwright.normal import TooLong
from gradwright.prove import Proof, Prover, normal_form, replay
from gradwright.read.grammar import is_latex
from gradwright.read.text import Parsed, read
from gradwright.simplify import Used
from gradwright.tables.structure import STRUCTURES, structure_of
from gradwright.variables import variables as chosen

if TYPE_CHECKING:
    from numpy import ndarray

    from gradwright.certify.certificate import Certificate
    from gradwright.certify.verdict import Verdict

Layout = Literal["mixed", "numerator", "denominator"]
LAYOUTS: dict[str, str] = {
    "mixed": "axes of the function, then axes of the variable",
    "numerator": "a row per output; the derivative of a scalar is transposed",
    "denominator": "axes of the variable first: ∇(uᵀ)_ij = ∂u_j/∂x_i",
}
_MOST_NODES = 1000  # of a result for which shorter forms are sought
_WRT_LETTERS = ("k", "l", "q", "r", "s", "t", "a", "b", "c", "d")


@dataclass(repr=False)
class Derivation:
    """A derivative with the steps that lead to it.

    ``result``              what was found; ``str()`` of it is the text form
    ``steps``               every line, lemmas first
    ``certificate``         how it was checked by arithmetic that shares nothing with the rules
    ``along``               the vector a Hessian is multiplied by, if one is
    ``independent``         whether the entries of a structured variable moved together
    ``facts_used``          the given facts that were needed
    ``almost_everywhere``   where the derivative does not exist, in words (empty if it always does)
    ``suggestions``         facts that would make the result shorter
    """

    source: str
    context: Context
    goal: Array
    wrt: tuple[str, ...]
    layout: str
    orientation: str
    proofs: list[Proof]
    variables: list[tuple[Index, ...]]
    result: Result
    independent: bool = False
    along: str = ""
    suggestions: list[tuple[str, Result]] = field(default_factory=list)

    @property
    def order(self) -> int:
        return len(self.wrt)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Every line as ``{"rule", "title", "before", "after", "used"}``, in index notation."""
        from gradwright.show.outline import step_rows

        return step_rows(self)

    @property
    def facts_used(self) -> list[str]:
        return list(dict.fromkeys(f for p in self.proofs for s in p.simplified for f in s.used))

    @property
    def almost_everywhere(self) -> list[str]:
        return list(dict.fromkeys(note for proof in self.proofs for note in proof.almost))

    @cached_property
    def certificate(self) -> Certificate:
        """The result, and the very text that is printed, against derivatives by power series in ball arithmetic."""
        wrt = list(zip(self.wrt, self.variables, strict=True))
        try:
            printed = read(str(self.result), context=self.context)
            if printed.array.groups == self.result.array.groups:
                found = self._certified(wrt, printed)
                if found.verdict != "refuted":
                    return found
        except Error:
            pass
        # Matrix notation that does not read back to the result is not printed: index notation is.
        self.result.use_index_notation()
        printed = read(str(self.result), context=self.context)
        return self._certified(wrt, printed)

    def _certified(self, wrt: list[tuple[str, tuple[Index, ...]]], printed: Parsed) -> Certificate:
        from gradwright.certify.certificate import certify

        return certify(
            self.goal,
            wrt,
            self.result.array,
            printed.context,
            printed=printed.array,
            independent=self.independent,
            along=self.along,
        )

    def show(self, detail: str = "textbook", notation: str = "both", format: str = "text") -> str:
        """The derivation as text, latex, markdown or html; ``detail``: brief, textbook, full."""
        from gradwright.show import render

        return render(self, detail=detail, notation=notation, format=format)

    def evaluate(self, **arrays: ndarray | float) -> ndarray:
        """The result at plain NumPy values: an array whose axes are the result's axes."""
        from gradwright.certify.arrays import evaluate

        return evaluate(self.result.array, self.context, arrays)

    def emit(
        self,
        target: str = "numpy",
        with_: Sequence[str] = ("value", "gradient"),
        labels: Sequence[str] = (),
        wrt: Sequence[str] = (),
        batch: str = "",
    ) -> str:
        """The source of a module that stands alone; ``target``: numpy, jax, torch or native.

        ``with_``    of value, gradient, hessian and hvp (the Hessian times a vector), computed together
        ``labels``   one-hot symbols that are to be given as whole-number class labels
        ``wrt``      variables whose gradients are computed in one pass, where it is not the derivation's own
        ``batch``    ``n:x,y``: x and y, and the value, gain an axis n in front; gradients in what all samples share are
                     summed over it; ``n`` alone is an axis of every symbol that is not a variable
        """
        from gradwright.emit.emitter import emit

        return emit(self, target, with_, labels, wrt=wrt, batch=batch)

    def compile(
        self,
        target: str = "numpy",
        with_: Sequence[str] = ("value", "gradient"),
        labels: Sequence[str] = (),
        wrt: Sequence[str] = (),
        batch: str = "",
    ) -> Callable[..., Any]:
        """The function that ``emit`` prints, ready to call."""
        from gradwright.emit.emitter import compiled

        return compiled(self, target, with_, labels, wrt=wrt, batch=batch)

    def replay(self) -> bool:
        """Apply every rule again and compare every line; an ``Error`` names the first that does not follow."""
        for proof in self.proofs:
            replay(proof)
        return True

    def to_dict(self) -> dict[str, Any]:
        """What ``--format json`` prints."""
        return {
            "source": self.source,
            "wrt": list(self.wrt),
            "order": self.order,
            "result": {
                "text": str(self.result),
                "latex": self.result.latex(),
                "index": self.result.index,
                "shape": list(self.result.shape),
            },
            "layout": self.layout,
            "independent": self.independent,
            "definitions": {name: str(Result(a, self.context)) for name, a in self.context.definitions.items()},
            "steps": self.steps,
            "facts_used": self.facts_used,
            "suggestions": [{"fact": fact, "result": str(result)} for fact, result in self.suggestions],
            "certificate": self.certificate.to_dict(),
            "almost_everywhere": self.almost_everywhere,
        }

    def __str__(self) -> str:
        return self.show()

    def __repr__(self) -> str:
        certificate = self.__dict__.get("certificate")
        checked = f", {certificate.verdict}" if certificate is not None else ""
        return f"<Derivation of {self.source!r} in {', '.join(self.wrt)}: {self.result}{checked}>"

    def _repr_html_(self) -> str:
        return self.show(format="fragment")

    def _repr_latex_(self) -> str:
        return self.result._repr_latex_()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the steps to open; their text where there is no HTML, as in IPython's terminal."""
        return {"text/plain": self.show(), "text/latex": self._repr_latex_(), "text/html": self._repr_html_()}


def derive(
    source: str | Expression,
    wrt: str | Expression | Sequence[str | Expression] = "",
    *,
    given: Sequence[str] = (),
    shapes: Mapping[str, Sequence[Dim]] | None = None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None = None,
    order: int = 1,
    layout: str = "mixed",
    independent: bool = False,
    along: str = "",
    certify: bool = True,
    syntax: str = "auto",
) -> Derivation:
    """Differentiate a formula and keep every step.

    ``source``     the formula in the text language, definitions first: ``"p = softmax(o); -sum_i(y[i]*log(p[i]))"``
    ``wrt``        the variable, as its name or the symbol itself; a pair for a mixed second derivative; it may be left
                   out where the formula has one symbol
    ``given``      facts: ``["onehot(y)", "symmetric(A)"]``
    ``shapes``     ``{"A": ("n", "m")}``; what is not given is inferred
    ``functions``  unknown functions as ``{"u": (("n",), ("m",))}``: axes of the argument, axes of the value
    ``layout``     mixed (axes of the function, then of the variable), numerator or denominator
    ``independent``  differentiate in the independent entries of a symmetric, diagonal, … variable, not as if free
    ``along``      a name: the Hessian of a scalar times a vector (or matrix) of that name, shaped like the variable
    ``certify``    check the result against ball arithmetic before returning it
    ``syntax``     text, latex (definitions stand in any order, as a display or bare) or auto: latex for what has a
                   backslash, a brace or two dollar signs; the names in ``wrt`` and ``given`` may be LaTeX too

    Raises ``gradwright.Error``, with the span it points at, for anything it cannot read or has no rule for.
    """
    if layout not in LAYOUTS:
        raise Error(f"unknown layout {layout!r}", hint="one of " + ", ".join(LAYOUTS))
    names = _text(wrt) if isinstance(wrt, str | Expression) else [_text(one) for one in wrt]
    if is_latex(_text(source), syntax):
        return _from_latex(source, syntax, names, given=given, shapes=shapes, functions=functions, order=order,
                           layout=layout, independent=independent, along=along, certify=certify)  # fmt: skip
    with _collection_paused():
        parsed = _read(source, shapes, functions, given)
        variables = chosen(names, order, parsed)
        if independent:
            _require_structure(variables, parsed.context)
        if along:
            variables = (*variables, *variables) if len(variables) == 1 else variables
            _declare_direction(along, variables, parsed)
        derivation = _derive(parsed, variables, layout, independent, along)
        derivation.suggestions = _suggestions(derivation, parsed, variables)
    if certify:
        _require_certificate(derivation)
    return derivation


def _from_latex(source: str | Expression, syntax: str, wrt: str | Sequence[str], **options: Any) -> Derivation:
    """Derive what the LaTeX says in the text language; errors point into the LaTeX."""
    from gradwright.document.formula import in_text, name_in_text

    written = in_text(_text(source), syntax)

    def name(typed: str) -> str:
        plain = name_in_text(typed)
        return written.renamed.get(plain, plain)

    names = name(wrt) if isinstance(wrt, str) else [name(one) for one in wrt]
    given = [re.sub(r"\((.*)\)", lambda m: f"({name(m[1])})", fact) for fact in options["given"]]
    shapes = {**written.shapes, **(options["shapes"] or {})}
    with written.errors():
        return derive(written.text, names, syntax="text", **{**options, "given": given, "shapes": shapes})


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Pause Python's cycle collector: a derivation keeps nearly all it makes, and each sweep visits all of it again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read(
    source: str | Expression,
    shapes: Mapping[str, Sequence[Dim]] | None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None,
    given: Sequence[str],
) -> Parsed:
    declared = {name: tuple(shape) for name, shape in (shapes or {}).items()}
    if isinstance(source, Expression):
        declared = {**source.shapes, **declared}
        source = source.text
    signatures = {name: (tuple(a), tuple(v)) for name, (a, v) in (functions or {}).items()}
    return read(source, shapes=declared, functions=signatures, given=given)


def _require_structure(names: Sequence[str], context: Context) -> None:
    for name in names:
        if structure_of(name, context.facts) is None:
            known = ", ".join(dict.fromkeys(fact for row in STRUCTURES for fact in row.facts))
            raise Error(f"nothing ties the entries of {name} together", hint=f"give one of its facts: {known}")


def _declare_direction(name: str, variables: Sequence[str], parsed: Parsed) -> None:
    """The direction of a Hessian-vector product as a symbol shaped like the variable."""
    context = parsed.context
    shape = context.symbols[variables[0]]
    if len(set(variables)) > 1 or parsed.array.axes:
        raise Error("a Hessian is multiplied by a vector for a scalar function and one variable")
    if name in context.definitions or context.symbols.get(name, shape) != shape or not name.isidentifier():
        raise Error(f"{name} is not a name for a direction shaped like {variables[0]}")
    if name not in context.symbols:
        context.symbols[name] = shape
        context.order.append(name)


def _derive(parsed: Parsed, wrt: tuple[str, ...], layout: str, independent: bool, along: str) -> Derivation:
    context = parsed.context
    goal = named_axes(parsed.array, context, avoid=_WRT_LETTERS[:2])
    body = abbreviate_all(goal.body, context)
    letters = iter(axis_names(sum(len(context.symbols[n]) for n in wrt), context, first=_WRT_LETTERS,
                              avoid=[str(a.name) for a in goal.axes]))  # fmt: skip
    variables = [tuple(free_index(next(letters), dim) for dim in context.symbols[name]) for name in wrt]
    proofs: list[Proof] = []
    current = replace(goal, body=body)
    for taken, (name, slots) in enumerate(zip(wrt, variables, strict=True), start=1):
        known = context if taken == len(wrt) else _without_facts_on(wrt, context)
        prover = Prover(known, name, slots, length_as_written(known))
        proof = prover.prove(current, "")
        if independent:
            prover.tie(proof)
        proofs += [*(p for p in prover.lemmas if not _shown(p, proofs)), proof]
        current = Array((*current.axes, *slots), abbreviate(proof.result, context))
        if along and taken == 1:
            current = Array(goal.axes, total(slots, mul(current.body, entry(along, *slots))))
    parts, orientation = laid_out(goal.parts, variables[1:] if along else variables, layout)
    if parsed.orientation == "row" and layout == "denominator" and orientation == "row":
        orientation = "column"
    result = Result(joined_array(parts, current.body), context, orientation, nabla=layout == "denominator")
    return Derivation(
        context.source, context, goal, wrt, layout, orientation, proofs, variables, result, independent, along
    )


def _without_facts_on(wrt: Sequence[str], context: Context) -> Context:
    """Until the last derivative is taken its variables are free: that A is symmetric holds at A, not around it."""
    return replace(context, facts=Facts(g for g in context.facts.given if g.symbol not in wrt))


def _shown(lemma: Proof, proofs: Sequence[Proof]) -> bool:
    """The same lemma in the same variable, only with other letters, need not be shown twice."""
    return any(p.subject is lemma.subject and p.goal.name == lemma.goal.name for p in proofs)


def _suggestions(derivation: Derivation, parsed: Parsed, wrt: tuple[str, ...]) -> list[tuple[str, Result]]:
    """Facts that would make the result shorter, each tried: Σ y that could be 1, A beside Aᵀ."""
    context = derivation.context
    if _extent(derivation.result.array.body) > _MOST_NODES:
        return []
    tries: dict[tuple[str, str], None] = {}
    body = derivation.result.array.body
    for node in walk(body):
        if not (
            isinstance(node, Reduce) and node.op == "sum" and isinstance(node.body, Entry) and len(node.bound) == 1
        ):
            continue
        if node.body.name in context.symbols and node.body.name not in wrt:
            tries["simplex" if len(node.body.slots) == 1 else "simplex_rows", node.body.name] = None
    square = {
        n.name for n in walk(body) if isinstance(n, Entry) and len(n.slots) == 2 and n.slots[0].dim == n.slots[1].dim
    }
    tries |= {("symmetric", name): None for name in sorted(square & set(context.symbols)) if name not in wrt}
    found = []
    for fact, name in tries:
        if context.facts.ask(fact, name) is None:
            shorter = _with_fact(derivation, Given(fact, name))
            if shorter is not None:
                found.append((f"{fact}({name})", shorter))
    return found


def _with_fact(derivation: Derivation, extra: Given) -> Result | None:
    """The result under one more fact, if that makes it shorter."""
    old = derivation.context
    context = replace(old, facts=Facts((*old.facts.given, extra)))
    prover = Prover(context, derivation.wrt[0], derivation.variables[0], length_as_written(context))
    before = derivation.result
    body = prover.simplified(before.array.body, before.array.axes)
    after = Result(replace(before.array, body=body), context, before.orientation, before.nabla)
    return after if _extent(body) < _extent(before.array.body) else None


def _extent(body: Node) -> int:
    return sum(1 for _ in walk(body))


def _require_certificate(derivation: Derivation) -> None:
    certificate = derivation.certificate
    if certificate.verdict == "refuted":
        raise Error(
            f"this is a bug in gradwright: its own result fails the check and is not shown ({certificate})",
            hint="please report the formula",
        )


def equal(
    left: str | Expression,
    right: str | Expression,
    *,
    given: Sequence[str] = (),
    shapes: Mapping[str, Sequence[Dim]] | None = None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None = None,
) -> Verdict:
    """Whether two formulas are equal: proved (normal forms coincide), confirmed or refuted (ball arithmetic).

    Raises ``gradwright.Error`` where a side cannot be read or the shapes differ.
    """
    from gradwright.certify.verdict import judge

    try:
        first, second = _both(left, right, given, shapes, functions)
    except Error as error:
        try:
            first, second = _both(left, right, given, _shapes_of_both(left, right, shapes, functions), functions)
        except Error:
            raise error from None
    if (first.array.shape, first.array.groups) != (second.array.shape, second.array.groups):
        raise Error(f"the shapes differ: {first.array.shape} on the left, {second.array.shape} on the right")
    axes = first.array.axes
    body = rename(second.array.body, dict(zip(second.array.axes, axes, strict=True)))
    proved = _proved(first.array.body, body, axes, second.context)
    return judge(first.array, Array(axes, body), second.context, proved=proved)


def _both(
    left: str | Expression,
    right: str | Expression,
    given: Sequence[str],
    shapes: Mapping[str, Sequence[Dim]] | None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None,
) -> tuple[Parsed, Parsed]:
    """Two formulas in one context: the second means by its names what the first does."""
    here = [fact for fact in given if _mentions(_text(left), fact)]
    there = [fact for fact in given if fact not in here]
    first = _read(left, shapes, functions, here)
    declared = {name: tuple(shape) for name, shape in (shapes or {}).items()} | first.context.symbols
    return first, read(_text(right), shapes=declared, functions={}, context=first.context, given=there)


def _shapes_of_both(
    left: str | Expression,
    right: str | Expression,
    shapes: Mapping[str, Sequence[Dim]] | None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None,
) -> dict[str, Sequence[Dim]]:
    """What either side says about shapes: ``det(A)*det(B)`` makes A and B square, ``det(A*B)`` equally large."""
    declared = dict(shapes or {})
    found: dict[str, Sequence[Dim]] = {}
    for side in (left, right) * 2:
        opened = {name: [f"?{d}" if isinstance(d, str) else d for d in shape] for name, shape in found.items()}
        context = _read(side, opened | declared, functions, ()).context
        found |= {name: shape for name, shape in context.symbols.items() if not context.dims & set(shape)}
    return found | declared


def _mentions(formula: str, fact: str) -> bool:
    """Whether the symbol a fact is about stands in the formula."""
    symbols = re.findall(r"\(\s*(\w+)\s*\)", fact)
    return not symbols or re.search(rf"\b{symbols[-1]}\b", formula) is not None


def _proved(left: Node, right: Node, axes: Sequence[Index], context: Context) -> bool:
    try:
        return normal_form(left, axes, context, Used()) is normal_form(right, axes, context, Used())
    except TooLong:
        return left is right


def _text(source: str | Expression) -> str:
    return source.text if isinstance(source, Expression) else source
