"""Names in a module's text. Owns: which are read before anything is bound to them, as statements run. Never: runs them.

A name bound in one branch counts as bound after it: what is looked for is a statement that nobody wrote, or wrote too
late. A name that a function binds anywhere is its own throughout, as in Python. Definitions are looked at one by one,
and once: most of a module's are the same in many.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from gradwright.core.record import dataclass

Read = tuple[int, str]
"""A line, and the name that it reads."""
_BUILTIN = frozenset({*dir(builtins), "__file__", "__name__"})
_DEFINITION = re.compile(r"\n\n\n(?=def |class |@)")
_FIRST = {"generators": 0, "iter": 1, "value": 2}
"""Parts that run before others."""
_ORDERED = frozenset((*_FIRST, "annotation"))
"""What a node has whose parts do not all run as they stand: annotations of locals do not run at all."""


def unbound(text: str) -> list[str]:
    """What is read before it is bound, with the line."""
    ends = [0, *(match.end() for match in _DEFINITION.finditer(text)), len(text)]
    parts = [(text.count("\n", 0, first), _part(text[first:last])) for first, last in pairwise(ends)]
    everywhere = _BUILTIN.union(*(part.bound for _, part in parts))
    there, early = set(_BUILTIN), list[Read]()
    for above, part in parts:
        unknown = [*part.wrong, *(read for read in part.now if read[1] not in there)]
        unknown += [read for read in part.later if read[1] not in everywhere]
        early += sorted((above + line, name) for line, name in unknown)
        there |= part.bound
    return [f"line {line}: {name}" for line, name in early]


@dataclass(frozen=True)
class _Part:
    """What a part of a module binds, what it reads that others have to bind, as it stands or when its functions run,
    and what it reads too early itself."""

    bound: frozenset[str]
    now: tuple[Read, ...]
    later: tuple[Read, ...]
    wrong: tuple[Read, ...]


@lru_cache(512)
def _part(text: str) -> _Part:
    body = ast.parse(text).body
    now, later, wrong = list[Read](), list[Read](), list[Read]()
    _Scope(frozenset(), frozenset(), set(), now, later, wrong).run(body)
    return _Part(_bound(body), tuple(now), tuple(later), tuple(wrong))


def _bound(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The names that these bind in their own scope."""
    found: set[str] = set()
    pending = list(nodes)
    while pending:
        match node := pending.pop():
            case ast.Name(name, context):
                found |= {name} if isinstance(context, ast.Store) else set()
            case ast.FunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.alias(name, other):
                found.add(other or name.partition(".")[0])
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                pass
            case _:
                found |= {node.name} if isinstance(node, ast.ExceptHandler) and node.name else set()
                pending += ast.iter_child_nodes(node)
    return frozenset(found)


@dataclass(frozen=True)
class _Scope:
    """A run through statements: ``own`` are names that the scope binds somewhere, ``outer`` those of the functions
    around it, ``there`` is bound already, and grows. What is none of these is read of the module, ``now`` or later."""

    own: frozenset[str]
    outer: frozenset[str]
    there: set[str]
    now: list[Read]
    later: list[Read]
    wrong: list[Read]

    def run(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            rule = _RULES.get(type(node))
            if rule is not None:
                rule(self, node)
            else:
                self.run(_in_order(node))

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node)
        else:
            self.there.add(node.id)

    def read(self, node: ast.Name) -> None:
        if node.id not in self.there and (node.id in self.own or node.id not in self.outer):
            (self.wrong if node.id in self.own else self.now).append((node.lineno, node.id))

    def binding(self, node: ast.alias | ast.ExceptHandler) -> None:
        self.there.update(_bound([node]) if isinstance(node, ast.alias) else filter(None, [node.name]))
        self.run(_in_order(node))

    def function(self, node: ast.FunctionDef | ast.Lambda) -> None:
        """What a function reads as it is made, and as it runs."""
        given = node.args
        self.run((*given.defaults, *filter(None, given.kw_defaults), *getattr(node, "decorator_list", ())))
        there = {argument.arg for argument in ast.walk(given) if isinstance(argument, ast.arg)}
        own, outer = frozenset[str](), self.outer | self.own
        if isinstance(node, ast.FunctionDef):
            self.there.add(node.name)
            own = _bound(node.body) | there
        else:
            outer |= self.there
        within = replace(self, own=own, outer=outer - own, there=there, now=self.later)
        within.run(node.body if isinstance(node.body, list) else [node.body])

    def definition(self, node: ast.ClassDef) -> None:
        replace(self, there={*self.there}).run(node.body)
        self.there.add(node.name)

    def comprehension(self, node: ast.AST) -> None:
        replace(self, there={*self.there}).run(_in_order(node))

    def changed(self, node: ast.AugAssign) -> None:
        for part in ast.walk(node.target):
            if isinstance(part, ast.Name):
                self.read(part)
        self.run([node.value])


_RULES: dict[type[ast.AST], Callable[..., None]] = {
    ast.Name: _Scope.name, ast.alias: _Scope.binding, ast.ExceptHandler: _Scope.binding,
    ast.FunctionDef: _Scope.function, ast.Lambda: _Scope.function, ast.ClassDef: _Scope.definition,
    ast.AugAssign: _Scope.changed,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _Scope.comprehension),
}  # fmt: skip


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """The children as they run: what is assigned before what it is assigned to."""
    fields = node._fields
    if not _ORDERED.isdisjoint(fields):
        fields = tuple(sorted((f for f in fields if f != "annotation"), key=lambda f: _FIRST.get(f, len(_FIRST))))
    for name in fields:
        part = getattr(node, name, None)
        if isinstance(part, list):
            yield from (each for each in part if isinstance(each, ast.AST))
        elif isinstance(part, ast.AST):
            yield part
