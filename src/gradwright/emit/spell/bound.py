"""Names in a module's text. Owns: which are read before anything is bound to them, as statements run. Never: runs them.

A name bound in one branch counts as bound after it: what is looked for is a statement that nobody wrote, or wrote too
late. A name that a function binds anywhere is its own throughout, as in Python.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

_Function = ast.FunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def unbound(text: str) -> list[str]:
    """What is read before it is bound, with the line."""
    tree = ast.parse(text)
    everywhere = {*dir(builtins), "__file__", "__name__", *_bound(tree.body)}
    return [*_Scope(everywhere, everywhere - _bound(tree.body)).run(tree.body)]


def _bound(body: list[ast.stmt]) -> set[str]:
    """The names that statements bind in their own scope."""
    return {name for statement in body for name in _names(statement)}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


class _Scope:
    """A run through statements: ``there`` is bound already, ``outer`` what functions inside may read when they run."""

    def __init__(self, outer: set[str], there: set[str]) -> None:
        self.outer, self.there = outer, set(there)

    def run(self, body: list[ast.stmt]) -> Iterator[str]:
        for statement in body:
            yield from self.read(statement)

    def read(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in self.there:
                yield f"line {node.lineno}: {node.id}"
            self.there |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.FunctionDef | ast.Lambda):
            yield from self.function(node)
        elif isinstance(node, ast.ClassDef):
            yield from _Scope(self.outer, self.there).run(node.body)
            self.there.add(node.name)
        elif isinstance(node, _COMPREHENSIONS):
            inner = _Scope(self.outer, self.there)
            for part in (*node.generators, *([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])):
                yield from inner.read(part)
        else:
            named = isinstance(node, ast.Import | ast.ImportFrom | ast.ExceptHandler)
            self.there |= set(_names(node)) if named else set()
            for child in _in_order(node):
                yield from self.read(child)

    def function(self, node: _Function) -> Iterator[str]:
        given = node.args
        for part in (*given.defaults, *filter(None, given.kw_defaults), *getattr(node, "decorator_list", ())):
            yield from self.read(part)
        every = (*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg)))
        parameters = {argument.arg for argument in every}
        if isinstance(node, ast.Lambda):
            yield from _Scope(self.outer, self.outer | self.there | parameters).read(node.body)
            return
        self.there.add(node.name)
        own = parameters | _bound(node.body)
        yield from _Scope(self.outer | own, (self.outer - own) | parameters).run(node.body)


def _in_order(node: ast.AST) -> list[ast.AST]:
    """The children as they run: what is assigned before what it is assigned to; annotations of locals do not run."""
    if isinstance(node, ast.Assign):
        return [node.value, *node.targets]
    if isinstance(node, ast.AnnAssign):
        return [*([node.value] if node.value else []), node.target]
    if isinstance(node, ast.AugAssign):
        return [
            ast.Name(n.id, ast.Load(), lineno=n.lineno) for n in ast.walk(node.target) if isinstance(n, ast.Name)
        ] + [node.value]
    if isinstance(node, ast.For):
        return [node.iter, node.target, *node.body, *node.orelse]
    if isinstance(node, ast.comprehension):
        return [node.iter, node.target, *node.ifs]
    if isinstance(node, ast.withitem):
        return [node.context_expr, *([node.optional_vars] if node.optional_vars else [])]
    return list(ast.iter_child_nodes(node))
