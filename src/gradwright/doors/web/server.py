"""The application and the server. Owns: routes, starting and stopping. Never: computes anything."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from gradwright.core.errors import Error
from gradwright.doors.web.guard import Guard, TooLarge, refuse
from gradwright.service.answers import limits
from gradwright.service.limits import missing
from gradwright.service.pool import Pool, Unanswered

_STATIC = Path(__file__).parent / "static"
_WHOLE_WITHIN = 5.0  # seconds for a request to come in


class _Files(StaticFiles):
    """Fonts do not change; everything else is asked for again, and answered in a few bytes where it is the same."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = path.endswith(".woff2")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response


def application(pool: Pool | None = None, seconds: dict[str, float] | None = None) -> Starlette:
    """The page and its JSON interface, as an ASGI application."""
    workers, within = pool or Pool(), limits("page", seconds)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await workers.start()
        yield
        await workers.close()

    async def page(request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers={"cache-control": "no-cache"})

    async def ask(request: Request) -> Response:
        return await _answered(request, workers, within)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/{kind}", ask, methods=["POST"]),
            Mount("/static", _Files(directory=_STATIC)),
        ],
        middleware=[Middleware(Guard)],
        lifespan=lifespan,
    )


async def _answered(request: Request, workers: Pool, within: dict[str, float]) -> Response:
    kind = request.path_params["kind"]
    if kind not in within:
        return refuse(404, f"there is no {kind}; one of {', '.join(within)}")
    try:
        body = json.loads(await request.body())
        if not isinstance(body, dict):
            raise ValueError
    except TooLarge:
        return refuse(413, "the body is too long")
    except ClientDisconnect:
        return Response(status_code=499)
    except (ValueError, RecursionError):
        return refuse(400, "the body is not a JSON object")
    work = asyncio.create_task(workers.ask("page", kind, body, within[kind]))
    gone = asyncio.create_task(_gone(request))
    await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not work.done():
        work.cancel()
        return Response(status_code=499)
    try:
        return JSONResponse(work.result())  # a formula that is refused is answered, too: no failure of the transport
    except Unanswered as why:
        return refuse(why.status, str(why))


async def _gone(request: Request) -> None:
    """Return when whoever asked has left, as a page does that asks something newer."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Prompt(H11Protocol):
    """A connection that is closed where no whole request comes on it in time, so that half ones keep nobody out."""

    _late: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(_WHOLE_WITHIN, self._close_half)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._late.cancel()
        self._late = self.loop.call_later(_WHOLE_WITHIN, self._close_half)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._late.cancel()

    def _close_half(self) -> None:
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self.transport.close()


def serve(
    port: int, opens: bool, announce: Callable[[str], None] = print, seconds: dict[str, float] | None = None
) -> None:
    """Serve the page on this machine until interrupted; ``seconds`` for requests in place of the usual ones."""
    listening = _listening(port)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    announce(f"gradwright is at {url} (Ctrl+C ends it)")
    if (warning := missing()) is not None:
        announce(f"gradwright: {warning}")
    if opens:
        threading.Timer(0.5, webbrowser.open, [url]).start()
    config = uvicorn.Config(
        application(seconds=seconds), log_level="warning", server_header=False, timeout_graceful_shutdown=1,
        limit_concurrency=512, h11_max_incomplete_event_size=1 << 16, http=_Prompt, ws="none",
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        said: Any = getattr(error, "strerror", None) or error
        raise Error(
            f"port {port} cannot be used: {said}", hint="another one with --port, or 0 for a free one"
        ) from None
    return listening
