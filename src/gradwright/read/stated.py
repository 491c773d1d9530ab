"""Facts as they are given beside a formula: ``onehot(y)``. Owns: reading those, and of which shapes they can be said.

Never: infers a fact.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gradwright.core.context import Context
from gradwright.core.errors import Error, Span
from gradwright.core.facts import ALIASES, FACTS, Given, of_rank
from gradwright.read.names import nearest


def stated(text: str) -> Given:
    """``onehot(y)`` as a fact about a symbol."""
    match = re.fullmatch(r"\s*([\w ]+?)\s*\(\s*(\w+)\s*\)\s*", text)
    if match is None:
        raise Error("a fact is written name(symbol)", (0, max(1, len(text))), text, _instead(text))
    fact, symbol = match.group(1).replace(" ", "_"), match.group(2)
    fact = ALIASES.get(fact, fact)
    if fact not in FACTS:
        close = nearest(fact, list(FACTS))
        hint = f"did you mean {close}?" if close else "known: " + ", ".join(FACTS)
        raise Error(f"{fact} is not a fact gradwright knows", match.span(1), text, hint)
    return Given(fact, symbol, text, match.span())


def _instead(text: str) -> str:
    """What to write for something that is no fact: a shape, or words in another order."""
    words = re.findall(r"\w+", text)
    said = [word for word in words if word.lower() in FACTS]
    shape = re.fullmatch(r"\s*(?:(\w+)\s*:|([A-Za-z]\d?)(?=\s+\w))\s*([\w ]*?)\s*", text)
    if shape is not None and not said:
        return f"a shape stands with the shapes, after a colon: '{shape[1] or shape[2]}: {shape[3]}".rstrip() + "'"
    if more := re.fullmatch(r"\s*(\w+)\s*(>=?|≥|≻|⪰|=)\s*0\s*", text):
        fact = {">": "positive", ">=": "nonnegative", "≥": "nonnegative", "=": "zero"}.get(more[2], "posdef")
        return f"for example {fact}({more[1]})" + (f", of a matrix posdef({more[1]})" if fact == "positive" else "")
    others = [word for word in words if word not in said and len(word) == 1]
    return f"for example {said[0].lower()}({others[0] if others else 'A'})" if said else "for example onehot(y)"


def fitting(item: Given, context: Context) -> Given:
    """The fact, if its symbol has a shape of which it can be said; one-hot of a matrix means its rows."""
    if item.symbol not in context.symbols and item.symbol not in context.definitions:
        raise Error(f"there is no {item.symbol} in the formula", _symbol_span(item), item.source)
    if item.symbol in context.inner:
        said = f"{item.fact} cannot be said of {item.symbol}, an axis of which is several indices here"
        raise Error(said, _symbol_span(item), item.source)
    shape = context.shape(item.symbol)
    item = replace(item, fact=of_rank(item.fact, len(shape)))
    fact = FACTS[item.fact]
    if len(shape) not in fact.ranks:
        what = ("a scalar", "a vector", "a matrix", "a tensor")[min(len(shape), 3)]
        raise Error(f"{item.fact} cannot be said of {item.symbol}, which is {what}", _symbol_span(item), item.source)
    if fact.square and shape[0] != shape[1]:
        size = "×".join(map(str, shape))
        raise Error(
            f"{item.symbol} is {size}, so it cannot be {fact.says.removeprefix('is ')}", _symbol_span(item), item.source
        )
    return item


def _symbol_span(item: Given) -> Span:
    start = item.source.rindex(item.symbol)
    return start, start + len(item.symbol)
