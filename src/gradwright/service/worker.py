"""One worker process: reads requests, answers them one after another. Owns: its own limits of memory and time.

Frames of a four-byte length and JSON travel over stdin and stdout.
Never: listens to the network, executes what it is sent, or outlives the pipe it reads from.
"""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO, TypedDict

from gradwright.service.answers import Door, Reply, answer, warm
from gradwright.service.failure import Failure
from gradwright.service.limits import limit_memory, limit_seconds

LONGEST = 4 << 20  # bytes of an answer


class Request(TypedDict):
    """What the pool sends: who asks, what for, and the seconds there are."""

    door: Door
    kind: str
    body: dict[str, object]
    seconds: float


def main() -> None:
    """Warm up, say so with an empty frame, then answer until the pipe closes; an empty frame says that one was read."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed stays out of the answers
    limit_memory()
    warm()
    _send(sink, {})
    while (request := _receive(source)) is not None:
        _send(sink, {})
        limit_seconds(request["seconds"])
        reply = answer(request["door"], request["kind"], request["body"])
        _send(sink, reply)
        if "worn" in reply:
            return


def _receive(source: BinaryIO) -> Request | None:
    head = source.read(4)
    if len(head) < 4:
        return None
    request: Request = json.loads(source.read(int.from_bytes(head, "big")))
    return request


def _send(sink: BinaryIO, reply: Reply) -> None:
    frame = json.dumps(reply, ensure_ascii=False).encode()
    if len(frame) > LONGEST:
        frame = json.dumps({"error": Failure("the answer is too long").to_dict()}).encode()
    sink.write(len(frame).to_bytes(4, "big") + frame)
    sink.flush()


if __name__ == "__main__":
    main()
