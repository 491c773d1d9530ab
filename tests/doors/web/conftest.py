"""One server, on a free port, and one browser for all tests of the page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gradwright.service.answers import limits
from tests.doors.web.browser import browser

WITHIN = 60_000  # milliseconds for what has to come on a machine that is busy; who waits goes on as soon as it has
expect.set_options(timeout=WITHIN)


PATIENT = f"from gradwright.doors.web.server import serve; serve(0, False, seconds={dict.fromkeys(limits('page'), 60)})"


@contextmanager
def served(*command: str) -> Iterator[str]:
    """The address of a server, for as long as it is needed."""
    with subprocess.Popen([sys.executable, "-u", *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+/", process.stdout.readline())
            assert found is not None
            yield found.group()
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def patient() -> Iterator[str]:
    """The address of a server with more time for a request, for a machine that is busy with tests may need it."""
    with served("-c", PATIENT) as found:
        yield found


@pytest.fixture(scope="session")
def url(patient: str) -> str:
    """The address of the page."""
    return patient


@pytest.fixture(scope="package")  # no longer: while it is there, no other test may have an event loop
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="package")
def warm(chromium: Browser, url: str) -> Iterator[BrowserContext]:
    """One for all tests, for what it has loaded and compiled once costs a second and more to load anew."""
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(WITHIN)
    yield made
    made.close()


@pytest.fixture
def context(warm: BrowserContext, url: str) -> Iterator[BrowserContext]:
    """What remembers nothing of the test before."""
    yield warm
    warm.clear_permissions()
    for page in warm.pages:
        if page.url.startswith(url):
            page.evaluate("localStorage.clear()")
        page.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page on which any word in the console is a failure."""
    made = context.new_page()
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: said.append(str(error)))
    yield made
    assert said == []
