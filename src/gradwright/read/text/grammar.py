"""From characters to a syntax tree with spans. Owns: the grammar of the text language. Never: knows what names mean."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gradwright.core.errors import Error, Span

SYNTAXES = ("text", "latex", "auto")
GRAMMAR = r"""
start: (let ";")* (compare ";"? | let)
let: postfix "=" compare
?compare: sum
   | sum COMPARE sum           -> binary
?sum: product
   | sum ADDING product        -> binary
?product: unary
   | product TIMES unary       -> binary
?unary: power
   | ADDING unary              -> signed
?power: postfix
   | postfix POWER unary       -> binary
?postfix: atom
   | postfix QUOTE             -> transpose
   | postfix RAISED            -> raised
   | postfix "[" items "]"     -> indexed
   | postfix "[" items "]" "(" compare ")" -> scoped
?atom: NUMBER                  -> number
   | STRING                    -> string
   | NAME                      -> name
   | NAME "(" [compare ("," compare)*] ")" -> call
   | "(" compare ")"           -> group
items: item ("," item)*
item: NAME | NUMBER | ALL | NAME ALL NAME | NAME ALL NUMBER
ALL: ":"
COMPARE: "<=" | ">=" | "==" | "!=" | "<" | ">" | "≤" | "≥" | "≠"
ADDING: "+" | "-" | "−"
TIMES: ".*" | "./" | "*" | "/" | "·" | "@" | "⊙" | "∘"
POWER: ".^" | "^"
NUMBER: /\d+(\.\d+)?([eE][+-]?\d+)?/
QUOTE: /['’′ᵀ⊤]/
RAISED: /⁻?[⁰¹²³⁴-⁹]+/
NAME: /([^\W\d⁰¹²³⁴-⁹ᵀ]|[∑∏])[^\W⁰¹²³⁴-⁹ᵀ]*/
STRING: /"[^"\n]*"/
%ignore /\s+/
"""

_NAMES = {"LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "COMMA": "','", "SEMICOLON": "';'",
          "EQUAL": "'='", "ALL": "':'", "NUMBER": "a number", "NAME": "a name", "ADDING": "+ or -"}  # fmt: skip
_SPELLED = {"−": "-", "·": "*", "@": "*", "⊙": ".*", "∘": ".*", "≤": "<=", "≥": ">=", "≠": "!="}
_BIG = {"Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod"}
_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_ELSEWHERE = {"|": "abs(x), norm1(x) or norm2(x)", "‖": "norm2(x)", "√": "sqrt(x)", "⁻": "a power is ^(-x)",
              "{": "brackets are ( )", "}": "brackets are ( )", "\\": "this looks like LaTeX: syntax=\"latex\"",
              ".": "' transposes, and .* ./ .^ go by entries", "!": "lgamma(x + 1) is the logarithm of x!"}  # fmt: skip


class Syntax:
    """A node of the syntax tree: what it is, its parts, where it stands."""

    __slots__ = ("kind", "parts", "span")

    def __init__(self, kind: str, parts: tuple[Any, ...], span: Span) -> None:
        self.kind, self.parts, self.span = kind, parts, span


_SHOWN = 60  # characters of a formula that is written out in a hint
_PUNCTUATION = frozenset(("LPAR", "RPAR", "LSQB", "RSQB", "COMMA", "SEMICOLON", "EQUAL", "QUOTE"))


def _span(part: Any) -> Span:
    return part.span if isinstance(part, Syntax) else (part.start_pos, part.end_pos)


def _let(self: Any, children: list[Any]) -> Syntax:
    """``p = …`` or ``p[i] = …``; whatever else stands on the left becomes a ``misfit``, refused by name later."""
    left, _, right = children
    span = (left.span[0], right.span[1])
    if left.kind == "name":
        return Syntax("let", (left.parts[0], right), span)
    if left.kind == "indexed" and left.parts[0].kind == "name":
        return Syntax("let_indexed", (left.parts[0].parts[0], left.parts[1], right), span)
    return Syntax("misfit", (left, right), left.span)


def _start(self: Any, children: list[Any]) -> Syntax:
    """The statements. A last one such as ``L = …`` or ``f(x) = …`` is the formula, and its left side only a name."""
    *lets, last = [child for child in children if isinstance(child, Syntax)]
    span = (_span(children[0])[0], _span(children[-1])[1])
    if last.kind == "let":
        last = last.parts[1]
    elif last.kind == "let_indexed":
        _, items, body = last.parts
        last = Syntax("scoped", (Syntax("name", ("tensor",), last.span), items, body), last.span)
    elif last.kind == "misfit":
        lets, last = lets if last.parts[0].kind == "call" else [*lets, last], last.parts[1]
    return Syntax("start", (*lets, last), span)


def _binary(self: Any, children: list[Any]) -> Syntax:
    left, operator, right = children
    op = _SPELLED.get(str(operator), str(operator))
    return Syntax("binary", (left, op, right), (left.span[0], right.span[1]))


def _raised(self: Any, children: list[Any]) -> Syntax:
    """``x²`` and ``A⁻¹``."""
    base, mark = children
    at = _span(mark)
    sign, digits = re.fullmatch(r"(-?)(\d+)", str(mark).translate(_DIGITS)).groups()  # type: ignore[union-attr]
    exponent = Syntax("number", (digits,), at)
    return Syntax("binary", (base, "^", Syntax("signed", ("-", exponent), at) if sign else exponent),
                  (base.span[0], at[1]))  # fmt: skip


def _called(self: Any, children: list[Any]) -> Syntax:
    """A call; ``Σ_i(…)`` is ``sum_i(…)``."""
    name, *arguments = (c for c in children if getattr(c, "type", "") not in _PUNCTUATION)
    span = (_span(children[0])[0], _span(children[-1])[1])
    spelled = str(name)
    if spelled[1:2] == "_" or spelled in "∑∏":
        spelled = _BIG.get(spelled[0], spelled[0]) + spelled[1:]
    return Syntax("call", (spelled, *arguments), span)


def _bound(self: Any, children: list[Any]) -> Syntax:
    """``sum[i](…)``, also written ``Σ[i](…)``."""
    base, items, body = (c for c in children if isinstance(c, Syntax))
    if base.kind == "name":
        base = Syntax("name", (_BIG.get(str(base.parts[0]), base.parts[0]),), base.span)
    return Syntax("scoped", (base, items, body), (base.span[0], _span(children[-1])[1]))


@lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark, Transformer

    class Build(Transformer[Any, Any]):
        """Called as the parser reduces, so nothing recurses."""

    def method(kind: str) -> Any:
        def build(self: Any, children: list[Any]) -> Syntax:
            span = (_span(children[0])[0], _span(children[-1])[1])
            return Syntax(kind, tuple(c for c in children if getattr(c, "type", "") not in _PUNCTUATION), span)

        return build

    for kind in ("signed", "transpose", "indexed", "number", "string", "name", "group", "items", "item"):
        setattr(Build, kind, method(kind))
    made = {"start": _start, "let": _let, "binary": _binary, "raised": _raised, "call": _called, "scoped": _bound}
    for kind, build in made.items():
        setattr(Build, kind, build)
    return Lark(GRAMMAR, parser="lalr", transformer=Build(), maybe_placeholders=False, keep_all_tokens=True)


def parse(source: str) -> Syntax:
    """The syntax tree of a program; an ``Error`` points at what cannot be read."""
    from lark import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

    _check_brackets(source)
    try:
        tree = _parser().parse(source)
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        prefix = re.search(r"\b(np|jnp|torch|math|sp)$", source[:place]) if source[place] == "." else None
        hint = "functions have no prefix: log(x)" if prefix else _ELSEWHERE.get(source[place])
        raise Error(f"{source[place]!r} means nothing here", (place, place + 1), source, hint) from None
    except UnexpectedToken as error:
        raise _unexpected(error, source) from None
    except UnexpectedEOF:
        raise Error("the formula ends too early", (len(source), len(source) + 1), source) from None
    assert isinstance(tree, Syntax)
    return tree


def _unexpected(error: Any, source: str) -> Error:
    token = error.token
    if token.type == "$END" or not str(token):
        end = len(source.rstrip())
        if not source.strip():
            return Error("there is no formula", (0, 1), source)
        if "SEMICOLON" in error.expected or source[:end].endswith(";"):
            what, hint = "a definition ends here, and the formula is missing", "p = softmax(o); -y'*log(p)"
        else:
            what, hint = "the formula ends too early: something is missing", None
        return Error(what, (end, end + 1), source, hint)
    start = token.start_pos
    span = (start, start + len(str(token)))
    if str(token) == "*" and source[start - 1 : start] == "*":
        return Error("'**' is not a power here", (start - 1, start + 1), source, "x^2, or x.^2 for every entry")
    if token.type in ("NAME", "NUMBER", "LPAR") and token.type not in error.expected:
        shown = source[:start].rstrip() + "*" + source[start:]
        return Error(f"something is missing before {str(token)!r}", span, source,
                     "a product is written with *" + (f": {shown}" if len(shown) <= _SHOWN else ""))  # fmt: skip
    if token.type == "EQUAL":
        return Error(
            "'=' was not expected here",
            span,
            source,
            "only a name can be defined: p = …; an equation has no derivative",
        )
    return Error(f"{str(token)!r} was not expected here", span, source, _hint(error))


def _hint(error: Any) -> str | None:
    wanted = sorted(_NAMES[name] for name in error.expected if name in _NAMES)
    return "expected " + ", ".join(wanted[:6]) if wanted else None


def _check_brackets(source: str) -> None:
    """Unbalanced brackets first: they are the commonest slip, and the parser would complain far from them."""
    stack: list[tuple[str, int]] = []
    pairs = {")": "(", "]": "["}
    plain = re.sub(r'"[^"\n]*"', lambda m: " " * len(m.group()), source)
    for place, char in enumerate(plain):
        if char in "([":
            stack.append((char, place))
        elif char in pairs:
            if not stack or stack[-1][0] != pairs[char]:
                raise Error(f"this {char} closes nothing", (place, place + 1), source)
            stack.pop()
    if stack:
        char, place = stack[-1]
        closing = ")" if char == "(" else "]"
        raise Error(f"this {char} is never closed", (place, place + 1), source, f"add the missing {closing}")


def is_latex(source: str, syntax: str) -> bool:
    """Whether a formula is LaTeX: said, or for auto by what the text language has no use for.

    That is a backslash, a brace or a pair of dollar signs.
    """
    if syntax not in SYNTAXES:
        raise Error(f"unknown syntax {syntax!r}", hint="one of " + ", ".join(SYNTAXES))
    return syntax == "latex" or (syntax == "auto" and re.search(r"[\\{]|\$.*\$", source, re.DOTALL) is not None)


def walk(tree: Syntax) -> Iterator[Syntax]:
    """Every node of the tree, from left to right."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(part for part in reversed(node.parts) if isinstance(part, Syntax))


def keeps_an_axis(tree: Syntax) -> bool:
    """Whether a whole row or column, ``X[i,:]``, stands in it: then a sum over an index may be one of arrays."""
    return any(node.kind == "item" and str(node.parts[0]) == ":" for node in walk(tree))


def nearest(name: str, known: list[str]) -> str | None:
    """The known name closest to a misspelt one, or the one that it begins."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    found += [longer for longer in known if len(name) > 2 and longer.startswith(name)]
    return found[0] if found else None
