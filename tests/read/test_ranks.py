"""Formulas as people write them, with no shapes declared: how many axes each symbol has, and what is said of it."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.read.letters import default_rank, family, flips
from gradwright.read.reader import read

TEXT = [  # the formula, the axes of its symbols
    ("||X*w - y||^2/n + lam*||w||_1", {"X": 2, "w": 1, "y": 1, "n": 0, "lam": 0}),
    ("y - X*beta", {"y": 1, "X": 2, "beta": 1}),
    ("log(1 + exp(-y*(w'*x + b)))", {"y": 0, "w": 1, "x": 1, "b": 0}),
    ("-log(sigmoid(beta*(r1 - r0)))", {"beta": 0, "r1": 0, "r0": 0}),
    ("sum(a.*softmax(o))", {"a": 1, "o": 1}),
    ("norm2(W2*relu(W1*x + b1) + b2 - y)^2", {"W2": 2, "W1": 2, "x": 1, "b1": 1, "b2": 1, "y": 1}),
    ("q'*k/sqrt(d)", {"q": 1, "k": 1, "d": 0}),
    ("-0.5*n*log(2*pi*s^2) - sum((y - m).^2)/(2*s^2)", {"n": 0, "s": 0, "y": 1, "m": 1}),
    ("G*m1*m2/r", {"G": 0, "m1": 0, "m2": 0, "r": 0}),
    ("alpha*x^2 + beta*x + c", {"alpha": 0, "x": 0, "beta": 0, "c": 0}),
    ("(1 - t)*p0 + t*p1", {"t": 0, "p0": 0, "p1": 0}),
    ("rho/2*||A*x + B*z - c + u||^2", {"rho": 0, "A": 2, "x": 1, "B": 2, "z": 1, "c": 1, "u": 1}),
    ("mean(max(0, 1 - y.*(X*w + b)))", {"y": 1, "X": 2, "w": 1, "b": 1}),
    ("x @ W + b", {"x": 1, "W": 2, "b": 1}),
    ("np.mean((X @ w - y)**2)", {"X": 2, "w": 1, "y": 1}),
    ("1/(1 + exp(-z))", {"z": 0}),
    ("f'*log(f./g)", {"f": 1, "g": 1}),
]
LATEX = [
    (r"\beta^\top X^\top X\beta", {"beta": 1, "X": 2}),
    (r"\frac{1}{N}\sum_{n=1}^{N}(t_n-\mathbf w^\top\boldsymbol\phi_n)^2", {"t": 1, "w": 1, "phi": 2}),
    (r"\sum_{i,j} w_{ij}\|\mathbf y_i-\mathbf y_j\|^2", {"w": 2, "Y": 2}),
    (r"\|y - \theta x\|^2", {"y": 1, "theta": 0, "x": 1}),
    (r"\|y - X\theta\|^2", {"y": 1, "theta": 1, "X": 2}),
    (r"\lambda_u \|U\|_F^2 + \sigma_f^2", {"lambda_u": 0, "U": 2, "sigma_f": 0}),
    (r"\exp(-\gamma\|x - x'\|^2)", {"gamma": 0, "x": 1, "x_prime": 1}),
    (r"(X'X)^{-1}X'y", {"X": 2, "y": 1}),
    (r"\mathbf v^\top A \mathbf v / \mathbf v^\top \mathbf v", {"v": 1, "A": 2}),
    (r"y^\top(K + \sigma^2 I)^{-1}y", {"y": 1, "K": 2, "sigma": 0}),
    (r"\boldsymbol\pi^\top P r", {"pi": 1, "P": 2, "r": 1}),
]


@pytest.mark.parametrize(("source", "ranks"), TEXT)
def test_text(source: str, ranks: dict[str, int]) -> None:
    assert {name: len(shape) for name, shape in read(source).context.symbols.items()} == ranks


@pytest.mark.parametrize(("source", "ranks"), LATEX)
def test_latex(source: str, ranks: dict[str, int]) -> None:
    symbols = read(source, syntax="latex").context.symbols
    assert {name: len(shape) for name, shape in symbols.items() if name != "n"} == ranks


def test_what_was_guessed_is_said_with_its_reason() -> None:
    found = gw.derive("norm2(X*theta - y)^2", "theta")
    assert "θ ∈ ℝ^m (it multiplies X from the right)" in found.show()
    assert found.symbols["theta"]["known"] == "guessed"
    assert found.symbols["X"]["known"] == "usual"
    declared = gw.derive("norm2(X*theta - y)^2", "theta", shapes={"theta": ("m",)})
    assert declared.symbols["theta"]["known"] == "declared"
    assert gw.derive("sum_i(t[i])", "t").symbols["t"]["known"] == "forced"


def test_a_slip_is_told_and_not_read_away() -> None:
    with pytest.raises(gw.Error, match="different shapes"):
        read("A + x")
    with pytest.raises(gw.Error, match="a column and a row have different shapes"):
        read("A*x + y'*A")


def test_what_is_declared_is_never_flipped() -> None:
    with pytest.raises(gw.Error):
        read("y - X*beta", shapes={"beta": (), "y": ("n",)})


def test_a_fact_says_the_axes_that_it_can_be_said_of() -> None:
    assert len(read("x'*t*x", given=["symmetric(t)"]).context.symbols["t"]) == 2


def test_a_letter_that_nothing_binds_may_be_an_entry_of_the_variable() -> None:
    with pytest.raises(gw.Error, match="may be an entry of s"):
        gw.derive(r"\log\frac{e^{s_y}}{\sum_j e^{s_j}}", "s")


def test_families_of_letters() -> None:
    assert family("W_1") == "W"
    assert family("xhat") == family("x_hat") == family("x0") == "x"
    assert family("lam") == "lam"
    assert default_rank("Sigma") == 2
    assert default_rank("b", "bold") == 1
    assert [rank for rank, _ in flips("x")] == [0, 2]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("f'(x)", "may mean several things"),
        (r"A\mathbf x = \mathbf b", "this equation defines nothing"),
        (r"\sum_{k \ne i} x_k x_i", "may be an entry of x"),
    ],
)
def test_what_has_no_one_meaning_is_refused(source: str, message: str) -> None:
    with pytest.raises(gw.Error, match=message):
        gw.derive(source, "x")


PASTED = [  # the formula, its variable, what stands in the derivative
    (r"\log\Gamma(\alpha)", r"\alpha", "digamma(alpha)"),
    (r"(\mathbf I + \mathbf A)^{-1}\mathbf b", "b", "inv(A + eye(n))"),
    (r"\frac{\partial}{\partial X}\operatorname{tr}(AXB)", "", "A'*B'"),
    (r"\nabla_w \|Xw - y\|^2", "", "2*X'*(X*w - y)"),
    (r"\sum_{i \ne j} (x_i^\top x_j)^2", "x", "X"),
    (r"v_c^\top u_o - \log\sum_w \exp(u_w^\top v_c)", "v_c", "u_o - U'*softmax(U*v_c)"),
    (r"\operatorname{softmax}(QK^\top/\sqrt{d_k})V", "V", "softmax_rows(Q*K'/sqrt(d_k))"),
]


@pytest.mark.parametrize(("source", "wrt", "part"), PASTED)
def test_what_people_paste(source: str, wrt: str, part: str) -> None:
    assert part in str(gw.derive(source, wrt).result)


@pytest.mark.parametrize(
    ("source", "offered"),
    [
        ("theta - eta*g", "if theta is a vector, declare 'theta: n'"),
        (r"\theta - \eta g", "if theta is a vector, declare 'theta: n'"),
        ("sigmoid(a*x + b)", "if x is a vector, declare 'x: n'"),
        ("theta - eta*n", "declare 'theta: m'"),
        ("a*exp(-b*t)", ""),
        ("m*g*h", ""),
        ("x^2", ""),
        ("a'*x", ""),
        ("alpha*x + beta*y", ""),
        ("theta: ; theta - eta*g", ""),
    ],
)
def test_vectors_are_offered_where_numbers_were_as_near(source: str, offered: str) -> None:
    said = " ".join(read(source, syntax="auto").remarks)
    assert (offered in said) if offered else "declare" not in said


def test_what_is_offered_chooses_the_vectors() -> None:
    found = read("theta: n; theta - eta*g")
    assert found.context.symbols == {"theta": ("n",), "eta": (), "g": ("n",)}
    assert not found.remarks


@pytest.mark.parametrize(
    ("source", "ranks"),
    [
        ("½‖Ax − b‖² + λ‖x‖₁", {"A": 2, "x": 1, "b": 1, "lambda": 0}),
        ("Σᵢ (yᵢ − wᵀxᵢ)²", {"y": 1, "w": 1, "X": 2}),
        ("½(x − μ)ᵀΣ⁻¹(x − μ) + ½ log|Σ|", {"x": 1, "mu": 1, "Sigma": 2}),
        ("relu(W₂ relu(W₁ x + b₁) + b₂)", {"W_2": 2, "W_1": 2, "x": 1, "b_1": 1, "b_2": 1}),
        ("x1² + x2²", {"x1": 0, "x2": 0}),
        ("theta² + eta", {"theta": 0, "eta": 0}),
        (r"\frac12\|w\|^2 + C\sum_i \max(0, 1 - y_i(w^\top x_i + b))", {"w": 1, "C": 0, "y": 1, "X": 2, "b": 0}),
        (r"\sum_j \|A_j x - b_j\|^2", {"A": 3, "x": 1, "B": 2}),
        (r"\sum_k [(x-\mu_k)^\top\Sigma_k^{-1}(x-\mu_k) + \log|\Sigma_k|]", {"x": 1, "mu": 2, "Sigma": 3}),
        (r"\sum_i C_i x_i^2", {"C": 1, "x": 1}),
        (r"\|x - x_1\|^2", {"x": 1, "x_1": 1}),
        (r"(w - w_0)^\top H (w - w_0)", {"w": 1, "w_0": 1, "H": 2}),
        (r"\|x\|^2 + x_1 x_2", {"x": 1}),
        ("c - max(c)", {"c": 1}),
        (r"-\frac{N}{2}(\log|C| + \operatorname{tr}(C^{-1}S))", {"N": 0, "C": 2, "S": 2}),
        ("d*A*r + (1 - d)/n", {"d": 0, "A": 2, "r": 1, "n": 0}),
        (r"E - \frac12(w - w_0)^\top H (w - w_0)", {"E": 0, "w": 1, "w_0": 1, "H": 2}),
        ("‖X − UVᵀ‖²_F", {"X": 2, "U": 2, "V": 2}),
        ("a'*cross(b, c)", {"a": 1, "b": 1, "c": 1}),
        (r"\|(A \otimes B) x - c\|^2", {"A": 2, "B": 2, "x": 1, "c": 1}),
    ],
)
def test_kinds_of_formulas_that_people_paste(source: str, ranks: dict[str, int]) -> None:
    found = read(source, syntax="auto").context.symbols
    assert {name: len(shape) for name, shape in found.items()} == ranks


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (r"\log\sum_i e^{q^\top k_i} - q^\top k", "k stands here alone"),
        ("norm2(Ax - b)^2 + norm1(x)", "Ax is one name"),
        (r"\sum_t (x_t - \phi x_{t-1})^2", "an entry at a shifted place"),
        (r"\sum_{i,j} y_{ij} + (1 - y_{ij})", "stands outside the Σ over i, j"),
        (r"g(\theta)^\top W g(\theta)", "is transposed, and is taken for a number"),
        (r"\sum_{j \ne y} \max(0, s_j - s_y + 1)", "what this sum runs over is not understood"),
    ],
)
def test_what_would_be_misread_is_refused(source: str, said: str) -> None:
    with pytest.raises(gw.Error, match=said):
        read(source, syntax="auto")
