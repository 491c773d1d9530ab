"""Checking a document from end to end. Owns: the order of the work, and relations from verdicts. Never: judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from time import perf_counter

from gradwright.certify.report import _nested
from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.syntax import Derivative, Name, Node, Number
from gradwright.referee import apart
from gradwright.referee.clock import SECONDS, WHOLE, OutOfTime
from gradwright.referee.compare.names import written
from gradwright.referee.compare.numeric import Outcome
from gradwright.referee.compare.verdicts import Verdict
from gradwright.referee.evidence.chains import Chain, Collected, Link
from gradwright.referee.evidence.claims import Anew, anew, is_restated, is_second_meaning, labelled, named
from gradwright.referee.evidence.collect import collect
from gradwright.referee.evidence.imposed import may_follow, reached
from gradwright.referee.formats.source import Source
from gradwright.referee.judge import Claim, Judge, Judged
from gradwright.referee.meaning.symbols import Symbols
from gradwright.referee.meaning.value import Reading
from gradwright.referee.report import Relation, Report
from gradwright.referee.shield import NOT_READ, Internal, unit, why
from gradwright.referee.solutions import put_back

Told = Callable[[int, int], None]
"""Who is told how many relations are judged, and of how many."""


def checked(
    source: Source, given: Sequence[str] = (), shapes: Sequence[str] = (), seconds: float = SECONDS,
    told: Told = lambda done, of: None,
) -> Report:  # fmt: skip
    """Every relation of a document with its verdict.

    ``given``    facts beside the document: ``["onehot(y)", "A symmetric"]``
    ``shapes``   ``["X: n m"]``
    ``seconds``  for one relation; one that takes longer is ``unread``
    """
    try:
        with unit("a document", passing=(Error,)):
            return _checked(source, given, shapes, seconds, told)
    except Internal as error:
        return broken(source, error)


def broken(source: Source, error: Internal) -> Report:
    """The report on a document that met a bug of ours as a whole."""
    return Report(source, [Relation(1, (0, 0), 1, 1, 1, 1, "", "", "", "unread", reason=error.message)])


def _checked(source: Source, given: Sequence[str], shapes: Sequence[str], seconds: float, told: Told) -> Report:
    began = perf_counter()
    collected = collect(source, given, shapes)
    relations, judge = _judged(collected, seconds, told)
    for verdicts in (("refuted", "needs", "layout"), ("unread",)):  # what would be blamed comes first
        relations = _read_apart(collected, relations, verdicts, (given, shapes, seconds, began))
    unbound = collected.grammar.letters.unbound
    if unbound and _false(relations):  # u_o beside a sum over all u_k: one of them, or a vector apart
        others, other = _judged(collect(source, given, shapes, unbound), seconds, told)
        if _false(others) < _false(relations):
            relations, judge = others, other
    return _report(relations, judge, perf_counter() - began)


def _read_apart(
    collected: Collected, relations: Sequence[Relation], verdicts: Sequence[str],
    asked: tuple[Sequence[str], Sequence[str], float, float],
) -> list[Relation]:  # fmt: skip
    """The relations, with what has one of these verdicts in the whole document read by its own section, in time."""
    given, shapes, seconds, began = asked
    done = list(relations)
    still = {r.span[0]: k for k, r in enumerate(relations) if r.verdict in verdicts and None not in r.trees}
    for span, places in apart.sections(collected, set(still)):
        if perf_counter() - began > WHOLE / 2:
            break
        judge = Judge(collect(collected.source, given, shapes, within=span), seconds)
        for chain in judge.collected.chains:
            wrong: frozenset[int] = frozenset()
            for link in (link for link in chain.links if link.op.start in places):
                found = _shielded(judge, chain, link, wrong, {})
                wrong, number = found.wrong, still[link.op.start]
                settled = apart.settled(collected, chain, link, relations[number].verdict, found.verdict)
                if settled is not None:
                    done[number] = _relation(number + 1, collected.source, chain, link, settled)
    return done


def _false(relations: Sequence[Relation]) -> int:
    return sum(r.verdict == "refuted" for r in relations)


def _judged(collected: Collected, seconds: float, told: Told) -> tuple[list[Relation], Judge]:
    began = perf_counter()
    judge = Judge(collected, seconds)
    relations: list[Relation] = []
    unsettled: Mapping[str, int] = {}
    count = sum(len(chain.links) for chain in collected.chains)
    for chain in collected.chains:
        wrong: frozenset[int] = frozenset()
        for link in chain.links:
            start = perf_counter()
            done = Done(Verdict("unread", f"the document's {WHOLE:g} seconds are over; check it in parts"), wrong)
            if start - began <= WHOLE:
                done = _shielded(judge, chain, link, wrong, unsettled)
            wrong, unsettled = done.wrong, {**unsettled, **done.unsettled}
            judge.symbols = done.symbols or judge.symbols
            relation = _relation(len(relations) + 1, collected.source, chain, link, done.verdict)
            relation.seconds = perf_counter() - start
            relations.append(relation)
            told(len(relations), count)
    return relations, judge


def _report(relations: list[Relation], judge: Judge, seconds: float) -> Report:
    source = judge.collected.source
    said = [*(f"{s.key}: {s.fact}" for s in judge.symbols.roles.facts), *judge.collected.said]
    return Report(source, relations, judge.layout, said, seconds)


@dataclass(frozen=True, slots=True)
class Done:
    """The verdict on a relation, and what it means for those after it.

    ``wrong``      the sides of its chain that are known to be wrong
    ``symbols``    with a meaning that the relation gives; ``unsettled``: names whose meaning fails, and at which line
    """

    verdict: Verdict
    wrong: frozenset[int] = frozenset()
    symbols: Symbols | None = None
    unsettled: Mapping[str, int] = field(default_factory=dict)


def _shielded(judge: Judge, chain: Chain, link: Link, wrong: frozenset[int], unsettled: Mapping[str, int]) -> Done:
    """The verdict on a relation; one that meets a bug of ours is unread, and the others do not notice."""
    if link.error is not None:
        return Done(Verdict("unread", link.error.message, span=link.error.span), wrong)
    try:
        with unit("a relation", (link.op.start, link.op.end)):
            done = _done(judge, chain, link, wrong, unsettled)
            return done if link.left else replace(done, verdict=judge.step(chain, done.verdict))
    except OutOfTime:
        error = Error(f"not decided in {judge.seconds:g} seconds")
    except NOT_READ as unread:
        error = why(unread)
    return Done(Verdict("unread", error.message), wrong)


def _done(judge: Judge, chain: Chain, link: Link, wrong: frozenset[int], unsettled: Mapping[str, int]) -> Done:
    """The verdict on a relation: by what it is for, and, where it is a claim, by what stands around it."""
    if link.sort == "definition":
        return Done(_defined(judge, chain, link), wrong)
    if link.sort == "solution":
        return Done(_solved(judge, chain, link), wrong)
    if link.sort in ("fact", "condition", "imposed", "update", "value", "data"):
        return Done(Verdict("definition", link.reason), wrong)
    return _claimed(judge, chain, link, wrong, unsettled)


def _solved(judge: Judge, chain: Chain, link: Link) -> Verdict:
    verdict = judge.timed(lambda: Judged(put_back(judge, chain, link))).verdict
    if verdict.verdict == "refuted" and "shapes" in verdict.reason and isinstance(chain.sides[-1].tree, Number):
        return Verdict("definition", link.reason)  # 0 has every shape
    named = verdict.verdict == "definition" and link.definition is not None
    return _defined(judge, chain, link) if named else verdict


def _defined(judge: Judge, chain: Chain, link: Link) -> Verdict:
    """A definition, or why it cannot be read."""
    left, right = chain.sides[link.left], chain.sides[link.left + 1]
    sides = (right,) if link.definition is not None else (right, left)
    error: Exception | None = next((s.error for s in sides if s.tree is None and s.error is not None), None)
    if error is None and link.definition is not None:
        error = _unreadable(judge, chain, link.left + 1)
    if error is None:
        return Verdict("definition", link.reason)
    return Verdict("unread", why(error).message, span=why(error).span)


def _claimed(judge: Judge, chain: Chain, link: Link, wrong: frozenset[int], unsettled: Mapping[str, int]) -> Done:
    """The verdict on a claim; one that fails may be a second meaning, or rest on what is not settled."""
    judged = judge.relation(Claim(chain, link.left, link.left + 1, wrong))
    verdict, wrong = judged.verdict, wrong | {link.left + 1} if judged.wrong else wrong
    left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
    symbols = judge.symbols.at(chain.section)
    if left is None:
        return Done(verdict, wrong)
    known = None
    if right is not None:
        found = anew(symbols, judge.collected.chains, chain, left, right) if not link.left else None
        if found is not None:
            if _is_anew(judge, symbols, verdict, found, chain, left):
                said = Verdict("definition", "a second meaning, unlike the one given before")
                return Done(said, symbols=symbols.ranked(found.ranks).defining(found.definition))
            if verdict.verdict in ("proved", "confirmed") and is_restated(found, chain):
                known = symbols.ranked(found.ranks).defining(found.definition)
        spared = _spared(judge, symbols, verdict, chain, link, left, right, unsettled)
        if spared is not None:
            return Done(spared, symbols=known)
    key = named(symbols, left) if not link.left else ""
    failed = verdict.verdict == "refuted" and symbols.is_defined(key) and not verdict.slip
    at = (
        {key: judge.collected.source.place(link.op.start)[0]} if key and (failed or verdict.verdict == "unread") else {}
    )
    return Done(verdict, wrong, known, at)


def _is_anew(judge: Judge, symbols: Symbols, verdict: Verdict, found: Anew, chain: Chain, left: Node) -> bool:
    """Whether a name that has a meaning gets another one, where the relation does not hold as a claim."""
    failed = verdict.verdict == "refuted" or verdict.doubtful or _apart(symbols, verdict, left)
    failed = failed or (verdict.verdict == "needs" and labelled(chain))
    return failed and is_second_meaning(symbols, found, chain, verdict.fix is not None, judge.first_place)


def _spared(
    judge: Judge, symbols: Symbols, verdict: Verdict, chain: Chain, link: Link, left: Node, right: Node,
    unsettled: Mapping[str, int],
) -> Verdict | None:  # fmt: skip
    """Why a claim that fails is not called false: a condition before it, one that is not followed, an assumption."""
    if verdict.verdict not in ("refuted", "needs"):
        return None
    if follows := may_follow(symbols, judge.collected, chain, left, right):
        return Verdict("unread", follows)
    if chain.supposed.unread:
        return Verdict("unread", "it is said under a condition on values, which is not followed")
    if link.sort == "assumed":
        return Verdict("definition", "an assumption, not a claim")
    if verdict.verdict != "refuted":
        return None
    met = reached(symbols, left) | reached(symbols, right)
    for key in sorted(met):
        first = next((d for d in symbols.definitions if d.key == key), None)
        later = first is not None and first.place > chain.sides[-1].span[1]
        if first is not None and later and (first.section != chain.section or isinstance(left, Derivative)):
            line = judge.collected.source.place(first.place)[0]
            return Verdict("unread", f"what {key} is, is said at line {line} only")
    for key in sorted(set(unsettled) & met):
        return Verdict("unread", f"what {key} is at line {unsettled[key]} is not settled")
    return None


def _apart(symbols: Symbols, verdict: Verdict, left: Node) -> bool:
    """Whether a bare name that was a function is equated with something of another shape."""
    if verdict.verdict != "unread" or not isinstance(left, Name) or "shapes" not in verdict.reason:
        return False
    key = symbols.key(left.stem, left.font)
    return any(d.key == key and d.params for d in symbols.definitions)


def _unreadable(judge: Judge, chain: Chain, side: int) -> Exception | None:
    """Why the body of a definition has no value, with its letters as vectors and as numbers.

    A symbol in it whose own meaning is not understood is any value of its shape.
    """
    first: Exception | None = None
    for plain in (False, True):
        freed: frozenset[str] = frozenset()
        while (error := _read_error(judge, chain, side, plain, freed)) is not None:
            first = first or error
            more = judge.unread_at(why(error).span, [chain.sides[side].tree]) - freed
            if not more:
                break
            freed |= more
        else:
            return None
    return first


def _read_error(judge: Judge, chain: Chain, side: int, plain: bool, freed: frozenset[str]) -> Exception | None:
    try:
        judge.side(chain, side, judge.world(chain, Reading(judge.layout, plain=plain, capitals=plain, freed=freed)))
    except NOT_READ as error:
        return error
    return None


def _relation(number: int, source: Source, chain: Chain, link: Link, verdict: Verdict) -> Relation:
    left, right = chain.sides[link.left], chain.sides[link.left + 1]
    start, end = link.op.start, link.op.end
    if right.tokens:
        end = max(end, right.span[1])
    line, column = source.place(start)
    end_line, end_column = source.place(end, ending=True)
    relation = Relation(number, (start, end), line, column, end_line, end_column,
        source.text[link.op.start : link.op.end],
                        _text(source, left.span), _text(source, right.span), verdict.verdict)  # fmt: skip
    relation.trees = (left.tree, right.tree)
    relation.needs, relation.facts_used = list(verdict.needs), list(verdict.facts_used)
    relation.fix = verdict.fix
    relation.slip, relation.reason, relation.proof = verdict.slip, verdict.reason, list(verdict.proof)
    if verdict.verdict == "unread" and verdict.span:
        at = source.place(verdict.span[0])
        shown = " ".join(source.text[verdict.span[0] : verdict.span[1]].split())[:60]
        relation.reason += f" (line {at[0]}: {shown})" if shown else ""
    if (
        verdict.outcome is not None
        and verdict.outcome.counterexample is not None
        and verdict.verdict in ("refuted", "needs")
    ):
        relation.counterexample = _counterexample(verdict.outcome)
    return relation


def _text(source: Source, span: tuple[int, int]) -> str:
    return " ".join(source.text[span[0] : span[1]].split())


def _counterexample(outcome: Outcome) -> dict[str, object]:
    """Values, entry (from 1) and both sides; ``functions`` are unknown ones, for which smooth ones were put."""
    found = outcome.counterexample
    assert found is not None
    names = written([name for name in found.values if "°" not in name])
    shown = {names[name]: _nested(flat) for name, flat in found.values.items() if name in names}
    letters = [n if not n.startswith("~") else f"entry{k + 1}" for k, n in enumerate(outcome.letters)]
    entry = {letter: place + 1 for letter, place in zip(letters, found.entry, strict=False)}
    done: dict[str, object] = {"values": shown, "entry": entry, "left": found.left, "right": found.right}
    return {**done, "functions": list(outcome.functions)} if outcome.functions else done
