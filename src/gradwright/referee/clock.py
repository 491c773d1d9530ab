"""A limit of time on whatever runs. Owns: raising ``OutOfTime`` when it is over. Never: knows what runs.

Time is the processor's, so that a busy machine changes no verdict.
Where signals are not to be had (another system, another thread), only the places that look at a deadline stop.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time
from typing import Any

now = thread_time
"""The clock of every limit."""
SECONDS = 5.0
"""For one relation, wherever nobody says otherwise, and"""
WHOLE = 50.0
"""for one document."""


_AGAIN = 0.5
"""What is raised where Python lets nothing out (as a weak reference dies) is raised again after so many seconds."""


class OutOfTime(Exception):
    """The time of one relation is over."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Run the block for at most that many seconds, if a timer is to be had and nobody else has set one."""
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or signal.getitimer(signal.ITIMER_PROF)[0]:
        yield
        return

    def over(number: int, frame: Any) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
