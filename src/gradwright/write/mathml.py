"""Notation spelled as MathML Core, for pages that stand alone. Owns: that spelling. Never: chooses the notation."""

from __future__ import annotations

from collections.abc import Callable, Generator
from fractions import Fraction
from html import escape
from typing import Any

from gradwright.core.walk import run
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Kronecker,
    Letter,
    Name,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Program,
    Quoted,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import Key, parts

_SUM, _PRODUCT, _PREFIX, _POWER, _ATOM = range(5)
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "lam": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_BIG = {"sum": "∑", "prod": "∏", "max": "max", "min": "min"}
_COMPARE = {"<": "&lt;", "<=": "≤", "==": "=", "!=": "≠"}
_TIMES = "<mo>&#x2062;</mo>"
_APPLY = "<mo>&#x2061;</mo>"
_LEVELS: dict[type[Term], int] = {
    Sum: _SUM, Neg: _PREFIX, Product: _PRODUCT, Big: _PRODUCT, Power: _POWER, Transpose: _POWER, Choice: _ATOM,
}  # fmt: skip


def mathml(term: Term, *, nabla: bool = False) -> str:
    """The term as MathML (without the enclosing ``math`` element)."""

    def visit(key: Key) -> Generator[Key, str, str]:
        inner = []
        for part in parts(key.term):
            inner.append((yield Key(part)))
        return _spell(key.term, list(parts(key.term)), inner, nabla)

    return run(visit, Key(term), {})


def _level(term: Term) -> int:
    if isinstance(term, Num):
        return _PREFIX if term.value < 0 else _ATOM
    return _LEVELS.get(type(term), _ATOM)


def _row(*pieces: str) -> str:
    return "<mrow>" + "".join(pieces) + "</mrow>"


def _fenced(spelled: str, opening: str = "(", closing: str = ")") -> str:
    return _row(f"<mo>{opening}</mo>", spelled, f"<mo>{closing}</mo>")


def _at(term: Term, spelled: str, level: int) -> str:
    return spelled if _level(term) >= level else _fenced(spelled)


def _name(name: str) -> str:
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    shown = _GREEK.get(stem, stem)
    symbol = f"<mi>{escape(shown)}</mi>"
    return f"<msub>{symbol}<mn>{digits}</mn></msub>" if digits and stem else symbol


def _letters(letters: tuple[str, ...]) -> str:
    return _row(*(_name(letter) if not letter.isdigit() else f"<mn>{letter}</mn>" for letter in letters))


def _number(value: object) -> str:
    if isinstance(value, Fraction) and value.denominator != 1:
        sign = "<mo>−</mo>" if value < 0 else ""
        return f"{sign}<mfrac><mn>{abs(value.numerator)}</mn><mn>{value.denominator}</mn></mfrac>"
    shown = str(abs(value)) if isinstance(value, int | float | Fraction) else str(value)
    return (
        (f"<mo>−</mo><mn>{shown}</mn>")
        if isinstance(value, int | float | Fraction) and value < 0
        else f"<mn>{shown}</mn>"
    )


def _spell(term: Term, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    if isinstance(term, Num):
        return _row(_number(term.value))
    if isinstance(term, Name):
        return _name(term.name)
    if isinstance(term, Letter):
        return _name(term.letter)
    if isinstance(term, Quoted):
        return f"<mtext>{escape(term.text)}</mtext>"
    if isinstance(term, Kronecker):
        return f"<msub><mi>δ</mi>{_letters((term.left, term.right))}</msub>"
    return _COMPOUND[type(term)](term, inside, spelled, nabla)


def _subscripted(term: Subscripted, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    return f"<msub>{_at(inside[0], spelled[0], _ATOM)}{_letters(term.letters)}</msub>"


def _sum(term: Sum, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    pieces = [spelled[0]]
    for part, text in zip(inside[1:], spelled[1:], strict=True):
        pieces.append(text if _signed(part) else "<mo>+</mo>" + text)
    return _row(*pieces)


def _signed(term: Term) -> bool:
    return isinstance(term, Neg) or (isinstance(term, Num) and term.value < 0)


def _neg(term: Neg, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    return "<mo>−</mo>" + _at(inside[0], spelled[0], _PRODUCT)


def _product(term: Product, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    sign = "<mo>⊙</mo>" if term.op == ".*" else _TIMES
    pieces: list[str] = []
    for number, (part, text) in enumerate(zip(inside, spelled, strict=True)):
        if number:
            digits = isinstance(part, Num) and isinstance(inside[number - 1], Num)
            pieces.append("<mo>·</mo>" if digits else sign)
        last = number == len(inside) - 1
        nested = isinstance(part, Product) and part.op != term.op
        loose = (isinstance(part, Big) and not last) or nested or (number and _signed(part))
        pieces.append(_fenced(text) if loose else _at(part, text, _PRODUCT))
    return _row(*pieces)


def _quotient(term: Quotient, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    return f"<mfrac>{_row(spelled[0])}{_row(spelled[1])}</mfrac>"


def _power(term: Power, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    mark = "<mo>⊙</mo>" if term.op == ".^" else ""
    base = inside[0]
    if isinstance(base, Call) and base.fn == "norm2" and not mark:
        return f"<msubsup>{_norm(spelled[0])}<mn>2</mn>{_row(spelled[1])}</msubsup>"
    return f"<msup>{_at(base, spelled[0], _ATOM)}{_row(mark, spelled[1])}</msup>"


def _norm(spelled: str) -> str:
    return spelled.removeprefix("<msub>").removesuffix("<mn>2</mn></msub>")


def _transpose(term: Transpose, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    inner = inside[0]
    if nabla and isinstance(inner, Call) and inner.fn == "D" and isinstance(inner.args[0], Name):
        return _row("<mo>∇</mo>", _fenced(f"<msup>{_name(inner.args[0].name)}<mi>⊤</mi></msup>"))
    return f"<msup>{_at(inner, spelled[0], _ATOM)}<mi>⊤</mi></msup>"


def _call(term: Call, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    joined = "<mo>,</mo>".join(spelled)
    if term.fn == "sqrt":
        return f"<msqrt>{joined}</msqrt>"
    if term.fn == "abs":
        return _fenced(joined, "|", "|")
    if term.fn in ("norm1", "norm2"):
        return f"<msub>{_fenced(joined, '‖', '‖')}<mn>{term.fn[-1]}</mn></msub>"
    if term.fn == "inv":
        return f"<msup>{_at(inside[0], spelled[0], _ATOM)}<mrow><mo>−</mo><mn>1</mn></mrow></msup>"
    if term.fn == "pi":
        return "<mi>π</mi>"
    if term.fn == "eye":
        return f"<msub><mi>I</mi>{joined}</msub>"
    if term.fn in ("ones", "zeros"):
        return f"<msub><mn>{int(term.fn == 'ones')}</mn>{_row(joined)}</msub>"
    shown = {"sigmoid": "σ", "lgamma": "log Γ", "digamma": "ψ"}.get(term.fn, term.fn)
    return _row(f"<mi>{escape(_GREEK.get(shown, shown))}</mi>", _APPLY, _fenced(joined))


def _big(term: Big, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    sign = f'<mo largeop="true">{_BIG[term.op]}</mo>' if term.op in ("sum", "prod") else f"<mi>{_BIG[term.op]}</mi>"
    return _row(f"<munder>{sign}{_letters(term.letters)}</munder>", _at(inside[0], spelled[0], _PRODUCT))


def _collect(term: Collect, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    return f"<msub>{_fenced(spelled[0], '[', ']')}{_letters(term.letters)}</msub>"


def _partial(term: Partial, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    bottom = _row("<mo>∂</mo>", spelled[1])
    if isinstance(inside[0], Name | Subscripted):
        return f"<mfrac>{_row('<mo>∂</mo>', spelled[0])}{bottom}</mfrac>"
    operator = f"<mfrac><mo>∂</mo>{bottom}</mfrac>"
    return _row(operator, spelled[0] if _level(inside[0]) >= _PREFIX else _fenced(spelled[0]))


def _choice(term: Choice, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    left, right, then, other = spelled
    condition = _row(left, f"<mo>{_COMPARE[term.op]}</mo>", right)
    rows = (
        f"<mtr><mtd>{then}</mtd><mtd>{condition}</mtd></mtr><mtr><mtd>{other}</mtd><mtd><mtext>else</mtext></mtd></mtr>"
    )
    return _row("<mo>{</mo>", f"<mtable>{rows}</mtable>")


def _program(term: Program, inside: list[Term], spelled: list[str], nabla: bool) -> str:
    lets = [f"{_name(name)}<mo>=</mo>{text}<mo>;</mo>" for (name, _), text in zip(term.lets, spelled, strict=False)]
    return _row(*lets, spelled[-1])


_COMPOUND: dict[type[Term], Callable[[Any, list[Term], list[str], bool], str]] = {
    Subscripted: _subscripted, Sum: _sum, Neg: _neg, Product: _product, Quotient: _quotient, Power: _power,
    Transpose: _transpose, Call: _call, Big: _big, Collect: _collect, Partial: _partial, Choice: _choice,
    Program: _program,
}  # fmt: skip
