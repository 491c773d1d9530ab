"""Reading a formula: from characters to an array in a context. Owns: the order of the work, and what a reader is told
of it. Never: differentiates.

The tree says what its symbols can be (``evidence``), the ranks that nobody declared are those with the fewest signs of
a misreading (``ranks``), and the elaborator gives the meaning (``meaning``). Where the tree itself may be one of two (a
prime in LaTeX transposes or makes another symbol), the one with fewer such signs is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error, Span
from gradwright.core.facts import FACTS, Facts, Given
from gradwright.core.index import Dim, names_of
from gradwright.core.node import Array
from gradwright.core.node import Node as Scalar
from gradwright.core.record import dataclass
from gradwright.read.differentials import with_differentials
from gradwright.read.evidence import CONSTANT_RANKS, Evidence, Known, evidence
from gradwright.read.languages import is_latex
from gradwright.read.letters import CONSTANTS
from gradwright.read.meaning.meaning import Meaning, meaning
from gradwright.read.ranks import Guess, Open, Ranks, inferred, vector_instead
from gradwright.read.reading import Reading
from gradwright.read.sketch import Kind, Sketch, evaluated, sketched
from gradwright.read.stated import fitting, stated
from gradwright.read.syntax import (
    Call,
    Derivative,
    Group,
    Indexed,
    Name,
    Node,
    Power,
    Product,
    Program,
    Sum,
    rewritten,
    walk,
)
from gradwright.read.text import reader as text

Shapes = Mapping[str, tuple[Dim, ...]]
Functions = Mapping[str, tuple[tuple[Dim, ...], tuple[Dim, ...]]]


@dataclass(frozen=True)
class Parsed:
    """A formula read.

    ``orientation``  how a single axis lies
    ``names``        where names stand in the source
    ``declared``     the shapes that were given, whether or not the formula has such a symbol
    ``asked``        the variables of a derivative that the formula itself writes, ∂/∂X of it
    ``guesses``      the ranks of symbols that nobody declared, with the reason where it is not the letter alone
    ``remarks``      what else of the reading a person should know
    ``renamed``      families of vectors x_i that have become the rows of a matrix X
    ``entries``      arrays of which something may be an entry by a letter that nothing binds: s of s_y
    ``parts``        the value of every part as it is written, but those under a condition: some cancel in the whole
    ``program``      the tree that was taken, None of what no text was read for
    """

    array: Array
    orientation: str
    context: Context
    names: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    declared: Shapes = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    guesses: Mapping[str, Guess] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Span] = field(default_factory=dict)
    parts: tuple[Scalar, ...] = ()
    program: Program | None = None

    def known(self, name: str) -> str:
        """How the shape of a symbol is known: declared, forced by its indices, usual for its letter, or guessed."""
        guess = self.guesses.get(name)
        if guess is None:
            return "declared"
        return "forced" if guess.forced else "guessed" if guess.why else "usual"


def read(
    source: str,
    *,
    shapes: Shapes | None = None,
    functions: Functions | None = None,
    given: Sequence[str] = (),
    context: Context | None = None,
    syntax: str = "text",
    strict: bool = False,
    wrt: Sequence[str] = (),
    moving: Sequence[str] = (),
) -> Parsed:
    """Read a formula; with a ``context``, read a further one in which its names mean what they mean there.

    ``syntax``  text, latex or auto
    ``strict``  as it is printed: no spelling is forgiven
    ``wrt``     symbols that are variables, so that I among them is no identity
    ``moving``  symbols X whose dX is written, in this formula or in one that it is compared with
    """
    asked = _Asked(
        source,
        shapes or {},
        functions or {},
        tuple(map(stated, given)),
        context or Context(),
        tuple(wrt),
        tuple(moving),
    )
    candidates = _candidates(asked, strict, is_latex(source, syntax))
    best = _with_families(min(candidates, key=lambda candidate: candidate.ranks.cost))  # of equals the first
    reading = best.reading(is_latex(source, syntax))
    result = meaning(best.program, reading)
    made = _context(best, result, reading)
    made.facts = Facts([*made.facts.given, *(fitting(item, made) for item in best.asked.facts)])
    offered = "" if strict else _offered(best)
    guesses = {name: guess for name, guess in best.ranks.guesses.items() if name in made.symbols}
    remarks = (*dict.fromkeys(best.remarks), *result.remarks, *([offered] if offered else []))
    return Parsed(result.value.array, result.value.plain, made, best.evidence.spans, best.shapes, best.variables,
                  guesses, remarks, best.renamed, best.evidence.entries, result.parts,
                  best.program)  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """What is to be read, with everything known beforehand."""

    source: str
    shapes: Shapes
    functions: Functions
    facts: tuple[Given, ...]
    before: Context
    wrt: tuple[str, ...]
    moving: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Symbols that mean something by themselves: before a bracket they are factors, and no functions."""
        return frozenset((*self.shapes, *self.before.symbols, *self.before.definitions))

    @property
    def signatures(self) -> dict[str, Signature]:
        given = {name: Signature(tuple(a), tuple(v)) for name, (a, v) in self.functions.items()}
        return {**self.before.functions, **given}


@dataclass(frozen=True)
class _Candidate:
    """One tree of what was typed, with the ranks under which it makes most sense."""

    asked: _Asked
    program: Program
    variables: tuple[str, ...]
    remarks: tuple[str, ...]
    shapes: Shapes
    evidence: Evidence
    sketch: Sketch
    ranks: Ranks
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def known_shapes(self) -> Shapes:
        return {**self.asked.before.symbols, **self.shapes}

    @property
    def fixed(self) -> dict[str, int]:
        return _fixed(self.asked, self.known_shapes, self.evidence)

    def reading(self, in_latex: bool) -> Reading:
        found, sketch = self.evidence, self.sketch
        known = _known(self.asked, self.known_shapes)
        guessed = {name: guess.rank for name, guess in self.ranks.guesses.items()}
        exponents = _dimensions(sketch, {**self.fixed, **guessed}, guessed)
        constants = {n for n, rank in CONSTANTS.items() if guessed.get(n) == rank and self._is_constant(n)}
        return Reading(
            source=self.asked.source,
            shapes=self.known_shapes,
            inner=self.asked.before.inner,
            ranks={name: rank for name, rank in guessed.items() if name not in exponents | constants},
            functions=self.asked.signatures,
            unknown=found.unknown,
            definitions=self.asked.before.definitions,
            dims=known.dims | found.dims | exponents,
            square=tuple(item.symbol for item in self.asked.facts if FACTS[item.fact].square),
            later=found.defined,
            reserved=found.letters | frozenset(found.spans),
            reduced=frozenset(step.node for step in sketch.steps if step.place.reduced),
            entrywise=frozenset(_beside_hadamard(self.program)),
            matrices=in_latex,
            first=int(in_latex),
            python=sketch.python,
            contracting=sketch.contracting,
            moving=self.asked.moving,
        )

    def _is_constant(self, name: str) -> bool:
        symbol = self.evidence.symbols[name]
        return (
            (name == "I" or not symbol.font) and not symbol.indices and name not in (*self.asked.wrt, *self.variables)
        )


def _candidates(asked: _Asked, strict: bool, in_latex: bool) -> list[_Candidate]:
    """The trees that what was typed may stand for; at least one, or its error."""
    found: list[_Candidate] = []
    first: Error | None = None
    for program in _in_latex(asked) if in_latex else (_in_text(asked, strict),):
        try:
            found.append(_candidate(asked, *program()))
        except Error as error:
            first = first or error
    if not found:
        assert first is not None
        raise first
    return found


_Read = tuple[Program, tuple[str, ...]]
"""A tree, and what was remarked as it was read."""


def _in_text(asked: _Asked, strict: bool) -> Callable[[], _Read]:
    def program() -> _Read:
        tree, remarks = text.program_of(asked.source, asked.names, strict)
        tree = with_differentials(tree, asked.moving) if asked.moving else tree
        return tree, tuple(remark.words for remark in remarks)

    return program


def _in_latex(asked: _Asked) -> list[Callable[[], _Read]]:
    """One for each way to take the formula. The reader of LaTeX is imported by whoever has some."""
    from gradwright.read.latex import reader as latex

    def way(choice: latex.Choice) -> Callable[[], _Read]:
        return lambda: (latex.program_of(asked.source, asked.names, choice), ())

    return [way(choice) for choice in latex.choices(asked.source)]


def _candidate(asked: _Asked, program: Program, remarks: tuple[str, ...]) -> _Candidate:
    program, variables = _unasked(program)
    functions = {item.name.stem: (item.extents, item.value) for item in program.declared if item.value is not None}
    asked = replace(asked, functions={**asked.functions, **functions})
    shapes = {name: tuple(shape) for name, shape in asked.shapes.items()}
    shapes |= {item.name.stem: item.extents for item in program.declared if item.value is None}
    known_shapes = {**asked.before.symbols, **shapes}
    found = evidence(program, _known(asked, known_shapes))
    sketch = sketched(program)
    symbols = {name: _with_facts(name, symbol, asked.facts) for name, symbol in found.symbols.items()}
    ranks = inferred(sketch, _fixed(asked, known_shapes, found), symbols)
    return _Candidate(asked, program, variables, remarks, shapes, found, sketch, ranks)


def _offered(best: _Candidate) -> str:
    """The other reading of a formula of numbers that may be one of vectors, and how it is asked for."""
    name = vector_instead(best.sketch, best.fixed, best.evidence.symbols, best.ranks)
    dim = next(letter for letter in "nmkpqrsd" if letter not in best.evidence.spans) if name else ""
    return f"every symbol is a number; if {name} is a vector, declare '{name}: {dim}'" if name else ""


def _with_families(best: _Candidate) -> _Candidate:
    """Vectors x_i become the rows of a matrix, which is called X if nothing else is."""
    found = best.evidence
    families = {
        name: name.upper()
        for name, guess in best.ranks.guesses.items()
        if len(name) == 1 and name.islower() and guess.rank == found.symbols[name].indices + 1 == 2
        and name.upper() not in found.spans
    }  # fmt: skip
    if not families:
        return best
    _require_members(best.program, families, best.asked.source)
    facts = tuple(replace(item, symbol=families.get(item.symbol, item.symbol)) for item in best.asked.facts)
    wrt = tuple(families.get(name, name) for name in best.asked.wrt)

    def change(node: Node) -> Node:
        return replace(node, stem=families.get(node.stem, node.stem)) if isinstance(node, Name) else node

    program = rewritten(best.program, change)
    again = _candidate(replace(best.asked, facts=facts, wrt=wrt), program, best.remarks)
    variables = tuple(families.get(name, name) for name in best.variables)
    said = tuple(f"the vectors {name} are the rows of {matrix}" for name, matrix in families.items())
    return replace(again, variables=variables, renamed=families, remarks=(*best.remarks, *said))


def _require_members(program: Program, families: Mapping[str, str], source: str) -> None:
    """A family x_i that stands without its index is not all of them together, but some vector of the same letter."""
    members = {node.base for node in walk(program) if isinstance(node, Indexed)}
    for node in walk(program):
        if isinstance(node, Name) and node.stem in families and node not in members:
            said = f"{node.stem} stands here alone, and elsewhere with an index, as one of several vectors"
            raise Error(said, node.span, source, f"call it otherwise, {node.stem}_0, if it is another vector")


def _unasked(program: Program) -> tuple[Program, tuple[str, ...]]:
    """The formula below a derivative that was pasted with it, and the variables of that."""
    body = program.body
    while isinstance(body, Group):
        body = body.body
    if not isinstance(body, Derivative) or body.body is None:
        return program, ()
    names = tuple(variable.stem for variable in body.wrt if isinstance(variable, Name))
    return (replace(program, body=body.body), names) if len(names) == len(body.wrt) else (program, ())


def _known(asked: _Asked, shapes: Shapes) -> Known:
    dims = [d for shape in shapes.values() for d in shape]
    dims += [d for s in asked.signatures.values() for d in (*s.argument, *s.value)]
    named = asked.before.dims | names_of(*dims)
    definitions = frozenset(asked.before.definitions)
    return Known(asked.source, frozenset(shapes), frozenset(asked.signatures), definitions, named)


def _fixed(asked: _Asked, shapes: Shapes, found: Evidence) -> dict[str, int]:
    """The ranks that are not open."""
    ranks = {name: len(shape) for name, shape in shapes.items()} | CONSTANT_RANKS
    ranks |= {name: len(array.shape) for name, array in asked.before.definitions.items()}
    return ranks | dict.fromkeys(found.dims, 0) | {f"{name}()": rank for name, rank in found.unknown.items()}


def _with_facts(name: str, symbol: Open, facts: Sequence[Given]) -> Open:
    """A symbol of which a fact is given has as many axes as the fact can be said of."""
    allowed = symbol.allowed
    for item in facts:
        if item.symbol == name:
            allowed &= frozenset(FACTS[item.fact].ranks)
    return replace(symbol, allowed=allowed)


def _dimensions(sketch: Sketch, ranks: Mapping[str, int], guessed: Mapping[str, int]) -> frozenset[str]:
    """A symbol in the exponent of a matrix is a dimension: a whole number that is nobody's entry."""
    parts = evaluated(sketch, ranks).parts
    return frozenset(
        name.stem
        for step in sketch.steps
        if isinstance(step.node, Power) and not step.node.entrywise and parts[step.below[0]].kind is Kind.MATRIX
        for name in walk(step.node.exponent)
        if isinstance(name, Name) and name.stem in guessed
    )


def _beside_hadamard(program: Program) -> Iterator[Node]:
    """Functions whose matrix stands in a Hadamard product go by entries, as it does."""
    for node in walk(program):
        if isinstance(node, Product) and any(sign in (".*", "./") for sign, _ in node.factors):
            for _, factor in node.factors:
                yield from _terms(factor)


def _terms(node: Node) -> Iterator[Node]:
    if isinstance(node, Group):
        yield from _terms(node.body)
    elif isinstance(node, Sum):
        for _, term in node.terms:
            yield from _terms(term)
    elif isinstance(node, Call):
        yield node


def _context(best: _Candidate, result: Meaning, reading: Reading) -> Context:
    asked, found, before = best.asked, best.evidence, best.asked.before
    mentioned = {*found.spans, *(item.symbol for item in asked.facts), *before.symbols}
    known = {*result.shapes, *result.functions, *result.definitions, *reading.dims}
    decimals = bool(re.search(r"\d\.\d", asked.source))
    moved = {f"d{name}": result.shapes[name] for name in asked.moving if name in result.shapes}
    return Context(
        source=asked.source,
        symbols={name: shape for name, shape in result.shapes.items() if name in mentioned} | moved,
        inner={name: parts for name, parts in result.inner.items() if name in mentioned},
        definitions=dict(result.definitions),
        functions={n: s for n, s in result.functions.items() if n in found.spans or n in before.functions},
        facts=before.facts,
        order=[name for name in dict.fromkeys([*before.order, *found.spans, *moved]) if name in {*known, *moved}],
        decimals=before.decimals if before.source else decimals,
        introduced=list(before.introduced),
        dims=reading.dims,
    )
