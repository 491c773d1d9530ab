"""Relations that the symbols of other sections keep from being read. Owns: which of them are read once more, by their
own section alone, and which verdicts of that reading count.

A letter that is a vector in one section is a number in another. What a section says by itself is believed where it is
good; it refutes nothing, for what is stated elsewhere is not there. Never: judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradwright.core.errors import Span
from gradwright.referee.compare.verdicts import Verdict
from gradwright.referee.evidence.chains import Chain, Collected, Link
from gradwright.referee.evidence.claims import goes_on, named, names_in

SAID = "read by its own section, in which its letters are what they are in no other"


def sections(collected: Collected, unread: set[int]) -> Iterator[tuple[Span, set[int]]]:
    """Where the sections with relations that are unread stand, and the places of these; none of a single section.

    ``unread``: the places of the signs of relations whose sides have trees.
    """
    spans = _spans(collected.chains)
    for section, span in spans.items() if len(spans) > 1 else ():
        own = {
            link.op.start
            for chain in collected.chains
            if chain.section == section
            for link in chain.links
            if link.op.start in unread and not _rests_elsewhere(collected, chain, link)
        }
        if own:
            yield span, own


def _spans(chains: Sequence[Chain]) -> Mapping[int, Span]:
    """From the first formula of a section to the last."""
    found: dict[int, Span] = {}
    for chain in chains:
        start, end = chain.place, max([chain.place, *(side.span[1] for side in chain.sides)])
        known = found.get(chain.section, (start, end))
        found[chain.section] = min(known[0], start), max(known[1], end)
    return found


def _rests_elsewhere(collected: Collected, chain: Chain, link: Link) -> bool:
    """Whether another section declares a symbol of a relation."""
    symbols = collected.symbols.at(chain.section)
    trees = [chain.sides[k].tree for k in (link.left, link.left + 1)]
    names = set().union(*(names_in(symbols, tree) for tree in trees if tree is not None))
    return any(symbols.shapes.declared.get(name, chain.section) != chain.section for name in names)


def believed(collected: Collected, chain: Chain, link: Link, verdict: Verdict) -> bool:
    """Whether a verdict by the section alone counts: proved, or a meaning of a name that is given one here."""
    if verdict.verdict in ("proved", "confirmed"):
        return True
    left = chain.sides[link.left].tree
    if verdict.verdict != "definition" or left is None:
        return False
    key = named(collected.symbols, left)
    if len(chain.links) == 1 and not goes_on(chain):
        return True
    return not any(d.key == key and d.section != chain.section for d in collected.symbols.definitions)
