"""Relations that fail as the symbols of other sections have it. Owns: which of them are read once more, by their own
section alone, and which verdicts of that reading count.

A letter that is a vector in one section is a number in another. What a section says by itself is believed where it is
good; it refutes nothing, for what is stated elsewhere is not there. Never: judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradwright.core.errors import Span
from gradwright.referee.compare.verdicts import Verdict
from gradwright.referee.evidence.chains import Chain, Collected, Link
from gradwright.referee.evidence.claims import goes_on, named

SAID = "read by its own section, in which its letters are what they are in no other"


def sections(collected: Collected, unread: set[int]) -> Iterator[tuple[Span, set[int]]]:
    """Where the sections with relations that are open stand, and the places of these; none of a single section.

    ``unread``: the places of the signs of relations that do not hold or are not read, and whose sides have trees.
    """
    spans = _spans(collected.chains)
    for section, span in spans.items() if len(spans) > 1 else ():
        own = {
            link.op.start
            for chain in collected.chains
            if chain.section == section
            for link in chain.links
            if link.op.start in unread
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


def settled(collected: Collected, chain: Chain, link: Link, whole: str, alone: Verdict) -> Verdict | None:
    """What the section alone makes of a relation that is ``whole`` in the document; nothing where that stays.

    It is proved, or gives a name its meaning. One that fails in the document, and whose letters do not even fit as the
    section has them, is not called false.
    """
    if _is_believed(collected, chain, link, alone):
        alone.reason = alone.reason or SAID
        return alone
    if whole != "unread" and alone.verdict == "unread" and "shapes" in alone.reason:
        return Verdict("unread", f"{SAID}: {alone.reason}")
    return None


def _is_believed(collected: Collected, chain: Chain, link: Link, verdict: Verdict) -> bool:
    if verdict.verdict in ("proved", "confirmed"):
        return True
    left = chain.sides[link.left].tree
    if verdict.verdict != "definition" or left is None:
        return False
    key = named(collected.symbols, left)
    if len(chain.links) == 1 and not goes_on(chain):
        return True
    return not any(d.key == key and d.section != chain.section for d in collected.symbols.definitions)
