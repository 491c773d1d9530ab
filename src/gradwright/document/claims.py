"""What a relation is said for. Owns: telling claims from definitions, facts, conditions, updates and values.

Never: judges.
"""

from __future__ import annotations

from typing import Any

from gradwright.document import prose
from gradwright.document.chains import Chain, Collected, Link
from gradwright.document.symbols import Definition, Stated, Symbols, base_of, symbol_key
from gradwright.document.tree import Tree, alike, subtrees


def sort_links(collected: Collected) -> None:
    for chain in collected.chains:
        for link in chain.links:
            left, right = chain.sides[link.left], chain.sides[link.left + 1]
            if left.tree is None or right.tree is None:
                continue
            _sort(collected, chain, link, left.tree, right.tree)


def _sort(collected: Collected, chain: Chain, link: Link, left: Tree, right: Tree) -> None:
    """Whether a relation defines, states a fact, imposes a condition or is an update; what is left is a claim."""
    symbols = collected.symbols
    fact = _stated_fact(symbols, left, right)
    if fact is not None and len(chain.links) == 1:
        if not any(s.fact == fact[0] and s.key == fact[1] for s in symbols.facts):
            symbols.facts.append(Stated(*fact, place=left.span[0]))
        link.sort, link.reason = "fact", "a fact that is stated"
        return
    if link.left == 0 and _is_number(right) and prose.IMPOSING.search(chain.before):
        link.sort, link.reason = "condition", "a condition that is imposed, not a claim"
        return
    if left.kind == "diff" and _is_number(right) and left.parts[0].kind == "sym" and right_is_zero(right):
        key = symbol_key(symbols, left.parts[0])
        symbols.constants.add(key)
        symbols.varying.discard(key)
        link.sort, link.reason = "fact", f"{key} is constant, stated"
        return
    if left.kind in ("sym", "index", "call") and _is_number(right) and not chain.display:
        link.sort, link.reason = "value", "a value that is chosen, not a claim"
        return
    form = _defined_form(symbols, left)
    if form is None:
        if link.left == 0 and len(chain.links) == 1 and not chain.display and prose.ASSUMING.search(chain.before):
            link.sort = "assumed"
        return
    key, params, letters, kind = form
    mentioned = {
        symbols.key(str(n.parts[0]), str(n.parts[1]), i) for n in subtrees(right) if n.kind == "sym" for i in (0, 1, 2)
    }
    if kind != "call" and key in mentioned:
        if _is_update(symbols, left, right):
            link.sort, link.reason = "update", "an update, not a claim"
        return
    if link.left > 0 and kind not in ("call", "opaque"):
        return
    if right.kind == "matrix" and any(
        n.kind == "sym" and n.parts[0] == str(_base_name(left)).lower() for n in subtrees(right)
    ):
        link.sort, link.reason = "data", "the entries of an array"
        link.definition = Definition(key, (), (), right, left.span[0], chain.number, chain.section)
        return
    known = [d for d in symbols.definitions if d.key == key]
    if len(known) == 1 and kind == "sym" and _turned(symbols, known[0], right, mentioned):
        link.sort, link.definition = (
            "definition",
            Definition(key, params, letters, right, known[0].place, chain.number, chain.section),
        )
        symbols.definitions.append(link.definition)
        return
    afresh = bool(prose.DEFINING.search(chain.before)) or link.sort == "definition"
    again = known and not (afresh and any(d.params != params for d in known))
    if again and not (afresh and chain.section != _section(collected, known[-1].chain)):
        return
    link.definition = Definition(key, params, letters, right, left.span[0], chain.number, chain.section)
    link.sort = "definition"
    symbols.definitions.append(link.definition)
    symbols.varying.discard(key)


def _turned(symbols: Symbols, known: Definition, right: Tree, mentioned: set[str]) -> bool:
    """η = log λ, then η = θᵀx: the first is turned round, λ = exp η, where λ has no other meaning."""
    body = known.body
    if (
        body.kind != "fn"
        or body.parts[0] not in ("log", "ln", "exp")
        or body.parts[1][0].kind != "sym"
        or known.letters
    ):
        return False
    inner = symbol_key(symbols, body.parts[1][0])
    if inner in mentioned or any(d.key == inner for d in symbols.definitions):
        return False
    name = Tree("sym", (known.key, ""), body.span)
    back = Tree("fn", ("log" if body.parts[0] == "exp" else "exp", (name,), 0), body.span)
    symbols.definitions.remove(known)
    symbols.definitions.append(Definition(inner, (), (), back, known.place, known.chain, known.section))
    return True


def _section(collected: Collected, number: int) -> int:
    return collected.chains[number].section


def _base_name(tree: Tree) -> str:
    base = base_of(tree)
    return str(base.parts[0]) if base is not None and base.kind == "sym" else ""


def _is_number(tree: Tree) -> bool:
    while tree.kind in ("neg", "group"):
        tree = tree.parts[0]
    return tree.kind == "num" or (tree.kind == "sym" and tree.parts == ("0", "bold"))


def right_is_zero(tree: Tree) -> bool:
    while tree.kind in ("neg", "group"):
        tree = tree.parts[0]
    return bool(tree.parts[0] == "0")


def _is_update(symbols: Symbols, left: Tree, right: Tree) -> bool:
    if right.kind != "add":
        return False
    return any(sign == "+" and alike(term, left) for sign, term in right.parts[0])


def _defined_form(symbols: Symbols, tree: Tree) -> tuple[str, tuple[str, ...], tuple[str, ...], str] | None:
    """y, y_c, f(x), s(x)_i, P(t = 1 | z): key, parameters, index letters."""
    letters: list[str] = []
    if tree.kind == "index":
        items = list(tree.parts[1])
        inner = tree.parts[0]
        while inner.kind == "index":
            items = [*inner.parts[1], *items]
            inner = inner.parts[0]
        labels = [str(i.parts[0]) for i in items if i.kind == "label"]
        letters = [str(i.parts[0]) for i in items if i.kind == "letter"]
        if inner.kind == "sym" and labels and len(labels) == len(items):
            return symbols.key(f"{inner.parts[0]}_{','.join(labels)}", str(inner.parts[1])), (), (), "sym"
        if inner.kind == "sym" and str(inner.parts[0]) in symbols.labelled and not letters and not labels:
            name = f"{inner.parts[0]}_{''.join(str(i.parts[0]) for i in items)}"
            return symbols.key(name, str(inner.parts[1])), (), (), "sym"
        if any(len(i.parts) > 1 for i in items):
            if len(items) != 1 or inner.kind != "sym":
                return None
            return symbols.key(str(inner.parts[0]), str(inner.parts[1])) + "()", (), tuple(letters), "sym"
        if len(letters) != len(items) or len(set(letters)) != len(letters):
            return None
        tree = inner
    if tree.kind == "sym":
        if str(tree.parts[0]) in ("0", "1", "I", "e") or (tree.parts[0] == "delta" and letters):
            return None
        return symbols.key(str(tree.parts[0]), str(tree.parts[1]), len(letters)), (), tuple(letters), "sym"
    if tree.kind == "opaque":
        if letters:
            return None
        symbols.ranks[str(tree.parts[0])] = len(tree.parts[1])
        return str(tree.parts[0]), (), tuple(tree.parts[1]), "opaque"
    if tree.kind == "call" and tree.parts[0].kind == "sym" and not tree.parts[2]:
        params = []
        for arg in tree.parts[1]:
            if arg.kind != "sym":
                return None
            params.append(symbols.key(str(arg.parts[0]), str(arg.parts[1])))
        if len(set(params)) != len(params):
            return None
        return (
            symbols.key(str(tree.parts[0].parts[0]), str(tree.parts[0].parts[1])),
            tuple(params),
            tuple(letters),
            "call",
        )
    return None


def _stated_fact(symbols: Symbols, left: Tree, right: Tree) -> tuple[str, str, str] | None:
    """Σ_i y_i = 1, A = A^T, ‖x‖ = 1 for symbols without a definition."""
    if left.kind == "big" and left.parts[0] == "sum" and right.kind == "num" and right.parts[0] == "1":
        body = left.parts[3]
        if body.kind == "index" and body.parts[0].kind == "sym" and len(left.parts[1]) == 1 and not left.parts[2]:
            key = symbols.key(str(body.parts[0].parts[0]), str(body.parts[0].parts[1]), True)
            items = [str(i.parts[0]) for i in body.parts[1]]
            defined = any(d.key == key for d in symbols.definitions)
            if items and items[-1] == left.parts[1][0][0] and not defined:
                return ("simplex" if len(items) == 1 else "simplex_rows"), key, "Σ = 1, stated"
    if left.kind == "sym" and right.kind == "T" and alike(left, right.parts[0]):
        return "symmetric", symbols.key(str(left.parts[0]), str(left.parts[1])), "A = Aᵀ, stated"
    return None


def second_meaning(judge: Any, chain: Chain, left: Tree, right: Tree) -> bool:
    """Whether a name that has a meaning is given a new one here, in words or by what the new one is made of.

    Made of the variables of the old one, or of symbols that are all in use already, it restates: a claim.
    """
    symbols: Symbols = judge.symbols
    form = _defined_form(symbols, left)
    if form is None:
        return False
    key, params, letters, kind = form
    known = symbols.definition(key, chain.place - 1)
    if known is None or known.chain == chain.number:
        return False
    old, new = (names_in(symbols, tree) for tree in (known.body, right))
    if key in new:
        return False
    if not prose.DEFINING.search(chain.before[-90:]) and kind != "opaque":
        mine, its = (_made_of(symbols, names, chain.place - 1) for names in (new, old))
        if new <= old or (mine & its and all(judge.first_place(n) < chain.place for n in new)):
            return False
    symbols.definitions.append(Definition(key, params, letters, right, left.span[0], chain.number, chain.section))
    return True


def _made_of(symbols: Symbols, names: set[str], place: int) -> set[str]:
    """The symbols without a definition that these come down to."""
    found: set[str] = set()
    seen: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        definition = symbols.definition(name, place)
        if definition is None:
            found.add(name)
        else:
            stack.extend(names_in(symbols, definition.body))
    return found - symbols.extents


def names_in(symbols: Symbols, tree: Tree) -> set[str]:
    """The keys of the symbols of a tree."""
    found = {symbol_key(symbols, n) for n in subtrees(tree) if n.kind in ("sym", "index")}
    return {n for n in found if n} | {str(n.parts[0]) for n in subtrees(tree) if n.kind == "opaque"}


def is_entry(left: Tree | None, right: Tree | None) -> bool:
    """t_2 = 1 − t_1 in a sentence: an entry at a fixed place, set in terms of others."""
    if left is None or right is None or left.kind != "index":
        return False
    return bool(left.parts[1]) and all(i.kind == "place" for i in left.parts[1])
