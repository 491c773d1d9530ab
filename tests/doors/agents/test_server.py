"""The tools for agents, called through the SDK's own client: in memory, and over stdin and stdout."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import CallToolResult, TextContent

from gradwright.doors.agents.server import build
from tests.doors.web.test_server import LARGE

FOUNDING = {"formula": "p = softmax(o); -sum_i(y[i]*log(p[i]))", "wrt": "o", "given": ["onehot(y)"]}
NOTE = r"""Let $J = \frac{1}{2} \|\mathbf{X}\mathbf{w} - \mathbf{y}\|^2$.
$$ \nabla_{\mathbf{w}} J = \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y})
= \mathbf{X}^\top \mathbf{X} \mathbf{w} + \mathbf{X}^\top \mathbf{y} . $$
"""


Session = Callable[[Callable[[Client], Awaitable[None]]], None]
"""Runs a piece of work with a client."""


@contextmanager
def opened(seconds: dict[str, float] | None = None) -> Iterator[Session]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(build(seconds=seconds))) as client:
        yield lambda work: portal.call(work, client)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One for all tests, for every session starts workers of its own."""
    with opened() as found:
        yield found


async def answered(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    found = await client.call_tool(tool, arguments)
    assert isinstance(found, CallToolResult)
    assert not found.is_error, found
    assert found.structured_content is not None
    return found.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    found = await client.call_tool(tool, arguments)
    assert isinstance(found, CallToolResult)
    assert found.is_error
    assert isinstance(found.content[0], TextContent)
    return found.content[0].text


def test_the_tools_say_what_they_take_and_give(session: Session) -> None:
    async def work(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"derive", "check", "emit", "equal"}
        for tool in tools.values():
            assert tool.description
            assert tool.output_schema is not None
            assert all("description" in row or "enum" in row for row in tool.input_schema["properties"].values())
        assert tools["derive"].input_schema["required"] == ["formula", "wrt"]

    session(work)


def test_derive_is_certified(session: Session) -> None:
    async def work(client: Client) -> None:
        found = await answered(client, "derive", **FOUNDING)
        assert found["result"] == "p = softmax(o); p - y"
        assert found["verdict"] == "confirmed"
        assert found["facts_used"] == ["y is one-hot"]
        assert "quotient rule" in found["steps"]
        latex = await answered(client, "derive", formula=r"\|A x - b\|^2", wrt="x", steps="none")
        assert (latex["result"], latex["steps"]) == ("2*A'*(A*x - b)", None)
        quadratic = await answered(client, "derive", formula="x'*A*x", wrt="x")
        assert quadratic["shorter_with"] == {"symmetric(A)": "2*A*x"}

    session(work)


def test_check_lists_what_does_not_hold(session: Session) -> None:
    async def work(client: Client) -> None:
        found = await answered(client, "check", text=NOTE)
        assert found["ok"] is False
        (wrong,) = found["relations"]
        assert (wrong["line"], wrong["column"], wrong["verdict"]) == (3, 1, "refuted")
        assert wrong["mended"] == r"\mathbf{X}^\top \mathbf{X} \mathbf{w} - \mathbf{X}^\top \mathbf{y}"
        assert wrong["counterexample"].startswith("at ")
        everything = await answered(client, "check", text=NOTE, every=True)
        assert len(everything["relations"]) == sum(found["summary"].values()) == 3

    session(work)


def test_emit_writes_code_that_runs(session: Session) -> None:
    async def work(client: Client) -> None:
        found = await answered(client, "emit", formula="norm2(A*x - b)^2", wrt="x")
        compile(found["code"], "emitted", "exec")
        assert "import numpy" in found["code"]

    session(work)


def test_equal_proves_and_refutes(session: Session) -> None:
    async def work(client: Client) -> None:
        assert (await answered(client, "equal", left=r"(A B)^\top", right="B'*A'"))["verdict"] == "proved"
        wrong = await answered(client, "equal", left="x'*A*x", right="x'*A*A*x")
        assert wrong["equal"] is False
        assert "A = [[" in wrong["counterexample"]
        assert (await answered(client, "equal", left="sum(y)", right="1 + 0*sum(y)", given=["onehot(y)"]))["equal"]

    session(work)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("derive", {"formula": "sum(sofmax(x))", "wrt": "x"}, "at characters 4 to 10 of: sum(sofmax(x))"),
        ("derive", {"formula": r"\frac{1}{x", "wrt": "x"}, "at characters"),
        ("derive", {"formula": "x'*x", "wrt": "z"}, "there is no z"),
        ("derive", {"formula": "x'*x", "wrt": "x", "order": 3}, "1 or 2"),
        ("derive", {"formula": "x" * 30_000, "wrt": "x"}, "not read"),
        ("derive", {"formula": "x'*x", "wrt": "x", "shapes": ["x n"]}, "'x n' is not 'NAME: extents'"),
        ("check", {"text": "\0"}, "zero bytes"),
        ("equal", {"left": "x", "right": "A*x"}, "shape"),
        ("emit", {"formula": "x'*x", "wrt": "x", "target": "cuda"}, "numpy"),
    ],
)
def test_a_refusal_says_why_and_where(session: Session, tool: str, arguments: dict[str, Any], said: str) -> None:
    async def work(client: Client) -> None:
        assert said in await refused(client, tool, **arguments)

    session(work)


def test_a_bomb_costs_its_own_call_alone() -> None:
    async def work(client: Client) -> None:
        await answered(client, "derive", **FOUNDING)
        began = time.perf_counter()
        bomb = asyncio.create_task(refused(client, "derive", formula=LARGE, wrt="x"))
        other = await answered(client, "equal", left="x + x", right="2*x")
        assert other["verdict"] == "proved"
        assert "longer than the 2 seconds" in await bomb
        assert time.perf_counter() - began < 20

    with opened({"derive": 2.0}) as session:
        session(work)


def test_over_stdin_and_stdout() -> None:
    async def run() -> None:
        command = StdioServerParameters(command=sys.executable, args=["-m", "gradwright", "mcp"], env=dict(os.environ))
        async with Client(stdio_client(command)) as client:
            assert client.instructions is not None
            assert "entry by" in client.instructions
            assert (await answered(client, "derive", **FOUNDING))["result"] == "p = softmax(o); p - y"

    asyncio.run(run())
