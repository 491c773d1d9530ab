"""The docs site: it builds without a warning, every link has a target, and nothing is fetched from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from playwright.sync_api import Page

from tests.doors.web.browser import browser

ROOT = Path(__file__).parents[1]
_FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class _Page(HTMLParser):
    """What a page fetches, what it links to, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.places |= {str(said[name]) for name in ("id", "name") if said.get(name)}
        if tag == "a" and said.get("href"):
            self.links.append(str(said["href"]))
        if tag in _FETCHED and said.get(_FETCHED[tag]) and said.get("rel") not in ("canonical", "next", "prev"):
            self.fetched.append(str(said[_FETCHED[tag]]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(home)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return home


def _pages(site: Path) -> Iterator[tuple[Path, _Page]]:
    for path in site.rglob("*.html"):
        if path.name != "404.html":  # whose addresses are absolute
            yield path, _Page(path)


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path, page in _pages(site):
        for address in page.fetched:
            assert (path.parent / unquote(address.partition("?")[0])).is_file(), f"{path.name} fetches {address}"
    for path in site.rglob("*.css"):
        for address in re.findall(r"url\(['\"]?([^)'\"]+)", path.read_text("utf-8")):
            assert address.startswith("data:") or (path.parent / address).is_file(), f"{path.name} fetches {address}"


def test_every_link_has_a_target(site: Path) -> None:
    pages = {path.resolve(): page for path, page in _pages(site)}
    for path, page in pages.items():
        for link in page.links:
            address, place = urldefrag(unquote(link))
            if "://" in address or address.startswith("mailto:"):
                continue
            target = (path.parent / address).resolve() if address else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path.name} links to {link}"
            assert not place or target not in pages or place in pages[target].places, f"{path.name} links to {link}"


def test_the_pages_one_looks_for_are_there(site: Path) -> None:
    for name in ("index", "tutorial", "check", "cookbook", "benchmarks", "explain/right", "reference/cli"):
        assert (site / f"{name}.html").is_file(), name


SEARCHED = {
    "how to declare a shape": "reference/language.html#how-to-declare-a-shape",
    "hessian of logistic regression": "examples.html#hessian-of-logistic-regression",
    "several gradients": "guides/python.html",
    "install": "tutorial.html",
    "softmax": "examples.html",
    "pytorch code": "emit.html",
    "jupyter": "guides/notebook.html",
}
"""What somebody looks for, and what has to be among the first five results."""


def test_the_search_of_a_site_opened_from_disk_finds_its_pages(site: Path) -> None:
    """No server is there: a page of the file system may neither fetch nor start a worker."""
    with browser() as chromium:
        page = chromium.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((site / "index.html").as_uri())
        found = {words: _found(page, words) for words in SEARCHED}
        page.locator(".md-search-result__link").first.click()
        page.wait_for_url("**/*.html*")
    assert said == []
    for words, wanted in SEARCHED.items():
        assert any(wanted in address for address in found[words][:5]), f"{words}: {found[words]}"


def _found(page: Page, words: str) -> list[str]:
    """The addresses that a search gives, the best first."""
    field, count = page.locator(".md-search__input"), page.locator(".md-search-result__meta")
    field.fill("")
    field.press_sequentially(words)
    page.wait_for_function("(e) => /matching/.test(e.textContent)", arg=count.element_handle(), timeout=20_000)
    page.wait_for_timeout(600)  # results come some time after the last key
    links = page.locator(".md-search-result__link").evaluate_all("(links) => links.map((link) => link.href)")
    return [str(link).partition("?")[0] + "#" + str(link).partition("#")[2] for link in links]
