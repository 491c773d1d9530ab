"""Arrays in matrix notation, before they are laid out. Owns: the kinds of form and the identities built into them.

A form is a scalar, vector or matrix (or an array of more axes) made of whole arrays. Forms of one ``Forms`` are
interned: equal ones are the same object, so like terms collect and a matrix that equals its transpose is seen to.
Never: looks at indices, chooses between notations by guessing; every constructor keeps the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from gradwright.core.index import Dim
from gradwright.core.node import Number

NAME, CALL, MAP, PROD, HAD, CHAIN, FLIP, DIAG, ADD, SQUARE, EINSUM = (
    "name", "call", "map", "prod", "had", "chain", "flip", "diag", "add", "square", "einsum",
)  # fmt: skip
_PUSHED = 12
"""A transpose is taken inside forms up to this depth; above it stays outside, so that a deep chain costs nothing."""
_KEY = 8


class Form:
    """One array. What ``data`` holds depends on the kind:

    name    its name                      call    function and arguments (a transpose stays outside)
    map     scalar function, arguments    prod    coefficient, scalar powers, and an array or None
    had     powers, multiplied entrywise  chain   factors, multiplied as matrices (a flipped vector is a row)
    flip    the array transposed          diag    the vector on the diagonal
    add     terms                         square  the array whose squares are summed
    einsum  inputs, output, operands

    ``cost`` is about the number of tokens it is written in; ``key`` ranks the names in it in reading order.
    """

    __slots__ = ("cost", "data", "depth", "flipped", "key", "kind", "parts", "serial", "shape")
    kind: str
    data: tuple[object, ...]
    shape: tuple[Dim, ...]
    parts: tuple[Form, ...]
    cost: int
    key: tuple[int, ...]
    depth: int
    serial: int
    flipped: Form | None

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return f"{self.kind}{self.data!r}"


Exponent = Number | Form
Power = tuple[Form, Exponent]


class Split:
    """A form taken apart as coefficient · scalar powers · array."""

    __slots__ = ("array", "coefficient", "scalars")

    def __init__(self, coefficient: Number, scalars: tuple[Power, ...], array: Form | None) -> None:
        self.coefficient = coefficient
        self.scalars = scalars
        self.array = array


class Forms:
    """A family of interned forms: the constructors. ``ranks`` gives names their order, ``symmetric`` those facts."""

    def __init__(self, ranks: Mapping[str, int], symmetric: Callable[[str], bool]) -> None:
        self.ranks = ranks
        self.symmetric = symmetric
        self._table: dict[tuple[object, ...], Form] = {}

    def intern(self, kind: str, data: tuple[object, ...], shape: tuple[Dim, ...], parts: tuple[Form, ...]) -> Form:
        key = (kind, data, shape)
        found = self._table.get(key)
        if found is None:
            found = Form()
            found.kind, found.data, found.shape, found.parts = kind, data, shape, parts
            found.flipped = None
            found.serial = len(self._table)
            found.depth = 1 + max([part.depth for part in parts], default=0)
            found.cost = cost_of(found)
            found.key = self._key(found)
            self._table[key] = found
        return found

    def _key(self, form: Form) -> tuple[int, ...]:
        if form.kind == NAME:
            return (self.ranks.get(str(form.data[0]), 1 << 20),)
        key: tuple[int, ...] = ()
        for part in form.parts:
            key += part.key
            if len(key) >= _KEY:
                break
        return key[:_KEY]

    # atoms

    def name(self, name: str, shape: Sequence[Dim] = ()) -> Form:
        return self.intern(NAME, (name,), tuple(shape), ())

    def number(self, value: Number) -> Form:
        return self._prod(value, (), None)

    def extent(self, dim: Dim) -> Form:
        return self.number(dim) if isinstance(dim, int) else self.name(dim)

    def call(self, fn: str, args: Sequence[Form], shape: Sequence[Dim] = ()) -> Form:
        return self.intern(CALL, (fn, *args), tuple(shape), tuple(args))

    def ones(self, shape: Sequence[Dim]) -> Form:
        if not shape:
            return self.number(1)
        return self.call("ones", [self.extent(dim) for dim in shape], shape)

    def eye(self, dim: Dim) -> Form:
        return self.call("eye", [self.extent(dim)], (dim, dim))

    def map(self, fn: str, args: Sequence[Form]) -> Form:
        shape = max((arg.shape for arg in args), key=len, default=())
        return self.intern(MAP, (fn, *args), shape, tuple(args))

    def einsum(self, inputs: Sequence[str], output: str, operands: Sequence[Form], shape: Sequence[Dim]) -> Form:
        return self.intern(EINSUM, (tuple(inputs), output, *operands), tuple(shape), tuple(operands))

    # products of scalars and of entries

    def _prod(self, coefficient: Number, scalars: Iterable[Power], array: Form | None) -> Form:
        powers = tuple(sorted(scalars, key=_power_order))
        if coefficient == 0:
            array, powers = None, ()
        if isinstance(coefficient, Fraction) and coefficient.denominator == 1:
            coefficient = coefficient.numerator
        if coefficient == 1 and not powers and array is not None:
            return array
        if coefficient == 1 and array is None and len(powers) == 1 and powers[0][1] == 1:
            return powers[0][0]
        parts = (*_forms_in(powers), *((array,) if array is not None else ()))
        kind = type(coefficient).__name__
        return self.intern(PROD, (coefficient, powers, array, kind), array.shape if array is not None else (), parts)

    def split(self, form: Form) -> Split:
        if form.kind == PROD:
            coefficient, scalars, array, _ = form.data
            return Split(coefficient, scalars, array)  # type: ignore[arg-type]
        if form.rank:
            return Split(1, (), form)
        return Split(1, ((form, 1),), None)

    def joined(self, split: Split) -> Form:
        return self._prod(split.coefficient, split.scalars, split.array)

    def is_number(self, form: Form, value: Number | None = None) -> bool:
        if form.kind != PROD or form.data[1] or form.data[2] is not None:
            return False
        return value is None or form.data[0] == value

    def times(self, *forms: Form) -> Form:
        """The product of scalars and of arrays of one shape, entry by entry."""
        coefficient: Number = 1
        scalars: dict[Form, Exponent] = {}
        arrays: dict[Form, Exponent] = {}
        shape: tuple[Dim, ...] = ()
        for form in forms:
            split = self.split(form)
            coefficient = coefficient * split.coefficient
            for base, exponent in split.scalars:
                self._raise(scalars, base, exponent)
            if split.array is not None:
                shape = split.array.shape
                for base, exponent in self.powers(split.array):
                    self._raise(arrays, base, exponent)
        array = self._had(arrays, shape) if shape else None
        return self._prod(coefficient, [(b, e) for b, e in scalars.items() if e != 0], array)

    def _raise(self, powers: dict[Form, Exponent], base: Form, exponent: Exponent) -> None:
        if base not in powers:
            powers[base] = exponent
            return
        old = powers[base]
        if isinstance(old, Form) or isinstance(exponent, Form):
            total = self.add([self.exponent(old), self.exponent(exponent)])
            powers[base] = self.as_number(total)
        else:
            powers[base] = _whole(old + exponent)

    def exponent(self, exponent: Exponent) -> Form:
        return exponent if isinstance(exponent, Form) else self.number(exponent)

    def as_number(self, form: Form) -> Exponent:
        return form.data[0] if self.is_number(form) else form  # type: ignore[return-value]

    def powers(self, array: Form) -> tuple[Power, ...]:
        """An array as powers multiplied entry by entry."""
        if array.kind == HAD:
            return array.data  # type: ignore[return-value]
        return () if is_call(array, "ones") else ((array, 1),)

    def _had(self, powers: Mapping[Form, Exponent], shape: tuple[Dim, ...]) -> Form:
        kept = sorted(((b, e) for b, e in powers.items() if e != 0), key=_power_order)
        if not kept:
            return self.ones(shape)
        if len(kept) == 1 and kept[0][1] == 1:
            return kept[0][0]
        return self.intern(HAD, tuple(kept), shape, _forms_in(kept))

    def power(self, base: Form, exponent: Exponent) -> Form:
        """A power entry by entry. Whole exponents go inside products; others stay outside what may be negative."""
        if exponent == 1:
            return base
        split = self.split(base)
        whole = isinstance(exponent, int)
        alone = split.coefficient == 1 and len(split.scalars) + (split.array is not None) == 1
        if not whole and not alone:
            return self._whole_power(base, exponent)
        inside = split.scalars if split.array is None else self.powers(split.array)
        if not whole and (len(inside) != 1 or inside[0][1] != 1):
            return self._whole_power(base, exponent)
        if whole and (split.coefficient == 0 or any(isinstance(e, Form) for _, e in (*split.scalars, *inside))):
            return self._whole_power(base, exponent)
        scalars = [(b, _times(e, exponent)) for b, e in split.scalars]
        array = None
        if split.array is not None:
            array = self._had({b: _times(e, exponent) for b, e in self.powers(split.array)}, split.array.shape)
        coefficient = Fraction(split.coefficient) ** exponent if whole and split.coefficient != 1 else 1  # type: ignore[operator,arg-type]
        if isinstance(split.coefficient, float):
            coefficient = split.coefficient**exponent  # type: ignore[operator]
        return self._prod(coefficient, scalars, array)

    def _whole_power(self, base: Form, exponent: Exponent) -> Form:
        if base.rank or (isinstance(exponent, Form) and exponent.rank):
            shape = base.shape or exponent.shape  # type: ignore[union-attr]
            return self.intern(HAD, ((base, exponent),), shape, _forms_in([(base, exponent)]))
        return self._prod(1, [(base, exponent)], None)

    # transposes

    def flip(self, form: Form) -> Form:
        """The transpose of a matrix; a vector as a row (which stands only inside a chain)."""
        if form.flipped is None:
            other = self._flip(form)
            form.flipped = other
            if other.flipped is None and form.rank == 2:
                other.flipped = form
        return form.flipped

    def _flip(self, form: Form) -> Form:
        kind = form.kind
        if kind == FLIP:
            return form.parts[0]
        if form.rank == 0 or kind == DIAG or is_call(form, "eye") or self._known_symmetric(form):
            return form
        if kind == PROD:
            split = self.split(form)
            assert split.array is not None
            return self._prod(split.coefficient, split.scalars, self.flip(split.array))
        if kind == CHAIN:
            return self.chain(*[self.flip(item) for item in reversed(form.parts)], row=form.rank == 1)
        if form.rank == 2:
            if is_call(form, "ones"):
                return self.ones(form.shape[::-1])
            if kind == EINSUM:
                inputs, output, *operands = form.data
                return self.einsum(inputs, str(output)[::-1], operands, form.shape[::-1])  # type: ignore[arg-type]
            if form.depth <= _PUSHED:
                if kind == MAP:
                    return self.map(str(form.data[0]), [self._flip_part(p) for p in form.parts])
                if kind == HAD:
                    powers = {self._flip_part(b): self._flip_exponent(e) for b, e in form.data}  # type: ignore[misc,has-type]
                    return self._had(powers, form.shape[::-1])
                if kind == ADD:
                    return self.add([self._flip_part(p) for p in form.parts])
        shape = form.shape[::-1] if form.rank == 2 else form.shape
        return self.intern(FLIP, (form,), shape, (form,))

    def _flip_part(self, part: Form) -> Form:
        return self.flip(part) if part.rank == 2 else part

    def _flip_exponent(self, exponent: Exponent) -> Exponent:
        return self._flip_part(exponent) if isinstance(exponent, Form) else exponent

    def _known_symmetric(self, form: Form) -> bool:
        if form.rank != 2 or form.shape[0] != form.shape[1]:
            return False
        if form.kind == NAME:
            return self.symmetric(str(form.data[0]))
        if form.kind == CALL and form.data[0] == "D2":
            return True
        if form.kind == CALL and form.data[0] == "inv" and form.depth <= _PUSHED:
            return self.flip(form.parts[0]) is form.parts[0]
        return is_call(form, "ones")

    # matrix products

    def chain(self, *factors: Form, row: bool = False) -> Form:
        """The matrix product of columns, rows (flipped vectors) and matrices; scalars in it move to the front.

        A product that is a row is allowed only with ``row``, for use inside another chain.
        """
        outside: list[Form] = []
        items = self._flattened(factors, outside)
        items = self._without_eyes(self._with_diagonals(items, outside), factors)
        items = self._inner_products(items, outside)
        if not items:
            return self.times(*outside)
        if len(items) == 1:
            product = items[0]
        elif is_row(items[0]) and not is_row(items[-1]) and items[-1].rank == 1:
            product = self._scalar_chain(items)
        else:
            product = self._chain(items)
        assert row or not is_row(product), "a row stands alone"
        return self.times(*outside, product) if outside else product

    def _flattened(self, factors: Iterable[Form], outside: list[Form]) -> list[Form]:
        items: list[Form] = []
        for factor in factors:
            split = self.split(factor)
            if split.coefficient != 1 or split.scalars:
                outside.append(self._prod(split.coefficient, split.scalars, None))
            if split.array is not None:
                items.extend(split.array.parts if split.array.kind == CHAIN else (split.array,))
        return items

    def _with_diagonals(self, items: list[Form], outside: list[Form]) -> list[Form]:
        """Neighbouring diagonal matrices merge; a diagonal matrix times a vector is a product entry by entry."""
        merged: list[Form] = []
        for item in items:
            last = merged[-1] if merged else None
            new: Form | None = None
            if last is not None and last.kind == DIAG and item.kind == DIAG:
                new = self.diag(self.times(last.parts[0], item.parts[0]))
            elif last is not None and last.kind == DIAG and item.rank == 1 and not is_row(item):
                new = self.times(last.parts[0], item)
            elif last is not None and is_row(last) and item.kind == DIAG:
                new = self.flip(self.times(last.parts[0], item.parts[0])) if last.kind == FLIP else None
            if new is None:
                merged.append(item)
                continue
            merged.pop()
            merged.extend(self._flattened([new], outside))
        return merged

    def _without_eyes(self, items: list[Form], factors: Sequence[Form]) -> list[Form]:
        kept = [item for item in items if not is_call(item, "eye")]
        return kept or items[:1]

    def _inner_products(self, items: list[Form], outside: list[Form]) -> list[Form]:
        """Stretches inside a chain that are scalars (a row … a column) move out."""
        start = None
        for place, item in enumerate(items):
            if is_row(item):
                start = place
            elif item.rank == 1 and start is not None:
                if (start, place) == (0, len(items) - 1):
                    return items
                outside.append(self.chain(*items[start : place + 1]))
                return self._inner_products(items[:start] + items[place + 1 :], outside)
        return items

    def _chain(self, items: Sequence[Form]) -> Form:
        first, last = items[0], items[-1]
        left = () if is_row(first) else first.shape[:1]
        right = () if last.rank == 1 and not is_row(last) else last.shape[-1:]
        return self.intern(CHAIN, tuple(items), (*left, *right), tuple(items))

    def _scalar_chain(self, items: list[Form]) -> Form:
        """x'*A*y, in the direction that is shorter to write."""
        if len(items) == 2 and items[0].parts and items[0].kind == FLIP and items[0].parts[0] is items[1]:
            return self.square(items[1])
        back = [self.flip(item) for item in reversed(items)]
        forward, backward = self._chain(items), self._chain(back)
        return min(forward, backward, key=_plainest)

    def square(self, form: Form) -> Form:
        """Σ of the squares of the entries."""
        split = self.split(form)
        if split.coefficient != 1 or split.scalars:
            outside = self._prod(split.coefficient, split.scalars, None)
            assert split.array is not None
            return self.times(self.power(outside, 2), self.square(split.array))
        if form.rank == 2:
            form = min(form, self.flip(form), key=_plainest)
        return self.intern(SQUARE, (form,), (), (form,))

    def diag(self, vector: Form) -> Form:
        """The diagonal matrix of a vector."""
        split = self.split(vector)
        assert split.array is not None
        dim = vector.shape[0]
        if is_call(split.array, "ones"):
            return self.times(self._prod(split.coefficient, split.scalars, None), self.eye(dim))
        form = self.intern(DIAG, (split.array,), (dim, dim), (split.array,))
        return self._prod(split.coefficient, split.scalars, form)

    # sums

    def add(self, terms: Iterable[Form]) -> Form:
        """A sum of arrays of one shape and of scalars (which are added to every entry), like terms collected."""
        collected: dict[tuple[tuple[Power, ...], Form | None], Number] = {}
        shape: tuple[Dim, ...] = ()
        for term in self._spread(terms):
            shape = shape or term.shape
            split = self.split(term)
            key = split.scalars, split.array
            collected[key] = collected.get(key, 0) + split.coefficient
        kept = [self._prod(c, s, a) for (s, a), c in collected.items() if c != 0]
        if not kept:
            return self.times(self.number(0), self.ones(shape)) if shape else self.number(0)
        if len(kept) == 1:
            only = kept[0]
            return self.times(only, self.ones(shape)) if len(shape) > only.rank else only
        return self.sum_of(kept, shape)

    def sum_of(self, terms: Sequence[Form], shape: tuple[Dim, ...]) -> Form:
        """The sum of collected terms; replaced by ``factor.factoring`` to look for common factors first."""
        ordered = tuple(sorted(terms, key=self.term_order))
        if shape and all(not term.rank for term in ordered):
            return self.times(self.sum_of(terms, ()), self.ones(shape))
        return self.intern(ADD, ordered, shape, ordered)

    def _spread(self, terms: Iterable[Form]) -> list[Form]:
        spread: list[Form] = []
        for term in terms:
            split = self.split(term)
            inner = split.array if split.array is not None else split.scalars[0][0] if len(split.scalars) == 1 else None
            bare = not split.scalars if split.array is not None else len(split.scalars) == 1 and split.scalars[0][1] == 1
            if inner is not None and inner.kind == ADD and bare and split.coefficient in (1, -1):
                spread.extend(self.times(self.number(split.coefficient), part) for part in inner.parts)
            else:
                spread.append(term)
        return spread

    def term_order(self, term: Form) -> tuple[object, ...]:
        """Positive terms first, plain numbers last, then as the names in them were first written."""
        split = self.split(term)
        number = split.array is None and not split.scalars
        return split.coefficient < 0, number, (*term.key, 1 << 30), term.cost, _shape_of(term), term.serial


def is_call(form: Form, fn: str) -> bool:
    return form.kind == CALL and form.data[0] == fn


def is_row(form: Form) -> bool:
    """A flipped vector, or a chain that begins with one and does not end in a column."""
    if form.rank != 1:
        return False
    if form.kind == CHAIN:
        return is_row(form.parts[0])
    return form.kind == FLIP


def _whole(value: Number) -> Number:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def _times(left: Exponent, right: Exponent) -> Exponent:
    if left == 1:
        return right
    assert not isinstance(left, Form) and not isinstance(right, Form)
    return _whole(left * right)


def _forms_in(powers: Iterable[Power]) -> tuple[Form, ...]:
    found: list[Form] = []
    for base, exponent in powers:
        found.append(base)
        if isinstance(exponent, Form):
            found.append(exponent)
    return tuple(found)


_CATEGORY = {NAME: 0, SQUARE: 1, CHAIN: 1, CALL: 2, MAP: 2, DIAG: 2, FLIP: 0, HAD: 1, EINSUM: 2, PROD: 3, ADD: 3}


def _power_order(power: Power) -> tuple[object, ...]:
    """Where a factor stands in its product: symbols, then inner products, functions and parentheses."""
    base, exponent = power
    below = not isinstance(exponent, Form) and exponent < 0
    raised = 0 if isinstance(exponent, Form) else -exponent
    return below, _CATEGORY[base.kind], (*base.key, 1 << 30), base.cost, raised, base.serial


def _plainest(form: Form) -> tuple[object, ...]:
    return form.cost, form.key, form.serial


def _shape_of(form: Form) -> tuple[str, ...]:
    return (form.kind, *(part.kind for part in form.parts[:4]))


# --- about how many tokens a form is written in ----------------------------------------------------------------------


def cost_of(form: Form) -> int:
    return _COSTS[form.kind](form)


def _fenced(form: Form) -> int:
    """Its cost as a factor: sums and products need parentheses."""
    return form.cost + (2 if form.kind in (ADD, PROD, CHAIN, HAD) else 0)


def _raised(power: Power) -> int:
    base, exponent = power
    cost = _fenced(base)
    if isinstance(exponent, Form):
        return cost + 1 + _fenced(exponent)
    size = abs(exponent)
    if size == Fraction(1, 2):
        return base.cost + 3
    if isinstance(size, Fraction):
        return cost + 6
    return cost + (0 if size == 1 else 2)


def _product_cost(pieces: Sequence[int]) -> int:
    return sum(pieces) + max(0, len(pieces) - 1)


def _prod_cost(form: Form) -> int:
    coefficient, scalars, array, _ = form.data
    pieces = [_raised(power) for power in scalars]  # type: ignore[attr-defined]
    if isinstance(array, Form):
        pieces.append(array.cost if array.kind == CHAIN else _fenced(array))
    elif len(pieces) == 1 and scalars[0][0].kind == CHAIN:  # type: ignore[index]
        pieces[0] -= 2
    size = abs(coefficient)  # type: ignore[arg-type]
    if size != 1 or not pieces:
        pieces.append(3 if isinstance(size, Fraction) else 1)
    return _product_cost(pieces) + (1 if coefficient < 0 else 0)  # type: ignore[operator]


def _had_cost(form: Form) -> int:
    cost = _product_cost([_raised(power) for power in form.data])  # type: ignore[arg-type]
    return cost + (2 if all(not isinstance(e, Form) and e < 0 for _, e in form.data) else 0)  # type: ignore[misc,has-type]


def _chain_cost(form: Form) -> int:
    return _product_cost([_fenced(item) if item.kind in (ADD, HAD) else item.cost for item in form.parts])


def _add_cost(form: Form) -> int:
    return sum(term.cost for term in form.parts) + len(form.parts) - 1


def _call_cost(form: Form) -> int:
    return 2 + max(1, 2 * len(form.parts)) + sum(part.cost for part in form.parts)


def _square_cost(form: Form) -> int:
    inner = form.parts[0]
    return 4 if inner.kind == NAME and inner.rank == 1 else inner.cost + 5


def _einsum_cost(form: Form) -> int:
    inputs, output, *operands = form.data
    return 4 + 2 * len(operands) + len(str(output)) + sum(op.cost for op in operands)  # type: ignore[attr-defined]


_COSTS: dict[str, Callable[[Form], int]] = {
    NAME: lambda form: 1,
    CALL: _call_cost,
    MAP: _call_cost,
    PROD: _prod_cost,
    HAD: _had_cost,
    CHAIN: _chain_cost,
    FLIP: lambda form: _fenced(form.parts[0]) + 1,
    DIAG: lambda form: form.parts[0].cost + 3,
    ADD: _add_cost,
    SQUARE: _square_cost,
    EINSUM: _einsum_cost,
}
