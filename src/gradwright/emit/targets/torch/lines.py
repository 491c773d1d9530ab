"""Statements of a PyTorch module. Owns: which arrays are written over, which log-softmax is a softmax. Never: plans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gradwright.core.index import Index
from gradwright.core.node import Entry, Node, Where
from gradwright.emit.forms.exponentials import SOFTMAX
from gradwright.emit.forms.labels import linear_in_label
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Fold, Let, Map, Program, Rowwise
from gradwright.emit.spell.arrays import computed, returned, statement
from gradwright.emit.spell.language import Language, Speller
from gradwright.emit.spell.spell import Dialect, spelled
from gradwright.emit.targets.torch.inplace import Sources, in_place


def statements(
    plan: Program, lets: Sequence[Let], kept: Iterable[str], language: Language, own: Iterable[str] = ()
) -> list[str]:
    """The code of these arrays in order; ``kept`` are names that must be whole at the end, ``own`` those of arrays
    made before, which may be written over."""
    lines: list[str] = []
    kept = frozenset(kept) | {let.operation.body.name for let in lets if _alias(let)}  # type: ignore[union-attr]
    own = set(own)
    sources = plan.sources()
    for place, let in enumerate(lets):
        later = kept.union(*(other.reads for other in lets[place + 1 :]))
        dying = frozenset((own & let.reads) - later)
        still = kept.union(*(other.reads for other in lets[place:]), plan.inputs)
        largest = _largest(let, lets[:place], still)
        lines += [largest] if largest else _statement(let, plan, language, dying, sources).split("\n")
        chosen = any(isinstance(n, Where) for n in let.nodes)
        own |= set() if chosen or _alias(let) else {let.name}
    return lines


def _alias(let: Let) -> bool:
    """Whether it is another array, its axes in another order."""
    return isinstance(let.operation, Map) and isinstance(let.operation.body, Entry)


def _largest(let: Let, before: Sequence[Let], still: Collection[str]) -> str | None:
    """The largest entries of a softmax whose argument is there, too."""
    fold = let.operation
    if not (isinstance(fold, Fold) and fold.op == "max" and isinstance(fold.body, Entry)) or len(fold.over) > 1:
        return None
    inner = fold.body
    made = next((x.operation for x in before if x.name == inner.name), None)
    if not isinstance(made, Rowwise) or made.fn != SOFTMAX:
        return None
    axis = inner.slots.index(fold.over[0])
    over = made.source.slots.index(made.along)
    kept = tuple(i for i in inner.slots if i not in fold.over)
    if made.source.name not in still or axis != over or kept != let.axes:
        return None
    name, p, a = map(identifier, (let.name, inner.name, made.source.name))
    return f"{name} = _largest({p}, {a}, {axis})"


def _statement(let: Let, plan: Program, language: Language, dying: frozenset[str], sources: Sources) -> str:
    name = identifier(let.name)
    if isinstance(let.operation, Fold):
        return f"{name} = {computed(let, plan, language, _inside(dying, sources))}"
    whole = statement(let, plan, language)
    if not isinstance(let.operation, Map):
        return whole
    body = let.operation.body
    found = linear_in_label(body)
    if found is not None and len(let.axes) == 2:
        base = in_place(found[0], let.axes, language, dying, sources)
        if isinstance(found[0], Entry) and found[0].name in dying and found[0].slots == let.axes:
            base = identifier(found[0].name)
        scatter = whole.partition("\n")[2]
        return f"{name} = {base}\n{scatter}" if base is not None and scatter else whole
    text = in_place(body, let.axes, language, dying, sources) if let.axes and not isinstance(body, Entry) else None
    return whole if text is None else f"{name} = {text}"


def _inside(dying: frozenset[str], sources: Sources) -> Speller:
    """How a summand reads: in one array where that can be."""

    def said(node: Node, axes: tuple[Index, ...], dialect: Dialect) -> str:
        return in_place(node, axes, dialect, dying, sources) or spelled(node, axes, dialect)

    return said


def answered(plan: Program, language: Language) -> list[str]:
    """Every answer as an expression."""
    return [returned(array, plan, language) for array in plan.outputs.values()]


def cast(answer: str) -> str:
    """The answer in the type and on the device that the caller's arrays have."""
    if "torch.full" in answer:
        return f"torch.as_tensor({answer}, dtype=answer, device=device)"
    return f"({answer}).to(answer)" if " " in answer else f"{answer}.to(answer)"
