"""A pool of worker processes. Owns: starting, lending, ending and replacing them. Never: knows what they compute.

A request has a worker to itself. One that runs out of its time, or whose asker has gone, loses its process, and a new
one takes its place. Some workers are always kept ready beyond those at work, so that nobody waits for a start; one
that has worked long yields the processor to quicker ones.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

from gradwright.service.answers import Door
from gradwright.service.worker import LONGEST, Request

_GRACE = 0.3  # seconds in which an abandoned request may still end by itself
_LONG = 1.0  # seconds after which a worker steps back
_START = 60.0  # seconds for a worker to start


class Unanswered(Exception):
    """Why there is no answer, in words; ``status`` says it in HTTP."""

    status = 500


class Busy(Unanswered):
    """More requests wait than would be answered in time."""

    status = 503


class OutOfTime(Unanswered):
    """The request took longer than it may."""

    status = 408


class Crashed(Unanswered):
    """The worker ended in the middle of a request."""


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.slow = False

    @classmethod
    async def started(cls, creating: asyncio.Lock) -> _Worker:
        async with creating:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gradwright.service.worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST + 4,
                env={**os.environ, **_ONE_THREAD},
            )  # fmt: skip
        worker = cls(process)
        try:
            await asyncio.wait_for(worker._receive(), _START)
        except BaseException:
            await worker.end()
            raise
        return worker

    async def take(self, request: Request) -> bool:
        """Whether the worker has read the request; one that died while it waited has not."""
        assert self.process.stdin is not None
        frame = json.dumps(request).encode()
        try:
            self.process.stdin.write(len(frame).to_bytes(4, "big") + frame)
            await self.process.stdin.drain()
            await self._receive()
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        return True

    async def answer(self) -> dict[str, Any]:
        try:
            return await self._receive()
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Crashed("this needs more memory or time than one request may use") from None

    async def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        size = int.from_bytes(await self.process.stdout.readexactly(4), "big")
        reply: dict[str, Any] = json.loads(await self.process.stdout.readexactly(size))
        return reply

    def step_back(self) -> None:
        self.slow = True
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, 10)

    async def end(self) -> None:
        """Kill the process, and wait until it and its pipes are gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.stdin.close()
        await self.process.wait()
        with suppress(RuntimeError, ConnectionError, BrokenPipeError):
            await self.process.stdout.read()
            await self.process.stdin.wait_closed()


_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Pool:
    """``spare`` workers ready beyond those at work, ``most`` in all, ``waiting`` requests in the queue."""

    def __init__(self, spare: int = 2, most: int = 16, waiting: int = 64) -> None:
        self.spare, self.most, self.waiting = spare, most, waiting
        self.ready: asyncio.Queue[_Worker] = asyncio.Queue()
        self.workers: set[_Worker] = set()
        self.starting = 0
        self.asking = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.closed = False
        # asyncio never comes back from a cancelled creation of a process, so whoever cancels holds this
        self.creating = asyncio.Lock()

    async def start(self) -> None:
        """Begin to start the first workers; requests wait for them."""
        self._fill()

    async def close(self) -> None:
        self.closed = True
        async with self.creating:
            for task in list(self.tasks):
                task.cancel()
        await asyncio.gather(*self.tasks, *(worker.end() for worker in self.workers), return_exceptions=True)

    async def ask(self, door: Door, kind: str, body: Mapping[str, object], seconds: float) -> dict[str, Any]:
        """The answer of a worker; the time counts from when one is free."""
        if self.asking >= self.most + self.waiting:
            raise Busy("too many requests are waiting; try again in a moment")
        self.asking += 1
        try:
            self._fill()
            request: Request = {"door": door, "kind": kind, "body": dict(body), "seconds": seconds}
            worker = await self._taking(request)
        except BaseException:
            self.asking -= 1
            raise
        work = asyncio.create_task(worker.answer())
        late = asyncio.get_running_loop().call_later(_LONG, worker.step_back)
        self._fill()
        try:
            done, _ = await asyncio.wait({work}, timeout=seconds)
        except asyncio.CancelledError:
            self._later(self._abandon(worker, work, late))
            raise
        await self._settle(worker, work, late)
        if not done:
            raise OutOfTime(f"this takes longer than the {seconds:g} seconds one request may use")
        return work.result()

    async def _taking(self, request: Request) -> _Worker:
        """A worker that has read the request; one that died while it waited is replaced before anyone notices."""
        while True:
            worker = await self.ready.get()
            try:
                if await worker.take(request):
                    return worker
            except BaseException:
                self._later(self._replace(worker))
                raise
            await self._replace(worker)

    async def _replace(self, worker: _Worker) -> None:
        await worker.end()
        self.workers.discard(worker)
        self._fill()

    async def _abandon(self, worker: _Worker, work: asyncio.Task[dict[str, Any]], late: asyncio.TimerHandle) -> None:
        await asyncio.wait({work}, timeout=_GRACE)
        await self._settle(worker, work, late)

    async def _settle(self, worker: _Worker, work: asyncio.Task[dict[str, Any]], late: asyncio.TimerHandle) -> None:
        """Put the worker back where it may go on; end it where it is stuck, broken or stepped back."""
        late.cancel()
        self.asking -= 1
        fit = work.done() and not work.exception() and not work.result().pop("worn", False) and not worker.slow
        if fit and self.ready.qsize() < max(self.spare, self.most // 2):
            self.ready.put_nowait(worker)
            return
        work.cancel()
        await asyncio.wait({work})
        await self._replace(worker)

    def _fill(self) -> None:
        """Start as many workers as are short, in the background."""
        wanted = min(self.most, self.asking + self.spare) - len(self.workers) - self.starting
        for _ in range(0 if self.closed else max(0, wanted)):
            self.starting += 1
            self._later(self._add())

    async def _add(self) -> None:
        try:
            worker = await _Worker.started(self.creating)
        finally:
            self.starting -= 1
        self.workers.add(worker)
        self.ready.put_nowait(worker)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            print(f"gradwright: a worker did not start: {task.exception()!r}", file=sys.stderr)
            if self.asking:
                self._fill()
