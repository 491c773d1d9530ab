"""Workers: their limits of time and memory, and their replacement."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from gradwright.service.pool import Busy, Crashed, OutOfTime, Pool
from tests.doors.web.client import FOUNDING
from tests.doors.web.test_server import LARGE

BOMB = {"formula": LARGE, "wrt": "x"}


def with_pool(work: Callable[[Pool], Awaitable[None]], **options: int) -> None:
    async def run() -> None:
        pool = Pool(**options)
        await pool.start()
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(run())


def test_a_late_worker_is_replaced() -> None:
    async def work(pool: Pool) -> None:
        await pool.ask("page", "derive", FOUNDING, 20)
        before = {w.process.pid for w in pool.workers}
        with pytest.raises(OutOfTime):
            await pool.ask("page", "derive", BOMB, 0.3)
        reply = await pool.ask("page", "derive", FOUNDING, 20)
        assert reply["result"]["latex"] == "p - y"
        assert not {w.process.pid for w in pool.workers} & before

    with_pool(work, spare=1, most=1)


def test_a_worker_that_dies_is_replaced() -> None:
    async def work(pool: Pool) -> None:
        await pool.ask("page", "derive", FOUNDING, 20)
        asking = asyncio.create_task(pool.ask("page", "derive", BOMB, 20))
        while not pool.workers:  # a machine that is busy makes the first one slow, and it is replaced
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        next(iter(pool.workers)).process.kill()
        with pytest.raises(Crashed):
            await asking
        assert "result" in await pool.ask("page", "derive", FOUNDING, 20)

    with_pool(work, spare=1, most=1)


def test_a_worker_that_died_while_it_waited_is_replaced_before_anyone_is_answered() -> None:
    async def work(pool: Pool) -> None:
        await pool.ask("page", "derive", FOUNDING, 20)
        before = {w.process.pid for w in pool.workers}
        for worker in list(pool.workers):
            worker.process.kill()
        replies = [pool.ask("page", "derive", FOUNDING, 20) for _ in range(2)]
        assert all("result" in reply for reply in await asyncio.gather(*replies))
        assert not {w.process.pid for w in pool.workers} & before
        while len(pool.workers) < 2:  # the spare one is started beside the answer
            await asyncio.sleep(0.05)
        assert pool.asking == 0

    with_pool(work, spare=2, most=2)


def test_a_worker_that_does_not_start_is_replaced_too() -> None:
    async def work(pool: Pool) -> None:
        while not pool.workers:
            found = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "service.worker"], capture_output=True)
            for pid in found.stdout.split():
                os.kill(int(pid), 9)
                assert "result" in await pool.ask("page", "derive", FOUNDING, 20)
            await asyncio.sleep(0.02)

    with_pool(work, spare=1, most=1)


def test_an_asker_who_leaves_frees_the_worker() -> None:
    async def work(pool: Pool) -> None:
        await pool.ask("page", "derive", FOUNDING, 20)
        asking = asyncio.create_task(pool.ask("page", "derive", BOMB, 20))
        await asyncio.sleep(0.2)
        asking.cancel()
        assert "result" in await asyncio.wait_for(pool.ask("page", "derive", FOUNDING, 20), 15)

    with_pool(work, spare=1, most=1)


def test_a_full_queue_says_so() -> None:
    async def work(pool: Pool) -> None:
        waiting = [asyncio.create_task(pool.ask("page", "derive", FOUNDING, 20)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.ask("page", "derive", FOUNDING, 20)
        await asyncio.gather(*waiting)

    with_pool(work, spare=1, most=1, waiting=2)


def test_one_pool_answers_every_door() -> None:
    async def work(pool: Pool) -> None:
        assert "result" in await pool.ask("page", "derive", FOUNDING, 20)
        assert (await pool.ask("agents", "equal", {"left": "x + x", "right": "2*x"}, 20))["verdict"] == "proved"
        assert (await pool.ask("editor", "check", {"text": "$a = a$"}, 20))["relations"]
        assert len(pool.workers) == 1

    with_pool(work, spare=1, most=1)


def test_memory_is_limited() -> None:
    code = (
        "from gradwright.service import limits\nlimits.limit_memory()\n"
        "try:\n    bytearray(2 << 30)\nexcept MemoryError:\n    print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "refused"


def test_a_worker_ends_with_its_pipe() -> None:
    worker = [sys.executable, "-m", "gradwright.service.worker"]
    done = subprocess.run(worker, input=b"", capture_output=True, timeout=60)
    assert done.returncode == 0
    assert json.loads(done.stdout[4:]) == {}


def test_a_pool_may_be_closed_while_it_starts() -> None:
    async def run() -> None:
        for pause in (0.0, 0.05):
            pool = Pool(spare=1, most=1)
            await pool.start()
            await asyncio.sleep(pause)
            await asyncio.wait_for(pool.close(), 20)

    asyncio.run(run())
