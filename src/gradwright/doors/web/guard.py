"""What stands before every request. Owns: hosts, origins, the size of bodies, security headers. Never: answers one.

The page belongs to this machine: a name that an attacker's DNS points here, or a page of another origin, is refused.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST = 1 << 20  # bytes of a body
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class TooLarge(Exception):
    """The body is longer than it may be."""


class Guard:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        guarded = _with_headers(send)
        refused = _refusal(Headers(scope=scope), scope)
        if refused is not None:
            await _drained(receive)
            await refused(scope, receive, guarded)
            return
        await self.app(scope, _capped(receive), guarded)


def refuse(status: int, message: str) -> JSONResponse:
    """An answer that says no."""
    return JSONResponse({"error": {"message": message}}, status)


def _refusal(headers: Headers, scope: Scope) -> JSONResponse | None:
    host = headers.get("host", "")
    if _name(f"//{host}") not in HOSTS:
        return refuse(421, "this page is served to this machine alone")
    origin = headers.get("origin")
    if origin is not None and origin != f"{scope['scheme']}://{host}":
        return refuse(403, "other origins are refused")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and scope["path"] != "/":
        return refuse(403, "other origins are refused")
    if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0] != "application/json":
        return refuse(415, "the body must be application/json")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        return refuse(413, f"more than {LARGEST} bytes are not read")
    return None


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _capped(receive: Receive) -> Receive:
    """The body counted as it comes, for one that does not say its length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST:
            raise TooLarge
        return message

    return counted


async def _drained(receive: Receive) -> None:
    """Hear a refused body out, within bounds: a connection that is cut off would lose the answer."""
    seen = 0
    while seen <= 8 * LARGEST:
        message = await receive()
        seen += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def _with_headers(send: Send) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
