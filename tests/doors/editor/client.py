"""An editor for the tests: pygls' own client in front of ``gradwright lsp``, over stdin and stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

LONGEST = 60.0  # seconds for an answer on a busy machine


class Editor:
    """Opens and changes documents, and keeps what the server says of them."""

    def __init__(self) -> None:
        self.client = LanguageClient("tests", "1")
        self.said: dict[str, list[lsp.PublishDiagnosticsParams]] = {}
        self.news = asyncio.Event()
        self.refreshed = 0
        self.documents: set[str] = set()

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def diagnostics(params: lsp.PublishDiagnosticsParams) -> None:
            self.said.setdefault(params.uri, []).append(params)
            self.news.set()

        @self.client.feature(lsp.WORKSPACE_INLAY_HINT_REFRESH)
        def refresh(params: None) -> None:
            self.refreshed += 1

    async def start(self, encodings: list[str] | None = None, **options: Any) -> lsp.InitializeResult:
        await self.client.start_io(sys.executable, "-m", "gradwright", "lsp")
        general = lsp.GeneralClientCapabilities(position_encodings=encodings)  # type: ignore[arg-type]
        hints = lsp.InlayHintWorkspaceClientCapabilities(refresh_support=True)
        capabilities = lsp.ClientCapabilities(
            general=general, workspace=lsp.WorkspaceClientCapabilities(inlay_hint=hints)
        )
        found = await asyncio.wait_for(
            self.client.initialize_async(lsp.InitializeParams(capabilities, initialization_options=options)), LONGEST
        )
        self.client.initialized(lsp.InitializedParams())
        return found

    async def stop(self) -> None:
        await asyncio.wait_for(self.client.shutdown_async(None), LONGEST)
        self.client.exit(None)
        await self.client.stop()
        process = self.client._server
        assert process is not None
        assert process.returncode == 0

    def open(self, uri: str, text: str, language: str = "markdown") -> None:
        self.documents.add(uri)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, language, 1, text)))

    def close(self, *uris: str) -> None:
        """These documents, or all that are open."""
        for uri in uris or tuple(self.documents):
            self.documents.remove(uri)
            self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))

    def change(self, uri: str, text: str, version: int) -> None:
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        document = lsp.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))

    async def diagnostics(self, uri: str, version: int = 1) -> list[lsp.Diagnostic]:
        """What is said of this version, as soon as it is."""

        async def wait() -> list[lsp.Diagnostic]:
            while True:
                self.news.clear()
                for params in self.said.get(uri, []):
                    if params.version == version:
                        return list(params.diagnostics)
                await self.news.wait()

        return await asyncio.wait_for(wait(), LONGEST)

    async def hover(self, uri: str, line: int, character: int) -> str | None:
        params = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), lsp.Position(line, character))
        found = await asyncio.wait_for(self.client.text_document_hover_async(params), LONGEST)
        if found is None:
            return None
        assert isinstance(found.contents, lsp.MarkupContent)
        return found.contents.value

    async def actions(self, uri: str, where: lsp.Range, about: list[lsp.Diagnostic]) -> list[lsp.CodeAction]:
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), where, lsp.CodeActionContext(about))
        found = await asyncio.wait_for(self.client.text_document_code_action_async(params), LONGEST)
        return [action for action in found or [] if isinstance(action, lsp.CodeAction)]

    async def marks(self, uri: str) -> list[tuple[int, int, str]]:
        everything = lsp.Range(lsp.Position(0, 0), lsp.Position(10_000, 0))
        params = lsp.InlayHintParams(lsp.TextDocumentIdentifier(uri), everything)
        found = await asyncio.wait_for(self.client.text_document_inlay_hint_async(params), LONGEST)
        return [(h.position.line, h.position.character, str(h.label)) for h in found or []]


Session = Callable[[Callable[[Editor], Awaitable[None]]], None]
"""Runs a piece of work with an editor."""


@contextmanager
def opened(encodings: list[str] | None = None, **options: Any) -> Iterator[Session]:
    """A session that goes on from one piece of work to the next; what each opened is closed after it."""
    editor = Editor()

    async def done(work: Callable[[Editor], Awaitable[None]]) -> None:
        try:
            await work(editor)
        finally:
            editor.close()

    with asyncio.Runner() as runner:
        runner.run(editor.start(encodings, **options))
        try:
            yield lambda work: runner.run(done(work))
        finally:
            runner.run(editor.stop())
