"""What each function of the language is, in a sentence. Owns: how it is called, what it gives. Never: computes.

One list serves the page's completion, Python's docstrings and signatures, and the reference; a test says that every
function of the tables stands in it, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradwright.core.record import dataclass
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED


@dataclass(frozen=True)
class Word:
    """A function: its arguments, and what it gives; ``optional`` arguments may be left out."""

    arguments: tuple[str, ...]
    says: str
    optional: tuple[str, ...] = ()

    def call(self, name: str) -> str:
        return f"{name}({', '.join(self.arguments)})"


def _of(arguments: str, says: str, optional: str = "") -> Word:
    return Word(tuple(arguments.split()), says, tuple(optional.split()))


_SCALARS = {
    "exp": "the exponential of every entry",
    "log": "the natural logarithm of every entry",
    "log1p": "log(1 + x), exact for small x",
    "expm1": "exp(x) − 1, exact for small x",
    "sin": "the sine of every entry",
    "cos": "the cosine of every entry",
    "tan": "the tangent of every entry",
    "arcsin": "the inverse sine of every entry",
    "arccos": "the inverse cosine of every entry",
    "arctan": "the inverse tangent of every entry",
    "sinh": "the hyperbolic sine of every entry",
    "cosh": "the hyperbolic cosine of every entry",
    "tanh": "the hyperbolic tangent of every entry",
    "sigmoid": "the logistic function 1/(1 + exp(−x)) of every entry",
    "softplus": "log(1 + exp(x)), a smooth relu",
    "softsign": "x/(1 + |x|)",
    "erf": "the error function",
    "erfc": "1 − erf(x)",
    "erfcx": "exp(x²)·erfc(x)",
    "logerfc": "log(erfc(x)), exact far out",
    "lognormcdf": "the logarithm of the normal distribution function",
    "lgamma": "the logarithm of the gamma function",
    "digamma": "the derivative of lgamma",
    "trigamma": "the derivative of digamma",
    "abs": "the absolute value of every entry",
    "sign": "1, 0 or −1 by the sign of every entry",
    "relu": "max(x, 0) of every entry",
    "step": "1 where x > 0, else 0",
    "sqrt": "the square root of every entry",
    "square": "the square of every entry",
    "silu": "x·sigmoid(x), also called swish",
    "gelu": "x·Φ(x), with the normal distribution function Φ",
    "normcdf": "the normal distribution function Φ",
    "logsigmoid": "log(sigmoid(x)), exact far out",
}

_ARRAYS: Mapping[str, Word] = {
    "sum": _of("x", "the sum of all entries; sum_i(…) goes over an index"),
    "mean": _of("x", "the mean of all entries"),
    "var": _of("x", "the variance of all entries, over n (not n − 1)"),
    "max": _of("x y", "the largest entry; of two arrays the larger, entry by entry", "y"),
    "min": _of("x y", "the smallest entry; of two arrays the smaller, entry by entry", "y"),
    "rowsum": _of("A", "the sums of the rows, a vector"),
    "colsum": _of("A", "the sums of the columns, a vector"),
    "norm1": _of("x", "the sum of the absolute values"),
    "norm2": _of("x", "the root of the sum of squares; of a matrix the Frobenius norm"),
    "norm": _of("x p", "the p-norm of a vector; without p the 2-norm", "p"),
    "tr": _of("A", "the trace of a square matrix"),
    "toepsum": _of("A", "the sums along the diagonals of a square matrix"),
    "diag": _of("x", "the diagonal matrix of a vector, or the diagonal of a matrix"),
    "tril": _of("A", "the lower triangle, zero above the diagonal"),
    "triu": _of("A", "the upper triangle, zero below the diagonal"),
    "softmax": _of("x", "exp(x)/sum(exp(x)) of a vector"),
    "softmax_rows": _of("A", "softmax of every row of a matrix"),
    "logsumexp": _of("x", "log(sum(exp(x))) of a vector"),
    "logsumexp_rows": _of("A", "logsumexp of every row of a matrix, a vector"),
    "vec": _of("A", "the columns of a matrix one below the other"),
    "inv": _of("A", "the inverse of a square matrix"),
    "pinv": _of("A", "the pseudoinverse of a matrix"),
    "det": _of("A", "the determinant of a square matrix"),
    "logdet": _of("A", "the logarithm of the determinant"),
    "adj": _of("A", "the adjugate of a square matrix: det(A)·inv(A)"),
    "chol": _of("A", "the lower Cholesky factor"),
    "expm": _of("A", "the exponential of a square matrix"),
    "sinm": _of("A", "the sine of a square matrix"),
    "cosm": _of("A", "the cosine of a square matrix"),
    "kron": _of("A B", "the Kronecker product"),
    "solve": _of("A b", "inv(A)*b, the solution x of A*x = b"),
    "levicivita": _of("", "the Levi-Civita symbol ε of three dimensions"),
    "std": _of("x", "the root of the variance, over n (not n − 1)"),
    "normInf": _of("x", "the largest absolute value of a vector"),
    "cumsum": _of("x", "the sums of the first entries of a vector"),
    "diagonal": _of("A", "the diagonal of a matrix, a vector"),
    "sym": _of("A", "the symmetric part (A + A')/2"),
    "skew": _of("A", "the skew part (A − A')/2"),
    "dev": _of("A", "A less the multiple of the identity that has its trace"),
    "cofac": _of("A", "the matrix of cofactors"),
    "logabsdet": _of("A", "the logarithm of the absolute value of the determinant"),
    "perp": _of("x", "a vector of the plane, turned by a right angle"),
    "cross": _of("x y", "the product of vectors of three dimensions"),
    "log_softmax": _of("x", "log(softmax(x)), exact far out"),
    "prod": _of("x", "the product of all entries; prod_i(…) goes over an index"),
    "reshape": _of("A n m", "the entries of A in their order, over other axes: reshape(x, n, m)", "m"),
    "einsum": _of("subscripts A B", 'a sum of products, as in NumPy: einsum("ij,jk->ik", A, B)', "B"),
    "eye": _of("n", "the identity matrix of that extent"),
    "ones": _of("n m", "an array of ones of those extents", "m"),
    "zeros": _of("n m", "an array of zeros of those extents", "m"),
    "where": _of("condition x y", "x where a comparison holds, else y: where(x > 0, x, a*x)"),
    "D": _of("u x", "the Jacobian of an unknown function u at x"),
    "D2": _of("u x", "the second derivative of an unknown function u at x"),
}

_GRAMMAR = {
    "delta": _of("i j", "Kronecker's δ, with its indices in square brackets: delta[i,j]"),
    "tensor": _of("i x", "the array with these entries: tensor[i,j](x[i]*y[j])"),
    "vector": _of("c", "the vector with this number everywhere"),
    "matrix": _of("c", "the matrix with this number everywhere"),
}
"""Words that are no functions in Python: it has no such brackets, or other meanings for the names."""


def _scalars() -> dict[str, Word]:
    """Scalar functions by each of their names; where no sentence is written here, what their row says."""
    arguments = {1: "x", 2: "x y"}
    return {
        name: _of(arguments[row.arity], _SCALARS.get(row.name, row.source)) for name, row in NAMED.items() if row.arity
    }


def _others() -> dict[str, Word]:
    """Functions of arrays of which no sentence is written here."""
    rows = {name: row for name, row in ARRAYS.items() if name not in _ARRAYS and name not in _GRAMMAR}
    return {name: _of("x y" if row.of_two else "x", f"{name}, as its name says") for name, row in rows.items()}


FUNCTIONS: Mapping[str, Word] = {**_scalars(), **_others(), **_ARRAYS}
"""The functions by the names they have in the text language and in Python."""

WORDS: Mapping[str, Word] = {**FUNCTIONS, **_GRAMMAR}
"""The same with the words of the grammar, which look like functions where one types."""
