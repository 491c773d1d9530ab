"""The language server. Owns: when a document is checked, and what an editor is told. Never: computes in this process.

A check runs in a worker (``service.pool``) within limits; a newer text ends the check of the older one.
What is said is said of the text it was found in: while a newer one is being checked, hovers and fixes keep silent.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

import gradwright
from gradwright.core.record import dataclass
from gradwright.doors.editor.places import Places
from gradwright.doors.editor.words import hover, message
from gradwright.referee.clock import SECONDS
from gradwright.service.answers import limits
from gradwright.service.editor import Found, Mend
from gradwright.service.failure import Failure
from gradwright.service.pool import Pool, Unanswered
from gradwright.show.report.render import SIGNS

_PAUSE = 0.3  # seconds without a key before a check
_WHOLE = limits("editor")["check"]
_SEVERITY = {
    "refuted": lsp.DiagnosticSeverity.Error,
    "needs": lsp.DiagnosticSeverity.Warning,
    "layout": lsp.DiagnosticSeverity.Warning,
    "unread": lsp.DiagnosticSeverity.Hint,
}


@dataclass(frozen=True)
class Options:
    """What an editor may set, in ``initializationOptions`` or under ``gradwright`` in its settings."""

    given: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    unread: bool = False
    marks: bool = True
    seconds: float = SECONDS

    def changed(self, said: Any) -> Options:
        """With what is said in place; what has another type is left as it is."""
        said = said if isinstance(said, Mapping) else {}
        found: dict[str, Any] = {}
        for name in ("given", "shapes"):
            value = said.get(name)
            if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
                found[name] = tuple(value)
        found |= {name: said[name] for name in ("unread", "marks") if isinstance(said.get(name), bool)}
        seconds = said.get("seconds")
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= _WHOLE:
            found["seconds"] = float(seconds)
        return replace(self, **found)


@dataclass
class _Document:
    """An open document: its newest text, and what was found in the newest one that was checked."""

    text: str
    version: int | None
    work: asyncio.Task[None] | None = None
    checked: str | None = None
    places: Places = field(default_factory=lambda: Places(""))
    relations: list[Found] = field(default_factory=list)

    @property
    def found(self) -> list[Found]:
        """The relations, while they are those of the text that is there."""
        return self.relations if self.checked == self.text else []


class _Protocol(LanguageServerProtocol):
    """Also answers a request that is none, a hover at line −1: an editor would wait for ever."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcInvalidParams as error:
            if "id" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise


class Server(LanguageServer):
    """One editor's documents and the workers that check them."""

    def __init__(self) -> None:
        # whole texts, since pygls ends lines where the protocol does not (form feeds, U+2028)
        super().__init__("gradwright", gradwright.__version__, lsp.TextDocumentSyncKind.Full, protocol_cls=_Protocol)
        self.pool = Pool(spare=1, most=4)
        self.options = Options()
        self.documents: dict[str, _Document] = {}
        self.encoding = "utf-16"

    # --- checking

    def take(self, uri: str, text: str, version: int | None, pause: float) -> None:
        """Check this text after a pause, and no longer the one before it."""
        document = self.documents.setdefault(uri, _Document(text, version))
        if document.work is not None and document.text == text:
            document.version = version
            return
        if document.work is not None:
            document.work.cancel()
        document.text, document.version = text, version
        document.work = asyncio.ensure_future(self._checked(uri, document, pause))

    def again(self) -> None:
        """Check every document anew, as after a change of settings."""
        for uri, document in self.documents.items():
            if document.work is not None:
                document.work.cancel()
            document.work = asyncio.ensure_future(self._checked(uri, document, 0))

    def drop(self, uri: str) -> None:
        document = self.documents.pop(uri, None)
        if document is not None and document.work is not None:
            document.work.cancel()
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    async def _checked(self, uri: str, document: _Document, pause: float) -> None:
        await asyncio.sleep(pause)
        text, options = document.text, self.options
        body = {
            "text": text, "name": _name(uri), "given": options.given, "shapes": options.shapes,
            "seconds": options.seconds,
        }  # fmt: skip
        try:
            reply = await self.pool.ask("editor", "check", body, _WHOLE)
            failure = Failure(**reply["error"]) if "error" in reply else None
        except Unanswered as why:
            reply, failure = {}, Failure(str(why))
        document.checked, document.places = text, Places(text, self.encoding)
        document.relations = reply.get("relations", [])
        self._publish(uri, document, failure)

    def _publish(self, uri: str, document: _Document, failure: Failure | None) -> None:
        if failure is not None:
            said = f"not checked: {failure.message}" + (f" ({failure.hint})" if failure.hint else "")
            found = [self._diagnostic(document, (0, 0), lsp.DiagnosticSeverity.Information, said, "not checked")]
        else:
            found = [
                self._diagnostic(document, r["span"], _SEVERITY[r["verdict"]], message(r), r["verdict"])
                for r in document.relations
                if r["verdict"] in _SEVERITY and (self.options.unread or r["verdict"] != "unread")
            ]
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, document.version))
        refresh = self.client_capabilities.workspace and self.client_capabilities.workspace.inlay_hint
        if refresh and refresh.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def _diagnostic(
        self, document: _Document, span: Sequence[int], severity: lsp.DiagnosticSeverity, said: str, code: str
    ) -> lsp.Diagnostic:
        where = _range(document.places, span)
        return lsp.Diagnostic(where, said, severity=severity, code=code, source="gradwright")

    # --- answers

    def relation_at(self, uri: str, position: lsp.Position) -> tuple[_Document, Found] | None:
        """The relation whose sign or right side stands there; else the one whose left side does."""
        document = self.documents.get(uri)
        if document is None or not document.found:
            return None
        at = document.places.offset(position.line, position.character)
        inside = [r for r in document.found if r["span"][0] <= at < max(r["span"][1], r["span"][0] + r["sign"])]
        if inside:
            return document, min(inside, key=lambda r: r["span"][1] - r["span"][0])
        before = [r for r in document.found if r["start"] <= at < r["span"][0]]
        return (document, before[0]) if before else None


async def _begin(ls: Server, params: lsp.InitializedParams) -> None:
    await ls.pool.start()


def _agree(ls: Server, params: lsp.InitializeParams) -> None:
    ls.options = ls.options.changed(params.initialization_options)
    ls.encoding = str(getattr(ls.workspace.position_encoding, "value", ls.workspace.position_encoding))


async def _end(ls: Server, params: None) -> None:
    for document in ls.documents.values():
        if document.work is not None:
            document.work.cancel()
    await ls.pool.close()


def _set_options(ls: Server, params: lsp.DidChangeConfigurationParams) -> None:
    said = params.settings.get("gradwright") if isinstance(params.settings, Mapping) else None
    changed = ls.options.changed(said)
    if changed != ls.options:
        ls.options = changed
        ls.again()


def _opened(ls: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    ls.take(document.uri, document.text, document.version, 0)


def _changed(ls: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.take(uri, ls.workspace.get_text_document(uri).source, params.text_document.version, _PAUSE)


def _closed(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    ls.drop(params.text_document.uri)


def _said(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    found = ls.relation_at(params.text_document.uri, params.position)
    if found is None:
        return None
    document, relation = found
    fix = relation["fix"]
    text = hover(relation, fix["text"] if fix else "")
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, text)
    return lsp.Hover(content, _range(document.places, relation["span"]))


def _actions(ls: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    document = ls.documents.get(params.text_document.uri)
    if document is None:
        return []
    start, end = (document.places.offset(p.line, p.character) for p in (params.range.start, params.range.end))
    return [
        _action(params, document, fix, relation)
        for relation in document.found
        if (fix := relation["fix"]) and relation["start"] <= end and start <= relation["span"][1]
    ]


def _marks(ls: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    document = ls.documents.get(params.text_document.uri)
    if document is None or not ls.options.marks:
        return []
    first, last = params.range.start.line, params.range.end.line
    found = []
    for relation in document.found:
        place = _position(document.places, relation["span"][0] + relation["sign"])
        if first <= place.line <= last and relation["verdict"] not in ("definition", "unread"):
            sign = SIGNS[relation["verdict"]]
            found.append(lsp.InlayHint(place, sign, padding_left=True, tooltip=relation["verdict"]))
    return found


_FEATURES: Mapping[str, Callable[..., object]] = {
    lsp.INITIALIZED: _begin,
    lsp.INITIALIZE: _agree,
    lsp.SHUTDOWN: _end,
    lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: _set_options,
    lsp.TEXT_DOCUMENT_DID_OPEN: _opened,
    lsp.TEXT_DOCUMENT_DID_CHANGE: _changed,
    lsp.TEXT_DOCUMENT_DID_CLOSE: _closed,
    lsp.TEXT_DOCUMENT_HOVER: _said,
    lsp.TEXT_DOCUMENT_CODE_ACTION: _actions,
    lsp.TEXT_DOCUMENT_INLAY_HINT: _marks,
}
_OPTIONS = {lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])}


def build() -> Server:
    """A server with all it answers."""
    server = Server()
    for feature, answers in _FEATURES.items():
        server.feature(feature, _OPTIONS.get(feature))(answers)
    return server


def serve() -> None:
    """Answer an editor over standard input and output until it leaves."""
    server = build()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(_answering(server))
    server.shutdown()  # type: ignore[no-untyped-call]


async def _answering(server: Server) -> None:
    """Read messages until there are none; the workers end before the event loop does, however the editor left."""
    reader = StdinAsyncReader(sys.stdin.buffer, server.thread_pool)
    server.protocol.set_writer(StdoutWriter(sys.stdout.buffer))
    try:
        await run_async(threading.Event(), reader, server.protocol, error_handler=server.report_server_error)
    finally:
        await server.pool.close()


def _action(params: lsp.CodeActionParams, document: _Document, fix: Mend, relation: Found) -> lsp.CodeAction:
    edit = lsp.TextEdit(_range(document.places, fix["span"]), fix["text"])
    at = _range(document.places, relation["span"])
    return lsp.CodeAction(
        f"Mend the slip: {_short(relation['slip'])}",
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[d for d in params.context.diagnostics if d.source == "gradwright" and d.range == at] or None,
        is_preferred=True,
        edit=lsp.WorkspaceEdit(changes={params.text_document.uri: [edit]}),
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "…"


def _position(places: Places, offset: int) -> lsp.Position:
    return lsp.Position(*places.place(offset))


def _range(places: Places, span: Sequence[int]) -> lsp.Range:
    return lsp.Range(_position(places, span[0]), _position(places, span[1]))


def _name(uri: str) -> str:
    """The name of the file a URI stands for."""
    return PurePosixPath(unquote(urlsplit(uri).path)).name or "document"
