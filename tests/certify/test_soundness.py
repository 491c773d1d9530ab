"""Equalities true and false by construction: false ones are refuted, true ones are not, empty ones prove nothing.

Each kind draws statements that nobody has looked at; a false one differs where its kind says (behind a threshold, where
a symbol beside a restricted one is negative, at a larger size), and nowhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradwright as gw
from gradwright.core.errors import Error

FUZZ = int(os.environ.get("FUZZ", "0"))
"""How many statements of each kind ``make fuzz`` asks for, drawn anew each time."""
FEW = settings(max_examples=FUZZ or 8, deadline=None, derandomize=not FUZZ)


@dataclass(frozen=True)
class Claim:
    left: str
    right: str
    true: bool
    facts: tuple[str, ...] = ()


def held(claim: Claim) -> None:
    found = gw.equal(claim.left, claim.right, given=claim.facts)
    assert bool(found) is claim.true, f"{claim}: {found}"
    assert claim.true or found.verdict == "refuted", f"{claim}: {found}"


# --- kinds -----------------------------------------------------------------------------------------------------------

RESTRICTED = st.sampled_from(
    [
        "log(a)",
        "sqrt(a)",
        "lgamma(a)",
        "1/log(a)",
        "arccos(a)",
        "sqrt(1-a^2)",
        "log(a)*sqrt(c)",
        "log(det(A))",
        "1/(a-c)",
        "1/sqrt(a-3)",
        "log(a-20)",
        "log(-9-a)",
        "sqrt((a-3)*(4-a))",
        "lgamma(a-2000)",
    ]
)
SAME = st.sampled_from([("abs(b)", "sqrt(b^2)"), ("b", "relu(b)-relu(-b)"), ("b*sign(b)", "abs(b)")])
SIGNED = st.sampled_from(
    [("abs(b)", "b"), ("relu(b)", "b"), ("b^3", "sqrt(b^6)"), ("log(b^2)", "2*log(abs(b))+relu(-b)")]
)


@st.composite
def restricted_partners(draw: st.DrawFn) -> Claim:
    guard, true = draw(RESTRICTED), draw(st.booleans())
    left, right = draw(SAME if true else SIGNED)
    shape = draw(st.sampled_from(["({}) + ({})", "({})*({})"]))
    return Claim(shape.format(guard, left), shape.format(guard, right), true)


@st.composite
def thresholds(draw: st.DrawFn) -> Claim:
    c = draw(
        st.one_of(st.integers(2, 400), st.integers(3, 90).map(lambda k: f"{k / 8}"), st.sampled_from(["1e4", "1e6"]))
    )
    u = draw(st.sampled_from(["a", "(3*a+b)", "a*b", "sum(x)", "a^3", "(a+5)", "x[0]", "max(x)", "tr(A)"]))
    true, false = (
        [
            (f"max({u},{c})+min({u},{c})", f"{u}+{c}"),
            (f"relu({u}-{c})-relu({c}-{u})", f"{u}-{c}"),
            (f"abs({u}-{c})", f"max({u}-{c},{c}-{u})"),
        ],
        [
            (f"max({u},-{c})", u),
            (f"where({u}>{c},{u},0)", "0"),
            (f"min({u},{c})", u),
            (f"abs({u}+{c})", f"{u}+{c}"),
            (f"min(max({u},0),{c})", f"relu({u})"),
        ],
    )
    is_true = draw(st.booleans())
    return Claim(*draw(st.sampled_from(true if is_true else false)), is_true)


@st.composite
def of_some_sizes(draw: st.DrawFn) -> Claim:
    roots = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True))
    what = draw(st.sampled_from(["sum(x)", "norm2(x)^2", "sum(exp(x))", "tr(A)"]))
    vanishing = "*".join(f"(n-{r})" for r in roots)
    return Claim(f"{vanishing}*{what}+n*{what}", f"n*{what}", False)


@st.composite
def small_differences(draw: st.DrawFn) -> Claim:
    k, true = draw(st.integers(20, 300)), draw(st.booleans())
    u = draw(st.sampled_from(["a", "sin(a)", "a*pi", "exp(a)", "x'*A*x"]))
    return Claim(f"{u} + 1e-{k}*b - 1e-{k}*b" if true else f"{u} + 1e-{k}*b", u, true)


@st.composite
def single_points(draw: st.DrawFn) -> Claim:
    c = draw(st.one_of(st.integers(-50, 50), st.integers(-40, 40).map(lambda k: f"({k}/7)")))
    u = draw(st.sampled_from(["a", "a*b", "a-b", "x[0]", "2*a+3*b", "x'*y"]))
    if draw(st.booleans()):
        return Claim(f"where({u}=={c},1,0)+where({u}!={c},1,0)", "1", True)
    return Claim(f"where({u}=={c},1,0)*2 + {u}", u, False)


@st.composite
def steep(draw: st.DrawFn) -> Claim:
    k = draw(st.integers(40, 4000))
    pairs = [("tanh({k}*a)", "sign(a)"), ("softplus({k}*a)/{k}", "relu(a)"), ("sigmoid({k}*a)", "step(a)"),
             ("exp(-{k}*a^2)", "0"), ("log(exp({k}*a)+exp({k}*b))/{k}", "max(a,b)")]  # fmt: skip
    left, right = draw(st.sampled_from(pairs))
    return Claim(left.format(k=k), right, False)


@st.composite
def branches(draw: st.DrawFn) -> Claim:
    c = draw(st.integers(3, 60))
    true, false = [
        (f"sqrt((b-{c})^2)", f"abs({c}-b)"), (f"sqrt(1-sin(b/{c})^2)", f"abs(cos(b/{c}))"),
        ("sqrt(a^2*b)", "abs(a)*sqrt(b)"),
    ], [
        (f"arcsin(sin(b/{c}))", f"b/{c}"), (f"arccos(cos(b/{c}))", f"abs(b/{c})"), (f"sqrt((b-{c})^2)", f"{c}-b"),
        (f"sqrt(b^4-{2 * c * c}*b^2+{c**4})", f"{c * c}-b^2"), ("arctan(a)+arctan(1/a)", "pi/2"),
    ]  # fmt: skip
    is_true = draw(st.booleans())
    return Claim(*draw(st.sampled_from(true if is_true else false)), is_true)


TIES = [
    ("where(abs(a)==abs(b),1,0)", "0", False), ("sum(where(x==max(x),1,0))", "1", False), ("sign(a-b)^2", "1", False),
    ("where(a>b,1,-1)", "sign(a-b)", False), ("sign(a*b-1)^2", "1", False), ("step(x'*x-1)+step(1-x'*x)", "1", False),
    ("max(a,b)-min(a,b)", "abs(a-b)", True), ("where(a>=b,a,b)", "max(a,b)", True), ("b*step(b)", "relu(b)", True),
]  # fmt: skip
SINGULAR = [
    ("A*pinv(A)", "eye(n)", False), ("adj(A)", "det(A)*pinv(A)", False), ("tr(pinv(A)*A)", "n", False),
    ("sign(det(A))^2", "1", False), ("pinv(A*B)", "pinv(B)*pinv(A)", False), ("adj(A*B)", "adj(B)*adj(A)", True),
    ("pinv(A)*A*pinv(A)", "pinv(A)", True), ("A*adj(A)", "det(A)*eye(n)", True),
]  # fmt: skip


@st.composite
def special_points(draw: st.DrawFn) -> Claim:
    return Claim(*draw(st.sampled_from(TIES + SINGULAR)))


@st.composite
def ties_no_fraction_meets(draw: st.DrawFn) -> Claim:
    """A comparison that ties at a number that can only be enclosed."""
    gap, fact = draw(
        st.sampled_from(
            [("a-pi", ""), ("exp(a)-{k}", ""), ("a^3-{k}", ""), ("log(a)-{k}", "positive(a)"), ("a^2-{k}/10^{k}", ""),
             ("tanh(a)-1/{k}", ""), ("x[0]-exp(-{k})", ""), ("a*b-sqrt({k})", "")]
        )
    )  # fmt: skip
    gap = gap.format(k=draw(st.sampled_from([2, 3, 5, 7, 11])))
    true, facts = draw(st.booleans()), (fact,) if fact else ()
    if true:
        return Claim(f"where({gap}==0,{gap},0)", "0", True, facts)
    opposite = (f"step({gap})+step(-({gap}))", "1")
    return Claim(
        *draw(st.sampled_from([(f"where({gap}==0,1,0)", "0"), (f"sign({gap})^2", "1"), opposite])), False, facts
    )


@st.composite
def numbers_under_facts(draw: st.DrawFn) -> Claim:
    """A number of the formula that only some of the values meet that the facts allow."""
    k = draw(st.one_of(st.integers(2, 3000), st.integers(3, 40).map(lambda k: f"{k}/8")))
    small = draw(st.sampled_from(["1/3", "0.6", "5/13", "1/10"]))
    place, fact = draw(
        st.sampled_from(
            [("a", "positive"), ("a", "nonnegative"), ("-a", "negative"), ("a", "nonzero"), ("A[0,1]", "symmetric"),
             ("A[0,1]", "skew"), ("A[0,0]", "posdef"), ("tr(A)", "posdef"), ("A[1,0]", "lower"), ("A[0,1]", "upper"),
             ("A[0,0]", "toeplitz"), ("A[0,1]", "invertible"), ("sum(A)", "diagonal"), ("sum(x)", "nonnegative")]
        )
    )  # fmt: skip
    symbol = next(letter for letter in "Aax" if letter in place)
    met, far = [
        Claim(f"where({place}=={k},2,1)", "1", False, (f"{fact}({symbol})",)),
        Claim(f"where({place}>{k},2,1)", "1", False, (f"{fact}({symbol})",)),
    ]
    within = [Claim(f"where(x[0]=={small},2,1)", "1", False, (f"{name}(x)",)) for name in ("simplex", "unit")]
    beyond = [Claim(f"where(x[0]>1+{k},2,1)", "1", True, (f"{name}(x)",)) for name in ("simplex", "unit", "binary")]
    return draw(st.sampled_from([met, far, *within, *beyond]))


TIED_UNDER_FACTS = (
    ("tr(Q)", "0.5", "orthogonal(Q)"), ("Q[0,0]+Q[0,1]", "1/2", "orthogonal(Q)"), ("sum(Q)", "1/2", "orthonormal(Q)"),
    ("x'*Q*x", "1/3", "orthogonal(Q),unit(x)"), ("sum(x)", "0.7", "unit(x)"), ("x'*x", "0.4", "simplex(x)"),
    ("max(x)", "0.4", "simplex(x)"), ("x'*log(x)", "-1/2", "simplex(x)"), ("tr(P*P)", "5", "posdef(P)"),
    ("logdet(P)", "1", "posdef(P)"), ("tr(S*S)", "-7", "skew(S)"), ("sum(R)", "1/3", "projection(R)"),
    ("sum(N.*N)", "3", "singular(N)"), ("x'*x", "2.1", "nonnegative(x)"), ("sum(T.*T)", "2", "toeplitz(T)"),
)  # fmt: skip


@st.composite
def ties_under_facts(draw: st.DrawFn) -> Claim:
    """A comparison that ties only where several entries of a symbol move with its facts kept."""
    u, number, facts = draw(st.sampled_from(TIED_UNDER_FACTS))
    true = draw(st.booleans())
    left, right = (f"where({u}=={number},{u},1)", f"where({u}=={number},{number},1)") if true else (
        f"where({u}=={number},2,1)", "1")  # fmt: skip
    return Claim(left, right, true, tuple(facts.split(",")))


@st.composite
def several_thresholds(draw: st.DrawFn) -> Claim:
    """What differs only behind thresholds of two symbols, in a thin band or in a small ball."""
    c, d = draw(st.integers(12, 400)), draw(st.integers(12, 400))
    small = draw(st.sampled_from(["1e-3", "1e-7", "2e-15"]))
    false = draw(st.sampled_from([f"where(a>{c},1,0)*where(b<-{d},1,0)", f"where(abs(a-{c}/7)<{small},1,0)",
                                  f"where(abs(a)<{small},1,0)*where(a>0,1,0)", f"where(a==-{c},1,0)*where(b=={d},1,0)",
                                  f"where(a<b,1,0)*where(b<a+{small},1,0)", f"where((a-{c})^2+(b-{d})^2<1/50,1,0)",
                                  f"where(log(a)<-{c % 60},1,0)"]))  # fmt: skip
    true = draw(st.sampled_from([f"where(a>{c},1,0)*where(a<{c - 1},1,0)", f"where(abs(a-{c})<-{small},1,0)",
                                 f"where(a<b,1,0)*where(b<a-{small},1,0)"]))  # fmt: skip
    is_true = draw(st.booleans())
    return Claim(true if is_true else false, "0", is_true)


@st.composite
def inside_others(draw: st.DrawFn) -> Claim:
    """A scalar statement of another kind as a part of a larger one, which is one to one in it."""
    claim = draw(st.one_of(thresholds(), steep(), branches()))
    around = draw(st.sampled_from(["7/3*({})", "({})^3", "arctan({})", "({}) + exp(-q^2)", "({}) + sum(exp(v))"]))
    return Claim(around.format(claim.left), around.format(claim.right), claim.true)


KINDS = [restricted_partners, thresholds, of_some_sizes, small_differences, single_points, steep, branches,
         special_points, inside_others, ties_no_fraction_meets, ties_under_facts,
         numbers_under_facts, several_thresholds]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_equalities_of_a_kind(kind: st.SearchStrategy[Claim]) -> None:
    FEW(given(kind())(held))()


@pytest.mark.parametrize(
    ("left", "right"),
    [("where(exp(a)>2,1,0)", "where(a{}log(2),1,0)"), ("where(log(a)>log(3),1,0)", "where(a{}3,1,0)+0*log(a)"),
     ("where(a>log(6),1,0)", "where(a{}log(2)+log(3),1,0)")],
)  # fmt: skip
def test_comparisons_that_seem_to_tie_together_are_a_doubt_where_that_matters(left: str, right: str) -> None:
    assert gw.equal(left, right.format(">")).verdict == "confirmed"
    found = gw.equal(left, right.format(">="))
    assert found.verdict == "unavailable"
    assert "the sides differ if a comparison ties that seems to, at a = " in str(found)


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [("where(erf(a)<1,1,0)", "1", "confirmed"), ("where(tanh(a)<1,1,0)", "1", "confirmed"),
     ("gamma(a+1)", "a*gamma(a)+where(a>44,1,0)", "refuted"), ("where(exp(a)==b,1,0)", "0", "refuted"),
     ("where(log(a)==11,1,0)", "0", "refuted")],
)  # fmt: skip
def test_what_is_far_out_is_compared_as_closely(left: str, right: str, verdict: str) -> None:
    assert gw.equal(left, right).verdict == verdict


OF_FACTS = [
    Claim("det(Q)", "1", False, ("orthogonal(Q)",)),
    Claim("det(Q)^2", "1", True, ("orthogonal(Q)",)),
    Claim("tr(Q)", "n-2", False, ("orthogonal(Q)", "symmetric(Q)")),
    Claim("Q*Q", "-eye(n)", False, ("orthogonal(Q)",)),
    Claim("Q*Q", "-eye(n)", True, ("orthogonal(Q)", "skew(Q)")),
    Claim("det(A)", "abs(det(A))", False, ("invertible(A)",)),
    Claim("sign(det(A))^2", "1", True, ("invertible(A)",)),
    Claim("max(A)", "max(diag(A))", True, ("posdef(A)",)),
    Claim("abs(A)", "A", False, ("posdef(A)",)),
    Claim("A[0,0]", "max(A)", False, ("posdef(A)",)),
    Claim("abs(log(det(A)))", "log(det(A))", False, ("posdef(A)",)),
    Claim("sum(sign(x))", "n", False, ("simplex(x)",)),
    Claim("sum(sign(x).^2)", "sum(sign(x))", True, ("simplex(x)",)),
    Claim("sign(a)", "1", False, ("nonnegative(a)",)),
    Claim("sum(x)^2", "sum(x)", False, ("binary(x)",)),
    Claim("max(x)", "1", False, ("binary(x)",)),
    Claim("max(x)", "1", False, ("signs(x)",)),
    Claim("min(x)", "-1", False, ("signs(x)",)),
    Claim("sign(x[0])^2", "1", False, ("unit(x)",)),
    Claim("rowsum(Y)", "ones(n)", False, ("onehot_or_zero_rows(Y)",)),
    Claim("sign(A[0,0]-A[1,1])^2", "1", False, ("toeplitz(A)",)),
    Claim("det(A)", "0", False, ("skew(A)",)),
    Claim("sum(A)", "0", True, ("skew(A)",)),
    Claim("A*A", "A", False, ("singular(A)",)),
    Claim("det(A)", "prod_i(A[i,i])", True, ("lower(A)",)),
    Claim("prod_i(A[i,i])", "abs(prod_i(A[i,i]))", False, ("upper(A)", "invertible(A)")),
    Claim("sign(det(A))^2", "1", False, ()),
    Claim("where(a==0,1,0)", "0", True, ("nonzero(a)",)),
    Claim("where(max(x)==1.7,1,0)", "0", True, ("simplex(x)",)),
    Claim("where(tr(A*A)==3,1,0)", "0", True, ("skew(A)",)),
    Claim("where(det(Q)==1/2,1,0)", "0", True, ("orthogonal(Q)",)),
    Claim("where(det(A)==0,1,0)", "0", True, ("posdef(A)",)),
]


@pytest.mark.parametrize("claim", OF_FACTS, ids=lambda claim: f"{claim.left} = {claim.right}, {','.join(claim.facts)}")
def test_facts_are_sampled_to_their_edges(claim: Claim) -> None:
    held(claim)


@pytest.mark.parametrize(
    ("left", "right", "facts", "shapes"),
    [
        ("A*inv(A)", "eye(n)", ["singular(A)"], {}),
        ("exp(log(a))", "a", ["negative(a)"], {}),
        ("Q'*Q", "eye(3)", ["orthogonal(Q)", "skew(Q)"], {"Q": (3, 3)}),
        ("1/a-1/a", "0", ["zero(a)"], {}),
        ("sqrt(a)^2", "a", ["negative(a)"], {}),
        ("a/a", "1", ["zero(a)"], {}),
        ("sum(x./x)", "n", ["zero(x)"], {}),
        ("log(a)*b - b*log(a)", "0", ["negative(a)"], {}),
        ("tr(inv(A)-inv(A))", "0", ["singular(A)"], {}),
        ("p = 1/a; b*p - p*b", "0", ["zero(a)"], {}),
        ("b", "b + sum_i(log(x[i]) - log(x[i]))", ["negative(x)"], {}),
    ],
)
def test_what_holds_of_nothing_is_not_proved(
    left: str, right: str, facts: list[str], shapes: dict[str, tuple[int]]
) -> None:
    found = gw.equal(left, right, given=facts, shapes=shapes)
    assert found.verdict == "unavailable"
    assert "was found" in str(found)


@pytest.mark.parametrize(
    "facts",
    [
        ("onehot", "positive"),
        ("unit", "signs"),
        ("skew", "positive"),
        ("lower", "nonzero"),
        ("orthogonal", "positive"),
        ("simplex", "signs"),
    ],
)
def test_facts_that_nothing_has_together_are_named_and_nothing_follows(facts: tuple[str, str]) -> None:
    given = [f"{fact}(x)" for fact in facts]
    with pytest.raises(Error, match=rf"{facts[1]}\(x\) contradicts {facts[0]}\(x\)"):
        gw.equal("sum(x)", "2", given=given)
    with pytest.raises(Error, match=rf"{facts[1]}\(x\) contradicts {facts[0]}\(x\)"):
        gw.derive("sum(x)^2", "x", given=given)


@pytest.mark.parametrize(
    ("left", "right", "facts"),
    [
        ("1/a-1/a", "0", []),
        ("sqrt(a)^2", "a", []),
        ("log(x)-log(x)", "zeros(n)", []),
        ("where(a>0,log(a)-log(a),0)", "0", ["negative(a)"]),  # nobody asks for the logarithm there
        ("where(a>0,log(a),0)-where(a>0,log(a),0)", "0", ["negative(a)"]),
    ],
)
def test_what_cancels_is_proved_where_its_parts_have_a_value(left: str, right: str, facts: list[str]) -> None:
    assert gw.equal(left, right, given=facts, shapes={"x": ("n",)}).verdict == "proved"


def test_a_verdict_says_what_it_rests_on() -> None:
    found = gw.equal("max(x)+min(x)-max(x)", "min(x) + 0*sin(det(S))", given=["posdef(S)"])
    assert found.verdict == "proved"
    said = gw.equal("abs(x'*S*x)", "x'*S*x", given=["posdef(S)"])
    assert said.verdict == "confirmed"
    for part in ("points", "only for sizes n=", "entries between -", "given S is symmetric positive definite"):
        assert part in str(said)
    seen = said.to_dict()["certificate"]
    assert set(seen["ranges"]) == {"x", "S"}
    assert {size["n"] for size in seen["sizes"]} >= {1, 2, 3, 4, 5}
    assert "at every size, where both sides have a value" in str(found)


def test_an_exception_is_said_to_be_one() -> None:
    found = gw.equal("where(a==3,1,0)", "0")
    assert "a = 3" in str(found)
    assert "the sides agree at 6 generic points" in str(found)


@pytest.mark.parametrize("formula", ["sqrt(a-5)*b", "sum(log(x-7))", "log(-9-a)", "sqrt((a-3)*(4-a))"])
def test_a_derivative_is_held_where_its_function_has_a_value_only_far_out(formula: str) -> None:
    variable = next(letter for letter in "xa" if letter in formula)
    assert gw.derive(formula, variable).certificate.verdict == "confirmed"


# --- ties ------------------------------------------------------------------------------------------------------------


@FEW
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["max", "min"]))
def test_a_tie_on_a_whole_region_has_the_derivative_that_it_has(k: int, m: int, fn: str) -> None:
    found = gw.derive(f"{fn}({k}*a, {k - 1}*a + a) + {m}*a", "a")
    assert (str(found.result), found.certificate.verdict) == (str(k + m), "confirmed")


@pytest.mark.parametrize(
    ("formula", "variable", "fact"),
    [
        ("max(A[0,1],A[1,0])+sum(A)", "A", "symmetric(A)"),
        ("abs(a)+b*a", "a", "zero(a)"),
        ("sum(relu(x))+sum(x)", "x", "zero(x)"),
    ],
)
def test_where_the_facts_leave_no_derivative_none_is_shown(formula: str, variable: str, fact: str) -> None:
    with pytest.raises(Error, match="no derivative"):
        gw.derive(formula, variable, given=[fact])


def test_a_tie_at_some_points_of_the_facts_is_gone_round() -> None:
    found = gw.derive("max(x)+sum(x)", "x", given=["binary(x)"])
    assert found.certificate.verdict == "confirmed"
    assert found.almost_everywhere


@pytest.mark.parametrize(
    "formula",
    [
        "sum_i(sum_j(abs(exp(x[i])-exp(x[j]))))",  # 0 where i is j
        "sum_i(sum_j(max(x[i],x[j])))",
        "norm1(x*x'-diag(diag(x*x')))",
        "max(abs(x-sum(x)/n))",  # for n = 2 both entries are the largest, whatever x is
        "sum(max(x,0*x))",
    ],
)
def test_what_ties_only_with_itself_is_confirmed(formula: str) -> None:
    assert gw.derive(formula, "x").certificate.verdict == "confirmed"
