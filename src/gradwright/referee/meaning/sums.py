"""What signs without brackets reach. Owns: Σ_i a_i + b_i read as Σ_i (a_i + b_i), d/dx u · v as (du/dx) v, Y² beside ⊙.

Never: says when that is meant.
"""

from __future__ import annotations

from dataclasses import replace

from gradwright.read.latex.nodes import Function, Gradient, Run
from gradwright.read.syntax import (
    Big,
    Call,
    Derivative,
    Group,
    Letter,
    Negative,
    Node,
    Power,
    Product,
    Quotient,
    Sum,
    children,
    rewritten,
    walk,
)


def widened(tree: Node) -> Node:
    """The side with its first Σ read to the end, where every term after it uses the letter of the Σ.

    A factor before the Σ multiplies the whole: −1/m Σ_i a_i + b_i is −1/m Σ_i (a_i + b_i).
    """
    negative = isinstance(tree, Negative)
    inner = tree.body if isinstance(tree, Negative) else tree
    if not isinstance(inner, Sum):
        return tree
    terms = inner.terms
    for k, (sign, term) in enumerate(terms[:-1]):
        big = _last(term)
        if big is None or not big.binders:
            continue
        letter = big.binders[0].name
        rest = terms[k + 1 :]
        if not all(letter in free_letters(t) for _, t in rest):
            continue
        minus = (sign == "-") != (negative or _negative(term))
        if all(s == "-" for s, _ in rest):
            rest = tuple(("+" if minus else s, t) for s, t in rest)
        merged = _with_last(term, replace(big, body=Sum(tree.span, (("+", big.body), *rest))))
        if k:
            return replace(inner, terms=(*terms[:k], (sign, merged)))
        return Negative(tree.span, merged) if (sign == "-") != negative else merged
    return tree


def narrowed(tree: Node) -> Node:
    """The tree with every d/dx taken of what stands before the next sign of multiplication alone."""
    return rewritten(tree, _narrowed)


def _narrowed(node: Node) -> Node:
    body = node.body if isinstance(node, Derivative) else None
    if not isinstance(node, Derivative) or not isinstance(body, Product):
        return node
    cut = next((k for k, (op, _) in enumerate(body.factors) if k and op in ("cdot", "times", "*")), 0)
    if not cut:
        return node
    head = body.factors[:cut]
    first = head[0][1] if cut == 1 else replace(body, factors=head)
    return replace(body, factors=((" ", replace(node, body=first)), *body.factors[cut:]))


def extended(tree: Node) -> Node:
    """The tree with every d/dx of a bracket taken of all that the bracket multiplies: d/dx (a − x)(b − x)."""
    return rewritten(tree, _extended)


def _extended(node: Node) -> Node:
    if not isinstance(node, Product):
        return node
    at = next((k for k, (_, f) in enumerate(node.factors[:-1]) if isinstance(f, Derivative | Gradient)), None)
    taken = node.factors[at][1] if at is not None else node
    if at is None or not isinstance(taken, Derivative | Gradient) or not isinstance(taken.body, Group):
        return node
    body = Product((taken.body.span[0], node.span[1]), ((" ", taken.body), *node.factors[at + 1 :]))
    whole = replace(taken, body=body)
    return replace(node, factors=(*node.factors[:at], (node.factors[at][0], whole))) if at else whole


def by_entries(tree: Node) -> Node:
    """The tree with every power taken entry by entry."""
    return rewritten(tree, lambda n: replace(n, entrywise=True) if isinstance(n, Power) else n)


def goes_by_entries(node: Node) -> bool:
    """Whether ⊙ multiplies, or a fraction of functions divides."""
    if isinstance(node, Product):
        return any(op == ".*" for op, _ in node.factors)
    return isinstance(node, Quotient) and any(isinstance(n, Call | Function) for n in walk(node.bottom))


def free_letters(tree: Node) -> set[str]:
    """The index letters of a tree that no Σ in it binds."""
    found: set[str] = set()
    stack: list[tuple[Node, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        here, bound = stack.pop()
        if isinstance(here, Letter) and here.name not in bound:
            found.add(here.name)
        if isinstance(here, Big | Run):
            bound = bound | {binder.name for binder in here.binders}
        stack += [(child, bound) for child in children(here)]
    return found


def _last(term: Node) -> Big | None:
    """The Σ a term is, or ends with."""
    while isinstance(term, Product | Negative):
        term = term.factors[-1][1] if isinstance(term, Product) else term.body
    return term if isinstance(term, Big) and term.operator == "sum" else None


def _negative(term: Node) -> bool:
    if isinstance(term, Product):
        return _negative(term.factors[0][1])
    return isinstance(term, Negative | Group) and (isinstance(term, Negative) or _negative(term.body))


def _with_last(term: Node, big: Node) -> Node:
    if isinstance(term, Product):
        items = term.factors
        return replace(term, factors=(*items[:-1], (items[-1][0], _with_last(items[-1][1], big))))
    return replace(term, body=_with_last(term.body, big)) if isinstance(term, Negative) else big
