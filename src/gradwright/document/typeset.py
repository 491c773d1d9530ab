"""Trees as MathML, for pages. Owns: how each kind of tree is set.

Never: meaning; what it does not know stays source.
"""

from __future__ import annotations

from html import escape
from typing import Any

from gradwright.document.tree import Tree

_SIGNS = {"cdot": "·", "times": "×", "odot": "⊙", "kron": "⊗", "star": "∗", "juxt": "⁢", "odiv": "⊘"}
_BIG = {"sum": "∑", "prod": "∏", "max": "max", "min": "min"}
_GREEK = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Upsilon",
            "Phi",
            "Psi",
            "Omega",
            "varsigma",
            "ell",
        ],
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩςℓ",
        strict=True,
    )
)
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨"}
_RELATIONS = {"=": "=", "!=": "≠", "<": "<", ">": ">", "<=": "≤", ">=": "≥"}


def mathml(tree: Tree) -> str:
    """The tree inside a <math> element."""
    return f"<math>{_set(tree)}</math>"


def _set(tree: Any) -> str:
    rule = _RULES.get(tree.kind)
    return f"<mrow>{rule(tree)}</mrow>" if rule else f"<mtext>{escape(tree.kind)}</mtext>"


def _op(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _name(tree: Tree) -> str:
    text, style = str(tree.parts[0]), str(tree.parts[1])
    base, _, label = text.partition("^")
    accent, _, rest = base.rpartition(" ")
    letter = _GREEK.get(rest, rest)
    variant = ' mathvariant="bold"' if style == "bold" else ""
    shown = f"<mi{variant}>{escape(letter)}</mi>"
    if accent in _ACCENTS:
        shown = f"<mover>{shown}<mo>{_ACCENTS[accent]}</mo></mover>"
    return f"<msup>{shown}<mtext>{escape(label)}</mtext></msup>" if label else shown


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


_RULES: dict[str, Any] = {
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
