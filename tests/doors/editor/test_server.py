"""A whole session with an editor: diagnostics, hovers, fixes and marks, at the right characters."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from tests.doors.editor.client import Editor, Session, opened

WRONG = r"""# Least squares 𝔾𝕣𝕒𝕕 with a slip

Let $\mathbf{X} \in \mathbb{R}^{n \times d}$, $\mathbf{w} \in \mathbb{R}^{d}$, $\mathbf{y} \in \mathbb{R}^{n}$, and define
$J = \frac{1}{2} \|\mathbf{X}\mathbf{w} - \mathbf{y}\|^2$.

𝒲𝒽𝓎? $\nabla_{\mathbf{w}} J = \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y}) = \mathbf{X}^\top \mathbf{X} \mathbf{w} + \mathbf{X}^\top \mathbf{y}$ 𝔼nd
"""  # noqa: E501
LINE = WRONG.splitlines()[5]
RIGHT = WRONG.replace(r"\mathbf{w} + ", r"\mathbf{w} - ")
BOMB = "$$ " + " + ".join(rf"\sin(\exp(x_{{{k}}} \cdot x_{{{k + 1}}}))^{k}" for k in range(1, 400)) + " = 0 $$"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One for all tests, for every session starts a server and workers of its own."""
    with opened() as found:
        yield found


@pytest.fixture
def uri(request: pytest.FixtureRequest) -> str:
    """Where a document of this test is, with a blank in its name."""
    return f"file:///notes/{quote(request.node.name)}%20note.md"


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def applied(text: str, edit: lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit) -> str:
    """The text with an edit in UTF-16 units made, by other means than the server's."""
    assert isinstance(edit, lsp.TextEdit)
    lines = text.split("\n")
    bounds = []
    for position in (edit.range.start, edit.range.end):
        before = lines[position.line].encode("utf-16-le")[: 2 * position.character].decode("utf-16-le")
        bounds.append(sum(len(line) + 1 for line in lines[: position.line]) + len(before))
    return text[: bounds[0]] + edit.new_text + text[bounds[1] :]


def test_a_slip_is_marked_explained_and_mended(session: Session, uri: str) -> None:
    async def work(editor: Editor) -> None:
        editor.open(uri, WRONG)
        (found,) = await editor.diagnostics(uri)
        assert found.severity == lsp.DiagnosticSeverity.Error
        assert (found.code, found.source) == ("refuted", "gradwright")
        assert found.message.startswith(r"refuted: the sign of \mathbf{X}^\top \mathbf{y}")
        assert "left " in found.message
        last = LINE.rindex("=")
        assert (found.range.start.line, found.range.start.character) == (5, units(LINE[:last]))
        assert found.range.end.character == units(LINE[: LINE.rindex("$")])
        hover = await editor.hover(uri, 5, units(LINE[:last]) + 4)
        assert hover is not None
        assert "✗ refuted" in hover
        assert "Counterexample" in hover
        assert r"`\mathbf{X}^\top \mathbf{y}`" in hover
        first = await editor.hover(uri, 5, units(LINE[: LINE.index("=")]))
        assert first is not None
        assert "proved" in first
        assert await editor.hover(uri, 0, 3) is None
        (action,) = await editor.actions(uri, lsp.Range(found.range.start, found.range.start), [found])
        assert action.is_preferred
        assert list(action.diagnostics or ()) == [found]
        assert action.edit is not None
        assert action.edit.changes is not None
        assert applied(WRONG, action.edit.changes[uri][0]) == RIGHT
        assert await editor.actions(uri, lsp.Range(lsp.Position(0, 0), lsp.Position(0, 1)), []) == []
        editor.change(uri, RIGHT, 2)
        assert await editor.diagnostics(uri, 2) == []
        assert [sign for *_, sign in await editor.marks(uri)] == ["✓", "✓"]

    session(work)


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 1), ("utf-16", 2), ("utf-32", 4)])
def test_ranges_are_in_the_units_agreed_on(uri: str, encoding: str, width: int) -> None:
    async def work(editor: Editor) -> None:
        editor.open(uri, WRONG)
        (found,) = await editor.diagnostics(uri)
        codec = encoding if width == 1 else f"{encoding}-le"
        before = LINE.encode(codec)[: width * found.range.start.character].decode(codec)
        assert LINE[len(before)] == "="

    with opened([encoding]) as session:
        session(work)


def test_a_newer_text_ends_the_check_of_the_older(session: Session, uri: str) -> None:
    async def work(editor: Editor) -> None:
        editor.open(uri, BOMB)
        await asyncio.sleep(2)
        editor.change(uri, BOMB + " ", 2)
        editor.change(uri, WRONG, 3)
        began = time.perf_counter()
        (found,) = await editor.diagnostics(uri, 3)
        assert time.perf_counter() - began < 20
        assert found.code == "refuted"
        assert {p.version for p in editor.said[uri]} <= {1, 3}

    session(work)


def test_nothing_is_said_of_a_text_that_is_not_checked_yet(session: Session, uri: str) -> None:
    async def work(editor: Editor) -> None:
        editor.open(uri, WRONG)
        (found,) = await editor.diagnostics(uri)
        editor.change(uri, "\n" + WRONG, 2)
        assert await editor.actions(uri, found.range, [found]) == []
        assert await editor.hover(uri, 5, found.range.start.character) is None
        (moved,) = await editor.diagnostics(uri, 2)
        assert moved.range.start.line == 6

    session(work)


def test_settings_state_facts_and_show_what_is_unread(session: Session, uri: str) -> None:
    text = r"$f = \mathbf{x}^\top A \mathbf{x}$. $\nabla_{\mathbf{x}} f = 2 A \mathbf{x}$ and $q = \oint f$, $q = q$."

    async def work(editor: Editor) -> None:
        editor.open(uri, text)
        (needs,) = await editor.diagnostics(uri)
        assert needs.severity == lsp.DiagnosticSeverity.Warning
        assert needs.message.startswith("holds only if A is symmetric")
        for given, unread, said in (["symmetric(A)"], True, {"unread"}), ([], False, {"needs"}):
            del editor.said[uri]
            settings = {"gradwright": {"given": given, "unread": unread}}
            editor.client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings))
            assert {d.code for d in await editor.diagnostics(uri)} == said

    session(work)


def test_what_cannot_be_checked_is_said_and_a_closed_document_is_forgotten(uri: str) -> None:
    async def work(editor: Editor) -> None:
        editor.open(uri, "$a = b$")
        (found,) = await editor.diagnostics(uri)
        assert found.code == "not checked"
        assert "nonsense" in found.message
        editor.close(uri)
        while len(editor.said[uri]) < 2:
            await asyncio.wait_for(editor.news.wait(), 10)
            editor.news.clear()
        assert list(editor.said[uri][-1].diagnostics) == []
        assert await editor.hover(uri, 0, 3) is None
        nowhere = lsp.Position(0, 3)
        object.__setattr__(nowhere, "line", -1)  # which the client would refuse to send
        with pytest.raises(JsonRpcInvalidParams):
            await editor.client.text_document_hover_async(lsp.HoverParams(lsp.TextDocumentIdentifier(uri), nowhere))

    with opened(given=["nonsense(y)"]) as session:
        session(work)


@pytest.mark.parametrize("pause", [0.0, 0.8])
def test_the_server_ends_when_its_editor_vanishes(pause: float) -> None:
    messages: list[dict[str, object]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}},
        {"jsonrpc": "2.0", "method": "initialized", "params": {}},
    ]
    command = [sys.executable, "-m", "gradwright", "lsp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        for message in messages:
            body = json.dumps(message).encode()
            process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        process.stdin.flush()
        time.sleep(pause)
        process.stdin.close()
        assert process.wait(30) == 0
