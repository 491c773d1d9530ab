"""Expectations and integrals. Owns: what can be known of them without computing one.

An expectation is a mean over points that nobody knows, an integral a sum over points with weights that nobody knows:
what holds for all of them holds. Of a polynomial under a law with a name it is what the moments say (``laws``). What
needs more (independence, other values) is not decided here. Never: derives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import divide, entry, mul, size, subtract, total
from gradwright.core.index import Index
from gradwright.core.value import Value, kind_of
from gradwright.read.latex.nodes import Expectation, Integral, Law
from gradwright.read.latex.scripts import named_below
from gradwright.read.meaning.elaborator import At
from gradwright.read.meaning.operators import entrywise
from gradwright.read.syntax import Big, Binder, Call, Group, Indexed, Name, Node, Product, Transposed, walk
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.laws import mean_of
from gradwright.referee.meaning.names import applied, is_lone, reaches, variable
from gradwright.referee.meaning.symbols import keys_in, symbol_key
from gradwright.referee.meaning.value import number, put
from gradwright.tables import products


def expectation(e: Document, tree: Expectation) -> Value:
    bodies = tree.bodies
    if tree.moment == "E" and (weighted := _weighted(e, tree)) is not None:
        return e.value(weighted)
    variables = [e.symbols.key(n, "") for n in tree.names] or _random(e, bodies, tree)
    tag = f"E{tree.law}|{tree.given}"
    moved = _moved(e, tree.drawn)
    drawn = _drawn(e, bodies) if not tree.given else None

    def mean(body: Node) -> Value:
        known = mean_of(e, _unfolded(e, e.value(body)), *drawn) if drawn is not None else None
        return known or _mean(e, body, variables, tag, moved)

    if tree.moment == "E":
        return mean(bodies[0])
    first, second = bodies[0], bodies[-1]
    turned = Transposed(second.span, second) if e.value(first).axes else second
    both = Product(tree.span, ((" ", first), (" ", turned)))
    one, two, whole = (mean(body) for body in (first, second, both))
    if not one.axes:
        return number(subtract(whole.body, mul(one.body, two.body)))
    product = products.product(At(e, tree), one, replace(two, kind="row"))
    return entrywise(e, whole, product, tree, subtract)


def _weighted(e: Document, tree: Expectation) -> Node | None:
    """E_{x ∼ p}[f(x)] as Σ_x p(x) f(x), where the document speaks of p(x) too."""
    law, body = tree.drawn, tree.bodies[0]
    if isinstance(law, Name | Indexed) and symbol_key(e.symbols, law) in e.symbols.seen.laws:
        law = Call(law.span, law, (Name(law.span, tree.names[0]),))
    elif not isinstance(law, Call):
        return None
    product = Product(tree.span, ((" ", law), (" ", Group(body.span, body))))
    return Big(tree.span, "sum", (Binder(law.span, tree.names[0]),), (), product)


def _moved(e: Document, law: Node | None) -> list[Value]:
    """What a law depends on and something is differentiated in: θ in x ∼ p_θ."""
    nodes = [*walk(law), *named_below(law)] if law is not None else []
    keys = dict.fromkeys(symbol_key(e.symbols, n) for n in nodes if isinstance(n, Name | Indexed))
    return [variable(e, key, law) for key in keys if law is not None and key in e.symbols.roles.wrts]


def _drawn(e: Document, bodies: Sequence[Node]) -> tuple[str, Node] | None:
    """What the bodies rest on that is drawn from a law with a name, where nothing else in them is random."""
    keys = {key for body in bodies for key in keys_in(e.symbols, body)} - {""}
    defined = {key for key in keys if e.definition(key) is not None}
    if any(is_lone(e, key, "") for key in defined):
        return None
    met = keys.union(*(reaches(e, key) for key in keys))
    laws = e.symbols.roles.laws
    random = met & (laws.keys() | e.symbols.roles.random) - defined
    key = min(random) if len(random) == 1 else ""
    return (key, laws[key]) if key in laws else None


def _unfolded(e: Document, value: Value) -> Value:
    """A value with the definitions in it put in."""
    definitions = e.world.context([value.body]).definitions
    body = value.body
    while inner := {name: array for name, array in definitions.items() if name in body.names}:
        body = put(body, inner)
    return replace(value, body=body)


def _mean(e: Document, body: Node, variables: Sequence[str], tag: str, moved: Sequence[Value]) -> Value:
    """The mean over points, with weights that nobody knows where the law moves."""
    point = e.fresh(f"?{tag}")
    value = _placed(e, body, variables, tag, point)
    if moved:
        weights = applied(e, f"weight {tag}", (point,), moved, "law")
        return replace(value, body=total([point], mul(weights, value.body)))
    return replace(value, body=divide(total([point], value.body), size(point.dim)))


def _placed(e: Document, body: Node, variables: Sequence[str], tag: str, point: Index) -> Value:
    """The body at one of the points; a defined symbol that rests on what is random is not followed."""
    e.world.averaged = True
    env = dict(e.place.env)
    for key in variables:
        axes = () if is_lone(e, key, "") else tuple(map(e.fresh, e.shape(key)))
        env[key] = Value(kind_of(len(axes)), axes, entry(f"{key}~{tag}", point, *axes))
    apart = {id(n.function) for n in walk(body) if isinstance(n, Call)}
    apart |= {id(inner) for n in walk(body) if isinstance(n, Law) for inner in walk(n)}  # only names in it
    for node in walk(body):
        key = symbol_key(e.symbols, node) if isinstance(node, Name | Indexed) and id(node) not in apart else ""
        if key and key not in variables and set(variables) & reaches(e, key):
            e.fail(f"{key} rests on what is averaged here", node)
    return e.knowing(env).value(body)


def _random(e: Document, bodies: Sequence[Node], tree: Node) -> list[str]:
    """What is random where no subscript says so: what is said to be drawn, capitals, or the only symbol."""
    heads = {id(n.function) for b in bodies for n in walk(b) if isinstance(n, Call)}
    nodes = [n for b in bodies for n in walk(b) if isinstance(n, Name) and id(n) not in heads]
    keys = dict.fromkeys(e.symbols.key(n.stem, n.font) for n in nodes)
    for chosen in (
        [k for k in keys if k in e.symbols.roles.random],
        [k for k in keys if len(k) == 1 and k in "XYZUV"],
        list(keys) if len(keys) == 1 else [],
    ):
        if chosen:
            return chosen
    e.fail("it is not said what is random here", tree)


def integral(e: Document, tree: Integral) -> Value:
    keys = [symbol_key(e.symbols, v) for v in tree.variables]
    if not all(keys):
        e.fail("an integral in what is not a symbol", tree)
    tag = f"∫{','.join(keys)}{tree.bounds}"
    point = e.fresh(f"?{tag}")
    value = _placed(e, tree.body, keys, tag, point)
    return replace(value, body=total([point], mul(entry(f"d~{tag}", point), value.body)))
