"""The macros of a document. Owns: what everybody means by the names of those that it uses and does not define.

A name of another file is read only where custom leaves no doubt; a reader is told. Never: overrides a definition.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from gradwright.read.latex.grammar import GREEK, NAMED
from gradwright.read.latex.tokens import Macro, macros_in

_MEAN = r"\mathbb{E}"
_LATIN = {
    "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N",
    "Rho": "P", "Tau": "T", "Chi": "X",
}  # fmt: skip
"""Greek capitals that look like Latin ones, for which TeX has no commands."""
_CUSTOMARY: dict[str, Macro] = {
    **dict.fromkeys(("E", "EE", "Ex", "expect", "Expect", "expectation", "Expectation"), Macro(0, _MEAN)),
    **dict.fromkeys(("V", "Var", "var", "VV", "Variance"), Macro(0, r"\operatorname{Var}")),
    **dict.fromkeys(("Cov", "cov", "covar"), Macro(0, r"\operatorname{Cov}")),
    **dict.fromkeys(("Prob", "prob", "PP"), Macro(0, r"\Pr")),
    **dict.fromkeys(("giv", "given", "cond", "vbar"), Macro(0, r"\mid")),
    **dict.fromkeys(("underE", "Eunder"), Macro(2, rf"{_MEAN}_{{#1}}[#2]")),
    **dict.fromkeys(("dd", "dif"), Macro(0, "d")),
    **dict.fromkeys(("imp", "impl"), Macro(0, r"\Rightarrow")), **dict.fromkeys(("eqv", "equi"), Macro(0, r"\iff")),
    **{name: Macro(0, rf"\mathrm{{{letter}}}") for name, letter in _LATIN.items()},
    "d": Macro(0, "d"), "eps": Macro(0, r"\epsilon"),
    "half": Macro(0, r"\frac{1}{2}"), "grad": Macro(0, r"\nabla"), "T": Macro(0, r"\top"),
}  # fmt: skip
"""Names of no letter, as those who define them define them."""
_LETTER = "|".join(sorted(GREEK, key=len, reverse=True))
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"[Vv]([a-z]|{_LETTER})"), r"\boldsymbol{#1}"),
    (re.compile(r"[Mm]([A-Z])"), r"\mathbf{#1}"),
    (re.compile(r"b([A-DF-MOQS-Ya-eg-lnp-rt-z])"), r"\mathbf{#1}"),
    (re.compile(rf"([A-Za-z]|{_LETTER})hat"), r"\hat{#1}"),
    (re.compile(rf"([A-Za-z]|{_LETTER})bar"), r"\bar{#1}"),
    (re.compile(rf"([A-Za-z]|{_LETTER})(?:tilde|til)"), r"\tilde{#1}"),
    (re.compile(rf"d([a-z]|{_LETTER})"), r"\,d#1"),
    (re.compile(r"(sum|prod)([i-mr-t])([a-zA-Z])"), r"#1_{#2=1}^{#3}"),
)
r"""``\vx``, ``\Vx``, ``\mA``, ``\MA``, ``\bx``; ``\xhat``, ``\xbar``; ``\dx``; ``\sumin``: names in the files of
macros that authors share, and what they stand for."""
_COMMAND = re.compile(r"\\([A-Za-z]+)(?![A-Za-z])")


_KNOWN = frozenset(GREEK) | {
    "bf", "bm", "bs", "mp", "dd", "do", "dp", "dj", "bar", "hbar", "hat", "lbar", "vbar", "widehat", "tilde", "ddot",
}  # fmt: skip
"""Commands of TeX itself, and Greek letters."""


class Macros(NamedTuple):
    """What names stand for, and what a reader is told of those that the document does not define."""

    known: dict[str, Macro]
    said: tuple[str, ...]


def macros_of(text: str) -> Macros:
    """What the names that stand in a text are read as: as it defines them, else as everybody does."""
    defined = macros_in(text)
    used = dict.fromkeys(_COMMAND.findall(text))
    found = {name: macro for name in used if name not in defined and (macro := _meaning(name)) is not None}
    said = tuple(
        f"\\{name}, which is not defined here, is read as {macro.body.strip()}" for name, macro in found.items()
    )
    return Macros({**found, **defined}, said)


def left_out(text: str, macros: Macros, names: Collection[str]) -> str:
    """What a reader is told of functions that stand in a text as commands of which nothing is known; or nothing."""
    used = sorted({*_COMMAND.findall(text)} & {*names} - {*macros.known, *GREEK, *NAMED})
    read = "is read as a function" if len(used) == 1 else "are read as functions"
    commands = ", ".join("\\" + name for name in used)
    return f"{commands}, not defined here, {read}" if used else ""


def _meaning(name: str) -> Macro | None:
    if name in _CUSTOMARY:
        return _CUSTOMARY[name]
    if name in _KNOWN:
        return None
    for pattern, body in _PATTERNS:
        if found := pattern.fullmatch(name):
            for number, part in enumerate(found.groups(), 1):
                body = body.replace(f"#{number}", part if len(part) == 1 else f"\\{part} ")
            return Macro(0, body)
    return None
