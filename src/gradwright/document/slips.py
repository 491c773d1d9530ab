"""The likely slip behind a false relation. Owns: the changes people make by mistake, tried one at a time.

Never: changes a verdict; a change is named only if it makes the relation true.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from gradwright.core.errors import Error
from gradwright.document.clock import OutOfTime
from gradwright.document.fixes import Fix, fix
from gradwright.document.tree import Tree, replaced, subtrees

if TYPE_CHECKING:
    from gradwright.document.collect import Chain
    from gradwright.document.judge import Judge

_SECONDS = 3.0
_MOST = 120


def likely(judge: Judge, chain: Chain, left: int, right: int) -> tuple[str, Fix | None]:
    """The first change of the right side (or of the case) that makes the relation true: in words, and as a new text."""
    before, after = chain.sides[left].tree, chain.sides[right].tree
    if before is None or after is None:
        return "", None
    began = perf_counter()
    judge.deadline = began + _SECONDS
    text = judge.collected.source.text
    flipped = _other_case(judge, chain, before, after)
    if flipped:
        return flipped, None
    for count, (words, changed) in enumerate(_changes(after, before, text)):
        if count > _MOST or perf_counter() - began > _SECONDS:
            break
        try:
            if judge.compare_trees(chain, before, changed, quick=True).holds:
                return words, fix(judge, chain, before, after, changed)
        except (Error, OutOfTime, RecursionError):
            continue
    return "", None


def transposed(judge: Judge, chain: Chain, before: Tree, after: Tree) -> str:
    """The transpose that is missing or one too many, in words, if that alone makes the relation true."""
    for words, changed in _changes(after, before, judge.collected.source.text):
        if "transpose" in words and "whole" not in words:
            try:
                if judge.compare_trees(chain, before, changed, quick=True).holds:
                    return words
            except (Error, OutOfTime, RecursionError):
                continue
    return ""


def _other_case(judge: Judge, chain: Chain, before: Tree, after: Tree) -> str:
    scope = chain.scope
    if not scope:
        return ""
    turned = [("!=" if op == "=" else "=" if op == "!=" else op, a, b) for op, a, b in scope]
    try:
        chain.scope = turned
        holds = judge.compare_trees(chain, before, after, quick=True).holds
    except (Error, OutOfTime, RecursionError):
        holds = False
    finally:
        chain.scope = scope
    if not holds:
        return ""
    return "the wrong case: it holds for " + ", ".join(
        f"{a.parts[0]} {'≠' if op == '!=' else op} {b.parts[0]}" for op, a, b in turned
    )


def _said(tree: Tree, text: str) -> str:
    shown = " ".join(text[tree.span[0] : tree.span[1]].split())
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _around(node: Tree, text: str) -> str:
    start = max(0, text.rfind(" ", 0, node.span[0]) + 1, node.span[0] - 20)
    return " ".join(text[start : node.span[1] + 1].split())


def _changes(tree: Tree, other: Tree, text: str) -> Iterator[tuple[str, Tree]]:
    span = tree.span
    yield "the sign of the whole side", Tree("neg", (tree,), span)
    nodes = list(subtrees(tree))
    for node in nodes:
        if node.kind == "add":
            terms = node.parts[0]
            for k, (sign, term) in enumerate(terms):
                turned = (*terms[:k], ("-" if sign == "+" else "+", term), *terms[k + 1 :])
                yield f"the sign of {_said(term, text)}", replaced(tree, node, node.with_parts(turned))
        elif node.kind == "neg":
            yield f"the minus before {_said(node.parts[0], text)}", replaced(tree, node, node.parts[0])
    for factor, words in (("2", "a factor 2 is missing"), ("0.5", "a factor ½ is missing")):
        number = Tree("num", (factor,), span)
        yield (
            words,
            Tree("mul", ((("juxt", number), ("juxt", Tree("group", (tree,), span)))), span)
            if False
            else Tree("mul", ((("juxt", number), ("juxt", Tree("group", (tree,), span))),), span),
        )
    yield "the whole side is transposed", Tree("T", (Tree("group", (tree,), span),), span)
    for node in nodes:
        if node.kind == "sym" and node.parts[1] in ("bold", "") and len(str(node.parts[0])) == 1:
            yield f"a transpose is missing on {_said(node, text)}", replaced(tree, node, Tree("T", (node,), node.span))
        elif node.kind == "T":
            yield f"the transpose of {_said(node.parts[0], text)} is one too many", replaced(tree, node, node.parts[0])
    letters = list(dict.fromkeys(str(n.parts[0]) for t in (tree, other) for n in subtrees(t) if n.kind == "letter"))
    for node in nodes:
        if node.kind == "letter":
            for letter in letters:
                if letter != node.parts[0]:
                    yield (f"the index {node.parts[0]} in place of {letter} in {_around(node, text)}",
                           replaced(tree, node, node.with_parts(letter)))  # fmt: skip
    for node in nodes:
        if node.kind == "big" and not node.parts[2] and len(node.parts[1]) == 1:
            op, binders, _, body = node.parts
            letter = binders[0][0]
            for outer in letters:
                if outer != letter:
                    a, b = (Tree("sym", (x, ""), node.span) for x in (letter, outer))
                    yield (f"the sum should leave out {letter} = {outer}",
                           replaced(tree, node, node.with_parts(op, binders, (("!=", a, b),), body)))  # fmt: skip
    for node in nodes:
        if node.kind == "add":
            terms = node.parts[0]
            for k, (_, term) in enumerate(terms):
                rest = (*terms[:k], *terms[k + 1 :])
                if rest:
                    yield f"the term {_said(term, text)} is one too many", replaced(tree, node, node.with_parts(rest))
        elif node.kind == "mul":
            items = node.parts[0]
            for k in range(len(items) - 1):
                one, two = items[k], items[k + 1]
                turned = (*items[:k], (one[0], two[1]), (two[0], one[1]), *items[k + 2 :])
                yield (
                    f"{_said(one[1], text)} and {_said(two[1], text)} in the wrong order",
                    replaced(tree, node, node.with_parts(turned)),
                )
            for k, (_, item) in enumerate(items):
                kept = (*items[:k], *items[k + 1 :])
                if kept:
                    yield f"the factor {_said(item, text)} is one too many", replaced(tree, node, node.with_parts(kept))
        elif node.kind == "big" and node.parts[2]:
            op, binders, _, body = node.parts
            yield "the sum leaves out what it should hold", replaced(tree, node, node.with_parts(op, binders, (), body))
    yield from _missing(tree, other, text)


def _missing(tree: Tree, other: Tree, text: str) -> Iterator[tuple[str, Tree]]:
    """A factor of the other side that one term has lost."""
    factors: dict[str, Tree] = {}
    for node in subtrees(other):
        if node.kind in ("index", "fn", "sym") and _said(node, text) not in factors and len(factors) < 8:
            factors[_said(node, text)] = node
    for node in subtrees(tree):
        if node.kind == "add":
            terms = node.parts[0]
            for k, (sign, term) in enumerate(terms):
                for said, factor in factors.items():
                    grown = Tree("mul", ((("juxt", term), ("juxt", factor)),), term.span)
                    turned = (*terms[:k], (sign, grown), *terms[k + 1 :])
                    yield (
                        f"the factor {said} is missing in {_said(term, text)}",
                        replaced(tree, node, node.with_parts(turned)),
                    )
