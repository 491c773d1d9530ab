"""How far a Σ without brackets reaches. Owns: Σ_i a_i + b_i read as Σ_i (a_i + b_i). Never: says when it is meant."""

from __future__ import annotations

from gradwright.read.tree import Tree


def widened(tree: Tree) -> Tree:
    """The side with its first Σ read to the end, where every term after it uses the letter of the Σ.

    A factor before the Σ multiplies the whole: −1/m Σ_i a_i + b_i is −1/m Σ_i (a_i + b_i).
    """
    negative = tree.kind == "neg"
    inner = tree.parts[0] if negative else tree
    if inner.kind != "add":
        return tree
    terms = inner.parts[0]
    for k, (sign, term) in enumerate(terms[:-1]):
        big = _last(term)
        if big is None or not big.parts[1]:
            continue
        letter = big.parts[1][0][0]
        rest = terms[k + 1 :]
        if not all(letter in free_letters(t) for _, t in rest):
            continue
        minus = (sign == "-") != (negative or _negative(term))
        turned = [("+" if minus else s, t) for s, t in rest] if all(s == "-" for s, _ in rest) else list(rest)
        op, binders, conditions, body = big.parts
        whole = Tree("add", ((("+", body), *turned),), tree.span)
        merged = _with_last(term, big.with_parts(op, binders, conditions, whole))
        if k:
            return inner.with_parts((*terms[:k], (sign, merged)))
        return Tree("neg", (merged,), tree.span) if (sign == "-") != negative else merged
    return tree


def free_letters(tree: Tree) -> set[str]:
    """The index letters of a tree that no Σ in it binds."""
    found: set[str] = set()
    stack: list[tuple[object, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        here, bound = stack.pop()
        if isinstance(here, Tree):
            if here.kind == "letter" and str(here.parts[0]) not in bound:
                found.add(str(here.parts[0]))
            if here.kind == "big":
                bound = bound | {name for name, *_ in here.parts[1]}
            stack += [(part, bound) for part in here.parts]
        elif isinstance(here, tuple):
            stack += [(part, bound) for part in here]
    return found


def _last(term: Tree) -> Tree | None:
    """The Σ a term is, or ends with."""
    while term.kind in ("mul", "neg"):
        term = term.parts[0][-1][1] if term.kind == "mul" else term.parts[0]
    return term if term.kind == "big" and term.parts[0] == "sum" else None


def _negative(term: Tree) -> bool:
    if term.kind == "mul":
        return _negative(term.parts[0][0][1])
    return term.kind in ("neg", "group") and (term.kind == "neg" or _negative(term.parts[0]))


def _with_last(term: Tree, big: Tree) -> Tree:
    if term.kind == "mul":
        items = term.parts[0]
        return term.with_parts((*items[:-1], (items[-1][0], _with_last(items[-1][1], big))))
    return term.with_parts(_with_last(term.parts[0], big)) if term.kind == "neg" else big
