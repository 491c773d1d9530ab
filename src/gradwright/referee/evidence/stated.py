"""Facts that a formula states: QᵀQ = I, Σᵢ yᵢ = 1, A = Aᵀ. Owns: the laws, and the symbol of which two sides say one.

Never: says whether a formula is a condition.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.core.facts import of_rank
from gradwright.read.latex.nodes import symbol, written
from gradwright.read.syntax import (
    Big,
    Indexed,
    Letter,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Power,
    Product,
    Transposed,
    alike,
    factors_of,
)
from gradwright.referee.evidence.chains import Chain, Link
from gradwright.referee.meaning.symbols import Stated, Symbols, symbol_key


def stated_fact(symbols: Symbols, chain: Chain, link: Link, condition: bool) -> Stated | None:
    """What a relation states of a symbol; of a condition, each side with the last: ‖a‖ = ‖b‖ = 1."""
    if (fact := _defines_orthogonal(symbols, chain)) is not None:
        return fact
    left, right, last = (chain.sides[k].tree for k in (link.left, link.left + 1, -1))
    if left is None or right is None or last is None:
        return None
    imposed = _imposed_fact(symbols, left, last) if condition else None
    return imposed or (_stated_fact(symbols, left, right) if len(chain.links) == 1 else None)


def _stated_fact(symbols: Symbols, left: Node, right: Node) -> Stated | None:
    """Σ_i y_i = 1, A = A^T, A_ij = A_ji for symbols without a definition."""
    match left, right:
        case Big(operator="sum", binders=(binder,), conditions=(), body=Indexed(base=Name() as base) as body), Number(
            text="1"
        ):
            key, items = symbols.key(base.stem, base.font, True), [written(i) for i in body.items]
            if items and items[-1] == binder.name and not symbols.is_defined(key):
                return Stated(of_rank("simplex", len(items)), key, "Σ = 1, stated", left.span[0])
        case Indexed(), Indexed() if alike(left.base, right.base):
            one, two = ([i.name for i in side.items if isinstance(i, Letter)] for side in (left, right))
            if len(one) == 2 and one[::-1] == two:
                return Stated("symmetric", symbol_key(symbols, left), "stated", left.span[0])
        case Name(), Transposed() if alike(left, right.body):
            return Stated("symmetric", symbols.key(left.stem, left.font), "A = Aᵀ, stated", left.span[0])
        case Name(), Negative(body=Transposed(body=inner)) if alike(left, inner):
            return Stated("skew", symbols.key(left.stem, left.font), "A = −Aᵀ, stated", left.span[0])
    return None


def _defines_orthogonal(symbols: Symbols, chain: Chain) -> Stated | None:
    """AᵀA = AAᵀ = I of a matrix of which nothing else is said."""
    *products, last = [side.tree for side in chain.sides]
    grams = [gram for tree in products if tree is not None and (gram := _gram(tree)) is not None]
    keys = {symbol_key(symbols, name) for name, _ in grams}
    both = len(products) == len(grams) == 2 and len({first for _, first in grams}) == 2
    if not both or len(keys) != 1 or last is None or not _is_identity(last):
        return None
    key = min(keys)
    told = {s.key for s in symbols.roles.facts if not s.place}
    if not key or key in told or symbols.is_defined(key):
        return None
    return Stated("orthogonal", key, "AᵀA = AAᵀ = I, stated", max(chain.place, 1))


def _gram(tree: Node) -> tuple[Name, bool] | None:
    """A and whether its transpose stands first, in AᵀA and AAᵀ."""
    factors = factors_of(tree)
    for (one, two), first in ((factors, True), (factors[::-1], False)) if len(factors) == 2 else ():
        if (name := _is_turned(one, two)) is not None:
            return name, first
    return None


def _is_identity(tree: Node) -> bool:
    return symbol(tree).split("_")[0] == "I"


def _imposed_fact(symbols: Symbols, left: Node, right: Node) -> Stated | None:
    """QᵀQ = I, ‖u‖ = 1, P² = P, Pᵀ = P, Pᵀ = −P, as conditions on a symbol without a definition."""
    for fact, formula, said_of in LAWS:
        for one, two in ((left, right), (right, left)):
            name = said_of(one, two)
            if name is not None and not symbols.is_defined(symbol_key(symbols, name)):
                return Stated(fact, symbol_key(symbols, name), f"{formula}, stated", left.span[0])
    return None


def _is_orthonormal(one: Node, two: Node) -> Name | None:
    gram = _gram(one)
    return gram[0] if gram is not None and gram[1] and _is_identity(two) else None


def _is_idempotent(one: Node, two: Node) -> Name | None:
    """P² or P P, and P; of a capital: x² = x of a number has two solutions."""
    if not isinstance(two, Name) or not two.stem[:1].isupper():
        return None
    if isinstance(one, Power) and isinstance(one.exponent, Number):
        return two if one.exponent.text == "2" and alike(one.base, two) else None
    return (
        two
        if isinstance(one, Product) and len(one.factors) == 2 and all(alike(f, two) for _, f in one.factors)
        else None
    )


def _is_turned(one: Node, two: Node) -> Name | None:
    return two if isinstance(one, Transposed) and isinstance(two, Name) and alike(one.body, two) else None


def _is_skew(one: Node, two: Node) -> Name | None:
    return _is_turned(one, two.body) if isinstance(two, Negative) else None


def _is_unit(one: Node, two: Node) -> Name | None:
    """‖u‖, its square and uᵀu, and 1."""
    if not isinstance(two, Number) or two.text != "1":
        return None
    if isinstance(one, Power) and isinstance(one.exponent, Number) and one.exponent.text == "2":
        one = one.base
    if isinstance(one, Norm) and one.order in ("", "2") and isinstance(one.body, Name):
        return one.body
    gram = _gram(one)
    return gram[0] if gram is not None and gram[1] and not gram[0].stem[:1].isupper() else None


LAWS: tuple[tuple[str, str, Callable[[Node, Node], Name | None]], ...] = (
    ("orthonormal", "QᵀQ = I", _is_orthonormal),
    ("unit", "‖u‖ = 1", _is_unit),
    ("idempotent", "P² = P", _is_idempotent),
    ("symmetric", "Pᵀ = P", _is_turned),
    ("skew", "Pᵀ = −P", _is_skew),
)
"""Facts, the formulas that state them, and the symbol of which two sides say one."""
