"""Matrix calculus for machine learning: derive, explain and certify gradients, Jacobians and Hessians.

>>> import gradwright as gw
>>> str(gw.derive("norm2(A*x - b)^2", wrt="x").result)
"2*A'*(A*x - b)"
"""

from gradwright.api import Derivation, derive, equal
from gradwright.core.errors import Error
from gradwright.expression import Expression, call, function, matrix, scalar, vector

__version__ = "0.1.0"
__all__ = ["Derivation", "Error", "Expression", "call", "derive", "equal", "function", "matrix", "scalar", "vector"]
