"""The Python interface. Owns: derive, equal, and what they return. Never: a rule of mathematics of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradwright.certify import verdict as judged_equality
from gradwright.certify.verdict import judge
from gradwright.core.build import rename
from gradwright.core.context import Context
from gradwright.core.errors import Error, plainly
from gradwright.core.index import Dim, Index
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.derivation import LAYOUTS, Derived, Question, certified, derived, replay, require_derivative, weakest
from gradwright.engine.derivatives import resolved
from gradwright.engine.normal import TooLong
from gradwright.engine.passes import normal_form
from gradwright.engine.prove import Proof
from gradwright.engine.simplify import Used
from gradwright.expression import Expression
from gradwright.read.differentials import moving
from gradwright.read.languages import is_latex
from gradwright.read.reader import Parsed, read
from gradwright.read.text.declared import shape_of
from gradwright.read.variables import variables as chosen
from gradwright.write.answer import Result

if TYPE_CHECKING:
    from numpy import ndarray

    from gradwright.certify.certificate import Certificate
    from gradwright.show.differential import Differential


class Derivation:
    """A derivative with the steps that lead to it, or several gradients of one formula.

    ``result``              what was found; ``str()`` of it is the text form
    ``results``             the same by the variable's name, where gradients in several variables were asked for
    ``each``                a derivation by itself for every variable
    ``steps``               every line, lemmas first
    ``differential``        the line the results are read off in matrices, dL = tr(Gᵀ dX); None where there is none
    ``certificate``         how it was checked by arithmetic that shares nothing with the rules
    ``along``               the vector a Hessian is multiplied by, if one is
    ``independent``         whether the entries of a structured variable moved together
    ``facts_used``          the given facts that were needed
    ``almost_everywhere``   where the derivative does not exist, in words (empty if it always does)
    ``suggestions``         facts that would make the result shorter
    """

    def __init__(self, *found: Derived) -> None:
        self._all = found

    @property
    def _derived(self) -> Derived:
        return self._all[0]

    def _certified(self) -> tuple[Derived, ...]:
        self._all = tuple(map(certified, self._all))
        return self._all

    @property
    def derived(self) -> Derived:
        """The value behind it: question, goal, proofs, answer, certificate."""
        return self._derived

    @property
    def source(self) -> str:
        return self._derived.question.source

    @property
    def context(self) -> Context:
        return self._derived.context

    @property
    def goal(self) -> Array:
        return self._derived.goal

    @property
    def wrt(self) -> tuple[str, ...]:
        return tuple(found.wrt[-1] for found in self._all) if len(self._all) > 1 else self._derived.wrt

    @property
    def order(self) -> int:
        return self._derived.order

    @property
    def layout(self) -> str:
        return self._derived.layout

    @property
    def independent(self) -> bool:
        return self._derived.question.independent

    @property
    def along(self) -> str:
        return self._derived.along

    @property
    def variables(self) -> list[tuple[Index, ...]]:
        return list(self._derived.variables)

    @property
    def proofs(self) -> list[Proof]:
        return [proof for found in self._all for proof in found.proofs]

    @property
    def result(self) -> Result:
        if len(self._all) > 1:
            said = " or ".join(f'results["{name}"]' for name in self.wrt)
            raise Error(f"there are {len(self._all)} results, one for each variable", hint=f"say which: {said}")
        return self._derived.answer

    @property
    def results(self) -> dict[str, Result]:
        return {found.wrt[-1]: found.answer for found in self._all}

    @property
    def each(self) -> dict[str, Derivation]:
        return {found.wrt[-1]: Derivation(found) for found in self._all}

    @property
    def orientation(self) -> str:
        return self.result.orientation

    @property
    def suggestions(self) -> list[tuple[str, Result]]:
        return [suggestion for found in self._all for suggestion in found.suggestions]

    @property
    def symbols(self) -> dict[str, dict[str, Any]]:
        """Every symbol with its extents, how they are known (declared, forced, usual, guessed), and why if guessed."""
        parsed = self._derived.question.parsed
        return {
            name: {
                "shape": list(map(str, shape)),
                "known": parsed.known(name),
                "why": parsed.guesses[name].why if name in parsed.guesses else "",
            }
            for name, shape in self.context.symbols.items()
        }

    @property
    def facts_used(self) -> list[str]:
        return list(dict.fromkeys(fact for found in self._all for fact in found.facts_used))

    @property
    def almost_everywhere(self) -> list[str]:
        return list(dict.fromkeys(note for found in self._all for note in found.almost_everywhere))

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Every line as ``{"rule", "title", "before", "after", "used"}``, in index notation."""
        from gradwright.show.outline import step_rows

        return [row for found in self._all for row in step_rows(found)]

    @property
    def differential(self) -> Differential | None:
        """The line that the derivatives are read off, dL = tr(Gᵀ dX) + hᵀ db; None where there is none in matrices."""
        from gradwright.show.differential import last_line

        return last_line(self._all)

    @property
    def certificate(self) -> Certificate:
        """The result, and the very text that is printed, against derivatives by power series in ball arithmetic.

        Of several results it is the certificate of the one that is least sure.
        """
        return weakest([found.certificate for found in self._certified() if found.certificate is not None])

    def pieces(self, detail: str, notation: str, width: int) -> Iterator[list[tuple[str, str]]]:
        """The text form line by line in pieces with a style, for a terminal of that width."""
        from gradwright.show.outline import DETAILS, NOTATIONS, known
        from gradwright.show.render import in_notation
        from gradwright.show.terminal import pieces_of

        known(detail, DETAILS, "detail")
        known(notation, NOTATIONS, "notation")
        return pieces_of(in_notation(self._certified(), detail, notation), notation, width)

    def show(self, detail: str = "textbook", notation: str = "both", format: str = "text") -> str:
        """The derivation as text, latex, markdown or html.

        ``detail``    brief, textbook or full
        ``notation``  index, matrix, both, or differential: every line in matrices, the last one dL = tr(Gᵀ dX)
        """
        from gradwright.show.render import render

        return render(self._certified(), detail=detail, notation=notation, format=format)

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
        bare: bool = False,
        module: Sequence[str] = (),
        keep: str = "values",
    ) -> str:
        """The source of a module that stands alone; ``target``: numpy, jax, torch, native or c.

        ``with_``    of value, gradient, hessian, hvp (the Hessian times a vector) and pullback (a cotangent times the
                     derivative, for layers), computed together
        ``labels``   one-hot symbols that are to be given as whole-number class labels
        ``wrt``      variables whose gradients are computed in one pass, where it is not the derivation's own
        ``batch``    ``n:x,y``: x and y, and the value, gain an axis n in front; gradients in what all samples share are
                     summed over it; ``n`` alone is an axis of every symbol that is not a variable
        ``bare``     the mathematics alone, without what checks and converts arguments
        ``module``   variables that are the parameters of a ``torch.nn.Module``, written beside the function
        ``keep``     what PyTorch's backward pass finds: ``values`` that were computed, or ``arguments``, from which it
                     computes them again
        """
        from gradwright.emit.emitter import emit
        from gradwright.emit.spell.module import Style

        style = Style(bare, tuple(module), keep)
        return emit(self._derived, target, with_, labels, wrt=wrt or self._several, batch=batch, style=style)

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

        return compiled(self._derived, target, with_, labels, wrt=wrt or self._several, batch=batch)

    @property
    def _several(self) -> tuple[str, ...]:
        return self.wrt if len(self._all) > 1 else ()

    def replay(self) -> bool:
        """Apply every rule again and compare every line; an ``Error`` names the first that does not follow."""
        for found in self._all:
            replay(found)
        return True

    def to_dict(self) -> dict[str, Any]:
        """What ``--format json`` prints; of several gradients ``results`` by the variable's name."""
        line = self.differential
        if len(self._all) > 1:
            results = {name: one.to_dict() for name, one in self.each.items()}
            return {
                "source": self.source,
                "wrt": list(self.wrt),
                "order": self.order,
                "differential": str(line) if line is not None else None,
                "results": results,
            }
        return {
            "source": self.source,
            "wrt": list(self.wrt),
            "order": self.order,
            "result": {
                "text": str(self.result),
                "latex": self.result.latex(),
                "index": self.result.index,
                "shape": [dim if isinstance(dim, int) else str(dim) for dim in self.result.shape],
            },
            "differential": str(line) if line is not None else None,
            "layout": self.layout,
            "independent": self.independent,
            "symbols": self.symbols,
            "remarks": list(self._derived.question.parsed.remarks),
            "definitions": {name: str(Result(array, self.context)) for name, array in self.context.definitions.items()},
            "steps": self.steps,
            "facts_used": self.facts_used,
            "suggestions": [{"fact": fact, "result": str(result)} for fact, result in self.suggestions],
            "certificate": self.certificate.to_dict(),
            "almost_everywhere": self.almost_everywhere,
        }

    def __str__(self) -> str:
        return self.show()

    def __repr__(self) -> str:
        known = [found.certificate for found in self._all if found.certificate is not None]
        checked = f", {weakest(known).verdict}" if known else ""
        said = "; ".join(map(str, self.results.values()))
        return f"<Derivation of {self.source!r} in {', '.join(self.wrt)}: {said}{checked}>"

    def _repr_html_(self) -> str:
        return self.show(format="fragment")

    def _repr_latex_(self) -> str:
        return "\n\n".join(result._repr_latex_() for result in self.results.values())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the steps to open; their text where there is no HTML, as in IPython's terminal."""
        return {"text/plain": self.show(), "text/latex": self._repr_latex_(), "text/html": self._repr_html_()}


@dataclass(frozen=True, repr=False)
class Verdict(judged_equality.Verdict):
    """Whether two expressions are equal, as ``equal`` gives it."""

    def _repr_html_(self) -> str:
        """A line for a notebook."""
        from gradwright.show.equality import fragment

        return fragment(self)


@plainly
def derive(
    source: str | Expression | Callable[..., object],
    wrt: str | Expression | Sequence[str | Expression] = "",
    *,
    given: Sequence[str] = (),
    shapes: Mapping[str, Any] | None = None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None = None,
    order: int = 1,
    layout: str = "mixed",
    independent: bool = False,
    along: str = "",
    certify: bool = True,
    syntax: str = "auto",
) -> Derivation:
    """Differentiate a formula and keep every step.

    ``source``     the formula in the text language, definitions first: ``"p = softmax(o); -sum_i(y[i]*log(p[i]))"``;
                   or a function of JAX or PyTorch, whose arguments have the ``shapes`` (as ``formula`` takes them)
    ``wrt``        the variable, as its name or the symbol itself; it may be left out where the formula has one symbol;
                   a list gives the gradient in each, ``results`` by name; with ``order=2`` a pair gives the mixed
                   second derivative
    ``given``      facts: ``["onehot(y)", "symmetric(A)"]``
    ``shapes``     ``{"A": ("n", "m")}`` or ``{"A": "n m"}``; what is not given is inferred
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
    in_latex = not callable(source) and is_latex(_text(source), syntax)
    names = [_name(one, in_latex) for one in ([wrt] if isinstance(wrt, str | Expression) else wrt)]
    facts = [re.sub(r"\((.*)\)", lambda m: f"({_name(m[1], in_latex)})", fact) for fact in given]
    parsed = (
        _of_program(source, shapes, facts)
        if callable(source)
        else _read(source, shapes, functions, facts, syntax, names)
    )
    names = [parsed.renamed.get(name, name) for name in names]
    found = []
    for asked in _asked(wrt, names, order):
        variables = chosen(asked, order, parsed)
        if along and len(variables) == 1:
            variables = (*variables, *variables)
        one = derived(Question(parsed, variables, layout, independent, along))
        found.append(_trusted(one) if certify else one)
    return Derivation(*found)


def _of_program(program: Callable[..., object], shapes: Mapping[str, Any] | None, given: Sequence[str]) -> Parsed:
    """The formula of a program, under the program's name."""
    from gradwright.read.program.lift import Wanted, lifted

    return lifted(program, shapes or {}, Wanted(tuple(given))).parsed(
        getattr(program, "__name__", type(program).__name__)
    )


def certified_derivation(parsed: Parsed, name: str) -> Derived:
    """The derivative of what was read in one variable, with its certificate."""
    return _trusted(derived(Question(parsed, (name,))))


def _asked(wrt: object, names: Sequence[str], order: int) -> list[str | Sequence[str]]:
    """What each derivative is taken in: one variable, several of them in turn, or a pair for the mixed second one."""
    if len(names) < 2:
        return [names[0] if names else ""]
    if order != 1:
        return [names]
    pair = ", ".join(map(repr, names))
    if isinstance(wrt, tuple) or len(set(names)) < len(names):
        hint = f"order=2 with it for the mixed second derivative; a list, [{pair}], for several gradients"
        raise Error(f"({pair}) may mean two things", hint=hint)
    return list(names)


def _name(typed: str | Expression, in_latex: bool) -> str:
    """A symbol as the text language names it, where it is given in LaTeX, or as it stands in a typeset formula."""
    plain = _text(typed)
    if not (is_latex(plain, "auto") or (in_latex and not plain.isascii())):
        return plain
    from gradwright.read.latex.reader import name_in

    return name_in(plain)


def _read(
    source: str | Expression,
    shapes: Mapping[str, Sequence[Dim] | str] | None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None,
    given: Sequence[str],
    syntax: str = "auto",
    wrt: Sequence[str] = (),
    moved: Sequence[str] = (),
) -> Parsed:
    declared = {name: shape_of(shape) for name, shape in (shapes or {}).items()}
    signatures = {name: (shape_of(a), shape_of(v)) for name, (a, v) in (functions or {}).items()}
    if isinstance(source, Expression):
        declared = {**source.shapes, **declared}
    return read(_text(source), shapes=declared, functions=signatures, given=given, syntax=syntax, wrt=wrt, moving=moved)


def _trusted(found: Derived) -> Derived:
    """The derivation with its certificate; an answer that fails it is not shown."""
    checked = certified(found)
    if checked.certificate is not None and checked.certificate.verdict == "refuted":
        raise Error(
            f"this is a bug in gradwright: its own result fails the check and is not shown ({checked.certificate})",
            hint="please report the formula",
        )
    require_derivative(checked)
    return checked


@plainly
def equal(
    left: str | Expression,
    right: str | Expression,
    *,
    given: Sequence[str] = (),
    shapes: Mapping[str, Sequence[Dim] | str] | None = None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None = None,
) -> Verdict:
    """Whether two formulas are equal: proved (normal forms coincide), confirmed or refuted (ball arithmetic).

    They may be differentials: ``d(tr(A*X))`` is ``tr(A*dX)``. What has a dX somewhere moves.

    Raises ``gradwright.Error`` where a side cannot be read or the shapes differ.
    """
    moved = moving(_text(left), _text(right))
    try:
        first, second = _both(left, right, given, shapes, functions, moved)
    except Error as error:
        try:
            known = _shapes_of_both(left, right, shapes, functions, moved)
            first, second = _both(left, right, given, known, functions, moved)
        except Error:
            raise error from None
    if (first.array.shape, first.array.groups) != (second.array.shape, second.array.groups):
        shapes_said = [" × ".join(map(str, side.array.shape)) or "a scalar" for side in (first, second)]
        hint = "where dimensions are the same, declarations of all symbols say so: A: n n, B: n n"
        raise Error(f"the shapes differ: {shapes_said[0]} on the left, {shapes_said[1]} on the right", hint=hint)
    axes = first.array.axes
    body = rename(second.array.body, dict(zip(second.array.axes, axes, strict=True)))
    proved = _proved(first.array.body, body, axes, second.context)
    parts = (*first.parts, *second.parts)
    judged = judge(first.array, Array(axes, body), second.context, proved=proved, parts=parts)
    return Verdict(judged.verdict, judged.certificate)


def _both(
    left: str | Expression,
    right: str | Expression,
    given: Sequence[str],
    shapes: Mapping[str, Sequence[Dim] | str] | None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None,
    moved: Sequence[str],
) -> tuple[Parsed, Parsed]:
    """Two formulas in one context: the second means by its names what the first does."""
    here = [fact for fact in given if _mentions(_text(left), fact)]
    there = [fact for fact in given if fact not in here]
    first = _read(left, shapes, functions, here, moved=moved)
    declared = {name: shape_of(shape) for name, shape in (shapes or {}).items()} | first.context.symbols
    right = _text(right)
    return first, read(right, shapes=declared, functions={}, context=first.context, given=there, syntax="auto",
                       moving=moved)  # fmt: skip


def _shapes_of_both(
    left: str | Expression,
    right: str | Expression,
    shapes: Mapping[str, Sequence[Dim] | str] | None,
    functions: Mapping[str, tuple[Sequence[Dim], Sequence[Dim]]] | None,
    moved: Sequence[str],
) -> dict[str, tuple[Dim, ...]]:
    """What either side says about shapes: ``det(A)*det(B)`` makes A and B square, ``det(A*B)`` equally large."""
    declared = {name: shape_of(shape) for name, shape in (shapes or {}).items()}
    signatures = {name: (shape_of(a), shape_of(v)) for name, (a, v) in (functions or {}).items()}
    found: dict[str, tuple[Dim, ...]] = {}
    for side in (left, right) * 2:
        opened = {name: tuple(f"?{d}" if isinstance(d, str) else d for d in shape) for name, shape in found.items()}
        own = side.shapes if isinstance(side, Expression) else {}
        context = read(
            _text(side), shapes=own | opened | declared, functions=signatures, syntax="auto", moving=moved
        ).context
        found |= {name: shape for name, shape in context.symbols.items() if not context.dims & set(shape)}
    return found | declared


def _mentions(formula: str, fact: str) -> bool:
    """Whether the symbol a fact is about stands in the formula."""
    symbols = re.findall(r"\(\s*(\w+)\s*\)", fact)
    return not symbols or re.search(rf"\b{symbols[-1]}\b", formula) is not None


def _proved(left: Node, right: Node, axes: Sequence[Index], context: Context) -> bool:
    try:
        left, right = resolved(left, context), resolved(right, context)
        return normal_form(left, axes, context, Used()) is normal_form(right, axes, context, Used())
    except TooLong:
        return left is right


def _text(source: str | Expression) -> str:
    return source.text if isinstance(source, Expression) else source
