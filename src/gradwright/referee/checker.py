"""Checking a document from end to end. Owns: the order of the work, and relations from verdicts. Never: judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from gradwright.certify.report import _nested
from gradwright.core.errors import Error
from gradwright.read.syntax import Derivative, Name, Node, Number
from gradwright.referee import apart
from gradwright.referee.clock import SECONDS, WHOLE, OutOfTime
from gradwright.referee.compare.names import written
from gradwright.referee.compare.numeric import Outcome
from gradwright.referee.compare.verdicts import Verdict
from gradwright.referee.evidence.collect import (
    Chain,
    Collected,
    Link,
    collect,
    keep_restated,
    labelled,
    named,
    second_meaning,
)
from gradwright.referee.evidence.imposed import may_follow, reached
from gradwright.referee.formats.source import Source
from gradwright.referee.judge import Judge
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
        _read_apart(collected, relations, verdicts, (given, shapes, seconds, began))
    unbound = collected.grammar.unbound
    if unbound and _false(relations):  # u_o beside a sum over all u_k: one of them, or a vector apart
        others, other = _judged(collect(source, given, shapes, unbound), seconds, told)
        if _false(others) < _false(relations):
            relations, judge = others, other
    return _report(relations, judge, perf_counter() - began)


def _read_apart(
    collected: Collected, relations: list[Relation], verdicts: Sequence[str],
    asked: tuple[Sequence[str], Sequence[str], float, float],
) -> None:  # fmt: skip
    """What has one of these verdicts in the whole document, by its own section, as far as there is time."""
    given, shapes, seconds, began = asked
    still = {r.span[0]: k for k, r in enumerate(relations) if r.verdict in verdicts and None not in r.trees}
    for span, places in apart.sections(collected, set(still)):
        if perf_counter() - began > WHOLE / 2:
            return
        part = collect(collected.source, given, shapes, within=span)
        judge = Judge(part, seconds)
        judge.prepare()
        for chain in part.chains:
            wrong: set[int] = set()
            for k, link in enumerate(chain.links):
                if link.op.start not in places:
                    continue
                verdict = _shielded(judge, chain, k, link, wrong)
                number = still[link.op.start]
                settled = apart.settled(collected, chain, link, relations[number].verdict, verdict)
                if settled is not None:
                    relations[number] = _relation(number + 1, collected.source, chain, link, settled)


def _false(relations: Sequence[Relation]) -> int:
    return sum(r.verdict == "refuted" for r in relations)


def _judged(collected: Collected, seconds: float, told: Told) -> tuple[list[Relation], Judge]:
    began = perf_counter()
    judge = Judge(collected, seconds)
    judge.prepare()
    relations: list[Relation] = []
    count = sum(len(chain.links) for chain in collected.chains)
    for chain in collected.chains:
        wrong: set[int] = set()
        for k, link in enumerate(chain.links):
            start = perf_counter()
            late = Verdict("unread", f"the document's {WHOLE:g} seconds are over; check it in parts")
            verdict = late if start - began > WHOLE else _shielded(judge, chain, k, link, wrong)
            relation = _relation(len(relations) + 1, collected.source, chain, link, verdict)
            relation.seconds = perf_counter() - start
            relations.append(relation)
            told(len(relations), count)
    return relations, judge


def _report(relations: list[Relation], judge: Judge, seconds: float) -> Report:
    source = judge.collected.source
    said = [*(f"{s.key}: {s.fact}" for s in judge.symbols.facts), *judge.collected.said]
    return Report(source, relations, judge.layout, said, seconds)


def _shielded(judge: Judge, chain: Chain, k: int, link: Link, wrong: set[int]) -> Verdict:
    """The verdict on a relation; one that meets a bug of ours is unread, and the others do not notice."""
    if link.error is not None:
        return Verdict("unread", link.error.message, span=link.error.span)
    sizes = judge.symbols.sizes.mark()
    try:
        with unit("a relation", (link.op.start, link.op.end)):
            return _verdict(judge, chain, k, link, wrong)
    except OutOfTime:
        error = Error(f"not decided in {judge.seconds:g} seconds")
    except NOT_READ as unread:
        error = why(unread)
    judge.symbols.sizes.reset(sizes)
    return Verdict("unread", error.message)


def _verdict(judge: Judge, chain: Chain, k: int, link: Link, wrong: set[int]) -> Verdict:
    """The verdict on a relation: by what it is for, and, where it is a claim, by what stands around it."""
    if link.sort == "definition":
        verdict = _defined(judge, chain, link)
    elif link.sort == "solution":
        verdict = judge.timed(lambda: put_back(judge, chain, link))
        if verdict.verdict == "refuted" and "shapes" in verdict.reason and isinstance(chain.sides[-1].tree, Number):
            verdict = Verdict("definition", link.reason)  # 0 has every shape
    elif link.sort in ("fact", "condition", "update", "value", "data"):
        verdict = Verdict("definition", link.reason)
    else:
        verdict = _claimed(judge, chain, k, link, wrong)
    return verdict if link.left else judge.step(chain, verdict)


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


def _claimed(judge: Judge, chain: Chain, k: int, link: Link, wrong: set[int]) -> Verdict:
    """The verdict on a claim; one that fails may be a second meaning, or rest on what is not settled."""
    verdict = judge.relation(chain, k, wrong)
    left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
    if left is not None and right is not None:
        if not link.left and _is_anew(judge, verdict, chain, left, right):
            wrong.clear()
            return Verdict("definition", "a second meaning, unlike the one given before")
        if not link.left and verdict.verdict in ("proved", "confirmed"):
            keep_restated(judge, chain, left, right)
        spared = _spared(judge, verdict, chain, link, left, right)
        if spared is not None:
            wrong.clear()
            return spared
    if not link.left and left is not None and (key := named(judge.symbols, left)):
        known = any(d.key == key for d in judge.symbols.definitions)
        if verdict.verdict == "unread" or (verdict.verdict == "refuted" and known and not verdict.slip):
            judge.unsettled[key] = judge.collected.source.place(link.op.start)[0]
    return verdict


def _is_anew(judge: Judge, verdict: Verdict, chain: Chain, left: Node, right: Node) -> bool:
    """Whether a name that has a meaning gets another one, where the relation does not hold as a claim."""
    failed = verdict.verdict == "refuted" or verdict.doubtful or _apart(judge, verdict, left)
    failed = failed or (verdict.verdict == "needs" and labelled(chain))
    return failed and second_meaning(judge, verdict, chain, left, right)


def _spared(judge: Judge, verdict: Verdict, chain: Chain, link: Link, left: Node, right: Node) -> Verdict | None:
    """Why a claim that fails is not called false: a condition before it, one that is not followed, an assumption."""
    if verdict.verdict not in ("refuted", "needs"):
        return None
    if follows := may_follow(judge.collected, chain, left, right):
        return Verdict("unread", follows)
    if chain.supposed.unread:
        return Verdict("unread", "it is said under a condition on values, which is not followed")
    if link.sort == "assumed":
        return Verdict("definition", "an assumption, not a claim")
    met = reached(judge.symbols, left) | reached(judge.symbols, right)
    for key in sorted(met) if verdict.verdict == "refuted" else ():
        first = next((d for d in judge.symbols.definitions if d.key == key), None)
        later = first is not None and first.place > chain.sides[-1].span[1]
        if first is not None and later and (first.section != chain.section or isinstance(left, Derivative)):
            line = judge.collected.source.place(first.place)[0]
            return Verdict("unread", f"what {key} is, is said at line {line} only")
    for key in sorted(set(judge.unsettled) & met) if verdict.verdict == "refuted" else ():
        return Verdict("unread", f"what {key} is at line {judge.unsettled[key]} is not settled")
    return None


def _apart(judge: Judge, verdict: Verdict, left: Node | None) -> bool:
    """Whether a bare name that was a function is equated with something of another shape."""
    if verdict.verdict != "unread" or left is None or not isinstance(left, Name) or "shapes" not in verdict.reason:
        return False
    key = judge.symbols.key(left.stem, left.font)
    return any(d.key == key and d.params for d in judge.symbols.definitions)


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
    sizes = judge.symbols.sizes.mark()
    judge.symbols.freed = freed
    try:
        judge.side(chain, side, judge.world(chain, judge.layout, plain))
    except NOT_READ as error:
        judge.symbols.sizes.reset(sizes)
        return error
    finally:
        judge.symbols.freed = frozenset()
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
    relation.needs, relation.facts_used = verdict.needs, verdict.facts_used
    relation.fix = verdict.fix
    relation.slip, relation.reason, relation.proof = verdict.slip, verdict.reason, verdict.proof
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
