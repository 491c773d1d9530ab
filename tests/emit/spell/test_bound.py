"""Names that are read before anything is bound to them."""

from __future__ import annotations

import pytest

from gradwright.emit.spell.bound import unbound
from tests.emit.shared import derive


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(x):\n    return x + y\n", ["line 2: y"]),
        ("def f(x):\n    y = y + x\n    return y\n", ["line 2: y"]),
        ("def f(x):\n    t = g(x)\n    return t\ndef g(x):\n    return [a + x for a in x]\n", []),
        ("def f():\n    if f:\n        return f()\n    f = 1\n    return f\n", ["line 2: f", "line 3: f"]),
        ("def f(n):\n    for k in range(n):\n        t = k\n    return t + s\n", ["line 4: s"]),
        ("def f(n):\n    t += n\n", ["line 2: t"]),
    ],
)  # fmt: skip
def test_names_read_too_early_are_found(text: str, found: list[str]) -> None:
    assert unbound(text) == found


def test_a_module_that_cannot_run_is_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradwright.emit.targets.numpy.sizes", lambda *_: [])
    with pytest.raises(AssertionError, match=r"the numpy module reads a name before it is bound, line \d+: n"):
        derive("sum(x.^2)/n", "x", shapes={"x": ("n",)}).emit()
