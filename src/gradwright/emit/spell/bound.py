"""Names in a module's text. Owns: which are read before anything is bound to them, as statements run. Never: runs them.

A name bound in one branch counts as bound after it: what is looked for is a statement that nobody wrote, or wrote too
late. A name that a function binds anywhere is its own throughout, as in Python.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

_FIRST = ("generators", "iter", "value")
"""Parts that run before others; annotations of locals do not run."""


def unbound(text: str) -> list[str]:
    """What is read before it is bound, with the line."""
    body = ast.parse(text).body
    everywhere = {*dir(builtins), "__file__", "__name__", *_bound(body)}
    return [*_early(body, everywhere, everywhere - _bound(body))]


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that these bind in their own scope."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.alias(name, other):
                found.add(other or name.partition(".")[0])
            case ast.Name(name, ast.Store()):
                found.add(name)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                pass
            case _:
                found |= {node.name} if isinstance(node, ast.ExceptHandler) and node.name else set()
                found |= _bound(ast.iter_child_nodes(node))
    return found


def _early(nodes: Iterable[ast.AST], outer: set[str], there: set[str]) -> Iterator[str]:
    """A run through nodes: ``there`` is bound already, and grows; ``outer`` what functions may read when they run."""
    for node in nodes:
        match node:
            case ast.Name(name, ast.Load()):
                yield from [f"line {node.lineno}: {name}"] if name not in there else []
            case ast.FunctionDef() | ast.Lambda():
                yield from _within(node, outer, there)
            case ast.ClassDef():
                yield from _early(node.body, outer, {*there})
                there.add(node.name)
            case ast.AugAssign():
                names = [n for n in ast.walk(node.target) if isinstance(n, ast.Name)]
                yield from (f"line {n.lineno}: {n.id}" for n in names if n.id not in there)
                yield from _early([node.value], outer, there)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                yield from _early(_in_order(node), outer, {*there})
            case _:
                there |= _bound([node]) if isinstance(node, ast.Name | ast.alias | ast.ExceptHandler) else set()
                yield from _early(_in_order(node), outer, there)


def _within(node: ast.FunctionDef | ast.Lambda, outer: set[str], there: set[str]) -> Iterator[str]:
    """What a function reads as it is made, and as it runs."""
    given = node.args
    made = (*given.defaults, *filter(None, given.kw_defaults), *getattr(node, "decorator_list", ()))
    yield from _early(made, outer, there)
    own = {argument.arg for argument in ast.walk(given) if isinstance(argument, ast.arg)}
    if isinstance(node, ast.Lambda):
        yield from _early([node.body], outer, outer | there | own)
        return
    there.add(node.name)
    bound = own | _bound(node.body)
    yield from _early(node.body, outer | bound, (outer - bound) | own)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """The children as they run: what is assigned before what it is assigned to."""
    fields = sorted(node._fields, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    for part in (getattr(node, name, None) for name in fields if name != "annotation"):
        yield from (each for each in (part if isinstance(part, list) else [part]) if isinstance(each, ast.AST))
