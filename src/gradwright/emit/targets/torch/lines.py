"""Statements of a PyTorch module. Owns: which arrays are written over, which log-softmax is a softmax. Never: plans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gradwright.core.build import open_binder
from gradwright.core.index import Index
from gradwright.core.node import Entry, MatFn, Node, Reduce, Where, walk
from gradwright.emit.forms.labels import linear_in_label
from gradwright.emit.plan.lets import Let, Plan
from gradwright.emit.plan.names import identifier
from gradwright.emit.spell.arrays import computed, returned, statement
from gradwright.emit.spell.language import Language, Speller
from gradwright.emit.spell.spell import Dialect, spelled
from gradwright.emit.targets.torch.inplace import Sources, in_place

SOFTMAX = "softmax"


def statements(
    plan: Plan, lets: Sequence[Let], kept: Iterable[str], language: Language, own: Iterable[str] = ()
) -> list[str]:
    """The code of these arrays in order; ``kept`` are names that must be whole at the end, ``own`` those of arrays
    made before, which may be written over."""
    lines: list[str] = []
    aliased = {let.body.name for let in lets if isinstance(let.body, Entry)}
    kept = frozenset(kept) | aliased
    own = set(own)
    sources = plan.sources()
    for place, let in enumerate(lets):
        later = kept.union(*(plan.reads(other) for other in lets[place + 1 :]))
        dying = frozenset((own & let.body.names) - later)
        still = kept.union(*(plan.reads(other) for other in lets[place:]), plan.inputs)
        largest = _largest(let, lets[:place], still)
        lines += [largest] if largest else _statement(let, plan, language, dying, sources).split("\n")
        if not any(isinstance(n, Where) for n in walk(let.body)) and not isinstance(let.body, Entry):
            own.add(let.name)
    return lines


def _largest(let: Let, before: Sequence[Let], still: Collection[str]) -> str | None:
    """The largest entries of a softmax whose argument is there, too."""
    if not (isinstance(let.body, Reduce) and let.body.op == "max") or len(let.body.bound) > 1:
        return None
    indices, inner = open_binder(let.body)
    made = next((x for x in before if isinstance(inner, Entry) and x.name == inner.name), None)
    if not isinstance(inner, Entry) or made is None or not (isinstance(made.body, MatFn) and made.body.fn == SOFTMAX):
        return None
    _, argument = open_binder(made.body)
    axis = inner.slots.index(indices[0])
    over = made.axes.index(made.body.slots[0])
    kept = tuple(i for i in inner.slots if i not in indices)
    if not isinstance(argument, Entry) or argument.name not in still or axis != over or kept != let.axes:
        return None
    name, p, a = map(identifier, (let.name, inner.name, argument.name))
    return f"{name} = _largest({p}, {a}, {axis})"


def _statement(let: Let, plan: Plan, language: Language, dying: frozenset[str], sources: Sources) -> str:
    name = identifier(let.name)
    found = linear_in_label(let.body)
    if found is not None and len(let.axes) == 2:
        base = in_place(found[0], let.axes, language, dying, sources)
        if isinstance(found[0], Entry) and found[0].name in dying and found[0].slots == let.axes:
            base = identifier(found[0].name)
        whole = statement(let, plan, language)
        scatter = whole.partition("\n")[2]
        return f"{name} = {base}\n{scatter}" if base is not None and scatter else whole
    if isinstance(let.body, Reduce):
        return f"{name} = {computed(let, plan, language, _inside(dying, sources))}"
    if isinstance(let.body, MatFn | Entry) or not let.axes:
        return statement(let, plan, language)
    text = in_place(let.body, let.axes, language, dying, sources)
    return statement(let, plan, language) if text is None else f"{name} = {text}"


def _inside(dying: frozenset[str], sources: Sources) -> Speller:
    """How a summand reads: in one array where that can be."""

    def said(node: Node, axes: tuple[Index, ...], dialect: Dialect) -> str:
        return in_place(node, axes, dialect, dying, sources) or spelled(node, axes, dialect)

    return said


def answered(plan: Plan, language: Language) -> list[str]:
    """Every answer as an expression."""
    return [returned(array, plan, language) for array in plan.outputs.values()]


def cast(answer: str) -> str:
    """The answer in the type and on the device that the caller's arrays have."""
    if "torch.full" in answer:
        return f"torch.as_tensor({answer}, dtype=answer, device=device)"
    return f"({answer}).to(answer)" if " " in answer else f"{answer}.to(answer)"
