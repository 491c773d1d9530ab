"""Every function of the text language as a Python function of expressions. Owns: their signatures. Never: computes.

A line each: the name, what it takes, what it gives (``show/glossary``); a test says that they agree with the tables.
"""

from __future__ import annotations

from gradwright.expression import Expression, Operand, call


def D(u: str, x: Operand) -> Expression:
    """``D(u, x)``: the Jacobian of an unknown function u at x."""
    return call("D", u, x)


def D2(u: str, x: Operand) -> Expression:
    """``D2(u, x)``: the second derivative of an unknown function u at x."""
    return call("D2", u, x)


def abs(x: Operand) -> Expression:
    """``abs(x)``: the absolute value of every entry."""
    return call("abs", x)


def acos(x: Operand) -> Expression:
    """``acos(x)``: the inverse cosine of every entry."""
    return call("acos", x)


def adj(A: Operand) -> Expression:
    """``adj(A)``: the adjugate of a square matrix: det(A)·inv(A)."""
    return call("adj", A)


def arccos(x: Operand) -> Expression:
    """``arccos(x)``: the inverse cosine of every entry."""
    return call("arccos", x)


def arcsin(x: Operand) -> Expression:
    """``arcsin(x)``: the inverse sine of every entry."""
    return call("arcsin", x)


def arctan(x: Operand) -> Expression:
    """``arctan(x)``: the inverse tangent of every entry."""
    return call("arctan", x)


def asin(x: Operand) -> Expression:
    """``asin(x)``: the inverse sine of every entry."""
    return call("asin", x)


def atan(x: Operand) -> Expression:
    """``atan(x)``: the inverse tangent of every entry."""
    return call("atan", x)


def chol(A: Operand) -> Expression:
    """``chol(A)``: the lower Cholesky factor."""
    return call("chol", A)


def colsum(A: Operand) -> Expression:
    """``colsum(A)``: the sums of the columns, a vector."""
    return call("colsum", A)


def cos(x: Operand) -> Expression:
    """``cos(x)``: the cosine of every entry."""
    return call("cos", x)


def cosh(x: Operand) -> Expression:
    """``cosh(x)``: the hyperbolic cosine of every entry."""
    return call("cosh", x)


def cosm(A: Operand) -> Expression:
    """``cosm(A)``: the cosine of a square matrix."""
    return call("cosm", A)


def det(A: Operand) -> Expression:
    """``det(A)``: the determinant of a square matrix."""
    return call("det", A)


def diag(x: Operand) -> Expression:
    """``diag(x)``: the diagonal matrix of a vector, or the diagonal of a matrix."""
    return call("diag", x)


def digamma(x: Operand) -> Expression:
    """``digamma(x)``: the derivative of lgamma."""
    return call("digamma", x)


def einsum(subscripts: str, *operands: Operand) -> Expression:
    """``einsum(subscripts, A, B)``: a sum of products, as in NumPy: einsum("ij,jk->ik", A, B)."""
    return call("einsum", subscripts, *operands)


def erf(x: Operand) -> Expression:
    """``erf(x)``: the error function."""
    return call("erf", x)


def erfc(x: Operand) -> Expression:
    """``erfc(x)``: 1 − erf(x)."""
    return call("erfc", x)


def erfcx(x: Operand) -> Expression:
    """``erfcx(x)``: exp(x²)·erfc(x)."""
    return call("erfcx", x)


def exp(x: Operand) -> Expression:
    """``exp(x)``: the exponential of every entry."""
    return call("exp", x)


def expit(x: Operand) -> Expression:
    """``expit(x)``: the logistic function 1/(1 + exp(−x)) of every entry."""
    return call("expit", x)


def expm(A: Operand) -> Expression:
    """``expm(A)``: the exponential of a square matrix."""
    return call("expm", A)


def expm1(x: Operand) -> Expression:
    """``expm1(x)``: exp(x) − 1, exact for small x."""
    return call("expm1", x)


def eye(n: str | int) -> Expression:
    """``eye(n)``: the identity matrix of that extent."""
    return call("eye", str(n))


def gelu(x: Operand) -> Expression:
    """``gelu(x)``: x·Φ(x), with the normal distribution function Φ."""
    return call("gelu", x)


def inv(A: Operand) -> Expression:
    """``inv(A)``: the inverse of a square matrix."""
    return call("inv", A)


def kron(A: Operand, B: Operand) -> Expression:
    """``kron(A, B)``: the Kronecker product."""
    return call("kron", A, B)


def levicivita() -> Expression:
    """``levicivita()``: the Levi-Civita symbol ε of three dimensions."""
    return call("levicivita")


def lgamma(x: Operand) -> Expression:
    """``lgamma(x)``: the logarithm of the gamma function."""
    return call("lgamma", x)


def ln(x: Operand) -> Expression:
    """``ln(x)``: the natural logarithm of every entry."""
    return call("ln", x)


def log(x: Operand) -> Expression:
    """``log(x)``: the natural logarithm of every entry."""
    return call("log", x)


def log1p(x: Operand) -> Expression:
    """``log1p(x)``: log(1 + x), exact for small x."""
    return call("log1p", x)


def log_ndtr(x: Operand) -> Expression:
    """``log_ndtr(x)``: the logarithm of the normal distribution function."""
    return call("log_ndtr", x)


def logdet(A: Operand) -> Expression:
    """``logdet(A)``: the logarithm of the determinant."""
    return call("logdet", A)


def logerfc(x: Operand) -> Expression:
    """``logerfc(x)``: log(erfc(x)), exact far out."""
    return call("logerfc", x)


def logistic(x: Operand) -> Expression:
    """``logistic(x)``: the logistic function 1/(1 + exp(−x)) of every entry."""
    return call("logistic", x)


def lognormcdf(x: Operand) -> Expression:
    """``lognormcdf(x)``: the logarithm of the normal distribution function."""
    return call("lognormcdf", x)


def logsigmoid(x: Operand) -> Expression:
    """``logsigmoid(x)``: log(sigmoid(x)), exact far out."""
    return call("logsigmoid", x)


def logsumexp(x: Operand) -> Expression:
    """``logsumexp(x)``: log(sum(exp(x))) of a vector."""
    return call("logsumexp", x)


def logsumexp_rows(A: Operand) -> Expression:
    """``logsumexp_rows(A)``: logsumexp of every row of a matrix, a vector."""
    return call("logsumexp_rows", A)


def max(x: Operand, y: Operand | None = None) -> Expression:
    """``max(x, y)``: the largest entry; of two arrays the larger, entry by entry."""
    return call("max", x) if y is None else call("max", x, y)


def mean(x: Operand) -> Expression:
    """``mean(x)``: the mean of all entries."""
    return call("mean", x)


def min(x: Operand, y: Operand | None = None) -> Expression:
    """``min(x, y)``: the smallest entry; of two arrays the smaller, entry by entry."""
    return call("min", x) if y is None else call("min", x, y)


def norm(x: Operand, p: Operand | None = None) -> Expression:
    """``norm(x, p)``: the p-norm of a vector; without p the 2-norm."""
    return call("norm", x) if p is None else call("norm", x, p)


def norm1(x: Operand) -> Expression:
    """``norm1(x)``: the sum of the absolute values."""
    return call("norm1", x)


def norm2(x: Operand) -> Expression:
    """``norm2(x)``: the root of the sum of squares; of a matrix the Frobenius norm."""
    return call("norm2", x)


def normcdf(x: Operand) -> Expression:
    """``normcdf(x)``: the normal distribution function Φ."""
    return call("normcdf", x)


def ones(*extents: str | int) -> Expression:
    """``ones(n, m)``: an array of ones of those extents."""
    return call("ones", *map(str, extents))


def pinv(A: Operand) -> Expression:
    """``pinv(A)``: the pseudoinverse of a matrix."""
    return call("pinv", A)


def relu(x: Operand) -> Expression:
    """``relu(x)``: max(x, 0) of every entry."""
    return call("relu", x)


def rowsum(A: Operand) -> Expression:
    """``rowsum(A)``: the sums of the rows, a vector."""
    return call("rowsum", A)


def sigmoid(x: Operand) -> Expression:
    """``sigmoid(x)``: the logistic function 1/(1 + exp(−x)) of every entry."""
    return call("sigmoid", x)


def sign(x: Operand) -> Expression:
    """``sign(x)``: 1, 0 or −1 by the sign of every entry."""
    return call("sign", x)


def silu(x: Operand) -> Expression:
    """``silu(x)``: x·sigmoid(x), also called swish."""
    return call("silu", x)


def sin(x: Operand) -> Expression:
    """``sin(x)``: the sine of every entry."""
    return call("sin", x)


def sinh(x: Operand) -> Expression:
    """``sinh(x)``: the hyperbolic sine of every entry."""
    return call("sinh", x)


def sinm(A: Operand) -> Expression:
    """``sinm(A)``: the sine of a square matrix."""
    return call("sinm", A)


def softmax(x: Operand) -> Expression:
    """``softmax(x)``: exp(x)/sum(exp(x)) of a vector."""
    return call("softmax", x)


def softmax_rows(A: Operand) -> Expression:
    """``softmax_rows(A)``: softmax of every row of a matrix."""
    return call("softmax_rows", A)


def softplus(x: Operand) -> Expression:
    """``softplus(x)``: log(1 + exp(x)), a smooth relu."""
    return call("softplus", x)


def softsign(x: Operand) -> Expression:
    """``softsign(x)``: x/(1 + |x|)."""
    return call("softsign", x)


def solve(A: Operand, b: Operand) -> Expression:
    """``solve(A, b)``: inv(A)*b, the solution x of A*x = b."""
    return call("solve", A, b)


def sqrt(x: Operand) -> Expression:
    """``sqrt(x)``: the square root of every entry."""
    return call("sqrt", x)


def square(x: Operand) -> Expression:
    """``square(x)``: the square of every entry."""
    return call("square", x)


def step(x: Operand) -> Expression:
    """``step(x)``: 1 where x > 0, else 0."""
    return call("step", x)


def sum(x: Operand) -> Expression:
    """``sum(x)``: the sum of all entries; sum_i(…) goes over an index."""
    return call("sum", x)


def tan(x: Operand) -> Expression:
    """``tan(x)``: the tangent of every entry."""
    return call("tan", x)


def tanh(x: Operand) -> Expression:
    """``tanh(x)``: the hyperbolic tangent of every entry."""
    return call("tanh", x)


def toepsum(A: Operand) -> Expression:
    """``toepsum(A)``: the sums along the diagonals of a square matrix."""
    return call("toepsum", A)


def tr(A: Operand) -> Expression:
    """``tr(A)``: the trace of a square matrix."""
    return call("tr", A)


def trigamma(x: Operand) -> Expression:
    """``trigamma(x)``: the derivative of digamma."""
    return call("trigamma", x)


def tril(A: Operand) -> Expression:
    """``tril(A)``: the lower triangle, zero above the diagonal."""
    return call("tril", A)


def triu(A: Operand) -> Expression:
    """``triu(A)``: the upper triangle, zero below the diagonal."""
    return call("triu", A)


def var(x: Operand) -> Expression:
    """``var(x)``: the variance of all entries, over n (not n − 1)."""
    return call("var", x)


def vec(A: Operand) -> Expression:
    """``vec(A)``: the columns of a matrix one below the other."""
    return call("vec", A)


def where(condition: Operand, x: Operand, y: Operand) -> Expression:
    """``where(condition, x, y)``: x where a comparison holds, else y: where(x > 0, x, a*x)."""
    return call("where", condition, x, y)


def zeros(*extents: str | int) -> Expression:
    """``zeros(n, m)``: an array of zeros of those extents."""
    return call("zeros", *map(str, extents))


def σ(x: Operand) -> Expression:
    """``σ(x)``: the logistic function 1/(1 + exp(−x)) of every entry."""
    return call("σ", x)
