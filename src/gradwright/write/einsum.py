"""Arrays of any number of axes as sums of einsums. Owns: that notation. Never: is used where matrix notation fits."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import ZERO, open_binder, split_coefficient
from gradwright.core.context import Context
from gradwright.core.index import AT, Index
from gradwright.core.node import Array, Entry, MatFn, Mul, Node, Number, Reduce, factors_in
from gradwright.tables.matrix import LEVI_CIVITA
from gradwright.write.algebra import joined_sum, product
from gradwright.write.contract import Form
from gradwright.write.index import applied, numeral
from gradwright.write.matrix import Writer
from gradwright.write.network import Unfit, products
from gradwright.write.term import Call, Name, Neg, Quoted, Quotient, Term

_MOST_LETTERS = 17
_FIRST = "ijklmnopqrstuvwxyz"


def einsum_term(array: Array, context: Context) -> Term | None:
    """The array as a sum of einsums, or None where it has none."""
    writer = Einsum(context)
    try:
        parts = sorted(products(array.body, context), key=writer.rank)
        return writer.finished(joined_sum([writer.term(part, array.axes) for part in parts]))
    except Unfit:
        return None


class Einsum(Writer):
    """Compiles the factors of products; what stands between them is left to the subscripts."""

    def term(self, node: Node, axes: tuple[Index, ...], beside: Sequence[Form] = ()) -> Term:
        """One product over any number of indices, and of what stands ``beside`` it."""
        if node is ZERO:
            return Call("zeros", tuple(map(self.dim, axes)))
        coefficient, rest = split_coefficient(node)
        operands, scalars = self._operands(rest, axes)
        operands = [*operands, *beside]
        met = {index for operand in operands for index in operand.axes}
        operands += [Form(self.ones(index), (index,)) for index in axes if index not in met]
        letters: dict[Index, str] = {}
        for index in (*axes, *(i for o in operands for i in o.axes)):
            letters.setdefault(index, _FIRST[len(letters)])
            if len(letters) > _MOST_LETTERS:
                raise Unfit
        if len(operands) == 1 and operands[0].axes == axes:
            return self._scaled_by(coefficient, scalars, operands[0].term)
        before = ",".join("".join(letters[i] for i in o.axes) for o in operands)
        spec = f"{before}->{''.join(letters[i] for i in axes)}"
        call = Call("einsum", (Quoted(spec), *(o.term for o in operands)))
        return self._scaled_by(coefficient, scalars, call)

    def _scaled_by(self, coefficient: Number, scalars: Sequence[Term], call: Term) -> Term:
        above, below = numeral(coefficient, self.context.decimals)
        for factor in scalars:
            if isinstance(factor, Quotient) and factor.op == "/":
                below.append(factor.bottom)
                factor = factor.top
            above.append(factor)
        whole = product(*above, call)
        said = Quotient("/", whole, product(*below)) if below else whole
        return Neg(said) if coefficient < 0 else said

    def _operands(self, node: Node, axes: tuple[Index, ...]) -> tuple[list[Form], list[Term]]:
        """The factors as arrays over their indices, and those that have none."""
        pending = list(node.factors) if isinstance(node, Mul) else [node]
        operands: list[Form] = []
        scalars: list[Term] = []
        while pending:
            factor = pending.pop(0)
            if isinstance(factor, Reduce) and factor.op == "sum" and factor.free:
                used = frozenset(i for f in (*pending, factor) for i in f.free) | {i for o in operands for i in o.axes}
                _, inner = open_binder(factor, avoid=frozenset((*used, *axes)))
                pending = [*factors_in(inner), *pending]
                continue
            form = self._wide(factor)
            if form.axes:
                operands.append(form)
            else:
                scalars.append(form.term)
        operands.sort(key=lambda o: isinstance(o.term, Call) and o.term.fn == "eye")
        return operands, scalars

    def _wide(self, node: Node) -> Form:
        """An entry with all its indices, of a symbol or of a function of an array."""
        if isinstance(node, Entry) and len(node.slots) > 2 and all(s.kind != AT for s in node.slots):
            return Form(Name(node.name), node.slots)
        if not isinstance(node, MatFn):
            return self.form(node)
        if node.fn == LEVI_CIVITA:
            return Form(Call(node.fn, ()), node.slots)
        indices, body = open_binder(node, avoid=frozenset(node.slots))
        if node.order > 2 or any(slot.kind == AT for slot in node.slots):
            raise Unfit
        return Form(applied(node, self.onto(self.form(body), indices).term), node.slots)
