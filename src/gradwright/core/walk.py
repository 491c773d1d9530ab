"""Traversal without recursion. Owns: memoised, trampolined recursion and capture-free replacement.

A function written as a recursive generator (``value = yield child``) runs on a heap-allocated stack, so a network of
depth 1,000 meets no recursion limit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from typing import TypeVar

from gradwright.core.build import matfn, open_binder, rebuild, reduce
from gradwright.core.node import MatFn, Node, Reduce

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Recursive = Callable[[K], Generator[K, V, V]]


def run(function: Recursive[K, V], key: K, memo: dict[K, V]) -> V:
    """``function(key)``, where yielding a key asks for that key's value. ``memo`` keeps every value."""
    if key in memo:
        return memo[key]
    stack: list[tuple[K, Generator[K, V, V]]] = [(key, function(key))]
    send: V | None = None
    while stack:
        current, generator = stack[-1]
        try:
            wanted = generator.send(send)  # type: ignore[arg-type]
        except StopIteration as stop:
            memo[current] = send = stop.value
            stack.pop()
            continue
        if wanted in memo:
            send = memo[wanted]
        else:
            stack.append((wanted, function(wanted)))
            send = None
    return memo[key]


def descend(node: Node, atoms: bool = False) -> Generator[Node, Node, Node]:
    """Rebuild a node from its rewritten children, opening a binder before going below it (``yield from`` it).

    Children without children of their own are visited only if ``atoms`` asks for it.
    """
    if isinstance(node, Reduce | MatFn):
        indices, body = open_binder(node)
        changed = yield body
        if isinstance(node, Reduce):
            return node if changed is body else reduce(node.op, indices, changed)
        given = []
        for scalar in node.given:
            given.append((yield scalar) if atoms or scalar.children else scalar)
        if changed is body and tuple(given) == node.given:
            return node
        return matfn(node.fn, node.order, node.slots, indices, changed, *given)
    children = node.children
    if not children:
        return node
    rewritten = []
    for child in children:
        rewritten.append((yield child) if atoms or child.children else child)
    return rebuild(node, tuple(rewritten))


def bottom_up(rule: Callable[[Node], Node], node: Node, memo: dict[Node, Node] | None = None) -> Node:
    """Rewrite every node once, children first, by ``rule`` (which returns its argument where it does not apply)."""

    def visit(current: Node) -> Generator[Node, Node, Node]:
        return rule((yield from descend(current, atoms=True)))

    return run(visit, node, {} if memo is None else memo)
