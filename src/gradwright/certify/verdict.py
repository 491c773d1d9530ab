"""Verdicts on equalities. Owns: what proved, confirmed, refuted and unavailable mean together. Never: computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from gradwright.certify.certificate import Certificate, Counterexample, compare
from gradwright.core.context import Context
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether two expressions are equal; true where that was proved or confirmed.

    ``proved``: their normal forms coincide, so they are equal at all sizes wherever both have a value and the facts
    hold. ``confirmed`` and ``refuted``: by the certificate's arithmetic. ``unavailable``: neither could be had, and
    ``reason`` says why.
    """

    verdict: Literal["proved", "confirmed", "refuted", "unavailable"]
    certificate: Certificate

    @property
    def counterexample(self) -> Counterexample | None:
        return self.certificate.counterexample

    @property
    def reason(self) -> str:
        return self.certificate.reason

    def __bool__(self) -> bool:
        return self.verdict in ("proved", "confirmed")

    def to_dict(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "certificate": self.certificate.to_dict()}

    def __repr__(self) -> str:
        return f"<Verdict {self}>"

    def __str__(self) -> str:
        if self.verdict != "proved":
            return str(self.certificate)
        given = f" and {' and '.join(self.certificate.facts)}" if self.certificate.facts else ""
        return f"proved: the normal forms coincide, at every size, where both sides have a value{given}"


def judge(left: Array, right: Array, context: Context, *, proved: bool = False, parts: Sequence[Node] = ()) -> Verdict:
    """The verdict on ``left = right``, which were built of the ``parts``.

    A proof that arithmetic refutes is none: the counterexample stands. Nor is one of what holds of nothing, where no
    point has the facts and a value on both sides.
    """
    certificate = compare(left, right, context, parts=parts)
    if proved and certificate.verdict != "refuted" and not certificate.empty:
        return Verdict("proved", certificate)
    return Verdict(certificate.verdict, certificate)
