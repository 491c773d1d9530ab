"""One worker process: reads requests, answers them one after another. Owns: its own limits of memory and time.

Run as ``python -m gradwright.service.worker ROOM``, the module that answers: its ``answer(kind, body)`` and ``warm()``.
Frames of a four-byte length and JSON travel over stdin and stdout.
Never: listens to the network, executes what it is sent, or outlives the pipe it reads from.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO

MEMORY = 1 << 30  # bytes of address space
LONGEST = 4 << 20  # bytes of an answer
ANSWERS = "gradwright.service.answers"


def main() -> None:
    """Warm up, say so with an empty frame, then answer until the pipe closes."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed stays out of the answers
    _limit_memory()
    room = import_module(sys.argv[1] if len(sys.argv) > 1 else ANSWERS)
    room.warm()
    _send(sink, {})
    while (request := _receive(source)) is not None:
        _limit_seconds(request["seconds"])
        try:
            reply = room.answer(request["kind"], request["body"])
        except MemoryError:
            # what is left of a process that ran out of memory is not to be trusted
            _send(sink, {"error": {"message": "this needs more memory than one request may use"}, "worn": True})
            return
        _send(sink, reply)


def _limit_memory() -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_seconds(seconds: float) -> None:
    """A last resort where the parent died and nobody is left to end this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard))


def _receive(source: BinaryIO) -> Any:
    head = source.read(4)
    return json.loads(source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None


def _send(sink: BinaryIO, reply: dict[str, Any]) -> None:
    frame = json.dumps(reply, ensure_ascii=False).encode()
    if len(frame) > LONGEST:
        frame = json.dumps({"error": {"message": "the answer is too long for a page"}}).encode()
    sink.write(len(frame).to_bytes(4, "big") + frame)
    sink.flush()


if __name__ == "__main__":
    main()
