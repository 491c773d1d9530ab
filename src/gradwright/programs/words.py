"""What a wrong gradient lacks, in words. Owns: the sentences. Never: judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    add,
    const,
    entry,
    is_const,
    mul,
    negate,
    open_binder,
    power,
    rename,
    size,
)
from gradwright.core.context import Context
from gradwright.core.index import free_index, names_of
from gradwright.core.node import Apply, Array, Const, Entry, Node, Pow, Reduce, factors_in, terms_in, walk
from gradwright.core.walk import bottom_up
from gradwright.engine.abbreviate import abbreviate
from gradwright.engine.normal import TooLong
from gradwright.engine.passes import normal_form
from gradwright.engine.simplify import Used
from gradwright.write.answer import Result

_MOST_TERMS = 3
_MOST_SAID = 300  # characters


def missing(
    truth: Array, claim: Array, like: Array, context: Context, incoming: str, equal: Callable[[Node, Node], bool]
) -> str:
    """What has to be done to the claim to make it the ``truth``; ``equal``: whether two bodies over its axes are."""
    if incoming and incoming in truth.body.names and incoming not in claim.body.names:
        return f"the incoming gradient {incoming} is not used"
    if is_const(claim.body, 0):
        return "nothing is given, and the gradient is not 0"
    try:
        right, wrong = (normal_form(side.body, truth.axes, context, Used()) for side in (truth, claim))
    except TooLong:
        return "it is another function"
    return (
        _scaled(right, wrong, context)
        or _scaled_by_some(truth.body, claim.body, context, equal)
        or _for_another(truth.body, claim.body, context, equal)
        or _without_function(truth.body, claim.body, context, equal)
        or _transposed(right, wrong, truth, context)
        or _terms(right, wrong, like, context, equal)
    )


def _scaled(right: Node, wrong: Node, context: Context) -> str:
    """The claim is a multiple of the gradient by what depends on no entry."""
    ratio = _ratio(terms_in(right), terms_in(wrong))
    if ratio is None:
        return ""
    return "the sign is the other way round" if ratio is MINUS_ONE else f"the factor {_said(ratio, context)} is missing"


def _scaled_by_some(truth: Node, claim: Node, context: Context, equal: Callable[[Node, Node], bool]) -> str:
    """The same where the forms are too unlike to see it, of the factors that are forgotten most."""
    names = sorted({name for shape in context.symbols.values() for dim in shape for name in names_of(dim)})
    sizes = [size(name) for name in names]
    ratios = [mul(one, power(other, MINUS_ONE)) for one in (ONE, *sizes) for other in sizes if one is not other]
    tried = [MINUS_ONE, const(2), HALF, *sizes, *ratios]
    found = next((factor for factor in tried if equal(truth, mul(factor, claim))), None)
    if found is None:
        return ""
    return "the sign is the other way round" if found is MINUS_ONE else f"the factor {_said(found, context)} is missing"


def _for_another(truth: Node, claim: Node, context: Context, equal: Callable[[Node, Node], bool]) -> str:
    """The gradient for something else in the place of a symbol: 1, its opposite, its transpose."""
    for name in sorted(truth.names & context.symbols.keys()):
        for instead, said in _INSTEAD:
            other = bottom_up(_put(name, instead), truth)
            if (instead is not _one or name not in claim.names) and other is not truth and equal(other, claim):
                return said.format(name)
    return ""


def _without_function(truth: Node, claim: Node, context: Context, equal: Callable[[Node, Node], bool]) -> str:
    """The gradient without a function of entries, as of a relu whose slope was forgotten."""
    theirs = set(walk(claim))
    for applied in (node for node in walk(truth) if isinstance(node, Apply) and node.free and node not in theirs):
        if equal(bottom_up(partial(_not_applied, gone=applied.fn), truth), claim):
            return f"the factor {_said(applied, context)} is missing"
    return ""


def _not_applied(node: Node, gone: str) -> Node:
    return ONE if isinstance(node, Apply) and node.fn == gone else node


def _one(entry: Entry) -> Node:
    return ONE


def _turned(found: Entry) -> Node:
    square = len(found.slots) == 2 and found.slots[0].dim == found.slots[1].dim
    return entry(found.name, *reversed(found.slots)) if square else found


_INSTEAD: tuple[tuple[Callable[[Entry], Node], str], ...] = (
    (_one, "{0} is not used; it is right only where {0} is 1"),
    (negate, "{0} has the wrong sign in it"),
    (_turned, "{0} is transposed in it"),
)


def _put(name: str, instead: Callable[[Entry], Node]) -> Callable[[Node], Node]:
    return lambda node: instead(node) if isinstance(node, Entry) and node.name == name else node


def _ratio(ours: Sequence[Node], theirs: Sequence[Node], allowed: Callable[[Node], bool] | None = None) -> Node | None:
    """What every one of these terms has to be multiplied by to give those, where it is ``allowed``; else where it
    depends on no entry.
    """
    if len(ours) != len(theirs):
        return None
    ratios = filter(allowed or _is_factor, (mul(term, power(theirs[0], MINUS_ONE)) for term in ours))
    whole = add(*ours)
    return next((r for r in ratios if add(*(mul(r, other) for other in theirs)) is whole), None)


def _is_factor(ratio: Node) -> bool:
    """Whether a ratio is made of numbers, extents and scalar symbols."""
    return not ratio.free and not any(isinstance(factor, Reduce) for factor in factors_in(ratio))


def _is_one(ratio: Node) -> bool:
    """Whether a ratio is a single thing, entry by entry."""
    return len(factors_in(ratio)) == 1 and not isinstance(ratio, Const)


def _transposed(right: Node, wrong: Node, truth: Array, context: Context) -> str:
    if len(truth.axes) != 2 or truth.axes[0].dim != truth.axes[1].dim:
        return ""
    first, second = truth.axes
    turned = normal_form(rename(wrong, {first: second, second: first}), truth.axes, context, Used())
    return "it is the transpose of the gradient" if turned is right else ""


def _terms(right: Node, wrong: Node, like: Array, context: Context, equal: Callable[[Node, Node], bool]) -> str:
    """Terms of the gradient that the claim lacks, and terms that it has instead."""
    theirs = set(terms_in(wrong))
    absent = [term for term in terms_in(right) if term not in theirs]
    ours = set(terms_in(right))
    extra = [term for term in terms_in(wrong) if term not in ours]
    if not absent and extra:
        return f"the {_plural(extra)} {_sum(extra, like, context)} should not be there"
    if not extra:
        return f"the {_plural(absent)} {_sum(absent, like, context)} {'is' if len(absent) == 1 else 'are'} missing"
    factor = _ratio(absent, extra)
    if factor is not None:
        lacks = "the wrong sign" if factor is MINUS_ONE else f"not the factor {_said(factor, context)}"
        return f"the {_plural(extra)} {_sum(extra, like, context)} {_has(extra)} {lacks}"
    for these, those, lack in ((extra, absent, "too often"), (absent, extra, "not")):
        entrywise = _entrywise(these, those, equal)
        if entrywise is not None and not (these is extra and isinstance(entrywise, Pow)):
            said = f"{lack} the factor {_said(entrywise, context)}"
            return f"the {_plural(extra)} {_sum(extra, like, context)} {_has(extra)} {said}"
    if len(terms_in(right)) > _MOST_TERMS and len(absent) == len(terms_in(right)):
        return (
            f"none of its terms is the gradient's, to it has to be added {_sum([right, negate(wrong)], like, context)}"
        )
    return f"{_sum(extra, like, context)} stands where {_sum(absent, like, context)} should"


def _entrywise(ours: Sequence[Node], theirs: Sequence[Node], equal: Callable[[Node, Node], bool]) -> Node | None:
    """What those terms have to be multiplied by, entry by entry, to be these."""
    found = _ratio(ours, theirs, _is_one)
    if found is not None or len(ours) != len(theirs):
        return found
    within = _ratio_within(ours[0], theirs[0]) if len(ours) == 1 else None
    if within is not None:
        return within
    tried = (factor for factor in factors_in(ours[0]) if _is_one(factor) and factor not in factors_in(theirs[0]))
    return next((factor for factor in tried if equal(add(*ours), mul(factor, add(*theirs)))), None)


def _ratio_within(ours: Node, theirs: Node) -> Node | None:
    """What stands in a sum as a factor and not in another one that is the same else."""
    sums = [factor for factor in factors_in(ours) if factor not in factors_in(theirs)]
    others = [factor for factor in factors_in(theirs) if factor not in factors_in(ours)]
    pair = [node for node in (*sums, *others) if isinstance(node, Reduce) and node.op == "sum" and len(node.bound) == 1]
    if len(pair) != 2 or (len(sums), len(others)) != (1, 1):
        return None
    ((index,), body), ((other,), beside) = map(open_binder, pair)
    if index.dim != other.dim:
        return None
    ratio = mul(body, power(rename(beside, {other: index}), MINUS_ONE))
    return ratio if _is_one(ratio) else None


def _plural(terms: Sequence[Node]) -> str:
    return "term" if len(terms) == 1 else "terms"


def _has(terms: Sequence[Node]) -> str:
    return "has" if len(terms) == 1 else "have"


def _sum(terms: Sequence[Node], like: Array, context: Context) -> str:
    """The sum of terms, or how many they are where that would be too long to read."""
    own = replace(
        context, definitions=dict(context.definitions), symbols=dict(context.symbols),
        introduced=list(context.introduced), order=list(context.order), found={},
    )  # fmt: skip
    body = abbreviate(add(*terms), own)
    said = str(Result(replace(like, body=body), own))
    count = sum(len(terms_in(term)) for term in terms)
    return said if len(said) <= _MOST_SAID else "a term that is too long to be said" if count == 1 else f"{count} terms"


def _said(node: Node, context: Context) -> str:
    """A node over the indices it has."""
    indices = sorted(node.free, key=repr)
    axes = tuple(free_index(f"{place}", index.dim) for place, index in enumerate(indices))
    return str(Result(Array(axes, rename(node, dict(zip(indices, axes, strict=True)))), context))
