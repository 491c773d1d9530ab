"""The page, driven in a real browser."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.doors.web.formulas import look_up

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"
DAMAGED = r"""Let $p = \operatorname{softmax}(o)$.

$$
\frac{\partial p_i}{\partial o_k} = p_i (\delta_{ik} + p_k)
$$
"""
_MEASURE = """(formula) => new Promise((done) => {
  const field = document.getElementById("formula"), result = document.getElementById("result");
  const start = performance.now();
  new MutationObserver((_, watcher) => {
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(result, { childList: true });
  field.value = formula;
  field.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def tex(page: Page, where: str) -> list[str]:
    """The LaTeX behind what KaTeX set."""
    return page.locator(f"{where} annotation").all_text_contents()


def derived(page: Page) -> None:
    expect(page.locator("#outcome")).not_to_have_class("stale")
    page.wait_for_selector("#result .katex")


def test_the_founding_formula_typed(page: Page, url: str) -> None:
    page.goto(f"{url}#view=derive&x=o")
    page.locator("#formula").press_sequentially(FOUNDING)
    page.get_by_label("add a fact").fill("onehot(y)")
    page.get_by_label("add a fact").press("Enter")
    expect(page.locator("#result annotation").first).to_contain_text("= p - y")
    assert "p = \\operatorname{softmax}(o)" in tex(page, "#reading")[0]
    assert "p - y" in tex(page, "#steps .matrix")[-1]
    expect(page.locator("#certificate")).to_contain_text("confirmed: ")
    expect(page.locator("#code")).to_contain_text("def value_and_gradient")


def test_a_latex_formula(page: Page, url: str) -> None:
    page.goto(f"{url}#view=derive")
    page.locator("#formula").fill(r"\frac{1}{2} \|A x - b\|^2")
    expect(page.locator("#result annotation").first).to_contain_text(r"A^\top".replace(r"\top", r"{\top}"))
    expect(page.locator("#reading")).to_contain_text("read as norm2(A*x - b)^2/2")


def test_a_wrong_formula_shows_its_error_at_the_characters(page: Page, url: str) -> None:
    page.goto(f"{url}#view=derive")
    page.locator("#formula").fill("norm2(A*x - b)^2 + sofmax(x)")
    expect(page.locator("#problem")).to_contain_text("there is no function sofmax")
    expect(page.locator("#backdrop mark")).to_have_text("sofmax")
    expect(page.locator("#formula")).to_have_attribute("aria-invalid", "true")
    page.locator("#formula").fill("norm2(A*x - b)^2")
    expect(page.locator("#problem")).to_be_empty()
    expect(page.locator("#backdrop mark")).to_have_count(0)


def test_a_link_holds_the_state(page: Page, context: BrowserContext, url: str) -> None:
    page.goto(f"{url}#view=gallery")
    page.get_by_role("link", name="Log-determinant of a covariance").click()
    derived(page)
    page.locator("[data-symbol=S]").click()
    page.locator(".extent").fill("3 3")
    page.locator(".extent").press("Enter")
    expect(page.locator("[data-symbol=S] annotation")).to_contain_text("3 \\times 3")
    page.locator("#layout").select_option("numerator")
    page.get_by_role("radio", name="matrix").check()
    page.get_by_role("tab", name="PyTorch").click()
    expect(page.locator("#code")).to_contain_text("torch")
    other = context.new_page()
    other.goto(page.url)
    expect(other.locator("#code")).to_contain_text("torch")
    assert other.locator("#formula").input_value() == "logdet(S)"
    assert other.locator("#layout").input_value() == "numerator"
    assert other.locator("#independent").is_checked()
    assert tex(other, "#result") == tex(page, "#result")
    expect(other.locator("[data-symbol=S] annotation")).to_contain_text("3 \\times 3")
    expect(other.locator("#steps")).to_have_class("steps-matrix")


def test_the_derivation_is_copied(page: Page, context: BrowserContext, url: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(url)
    derived(page)
    copies = page.get_by_role("group", name="Copy")
    wanted = [("LaTeX", 0, "p - y"), ("LaTeX", 1, r"\begin{align"), ("Markdown", 0, "## "), ("Unicode", 1, "p − y")]
    for name, place, said in wanted:
        copies.get_by_role("button", name=name).nth(place).click()
        expect(page.locator("#said")).to_contain_text("copied")
        assert said in page.evaluate("navigator.clipboard.readText()")
        page.evaluate("document.getElementById('said').textContent = ''")


def test_a_damaged_document(page: Page, url: str) -> None:
    page.goto(f"{url}#view=check")
    page.locator("#document").fill(DAMAGED)
    page.locator("#document").press("Control+Enter")
    expect(page.locator(".sheet .rel.refuted")).to_have_text("=")
    expect(page.locator(".sheet .rel.definition")).to_have_count(1)
    expect(page.locator(".verdicts")).to_contain_text("counterexample:")
    expect(page.locator(".verdicts .point")).to_contain_text("left side")
    page.locator(".sheet .rel.definition").click()
    expect(page.locator(".verdicts")).not_to_contain_text("counterexample", use_inner_text=True)
    page.locator(".sheet .rel.refuted").click()
    expect(page.locator(".verdicts [aria-expanded=true]")).to_contain_text("refuted")


def test_a_slip_is_mended_in_the_document(page: Page, url: str) -> None:
    text = "𝔾 here\n```math\n(a-b)^2 = a^2 - 2ab - b^2\n```\n"
    page.goto(f"{url}#view=check")
    page.locator("#document").fill(text)
    page.locator("#document").press("Control+Enter")
    page.locator(".verdicts .mend button").click()
    expect(page.locator(".sheet .rel.proved")).to_have_text("=")
    assert page.locator("#document").input_value() == text.replace("ab -", "ab +")


def test_a_document_is_dropped(page: Page, url: str) -> None:
    page.goto(f"{url}#view=check")
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], "note.md", { type: "text/markdown" }));
          const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
          document.getElementById("document").dispatchEvent(drop);
        }""",
        DAMAGED,
    )
    expect(page.locator(".sheet .rel.refuted")).to_have_text("=")
    assert page.locator("#document").input_value() == DAMAGED


def test_every_example_is_derived(page: Page, url: str) -> None:
    page.goto(f"{url}#view=gallery")
    links = page.locator(".gallery a")
    states = [links.nth(k).get_attribute("href") for k in range(links.count())]
    assert len(states) >= 30
    assert parse_qs(str(states[0])[1:])["f"] == [FOUNDING]
    for state in states:
        look_up(page, url, str(state))
        expect(page.locator("#certificate")).to_contain_text("confirmed: ")
        expect(page.locator("#problem")).to_be_empty()


def test_a_step_shows_what_it_rewrote(page: Page, url: str) -> None:
    page.goto(url)
    derived(page)
    step = page.locator("#steps > .block").last.locator(".step").nth(2)
    step.hover()
    assert page.locator("#steps .step.before .was").count() > 0
    assert page.locator("#steps .step.after .now").count() > 0


def test_lemmas_open_and_cases_are_shown(page: Page, url: str) -> None:
    page.goto(url)
    derived(page)
    page.get_by_text("by cases").click()
    expect(page.locator(".cases")).to_contain_text("If i ≠ k")


def plotted(page: Page) -> None:
    """The plots, which are drawn once they are seen; what is drawn above them moves them out of sight again."""
    for _ in range(60):
        page.locator("#plots").scroll_into_view_if_needed()
        if page.locator("svg.plot").count() == 3:
            break
        page.wait_for_timeout(500)
    expect(page.locator("svg.plot")).to_have_count(3)


def test_plots_are_drawn(page: Page, url: str) -> None:
    page.goto(url)
    derived(page)
    plotted(page)
    assert page.locator("svg.plot path.tangent").count() == 1


def test_the_keyboard_alone(page: Page, url: str) -> None:
    page.goto(url)
    derived(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.classList.contains('step')")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("#view-check")).to_be_visible()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "document"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_everything_has_a_name(page: Page, url: str) -> None:
    page.goto(url)
    derived(page)
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, input, select, textarea, [role=tab]")].filter((e) => e.offsetParent
        && !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML)"""
    )
    assert unnamed == []


def test_axe_finds_nothing(page: Page, url: str) -> None:
    page.goto(url)
    derived(page)
    plotted(page)
    _accessible(page)
    page.locator("#formula").fill("sofmax(x)")
    expect(page.locator("#problem")).to_contain_text("softmax")
    _accessible(page, without=[".katex-html"])  # which were looked at a moment ago
    page.goto(f"{url}#view=check")
    page.get_by_role("button", name="Try a damaged one").click()
    page.wait_for_selector(".rel.refuted")
    _accessible(page)
    page.goto(f"{url}#view=gallery")
    page.wait_for_selector(".gallery a")
    _accessible(page)


def _accessible(page: Page, without: Sequence[str] = ()) -> None:
    """In both themes; what has no colour is the same in both."""
    for theme, rules in ("light", {}), ("dark", {"runOnly": ["color-contrast"]}):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        looked_at = {"exclude": [[place] for place in without]} if without else None
        found = Axe().run(page, context=looked_at, options={**rules, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("view", ["", "#view=check", "#view=gallery"])
def test_a_phone_has_no_horizontal_scrolling(page: Page, url: str, view: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{url}{view}")
    if view == "":
        derived(page)
    elif view == "#view=check":
        page.get_by_role("button", name="Try a damaged one").click()
        page.wait_for_selector(".rel.refuted")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_timeout(200)
        wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room


def test_it_is_quick(page: Page, url: str) -> None:
    page.goto(f"{url}#view=derive&f=sum(x)&x=x")
    derived(page)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < 3000  # the aims are 1 s and 0.3 s on a quiet machine; what is asserted here is that nothing hangs
    formulas = [f"norm2(A*x - {k}*b)^2" for k in range(2, 12)]
    times = [page.evaluate(_MEASURE, formula) for formula in formulas]
    print(f"first paint {painted:.0f} ms, key to screen {median(times[3:]):.0f} ms")
    assert median(times[3:]) < 1500


def test_nothing_comes_from_elsewhere(page: Page, url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    derived(page)
    assert all(address.startswith(url) for address in asked)
