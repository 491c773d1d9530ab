"""The reference of how a formula is read, from the rows that decide it. Owns: its text. Never: decides a reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradwright.core.letters import GREEK
from gradwright.read import sketch
from gradwright.read.evidence import ELSEWHERE, RULELESS, Known, evidence
from gradwright.read.letters import default_rank, flips
from gradwright.read.ranks import usual_rank
from gradwright.read.reader import read
from gradwright.read.sketch import EVENTS, ORDINARY, Event, evaluated, sketched
from gradwright.read.syntax import Font
from gradwright.read.text.reader import SPELLED_OUT, program_of

KINDS = ("a number", "a vector", "a matrix", "a tensor")
LETTERS = (*map(chr, range(ord("a"), ord("z") + 1)), *map(chr, range(ord("A"), ord("Z") + 1)), *sorted(GREEK))
EXAMPLES: dict[Event, tuple[str, str]] = {
    sketch.TRANSPOSED: ("a'*x", ""), sketch.MULTIPLIES: ("A*b", "A"), sketch.ADDED: ("A*x + b", ""),
    sketch.REDUCED: ("y'*softmax(a)", "softmax"), sketch.ENTRYWISE: ("sum(a.*x)", ""), sketch.COLUMNS: ("y - x*w", ""),
    sketch.SUMMED: ("sum(x*y)", ""), sketch.OUTER: ("x*y'*z", ""), sketch.ROW_CONVENTION: ("x*A", ""),
    sketch.CONTRACTED: ("a @ x", ""), sketch.RAISED: ("sum(x^2)", ""), sketch.AXES: ("exp(x)", ""),
    sketch.LENGTH: ("sum(|x|)", ""), sketch.MISSING: ("p = exp(a); sum_i(p[i])", ""),
    sketch.IMPOSSIBLE: ("A/x", ""), sketch.COMBINED: ("d*A*x + (1 - d)/c", ""), sketch.BESIDE: ("N*logdet(S)", ""),
    sketch.FAMILY: ("sum_j(norm2(A_j*x))", ""),
}  # fmt: skip
"""A formula in which each event happens where every letter is read by its convention alone; what its words are of."""
SPELLINGS: tuple[tuple[str, str], ...] = (
    ("x^T A x", "x'*A*x"), ("A^-T*x", "inv(A')*x"), ("2 x'x", "2*x'*x"), ("||A*x - b||^2", "norm2(A*x - b)^2"),
    ("||x||_1", "norm1(x)"), ("|t|", "abs(t)"), ("log|S|", "log(det(S))"), ("log t", "log(t)"), ("tr A", "tr(A)"),
    ("np.sum(np.exp(x))", "sum(exp(x))"), ("A.T @ x", "A'*x"), ("sum(x**2)", "sum(x.^2)"),
    ("sum_i (x_i - t)^2", "sum[i]((x[i] - t)^2)"), ("e^(-t^2)", "exp(-t^2)"), ("softmax(A)", "softmax_rows(A)"),
    ("inv(A + I)", "inv(A + eye(n))"), ('norm(A, "fro")', "norm2(A)"), ("A: n n; tr(A)", "tr(A)"),
)  # fmt: skip
"""Spellings that are forgiven, with what they mean."""


def reading() -> str:
    """The page."""
    return "\n".join((*_letters(), *_events(), *_spellings(), *_elsewhere())) + "\n"


def _table(heads: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|---" * len(heads) + "|"
    yield from ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    yield ""


def _letters() -> Iterator[str]:
    yield from (
        "# How a formula is read", "",
        "What nobody declares is taken by its letter, and what stands in the formula overrules the letter. Every sign",
        "of a misreading has a cost, and so has taking a letter for something else; the reading that costs least is",
        "taken, and the sign that a guess does away with is shown as its reason.", "",
        "## Letters", "",
    )  # fmt: skip
    groups: dict[tuple[int, tuple[tuple[int, int], ...]], list[str]] = {}
    fonts: tuple[tuple[str, Font, str], ...] = (("x", "bold", "a bold letter"), ("X", "bold", "a bold capital"))
    named: list[tuple[str, Font, str]] = [(name, "", name) for name in (*LETTERS, "weights")]
    for name, font, shown in (*named, *fonts):
        costs = tuple(flips(name, font))
        groups.setdefault((default_rank(name, font), costs), []).append(shown)
    yield from _table(
        ("symbol", "is", "costs of anything else"),
        (
            (_listed(names), KINDS[rank], ", ".join(f"{KINDS[other]} {cost}" for other, cost in costs))
            for (rank, costs), names in sorted(groups.items())
        ),
    )
    yield "A labelled symbol is what its letter is: `x0`, `x_hat`, `W_1`. A word is what its first letter's case says."
    yield ""


def _listed(names: Sequence[str]) -> str:
    """The names, with runs of the alphabet as their first and last letter."""
    runs: list[list[str]] = []
    for name in names:
        follows = runs and len(name) == len(runs[-1][-1]) == 1 and ord(name) == ord(runs[-1][-1]) + 1
        runs[-1].append(name) if follows else runs.append([name])
    spelled = [[f"`{run[0]}` to `{run[-1]}`"] if len(run) > 2 else [_symbol(name) for name in run] for run in runs]
    return ", ".join(part for parts in spelled for part in parts)


def _symbol(name: str) -> str:
    return name if " " in name else f"`{name}`"


def _events() -> Iterator[str]:
    yield from ("## Signs of a misreading", "")
    yield from _table(
        ("sign", "cost", "happens in", "which is read with"), (_event(event, *EXAMPLES[event]) for event in EVENTS)
    )
    ordinary = "; ".join(event.words for event in EVENTS if event in ORDINARY)
    yield from (f"Of these many a formula has some that is as its author means it: {ordinary}.", "")


def _event(event: Event, formula: str, subject: str) -> tuple[str, str, str, str]:
    guesses = read(formula).guesses
    symbols = ", ".join(f"`{name}` {KINDS[guess.rank]}" for name, guess in guesses.items())
    return event.words.format(subject), str(event.cost), f"`{formula}`", symbols


def events(formula: str) -> set[Event]:
    """What happens where every letter of the formula is read by its convention."""
    program, _ = program_of(formula, frozenset())
    ranks = {name: usual_rank(name, symbol) for name, symbol in evidence(program, Known(formula)).symbols.items()}
    return {happening.event for happening in evaluated(sketched(program), ranks).happened}


def _spellings() -> Iterator[str]:
    yield from (
        "## Spellings that are forgiven", "",
        "What is printed has none of these; what is typed may, and a remark tells where it could mean something else.",
        "",
    )  # fmt: skip
    yield from _table(("typed", "read as"), ((f"`{typed}`", f"`{meant}`") for typed, meant in SPELLINGS))
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for name, _ in SPELLED_OUT))
    yield from (f"Operators may be written as functions: {names}.", "")


def _elsewhere() -> Iterator[str]:
    yield from ("## What other systems have", "", "These are no functions here, and an error says what to write:", "")
    yield from _table(("typed", "write"), ((f"`{name}`", f"`{meant}`") for name, meant in ELSEWHERE.items()))
    yield "Without a rule, and so only as unknown functions that are declared (`besselj0: n -> n`):"
    yield ", ".join(f"`{name}`" for name in sorted(RULELESS)) + "."
