"""Trees as MathML, for pages. Owns: how each kind of tree is set.

Never: meaning; what it does not know stays source.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from gradwright.core.errors import Error
from gradwright.read.latex.cursor import GREEK
from gradwright.read.latex.parser import Grammar, parse
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.tokens import Token, tokenize
from gradwright.read.tree import Tree

_SIGNS = {"cdot": "·", "times": "×", "odot": "⊙", "kron": "⊗", "star": "∗", "juxt": "⁢", "odiv": "⊘"}
_BIG = {"sum": "∑", "prod": "∏", "max": "max", "min": "min"}
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨"}
_BETWEEN = {",": ",", "in": "∈", "dots": "…", "ldots": "…"}
_TIMES = ("times", "x")
_DOUBLE = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "C": "ℂ", "Q": "ℚ"}
_RELATIONS = {"=": "=", "!=": "≠", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}


def mathml(tree: Tree, display: bool = False) -> str:
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


def _set(tree: Any) -> str:
    rule = _RULES.get(tree.kind)
    return f"<mrow>{rule(tree)}</mrow>" if rule else f"<mtext>{escape(tree.kind)}</mtext>"


def _op(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _name(tree: Tree) -> str:
    text, style = str(tree.parts[0]), str(tree.parts[1])
    base, _, label = text.partition("^")
    accent, _, rest = base.rpartition(" ")
    squared = rest.endswith("²")
    letter = GREEK.get(rest.removesuffix("²"), rest.removesuffix("²")) + ("²" if squared else "")
    shown = f"<mi>{escape(_bold(letter) if style == 'bold' else letter)}</mi>"
    if accent in _ACCENTS:
        shown = f"<mover>{shown}<mo>{_ACCENTS[accent]}</mo></mover>"
    return f"<msup>{shown}<mtext>{escape(label)}</mtext></msup>" if label else shown


def _bold(letter: str) -> str:
    """Upright bold: MathML Core has it as characters of its own."""
    if len(letter) != 1 or not letter.isascii() or not letter.isalnum():
        return letter
    first, start = ("0", 0x1D7CE) if letter.isdigit() else ("a", 0x1D41A) if letter.islower() else ("A", 0x1D400)
    return chr(start + ord(letter) - ord(first))


def _add(tree: Tree) -> str:
    parts = []
    for k, (sign, term) in enumerate(tree.parts[0]):
        parts.append((_op("−" if sign == "-" else "+") if k or sign == "-" else "") + _set(term))
    return "".join(parts)


def _mul(tree: Tree) -> str:
    return "".join((_op(_SIGNS.get(op, "·")) if k else "") + _set(item) for k, (op, item) in enumerate(tree.parts[0]))


def _index(tree: Tree) -> str:
    letters = "".join(f"<mi>{escape(str(index.parts[0]))}</mi>" for index in tree.parts[1])
    return f"<msub>{_set(tree.parts[0])}<mrow>{letters}</mrow></msub>"


def _derivative(tree: Tree) -> str:
    mark = "∂" if tree.parts[0] == "partial" else "d"
    _, order, body, wrts, _ = tree.parts
    power = f"<msup><mo>{mark}</mo><mn>{order}</mn></msup>" if order > 1 else _op(mark)
    below = "".join(_op(mark) + _set(w) for w in wrts)
    return f"<mfrac><mrow>{power}{_set(body) if body is not None else ''}</mrow><mrow>{below}</mrow></mfrac>"


def _big(tree: Tree) -> str:
    op, binders, conditions, body = tree.parts
    below = ",".join(str(b[0]) if isinstance(b[1], Tree) or len(b) > 2 else "" for b in binders)
    said = f"<mi>{escape(below)}</mi>" + "".join(
        f"<mo>,</mo>{_set(a)}{_op(_RELATIONS.get(o, o))}{_set(b)}" for o, a, b in conditions
    )
    return f"<munder>{_op(_BIG.get(op, op))}<mrow>{said}</mrow></munder>{_set(body)}"


def _cases(tree: Tree) -> str:
    rows = []
    for body, conditions in tree.parts[0]:
        said = (
            "<mtext>otherwise</mtext>"
            if conditions is None
            else "<mtext>if </mtext>"
            + "<mo>,</mo>".join(_set(a) + _op(_RELATIONS.get(o, o)) + _set(b) for o, a, b in conditions)
        )
        rows.append(f"<mtr><mtd>{_set(body)}</mtd><mtd>{said}</mtd></mtr>")
    return f"<mo>{{</mo><mtable>{''.join(rows)}</mtable>"


def _matrix(tree: Tree) -> str:
    rows = "".join("<mtr>" + "".join(f"<mtd>{_set(c)}</mtd>" for c in row) + "</mtr>" for row in tree.parts[0])
    return f"<mo>[</mo><mtable>{rows}</mtable><mo>]</mo>"


def _list(trees: Any) -> str:
    return "<mo>,</mo>".join(_set(t) for t in trees)


def _expect(tree: Tree) -> str:
    moment, names, law, given, bodies, _ = tree.parts
    below = ",".join(map(str, names)) + (f"∼{law}" if law else "")
    said = (
        f"<msub><mi>{escape(moment)}</mi><mtext>{escape(below)}</mtext></msub>"
        if below
        else f"<mi>{escape(moment)}</mi>"
    )
    condition = f"{_op('|')}<mtext>{escape(given)}</mtext>" if given else ""
    return f"{said}{_op('[')}{_list(bodies)}{condition}{_op(']')}"


def _integral(tree: Tree) -> str:
    variables, _, body = tree.parts
    return f"{_op('∫')}{_set(body)}" + "".join(_op("d") + _set(v) for v in variables)


def _comparisons(tree: Tree) -> str:
    return "<mo>,</mo>".join(_set(a) + _op(_RELATIONS.get(o, o)) + _set(b) for o, a, b in tree.parts[0])


_RULES: dict[str, Any] = {
    "expect": _expect,
    "integral": _integral,
    "indicator": lambda t: f"<mn>1</mn>{_op('{')}{_comparisons(t)}{_op('}')}",
    "hessian": lambda t: f"<msup>{_op('∇')}<mn>2</mn></msup>{_set(t.parts[1])}",
    "vector": lambda t: _set(t.parts[0]),
    "noted": lambda t: _set(t.parts[0]),
    "run": lambda t: f"{_op('(')}{_set(t.parts[0])}{_op(')')}",
    "num": lambda t: f"<mn>{escape(str(t.parts[0]))}</mn>",
    "sym": _name,
    "opaque": lambda t: f"<mtext>{escape(str(t.parts[0]))}</mtext>",
    "group": lambda t: f"{_op('(')}{_set(t.parts[0])}{_op(')')}",
    "neg": lambda t: _op("−") + _set(t.parts[0]),
    "add": _add,
    "mul": _mul,
    "index": _index,
    "frac": lambda t: f"<mfrac>{_set(t.parts[0])}{_set(t.parts[1])}</mfrac>",
    "pow": lambda t: f"<msup>{_set(t.parts[0])}{_set(t.parts[1])}</msup>",
    "T": lambda t: f"<msup>{_set(t.parts[0])}<mo>⊤</mo></msup>",
    "prime": lambda t: f"<msup>{_set(t.parts[0])}<mo>{'′' * int(t.parts[1])}</mo></msup>",
    "root": lambda t: f"<msqrt>{_set(t.parts[0])}</msqrt>",
    "factorial": lambda t: _set(t.parts[0]) + _op("!"),
    "norm": lambda t: f"{_op('‖')}{_set(t.parts[0])}{_op('‖')}",
    "bars": lambda t: f"{_op('|')}{_set(t.parts[0])}{_op('|')}",
    "inner": lambda t: f"{_op('⟨')}{_set(t.parts[0])}{_op(',')}{_set(t.parts[1])}{_op('⟩')}",
    "fn": lambda t: f"<mi>{escape(str(t.parts[0]))}</mi>{_op('(')}{_list(t.parts[1])}{_op(')')}",
    "call": lambda t: (
        f"{_set(t.parts[0])}{_op('′' * int(t.parts[2])) if t.parts[2] else ''}{_op('(')}{_list(t.parts[1])}{_op(')')}"
    ),
    "derivative": _derivative,
    "nabla": lambda t: (
        (f"<msub>{_op('∇')}{_set(t.parts[0])}</msub>" if t.parts[0] is not None else _op("∇")) + _set(t.parts[1])
    ),
    "diff": lambda t: _op("d") + _set(t.parts[0]),
    "big": _big,
    "cases": _cases,
    "matrix": _matrix,
    "at": lambda t: _set(t.parts[0]) + _op("|"),
}
