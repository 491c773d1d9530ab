"""Spellings that people use and the text language does not have: ``x^T A x``, ``||w||_1``, ``np.sum(x**2)``, ``A @ x``.

Owns: one pass over the tokens for each, which turns them into the language's own and remarks on it. What is printed
needs none of them, so reading it back is strict. Never: knows shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from gradwright.core.errors import Error, Span
from gradwright.core.letters import GREEK, LOWERED
from gradwright.core.record import dataclass
from gradwright.read.letters import FUNCTIONS, family
from gradwright.read.text.tokens import Token

_ENDS = frozenset(("NAME", "NUMBER", "RPAR", "RSQB", "QUOTE", "RAISED", "BAR_CLOSE", "NORM_CLOSE"))
_BEGINS = frozenset(("NAME", "NUMBER", "LPAR", "BAR_OPEN", "NORM_OPEN"))
_LIBRARIES = frozenset(("np", "numpy", "jnp", "torch", "math", "scipy", "special", "linalg", "F", "tf", "sp", "nn"))
_SHOWN = 60  # characters of a formula that is written out in a hint
_BIG = ("sum_", "prod_", "Σ_", "∑_", "Π_", "∏_")
_TRANSPOSES = frozenset(("T", "⊤", "mT"))


@dataclass(frozen=True)
class Remark:
    """A spelling that was taken for another."""

    words: str
    span: Span


@dataclass(frozen=True)
class Setting:
    """What the passes ask: names that mean something by themselves, and those of functions wherever they stand."""

    source: str
    known: frozenset[str]
    is_word: Callable[[str], bool]


Tokens = list[Token]
Pass = Callable[[Tokens, Setting, list[Remark]], Tokens]


def forgiven(tokens: Sequence[Token], setting: Setting) -> tuple[Tokens, tuple[Remark, ...]]:
    """The tokens in the language's own spelling, with a remark for each other one."""
    remarks: list[Remark] = []
    current = list(tokens)
    for change in PASSES:
        current = change(current, setting, remarks)
    return current, tuple(sorted(remarks, key=lambda remark: remark.span))


def _without_libraries(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``np.sum`` is ``sum``, ``X.T`` is ``X'``."""
    kept: Tokens = []
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.kind == "NAME" and token.text in _LIBRARIES and after is not None and after.kind == "DOT":
            continue
        if token.kind != "DOT":
            kept.append(token)
            continue
        before = tokens[at - 1] if at else None
        if before is not None and before.text in _LIBRARIES:
            remarks.append(Remark("the prefix of a library is left out", (before.start, token.end)))
        elif after is not None and after.text in _TRANSPOSES and before is not None and before.kind in _ENDS:
            kept.append(replace(token, kind="ATTRIBUTE"))
        else:
            raise Error("'.' means nothing here", token.span, setting.source,
                        "' transposes, and .* ./ .^ go by entries")  # fmt: skip
    return _joined(kept, "ATTRIBUTE", "QUOTE", "'")


def _joined(tokens: Tokens, mark: str, kind: str, text: str) -> Tokens:
    """Each ``mark`` together with the token after it as one of another kind."""
    done: Tokens = []
    for token in tokens:
        if done and done[-1].kind == mark:
            done[-1] = Token(kind, text, done[-1].start, token.end)
        else:
            done.append(token)
    return done


def _python_powers(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    return [replace(t, kind="POWER") if t.kind == "PYTHON" else t for t in tokens]


_RAISED: tuple[tuple[str, ...], ...] = (("T",), ("⊤",), ("-", "T"), ("(", "T", ")"), ("(", "-", "T", ")"))


def _raised_marks(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``x^T`` transposes, unless T is somebody; ``A^-T`` is the transposed inverse."""
    done: Tokens = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        signs = tuple(t.text for t in tokens[at + 1 : at + 5])
        mark = next((m for m in _RAISED if signs[: len(m)] == m), ())
        if not mark or token.kind != "POWER" or token.text != "^" or "T" in setting.known:
            done.append(token)
            at += 1
            continue
        last = tokens[at + len(mark)]
        done.append(Token("QUOTE", "'", token.start, last.end))
        if "-" in mark:
            done += [token, Token("ADDING", "-", token.end, token.end), Token("NUMBER", "1", token.end, last.end)]
        remarks.append(Remark("^T is read as a transpose", (token.start, last.end)))
        at += 1 + len(mark)
    return done


def _bars(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``|x|`` and ``||x||_1`` with ends that tell which is which; the order stands in the text of the closing one."""
    done: Tokens = []
    opened: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.kind not in ("BAR", "NORM"):
            done.append(token)
            continue
        before = done[-1].kind if done else ""
        if opened and opened[-1].kind == token.kind and before in _ENDS:
            opened.pop()
            after = tokens[at] if at < len(tokens) else None
            order = _order(after)
            at += bool(order)
            end = after.end if after is not None and order else token.end
            done.append(Token(f"{token.kind}_CLOSE", order, token.start, end, token.spaced))
        else:
            opened.append(token)
            done.append(replace(token, kind=f"{token.kind}_OPEN"))
    if opened:
        raise Error(f"this {opened[-1].text} is never closed", opened[-1].span, setting.source,
                    "|x| is abs(x) of a number, ||x|| is norm2(x)")  # fmt: skip
    return done


def _order(after: Token | None) -> str:
    """What stands below the closing bars of a norm: _1, _F or ₁."""
    if after is None or after.spaced:
        return ""
    if after.kind == "LOWERED":
        return "".join(LOWERED[sign] for sign in after.text)
    return after.text[1:] if after.text[0] == "_" else ""


def _long_sums(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``sum_i x[i]^2`` goes over the whole product that follows; ``sum_i(…)`` over the brackets alone."""
    done = list(tokens)
    for at in range(len(done) - 1, -1, -1):
        token, after = done[at], done[at + 1] if at + 1 < len(done) else None
        if token.kind != "NAME" or not token.text.startswith(_BIG) or after is None or token.text in setting.known:
            continue
        if after.kind in ("LPAR", "LSQB") and not after.spaced:
            continue
        if after.kind not in _BEGINS:
            continue
        last = _bracket(done, at + 1, _end_of_product(done, at + 1))
        remarks.append(Remark(f"{token.text} goes over the product that follows", (token.start, last)))
    return done


def _bracket(tokens: Tokens, begin: int, end: int) -> int:
    """Put brackets around the tokens there, and say where they end in what was typed."""
    first, last = tokens[begin].start, tokens[end - 1].end
    tokens[begin:end] = [Token("LPAR", "(", first, first), *tokens[begin:end], Token("RPAR", ")", last, last)]
    return last


def _end_of_product(tokens: Tokens, begin: int) -> int:
    """Where the next + or −, comma, sign of comparison or closing bracket stands."""
    at = begin
    while at < len(tokens):
        kind = tokens[at].kind
        sign = kind == "ADDING" and at > begin and tokens[at - 1].kind not in ("TIMES", "POWER")
        if sign or kind in (*_CLOSING.values(), "COMMA", "SEMICOLON", "COMPARE", "EQUAL"):
            break
        at = _closed(tokens, at) if kind in _CLOSING else at + 1
    return at


def _bare_functions(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``log x``, ``tr A`` and ``log|S|``: a function of the language before one thing without brackets."""
    done = list(tokens)
    for at in range(len(done) - 2, -1, -1):
        token, after = done[at], done[at + 1]
        if token.kind != "NAME" or len(token.text) < 2 or token.text in setting.known:
            continue
        if after.kind not in ("NAME", "NUMBER", "BAR_OPEN", "NORM_OPEN") or not setting.is_word(token.text):
            continue
        last = _bracket(done, at + 1, _end_of_atom(done, at + 1))
        remarks.append(Remark(f"{token.text} without brackets is of what follows", (token.start, last)))
    return done


_CLOSING = {"LPAR": "RPAR", "LSQB": "RSQB", "BAR_OPEN": "BAR_CLOSE", "NORM_OPEN": "NORM_CLOSE"}


def _end_of_atom(tokens: Tokens, begin: int) -> int:
    """After a name or number, with the brackets and primes that follow it."""
    at = _closed(tokens, begin) if tokens[begin].kind in _CLOSING else begin + 1
    while at < len(tokens) and not tokens[at].spaced and tokens[at].kind in ("LPAR", "LSQB", "QUOTE"):
        at = at + 1 if tokens[at].kind == "QUOTE" else _closed(tokens, at)
    return at


def _closed(tokens: Tokens, begin: int) -> int:
    """The place after the bracket that closes the one here."""
    opening, closing = tokens[begin].kind, _CLOSING[tokens[begin].kind]
    depth = 0
    for at in range(begin, len(tokens)):
        depth += (tokens[at].kind == opening) - (tokens[at].kind == closing)
        if not depth:
            return at + 1
    return len(tokens)


def _no_derivatives(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``f'(x)`` may be a derivative, and is no product."""
    for name, quote, bracket in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if name.text not in FUNCTIONS - setting.known or quote.kind != "QUOTE" or bracket.kind != "LPAR":
            continue
        if not bracket.spaced:
            hint = f"D({name.text}, x) is the derivative of an unknown function; {name.text}'*(x) a product"
            raise Error(f"{name.text}'(…) may mean several things", (name.start, bracket.end), setting.source, hint)
    return tokens


def _products(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """Factors side by side are multiplied: ``x' A x``, ``2 x``, ``(a)(b)``. A name before a bracket is a function."""
    done: Tokens = tokens[:1]
    for before, token in pairwise(tokens):
        if before.kind in _ENDS and token.kind in _BEGINS and not _is_call(before, token, setting):
            if token.kind == "NAME" and not token.spaced and not _is_one_symbol(token.text):
                shown = setting.source[: token.start] + "*" + setting.source[token.start :]
                hint = "a product is written with *" + (f": {shown}" if len(shown) <= _SHOWN else "")
                if before.kind == "QUOTE" and before.spaced:
                    hint = "' transposes, and nothing stands in quotes; norm2(A) is the Frobenius norm of a matrix"
                raise Error(f"something is missing before {token.text!r}", token.span, setting.source, hint)
            done.append(Token("TIMES", " ", before.end, max(token.start, before.end)))
            remarks.append(Remark("what stands side by side is multiplied", (before.start, token.end)))
        done.append(token)
    return done


def _no_joined_names(tokens: Tokens, setting: Setting, remarks: list[Remark]) -> Tokens:
    """``Ax`` beside x is one name, and nobody means it so."""
    names = {token.text for token in tokens if token.kind == "NAME"}
    for token in tokens:
        first, rest = token.text[:1], token.text[1:]
        if token.text in setting.known or len(rest) != 1 or not (first.isupper() and rest.islower() and rest in names):
            continue
        hint = f"a product is written {first}*{rest}; a symbol of that name is declared"
        raise Error(f"{token.text} is one name", token.span, setting.source, hint)
    return tokens


def _is_one_symbol(name: str) -> bool:
    """Whether a name is plainly one letter, with a label or without: x'A is a product, x'Ax nobody knows."""
    return len(family(name)) == 1 or family(name) in GREEK


def _is_call(before: Token, token: Token, setting: Setting) -> bool:
    if token.kind != "LPAR":
        return False
    if before.kind == "RSQB":  # sum[i](…)
        return True
    if before.kind != "NAME" or before.text in setting.known:
        return False
    return not token.spaced or setting.is_word(before.text)


PASSES: tuple[Pass, ...] = (
    _without_libraries, _python_powers, _raised_marks, _bars, _long_sums, _bare_functions, _no_derivatives,
    _products, _no_joined_names,
)  # fmt: skip
