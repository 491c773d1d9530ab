"""The server for agents. Owns: the tools' names and schemas. Never: computes in this process.

Every call has a worker to itself (``service.pool``), so a formula that is a bomb costs its own call and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

import gradwright
from gradwright.service.answers import limits
from gradwright.service.failure import Failure
from gradwright.service.pool import Pool, Unanswered

_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = """Matrix calculus that is checked: derive gives a gradient, Jacobian or Hessian with steps, certified
by rigorous arithmetic; check gives every = of a document a verdict; emit writes code for a gradient; equal compares two
formulas. Nothing is guessed: what cannot be read or has no rule is an error that points at the characters.
Formulas are LaTeX or text. Text: "name = expr; …; expr"; ' transposes; * is the matrix product, .* ./ .^ go entry by
entry; sum_i(…), A[i,j]; exp log tanh softmax logsumexp norm1 norm2 tr diag det logdet inv …; capitals are matrices,
late letters vectors, early and Greek letters scalars; an unknown function is declared by a shape, "u: n -> m"."""

Formula = Annotated[
    str, Field(description="text or LaTeX, definitions first: 'p = softmax(o); -sum_i(y[i]*log(p[i]))'")
]
Given = Annotated[
    list[str], Field(description="facts: 'onehot(y)', 'symmetric(A)', 'posdef(S)', 'orthogonal(Q)', 'invertible(X)'")
]
Shapes = Annotated[list[str], Field(description="only where inference is wrong: 'A: n m', 'x: n', 'u: n -> m'")]
Wrt = Annotated[str, Field(description="the variable")]


class Derived(TypedDict):
    """A certified derivative."""

    result: Annotated[str, Field(description="in matrix notation where there is one; text that can be read again")]
    entry: Annotated[str, Field(description="one entry, in index notation")]
    latex: str
    shape: list[str]
    read_as: Annotated[str, Field(description="the shape each symbol was taken to have: check this first")]
    layout: str
    verdict: Literal["confirmed", "unavailable"]
    certificate: str
    facts_used: list[str]
    almost_everywhere: Annotated[list[str], Field(description="where there is no derivative")]
    shorter_with: Annotated[dict[str, str], Field(description="facts that would make the result shorter, with it")]
    steps: str | None


class Relation(TypedDict):
    """One = of a document."""

    line: int
    column: int
    left: str
    right: str
    verdict: Literal["definition", "proved", "confirmed", "needs", "layout", "refuted", "unread"]
    needs: Annotated[list[str], Field(description="facts under which it would hold")]
    slip: Annotated[str, Field(description="the likely slip, in words")]
    mended: Annotated[str, Field(description="a right side with which it holds")]
    counterexample: str
    reason: str


class Checked(TypedDict):
    """The verdicts on a document."""

    ok: Annotated[bool, Field(description="nothing is refuted")]
    summary: dict[str, int]
    layout: str
    relations: Annotated[list[Relation], Field(description="those that do not simply hold, or all")]


class Emitted(TypedDict):
    """A module that stands alone."""

    target: str
    code: str
    verdict: str


class Compared(TypedDict):
    """Whether two formulas are equal."""

    equal: Annotated[bool | None, Field(description="null where neither could be shown")]
    verdict: Literal["proved", "confirmed", "refuted", "unavailable"]
    certificate: str
    counterexample: str


class _Tools:
    """The tools, and the workers that answer them."""

    def __init__(self, workers: Pool, seconds: Mapping[str, float] | None) -> None:
        self._workers, self._limits = workers, limits("agents", seconds)

    @asynccontextmanager
    async def lifespan(self, server: MCPServer[None]) -> AsyncIterator[None]:
        """Workers run while a client is there."""
        await self._workers.start()
        try:
            yield
        finally:
            await self._workers.close()

    async def _ask(self, kind: str, **body: object) -> Any:
        try:
            reply = await self._workers.ask("agents", kind, body, self._limits[kind])
        except Unanswered as why:
            raise ToolError(str(why)) from None
        if "error" in reply:
            raise ToolError(str(Failure(**reply["error"])))
        return reply

    async def derive(
        self,
        formula: Formula,
        wrt: Wrt,
        given: Given = [],  # noqa: B006
        shapes: Shapes = [],  # noqa: B006
        order: Annotated[Literal[1, 2], Field(description="2 for the Hessian")] = 1,
        layout: Literal["mixed", "numerator", "denominator"] = "mixed",
        independent: Annotated[
            bool, Field(description="in the independent entries of a symmetric, diagonal, … variable")
        ] = False,
        steps: Annotated[
            Literal["none", "brief", "textbook", "full"], Field(description="how much of the derivation to return")
        ] = "brief",
    ) -> Derived:
        """Differentiate a formula: the gradient, Jacobian or Hessian, its steps, and a certificate that it is right."""
        found: Derived = await self._ask(
            "derive", formula=formula, wrt=wrt, given=given, shapes=shapes, order=order, layout=layout,
            independent=independent, steps=steps,
        )  # fmt: skip
        return found

    async def check(
        self,
        text: Annotated[str, Field(description="Markdown or LaTeX with mathematics in $…$, \\[…\\], align, …")],
        given: Given = [],  # noqa: B006
        shapes: Shapes = [],  # noqa: B006
        every: Annotated[bool, Field(description="also list the relations that hold")] = False,
        name: Annotated[str, Field(description="the file's name; one that ends in .ipynb makes it a notebook")] = "",
    ) -> Checked:
        """Give every = of a document a verdict, with counterexamples and likely slips for those that are wrong."""
        found: Checked = await self._ask("check", text=text, given=given, shapes=shapes, every=every, name=name)
        return found

    async def emit(
        self,
        formula: Formula,
        wrt: Wrt,
        target: Literal["numpy", "jax", "torch", "native"] = "numpy",
        compute: Annotated[
            list[Literal["value", "gradient", "hessian", "hvp", "pullback"]],
            Field(description="what to compute together"),
        ] = ["value", "gradient"],  # noqa: B006
        given: Given = [],  # noqa: B006
        shapes: Shapes = [],  # noqa: B006
        labels: Annotated[list[str], Field(description="one-hot symbols to be given as whole-number labels")] = [],  # noqa: B006
    ) -> Emitted:
        """Write a module that computes a formula and its derivatives, stable and fast, and needs no gradwright."""
        found: Emitted = await self._ask(
            "emit", formula=formula, wrt=wrt, target=target, compute=compute, given=given, shapes=shapes, labels=labels
        )
        return found

    async def equal(
        self,
        left: Formula,
        right: Formula,
        given: Given = [],  # noqa: B006
        shapes: Shapes = [],  # noqa: B006
    ) -> Compared:
        """Whether two formulas are equal: proved, confirmed to many digits, or refuted with a counterexample."""
        found: Compared = await self._ask("equal", left=left, right=right, given=given, shapes=shapes)
        return found


def build(pool: Pool | None = None, seconds: Mapping[str, float] | None = None) -> MCPServer[None]:
    """The server with its tools."""
    tools = _Tools(pool or Pool(spare=1, most=4), seconds)
    server = MCPServer(
        "gradwright", version=gradwright.__version__, instructions=_INSTRUCTIONS, lifespan=tools.lifespan,
        log_level="WARNING",
    )  # fmt: skip
    for tool in (tools.derive, tools.check, tools.emit, tools.equal):
        server.add_tool(tool, annotations=_READS)
    return server


def serve() -> None:
    """Answer an agent over standard input and output until it leaves."""
    build().run("stdio")
