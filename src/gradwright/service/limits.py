"""What a worker may use. Owns: the limits of memory and time that the system keeps for a process. Never: ends another.

Where the system has no such limits (Windows) or does not keep them (the memory of a process on macOS), requests still
end when their time is over, for then the pool ends the process; ``missing`` says what is not limited.
"""

from __future__ import annotations

import sys
from contextlib import suppress

MEMORY = 1 << 30  # bytes of address space


def limit_memory() -> None:
    with suppress(ModuleNotFoundError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def limit_seconds(seconds: float) -> None:
    """A last resort where the parent died and nobody is left to end this process."""
    with suppress(ModuleNotFoundError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard))


def missing() -> str | None:
    """What a person should know who lets others ask: nothing where memory is limited."""
    try:
        import resource  # noqa: F401
    except ModuleNotFoundError:
        return "this system limits no memory: a request that needs much may slow it down until its time is over"
    return None if sys.platform != "darwin" else "macOS limits no memory: a request that needs much may slow it down"
