"""From a raw derivative to the form a person would write. Owns: which passes there are, their order, which end wins.

Never: differentiates, rewrites by itself (a pass is a function of ``simplify``, ``fold``, ``facts``, ``shorten`` ...).

``PASSES`` run in turn, round after round, until a round changes nothing. Then every one of ``ENDINGS`` is tried, and on
a short line every one of ``DETOURS`` too, from which the whole begins again (without detours). The shortest end by
``Measure`` wins. The first ending neither puts sums together nor multiplies out, so it has differences as the user
wrote them: where it holds one, another end has to save more than a sign: −2 Xᵀ(y − Xw) from ‖y − Xw‖², and not
2 Xᵀ(Xw − y).

A ``Setting`` is all that steers them: the context, whose definitions are recognised and whose facts are used; the order
of axes, which says what index is written where a δ makes two equal; and the differences as the user wrote them, which
stay that way round.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import islice

from gradwright.core.build import add
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Add, MatFn, Mul, Node, Reduce, walk, written_length
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule, Step
from gradwright.engine.facts import apply_facts
from gradwright.engine.fold import Folder
from gradwright.engine.inverses import INVERSE_OF_PRODUCT, inverses_apart
from gradwright.engine.normal import TooLong, is_small, multiplied_out, terms_of_products
from gradwright.engine.shorten import complements, join, shorten
from gradwright.engine.simplify import (
    MERGE,
    MULTIPLY,
    Signature,
    Used,
    collapse,
    factor,
    identities,
    orient,
    split,
    written_differences,
)

_ROUNDS = 12
_SHORT = 120  # signs as written out: a longer line is not multiplied out to see whether it gets shorter
_SIGN = 1  # a minus, in the unit of ``Measure``
Measure = Callable[[Node, Sequence[Index]], tuple[int, int]]
"""How long the node is as an array over the axes, for choosing among equal forms: less is better."""


@dataclass(frozen=True)
class Setting:
    """What steers the passes; ``folder`` knows the context's definitions from right to left."""

    context: Context
    folder: Folder
    order: tuple[Index, ...]
    written: frozenset[Signature]


@dataclass(frozen=True)
class Pass:
    """A function from a node to an equal one; it notes the rules and facts it used.

    ``steered_by`` is what it looks at in the setting, beside the context: a node that it leaves as it is stays so for
    every setting that is the same in this.
    """

    name: str
    apply: Callable[[Node, Setting, Used, dict[Node, Node]], Node]
    steered_by: Callable[[Setting], Hashable] = lambda setting: None


@dataclass(frozen=True)
class Ending:
    """Passes run once each; no ending of its own where the pass ``by`` changes nothing."""

    passes: tuple[Pass, ...]
    by: Pass | None = None


@dataclass(frozen=True)
class Line:
    """A line and the steps that led to it."""

    node: Node
    steps: tuple[Step, ...] = ()


def _by_order(setting: Setting) -> Hashable:
    return setting.order


def _by_written(setting: Setting) -> Hashable:
    return setting.written


def _apart(node: Node, setting: Setting, used: Used, memo: dict[Node, Node]) -> Node:
    used.note(INVERSE_OF_PRODUCT)
    return inverses_apart(node, setting.context, Used())


def _products(rule: Rule) -> Callable[[Node, Setting, Used, dict[Node, Node]], Node]:
    """The node as a sum of products, where that is not too long: with nested sums merged, or everything multiplied."""

    def apply(node: Node, setting: Setting, used: Used, memo: dict[Node, Node]) -> Node:
        used.note(rule)
        try:
            return add(*terms_of_products(node, setting.context, distribute=rule is MULTIPLY))
        except TooLong:
            return node

    return apply


_ORIENT = Pass("orient", lambda n, s, used, memo: orient(n, used, memo, s.written), _by_written)
_FACTOR = Pass("factor", lambda n, s, used, memo: factor(n, used, memo, s.written), _by_written)
_JOIN = Pass("join", lambda n, s, used, memo: join(n, used, memo, s.written), _by_written)
_COMPLEMENTS = Pass("complements", lambda n, s, used, memo: complements(n, used, memo))

PASSES = (
    Pass("identities", lambda n, s, used, memo: identities(n, used, memo)),
    Pass("split", lambda n, s, used, memo: split(n, used, memo)),
    Pass("contract deltas", lambda n, s, used, memo: collapse(n, used, memo, s.order), _by_order),
    Pass("fold", lambda n, s, used, memo: s.folder(n, used, memo)),
    _ORIENT,
    Pass("facts", lambda n, s, used, memo: apply_facts(n, s.context, used, memo)),
    Pass("shorten", lambda n, s, used, memo: shorten(n, s.context, used, memo, s.written), _by_written),
)
ENDINGS = (
    Ending((_FACTOR, _COMPLEMENTS)),
    Ending((_FACTOR, _JOIN, _FACTOR, _ORIENT, _COMPLEMENTS), by=_JOIN),
)
DETOURS = (
    Pass("inverses apart", _apart),
    Pass("merge sums", _products(MERGE)),
    Pass("multiply out", _products(MULTIPLY)),
)
_ROWS = {row.name: row for row in (*PASSES, *(row for ending in ENDINGS for row in ending.passes), *DETOURS)}


class Simplifier:
    """Runs the passes under one context; remembers which nodes each of them leaves as they are."""

    def __init__(self, context: Context, measure: Measure) -> None:
        self._context, self._folder, self._measure = context, Folder(context), measure
        self._settled: dict[tuple[str, Hashable], dict[Node, Node]] = {}

    def setting(self, order: Sequence[Index], written: frozenset[Signature]) -> Setting:
        return Setting(self._context, self._folder, tuple(order), written)

    def __call__(self, node: Node, setting: Setting) -> Line:
        return self._finished(Line(node), setting, DETOURS)

    def _finished(self, line: Line, setting: Setting, detours: tuple[Pass, ...]) -> Line:
        for _ in range(_ROUNDS):
            before = line.node
            for row in PASSES:
                line = self._applied(row, line, setting)
            if line.node is before:
                break
        found = (self._ended(ending, line, setting) for ending in ENDINGS)
        ends = [end for end in found if end is not None]
        if detours and _worth_a_detour(line.node, ends[0].node):
            starts = [self._applied(detour, line, setting) for detour in detours]
            known = (line.node, ends[0].node)
            ends += [self._finished(start, setting, ()) for start in starts if start.node not in known]
        return self._preferred(ends, setting)

    def _ended(self, ending: Ending, line: Line, setting: Setting) -> Line | None:
        for row in ending.passes:
            before, line = line, self._applied(row, line, setting)
            if row is ending.by and line is before:
                return None
        return line

    def _preferred(self, ends: Sequence[Line], setting: Setting) -> Line:
        """The shortest end, if it saves more than a sign on a first that holds a difference of the user's."""
        different: dict[Node, Line] = {}
        for end in ends:
            different.setdefault(end.node, end)
        first, *others = different.values()
        if not others:
            return first
        kind, size = self._measure(first.node, setting.order)
        least, place = min((self._measure(end.node, setting.order), place) for place, end in enumerate(others))
        slack = _SIGN if setting.written & written_differences([first.node]) else 0
        return others[place] if least < (kind, size - slack) else first

    def _applied(self, row: Pass, line: Line, setting: Setting) -> Line:
        """The line after a pass. Nodes it leaves as they are need no second visit, so only those are remembered."""
        settled = self._settled.setdefault((row.name, row.steered_by(setting)), {})
        if line.node in settled:
            return line
        used, memo = Used(), _Overlay(settled)
        after = row.apply(line.node, setting, used, memo)
        settled.update((k, v) for k, v in memo.items() if k is v)
        if after is line.node:
            return line
        return Line(after, (*line.steps, _step(row, line.node, after, used)))


def _step(row: Pass, before: Node, after: Node, used: Used) -> Step:
    return Step(tuple(used.rules), before, after, tuple(used.facts), row.name)


def again(step: Step, setting: Setting) -> Step | None:
    """The step that its pass makes of the same line, asked anew; None where no pass has that name."""
    row = _ROWS.get(step.by)
    if row is None:
        return None
    used = Used()
    return _step(row, step.before, row.apply(step.before, setting, used, {}), used)


class _Overlay(dict[Node, Node]):
    """A memo that also knows the nodes settled before."""

    def __init__(self, settled: dict[Node, Node]) -> None:
        super().__init__()
        self._settled = settled

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._settled

    def __missing__(self, key: Node) -> Node:
        return self._settled[key]


def _worth_a_detour(node: Node, end: Node) -> bool:
    """Whether the line, and its first end, are short, and something in it can be multiplied out."""
    if sum(1 for _ in islice(walk(node), _SHORT)) >= _SHORT or written_length(end, _SHORT) >= _SHORT:
        return False
    return is_small(node) and any(map(_opens, walk(node)))


def _opens(node: Node) -> bool:
    """Whether a factor of the node is a sum, or a Σ of one; or it is an inverse of a Σ."""
    if isinstance(node, MatFn):
        return node.fn == "inv" and isinstance(node.body, Reduce)
    return isinstance(node, Mul) and any(isinstance(f.body if isinstance(f, Reduce) else f, Add) for f in node.factors)


def normal_form(node: Node, order: Sequence[Index], context: Context, used: Used) -> Node:
    """The node multiplied out, with identities and facts applied (and noted in ``used``) until nothing changes.

    Expressions whose normal forms coincide are equal. ``normal.TooLong`` where that would take too long to find.
    """
    for _ in range(_ROUNDS):
        before = node
        node = collapse(identities(multiplied_out(node, context), used, {}), used, {}, order)
        node = apply_facts(node, context, used, {})
        if node is before:
            break
    return node
