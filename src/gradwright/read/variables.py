"""Which symbols a derivative is taken in. Owns: the choice, and what to say where there is none. Never: derives."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import names_of
from gradwright.read.reader import Parsed

_LIKELY = ("x", "w", "W", "o", "z", "theta", "X", "S")


def variables(wrt: str | Sequence[str], order: int, parsed: Parsed) -> tuple[str, ...]:
    """The variable of each order; without one, the formula's only symbol."""
    wrt = wrt or parsed.asked or _only(parsed.context)
    names = (wrt,) * order if isinstance(wrt, str) else tuple(wrt)
    if not names or order < 1 or len(names) > 2:
        raise Error("the order of a derivative is 1 or 2", hint="differentiate the result again for higher orders")
    for name in names:
        if name in parsed.context.definitions:
            raise Error(
                f"{name} is defined in the formula, so it is not a variable",
                next(iter(parsed.names.get(name, ())), None),
                parsed.context.source,
                hint="differentiate in a symbol it depends on, or leave its definition out",
            )
        if name not in parsed.context.symbols:
            _declare_absent(name, parsed)
        if name in parsed.entries:
            hint = f"a label is one-hot: y^\\top {name} with the fact onehot(y)"
            said = f"this may be an entry of {name}, by a letter that nothing binds"
            raise Error(said, parsed.entries[name], parsed.context.source, hint)
    return names


def _declare_absent(name: str, parsed: Parsed) -> None:
    """A variable that the formula does not mention: its shape must have been declared, and the derivative is 0."""
    context = parsed.context
    if name not in parsed.declared or name in context.functions:
        raise _absent(name, parsed)
    context.symbols[name] = parsed.declared[name]
    context.order.append(name)
    context.dims |= names_of(*parsed.declared[name])


def _only(context: Context) -> str:
    names = list(context.symbols)
    if len(names) == 1:
        return names[0]
    if not names:
        raise Error("the formula has no symbol to differentiate in", (0, len(context.source)), context.source)
    likely = next((name for name in _LIKELY if name in names), names[0])
    raise Error(
        f"in which symbol? the formula has {', '.join(names)}",
        hint=f'for example wrt="{likely}", on the command line --wrt {likely}',
    )


def _absent(name: str, parsed: Parsed) -> Error:
    """What is asked for is no symbol; often it stands in one, where a sign was left out between two."""
    symbols = parsed.context.symbols
    joined = next((s for s in symbols if name in s and s.isalpha() and len(s) > len(name)), None)
    if joined is not None:
        return Error(
            f"there is no {name} in the formula; {joined} is one name",
            next(iter(parsed.names.get(joined, ())), None),
            parsed.context.source,
            f"a product is written {'*'.join(joined)}",
        )
    known = ", ".join(symbols) or "none"
    hint = f"its symbols: {known}; the derivative in another one is 0, and needs that one's shape declared"
    return Error(f"there is no {name} in the formula to differentiate in", hint=hint)
