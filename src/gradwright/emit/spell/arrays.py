"""Statements over whole arrays. Owns: how a plan reads in an array language (NumPy, JAX, PyTorch). Never: plans.

Each ``Let`` is one line: a product of two arrays is ``@`` where its axes allow and ``einsum`` where not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradwright.core.index import Index, free_index
from gradwright.core.node import Apply, Array, Entry, Mul, Node, walk
from gradwright.emit.plan import program as ops
from gradwright.emit.plan.lowered import at_labels, chained, on_diagonal
from gradwright.emit.plan.names import extent, identifier, mentioned
from gradwright.emit.plan.program import Let, Matrix, Program, Reuse, matrices
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.primitives import all_with
from gradwright.emit.spell.spell import laid, spelled


def statement(let: Let, plan: Program, language: Language) -> list[str]:
    """The code that computes the array."""
    name, let = identifier(let.name), lowered(let, plan, language)
    match let.operation:
        case ops.Diagonal(ends, body):
            return _placed(name, let.axes, ends, body, language)
        case ops.Scatter(base, share, label, optional, reuse):
            text = _reusing(base, let.axes, language, reuse)
            text += language.copy if isinstance(base, Entry) and reuse is None else ""
            at, said = at_label(label.name, optional), spelled(share, let.axes[:1], language)
            return [f"{name} = {text}", language.local(language.scatter.format(name=name, label=at, share=said))]
    return [f"{name} = {computed(let, plan, language)}"]


def lowered(let: Let, plan: Program, language: Language) -> Let:
    """The array as the language writes it."""
    let = on_diagonal(let) if language.placed else let
    return at_labels(let, plan) if language.scatter else let


def _placed(name: str, axes: tuple[Index, ...], ends: tuple[Index, Index], body: Node, language: Language) -> list[str]:
    """Zeros, and the array where two indices of them are one."""
    first, second = ends
    kept = tuple(i for i in axes if i is not second)
    letters = {i: chr(ord("a") + k) for k, i in enumerate(kept)}
    subscripts = "".join(letters[first if i is second else i] for i in axes) + "->" + "".join(letters.values())
    said = spelled(body, kept, language)
    text = language.placed.format(name=name, shape=shape_of(axes), subscripts=subscripts, a=said)
    return language.local(text).split("\n")


def shape_of(axes: tuple[Index, ...]) -> str:
    """The extents as a tuple."""
    return "(" + "".join(extent(i.dim) + ", " for i in axes).rstrip() + ")"


def at_label(name: str, optional: bool) -> str:
    """Class labels as places; one that stands for a row of zeros reads the first, and the value is dropped."""
    return identifier(name) + (".clip(0)" if optional else "")


def computed(let: Let, plan: Program, language: Language) -> str:
    """The array as an expression."""
    match let.operation:
        case ops.Map(body, reuse):
            return _reusing(body, let.axes, language, reuse)
        case ops.Product() | ops.Chain() as product:
            return _multiplied(let, product, plan, language)
        case ops.Fold() as fold:
            return _fold(fold, let.axes, language)
        case ops.Gather() as gather:
            return _gather(gather, let.axes, language)
        case ops.Rowwise() | ops.Largest() as along:
            return _along(along, language)
        case ops.Norm() as norm:
            return _norm(norm, language)
        case ops.OfMatrix() as made:
            return _of_matrix(made, let.axes, language)
        case ops.Solve() as found:
            return _solved(found, let.axes, language)
        case ops.Scatter() | ops.Diagonal():
            raise AssertionError(f"{let.name} is a statement of its own")


def _along(operation: ops.Rowwise | ops.Largest, language: Language) -> str:
    """What the target has a kernel for."""
    a, axis = identifier(operation.source.name), operation.source.slots.index(operation.along)
    if isinstance(operation, ops.Largest):
        return language.largest.format(p=identifier(operation.softmax.name), a=a, axis=axis)
    return language.local(language.along[operation.fn].format(a=a, axis=axis))


def _reusing(body: Node, axes: tuple[Index, ...], language: Language, reuse: Reuse | None) -> str:
    """A formula, computed in one array where that is so."""
    if reuse is None or language.reusing is None:
        return spelled(body, axes, language)
    return language.reusing(reuse, axes, language)


def turned(matrix: Matrix, said: Callable[[str], str] = identifier) -> str:
    """A matrix beside ``@``; ``said`` names arrays."""
    return said(matrix.name) + ".T" * matrix.turned


def _fold(fold: ops.Fold, axes: tuple[Index, ...], language: Language) -> str:
    """A sum, a product, a maximum or a minimum over some axes."""
    inner = fold.body
    halved = _symmetric(inner, fold.over[0], axes, language) if fold.op == "sum" else None
    if halved is not None:
        text = language.symmetric.format(x=halved[0], s=halved[1])
        return laid(language.local(text), halved[2], axes, language)
    order = fold.order(axes)
    text = _reusing(inner, order, language, fold.reuse)
    axis = [k for k, index in enumerate(order) if index in fold.over]
    if len(axis) < len(order):
        return language.reduced(fold.op, text, _axis(axis))
    if fold.op == "sum" and language.whole and not isinstance(inner, Entry):
        return language.whole.format(a=text)
    return language.reduced(fold.op, text)


def _norm(norm: ops.Norm, language: Language) -> str:
    scale, beside = (spelled(number, (), language) for number in (norm.scale, norm.beside))
    more = [scale, beside] if (scale, beside) != ("1", "0") else []
    places = [norm.source.slots.index(i) for i in norm.over]
    return f"_norm({', '.join([identifier(norm.source.name), _axis(places), *more])})"


def _axis(places: list[int]) -> str:
    """An axis, or a tuple of several."""
    return str(places[0] if len(places) == 1 else tuple(places))


def _symmetric(
    inner: Node, over: Index, axes: tuple[Index, ...], language: Language
) -> tuple[str, str, tuple[Index, ...]] | None:
    """x and s, with the index that is summed over in front, and the axes that come of Σ_n x_ni x_nj s_nab."""
    factors = inner.factors if isinstance(inner, Mul) and len(inner.factors) == 3 else ()
    entries = sorted((f for f in factors if isinstance(f, Entry)), key=lambda f: len(f.slots))
    if [len(f.slots) for f in entries] != [2, 2, 3] or entries[0].name != entries[1].name:
        return None
    left, right, middle = entries
    ends = [tuple(i for i in f.slots if i is not over) for f in (left, middle)]
    x, s = (laid(identifier(f.name), f.slots, (over, *e), language) for f, e in zip((left, middle), ends, strict=True))
    pairs = (middle.free - {over}, (left.free | right.free) - {over})  # in either order it is the same
    return x, s, tuple(i for pair in pairs for i in sorted(pair, key=axes.index))


def _multiplied(let: Let, product: ops.Product | ops.Chain, plan: Program, language: Language) -> str:
    """A product of two arrays or of three matrices."""
    if isinstance(product, ops.Chain):
        return language.local(language.chain.format(matrices=f"({', '.join(map(turned, product.factors))})"))
    pair = matrices(let) if let.axes or not language.whole else None
    return " @ ".join(map(turned, pair)) if pair is not None else _product(product, let.axes, plan, language)


def _product(product: ops.Product, axes: tuple[Index, ...], plan: Program, language: Language) -> str:
    left, right, indices = product.left, product.right, product.over
    live = set(indices)
    own = [i for i in left.slots if i not in live]
    if axes and axes[0] not in own:
        left, right = right, left
    shared = set(left.slots) & set(right.slots)
    names = identifier(left.name), identifier(right.name)
    if language.whole and not axes and left.slots == right.slots:
        both, held = f"{names[0]} * {names[1]}", all(_held(o.name, plan) for o in (left, right))
        return language.reduced("sum", both) if held else language.whole.format(a=both)
    rest = tuple(i for o in (left, right) for i in o.slots if i not in live)
    if language.weighed and axes and left.slots == right.slots and rest == 2 * axes:
        axis = _axis([k for k, i in enumerate(left.slots) if i in live])
        return language.reduced("sum", f"{names[0]} * {names[1]}", axis)
    if not axes and left.slots == right.slots:
        return language.local(language.dot.format(a=names[0], b=names[1]))
    if shared == live and rest == axes and len(axes) > 2:
        where = [[o.slots.index(i) for i in indices] for o in (left, right)]
        return language.local(language.tensordot.format(a=names[0], b=names[1], where=f"({where[0]}, {where[1]})"))
    for one, two in ((left, right), (right, left)):
        if language.stacks and two.slots == indices and one.slots[-1:] == indices:
            return f"{identifier(one.name)} @ {identifier(two.name)}"
    stack = tuple(i for i in axes if i in shared)
    if language.stacks and len(indices) == 1 and shared == {*live, *stack} and stack:
        orders = ((left, right), (right, left))
        texts = [_stacked(one, two, indices[0], stack, axes, language) for one, two in orders]
        if any(texts):
            return min((text for text in texts if text), key=len)
    every = dict.fromkeys((*left.slots, *right.slots, *axes))
    letters = {i: chr(ord("a") + k) for k, i in enumerate(every)}
    words = ["".join(letters[i] for i in slots) for slots in (left.slots, right.slots, axes)]
    return language.local(
        language.einsum.format(subscripts=f"{words[0]},{words[1]}->{words[2]}", a=names[0], b=names[1])
    )


def _held(name: str, plan: Program) -> bool:
    """Whether the array is in memory in any case: a product of matrices reads it, or a function that others read."""
    let = next((let for let in plan.lets if let.name == name), None)
    if let is None or not isinstance(let.operation, ops.Map):
        return True
    readers = [x for x in plan.lets if name in x.reads]
    shared = len(readers) + sum(name in array.body.names for array in plan.outputs.values()) > 1
    products = (isinstance(x.operation, ops.Product | ops.Solve) and bool(x.axes) for x in readers)
    body = let.operation.body
    return any(products) or (shared and any(isinstance(n, Apply) and n.fn not in _CHEAP for n in walk(body)))


_CHEAP = all_with(lambda code: code.cheap)


def _gather(gather: ops.Gather, axes: tuple[Index, ...], language: Language) -> str:
    """An array read at class labels."""
    source, slots = gather.source, gather.label.slots
    label = at_label(gather.label.name, gather.optional)
    if len(source.slots) == 1:
        return f"{identifier(source.name)}[{label}]"
    name = identifier(source.name) + (".T" if source.slots[0] is gather.at else "")
    if set(slots) != set(axes) or not set(source.slots) - {gather.at} <= set(slots):
        return f"{name}[:, {label}]" + (".T" if axes[0] in slots else "")
    return language.local(language.take.format(a=name, label=label))


def _of_matrix(made: ops.OfMatrix, axes: tuple[Index, ...], language: Language) -> str:
    """A function of a matrix, or of each matrix of a stack."""
    stack = axes[: len(axes) - len(made.slots)]
    text = language.of_matrix(made.fn, _matrix(made.source, stack, made.ends, language))
    return laid(text, (*stack, *made.slots), axes, language)


def _solved(found: ops.Solve, axes: tuple[Index, ...], language: Language) -> str:
    """inv(M) times an array, by solving with M or its transpose; with Cholesky's factor of M, by that."""
    inner_stack = tuple(i for i in found.source.slots if i not in found.ends)
    matrix = _matrix(found.source, inner_stack, found.ends, language)
    plain = not found.stack and not found.columns
    columns = found.columns or ((free_index("one~", 1),) if not plain else ())
    right = laid(identifier(found.other.name), found.other.slots, (*found.stack, found.live, *columns), language)
    by_rows = language.cho_solve_rows if found.cholesky else language.solve_rows
    if by_rows and found.columns and found.other.slots == (*found.stack, *found.columns, found.live):
        text = language.local(by_rows.format(a=matrix, b=identifier(found.other.name)))
        return laid(text, (*found.stack, *found.columns, found.kept), axes, language)
    absent = next((k for k, i in enumerate(found.stack) if i in found.other.slots), len(found.stack))
    right += f"[{'None, ' * absent}...]" if absent else ""
    spelling = language.cho_solve if found.cholesky else language.solve
    if not plain:
        spelling = language.cho_solve_many if found.cholesky else language.solve_many or spelling
    text = language.local(spelling.format(a=matrix, b=right))
    if plain or found.columns:
        return laid(text, (*found.stack, found.kept, *found.columns), axes, language)
    return laid(f"{text}[..., 0]", (*found.stack, found.kept), axes, language)


def _matrix(inner: Entry, stack: tuple[Index, ...], indices: tuple[Index, ...], language: Language) -> str:
    return laid(identifier(inner.name), inner.slots, (*stack, *indices), language)


def _stacked(
    left: Entry, right: Entry, live: Index, stack: tuple[Index, ...], axes: tuple[Index, ...], language: Language
) -> str | None:
    """A product of two stacks by ``@``, which takes the matrices one after another; None where it is none."""
    own = [tuple(i for i in o.slots if i is not live and i not in stack) for o in (left, right)]
    if any(len(o) > 1 for o in own) or not any(own) or axes[: len(stack)] != stack:
        return None
    if axes[len(stack) :] != (*own[0], *own[1]):
        return None
    one = free_index("one~", 1)
    rows, columns = own[0] or (one,), own[1] or (one,)
    a = laid(identifier(left.name), left.slots, (*stack, *rows, live), language)
    b = laid(identifier(right.name), right.slots, (*stack, live, *columns), language)
    text = f"{a} @ {b}"
    if own[0] and own[1]:
        return text
    return f"({text})[..., 0]" if own[0] else f"({text})[..., 0, :]"


def returned(array: Array, plan: Program, language: Language) -> str:
    """An output laid out in its own order of axes, with the axes it does not depend on; no argument itself, for the
    caller may write to what was computed."""
    text = spelled(array.body, array.axes, language)
    if set(array.body.free) == set(array.axes) and array.body.names:
        return text + (language.copy if isinstance(array.body, Entry) and _given(array.body.name, plan) else "")
    chosen = language.broadcast if array.body.free else language.full
    return language.local(chosen.format(a=text, shape=shape_of(array.axes)))


def _given(name: str, plan: Program) -> bool:
    """Whether the array is an argument, or one with its axes in another order."""
    views = {
        let.name: let.operation.body.name
        for let in plan.lets
        if isinstance(let.operation, ops.Map) and isinstance(let.operation.body, Entry)
    }
    while name in views:
        name = views[name]
    return name in plan.inputs


def lines_of(plan: Program, language: Language) -> tuple[list[str], list[str]]:
    """Every statement, and every answer."""
    plan = chained(plan) if language.chain else plan
    body = [line for let in plan.lets for line in statement(let, plan, language)]
    return body, [returned(array, plan, language) for array in plan.outputs.values()]


def sizes(plan: Program, lines: Iterable[str]) -> list[str]:
    """Statements for the extents that the code mentions."""
    return mentioned({identifier(name): shape for name, shape in plan.inputs.items()}, lines)
