"""Every function of the text language as a Python function. Owns: their signatures. Never: computes.

Written by docs/generate.py from the tables: what each takes, and what it gives (``show/glossary``).
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


def abs2(x: Operand) -> Expression:
    """``abs2(x)``: x², of a real number."""
    return call("abs2", x)


def acos(x: Operand) -> Expression:
    """``acos(x)``: the inverse cosine of every entry."""
    return call("acos", x)


def acosd(x: Operand) -> Expression:
    """``acosd(x)``: the arccosine in degrees."""
    return call("acosd", x)


def acosh(x: Operand) -> Expression:
    """``acosh(x)``: DLMF 4.37.19 and 4.38.10."""
    return call("acosh", x)


def acot(x: Operand) -> Expression:
    """``acot(x)``: arctan(1/x)."""
    return call("acot", x)


def acoth(x: Operand) -> Expression:
    """``acoth(x)``: arctanh(1/x)."""
    return call("acoth", x)


def acsc(x: Operand) -> Expression:
    """``acsc(x)``: arcsin(1/x)."""
    return call("acsc", x)


def acsch(x: Operand) -> Expression:
    """``acsch(x)``: arcsinh(1/x)."""
    return call("acsch", x)


def adj(A: Operand) -> Expression:
    """``adj(A)``: the adjugate of a square matrix: det(A)·inv(A)."""
    return call("adj", A)


def arccos(x: Operand) -> Expression:
    """``arccos(x)``: the inverse cosine of every entry."""
    return call("arccos", x)


def arccosh(x: Operand) -> Expression:
    """``arccosh(x)``: DLMF 4.37.19 and 4.38.10."""
    return call("arccosh", x)


def arccot(x: Operand) -> Expression:
    """``arccot(x)``: arctan(1/x)."""
    return call("arccot", x)


def arccoth(x: Operand) -> Expression:
    """``arccoth(x)``: arctanh(1/x)."""
    return call("arccoth", x)


def arccsc(x: Operand) -> Expression:
    """``arccsc(x)``: arcsin(1/x)."""
    return call("arccsc", x)


def arccsch(x: Operand) -> Expression:
    """``arccsch(x)``: arcsinh(1/x)."""
    return call("arccsch", x)


def arcsec(x: Operand) -> Expression:
    """``arcsec(x)``: arccos(1/x)."""
    return call("arcsec", x)


def arcsech(x: Operand) -> Expression:
    """``arcsech(x)``: arccosh(1/x)."""
    return call("arcsech", x)


def arcsin(x: Operand) -> Expression:
    """``arcsin(x)``: the inverse sine of every entry."""
    return call("arcsin", x)


def arcsinh(x: Operand) -> Expression:
    """``arcsinh(x)``: DLMF 4.37.16 and 4.38.9."""
    return call("arcsinh", x)


def arctan(x: Operand) -> Expression:
    """``arctan(x)``: the inverse tangent of every entry."""
    return call("arctan", x)


def arctan2(x: Operand, y: Operand) -> Expression:
    """``arctan2(x, y)``: DLMF 4.23.39: arctan(y/x) in the quadrant of (x, y)."""
    return call("arctan2", x, y)


def arctanh(x: Operand) -> Expression:
    """``arctanh(x)``: DLMF 4.37.24 and 4.38.11."""
    return call("arctanh", x)


def asec(x: Operand) -> Expression:
    """``asec(x)``: arccos(1/x)."""
    return call("asec", x)


def asech(x: Operand) -> Expression:
    """``asech(x)``: arccosh(1/x)."""
    return call("asech", x)


def asin(x: Operand) -> Expression:
    """``asin(x)``: the inverse sine of every entry."""
    return call("asin", x)


def asind(x: Operand) -> Expression:
    """``asind(x)``: the arcsine in degrees."""
    return call("asind", x)


def asinh(x: Operand) -> Expression:
    """``asinh(x)``: DLMF 4.37.16 and 4.38.9."""
    return call("asinh", x)


def atan(x: Operand) -> Expression:
    """``atan(x)``: the inverse tangent of every entry."""
    return call("atan", x)


def atan2(x: Operand, y: Operand) -> Expression:
    """``atan2(x, y)``: DLMF 4.23.39: arctan(y/x) in the quadrant of (x, y)."""
    return call("atan2", x, y)


def atand(x: Operand) -> Expression:
    """``atand(x)``: the arctangent in degrees."""
    return call("atand", x)


def atanh(x: Operand) -> Expression:
    """``atanh(x)``: DLMF 4.37.24 and 4.38.11."""
    return call("atanh", x)


def beta(x: Operand, y: Operand) -> Expression:
    """``beta(x, y)``: DLMF 5.12.1."""
    return call("beta", x, y)


def betaln(x: Operand, y: Operand) -> Expression:
    """``betaln(x, y)``: the logarithm of DLMF 5.12.1."""
    return call("betaln", x, y)


def cbrt(x: Operand) -> Expression:
    """``cbrt(x)``: y with y³ = x, real for every x."""
    return call("cbrt", x)


def chol(A: Operand) -> Expression:
    """``chol(A)``: the lower Cholesky factor."""
    return call("chol", A)


def cofac(A: Operand) -> Expression:
    """``cofac(A)``: the matrix of cofactors."""
    return call("cofac", A)


def colsum(A: Operand) -> Expression:
    """``colsum(A)``: the sums of the columns, a vector."""
    return call("colsum", A)


def cos(x: Operand) -> Expression:
    """``cos(x)``: the cosine of every entry."""
    return call("cos", x)


def cosd(x: Operand) -> Expression:
    """``cosd(x)``: the cosine of degrees."""
    return call("cosd", x)


def cosh(x: Operand) -> Expression:
    """``cosh(x)``: the hyperbolic cosine of every entry."""
    return call("cosh", x)


def cosm(A: Operand) -> Expression:
    """``cosm(A)``: the cosine of a square matrix."""
    return call("cosm", A)


def cospi(x: Operand) -> Expression:
    """``cospi(x)``: cos(πx)."""
    return call("cospi", x)


def cot(x: Operand) -> Expression:
    """``cot(x)``: 1/tan x."""
    return call("cot", x)


def coth(x: Operand) -> Expression:
    """``coth(x)``: 1/tanh x."""
    return call("coth", x)


def cross(x: Operand, y: Operand) -> Expression:
    """``cross(x, y)``: the product of vectors of three dimensions."""
    return call("cross", x, y)


def csc(x: Operand) -> Expression:
    """``csc(x)``: 1/sin x."""
    return call("csc", x)


def csch(x: Operand) -> Expression:
    """``csch(x)``: 1/sinh x."""
    return call("csch", x)


def cumsum(x: Operand) -> Expression:
    """``cumsum(x)``: the sums of the first entries of a vector."""
    return call("cumsum", x)


def dawson(x: Operand) -> Expression:
    """``dawson(x)``: DLMF 7.2.5."""
    return call("dawson", x)


def deg2rad(x: Operand) -> Expression:
    """``deg2rad(x)``: πx/180."""
    return call("deg2rad", x)


def degrees(x: Operand) -> Expression:
    """``degrees(x)``: 180x/π."""
    return call("degrees", x)


def det(A: Operand) -> Expression:
    """``det(A)``: the determinant of a square matrix."""
    return call("det", A)


def dev(A: Operand) -> Expression:
    """``dev(A)``: A less the multiple of the identity that has its trace."""
    return call("dev", A)


def diag(x: Operand) -> Expression:
    """``diag(x)``: the diagonal matrix of a vector, or the diagonal of a matrix."""
    return call("diag", x)


def diagonal(A: Operand) -> Expression:
    """``diagonal(A)``: the diagonal of a matrix, a vector."""
    return call("diagonal", A)


def digamma(x: Operand) -> Expression:
    """``digamma(x)``: the derivative of lgamma."""
    return call("digamma", x)


def einsum(subscripts: str, *operands: Operand) -> Expression:
    """``einsum(subscripts, A, B)``: a sum of products, as in NumPy: einsum("ij,jk->ik", A, B)."""
    return call("einsum", subscripts, *operands)


def elu(x: Operand) -> Expression:
    """``elu(x)``: arXiv:1511.07289, α = 1."""
    return call("elu", x)


def entr(x: Operand) -> Expression:
    """``entr(x)``: −x log x, 0 at 0."""
    return call("entr", x)


def erf(x: Operand) -> Expression:
    """``erf(x)``: the error function."""
    return call("erf", x)


def erfc(x: Operand) -> Expression:
    """``erfc(x)``: 1 − erf(x)."""
    return call("erfc", x)


def erfcinv(x: Operand) -> Expression:
    """``erfcinv(x)``: the y with erfc y = x; DLMF 7.17.1 with 7.2.2."""
    return call("erfcinv", x)


def erfcx(x: Operand) -> Expression:
    """``erfcx(x)``: exp(x²)·erfc(x)."""
    return call("erfcx", x)


def erfi(x: Operand) -> Expression:
    """``erfi(x)``: DLMF 7.2.1 at ix."""
    return call("erfi", x)


def erfinv(x: Operand) -> Expression:
    """``erfinv(x)``: the y with erf y = x; DLMF 7.17.1 with 7.2.1."""
    return call("erfinv", x)


def exp(x: Operand) -> Expression:
    """``exp(x)``: the exponential of every entry."""
    return call("exp", x)


def exp10(x: Operand) -> Expression:
    """``exp10(x)``: 10^x."""
    return call("exp10", x)


def exp2(x: Operand) -> Expression:
    """``exp2(x)``: 2^x."""
    return call("exp2", x)


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


def floor(x: Operand) -> Expression:
    """``floor(x)``: constant off whole numbers."""
    return call("floor", x)


def gamma(x: Operand) -> Expression:
    """``gamma(x)``: DLMF 5.2.2."""
    return call("gamma", x)


def gammaln(x: Operand) -> Expression:
    """``gammaln(x)``: the logarithm of the gamma function."""
    return call("gammaln", x)


def gelu(x: Operand) -> Expression:
    """``gelu(x)``: x·Φ(x), with the normal distribution function Φ."""
    return call("gelu", x)


def heaviside(x: Operand) -> Expression:
    """``heaviside(x)``: 1 where x > 0, else 0."""
    return call("heaviside", x)


def hypot(x: Operand, y: Operand) -> Expression:
    """``hypot(x, y)``: √(x² + y²)."""
    return call("hypot", x, y)


def inv(A: Operand) -> Expression:
    """``inv(A)``: the inverse of a square matrix."""
    return call("inv", A)


def kron(A: Operand, B: Operand) -> Expression:
    """``kron(A, B)``: the Kronecker product."""
    return call("kron", A, B)


def lbeta(x: Operand, y: Operand) -> Expression:
    """``lbeta(x, y)``: the logarithm of DLMF 5.12.1."""
    return call("lbeta", x, y)


def ldexp(x: Operand, y: Operand) -> Expression:
    """``ldexp(x, y)``: x 2^y."""
    return call("ldexp", x, y)


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


def log10(x: Operand) -> Expression:
    """``log10(x)``: log x/log 10."""
    return call("log10", x)


def log1mexp(x: Operand) -> Expression:
    """``log1mexp(x)``: log(1 − e^x), by the chain rule."""
    return call("log1mexp", x)


def log1p(x: Operand) -> Expression:
    """``log1p(x)``: log(1 + x), exact for small x."""
    return call("log1p", x)


def log1pexp(x: Operand) -> Expression:
    """``log1pexp(x)``: log(1 + exp(x)), a smooth relu."""
    return call("log1pexp", x)


def log1pmx(x: Operand) -> Expression:
    """``log1pmx(x)``: log(1 + x) − x."""
    return call("log1pmx", x)


def log1psq(x: Operand) -> Expression:
    """``log1psq(x)``: log(1 + x²)."""
    return call("log1psq", x)


def log2(x: Operand) -> Expression:
    """``log2(x)``: log x/log 2."""
    return call("log2", x)


def log2mexp(x: Operand) -> Expression:
    """``log2mexp(x)``: log(2 − e^x)."""
    return call("log2mexp", x)


def log_ndtr(x: Operand) -> Expression:
    """``log_ndtr(x)``: the logarithm of the normal distribution function."""
    return call("log_ndtr", x)


def log_softmax(x: Operand) -> Expression:
    """``log_softmax(x)``: log(softmax(x)), exact far out."""
    return call("log_softmax", x)


def logabsdet(A: Operand) -> Expression:
    """``logabsdet(A)``: the logarithm of the absolute value of the determinant."""
    return call("logabsdet", A)


def logaddexp(x: Operand, y: Operand) -> Expression:
    """``logaddexp(x, y)``: log(e^x + e^y), by the chain rule."""
    return call("logaddexp", x, y)


def logbeta(x: Operand, y: Operand) -> Expression:
    """``logbeta(x, y)``: the logarithm of DLMF 5.12.1."""
    return call("logbeta", x, y)


def logcosh(x: Operand) -> Expression:
    """``logcosh(x)``: log cosh x, DLMF 4.34.2."""
    return call("logcosh", x)


def logdet(A: Operand) -> Expression:
    """``logdet(A)``: the logarithm of the determinant."""
    return call("logdet", A)


def logerfc(x: Operand) -> Expression:
    """``logerfc(x)``: log(erfc(x)), exact far out."""
    return call("logerfc", x)


def logerfcx(x: Operand) -> Expression:
    """``logerfcx(x)``: log of erfcx."""
    return call("logerfcx", x)


def logexpm1(x: Operand) -> Expression:
    """``logexpm1(x)``: log(e^x − 1)."""
    return call("logexpm1", x)


def loggamma(x: Operand) -> Expression:
    """``loggamma(x)``: the logarithm of the gamma function."""
    return call("loggamma", x)


def logistic(x: Operand) -> Expression:
    """``logistic(x)``: the logistic function 1/(1 + exp(−x)) of every entry."""
    return call("logistic", x)


def logit(x: Operand) -> Expression:
    """``logit(x)``: log(x/(1 − x)), by the quotient rule."""
    return call("logit", x)


def logmxp1(x: Operand) -> Expression:
    """``logmxp1(x)``: log x − x + 1."""
    return call("logmxp1", x)


def lognormcdf(x: Operand) -> Expression:
    """``lognormcdf(x)``: the logarithm of the normal distribution function."""
    return call("lognormcdf", x)


def logsigmoid(x: Operand) -> Expression:
    """``logsigmoid(x)``: log(sigmoid(x)), exact far out."""
    return call("logsigmoid", x)


def logsubexp(x: Operand, y: Operand) -> Expression:
    """``logsubexp(x, y)``: log |e^x − e^y|, by the chain rule."""
    return call("logsubexp", x, y)


def logsumexp(x: Operand) -> Expression:
    """``logsumexp(x)``: log(sum(exp(x))) of a vector."""
    return call("logsumexp", x)


def logsumexp_rows(A: Operand) -> Expression:
    """``logsumexp_rows(A)``: logsumexp of every row of a matrix, a vector."""
    return call("logsumexp_rows", A)


def max(x: Operand, y: Operand | None = None) -> Expression:
    """``max(x, y)``: the largest entry; of two arrays the larger, entry by entry."""
    return call("max", x) if y is None else call("max", x, y)


def maximum(x: Operand, y: Operand) -> Expression:
    """``maximum(x, y)``: the larger argument."""
    return call("maximum", x, y)


def mean(x: Operand) -> Expression:
    """``mean(x)``: the mean of all entries."""
    return call("mean", x)


def min(x: Operand, y: Operand | None = None) -> Expression:
    """``min(x, y)``: the smallest entry; of two arrays the smaller, entry by entry."""
    return call("min", x) if y is None else call("min", x, y)


def minimum(x: Operand, y: Operand) -> Expression:
    """``minimum(x, y)``: the smaller argument."""
    return call("minimum", x, y)


def mish(x: Operand) -> Expression:
    """``mish(x)``: arXiv:1908.08681: x tanh(log(1 + e^x))."""
    return call("mish", x)


def mod(x: Operand, y: Operand) -> Expression:
    """``mod(x, y)``: x − y ⌊x/y⌋."""
    return call("mod", x, y)


def ndtr(x: Operand) -> Expression:
    """``ndtr(x)``: the normal distribution function Φ."""
    return call("ndtr", x)


def norm(x: Operand, p: Operand | None = None) -> Expression:
    """``norm(x, p)``: the p-norm of a vector; without p the 2-norm."""
    return call("norm", x) if p is None else call("norm", x, p)


def norm1(x: Operand) -> Expression:
    """``norm1(x)``: the sum of the absolute values."""
    return call("norm1", x)


def norm2(x: Operand) -> Expression:
    """``norm2(x)``: the root of the sum of squares; of a matrix the Frobenius norm."""
    return call("norm2", x)


def normInf(x: Operand) -> Expression:
    """``normInf(x)``: the largest absolute value of a vector."""
    return call("normInf", x)


def normcdf(x: Operand) -> Expression:
    """``normcdf(x)``: the normal distribution function Φ."""
    return call("normcdf", x)


def ones(*extents: str | int) -> Expression:
    """``ones(n, m)``: an array of ones of those extents."""
    return call("ones", *map(str, extents))


def perp(x: Operand) -> Expression:
    """``perp(x)``: a vector of the plane, turned by a right angle."""
    return call("perp", x)


def pinv(A: Operand) -> Expression:
    """``pinv(A)``: the pseudoinverse of a matrix."""
    return call("pinv", A)


def pow(x: Operand, y: Operand) -> Expression:
    """``pow(x, y)``: x^y, entry by entry."""
    return call("pow", x, y)


def power(x: Operand, y: Operand) -> Expression:
    """``power(x, y)``: x^y, entry by entry."""
    return call("power", x, y)


def prod(x: Operand) -> Expression:
    """``prod(x)``: the product of all entries; prod_i(…) goes over an index."""
    return call("prod", x)


def psi(x: Operand) -> Expression:
    """``psi(x)``: the derivative of lgamma."""
    return call("psi", x)


def rad2deg(x: Operand) -> Expression:
    """``rad2deg(x)``: 180x/π."""
    return call("rad2deg", x)


def radians(x: Operand) -> Expression:
    """``radians(x)``: πx/180."""
    return call("radians", x)


def reciprocal(x: Operand) -> Expression:
    """``reciprocal(x)``: 1/x."""
    return call("reciprocal", x)


def relu(x: Operand) -> Expression:
    """``relu(x)``: max(x, 0) of every entry."""
    return call("relu", x)


def rem(x: Operand, y: Operand) -> Expression:
    """``rem(x, y)``: x − y times x/y rounded towards 0."""
    return call("rem", x, y)


def reshape(A: Operand, *extents: str | int) -> Expression:
    """``reshape(A, n, m)``: the entries of A in their order, over other axes: reshape(x, n, m)."""
    return call("reshape", A, *extents)


def rowsum(A: Operand) -> Expression:
    """``rowsum(A)``: the sums of the rows, a vector."""
    return call("rowsum", A)


def rsqrt(x: Operand) -> Expression:
    """``rsqrt(x)``: x^(−1/2)."""
    return call("rsqrt", x)


def sec(x: Operand) -> Expression:
    """``sec(x)``: 1/cos x."""
    return call("sec", x)


def sech(x: Operand) -> Expression:
    """``sech(x)``: 1/cosh x."""
    return call("sech", x)


def sgn(x: Operand) -> Expression:
    """``sgn(x)``: 1, 0 or −1 by the sign of every entry."""
    return call("sgn", x)


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


def sinc(x: Operand) -> Expression:
    """``sinc(x)``: sin(πx)/(πx), 1 at 0; DLMF 10.51.2."""
    return call("sinc", x)


def sind(x: Operand) -> Expression:
    """``sind(x)``: the sine of degrees."""
    return call("sind", x)


def sinh(x: Operand) -> Expression:
    """``sinh(x)``: the hyperbolic sine of every entry."""
    return call("sinh", x)


def sinm(A: Operand) -> Expression:
    """``sinm(A)``: the sine of a square matrix."""
    return call("sinm", A)


def sinpi(x: Operand) -> Expression:
    """``sinpi(x)``: sin(πx)."""
    return call("sinpi", x)


def skew(A: Operand) -> Expression:
    """``skew(A)``: the skew part (A − A')/2."""
    return call("skew", A)


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


def sphj1(x: Operand) -> Expression:
    """``sphj1(x)``: DLMF 10.49.3 and 10.51.2."""
    return call("sphj1", x)


def sqrt(x: Operand) -> Expression:
    """``sqrt(x)``: the square root of every entry."""
    return call("sqrt", x)


def square(x: Operand) -> Expression:
    """``square(x)``: the square of every entry."""
    return call("square", x)


def std(x: Operand) -> Expression:
    """``std(x)``: the root of the variance, over n (not n − 1)."""
    return call("std", x)


def step(x: Operand) -> Expression:
    """``step(x)``: 1 where x > 0, else 0."""
    return call("step", x)


def sum(x: Operand) -> Expression:
    """``sum(x)``: the sum of all entries; sum_i(…) goes over an index."""
    return call("sum", x)


def swish(x: Operand) -> Expression:
    """``swish(x)``: x·sigmoid(x), also called swish."""
    return call("swish", x)


def sym(A: Operand) -> Expression:
    """``sym(A)``: the symmetric part (A + A')/2."""
    return call("sym", A)


def tan(x: Operand) -> Expression:
    """``tan(x)``: the tangent of every entry."""
    return call("tan", x)


def tand(x: Operand) -> Expression:
    """``tand(x)``: the tangent of degrees."""
    return call("tand", x)


def tanh(x: Operand) -> Expression:
    """``tanh(x)``: the hyperbolic tangent of every entry."""
    return call("tanh", x)


def tetragamma(x: Operand) -> Expression:
    """``tetragamma(x)``: DLMF 5.15.1."""
    return call("tetragamma", x)


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


def xlog1py(x: Operand, y: Operand) -> Expression:
    """``xlog1py(x, y)``: x log(1 + y), 0 where x = 0."""
    return call("xlog1py", x, y)


def xlogx(x: Operand) -> Expression:
    """``xlogx(x)``: x log x, 0 at 0."""
    return call("xlogx", x)


def xlogy(x: Operand, y: Operand) -> Expression:
    """``xlogy(x, y)``: x log y, 0 where x = 0."""
    return call("xlogy", x, y)


def zeros(*extents: str | int) -> Expression:
    """``zeros(n, m)``: an array of zeros of those extents."""
    return call("zeros", *map(str, extents))


def σ(x: Operand) -> Expression:
    """``σ(x)``: the logistic function 1/(1 + exp(−x)) of every entry."""
    return call("σ", x)
