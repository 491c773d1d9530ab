"""The server: what it refuses, what it limits, and that nobody waits for anybody else."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from gradwright.service.answers import limits
from tests.doors.web.client import FOUNDING, post
from tests.doors.web.conftest import served

DEEP = "(" * 9000 + "x" + ")" * 9000
LARGE = "; ".join(["h0 = x", *(f"h{k + 1} = (A*h{k}) .* (B*h{k}) .* tanh(C*h{k})" for k in range(150))]) + "; sum(h150)"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of ``gradwright serve``, with its own limits of time."""
    with served("-m", "gradwright", "serve", "--port", "0", "--no-open") as found:
        yield found


def test_the_page_and_its_policy(url: str) -> None:
    with urllib.request.urlopen(url) as reply:
        policy = reply.headers["content-security-policy"]
        page = reply.read().decode()
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "<style" not in page
    assert " style=" not in page
    assert "https://" not in page


def test_it_answers(url: str) -> None:
    status, reply = post(url, "derive", FOUNDING)
    assert status == 200
    assert reply["result"]["unicode"] == "p − y"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8765"}, 421),
        ({"host": "["}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"content_type": "text/plain"}, 415),
    ],
)
def test_strangers_are_refused(url: str, headers: dict[str, str], status: int) -> None:
    assert post(url, "derive", FOUNDING, **headers)[0] == status


def test_the_own_origin_is_not(url: str) -> None:
    assert post(url, "derive", FOUNDING, origin=url.rstrip("/"), sec_fetch_site="same-origin")[0] == 200


@pytest.mark.parametrize(
    ("body", "status"), [(b"[]", 400), (b"{", 400), (b"[" * 200_000, 400), (b'"' + b"x" * (2 << 20) + b'"', 413)]
)
def test_bodies_of_the_wrong_form_are_refused(url: str, body: bytes, status: int) -> None:
    assert post(url, "derive", body)[0] == status


def test_a_body_without_a_length_is_capped(url: str) -> None:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    chunks = (b"x" * 65536 for _ in range(64))
    try:
        connection.request("POST", "/api/derive", chunks, {"content-type": "application/json"}, encode_chunked=True)
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server need not hear it out
    finally:
        connection.close()
    assert post(url, "derive", FOUNDING)[0] == 200


def test_no_kind_and_no_file_beyond_the_page(url: str) -> None:
    assert post(url, "nothing", {})[0] == 404
    place = urlsplit(url)
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/server.py"):
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        connection.request("GET", path)
        assert connection.getresponse().status == 404
        connection.close()


@pytest.mark.parametrize("kind", ["read", "derive", "emit", "plot"])
def test_a_deep_bomb_is_an_error(url: str, kind: str) -> None:
    status, reply = post(url, kind, {"formula": DEEP, "wrt": "x"})
    assert status in (200, 408, 422, 500)
    assert status == 200 or reply["error"]["message"]


def test_a_bomb_gets_its_error_and_the_others_notice_nothing(url: str) -> None:
    for _ in range(3):
        post(url, "derive", FOUNDING)
    with ThreadPoolExecutor(12) as threads:
        began = time.perf_counter()
        bomb = threads.submit(post, url, "derive", {"formula": LARGE, "wrt": "x"})
        time.sleep(1.5)
        assert not bomb.done(), "no bomb"
        times = []
        for _ in range(10):
            start = time.perf_counter()
            assert post(url, "derive", FOUNDING)[0] == 200
            times.append(time.perf_counter() - start)
        status, reply = bomb.result()
        took = time.perf_counter() - began
    assert status in (408, 422, 500)
    assert reply["error"]["message"]
    assert took < limits("page")["derive"] + 3
    assert sorted(times)[5] < 5.0


def test_ten_users_at_once(patient: str) -> None:
    with ThreadPoolExecutor(10) as threads:
        start = time.perf_counter()
        replies = list(threads.map(lambda _: post(patient, "derive", FOUNDING), range(10)))
        assert all(status == 200 for status, _ in replies)
        assert time.perf_counter() - start < 60


def test_an_abandoned_request_makes_room(url: str) -> None:
    place = urlsplit(url)
    for _ in range(20):
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        body = json.dumps({"formula": LARGE, "wrt": "x"})
        connection.request("POST", "/api/derive", body, {"content-type": "application/json"})
        time.sleep(0.05)
        connection.close()
    start = time.perf_counter()
    assert post(url, "derive", FOUNDING)[0] == 200
    assert time.perf_counter() - start < limits("page")["derive"]


def test_half_sent_requests_keep_nobody_out_and_are_closed(url: str) -> None:
    place = (str(urlsplit(url).hostname), urlsplit(url).port)
    half = [socket.create_connection(place, timeout=60) for _ in range(300)]
    try:
        for number, connection in enumerate(half):
            whole_head = b"POST /api/derive HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(
                whole_head + b"Content-Length: 9\r\n\r\n{" if number % 2 else b"GET / HTTP/1.1\r\nHost: loc"
            )
        assert post(url, "derive", FOUNDING)[0] == 200
        for connection in half[:2]:
            assert connection.recv(1) == b""
    finally:
        for connection in half:
            connection.close()


def test_a_websocket_is_not_opened(url: str) -> None:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
               "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    connection.request("GET", "/api/derive", headers=upgrade)
    assert connection.getresponse().status == 405
    connection.close()
