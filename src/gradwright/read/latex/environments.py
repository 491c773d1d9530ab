"""Environments inside an expression. Owns: cases and matrices, written out or with dots. Never: aligns."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.read.latex.cursor import Cursor
from gradwright.read.latex.runs import diagonal, tabled
from gradwright.read.latex.tokens import Token, closed_after, solid
from gradwright.read.syntax import Bars, Case, Cases, Matrix, Node, Number


def environment(c: Cursor, braced: bool = False) -> Node:
    """``braced``: after a brace without a partner, where an array is of cases."""
    begin = c.take()
    rows = _rows(c, begin)
    if begin.text == "array" and rows and rows[0] and rows[0][0][:1] and rows[0][0][0].kind == "open":
        end = next((k for k, t in enumerate(rows[0][0]) if t.kind == "close"), 0)
        rows[0][0] = rows[0][0][end + 1 :]
    if braced or begin.text in ("cases", "dcases", "rcases"):
        return cases(c, [[_unbraced(cell) for cell in row] for row in rows] if braced else rows, begin)
    if begin.text.endswith("matrix") or begin.text == "array":
        tree = table(c, rows, begin)
        return c.made(Bars, begin.start, tree) if begin.text == "vmatrix" else tree
    if begin.text in ("aligned", "split", "gathered") and len(rows) == 1:
        return c.sub_parse([t for cell in rows[0] for t in cell])
    c.fail(f"the environment {begin.text} is not understood here", begin)


def _rows(c: Cursor, begin: Token) -> list[list[list[Token]]]:
    """The cells of the environment, whose end is taken too."""
    rows: list[list[list[Token]]] = [[[]]]
    depth = 0
    braces = 0
    while True:
        if c.peek() is None:
            c.fail(f"the environment {begin.text} is not closed", begin)
        token = c.take()
        if token.kind == "end" and depth == 0:
            return [row for row in rows if any(row)]
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
        braces += {"open": 1, "close": -1}.get(token.kind, 0)
        if token.kind == "row" and depth == 0 and braces == 0:
            rows.append([[]])
        elif token.kind == "amp" and depth == 0 and braces == 0:
            rows[-1].append([])
        else:
            rows[-1][-1].append(token)


def _unbraced(cell: list[Token]) -> list[Token]:
    """{a} in a cell of its own as a."""
    inner = [t for t in cell if t.kind != "gap"]
    whole = len(inner) > 2 and inner[0].kind == "open" and closed_after(inner, 0) == len(inner)
    return inner[1:-1] if whole else cell


def table(c: Cursor, rows: Sequence[Sequence[list[Token]]], begin: Token) -> Node:
    """The entries of a matrix; dots in the place of some stand for those between the first and the last."""
    cells = [[_entry(c, _unbraced(cell), begin) for cell in row] for row in spread(c, rows)]
    written_out = tuple(tuple(cell for cell in row if cell is not None) for row in cells)
    if sum(map(len, written_out)) == sum(map(len, cells)):
        return c.made(Matrix, begin.start, written_out)
    kept = [row for row in cells if any(cell is not None for cell in row)]
    shown = cells if all(len(row) == 1 for row in cells) or len(cells) == 1 else kept
    span = (begin.start, c.tokens[c.at - 1].end)
    found = diagonal(cells, span) or tabled(shown, span)
    if found is None:
        c.fail("an ellipsis whose pattern is not seen", begin)
    return found


def _entry(c: Cursor, cell: Sequence[Token], begin: Token) -> Node | None:
    """What stands in a cell: nothing for dots, 0 where it is left empty."""
    if _dotted(cell):
        return None
    inner = solid(cell)
    if inner and inner[-1].text == ",":  # a, & b
        cell = inner[:-1]
    return c.sub_parse(cell) if any(t.kind != "gap" for t in cell) else Number((begin.start, begin.end), "0")


def spread(c: Cursor, rows: Sequence[Sequence[list[Token]]]) -> list[list[list[Token]]]:
    """Cells that only space parts, as in x_1 \\ x_2 \\ … \\ x_n, are cells all the same."""
    done = []
    for row in rows:
        if len(row) == 1 and any(t.text == "dots" for t in row[0]) and len(row[0]) > 1:
            symbols: list[list[Token]] = [[]]
            for token in row[0]:
                parted = bool(symbols[-1]) and token.start > symbols[-1][-1].end and token.kind not in ("sub", "sup")
                if token.text == "dots" or parted:
                    symbols.append([])
                symbols[-1].append(token)
            done.append([cell for cell in symbols if cell])
        else:
            done.append(list(row))
    return done


def cases(c: Cursor, rows: Sequence[Sequence[list[Token]]], begin: Token) -> Node:
    found: list[Case] = []
    for row in rows:
        flat = list(row[0])
        condition = [t for cell in row[1:] for t in cell]
        if not condition:
            place = next((k for k, t in enumerate(flat) if t.kind == "word" or t.text == ","), None)
            if place is not None:
                flat, condition = flat[:place], flat[place:]
        while flat and flat[-1].text in (",", ";", "."):
            flat.pop()
        words = " ".join(t.text.strip().lower() for t in condition if t.kind == "word")
        bare = [t for t in condition if t.kind not in ("word",) and t.text not in (".", ";")]
        bare = bare[1:] if bare and bare[0].text == "," else bare
        if not bare:
            if not any(w in words for w in ("otherwise", "else")) and not (not words and row is rows[-1]):
                c.fail("a case without a condition", begin)
            value = c.sub_parse(flat)
            found.append(Case(value.span, value, ()))
            continue
        conditions = c.conditions(bare)
        if not conditions:
            c.fail("the condition of a case is not understood", bare[0])
        value = c.sub_parse(flat)
        found.append(Case(value.span, value, conditions))
    return c.made(Cases, begin.start, tuple(found))


def _dotted(cell: Sequence[Token]) -> bool:
    return bool(cell) and all(t.text in ("dots", "vdots", "ddots") for t in cell)
