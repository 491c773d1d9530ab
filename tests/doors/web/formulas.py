"""Twenty formulas of every shape: short and long, scalars and arrays of four axes, products, quotients and choices."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Page

SHAPES = (
    ("p = softmax(o); -sum_i(y[i]*log(p[i]))", "o", ("onehot(y)",), "1"),
    ("h = tanh(W*x); 1/2*norm2(V*h - t)^2", "W", (), "1"),
    ("h1 = tanh(A*x + b); h2 = tanh(B*h1 + c); norm2(C*h2 - t)^2", "A", (), "1"),
    ("(A*x - b)'*W*(A*x - b) + (C*x - d)'*V*(C*x - d) + x'*Q*x", "x", (), "1"),
    ("1/2*(x - mu)'*inv(S)*(x - mu) + 1/2*logdet(S)", "S", (), "1"),
    ("logdet(A*X*B + C*X*D)", "X", (), "1"),
    ("tr(inv(X)*A*inv(X)*B*inv(X)*C)", "X", (), "1"),
    ("softmax(W*x + b)", "x", (), "1"),
    ("logsumexp(A*x + b)", "x", (), "2"),
    ("norm2(x)^3/(1 + norm2(x)^2)", "x", (), "2"),
    ("sum(where(x > 0, x .^ 2, a*x))", "x", (), "1"),
    ("A*X*B", "X", (), "1"),
    ("inv(X)", "X", (), "1"),
    ("x'*A*x/(x'*B*x)", "x", (), "1"),
    ("sum(log(1 + exp(-y .* (X*w)))) + lam*norm2(w)^2", "w", (), "2"),
    ("sum(sigmoid(W*x) .* tanh(U*x) .* relu(V*x))", "x", (), "1"),
    ("(x - mean(x))/sqrt(mean((x - mean(x)) .^ 2) + eps)", "x", (), "1"),
    ("sum(exp(-1/2*(x - m) .^ 2 ./ s .^ 2))", "s", (), "1"),
    ("prod_i(x[i]) + max(x) + norm1(x)", "x", (), "1"),
    (r"\frac{1}{2} \sum_i \left(\frac{x_i - \mu_i}{\sigma_i}\right)^2 + \sum_i \log \sigma_i", "sigma", (), "1"),
)


def address(formula: str, wrt: str, given: tuple[str, ...], order: str) -> str:
    """The part of the page's address that asks for the derivative."""
    return "#" + urlencode([("f", formula), ("x", wrt), *(("given", fact) for fact in given), ("order", order)])


_GO = """(hash) => new Promise((done) => {
  const before = location.href;
  addEventListener("hashchange", () => done(), { once: true });
  location.hash = hash;
  if (location.href === before) done();
})"""


def look_up(page: Page, url: str, hash: str) -> None:
    """What an address asks for, in the page that is open; the answer is there."""
    if page.url.startswith(url):
        page.evaluate(_GO, hash)
    else:
        page.goto(url + hash)
    page.wait_for_selector("#outcome:not(.stale) #result .katex")
