"""From tokens of the text language to the syntax tree. Owns: its grammar. Never: knows what names mean.

The grammar is LALR(1), and ``table`` holds what the parser does in each of its states: made of ``GRAMMAR`` by lark when
that changes (``tests/read/test_table.py`` says how), so that no formula waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.read.syntax import (
    Bars,
    Big,
    Binder,
    Call,
    Comparison,
    Declared,
    Group,
    Indexed,
    Item,
    Let,
    Letter,
    Multiplication,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Place,
    Power,
    Product,
    Program,
    Relation,
    Sum,
    Text,
    Transposed,
    Whole,
)
from gradwright.read.text.declared import shape_of
from gradwright.read.text.table import RULES, STATES
from gradwright.read.text.tokens import Token

GRAMMAR = r"""
start: (let SEMICOLON)* (compare SEMICOLON? | let)
let: postfix EQUAL compare
?compare: sum
   | sum COMPARE sum           -> comparison
?sum: product
   | product (ADDING product)+
?product: unary
   | unary (TIMES unary)+
?unary: power
   | ADDING unary              -> signed
?power: postfix
   | postfix POWER unary       -> raised
?postfix: atom
   | postfix QUOTE             -> transposed
   | postfix RAISED            -> digits
   | postfix LSQB items RSQB   -> indexed
   | postfix LSQB items RSQB LPAR compare RPAR -> scoped
?atom: NUMBER                  -> number
   | STRING                    -> string
   | NAME                      -> name
   | NAME LPAR [compare (COMMA compare)*] RPAR -> call
   | LPAR compare RPAR         -> group
   | BAR_OPEN compare BAR_CLOSE -> bars
   | NORM_OPEN compare NORM_CLOSE -> norm
items: item (COMMA item)*
item: NAME | NUMBER | ALL | NAME ALL (NAME | NUMBER) ((TIMES | ADDING) (NAME | NUMBER))*
%declare NUMBER STRING NAME RAISED QUOTE COMPARE TIMES POWER ADDING LPAR RPAR LSQB RSQB COMMA SEMICOLON EQUAL ALL
%declare BAR_OPEN BAR_CLOSE NORM_OPEN NORM_CLOSE
"""
_SAID = {"LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "COMMA": "','", "SEMICOLON": "';'",
         "EQUAL": "'='", "ALL": "':'", "NUMBER": "a number", "NAME": "a name", "ADDING": "+ or -"}  # fmt: skip
_TIMES: dict[str, Multiplication] = {"·": "cdot", "⊙": ".*", "∘": ".*", "⊗": "kron"}
_RELATIONS: dict[str, Relation] = {"≤": "<=", "≥": ">=", "≠": "!=", "==": "="}
_BIG = {"Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod"}
_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_BINDING = ("sum", "prod", "max", "min", "tensor")
Part = Any  # a token, or what a production made of some


def parse(source: str, tokens: Sequence[Token], declared: tuple[Declared, ...] = ()) -> Program:
    """The syntax tree of a program; an ``Error`` points at what cannot be read."""
    _check_brackets(source, tokens)
    try:
        lets, body = _statements(source, tokens)
    except Error as error:
        raise Error(error.message, error.span, source, error.hint) from None
    return Program((0, len(source)), declared, lets, body)


def _statements(source: str, tokens: Sequence[Token]) -> tuple[tuple[Let, ...], Node]:
    """What the first production makes: a state is left by shifting a token, or by reducing what a production ends."""
    states, values = [0], list[Part]()
    for token in (*tokens, Token("$END", "", len(source), len(source))):
        while (action := STATES[states[-1]].get(token.kind)) is not None and action < 0:
            origin, size, maker = RULES[~action]
            made = _made(maker, values[-size:])
            del states[-size:], values[-size:]
            if origin == "start":
                return cast("tuple[tuple[Let, ...], Node]", made)
            states.append(STATES[states[-1]][origin])
            values.append(made)
        if action is None:
            raise _unexpected(token, STATES[states[-1]], source)
        states.append(action)
        values.append(token)
    raise AssertionError("the last token ends the first production")


class _Several(list[Part]):
    """Parts that repeat, on their way into the production that has them."""


def _made(maker: str, parts: Sequence[Part]) -> Part:
    """What a production makes of its parts: those that repeat are gathered, and a single part may stand for itself."""
    if maker != "*":
        flat = [one for part in parts for one in (part if isinstance(part, _Several) else (part,))]
        return getattr(_Build, maker)(*flat) if maker else flat[0]
    several = parts[0] if isinstance(parts[0], _Several) else _Several(parts[:1])
    several.extend(parts[1:])
    return several


class _Build:
    """What each production makes; called as the parser reduces, so nothing recurses. Errors get their source later."""

    @staticmethod
    def start(*parts: Part) -> tuple[tuple[Let, ...], Node]:
        """The statements. A last ``L = …`` or ``f(x) = …`` is the formula, and its left side only a name."""
        *lets, last = [part for part in parts if isinstance(part, Node | tuple)]
        if isinstance(last, tuple):
            left, last = last
            if not isinstance(left, Call):
                raise _undefinable(left)
        elif isinstance(last, Let):
            last = _collected(last)
        for let in lets:
            if isinstance(let, tuple):
                raise _undefinable(let[0])
        return cast("tuple[Let, ...]", tuple(lets)), last

    @staticmethod
    def let(left: Node, _: Part, right: Node) -> Let | tuple[Node, Node]:
        """``p = …`` or ``p[i] = …``; what else stands on the left can only name the formula itself."""
        span = (left.span[0], right.span[1])
        if isinstance(left, Name):
            return Let(span, left, (), right)
        if isinstance(left, Indexed) and isinstance(left.base, Name):
            return Let(span, left.base, _binders(left.items), right)
        return left, right

    @staticmethod
    def comparison(left: Node, sign: Part, right: Node) -> Node:
        relation = _RELATIONS.get(sign.text, cast(Relation, sign.text))
        return Comparison((left.span[0], right.span[1]), relation, left, right)

    @staticmethod
    def sum(first: Node, *rest: Part) -> Node:
        terms = [("+", first), *(("-" if sign.text in "-−" else "+", term) for sign, term in _pairs(rest))]
        return Sum((first.span[0], rest[-1].span[1]), tuple(terms))  # type: ignore[arg-type]

    @staticmethod
    def product(first: Node, *rest: Part) -> Node:
        factors = [(_TIMES.get(sign.text, cast(Multiplication, sign.text)), factor) for sign, factor in _pairs(rest)]
        return Product((first.span[0], rest[-1].span[1]), (("*", first), *factors))

    @staticmethod
    def signed(sign: Part, body: Node) -> Node:
        return Negative((sign.span[0], body.span[1]), body) if sign.text in "-−" else body

    @staticmethod
    def raised(base: Node, sign: Part, exponent: Node) -> Node:
        return Power((base.span[0], exponent.span[1]), base, exponent, sign.text == ".^", sign.text == "**")

    @staticmethod
    def digits(base: Node, mark: Part) -> Node:
        """``x²`` and ``A⁻¹``."""
        at = mark.span
        digits = mark.text.translate(_DIGITS)
        number = Number(at, digits.lstrip("-"))
        exponent = Negative(at, number) if digits.startswith("-") else number
        return Power((base.span[0], at[1]), base, exponent)

    @staticmethod
    def transposed(body: Node, mark: Part) -> Node:
        return Transposed((body.span[0], mark.span[1]), body)

    @staticmethod
    def indexed(base: Node, _: Part, items: tuple[Item | Binder, ...], close: Part) -> Node:
        ranged = next((item for item in items if isinstance(item, Binder)), None)
        if ranged is not None:
            raise Error("a range stands only in a sum", ranged.span, "sum[r:k](…)")
        return Indexed((base.span[0], close.span[1]), base, cast("tuple[Item, ...]", items), bracketed=True)

    @staticmethod
    def scoped(base: Node, _: Part, items: tuple[Item, ...], *rest: Part) -> Node:
        operator = _BIG.get(base.stem, base.stem) if isinstance(base, Name) else ""
        if operator not in _BINDING:
            raise Error("only sum, prod, max, min and tensor bind indices", base.span)
        span = (base.span[0], rest[-1].span[1])
        return Big(span, operator, _binders(items), (), rest[-2])  # type: ignore[arg-type]

    @staticmethod
    def number(token: Part) -> Node:
        return Number(token.span, token.text)

    @staticmethod
    def string(token: Part) -> Node:
        return Text(token.span, token.text[1:-1])

    @staticmethod
    def name(token: Part) -> Node:
        return Name(token.span, token.text)

    @staticmethod
    def call(name: Part, *rest: Part) -> Node:
        """A call; ``sum_i(…)`` and ``Σ_i(…)`` bind the letter that is part of the name."""
        arguments = tuple(part for part in rest if isinstance(part, Node))
        span, place = (name.span[0], rest[-1].span[1]), name.span
        operator, _, letter = name.text.partition("_")
        operator = _BIG.get(operator, operator)
        if letter and operator in _BINDING[:-1]:
            if len(arguments) != 1:
                said = f"{name.text}(…) goes over one expression, and here are {len(arguments)}"
                raise Error(said, span)
            at = (place[1] - len(letter), place[1])
            return Big(span, operator, (Binder(at, letter),), (), arguments[0])
        spelled = _BIG.get(name.text, name.text) if name.text in "∑∏" else name.text
        return Call(span, Name(place, spelled), arguments)

    @staticmethod
    def group(opened: Part, body: Node, closed: Part) -> Node:
        return Group((opened.span[0], closed.span[1]), body)

    @staticmethod
    def bars(opened: Part, body: Node, closed: Part) -> Node:
        return Bars((opened.span[0], closed.span[1]), body)

    @staticmethod
    def norm(opened: Part, body: Node, closed: Part) -> Node:
        return Norm((opened.span[0], closed.span[1]), body, closed.text)

    @staticmethod
    def items(*parts: Part) -> tuple[Item | Binder, ...]:
        return tuple(part for part in parts if isinstance(part, Node))  # type: ignore[misc]

    @staticmethod
    def item(*parts: Part) -> Item | Binder:
        first, span = parts[0].text, (parts[0].span[0], parts[-1].span[1])
        if len(parts) > 1:
            return Binder(span, first, extent=_extent(parts[2:]))
        if first == ":":
            return Whole(span)
        if first[0].isalpha() or first[0] == "_":
            return Letter(span, first)
        if not first.isdigit():
            hint = "an index is a letter, or a whole number counted from 0"
            raise Error(f"{first} is not an index", span, hint=hint)
        return Place(span, first, first=0)


def _extent(parts: Sequence[Part]) -> Dim:
    """How far a letter runs: a name, a number, or a sum of products of them."""
    said, span = "".join(part.text for part in parts), (parts[0].span[0], parts[-1].span[1])
    try:
        (extent,) = shape_of(said)
    except Error as error:
        raise Error(error.message, span, hint=error.hint) from None
    return extent


def _undefinable(left: Node) -> Error:
    return Error("only a name, or a name with indices, can be defined", left.span)


def _pairs(parts: Sequence[Part]) -> Iterator[tuple[Part, Node]]:
    return zip(parts[::2], parts[1::2], strict=True)


def _binders(items: Sequence[Item | Binder]) -> tuple[Binder, ...]:
    """The letters in the brackets of a sum, or of what is defined entry by entry."""
    found = []
    for item in items:
        if not isinstance(item, Letter | Binder):
            raise Error("an index is a letter", item.span)
        found.append(Binder(item.span, item.name) if isinstance(item, Letter) else item)
    return tuple(found)


def _collected(let: Let) -> Node:
    """The formula of a last statement: ``f[i] = …`` collects its entries."""
    return Big(let.span, "tensor", let.letters, (), let.body) if let.letters else let.body


def _unexpected(token: Token, expected: Mapping[str, int], source: str) -> Error:
    if token.kind == "$END":
        return _early(expected, source)
    span = token.span
    if token.kind == "EQUAL":
        said, hint = "'=' was not expected here", "only a name can be defined: p = …; an equation has no derivative"
        return Error(said, span, source, hint)
    if token.kind == "COMPARE" and "RPAR" in expected:
        said, hint = "a comparison is of two", "where(0 < a, where(a < 1, x, y), y) compares with both"
        return Error(said, span, source, hint)
    wanted = sorted(_SAID[name] for name in expected if name in _SAID)
    return Error(f"{token.text!r} was not expected here", span, source,
                 "expected " + ", ".join(wanted[:6]) if wanted else None)  # fmt: skip


def _early(expected: Mapping[str, int], source: str) -> Error:
    end = len(source.rstrip())
    if not source.strip():
        return Error("there is no formula", (0, 1), source)
    if "SEMICOLON" in expected or source[:end].endswith(";"):
        what, hint = "a definition ends here, and the formula is missing", "p = softmax(o); -y'*log(p)"
        return Error(what, (end, end + 1), source, hint)
    return Error("the formula ends too early: something is missing", (end, end + 1), source)


def _check_brackets(source: str, tokens: Sequence[Token]) -> None:
    """Unbalanced brackets first: they are the commonest slip, and the parser would complain far from them."""
    stack: list[Token] = []
    pairs = {"RPAR": "LPAR", "RSQB": "LSQB"}
    for token in tokens:
        if token.kind in pairs.values():
            stack.append(token)
        elif token.kind in pairs:
            if not stack or stack[-1].kind != pairs[token.kind]:
                raise Error(f"this {token.text} closes nothing", token.span, source)
            stack.pop()
    if stack:
        closing = ")" if stack[-1].kind == "LPAR" else "]"
        raise Error(f"this {stack[-1].text} is never closed", stack[-1].span, source, f"add the missing {closing}")
