"""What workers answer. Owns: the table of requests: by door and name, who answers and how long it may take.

Doors ask with plain data and get plain data, or ``{"error": …}`` (``failure``). Never: the network, a process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from gradwright.core.record import dataclass
from gradwright.service import agents, editor, page
from gradwright.service.failure import failure
from gradwright.service.request import Body

Door = Literal["page", "agents", "editor"]
Reply = Mapping[str, object]


@dataclass(frozen=True)
class Kind:
    """A kind of request."""

    answers: Callable[[Body], Reply]
    seconds: float


KINDS: Mapping[Door, Mapping[str, Kind]] = {
    "page": {
        "read": Kind(page.read, 5.0),
        "derive": Kind(page.derive, 10.0),
        "copy": Kind(page.copy, 10.0),
        "emit": Kind(page.emit, 10.0),
        "plot": Kind(page.plot, 10.0),
        "check": Kind(page.check, 60.0),
        "words": Kind(page.words, 5.0),
        "rule": Kind(page.rule, 10.0),
    },
    "agents": {
        "derive": Kind(agents.derive, 20.0),
        "check": Kind(agents.check, 90.0),
        "emit": Kind(agents.emit, 30.0),
        "equal": Kind(agents.equal, 20.0),
    },
    "editor": {"check": Kind(editor.check, 60.0)},
}


def limits(door: Door, others: Mapping[str, float] | None = None) -> dict[str, float]:
    """How many seconds each request at a door may take; ``others`` in place of the table's."""
    return {name: kind.seconds for name, kind in KINDS[door].items()} | dict(others or {})


def answer(door: Door, kind: str, body: Body) -> Reply:
    """The answer to a request, or the error that says why there is none; ``worn`` where this process is to end."""
    try:
        return KINDS[door][kind].answers(body)
    except MemoryError as error:  # what is left of a process that ran out of memory is not to be trusted
        return {"error": failure(error, kind, body).to_dict(), "worn": True}
    except Exception as error:
        return {"error": failure(error, kind, body).to_dict()}


def warm() -> None:
    """Load what first requests need."""
    founding = {"formula": "p = softmax(o); -sum_i(y[i]*log(p[i]))", "wrt": "o", "given": ["onehot(y)"]}
    answer("page", "derive", founding)
    answer("page", "emit", founding)
    answer("editor", "check", {"text": "Let $p = e^{x}$. Then $\\frac{\\partial p}{\\partial x} = p$."})
