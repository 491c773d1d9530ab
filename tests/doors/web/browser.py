"""A headless browser for the tests. Owns: finding one. Where there is none the tests fail, and say how to get one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
          "--disable-sync", "--no-first-run")  # fmt: skip
_HOW = (
    "no browser was found: install Chromium (`apt-get install chromium`), or run `python -m playwright install "
    "chromium`, or set CHROMIUM to its path"
)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium: the one in CHROMIUM, the system's, or Playwright's own."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        except Error as error:
            pytest.fail(f"{_HOW}\n{error.message.splitlines()[0]}")
        try:
            yield found
        finally:
            found.close()
