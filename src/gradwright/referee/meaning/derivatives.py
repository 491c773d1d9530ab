"""∂, ∇, d and bars that say where. Owns: what derivatives written in a document mean. Never: how one is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import ZERO, add, delta, deriv, entry, mul, total
from gradwright.core.errors import Error
from gradwright.core.index import Index, position
from gradwright.core.node import Node as Body
from gradwright.core.value import Value
from gradwright.engine.derivatives import resolved
from gradwright.read.latex.nodes import Differential, Evaluated, Gradient, Hessian, Known
from gradwright.read.meaning import operators
from gradwright.read.meaning.elaborator import Elaborator, Visit
from gradwright.read.syntax import Call, Derivative, Indexed, Name, Node, Product, Transposed, alike, walk
from gradwright.referee.meaning.chains import Target, chained, derived, laid_out, links_of, target
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.names import entry_value
from gradwright.referee.meaning.symbols import overloaded, symbol_key
from gradwright.referee.meaning.value import HIDDEN, TURNED, Unsaid, put


def product(e: Elaborator, tree: Node) -> Visit:
    """Factors; ∂L/∂Y ∂Y/∂X of matrices is the chain rule, whatever the axes."""
    assert isinstance(e, Document)
    assert isinstance(tree, Product)
    factors = [item for _, item in tree.factors]
    links = links_of(factors)
    if _splits(factors):
        raise Unsaid("which symbols this derivative holds fixed is not said", tree.span)
    if not links:
        return (yield from operators.multiplied(e, tree))
    try:
        return e.by(operators.multiplied, tree)
    except Error:
        return chained(e, links, tree)


def _splits(factors: Sequence[Node]) -> bool:
    """∂s/∂W ∂W/∂W: where W itself is a link of the chain rule, ∂s/∂W is of s by that W alone, others held fixed."""
    single = [(f.body, f.wrt[0]) for f in factors if isinstance(f, Derivative) and len(f.wrt) == 1]
    trivial = [wrt for body, wrt in single if body is not None and alike(body, wrt)]
    return len(trivial) < len(single) and any(alike(wrt, one) for body, one in single for wrt in trivial if body)


def fraction(e: Document, tree: Derivative) -> Value:
    body, wrts = tree.body, tree.wrt
    if body is None:
        e.fail("a derivative of nothing", tree)
    if tree.note:
        e.remark(tree.note)
    if len(wrts) > 2:
        e.fail("a derivative above the second", tree)
    placed = {symbol_key(e.symbols, w) for w in wrts} & set(e.place.at)
    if placed:
        return _where(e, tree, placed)
    special = overloaded(e.symbols, symbol_key(e.symbols, body), [symbol_key(e.symbols, wrts[0])])
    own = special.endswith(")") and isinstance(body, Name)
    value = entry_value(e, special, body) if own else e.value(body)
    for wrt in reversed(wrts):
        value = _differentiated(e, value, wrt, tree)
    return value


def _differentiated(e: Document, value: Value, wrt: Node, tree: Node) -> Value:
    at = target(e, wrt)
    return laid_out(e, value, derived(e, value.body, at, tree), at)


# --- ∇ and d


def gradient(e: Document, tree: Gradient) -> Value:
    if isinstance(tree.body, Transposed) and not e.value(tree.body).axes:  # ∇f(x)ᵀ d: of a number ∇f is transposed
        turned = gradient(e, replace(tree, body=tree.body.body))
        return replace(turned, kind=TURNED.get(turned.kind, turned.kind), axes=turned.axes[::-1])
    if tree.wrt is None and isinstance(tree.body, Call) and (param := _placed(e, tree.body)) is not None:
        return _gradient_at(e, tree.body, param, tree)
    value = e.value(tree.body)
    if tree.wrt is not None:
        return _differentiated(e, value, tree.wrt, tree)
    names = {*value.body.names, *e.world.context([value.body]).definitions}
    if names & e.symbols.roles.hidden:
        return _unnamed(e, value, tree)
    argument = _argument(e, tree.body)
    if argument is not None:
        return _differentiated(e, value, argument, tree)
    return _partials(e, value, tree.body, tree)


def _placed(e: Document, body: Call) -> str | None:
    """The parameter of f in ∇f(x_0), where f(x) is defined: the derivative is taken before x_0 is put in its place."""
    if len(body.arguments) != 1 or body.primes:
        return None
    names = [symbol_key(e.symbols, argument) for argument in body.arguments]
    definition = e.definition(overloaded(e.symbols, symbol_key(e.symbols, body.function), names))
    params = definition.params if definition is not None else ()
    is_param = isinstance(body.arguments[0], Name) and symbol_key(e.symbols, body.arguments[0]) in params
    return params[0] if len(params) == 1 and not is_param else None


def _gradient_at(e: Document, body: Call, param: str, tree: Gradient) -> Value:
    known, place = Known(body.span, param), {k: v for k, v in e.place.env.items() if k != param}
    inner = e.inside(replace(e.place, env=place))
    value = _differentiated(inner, inner.value(replace(body, arguments=(known,))), known, tree)
    at, general = e.value(body.arguments[0]), inner.value(known)
    at = replace(general, body=ZERO) if at.body is ZERO else at
    if len(at.axes) != len(general.axes):
        e.fail("∇ at what has another shape than the variable", tree)
    for here, there in zip(at.axes, general.axes, strict=True):
        e.unify(here.dim, there.dim, tree)
    context = e.world.context([value.body])
    context.definitions.pop(param, None)
    taken = resolved(value.body, context)
    if taken.derivs:
        e.fail("a derivative that cannot be taken before the place is put in", tree)
    return replace(value, body=put(taken, {param: at}))


def _unnamed(e: Document, value: Value, tree: Gradient) -> Value:
    """∇ of what depends on one variable that has no name."""
    axis = e.fresh("?hidden")
    body = deriv(value.body, HIDDEN, (axis,))
    for key in sorted(_constants_in(e, tree.body)):
        e.remark(f"{key} constant")
    if not value.axes:
        return Value("column", (axis,), body)
    if len(value.axes) > 1:
        e.fail("∇ of a matrix", tree)
    jacobian = e.symbols.customs.gradients_of_rows or e.world.reading.layout == "numerator"
    first = value.kind == "row" or not jacobian
    return Value("matrix", (axis, *value.axes) if first else (*value.axes, axis), body)


def _partials(e: Document, value: Value, body: Node, tree: Node) -> Value:
    """∇f of f(x, y) with numbers x, y: the column of its partial derivatives."""
    params = _numbers(e, body)
    if value.axes or not params:
        e.fail("∇ in a variable that is not said", tree)
    axis = e.fresh(len(params))
    return Value("column", (axis,), _each(e, value.body, params, axis, tree))


def _numbers(e: Document, body: Node) -> tuple[str, ...]:
    """x and y, where f(x, y) of two numbers and more is defined."""
    key = symbol_key(e.symbols, body.function if isinstance(body, Call) else body)
    definition = e.definition(key) if key else None
    params = definition.params if definition is not None else ()
    return params if len(params) > 1 and not any(map(e.rank, params)) else ()


def _each(e: Document, body: Body, params: Sequence[str], axis: Index, tree: Node) -> Body:
    """The partial derivatives over an axis."""
    parts = (derived(e, body, Target(p, (), "scalar", ()), tree) for p in params)
    return add(*(mul(delta(axis, position(k, len(params))), part) for k, part in enumerate(parts)))


def _argument(e: Document, body: Node) -> Node | None:
    """x in ∇f(x), or in ∇f where f(x) is defined."""
    if isinstance(body, Call):
        (first, *others) = body.arguments
        return first if not others and isinstance(first, Name | Indexed) else None
    definition = e.definition(symbol_key(e.symbols, body))
    if not isinstance(body, Name | Indexed) or definition is None or len(definition.params) != 1:
        return None
    return Known(body.span, definition.params[0])


def hessian(e: Document, tree: Hessian) -> Value:
    """∇²f: the second derivatives, laid out as a matrix."""
    wrt = tree.wrt if tree.wrt is not None else _argument(e, tree.body)
    value = e.value(tree.body)
    if wrt is None and not value.axes and (params := _numbers(e, tree.body)):
        one, two = e.fresh(len(params)), e.fresh(len(params))
        return Value("matrix", (one, two), _each(e, _each(e, value.body, params, one, tree), params, two, tree))
    if wrt is None or value.axes:
        e.fail("∇² in a variable that is not said, or of an array", tree)
    at = target(e, wrt)
    others = {axis: e.fresh(axis.dim) for axis in at.axes}
    again = at._replace(slots=tuple(others.get(s, s) for s in at.slots))
    twice = derived(e, derived(e, value.body, at, tree), again, tree)
    kind = {0: "scalar", 1: "matrix"}.get(len(at.axes), "tensor")
    return Value(kind, (*at.axes, *others.values()), twice)


def differential(e: Document, tree: Differential) -> Value:
    """dX: the differential, Σ over the varying symbols of ∂/∂v dv."""
    value = e.value(tree.body)
    context = e.world.context([value.body])
    terms = []
    for key in sorted(e.world.varying):
        if key not in e.world.arrays and context.depends(value.body, key):
            slots = tuple(map(e.fresh, e.shape(key)))
            terms.append(total(slots, mul(deriv(value.body, key, slots), entry("d " + key, *slots))))
    if not terms and not _constants_in(e, tree.body) <= e.symbols.roles.constants:
        e.fail("a differential of what does not vary", tree)
    return replace(value, body=add(*terms))


def _constants_in(e: Document, tree: Node) -> set[str]:
    keys = {e.symbols.key(n.stem, n.font) for n in walk(tree) if isinstance(n, Name)}
    return {k for k in keys if k not in e.symbols.roles.hidden and e.rank(k)}


# --- bars that say where


def evaluated(e: Document, tree: Evaluated) -> Value:
    """…|_{y = a}: derivatives in y are taken before a is put in its place, differentials after."""
    given = tree.conditions
    if not given or not all(c.relation == "=" and isinstance(c.left, Name | Indexed) for c in given):
        e.fail("a bar that says where to evaluate, not understood", tree)
    new = {symbol_key(e.symbols, c.left): e.value(c.right) for c in given}
    place = replace(e.place, env={**e.place.env, **new}, at={**e.place.at, **new})
    return e.inside(place).value(tree.body)


def _where(e: Document, tree: Derivative, placed: set[str]) -> Value:
    """A derivative in a variable that a bar puts at a place."""
    env, at = ({k: v for k, v in some.items() if k not in placed} for some in (e.place.env, e.place.at))
    value = fraction(e.inside(replace(e.place, env=env, at=at)), tree)
    context = e.world.context([value.body])
    for key in placed:
        context.definitions.pop(key, None)
    body = resolved(value.body, context)
    if body.derivs:
        e.fail("a derivative that cannot be taken before the bar says where", tree)
    return replace(value, body=put(body, {key: e.place.at[key] for key in placed}))
