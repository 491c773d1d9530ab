"""Differentials in formulas that are compared. Owns: which symbols move, and d(…) and dX of the text language.

In the text language dX is a name like any other, and d(x) a function of x: they are differentials where some d(…)
stands, and dX beside X. Never: gives a meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradwright.core.errors import Error
from gradwright.read.languages import is_latex
from gradwright.read.syntax import Call, Differential, Name, Node, Program, bare, rewritten, walk
from gradwright.read.text import reader as text


def moving(*sources: str) -> tuple[str, ...]:
    """The symbols X whose dX is written in one of the formulas, if a differential is taken in some; else none."""
    trees = [tree for source in sources for tree in _trees(source)]
    nodes = [node for tree in trees for node in walk(tree)]
    names = dict.fromkeys(node.stem for node in nodes if isinstance(node, Name))
    if any(map(_is_taken, nodes)):
        return tuple(name for name in names if f"d{name}" in names or name in _directions(nodes))
    return ()


def with_differentials(program: Program, names: Sequence[str]) -> Program:
    """The program with d(…), and dX of each of those names X, as differentials."""
    moved = {f"d{name}": name for name in names}

    def change(node: Node) -> Node:
        if isinstance(node, Name) and node.stem in moved:
            return Differential(node.span, Name(node.span, moved[node.stem]))
        return Differential(node.span, node.arguments[0]) if isinstance(node, Call) and _is_taken(node) else node

    return rewritten(program, change)


def _trees(source: str) -> Iterator[Node]:
    """The tree of a formula; none of what cannot be read, which is an error elsewhere."""
    try:
        if not is_latex(source, "auto"):
            yield text.program_of(source, frozenset(), False)[0]
            return
        from gradwright.read.latex import reader as latex

        yield latex.program_of(source, frozenset())
    except Error:
        return


def _is_taken(node: Node) -> bool:
    """Whether a node is the differential of something."""
    if isinstance(node, Call):
        return isinstance(node.function, Name) and node.function.stem == "d" and len(node.arguments) == 1
    return isinstance(node, Differential)


def _directions(nodes: Sequence[Node]) -> set[str]:
    """X of every dX in LaTeX."""
    bodies = [bare(node.body) for node in nodes if isinstance(node, Differential)]
    return {body.stem for body in bodies if isinstance(body, Name)}
