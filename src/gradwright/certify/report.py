"""What an examination found, as a record. Owns: certificates and counterexamples, and how they are said.

Never: computes either.
"""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import Any, Literal

from gradwright.core.record import dataclass

Outcome = Literal["confirmed", "refuted", "unavailable"]
Values = dict[str, dict[tuple[int, ...], Fraction]]
Sizes = dict[str, int]
_FEW = 2  # sizes that are named one by one
_LONG = 10**60  # denominators of what is no fraction


def entries_of(values: Values) -> dict[str, list[Any]]:
    """The entries of every symbol one after the other, as a run of a program takes them."""
    return {name: list(entries.values()) for name, entries in values.items()}


@dataclass(frozen=True)
class Counterexample:
    """A point at which two sides differ: ``left`` is the truth, ``right`` what was claimed, at one entry."""

    claim: str
    values: Values
    sizes: Sizes
    entry: tuple[int, ...]
    left: str
    right: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "claim": self.claim,
            "values": {name: _nested(flat) for name, flat in self.values.items()},
            "sizes": self.sizes,
            "entry": list(self.entry),
            "left": self.left,
            "right": self.right,
        }

    def __str__(self) -> str:
        point = ", ".join(f"{name} = {_nested(flat)}" for name, flat in self.values.items())
        entry = f" entry [{','.join(map(str, self.entry))}]" if self.entry else ""
        return f"at {point}:{entry} {self.left} against {self.right}" if point else f"{self.left} against {self.right}"


@dataclass(frozen=True)
class Certificate:
    """What arithmetic says about a claim.

    ``digits``  how many agree, guaranteed, relative to the largest entry (to 1 where every entry is 0)
    ``points``  how many points were tried, over all ``sizes``
    ``ranges``  the least and the largest entry that each symbol had there, where an equality was examined
    ``facts``   what was given of the symbols, in words
    ``entries`` at how many of how many entries it was looked, where not at all of them
    ``empty``   that no point has the facts and a value on both sides, as far as was looked
    """

    verdict: Outcome
    method: str
    digits: int = 0
    points: int = 0
    sizes: tuple[Sizes, ...] = ()
    counterexample: Counterexample | None = None
    reason: str = ""
    seconds: float = 0.0
    ranges: dict[str, tuple[Fraction, Fraction]] = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    entries: tuple[int, int] | None = None
    empty: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "method": self.method,
            "digits": self.digits,
            "points": self.points,
            "sizes": list(self.sizes),
            **({"entries": list(self.entries)} if self.entries else {}),
            "ranges": {name: [float(low), float(high)] for name, (low, high) in self.ranges.items()},
            "facts": list(self.facts),
            "counterexample": self.counterexample.to_dict() if self.counterexample else None,
            "reason": self.reason,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        if self.verdict == "unavailable":
            return f"not checked: {self.reason}"
        if self.verdict == "refuted" and self.counterexample is None:
            return f"refuted: {self.reason}"
        if self.counterexample is not None:
            beside = f" ({self.reason})" if self.reason else ""
            return f"refuted: {self.counterexample.claim} is wrong {self.counterexample}{beside}"
        points = "1 point" if self.points == 1 else f"{self.points} points"
        entries = "at {} of {} entries".format(*self.entries) if self.entries else ""
        said = (
            f"{self.digits} digits at {points}",
            entries,
            self._sizes_said(),
            self._range_said(),
            f"by {self.method}",
        )
        return f"confirmed: {', '.join(part for part in said if part)}"

    def _sizes_said(self) -> str:
        sizes = [each for each in self.sizes if each]
        if len(sizes) <= _FEW:
            said = " and ".join(",".join(f"{dim}={n}" for dim, n in each.items()) for each in sizes)
            return f"sizes {said}" if said else ""
        seen = {dim: sorted({each[dim] for each in sizes}) for dim in sizes[0]}
        return "only for sizes " + " and ".join(f"{dim}={','.join(map(str, ns))}" for dim, ns in seen.items())

    def _range_said(self) -> str:
        """Between which entries was looked, where an equality was examined, and under which facts."""
        if not self.ranges:
            return ""
        low = min(low for low, _ in self.ranges.values())
        high = max(high for _, high in self.ranges.values())
        given = f", given {' and '.join(self.facts)}" if self.facts else ""
        return f"entries between {float(low):.4g} and {float(high):.4g}{given}"


def _short(value: Fraction) -> str:
    if value.denominator > _LONG:
        return f"about {float(value):.12g}"
    power_of_two = value.denominator & (value.denominator - 1) == 0
    return f"{float(value):g}" if power_of_two and value.denominator <= 64 else str(value)


def _nested(flat: dict[tuple[int, ...], Fraction]) -> str:
    """Entries in nested brackets, as NumPy would list them."""
    if () in flat:
        return _short(flat[()])
    groups: dict[int, dict[tuple[int, ...], Fraction]] = {}
    for (head, *rest), value in flat.items():
        groups.setdefault(head, {})[tuple(rest)] = value
    return "[" + ", ".join(_nested(group) for group in groups.values()) + "]"
