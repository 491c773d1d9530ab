"""What is applied. Owns: functions by their names, calls of defined and unknown ones, laws, primes.

What a function that everybody knows means stands in the tables, for formulas and documents alike. Never: derivatives by
a fraction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    add,
    apply,
    const,
    divide,
    entry,
    matfn,
    mul,
    negate,
    power,
    size,
    subtract,
)
from gradwright.core.context import Signature
from gradwright.core.errors import Error
from gradwright.core.index import free_index
from gradwright.core.node import Node as Body
from gradwright.core.value import Value, kind_of
from gradwright.core.walk import bottom_up
from gradwright.read.latex.grammar import VALUELESS
from gradwright.read.latex.lower import canonical
from gradwright.read.latex.nodes import Factorial, Function, Law, Vector, written
from gradwright.read.meaning.calls import applied_by_name
from gradwright.read.meaning.elaborator import At
from gradwright.read.meaning.operators import entrywise
from gradwright.read.syntax import Call, Group, Indexed, Letter, Name, Node, Place, Primed, Transposed, walk
from gradwright.referee.meaning.chains import chained, links_of, slope
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.members import pick, slots
from gradwright.referee.meaning.names import applied, entry_value, is_lone, reaches, variable
from gradwright.referee.meaning.symbols import Definition, applied_name, is_name, overloaded, symbol_key
from gradwright.referee.meaning.value import number
from gradwright.tables.arrays import power_of_matrix
from gradwright.tables.products import product

_ENTRYWISE = ("sigma", "phi", "psi", "rho", "varphi")
"""Letters of unknown functions that go by entries."""


def function(e: Document, tree: Function) -> Value:
    key, arguments = tree.name, tree.arguments
    if key in e.symbols.roles.functions and e.definition(key) is not None:
        return call(e, Call(tree.span, Name(tree.span, key, "roman"), arguments, tree.primes))
    if key in VALUELESS:
        e.fail(f"{key} has no value here", tree)
    name = canonical(key)
    if name == "adj":  # det(A) A⁻¹, by which it is what proofs know
        return e.value(Transposed(tree.span, replace(tree, name="cofac")))
    values = [e.value(argument) for argument in arguments]
    if name == "tr" and len(values) == 1 and not values[0].axes:
        return values[0]
    if name == "diag" and len(values) == 1 and not values[0].axes:
        values = [_over_all(e, values[0])]
    return applied_by_name(e, name, values, Call(tree.span, Name(tree.span, name), arguments, tree.primes))


def _over_all(e: Document, value: Value) -> Value:
    """μ_i (1 − μ_i) over all i, in diag(μ_i (1 − μ_i))."""
    bound = {*e.place.scope, *e.world.outer}
    loose = [i for i in value.body.free if len(str(i.name)) == 1 and i.name not in bound]
    return Value("column", (loose[0],), value.body) if len(loose) == 1 else value


def factorial(e: Document, tree: Factorial) -> Value:
    return number(apply("exp", apply("lgamma", add(ONE, e.number(tree.body)))))


def vector(e: Document, tree: Vector) -> Value:
    return e.value(tree.body)


def primed(e: Document, tree: Primed) -> Value:
    """A prime at an array is a transpose; at a number that nothing defines, part of a name."""
    base = tree.body
    value = e.value(base)
    root = base.base if isinstance(base, Indexed) else base
    if not value.axes and isinstance(root, Name) and _is_plain(e, root):
        other = replace(root, stem=root.stem + "′" * tree.count)
        return e.value(replace(base, base=other) if isinstance(base, Indexed) else other)
    if not value.axes or not isinstance(base, Name | Group | Primed | Indexed | Transposed):
        e.fail("a prime that is not understood", tree)
    if isinstance(base, Name) and base.stem in e.symbols.roles.functions:
        e.fail("a function's derivative without its argument", tree)
    return e.value(Transposed(tree.span, base))


def _is_plain(e: Document, name: Name) -> bool:
    """Whether a name is neither a function nor anything that depends on something: its prime is no derivative."""
    key = e.symbols.key(name.stem, name.font)
    return name.stem not in e.symbols.roles.functions and not reaches(e, key) and e.definition(key) is None


# --- calls


def call(e: Document, tree: Call) -> Value:
    head, arguments = tree.function, tree.arguments
    if isinstance(head, Name) and not tree.primes and e.definition(applied_name(tree)):
        letters = [n.name for a in arguments for n in walk(a) if isinstance(n, Letter)]
        value = entry_value(e, applied_name(tree), tree)
        return number(pick(e, value, [e.letter(x) for x in letters], tree))
    if isinstance(head, Indexed) and any(isinstance(i, Letter | Place) for i in head.items):
        return _entry(e, head, tree)
    labels: list[str] = []
    key = ""
    if isinstance(head, Indexed):
        labels = [e.symbols.key(written(i), "") for i in head.items]
        key, head = symbol_key(e.symbols, head), head.base
    if not isinstance(head, Name):
        e.fail("only a name can be applied", tree)
    if head.stem == "prod" and len(arguments) == 2 and (links := links_of(arguments)):
        return chained(e, links, tree)
    return _named(e, head, key or e.symbols.key(head.stem, head.font), labels, tree)


def _named(e: Document, head: Name, key: str, labels: Sequence[str], tree: Call) -> Value:
    """A function by its key: defined, known by its letter, an unknown one, or one number for every argument."""
    names = [symbol_key(e.symbols, a) for a in tree.arguments]
    key = overloaded(e.symbols, key, names)
    definition = e.definition(key)
    if definition is None and head.font == "bold":
        key, definition = head.stem, e.definition(head.stem)
    if definition is not None and definition.params and key not in e.world.own and not tree.primes:
        if len(names) == len(definition.params) or _is_restated(e, definition, tree.arguments):
            return called(e, definition, tree.arguments, tree)
        key, definition = f"{key}({','.join(names)})", None
    if definition is None and not tree.primes:
        found = _of_letters(e, key, names, labels, tree) or _of_symbols(e, key, head, tree)
        if found is not None:
            return found
    values = [e.value(a) for a in tree.arguments]
    if definition is not None and definition.params and tree.primes:
        return _slope_of(e, definition, values, tree)
    if head.stem == "sigma" and definition is None and e.symbols.customs.sigmoid and tree.primes < 2:
        s = apply("sigmoid", values[0].body)
        return replace(values[0], body=mul(s, subtract(ONE, s)) if tree.primes else s)
    values += [variable(e, x, tree) for x in labels if x in e.symbols.roles.wrts and not tree.primes]
    return _unknown(e, key, head.font, values, tree)


def _of_letters(e: Document, key: str, names: Sequence[str], labels: Sequence[str], tree: Call) -> Value | None:
    """γ(i) of a bound letter i: a number for every place."""
    bound = [a.stem for a in tree.arguments if isinstance(a, Name) and a.stem in e.place.scope]
    if not bound:
        return None
    over = f"{key}({','.join(names)})[{','.join(bound)}]"
    e.world.learned.ranks[over] = len(bound) + e.rank(key)
    e.world.depends[over] = {x: None for x in labels if x in e.symbols.roles.wrts}
    value = entry_value(e, over, tree)
    first, rest = value.axes[: len(bound)], value.axes[len(bound) :]
    return Value(kind_of(len(rest)), rest, pick(e, replace(value, axes=first), [e.letter(x) for x in bound], tree))


def _of_symbols(e: Document, key: str, head: Name, tree: Call) -> Value | None:
    """L(μ, σ) of bare symbols, of which it is a function."""
    if (head.font == "roman" and len(head.stem) > 1) or len(tree.arguments) < 2:
        return None
    keys = [e.symbols.key(a.stem, a.font) for a in tree.arguments if isinstance(a, Name)]
    if len(keys) < len(tree.arguments):
        return None
    if not any(k in e.place.env for k in keys) and key not in e.world.arrays:
        e.world.depends[key] = dict.fromkeys(keys)
    return entry_value(e, key, tree) if list(e.world.depends.get(key, ())) == keys else None


def _entry(e: Document, head: Indexed, tree: Call) -> Value:
    """f_i(x): the i-th entry of f(x), or of an unknown vector of functions."""
    key = symbol_key(e.symbols, head)
    if e.definition(key) is None:
        e.world.learned.ranks[key] = max(e.rank(key), len(head.items))
    value = call(e, replace(tree, function=head.base))
    return number(pick(e, value, slots(e, head.items, value, tree), tree))


def _unknown(e: Document, key: str, font: str, values: Sequence[Value], tree: Call) -> Value:
    first = values[0]
    by_entries = len(values) == 1 and (not first.axes or key in e.symbols.roles.elementwise or key in _ENTRYWISE)
    if by_entries and not e.rank(key) and font != "bold":
        fn = f"{key}°f"
        e.world.functions[fn] = Signature((), ())
        return replace(first, body=matfn(fn, tree.primes, (), (), first.body))
    if tree.primes and (len(values) > 1 or first.axes):
        e.fail("a prime on a function of several variables", tree)
    plain = e.world.reading.plain and key in e.symbols.shapes.guessed  # P(θ) is no matrix for its letter
    axes = () if plain else tuple(map(e.fresh, e.shape(key)))

    def at(inner: Sequence[Value]) -> Body:
        return applied(e, key, axes, inner, "call")

    body = _sloped(e, lambda x: at([x]), f"{key}°x", tree.primes, first.body) if tree.primes else at(values)
    return Value(kind_of(len(axes)), axes, body)


def called(e: Document, definition: Definition, arguments: Sequence[Node], tree: Node) -> Value:
    """A defined function: its own symbol where it is applied to its own parameters, its formula elsewhere."""
    params = definition.params
    own = len(arguments) == len(params) and all(map(lambda a, p: _is_parameter(e, a, p), arguments, params))
    if len(arguments) != len(params) or (own and not any(p in e.place.env or is_lone(e, p, "") for p in params)):
        return entry_value(e, definition.key, tree, exact=True)
    if definition.key in e.world.busy:
        e.fail(f"{definition.key} is defined by itself", tree)
    values = [e.value(a) for a in arguments]
    e.world.busy.add(definition.key)
    try:
        return _put_in(e, definition, values, tree)
    finally:
        e.world.busy.discard(definition.key)


def _put_in(e: Document, definition: Definition, values: Sequence[Value], tree: Node) -> Value:
    tag = f"{tree.span[0]}.{tree.span[1]}"
    letters = {x: free_index(f"~c{tag}.{x}", e.find(f"?c{tag}:{x}")) for x in definition.letters}
    inner = e.local(definition, letters)
    try:
        value = inner.knowing(dict(zip(definition.params, values, strict=True))).value(definition.body)
    except Error:
        if len(values) != 1 or not values[0].axes or definition.letters:
            raise
        inner = inner.knowing({definition.params[0]: number(values[0].body)})  # a function of numbers, entry by entry
        return replace(values[0], body=inner.number(definition.body))
    axes = (*(inner.letter(x) for x in definition.letters), *value.axes)
    return Value(kind_of(len(axes)), axes, value.body) if letters else value


def _is_restated(e: Document, definition: Definition, arguments: Sequence[Node]) -> bool:
    """f(x), where f(u, v) is defined and u, v are made of x."""
    reached = reaches(e, definition.key)
    return all(is_name(e.symbols, a) and symbol_key(e.symbols, a) in reached for a in arguments)


def _is_parameter(e: Document, tree: Node, key: str) -> bool:
    return is_name(e.symbols, tree) and symbol_key(e.symbols, tree) == key


def _slope_of(e: Document, definition: Definition, values: Sequence[Value], tree: Call) -> Value:
    """f′(x) of a defined function of one number, entry by entry."""
    if len(values) != 1 or definition.letters:
        e.fail("a prime on a function of several variables", tree)
    inner = e.inside(replace(e.place, scope={}, own=None))

    def at(x: Value) -> Body:
        return inner.knowing({definition.params[0]: x}).number(definition.body)

    return replace(values[0], body=_sloped(e, at, f"{definition.key}°x", tree.primes, values[0].body))


def _sloped(e: Document, at: Callable[[Value], Body], hole: str, order: int, argument: Body) -> Body:
    """The derivative of that order of a function of one number, where its argument is put in afterwards."""
    made = at(number(entry(hole)))
    for _ in range(order):
        made = slope(e, made, hole, ())
    return bottom_up(lambda n: argument if n is entry(hole) else n, made)


# --- laws


def law(e: Document, tree: Law) -> Value:
    """p(x | θ): a defined one with its arguments put in; else a symbol of its own, one per value of its letters."""
    text, base, trees = tree.text, tree.spelled, tree.arguments
    definition = e.definition(base)
    if definition is not None and base not in e.world.own and base not in e.world.busy:
        return called(e, definition, trees, tree)
    if base.startswith("N(") and len(trees) == 3:
        return _gaussian(e, [e.value(t) for t in trees], tree)
    varied = [t for t in (*trees, *tree.below) if symbol_key(e.symbols, t) in e.symbols.roles.wrts]
    if varied or any(symbol_key(e.symbols, t) in e.place.env for t in trees):
        below = [t for t in varied if t in tree.below]
        return number(applied(e, base, (), [e.value(t) for t in (*trees, *below)], "call"))
    letters = (*tree.letters, *(t.stem for t in trees if isinstance(t, Name) and t.stem in e.place.scope))
    if len(letters) > len(tree.letters):
        text = f"{text}[{','.join(letters)}]"
    e.world.learned.ranks.setdefault(text, len(letters))
    value = entry_value(e, text, tree)
    return number(pick(e, value, [e.letter(x) for x in letters], tree)) if letters else value


def _gaussian(e: Document, values: Sequence[Value], tree: Node) -> Value:
    """The density of N(x | μ, σ²), or with a covariance matrix."""
    x, mean, spread = values
    off = entrywise(e, x, mean, tree, subtract)
    turn: Body = mul(const(2), apply("pi"))
    if not off.axes:
        peak = power(mul(turn, spread.body), negate(HALF))
        return number(mul(peak, apply("exp", negate(divide(power(off.body, const(2)), mul(const(2), spread.body))))))
    at = At(e, tree)
    inverse = power_of_matrix(at, spread, MINUS_ONE)
    square = product(at, product(at, replace(off, kind="row"), inverse), replace(off, kind="column")).body
    det = matfn("det", 0, (), spread.axes, spread.body)
    scale = mul(power(turn, size(e.find(off.axes[0].dim))), det)
    return number(mul(power(scale, negate(HALF)), apply("exp", negate(mul(HALF, square)))))
