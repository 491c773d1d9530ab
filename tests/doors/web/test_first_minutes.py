"""What a newcomer does on the page: formulas replaced, mistyped, left and come back to, seen on any screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.doors.web.formulas import SHAPES, address, look_up

CALM = 600
LOOKED_AT = 1500
_CUT = """() => [...document.querySelectorAll(".fits")].filter((e) => e.offsetParent !== null)
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"""
_BOXES = """() => [...document.querySelectorAll(".step"), document.getElementById("result")].map((row) =>
  [...row.children].filter((e) => e.offsetParent !== null).map((e) => e.getBoundingClientRect())
    .map((r) => [r.left, r.top, r.right, r.bottom]))"""
_LAID_OUT = """() => document.fonts.ready.then(() => new Promise((done) =>
  requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done), 120))))"""  # fit.js waits for 60 ms
Point = tuple[float, float]


@pytest.fixture
def page(page: Page, url: str) -> Page:
    """The page as it opens: with the founding example derived."""
    page.goto(url)
    page.wait_for_selector("#result .katex")
    return page


def answered(page: Page, result: str) -> None:
    expect(page.locator("#result annotation").first).to_contain_text(result)
    expect(page.locator("#earlier")).to_be_hidden()


# --- an answer belongs to the formula on the screen


def test_facts_and_variable_of_another_formula_sleep(page: Page) -> None:
    page.locator("#formula").fill("x'*A*x")
    answered(page, "(A + A^{\\top}) x")
    expect(page.locator("#problem")).to_be_empty()
    expect(page.locator("#facts .asleep")).to_contain_text("onehot(y)")
    expect(page.locator("#facts .asleep")).to_have_attribute("title", "there is no y in this formula")
    expect(page.locator("#variables .asleep")).to_have_text("o")
    page.locator("#formula").fill("p = softmax(o); -sum_i(y[i]*log(p[i]))")
    answered(page, "p - y")
    expect(page.locator(".asleep")).to_have_count(0)


def test_a_fact_belongs_to_its_formula_and_not_to_a_letter(page: Page) -> None:
    field = page.locator("#formula")
    field.press("End")
    field.press_sequentially(" + y'*y")
    expect(page.locator("#code")).to_contain_text("+ y'*y")
    expect(page.locator("#facts .fact")).to_have_text("onehot(y)×")  # the formula grew: it is the same y
    field.fill("norm2(A*x - y)^2")
    answered(page, "A x - y")
    sleeping = page.locator("#facts .asleep")
    expect(sleeping).to_contain_text("onehot(y)")
    assert "onehot" not in parse_qs(page.url.partition("#")[2]).get("given", [])
    sleeping.get_by_role("button", name="onehot(y)", exact=True).click()
    expect(sleeping).to_have_count(0)
    expect(page.locator("#facts .fact")).to_contain_text("onehot(y)")


def test_a_shape_of_another_formula_sleeps(page: Page, url: str) -> None:
    look_up(page, url, "#f=norm2(A*x-b)^2&x=x&shape=A: 4 5&shape=x: 3&shape=q: 7")
    answered(page, "A x - b")
    expect(page.locator("#shapes .asleep")).to_have_count(2)


def test_a_wrong_fact_is_told_and_left_out(page: Page) -> None:
    page.get_by_label("add a fact").fill("onhot(o)")
    page.get_by_label("add a fact").press("Enter")
    expect(page.locator("#problem")).to_contain_text("onehot")
    expect(page.locator("#problem")).to_contain_text("Left out")
    answered(page, "p - y")


def test_an_earlier_answer_says_that_it_is_one(page: Page) -> None:
    page.locator("#formula").fill("x'*A*(")
    expect(page.locator("#problem")).not_to_be_empty()
    expect(page.locator("#earlier")).to_contain_text("of the earlier formula p = softmax(o)")
    expect(page.locator("#outcome")).to_have_class(re.compile("stale"))


def test_nothing_is_blamed_while_somebody_types(page: Page) -> None:
    field = page.locator("#formula")
    field.fill("")
    field.press_sequentially("sum(x) + (", delay=20)
    page.wait_for_timeout(CALM // 3)
    assert page.locator("#problem").text_content() == ""
    expect(page.locator("#problem")).not_to_be_empty()
    colour = page.locator("#problem").evaluate("(e) => getComputedStyle(e).color")
    field.press_sequentially("x")
    assert page.locator("#problem").evaluate("(e) => getComputedStyle(e).color") != colour  # grey until then
    field.press_sequentially(")")
    expect(page.locator("#problem")).to_be_empty()


def test_what_is_assumed_is_said(page: Page) -> None:
    page.locator("#formula").fill("(a - b)'*(a - b)")
    expect(page.locator(".assumed")).to_contain_text("it is added to a vector")
    expect(page.locator("[data-symbol=a]")).to_have_class(re.compile("guessed"))
    page.locator("#formula").fill("x^2 + 3x")
    expect(page.locator(".assumed")).to_contain_text("what stands side by side is multiplied")


# --- plots are true


def _drawn(path: str) -> list[Point]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path)]


def _line(points: list[Point], numbers: list[float]) -> tuple[float, float]:
    """Slope and offset from a coordinate to its number, by least squares over all points."""
    xs = [x for x, _ in points]
    mean_x, mean_n = sum(xs) / len(xs), sum(numbers) / len(numbers)
    slope = sum((x - mean_x) * (n - mean_n) for x, n in zip(xs, numbers, strict=True)) / sum(
        (x - mean_x) ** 2 for x in xs
    )
    return slope, mean_n - slope * mean_x


def test_the_tangent_is_drawn_as_the_numbers_say(page: Page, url: str) -> None:
    compared = [_as_the_numbers_say(page, url, address(*SHAPES[shape])) for shape in (1, 4, 9, 13, 0)]
    assert compared.count(True) >= 4  # a curve that is clipped has other points than the numbers


def _as_the_numbers_say(page: Page, url: str, hash: str) -> bool:
    page.evaluate("scrollTo(0, 0)")
    with page.expect_response("**/api/plot") as replied:
        look_up(page, url, hash)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
    numbers: dict[str, Any] = replied.value.json()["along"]
    page.wait_for_selector("path.tangent")
    curve = _drawn(str(page.locator("path.curve").first.get_attribute("d")))
    tangent = _drawn(str(page.locator("path.tangent").get_attribute("d")))
    dot = page.locator(".plot .dot").first
    middle = (float(str(dot.get_attribute("cx"))), float(str(dot.get_attribute("cy"))))
    pairs = [(t, f) for t, f in zip(numbers["t"], numbers["f"], strict=True) if f is not None]
    if len(curve) != len(pairs):
        return False
    across = _line(curve, [t for t, _ in pairs])
    up = _line([(y, x) for x, y in curve], [f for _, f in pairs])
    height = max(f for _, f in pairs) - min(f for _, f in pairs)
    for x, y in (*tangent, middle):
        t, f = across[0] * x + across[1], up[0] * y + up[1]
        assert f == pytest.approx(numbers["value"] + numbers["slope"] * t, abs=height / 50), hash
    assert max(t for t, _ in tangent) > middle[0] > min(t for t, _ in tangent)
    return True


# --- nothing is cut, nothing overlaps


WIDTHS = 1440, 1280, 390


def test_nothing_is_cut_or_overlaps(page: Page, url: str) -> None:
    """Each formula is asked for at one width, and seen at another as the window is made wider or narrower."""
    wrong = []
    for k, shape in enumerate(SHAPES):
        first, other = (WIDTHS[(k + step) % len(WIDTHS)] for step in range(2))
        page.set_viewport_size({"width": first, "height": 900})
        look_up(page, url, address(*shape))
        for width in (first, other):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(_LAID_OUT)
            wrong += [f"{shape[0]} at {width}: {fault}" for fault in _faults(page)]
    assert wrong == []


def _faults(page: Page) -> Iterator[str]:
    """What is cut, overlaps or scrolls sideways."""
    yield from (f"cut: {text[:60]}" for text in page.evaluate(_CUT))
    yield from ("overlap" for row in page.evaluate(_BOXES) for a, b in combinations(row, 2) if _meet(a, b))
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "the page scrolls sideways"


def _meet(a: list[float], b: list[float]) -> bool:
    """Whether two boxes share more than the room around their formulas."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide > 1 and high > 8


def test_a_wide_document_does_not_scroll_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("link", name="Check", exact=True).click()
    terms = " + ".join(f"x_{{{k}}} y_{{{k}}}" for k in range(30))
    page.locator("#document").fill(f"Then ${terms} = s$ and\n$$\n{terms} = {terms}\n$$\n")
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector("#report:not([hidden])")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# --- nothing is lost


def test_formula_and_document_survive_a_change_of_view(page: Page) -> None:
    page.locator("#formula").fill("x'*A*x")
    answered(page, "(A + A^{\\top}) x")
    page.get_by_role("link", name="Check", exact=True).click()
    page.locator("#document").fill("Let $y = 2x$.")
    page.get_by_role("link", name="Examples").click()
    page.get_by_role("link", name="Derive", exact=True).click()
    assert page.locator("#formula").input_value() == "x'*A*x"
    answered(page, "(A + A^{\\top}) x")
    page.get_by_role("link", name="Check", exact=True).click()
    assert page.locator("#document").input_value() == "Let $y = 2x$."


def test_back_returns_to_the_answer_before_and_formulas_are_remembered(page: Page) -> None:
    page.wait_for_timeout(LOOKED_AT + 300)
    page.locator("#formula").fill("x'*A*x")
    answered(page, "(A + A^{\\top}) x")
    page.wait_for_timeout(LOOKED_AT + 300)
    page.go_back()
    answered(page, "p - y")
    page.get_by_role("link", name="Examples").click()
    expect(page.locator("#past a")).to_have_count(2)
    page.locator("#past a", has_text="x'*A*x").click()
    answered(page, "(A + A^{\\top}) x")
    page.get_by_role("link", name="Examples").click()
    page.get_by_role("button", name="forget them").click()
    expect(page.locator("#yours")).to_be_hidden()


def test_undo_takes_back_what_the_page_wrote(page: Page) -> None:
    field = page.locator("#formula")
    field.fill("x + ")
    page.get_by_text("signs", exact=True).click()
    page.get_by_role("button", name="the norm: norm2()").click()
    assert field.input_value() == "x + norm2()"
    page.keyboard.type("x")
    assert field.input_value() == "x + norm2(x)"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert field.input_value() == "x + "


# --- help where one writes


def test_a_name_is_completed_with_its_meaning(page: Page) -> None:
    field = page.locator("#formula")
    field.fill("")
    field.press_sequentially("logs")
    expect(page.locator("#offers")).to_contain_text("log(sum(exp(x))) of a vector")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#offers [aria-selected=true] code")
    expect(chosen).to_contain_text("(")
    page.keyboard.press("Enter")
    assert field.input_value().endswith("()")
    page.keyboard.type("x")
    assert field.input_value().endswith("(x)")
    expect(page.locator("#offers")).to_be_hidden()


def test_the_language_is_explained_with_examples(page: Page) -> None:
    page.get_by_role("button", name="syntax").click()
    expect(page.locator("#language")).to_contain_text("entry by entry")
    page.locator("#language").get_by_role("button", name="x'*A*x").click()
    answered(page, "(A + A^{\\top}) x")


def test_a_reason_opens_its_rule_with_an_instance_in_numbers(page: Page) -> None:
    page.locator("#steps .rule", has_text="quotient rule").first.click()
    expect(page.locator("#rule")).to_contain_text("Source")
    expect(page.locator("#rule-body annotation").first).to_contain_text("\\partial")
    expect(page.locator("#rule")).to_contain_text("both sides are")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "quotient rule"


def test_every_reason_of_the_founding_example_has_an_instance(page: Page) -> None:
    names = page.evaluate("[...new Set([...document.querySelectorAll('#steps .rule')].map((e) => e.dataset.rule))]")
    assert len(names) > 4
    for name in names:
        page.evaluate("(name) => document.querySelector(`#steps [data-rule=${name}]`).click()", name)
        expect(page.locator("#rule-body .fits")).to_be_visible()
        page.keyboard.press("Escape")
        page.evaluate("document.getElementById('rule-body').replaceChildren()")


def test_j_and_k_step_with_what_was_rewritten_marked(page: Page) -> None:
    page.keyboard.press("Escape")
    for _ in range(5):
        page.keyboard.press("j")
    assert page.locator(".step.after .now").count() > 0
    assert page.locator(".step.before .was").count() > 0
    here = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == here


# --- taken elsewhere


SAVED = {
    "SVG": b"<svg ", "PNG": b"\x89PNG", "LaTeX": b"\\documentclass", "Markdown": b"### ", "HTML": b"<!doctype",
}  # fmt: skip


def test_a_derivation_is_saved(page: Page) -> None:
    saving = page.get_by_role("group", name="Save the derivation")
    for kind, begins in SAVED.items():
        with page.expect_download() as download:
            saving.get_by_role("button", name=kind).click()
        content = download.value.path().read_bytes()
        assert content.startswith(begins), kind
        if kind == "SVG":
            assert b"font/woff2;base64" in content
            assert b"/static/" not in content


def test_paper_holds_the_derivation_alone(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator("#steps")).to_be_visible()
    for hidden in ("header", "#code", "#plots", ".copies >> nth=0", ".choices"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.pdf()[:4] == b"%PDF"


# --- what a newcomer's walk found


def test_the_two_forms_of_a_result_keep_apart(page: Page, url: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        look_up(page, url, address("sum(log(1 + exp(-y .* (X*w)))) + lam*norm2(w)^2", "w", (), "2"))
        page.evaluate(_LAID_OUT)
        forms = [page.locator(f"#result > {which}") for which in (".entry", ":not(.entry)")]
        for _ in range(40):  # a form that is set again has no box for a moment
            for form in forms:
                form.wait_for()
            entry, matrix = (form.bounding_box() for form in forms)
            if entry is not None and matrix is not None:
                break
            page.wait_for_timeout(50)
        assert matrix is not None
        assert entry is not None
        assert entry["y"] - (matrix["y"] + matrix["height"]) >= 8


def test_a_fraction_on_one_line_has_no_needless_brackets(page: Page) -> None:
    tex = r"\frac{1}{1 + \exp\bigl(- y_{j} \sum_{i} X_{j i} w_{i}\bigr)}"
    slanted = page.evaluate('(tex) => import("/static/tools.js").then((tools) => tools.slanted(tex))', tex)
    assert slanted.startswith("1 \\mathbin{/} \\bigl(1 + ")
