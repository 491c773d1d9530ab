"""Trees as MathML, for pages. Owns: how each kind of tree is set.

Never: meaning; what it does not know stays source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from gradwright.core.errors import Error
from gradwright.read.latex.grammar import GREEK, Grammar
from gradwright.read.latex.nodes import (
    WITHOUT_MEANING,
    Differential,
    Evaluated,
    Expectation,
    Factorial,
    Function,
    Gradient,
    Hessian,
    Indicator,
    Integral,
    Known,
    Law,
    Noted,
    Run,
    Vector,
    written,
)
from gradwright.read.latex.parser import parse
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.tokens import Token, tokenize
from gradwright.read.syntax import (
    Bars,
    Big,
    Call,
    Cases,
    Comparison,
    Derivative,
    Group,
    Indexed,
    Inner,
    Matrix,
    Multiplication,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Power,
    Primed,
    Product,
    Quotient,
    Root,
    Sum,
    Transposed,
)

_SIGNS: dict[Multiplication, str] = {"cdot": "·", "times": "×", ".*": "⊙", "kron": "⊗", "*": "∗", " ": "⁢", "./": "⊘"}
_BIG = {"sum": "∑", "prod": "∏", "max": "max", "min": "min"}
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨"}
_BETWEEN = {",": ",", "in": "∈", "dots": "…", "ldots": "…"}
_TIMES = ("times", "x")
_DOUBLE = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "C": "ℂ", "Q": "ℚ"}
_RELATIONS = {"=": "=", "!=": "≠", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}


def mathml(tree: Node, display: bool = False) -> str:
    """The tree inside a <math> element."""
    return _element(_set(tree), display)


def typeset(source: str, display: bool = False) -> str | None:
    """A formula that stands by itself, relations and commas between its parts; None where it is not understood."""
    parts: list[list[Token]] = [[]]
    said = ""
    try:
        for token, outside in levels(tokenize(source)):
            sign = _BETWEEN.get(token.text, _RELATIONS.get(relation(token) or "")) if outside else None
            if sign is None:
                parts[-1].append(token)
            else:
                said += _part(parts[-1]) + _op(sign)
                parts.append([])
        return _element(said + _part(parts[-1]), display)
    except (Error, RecursionError):
        return None


def _element(inner: str, display: bool) -> str:
    style = ' displaystyle="true"' if display else ""
    return f"<math{style}>{inner}</math>"


def _part(tokens: Sequence[Token]) -> str:
    """What stands between two signs; ℝ and its exponents are a space."""
    kept = [t for t in tokens if t.kind not in ("gap", "quad", "amp", "row", "open", "close")]
    if kept and kept[0].kind == "letter" and kept[0].style == "bb":
        rest = [t for t in kept[1:] if t.kind != "sup"]
        shown = "".join(_op("×") if t.text in _TIMES else f"<mi>{escape(t.text)}</mi>" for t in rest)
        letter = f"<mi>{_DOUBLE.get(kept[0].text, escape(kept[0].text))}</mi>"
        return f"<msup>{letter}<mrow>{shown}</mrow></msup>" if rest else letter
    return _set(parse(tokens, Grammar())) if kept else ""


def _set(tree: Node) -> str:
    return f"<mrow>{rule(tree)}</mrow>" if (rule := RULES.get(type(tree))) else _said(tree)


def _op(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _name(tree: Name) -> str:
    base, _, label = tree.stem.partition("^")
    accent, _, rest = base.rpartition(" ")
    squared = rest.endswith("²")
    letter = GREEK.get(rest.removesuffix("²"), rest.removesuffix("²")) + ("²" if squared else "")
    shown = f"<mi>{escape(_bold(letter) if tree.font == 'bold' else letter)}</mi>"
    if accent in _ACCENTS:
        shown = f"<mover>{shown}<mo>{_ACCENTS[accent]}</mo></mover>"
    return f"<msup>{shown}<mtext>{escape(label)}</mtext></msup>" if label else shown


def _bold(letter: str) -> str:
    """Upright bold: MathML Core has it as characters of its own."""
    if len(letter) != 1 or not letter.isascii() or not letter.isalnum():
        return letter
    first, start = ("0", 0x1D7CE) if letter.isdigit() else ("a", 0x1D41A) if letter.islower() else ("A", 0x1D400)
    return chr(start + ord(letter) - ord(first))


def _add(tree: Sum) -> str:
    parts = []
    for k, (sign, term) in enumerate(tree.terms):
        parts.append((_op("−" if sign == "-" else "+") if k or sign == "-" else "") + _set(term))
    return "".join(parts)


def _mul(tree: Product) -> str:
    return "".join((_op(_SIGNS.get(op, "·")) if k else "") + _set(item) for k, (op, item) in enumerate(tree.factors))


def _index(tree: Indexed) -> str:
    letters = "".join(f"<mi>{escape(written(item))}</mi>" for item in tree.items)
    return f"<msub>{_set(tree.base)}<mrow>{letters}</mrow></msub>"


def _call(tree: Call) -> str:
    primes = _op("′" * tree.primes) if tree.primes else ""
    return f"{_set(tree.function)}{primes}{_op('(')}{_list(tree.arguments)}{_op(')')}"


def _derivative(tree: Derivative) -> str:
    mark, order = "∂" if tree.mark == "partial" else "d", len(tree.wrt)
    power = f"<msup><mo>{mark}</mo><mn>{order}</mn></msup>" if order > 1 else _op(mark)
    below = "".join(_op(mark) + _set(w) for w in tree.wrt)
    return f"<mfrac><mrow>{power}{_set(tree.body) if tree.body is not None else ''}</mrow><mrow>{below}</mrow></mfrac>"


def _gradient(tree: Gradient) -> str:
    return (f"<msub>{_op('∇')}{_set(tree.wrt)}</msub>" if tree.wrt is not None else _op("∇")) + _set(tree.body)


def _big(tree: Big) -> str:
    said = f"<mi>{escape(','.join(binder.name for binder in tree.binders))}</mi>"
    said += "".join(f"<mo>,</mo>{_comparison(condition)}" for condition in tree.conditions)
    return f"<munder>{_op(_BIG.get(tree.operator, tree.operator))}<mrow>{said}</mrow></munder>{_set(tree.body)}"


def _comparison(tree: Comparison) -> str:
    return _set(tree.left) + _op(_RELATIONS.get(tree.relation, tree.relation)) + _set(tree.right)


def _comparisons(conditions: Sequence[Comparison]) -> str:
    return "<mo>,</mo>".join(map(_comparison, conditions))


def _cases(tree: Cases) -> str:
    rows = []
    for case in tree.cases:
        said = "<mtext>if </mtext>" + _comparisons(case.conditions) if case.conditions else "<mtext>otherwise</mtext>"
        rows.append(f"<mtr><mtd>{_set(case.value)}</mtd><mtd>{said}</mtd></mtr>")
    return f"<mo>{{</mo><mtable>{''.join(rows)}</mtable>"


def _matrix(tree: Matrix) -> str:
    rows = "".join("<mtr>" + "".join(f"<mtd>{_set(c)}</mtd>" for c in row) + "</mtr>" for row in tree.rows)
    return f"<mo>[</mo><mtable>{rows}</mtable><mo>]</mo>"


def _list(trees: Sequence[Node]) -> str:
    return "<mo>,</mo>".join(map(_set, trees))


def _expect(tree: Expectation) -> str:
    below = ",".join(tree.names) + (f"∼{tree.law}" if tree.law else "")
    said = f"<mi>{escape(tree.moment)}</mi>"
    said = f"<msub>{said}<mtext>{escape(below)}</mtext></msub>" if below else said
    condition = f"{_op('|')}<mtext>{escape(tree.given)}</mtext>" if tree.given else ""
    return f"{said}{_op('[')}{_list(tree.bodies)}{condition}{_op(']')}"


def _integral(tree: Integral) -> str:
    return f"{_op('∫')}{_set(tree.body)}" + "".join(_op("d") + _set(v) for v in tree.variables)


def _said(tree: Node) -> str:
    return f"<mtext>{escape(WITHOUT_MEANING[type(tree)])}</mtext>"


RULES: dict[type[Node], Callable[..., str]] = {
    Expectation: _expect,
    Integral: _integral,
    Indicator: lambda t: f"<mn>1</mn>{_op('{')}{_comparisons(t.conditions)}{_op('}')}",
    Hessian: lambda t: f"<msup>{_op('∇')}<mn>2</mn></msup>{_set(t.body)}",
    Vector: lambda t: _set(t.body),
    Noted: lambda t: _set(t.body),
    Run: lambda t: f"{_op('(')}{_set(t.body)}{_op(')')}",
    Number: lambda t: f"<mn>{escape(t.text)}</mn>",
    Name: _name,
    Law: lambda t: f"<mtext>{escape(t.text)}</mtext>",
    Group: lambda t: f"{_op('(')}{_set(t.body)}{_op(')')}",
    Negative: lambda t: _op("−") + _set(t.body),
    Sum: _add,
    Product: _mul,
    Indexed: _index,
    Quotient: lambda t: f"<mfrac>{_set(t.top)}{_set(t.bottom)}</mfrac>",
    Power: lambda t: f"<msup>{_set(t.base)}{_set(t.exponent)}</msup>",
    Transposed: lambda t: f"<msup>{_set(t.body)}<mo>⊤</mo></msup>",
    Primed: lambda t: f"<msup>{_set(t.body)}<mo>{'′' * t.count}</mo></msup>",
    Root: lambda t: f"<msqrt>{_set(t.body)}</msqrt>",
    Factorial: lambda t: _set(t.body) + _op("!"),
    Norm: lambda t: f"{_op('‖')}{_set(t.body)}{_op('‖')}",
    Bars: lambda t: f"{_op('|')}{_set(t.body)}{_op('|')}",
    Inner: lambda t: f"{_op('⟨')}{_set(t.left)}{_op(',')}{_set(t.right)}{_op('⟩')}",
    Function: lambda t: f"<mi>{escape(t.name)}</mi>{_op('(')}{_list(t.arguments)}{_op(')')}",
    Call: _call,
    Derivative: _derivative,
    Gradient: _gradient,
    Differential: lambda t: _op("d") + _set(t.body),
    Big: _big,
    Cases: _cases,
    Matrix: _matrix,
    Evaluated: lambda t: _set(t.body) + _op("|"),
    Known: lambda t: f"<mtext>{escape(t.key)}</mtext>",
}
