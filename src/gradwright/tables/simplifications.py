"""The rules that simplifying passes apply, a row each. Owns: their names, sources, conditions and examples.

A pass decides where its rule applies; here stands what the rule says, under which condition, and a line on which it
must fire. Every row is sampled on its example, under its condition and without it. Never: rewrites.
"""

from __future__ import annotations

from dataclasses import field

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    divide,
    entry,
    matfn,
    mul,
    negate,
    ordinal,
    power,
    subtract,
    total,
    where,
)
from gradwright.core.facts import Given
from gradwright.core.index import free_index
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule


@dataclass(frozen=True)
class Simplification:
    """A row.

    ``says``        the rule in a line; a row about facts leaves room for {why} and for the names it is said of
    ``condition``   what has to hold, in words; empty where nothing has
    ``example``     a line on which the rule fires, under the ``facts`` and beside the ``definitions``
    """

    name: str
    says: str
    source: str
    condition: str
    example: Node
    facts: tuple[Given, ...] = ()
    definitions: dict[str, Array] = field(default_factory=dict, hash=False)
    plain: bool = False

    @property
    def rule(self) -> Rule:
        return Rule(self.name, self.says, self.source, self.plain)

    def since(self, why: object, **names: object) -> Rule:
        """The rule as it is said of given names, because of a given fact."""
        return Rule(self.name, self.says.format(why=why, **names), str(why))

    def of(self, **names: object) -> Rule:
        """The rule as it is said of given names, for which no fact is needed."""
        return Rule(self.name, self.says.format(**names), self.source)


_i, _j, _k, _l = (free_index(letter, "n") for letter in "ijkl")
_s, _t = entry("s"), entry("t")
_x, _y, _z = (entry(name, _k) for name in "xyz")
_xi, _yi, _zi = (entry(name, _i) for name in "xyz")
_A, _B = entry("A", _i, _j), entry("B", _i, _j)
_one_plus = add(ONE, _s)
TWO = const(2)


def _logistic(argument: Node) -> Node:
    return apply("sigmoid", argument)


_SOFTMAX = Array((_i,), divide(apply("exp", _xi), total([_j], apply("exp", entry("x", _j)))))
_CENTRED = Array((_i,), subtract(_xi, divide(total([_j], entry("x", _j)), total([_j], ONE))))

# --- about sums and products -----------------------------------------------------------------------------------------

SPLIT = Simplification(
    "split_sum", "multiply out and split the sum", "linearity", "",
    total([_i], mul(add(delta(_i, _k), _xi), _yi)),
)  # fmt: skip
OUTSIDE = Simplification(
    "constant_from_sum", "constants come out of the sum", "Σ c f = c Σ f", "c is free of the index",
    total([_i], add(mul(_s, _xi, _yi), mul(_s, _zi))), plain=True,
)  # fmt: skip
COLLAPSE = Simplification(
    "contract_delta", "δ picks out one term of the sum", "Σ_i δ_ik f_i = f_k", "k runs over the extent of i",
    total([_i], mul(delta(_i, _k), _xi, _yi)),
)  # fmt: skip
FACTOR_OUT = Simplification("factor_out", "factor out", "distributivity", "", add(mul(_x, _y), mul(_x, _z)), plain=True)
ORIENT = Simplification("orient", "−(a − b) = b − a", "arithmetic", "", mul(_s, subtract(_x, _y)), plain=True)
MERGE = Simplification(
    "merge_sums", "sums within sums as one", "linearity", "the inner index is new to the outer summand",
    total([_i], mul(_xi, total([_j], mul(_A, entry("z", _j))))), plain=True,
)  # fmt: skip
MULTIPLY = Simplification("multiply_out", "multiply out", "distributivity", "", mul(_x, add(_y, _z)))
COLLECT = Simplification(
    "collect",
    "collect terms",
    "distributivity",
    "",
    add(mul(add(_x, ONE), add(_y, ONE)), negate(mul(_x, _y)), negate(ONE)),
)
DENOMINATOR = Simplification(
    "common_denominator", "over a common denominator", "a + b/c = (ac + b)/c", "c is not 0",
    add(ONE, negate(divide(_s, _one_plus))),
)  # fmt: skip
COMPLEMENT = Simplification(
    "logistic_complement", "1 − σ(u) = σ(−u)", "the definition of σ", "", mul(_t, subtract(ONE, _logistic(_s)))
)
JOIN = Simplification(
    "join_sums", "one sum", "Σ f + Σ g = Σ (f + g)", "the indices run over one extent",
    add(total([_i], mul(_xi, _yi)), total([_i], mul(_xi, _zi, _zi))), plain=True,
)  # fmt: skip
FOLD = Simplification(
    "fold_definition", "recognise {name}", "a definition read from right to left", "{name} is defined so",
    mul(_t, power(add(_x, TWO), TWO)), definitions={"q": Array((_i,), power(add(_xi, TWO), TWO))},
)  # fmt: skip

# --- about facts -----------------------------------------------------------------------------------------------------

ZERO_ENTRY = Simplification("zero", "since {why}", "the fact", "x is zero", add(_x, _y), (Given("zero", "x"),))
SUMS_TO_ONE = Simplification(
    "sums_to_one", "since {why}, {sum} {name}{entry} = 1", "the fact", "the entries of y sum to one",
    mul(_x, total([_i], _yi)), (Given("simplex", "y"),),
)  # fmt: skip
ROWS_SUM_TO_ONE = Simplification(
    SUMS_TO_ONE.name, SUMS_TO_ONE.says, "the fact", "the rows of A sum to one",
    total([_i, _j], mul(_xi, _A)), (Given("simplex_rows", "A"),),
)  # fmt: skip
NORMALISED = Simplification(
    "softmax_sums_to_one", "{name} is normalised: its sum is 1", "Σ_i f_i/Σ_j f_j = 1", "p_i is f_i/Σ_j f_j",
    mul(_s, total([_i], entry("p", _i))), definitions={"p": _SOFTMAX},
)  # fmt: skip
DEFINED_SUM = Simplification(
    "sum_of_definition", "Σ_{letter} {name}_{subscript} = {value}", "the definition, summed", "r is x less its mean",
    mul(_s, total([_i], entry("r", _i))), definitions={"r": _CENTRED},
)  # fmt: skip
SYMMETRY = Simplification(
    "symmetry", "since {why}, {name}_ij = {name}_ji", "the fact", "A is symmetric",
    add(entry("A", _l, _k), mul(_x, entry("A", _k, _l))), (Given("symmetric", "A"),),
)  # fmt: skip
SYMMETRIC_FUNCTION = Simplification(
    "symmetry", "a function of a symmetric matrix is symmetric", "f(A)ᵀ = f(Aᵀ)", "the argument is symmetric",
    matfn("inv", 0, (_l, _k), (_i, _j), _A), (Given("symmetric", "A"),),
)  # fmt: skip
SKEW = Simplification(
    "skew", "since {why}, {name}_ij = −{name}_ji", "the fact", "A is skew-symmetric",
    add(entry("A", _l, _k), entry("A", _k, _k)), (Given("skew", "A"),),
)  # fmt: skip
UNIT = Simplification(
    "unit", "since {why}, Σ_i {name}_i² = 1", "the fact", "x has norm one",
    mul(_y, total([_i], power(_xi, TWO))), (Given("unit", "x"),),
)  # fmt: skip
SIGNS = Simplification(
    "signs", "since {why}, {name}² = 1", "the fact", "the entries of y are 1 or −1",
    mul(_x, power(_y, TWO)), (Given("signs", "y"),),
)  # fmt: skip
BINARY = Simplification(
    "binary", "since {why}, {name}² = {name}", "the fact", "the entries of y are 0 or 1",
    mul(_x, power(_y, TWO)), (Given("binary", "y"),),
)  # fmt: skip
ORTHOGONAL = Simplification(
    "orthogonal", "since {why}, {name} {name}ᵀ = I", "the fact", "A is orthogonal",
    total([_i, _j], mul(entry("A", _k, _i), entry("A", _j, _i), entry("x", _j))), (Given("orthogonal", "A"),),
)  # fmt: skip
INVERSE_IS_TRANSPOSE = Simplification(
    "orthogonal", "since {why}, its inverse is its transpose", "the fact", "A is orthogonal",
    matfn("inv", 0, (_k, _l), (_i, _j), _A), (Given("orthogonal", "A"),),
)  # fmt: skip
INVERSE_OF_PRODUCT = Simplification(
    "inverse_of_product", "(A B)⁻¹ = B⁻¹A⁻¹", "Matrix Cookbook (2012) eq. 1", "A and B are square and invertible",
    matfn("inv", 0, (_k, _l), (_i, _j), total([_l], mul(entry("A", _i, _l), entry("B", _l, _j)))),
    (Given("invertible", "A"), Given("invertible", "B")),
)  # fmt: skip
TRIANGLE = Simplification(
    "triangle", "since {why}, the rest is 0", "the fact", "A is 0 above its diagonal",
    mul(entry("A", _k, _l), where("<=", ordinal(_l), ordinal(_k), ONE, ZERO)), (Given("lower", "A"),),
)  # fmt: skip
KNOWN_SIGN = Simplification(
    "known_sign", "since {why}, its sign is known", "|u| = u for u ≥ 0", "u is not negative",
    mul(_x, apply("abs", mul(_y, power(_z, TWO)))), (Given("positive", "y"),),
)  # fmt: skip
KNOWN_SIGN_OF_ITSELF = Simplification(
    "known_sign", "its sign is known", "|u| = u for u ≥ 0", "u is not negative", apply("abs", power(_s, TWO))
)

SIMPLIFICATIONS: tuple[Simplification, ...] = (
    SPLIT, OUTSIDE, COLLAPSE, FACTOR_OUT, ORIENT, MERGE, MULTIPLY, COLLECT, DENOMINATOR, COMPLEMENT, JOIN, FOLD,
    ZERO_ENTRY, SUMS_TO_ONE, ROWS_SUM_TO_ONE, NORMALISED, DEFINED_SUM, SYMMETRY, SYMMETRIC_FUNCTION, SKEW, UNIT, SIGNS,
    BINARY, ORTHOGONAL, INVERSE_IS_TRANSPOSE, INVERSE_OF_PRODUCT, TRIANGLE, KNOWN_SIGN, KNOWN_SIGN_OF_ITSELF,
)  # fmt: skip
