"""What stands below, above and after an atom. Owns: scripts, primes; telling calls and laws from products.

Never: precedence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from gradwright.read.latex.cursor import Cursor
from gradwright.read.latex.grammar import GREEK, TRANSPOSE, is_symbol
from gradwright.read.latex.nodes import Evaluated, Factorial, Law, symbol, written
from gradwright.read.latex.rows import levels, parted, relation
from gradwright.read.latex.tokens import TAGGING, Token, argument_at, closed_after
from gradwright.read.syntax import (
    Call,
    Derivative,
    Group,
    Indexed,
    Item,
    Label,
    Letter,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Pair,
    Place,
    Power,
    Primed,
    Quotient,
    Transposed,
    walk,
)

_EVALUATED = (Derivative, Quotient, Group, Call, Primed, Law)
"""What an evaluation bar belongs to alone; after anything else it belongs to the whole product."""


_EVENTS = frozenset({"cap", "cup", "lnot", "neg", "setminus", "bigcap", "bigcup", "and", "varnothing", "emptyset"})
"""Signs between events."""


def scripted(c: Cursor, base: Node) -> Node:
    """Subscripts, superscripts, primes, factorials and evaluation bars after an atom."""
    tree = base
    start = base.span[0]
    while True:
        kind = c.kind()
        if kind == "sub":
            c.take()
            items = _of_vector(c, tree, subscripts(c, _sized(tree, c.script_tokens())))
            tree = _indexed(c, tree, items, start) if items else tree
        elif kind == "sup":
            c.take()
            tree = raised(c, tree, c.script_tokens(), start)
        elif kind == "prime" and isinstance(tree, Name) and tree.stem in c.grammar.letters.primed:
            tree = labelled(c, tree, "′" * len(c.take().text), start)
        elif kind == "prime":
            tree = c.made(Primed, start, tree, len(c.take().text))
        elif kind == "op" and c.text() == "!":
            c.take()
            tree = c.made(Factorial, start, tree)
        elif c.text() in ("|", "vert") and c.kind(1) == "sub" and not c.bars and isinstance(tree, _EVALUATED):
            c.take()
            c.take()
            tree = c.made(Evaluated, start, tree, c.conditions(c.script_tokens()))
        else:
            return tree


def _indexed(c: Cursor, tree: Node, items: tuple[Item, ...], start: int) -> Node:
    """x′_t is (x_t)′, x^T_t is (x_t)^T, Σ^{-1}_k is (Σ_k)^{-1}; A^T_{ij} is an entry of A^T."""
    single = len(items) == 1 and not isinstance(items[0], Pair)
    if isinstance(tree, Primed) or (single and isinstance(tree, Transposed) and isinstance(tree.body, Name)):
        return replace(tree, body=c.made(Indexed, start, tree.body, items))
    if single and isinstance(tree, Power) and isinstance(tree.base, Name) and _is_numeral(tree.exponent):
        return replace(tree, base=c.made(Indexed, start, tree.base, items))
    return c.made(Indexed, start, tree, items)


def _sized(tree: Node, tokens: list[Token]) -> list[Token]:
    """Without m × n below a matrix, which names its extents; of I it is the one that counts.

    Below a list of plain letters it says more, that they are vectors, and stays.
    """
    parts = [[t.kind for t in part] for part in parted(tokens, ("times",))]
    told = isinstance(tree, Name | Matrix) or any(isinstance(n, Name) and n.font == "bold" for n in walk(tree))
    if not told or len(parts) != 2 or any(part not in (["letter"], ["number"]) for part in parts):
        return tokens
    return tokens[:1] if isinstance(tree, Name) and tree.stem == "I" else []


def _of_vector(c: Cursor, tree: Node, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """nt in 𝐱_{nt}: letters that nothing binds are no two indices of a vector."""
    vector = isinstance(tree, Name) and tree.font == "bold" and tree.stem.split(" ")[-1].islower() and len(items) > 1
    names = {item.name for item in items if isinstance(item, Letter)}
    if not vector or len(names) < len(items) or names & (c.bound | c.grammar.letters.bound):
        return items
    return (Label((items[0].span[0], items[-1].span[1]), "".join(map(written, items))),)


def _is_numeral(tree: Node) -> bool:
    return isinstance(tree.body if isinstance(tree, Negative) else tree, Number)


def subscripts(c: Cursor, tokens: Sequence[Token]) -> tuple[Item, ...]:
    """The parts of a subscript: letters, numbers, labels."""
    parts = [[t for t in part if t.kind not in ("open", "close")] for part in parted(primed(tokens), (",",))]
    return tuple(item for part in parts if part for item in _items(c, part, len(parts) == 1))


def _items(c: Cursor, part: Sequence[Token], single: bool) -> list[Item]:
    """What stands between two commas; ``single``: there are none."""
    span, written = (part[0].start, part[-1].end), "".join(t.text for t in part)
    if written == ":":
        c.fail("a row or a column of an array taken by a subscript", part[0])
    simple = all(t.kind in ("letter", "number") and t.style in ("", "roman") for t in part)
    simple = simple and not any(t.text.isupper() for t in part) and written not in c.grammar.letters.words
    if simple and (label := labelling(c, part)):
        numbers = part[len(label) :]
        first = Label((span[0], label[-1].end), "".join(t.text for t in label))
        return [first, *(_single(token, len(numbers) == 1) for token in numbers)]
    if simple and not is_label(c, part) and all(t.style == "" for t in part):
        return [_single(token, single and len(part) == 1) for token in part]
    if len(part) == 1 and part[0].kind == "cmd" and written in ("alpha", "beta", "mu", "nu"):
        return [Letter(span, written)]
    return [Label(span, written, bold=len(part) == 1 and part[0].style == "bold")]


def _single(token: Token, alone: bool) -> Item:
    span, text = (token.start, token.end), token.text
    if token.kind != "number":
        return Letter(span, text)
    return Pair(span, text) if alone and len(text) == 2 and "0" not in text else Place(span, text)


def raised(c: Cursor, tree: Node, tokens: list[Token], start: int) -> Node:
    """What a superscript means: a transpose, an inverse, a label, a power."""
    bare = [t for t in tokens if t.kind not in ("open", "close")]
    if not bare:
        return tree
    texts = [t.text for t in bare]
    if len(bare) == 1 and (found := _mark(c, tree, bare[0], start)) is not None:
        return found
    if (
        texts[0] in c.grammar.letters.raised
        and isinstance(tree, Name | Indexed)
        and (len(bare) == 1 or texts[0] == "pi")
    ):
        return labelled(c, tree, "".join(t for t in texts if t not in "_"), start)
    if texts[0] in _STARS and len(texts) == 2 and isinstance(tree, Name | Indexed) and _is_transpose(bare[1]):
        return c.made(Transposed, start, labelled(c, tree, texts[0], start))  # x^{*T}
    if _counts(c, tree, bare):
        return tagged(c, tree, bare, start)
    if texts == ["-", "T"] or texts == ["-", "top"]:
        minus = Number((bare[0].start, bare[-1].end), "-1")
        return c.made(Transposed, start, c.made(Power, start, tree, minus))
    if (closing := TAGGING.get(texts[0])) in texts and isinstance(tree, Name | Indexed):
        end = texts.index(closing)
        inner, rest = bare[1:end], bare[end + 1 :]
        marks = not rest or rest[0].kind == "prime" or rest[0].text in (*TRANSPOSE, *TAGGING, "T", "-", "*", "prime")
        if inner and marks and is_tag(c, inner, texts[0]):
            tree = tagged(c, tree, inner, start)
            return raised(c, tree, rest, start) if rest else tree
    return c.made(Power, start, tree, c.sub_parse(tokens))


def _counts(c: Cursor, tree: Node, script: Sequence[Token]) -> bool:
    """Whether w^k is the k-th of many w."""
    base = tree.base if isinstance(tree, Indexed) else tree
    if not isinstance(base, Name) or base.stem not in c.grammar.letters.counted:
        return False
    return script[0].kind in ("letter", "number") and all(
        t.kind in ("letter", "number") or t.text in "+-" for t in script
    )


def _mark(c: Cursor, tree: Node, token: Token, start: int) -> Node | None:
    """What one sign above a symbol makes of it; None of an exponent."""
    if _is_transpose(token):
        return c.made(Transposed, start, tree)
    if token.text == "prime" or token.kind == "prime":
        return c.made(Primed, start, tree, len(token.text) if token.kind == "prime" else 1)
    marks = (*_STARS, "dagger", "ddagger", "+", "-", "circ", "H", "cdot", "bullet", "sharp", "natural")
    return labelled(c, tree, token.text, start) if token.text in marks or token.kind == "word" else None


_STARS = ("*", "star")


def _is_transpose(token: Token) -> bool:
    roman = token.kind == "letter" or token.style in ("roman", "sans")
    return token.text in TRANSPOSE or (token.text == "T" and roman)


def labelling(c: Cursor, part: Sequence[Token]) -> Sequence[Token]:
    """h in w_{h12} and w_{hj}: letters that run over nothing, before indices; none where there are none."""
    length = next((k for k, t in enumerate(part) if not is_label(c, [t])), 0)
    return part[:length]


def is_label(c: Cursor, part: Sequence[Token]) -> bool:
    """Whether letters below a symbol are part of its name."""
    names = [t.text for t in part if t.kind == "letter"]
    if len(names) != len(part) or set(names) & c.bound:
        return False
    return set(names) <= c.grammar.letters.labels or (len(names) == 1 and names[0] in c.grammar.letters.running)


def is_tag(c: Cursor, inner: Sequence[Token], opened: str) -> bool:
    """Whether brackets above a symbol hold a number, a name or a shifted letter, rather than an exponent."""
    if len(inner) == 1:
        return True
    return opened != "(" or (inner[0].kind in ("letter", "word") and all(t.kind != "cmd" for t in inner))


def tagged(c: Cursor, tree: Node, inner: Sequence[Token], start: int) -> Node:
    """x^{(i)} is the i-th of many x; W^{(2)}, a^{[l-1]} are names."""
    single = inner[0] if len(inner) == 1 and inner[0].kind == "letter" else None
    counts = single is not None and single.text not in c.grammar.letters.running | c.grammar.letters.marks
    if single is not None and (single.text in c.bound or counts):
        return c.made(Indexed, start, tree, (Letter((single.start, single.end), single.text, sample=True),))
    return labelled(c, tree, "(" + "".join(t.text for t in inner) + ")", start)


def labelled(c: Cursor, tree: Node, label: str, start: int) -> Node:
    if isinstance(tree, Name):
        return called(c, c.made(Name, start, f"{tree.stem}^{label}", tree.font))
    if isinstance(tree, Indexed) and isinstance(tree.base, Name):
        return replace(tree, base=replace(tree.base, stem=f"{tree.base.stem}^{label}"))
    c.fail(f"the superscript {label} is not understood here")


def called(c: Cursor, tree: Name) -> Node:
    """The symbol with the brackets it is applied to, if it is a function; its scripts come after either way."""
    name = tree.stem
    ahead = c.after_scripts(0, "prime")  # W_1(x), f'(x), σ^{(2)}(x)
    if c.text(ahead) not in ("(", "["):
        return tree
    primes, subscripted = 0, False
    if c.text(ahead) == "(" and is_law(c, ahead):
        return law(c, scripted(c, tree) if ahead else tree)
    known = (name in c.grammar.functions and not holds_itself(c, name, ahead)) or is_applied(c, tree, ahead)
    if not known or c.text(ahead) != "(":
        return tree
    if ahead:
        scripts = c.tokens[c.at : c.at + ahead]
        if all(t.kind == "prime" for t in scripts):
            primes = sum(len(t.text) for t in scripts)
            c.at += ahead
        elif _is_inverse(c, name, scripts, ahead):
            if name.isupper():
                c.fail(f"whether {name}⁻¹(…) is an inverse function or an inverse matrix is not said")
            c.at += ahead
            tree = replace(tree, stem=f"{name}^-1")
        elif not any(t.kind == "sup" for t in scripts):
            subscripted = True
        else:
            return tree
    function: Node = scripted(c, tree) if subscripted else tree
    if isinstance(function, Primed):  # g'_k(z) and g_k'(z) are (g_k)'(z)
        primes, function = function.count, function.body
    args = arguments(c)
    return Call((tree.span[0], c.tokens[c.at - 1].end), function, args, primes)


def _is_inverse(c: Cursor, name: str, scripts: Sequence[Token], ahead: int) -> bool:
    """f⁻¹(y) of a function f."""
    signs = [t.text for t in scripts if t.kind not in ("open", "close")]
    return signs == ["^", "-", "1"] and name in c.grammar.functions and not holds_itself(c, name, ahead)


def is_law(c: Cursor, ahead: int) -> bool:
    """P(t = 1 | z): a name with a condition or an equation in its brackets is read as one symbol."""
    inside = c.inside(ahead)
    if _is_parted(inside):
        return True
    if c.at and c.tokens[c.at - 1].text in c.grammar.letters.distributions:
        return not any(top and t.kind == "op" and t.text in "+-/" for t, top in levels(inside))
    signs = (k for k, (t, top) in enumerate(levels(inside)) if top and t.text in ("|", "mid", "=", ";", "vert"))
    first = next(signs, None)
    if first is None:
        return False
    opens = first == 0 or inside[first - 1].text in ("(", "+", "-", ",")
    return not (inside[first].text in ("|", "vert") and opens)


def _is_parted(inside: Sequence[Token]) -> bool:
    """Whether one bar by itself stands between the brackets, and both of its sides hold something."""
    bars = [k for k, (t, top) in enumerate(levels(inside)) if top and t.text in ("|", "vert", "mid")]
    return len(bars) == 1 and 0 < bars[0] < len(inside) - 1


def is_applied(c: Cursor, tree: Name, ahead: int) -> bool:
    """A bracket that holds a list, or one symbol alone, is what the symbol before it is applied to."""
    if tree.stem.isdigit() or (tree.font == "bold" and tree.stem[:1].isupper()):
        return False
    inside = c.inside(ahead)
    if any(top and t.text == "," for t, top in levels(inside)):
        return True
    symbols = [t for t, top in levels(_unscripted(inside)) if top]
    return len(symbols) == 1 and is_symbol(symbols[0]) and not _is_entry(c, ahead + len(inside) + 2)


def _is_entry(c: Cursor, ahead: int) -> bool:
    """X_{pk} (B^T)_{kq}: two letters below a bracket pick an entry of a matrix."""
    if c.kind(ahead) != "sub":
        return False
    below = c.tokens[c.at + ahead + 1 : c.at + c.after_scripts(ahead)]
    return len([t for t in below if t.kind == "letter"]) == 2


def holds_itself(c: Cursor, name: str, ahead: int) -> bool:
    """σ (1 − σ) is a product: the bracket holds the symbol by itself."""
    inside = c.inside(ahead)
    last = [*inside, None][1:]
    return any(t.text == name and (n is None or n.text != "(") for t, n in zip(inside, last, strict=True))


def _unscripted(tokens: Sequence[Token]) -> list[Token]:
    """Without subscripts, superscripts and primes."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].kind in ("sub", "sup"):
            at = argument_at(tokens, at + 1)[1]
            continue
        done += [tokens[at]] if tokens[at].kind != "prime" else []
        at += 1
    return done


def arguments(c: Cursor) -> tuple[Node, ...]:
    """What stands in the brackets of a call, parted at commas."""
    opened = c.take()
    closer = {"(": ")", "[": "]", "{": "}"}[opened.text]
    bars, c.bars = c.bars, 0
    args = [c.sum()]
    while c.text() in (",", ";"):
        c.take()
        args.append(c.sum())
    c.bars = bars
    if c.text() != closer:
        c.fail(f"a bracket is not closed: {closer} is missing", opened if c.peek() is None else c.peek())
    c.take()
    return tuple(args)


def law(c: Cursor, tree: Node) -> Node:
    """p(x_n | μ): its text, the letters in it, its text without indices, and what stands between its bars."""
    tokens = c.inside(0)
    c.at = closed_after(c.tokens, c.at)
    name = "_".join(_names(tree))
    inside = [t for t in tokens if t.kind not in ("open", "close")]
    text = f"{name}({''.join({'mid': '|', 'vert': '|'}.get(t.text, t.text) for t in inside)})"
    parts: list[list[Token]] = [[]]
    marks = ""
    for token, top in levels(tokens):
        if top and token.text in (",", ";", "|", "mid", "vert"):
            marks += {"mid": "|", "vert": "|"}.get(token.text, token.text)
            parts.append([])
        else:
            parts[-1].append(token)
    args = [_law_argument(c, part) for part in parts]
    spelled = "".join(a + b for a, b in zip([base for base, _ in args], (*marks, ""), strict=True))
    letters = list(dict.fromkeys(x for part, arg in zip(parts, args, strict=True) for x in _indices(part, arg[1])))
    arguments = tuple(tree for _, tree in args if tree is not None)
    return c.made(Law, tree.span[0], text, tuple(letters), f"{name}({spelled})", arguments, tuple(named_below(tree)))


def named_below(tree: Node) -> Iterator[Name]:
    """θ in p_θ."""
    for item in (item for node in walk(tree) if isinstance(node, Indexed) for item in node.items):
        if isinstance(item, Label) and (item.text in GREEK or len(item.text) == 1):
            yield Name(item.span, item.text, "bold" if item.bold else "")


def _law_argument(c: Cursor, part: Sequence[Token]) -> tuple[str, Node | None]:
    """The symbol an argument is, and its tree; an equation or an event in its place is only text."""
    text = "".join(t.text for t in part if t.kind not in ("open", "close"))
    if not part or any(relation(t) or t.text in _EVENTS for t in part):
        return text, None
    tree = c.sub_parse(part)
    base = tree
    while isinstance(base, Indexed):
        base = base.base
    return symbol(base) or text, tree


def _names(tree: Node) -> list[str]:
    """p_θ as p and θ."""
    if isinstance(tree, Indexed):
        return [*_names(tree.base), *map(written, tree.items)]
    return [symbol(tree)]


def _indices(part: Sequence[Token], tree: Node | None) -> list[str]:
    """The index letters of an argument."""
    if tree is not None:
        return [n.name for n in walk(tree) if isinstance(n, Letter)]
    below = [b for a, b in pairwise(t for t in part if t.kind != "open") if a.kind == "sub"]
    return [t.text for t in below if t.kind == "letter"]


def primed(tokens: Sequence[Token]) -> list[Token]:
    """i' below a symbol is a letter of its own."""
    done: list[Token] = []
    for token in tokens:
        if token.kind == "prime" and done and done[-1].kind == "letter":
            done[-1] = replace(done[-1], text=done[-1].text + "′" * len(token.text), end=token.end)
        else:
            done.append(token)
    return done
