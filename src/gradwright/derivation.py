"""A derivation as a value. Owns: the goal, its proofs, the answer and its certificate. Never: reads, prints, emits."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gradwright.core.build import ZERO, deriv, entry, mul, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import Facts, Given, of_rank
from gradwright.core.index import Index, free_index
from gradwright.core.node import Apply, Array, Entry, Node, Reduce, grouped, walk
from gradwright.core.record import dataclass
from gradwright.engine.abbreviate import abbreviate, abbreviate_all, axis_names
from gradwright.engine.prove import Proof, Prover
from gradwright.engine.prove import replay as replay_proof
from gradwright.read.reader import Parsed, read
from gradwright.tables.scalars import FUNCTIONS
from gradwright.tables.structure import STRUCTURES, structure_of
from gradwright.write.answer import Result, joined_array, laid_out, length_as_written, named_axes

if TYPE_CHECKING:
    from gradwright.certify.report import Certificate

LAYOUTS: dict[str, str] = {
    "mixed": "axes of the function, then axes of the variable",
    "numerator": "a row per output; the derivative of a scalar is transposed",
    "denominator": "axes of the variable first: ∇(uᵀ)_ij = ∂u_j/∂x_i",
}
_MOST_NODES = 1000  # of a result for which shorter forms are sought
_WRT_LETTERS = ("k", "l", "q", "r", "s", "t", "a", "b", "c", "d")


@dataclass(frozen=True)
class Question:
    """What is asked: the derivative of what was read in the variables, one for each order.

    ``along``        the name of the vector that a Hessian is multiplied by, or empty
    ``independent``  whether the entries of a structured variable move together
    """

    parsed: Parsed
    wrt: tuple[str, ...]
    layout: str = "mixed"
    independent: bool = False
    along: str = ""

    @property
    def source(self) -> str:
        return self.parsed.context.source

    @property
    def order(self) -> int:
        return len(self.wrt)


@dataclass(frozen=True)
class Derived:
    """A derivative with everything that leads to it.

    ``goal``         what is differentiated, its axes named
    ``context``      what is known beside it, with the names that were given to softmaxes written out
    ``variables``    the index letters of each variable
    ``proofs``       the lemmas first, then the goal, once for each order
    ``answer``       what was found, as a person writes it
    ``certificate``  None until ``certified`` has been asked
    """

    question: Question
    goal: Array
    context: Context
    variables: tuple[tuple[Index, ...], ...]
    proofs: tuple[Proof, ...]
    answer: Result
    certificate: Certificate | None = None

    @property
    def wrt(self) -> tuple[str, ...]:
        return self.question.wrt

    @property
    def order(self) -> int:
        return self.question.order

    @property
    def along(self) -> str:
        return self.question.along

    @property
    def layout(self) -> str:
        return self.question.layout

    @cached_property
    def suggestions(self) -> tuple[tuple[str, Result], ...]:
        """Facts that would make the answer shorter, with what it then is. Whoever shows them waits for them: each is
        tried, which may take longer than the derivation did.
        """
        with _collection_paused():
            return _suggestions(self)

    @cached_property
    def found(self) -> dict[object, Any]:
        """What was worked out from it, by whoever asked."""
        return {}

    @property
    def facts_used(self) -> list[str]:
        return list(dict.fromkeys(f for p in self.proofs for s in p.simplified for f in s.used))

    @property
    def almost_everywhere(self) -> list[str]:
        """Where the derivative does not exist, in words."""
        return list(dict.fromkeys(note for proof in self.proofs for note in proof.almost))


def derived(question: Question) -> Derived:
    """The derivation of what is asked, not yet certified."""
    with _collection_paused():
        if question.independent:
            _require_structure(question.wrt, question.parsed.context)
        if question.along:
            _declare_direction(question.along, question.wrt, question.parsed)
        return _derived(question)


def weakest(certificates: Sequence[Certificate]) -> Certificate:
    """The certificate of several results together: that of the one which is least sure."""
    return min(certificates, key=lambda one: (one.verdict == "confirmed", one.digits))


def certified(found: Derived) -> Derived:
    """The derivation with its certificate: the answer, and the very text that is printed, against power series.

    Matrix notation that does not read back to the answer is given up for index notation.
    """
    if found.certificate is not None:
        return found
    try:
        printed = read(str(found.answer), context=found.context, strict=True)
        if printed.array.groups == found.answer.array.groups:
            certificate = _certificate(found, printed)
            if certificate.verdict != "refuted":
                return replace(found, certificate=certificate)
    except Error:
        pass
    plain = replace(found, answer=found.answer.in_index_notation())
    return replace(plain, certificate=_certificate(plain, read(str(plain.answer), context=plain.context, strict=True)))


def require_derivative(found: Derived) -> None:
    """Refuse what has no derivative anywhere: no point was found, and the slope of a kink stands at the very kink."""
    if found.certificate is None or not found.certificate.empty:
        return
    written = {node for array in (found.goal, *found.context.definitions.values()) for node in walk(array.body)}
    for node in walk(found.answer.array.body):
        if isinstance(node, Apply) and node.args == (ZERO,) and FUNCTIONS[node.fn].almost and node not in written:
            facts = " and ".join(map(str, found.context.facts.given))
            since = f", since {facts}" if facts else ""
            raise Error(
                f"there is no derivative: {found.context.source} has a kink or a jump at every point{since}",
                hint="leave that fact out for the derivative elsewhere" if facts else None,
            )


def _certificate(found: Derived, printed: Parsed) -> Certificate:
    from gradwright.certify.certificate import certify

    return certify(
        found.goal,
        list(zip(found.wrt, found.variables, strict=True)),
        found.answer.array,
        printed.context,
        printed=printed.array,
        independent=found.question.independent,
        along=found.along,
    )


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


def _own(context: Context) -> Context:
    """A copy that may be given names, so that what was read stays as it was read."""
    return replace(
        context, symbols=dict(context.symbols), definitions=dict(context.definitions), order=list(context.order),
        introduced=list(context.introduced), found={},
    )  # fmt: skip


def _derived(question: Question) -> Derived:
    context = _own(question.parsed.context)
    proofs: list[Proof] = []

    def proved(current: Array, name: str, slots: tuple[Index, ...], known: Context) -> Proof:
        prover = Prover(known, name, slots, length_as_written(known))
        proof = prover.prove(current, "")
        if question.independent:
            prover.tie(proof)
        proofs.extend((*(p for p in prover.lemmas if not _shown(p, proofs)), proof))
        return proof

    goal, variables, answer = _followed(question, context, proved)
    return Derived(question, goal, context, variables, tuple(proofs), answer)


def replay(found: Derived) -> None:
    """Apply every rule again, and follow the proofs from the question to the answer; an ``Error`` names what fails."""
    left = [proof for proof in found.proofs if proof.subject is None]

    def recorded(current: Array, name: str, slots: tuple[Index, ...], known: Context) -> Proof:
        proof = left.pop(0) if left else None
        if proof is None or proof.goal is not deriv(current.body, name, slots):
            raise Error(f"replay: no proof is recorded of the derivative in {name}")
        lemmas = {lemma.subject.name for lemma in found.proofs if isinstance(lemma.subject, Entry)}
        if not proof.scope.lemmas.keys() <= lemmas:
            raise Error(f"replay: a lemma is missing for the derivative in {name}")
        return proof

    for proof in found.proofs:
        replay_proof(proof)
    *_, answer = _followed(found.question, _own(found.question.parsed.context), recorded)
    if answer.array != found.answer.array or left:
        raise Error("replay: the proofs do not end with the answer")


def _followed(
    question: Question, context: Context, proved: Callable[[Array, str, tuple[Index, ...], Context], Proof]
) -> tuple[Array, tuple[tuple[Index, ...], ...], Result]:
    """The goal, the letters of its variables and the answer, by the proof of each derivative that is taken."""
    goal = named_axes(question.parsed.array, context, avoid=_WRT_LETTERS[:2])
    current = replace(goal, body=abbreviate_all(goal.body, context))
    variables = _variable_indices(question.wrt, goal, context)
    for taken, (name, slots) in enumerate(zip(question.wrt, variables, strict=True), start=1):
        known = context if taken == question.order else _without_facts_on(question.wrt, context)
        proof = proved(current, name, slots, known)
        current = Array((*current.axes, *slots), abbreviate(proof.result, context))
        if question.along and taken == 1:
            current = Array(goal.axes, total(slots, mul(current.body, entry(question.along, *slots))))
    return goal, variables, _answer(question, goal, current, variables, context)


def _variable_indices(wrt: Sequence[str], goal: Array, context: Context) -> tuple[tuple[Index, ...], ...]:
    """Letters for the axes of every variable, unlike those of the goal, and of definitions of such an extent."""
    dims = [dim for name in wrt for part in context.parts(name) for dim in part]
    axes = [axis for array in context.definitions.values() for axis in array.axes if axis.dim in dims]
    taken = [str(axis.name) for axis in (*goal.axes, *axes)]
    letters = iter(axis_names(len(dims), context, first=_WRT_LETTERS, avoid=taken))
    return tuple(tuple(free_index(next(letters), dim) for part in context.parts(name) for dim in part) for name in wrt)


def _answer(
    question: Question, goal: Array, current: Array, variables: tuple[tuple[Index, ...], ...], context: Context
) -> Result:
    groups = [tuple(map(len, context.parts(name))) for name in question.wrt]
    parted = [grouped(slots, group) for slots, group in zip(variables, groups, strict=True)]
    parts, orientation = laid_out(goal.parts, parted[1:] if question.along else parted, question.layout)
    denominator = question.layout == "denominator"
    if question.parsed.orientation == "row" and denominator and orientation == "row":
        orientation = "column"
    return Result(joined_array(parts, current.body), context, orientation, nabla=denominator)


def _without_facts_on(wrt: Sequence[str], context: Context) -> Context:
    """Until the last derivative is taken its variables are free: that A is symmetric holds at A, not around it."""
    return replace(context, facts=Facts(g for g in context.facts.given if g.symbol not in wrt))


def _shown(lemma: Proof, proofs: Sequence[Proof]) -> bool:
    """The same lemma in the same variable, only with other letters, need not be shown twice."""
    return any(p.subject is lemma.subject and p.goal.name == lemma.goal.name for p in proofs)


def _suggestions(found: Derived) -> tuple[tuple[str, Result], ...]:
    """Facts that would make the answer shorter, each tried: Σ y that could be 1, A beside Aᵀ."""
    body = found.answer.array.body
    if _extent(body) > _MOST_NODES:
        return ()
    shorter = []
    for fact in [*_sums_that_could_be_one(found), *_squares_that_could_be_symmetric(found)]:
        if found.context.facts.ask(fact.fact, fact.symbol) is None:
            result = _with_fact(found, fact)
            if result is not None:
                shorter.append((f"{fact.fact}({fact.symbol})", result))
    return tuple(shorter)


def _sums_that_could_be_one(found: Derived) -> list[Given]:
    facts: dict[Given, None] = {}
    for node in walk(found.answer.array.body):
        if not (isinstance(node, Reduce) and node.op == "sum" and len(node.bound) == 1):
            continue
        summed = node.body
        known = isinstance(summed, Entry) and summed.name in found.context.symbols.keys() - found.context.inner.keys()
        if isinstance(summed, Entry) and known and summed.name not in found.wrt:
            facts[Given(of_rank("simplex", len(summed.slots)), summed.name)] = None
    return list(facts)


def _squares_that_could_be_symmetric(found: Derived) -> list[Given]:
    square = {
        node.name
        for node in walk(found.answer.array.body)
        if isinstance(node, Entry) and len(node.slots) == 2 and node.slots[0].dim == node.slots[1].dim
    }
    return [
        Given("symmetric", name)
        for name in sorted(square & (found.context.symbols.keys() - found.context.inner.keys()))
        if name not in found.wrt
    ]


def _with_fact(found: Derived, extra: Given) -> Result | None:
    """The answer under one more fact, if that makes it shorter."""
    context = replace(found.context, facts=Facts((*found.context.facts.given, extra)))
    prover = Prover(context, found.wrt[0], found.variables[0], length_as_written(context))
    before = found.answer
    body = prover.simplified(before.array.body, before.array.axes)
    after = Result(replace(before.array, body=body), context, before.orientation, before.nabla)
    return after if _extent(body) < _extent(before.array.body) else None


def _extent(body: Node) -> int:
    return sum(1 for _ in walk(body))
