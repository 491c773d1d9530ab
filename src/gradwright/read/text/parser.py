"""From tokens of the text language to the syntax tree. Owns: its grammar. Never: knows what names mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

from gradwright.core.errors import Error, Span
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
item: NAME | NUMBER | ALL | NAME ALL NAME | NAME ALL NUMBER
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
Part = Any  # a lark token, or a node that was made of some


def parse(source: str, tokens: Sequence[Token], declared: tuple[Declared, ...] = ()) -> Program:
    """The syntax tree of a program; an ``Error`` points at what cannot be read."""
    from lark import UnexpectedEOF, UnexpectedToken

    _check_brackets(source, tokens)
    try:
        tree = _parser().parse(_lark_tokens(tokens))
    except UnexpectedToken as error:
        raise _unexpected(error, source, tokens) from None
    except UnexpectedEOF:
        raise Error("the formula ends too early", (len(source), len(source) + 1), source) from None
    except Error as error:
        raise Error(error.message, error.span, source, error.hint) from None
    lets, body = cast("tuple[tuple[Let, ...], Node]", tree)
    return Program((0, len(source)), declared, lets, body)


def _lark_tokens(tokens: Sequence[Token]) -> list[Any]:
    from lark import Token as LarkToken

    return [LarkToken(t.kind, t.text, start_pos=t.start, end_pos=t.end) for t in tokens]


def _span(part: Part) -> Span:
    return part.span if isinstance(part, Node) else (part.start_pos, part.end_pos)


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
        relation = _RELATIONS.get(str(sign), cast(Relation, str(sign)))
        return Comparison((left.span[0], right.span[1]), relation, left, right)

    @staticmethod
    def sum(first: Node, *rest: Part) -> Node:
        terms = [("+", first), *(("-" if str(sign) in "-−" else "+", term) for sign, term in _pairs(rest))]
        return Sum((first.span[0], rest[-1].span[1]), tuple(terms))  # type: ignore[arg-type]

    @staticmethod
    def product(first: Node, *rest: Part) -> Node:
        factors = [(_TIMES.get(str(sign), cast(Multiplication, str(sign))), factor) for sign, factor in _pairs(rest)]
        return Product((first.span[0], rest[-1].span[1]), (("*", first), *factors))

    @staticmethod
    def signed(sign: Part, body: Node) -> Node:
        return Negative((_span(sign)[0], body.span[1]), body) if str(sign) in "-−" else body

    @staticmethod
    def raised(base: Node, sign: Part, exponent: Node) -> Node:
        return Power((base.span[0], exponent.span[1]), base, exponent, str(sign) == ".^", str(sign) == "**")

    @staticmethod
    def digits(base: Node, mark: Part) -> Node:
        """``x²`` and ``A⁻¹``."""
        at = _span(mark)
        digits = str(mark).translate(_DIGITS)
        number = Number(at, digits.lstrip("-"))
        exponent = Negative(at, number) if digits.startswith("-") else number
        return Power((base.span[0], at[1]), base, exponent)

    @staticmethod
    def transposed(body: Node, mark: Part) -> Node:
        return Transposed((body.span[0], _span(mark)[1]), body)

    @staticmethod
    def indexed(base: Node, _: Part, items: tuple[Item | Binder, ...], close: Part) -> Node:
        ranged = next((item for item in items if isinstance(item, Binder)), None)
        if ranged is not None:
            raise Error("a range stands only in a sum", ranged.span, "sum[r:k](…)")
        return Indexed((base.span[0], _span(close)[1]), base, cast("tuple[Item, ...]", items), bracketed=True)

    @staticmethod
    def scoped(base: Node, _: Part, items: tuple[Item, ...], *rest: Part) -> Node:
        operator = _BIG.get(base.stem, base.stem) if isinstance(base, Name) else ""
        if operator not in _BINDING:
            raise Error("only sum, prod, max, min and tensor bind indices", base.span)
        span = (base.span[0], _span(rest[-1])[1])
        return Big(span, operator, _binders(items), (), rest[-2])  # type: ignore[arg-type]

    @staticmethod
    def number(token: Part) -> Node:
        return Number(_span(token), str(token))

    @staticmethod
    def string(token: Part) -> Node:
        return Text(_span(token), str(token)[1:-1])

    @staticmethod
    def name(token: Part) -> Node:
        return Name(_span(token), str(token))

    @staticmethod
    def call(name: Part, *rest: Part) -> Node:
        """A call; ``sum_i(…)`` and ``Σ_i(…)`` bind the letter that is part of the name."""
        arguments = tuple(part for part in rest if isinstance(part, Node))
        span, place = (_span(name)[0], _span(rest[-1])[1]), _span(name)
        operator, _, letter = str(name).partition("_")
        operator = _BIG.get(operator, operator)
        if letter and operator in _BINDING[:-1]:
            if len(arguments) != 1:
                said = f"{name}(…) goes over one expression, and here are {len(arguments)}"
                raise Error(said, span)
            at = (place[1] - len(letter), place[1])
            return Big(span, operator, (Binder(at, letter),), (), arguments[0])  # type: ignore[arg-type]
        spelled = _BIG.get(str(name), str(name)) if str(name) in "∑∏" else str(name)
        return Call(span, Name(place, spelled), arguments)

    @staticmethod
    def group(opened: Part, body: Node, closed: Part) -> Node:
        return Group((_span(opened)[0], _span(closed)[1]), body)

    @staticmethod
    def bars(opened: Part, body: Node, closed: Part) -> Node:
        return Bars((_span(opened)[0], _span(closed)[1]), body)

    @staticmethod
    def norm(opened: Part, body: Node, closed: Part) -> Node:
        return Norm((_span(opened)[0], _span(closed)[1]), body, str(closed))

    @staticmethod
    def items(*parts: Part) -> tuple[Item | Binder, ...]:
        return tuple(part for part in parts if isinstance(part, Node))  # type: ignore[misc]

    @staticmethod
    def item(*parts: Part) -> Item | Binder:
        first, span = str(parts[0]), (_span(parts[0])[0], _span(parts[-1])[1])
        if len(parts) == 3:
            end = str(parts[2])
            return Binder(span, first, extent=int(end) if end.isdigit() else end)
        if first == ":":
            return Whole(span)
        if first[0].isalpha() or first[0] == "_":
            return Letter(span, first)
        if not first.isdigit():
            hint = "an index is a letter, or a whole number counted from 0"
            raise Error(f"{first} is not an index", span, hint=hint)
        return Place(span, first, first=0)


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


@lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark, Transformer
    from lark.lexer import Lexer

    class Given(Lexer):
        """The tokens as they come."""

        def __init__(self, conf: Any) -> None:
            pass

        def lex(self, data: Any, state: Any = None) -> Any:
            yield from data

    def method(build: Any) -> Any:
        return lambda self, children: build(*children)

    made = {name: method(getattr(_Build, name)) for name in vars(_Build) if not name.startswith("_")}
    transformer = type("Build", (Transformer,), made)()
    return Lark(GRAMMAR, parser="lalr", lexer=Given, transformer=transformer, maybe_placeholders=False,
                keep_all_tokens=True)  # fmt: skip


def _unexpected(error: Any, source: str, tokens: Sequence[Token]) -> Error:
    token = error.token
    if token.type == "$END" or not str(token):
        return _early(error, source)
    span = _span(token)
    if str(token) == "*" and source[span[0] - 1 : span[0]] == "*":
        return Error("'**' is not a power here", (span[0] - 1, span[1]), source, "x^2, or x.^2 for every entry")
    if token.type == "EQUAL":
        said, hint = "'=' was not expected here", "only a name can be defined: p = …; an equation has no derivative"
        return Error(said, span, source, hint)
    wanted = sorted(_SAID[name] for name in error.expected if name in _SAID)
    return Error(f"{str(token)!r} was not expected here", span, source,
                 "expected " + ", ".join(wanted[:6]) if wanted else None)  # fmt: skip


def _early(error: Any, source: str) -> Error:
    end = len(source.rstrip())
    if not source.strip():
        return Error("there is no formula", (0, 1), source)
    if "SEMICOLON" in error.expected or source[:end].endswith(";"):
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
