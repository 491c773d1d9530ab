"""What a symbol is applied to. Owns: calls, laws such as p(x | θ), and telling them from products. Never: scripts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gradwright.read.latex.cursor import GREEK, Cursor
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.tokens import Token
from gradwright.read.tree import Tree, subtrees


class Applied(Cursor):
    """Symbols with brackets after them."""

    def called(self, tree: Tree) -> Tree:
        """The symbol with the brackets it is applied to, if it is a function; its scripts come after either way."""
        name = str(tree.parts[0])
        ahead = 0
        while self.kind(ahead) in ("sub", "sup", "prime"):  # W_1(x), f'(x), σ^{(2)}(x)
            ahead += 1 if self.kind(ahead) == "prime" else 1 + self.script_length(ahead + 1)
        if self.text(ahead) not in ("(", "["):
            return tree
        primes = 0
        if self.text(ahead) == "(" and self.is_opaque(ahead):
            return self.opaque(self.scripted(tree, calls=False) if ahead else tree)
        known = (name in self.grammar.functions and not self.holds_itself(name, ahead)) or self.is_applied(tree, ahead)
        if not known or self.text(ahead) != "(":
            return tree
        if ahead:
            scripts = self.tokens[self.at : self.at + ahead]
            if all(t.kind == "prime" for t in scripts):
                primes = sum(len(t.text) for t in scripts)
                self.at += ahead
            elif [t.kind for t in scripts[:1]] == ["sub"] and not any(t.kind == "sup" for t in scripts):
                tree = self.scripted(tree, calls=False)
            else:
                return tree
        args = self.arguments()
        return Tree("call", (tree, args, primes), (tree.span[0], self.tokens[self.at - 1].end))

    def script_length(self, ahead: int) -> int:
        if self.kind(ahead) != "open":
            return 1
        depth = length = 0
        while self.peek(ahead + length) is not None:
            depth += {"open": 1, "close": -1}.get(self.kind(ahead + length), 0)
            length += 1
            if depth == 0:
                break
        return length

    def is_opaque(self, ahead: int) -> bool:
        """P(t = 1 | z): a name with a condition or an equation in its brackets is read as one symbol."""
        if self.at and self.tokens[self.at - 1].text in self.grammar.distributions:
            inside = self.tokens[self.at + ahead + 1 : self.at + ahead + self.bracket_length(ahead) - 1]
            return not any(top and t.kind == "op" and t.text in "+-/" for t, top in levels(inside))
        depth = 0
        k = ahead
        while (token := self.peek(k)) is not None:
            if (token.kind == "op" and token.text in "([") or token.kind == "open":
                depth += 1
            elif (token.kind == "op" and token.text in ")]") or token.kind == "close":
                depth -= 1
                if depth == 0:
                    return False
            elif depth == 1 and (token.text in ("|", "mid", "=", ";", "vert")):
                return not (token.text in ("|", "vert") and self.text(k - 1) in ("(", "+", "-", ","))
            k += 1
        return False

    def is_applied(self, tree: Tree, ahead: int) -> bool:
        """A bracket that holds a list, or one symbol alone, is what the symbol before it is applied to."""
        name, style = str(tree.parts[0]), str(tree.parts[1])
        if name.isdigit() or (style == "bold" and name[:1].isupper()):
            return False
        length = self.bracket_length(ahead)
        inside = self.tokens[self.at + ahead + 1 : self.at + ahead + length - 1]
        if any(top and t.text == "," for t, top in levels(inside)):
            return True
        symbols = [t for t, top in levels(_unscripted(inside)) if top]
        return len(symbols) == 1 and (symbols[0].kind == "letter" or symbols[0].text in GREEK)

    def holds_itself(self, name: str, ahead: int) -> bool:
        """σ (1 − σ) is a product: the bracket holds the symbol by itself."""
        inside = self.tokens[self.at + ahead + 1 : self.at + ahead + self.bracket_length(ahead) - 1]
        last = [*inside, None][1:]
        return any(t.text == name and (n is None or n.text != "(") for t, n in zip(inside, last, strict=True))

    def bracket_length(self, ahead: int) -> int:
        depth = length = 0
        while (token := self.peek(ahead + length)) is not None:
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "op" else 0
            length += 1
            if depth == 0:
                break
        return length

    def opaque(self, tree: Tree) -> Tree:
        """p(x_n | μ): its text, the letters in it, its text without indices, and what stands between its bars."""
        start = self.at
        self.at += self.bracket_length(0)
        tokens = self.tokens[start : self.at]
        name = "_".join(str(part) for part in _names(tree))
        text = name + "".join(
            {"mid": "|", "vert": "|"}.get(t.text, t.text) for t in tokens if t.kind not in ("open", "close")
        )
        parts: list[list[Token]] = [[]]
        marks = ""
        for token, top in levels(tokens[1:-1]):
            if top and token.text in (",", ";", "|", "mid", "vert"):
                marks += {"mid": "|", "vert": "|"}.get(token.text, token.text)
                parts.append([])
            else:
                parts[-1].append(token)
        args = [self.opaque_argument(part) for part in parts]
        spelled = "".join(a + b for a, b in zip([base for base, _ in args], (*marks, ""), strict=True))
        letters = list(dict.fromkeys(x for part, arg in zip(parts, args, strict=True) for x in _indices(part, arg[1])))
        span = (tree.span[0], self.tokens[self.at - 1].end)
        return Tree("opaque", (text, tuple(letters), f"{name}({spelled})", tuple(args)), span)

    def opaque_argument(self, part: Sequence[Token]) -> tuple[str, Tree | None]:
        """The symbol an argument is, and its tree; an equation in its place is only text."""
        text = "".join(t.text for t in part if t.kind not in ("open", "close"))
        if not part or any(relation(t) for t in part):
            return text, None
        tree = self.sub_parse(part)
        base = tree
        while base.kind == "index":
            base = base.parts[0]
        return (str(base.parts[0]) if base.kind == "sym" else text), tree


def _unscripted(tokens: Sequence[Token]) -> list[Token]:
    """Without subscripts, superscripts and primes."""
    done: list[Token] = []
    depth, skip = 0, False
    for token in tokens:
        if skip and depth == 0 and token.kind != "open":
            skip = False
            continue
        if token.kind in ("sub", "sup") and depth == 0:
            skip = True
        elif skip:
            depth += {"open": 1, "close": -1}.get(token.kind, 0)
            skip = depth > 0
        elif token.kind != "prime":
            done.append(token)
    return done


def _names(tree: Tree) -> list[str]:
    """p_θ as p and θ."""
    if tree.kind == "index":
        return [*_names(tree.parts[0]), *(str(item.parts[0]) for item in tree.parts[1])]
    return [str(tree.parts[0])]


def _indices(part: Sequence[Token], tree: Tree | None) -> list[str]:
    """The index letters of an argument."""
    if tree is not None:
        return [str(n.parts[0]) for n in subtrees(tree) if n.kind == "letter"]
    below = [b for a, b in pairwise(t for t in part if t.kind != "open") if a.kind == "sub"]
    return [t.text for t in below if t.kind == "letter"]
