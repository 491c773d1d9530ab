"""Lists keyed by functions or facts that a room keeps, for they are code of its own: every key is a row of a table.

What a fact does in a room, or why it does nothing there, is said here fact by fact.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

import gradwright
from gradwright.certify import arrays as numeric
from gradwright.certify import functions as balls
from gradwright.certify import generic, holds, structure
from gradwright.core.facts import ALIASES, FACTS
from gradwright.emit.forms import tails
from gradwright.emit.loops import sweeps as loops
from gradwright.emit.plan import fused
from gradwright.emit.spell import arrays as spelled
from gradwright.emit.spell import special
from gradwright.emit.spell.primitives import PRIMITIVES
from gradwright.emit.targets.torch import reuse
from gradwright.read import evidence
from gradwright.read.latex import grammar
from gradwright.referee.compare import needs
from gradwright.referee.evidence import prose, seen
from gradwright.tables import scalars, signs
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.arrays import WRITTEN as WRITTEN_ARRAYS
from gradwright.tables.matrix import MATRIX_FUNCTIONS
from gradwright.tables.structure import STRUCTURES
from gradwright.write import algebra, display

SOURCE = Path(gradwright.__file__).parent

OF_SCALARS: dict[str, Iterable[str]] = {
    "formulas of emitted code": special.FORMULAS,
    "formulas that JAX takes from here": special.FOR_JAX,
    "derivatives that JAX is told": special.DERIVATIVES,
    "what completes an error function": tails._WHOLE,
    "probes of fused operations": [row.probe for row in fused.ROWS],
    "functions with a sign of their argument": signs.SIGNED,
}
OF_CODE: dict[str, Iterable[str]] = {
    "what loops compute": loops.LOOPED,
    "what PyTorch does in place": [*reuse.METHODS, *reuse.SLOPES],
    "operations of PyTorch": [row.name for row in fused.ROWS],
    "what is as cheap as an addition": spelled._CHEAP,
}
OF_ARRAYS: dict[str, Iterable[str]] = {
    "values of matrix functions in balls": balls.KNOWN,
    "values of matrix functions in NumPy": numeric._MATRIX,
    "matrix functions": MATRIX_FUNCTIONS,
    "functions of a matrix in documents": seen.OF_MATRIX,
    "triangles": algebra._TRIANGLES,
}


@pytest.mark.parametrize("what", OF_SCALARS)
def test_a_list_of_scalar_functions_names_rows(what: str) -> None:
    assert set(OF_SCALARS[what]) <= set(scalars.FUNCTIONS)


@pytest.mark.parametrize("what", OF_CODE)
def test_a_list_of_operations_names_rows(what: str) -> None:
    assert set(OF_CODE[what]) <= {*scalars.FUNCTIONS, *PRIMITIVES}


@pytest.mark.parametrize("what", OF_ARRAYS)
def test_a_list_of_functions_of_arrays_names_rows(what: str) -> None:
    assert set(OF_ARRAYS[what]) <= set(ARRAYS)


def test_an_operation_of_emitted_code_is_no_function_of_formulas() -> None:
    assert not set(PRIMITIVES) & set(scalars.FUNCTIONS)


def test_what_output_writes_by_a_sign_of_its_own_is_a_row() -> None:
    written = {*display.SPECIAL, *display._CONSTANTS, *display._BARE} - {*display.DERIVATIVES, display.DIFFERENTIAL}
    assert written <= {*scalars.FUNCTIONS, *scalars.ABBREVIATIONS, *ARRAYS}


def test_what_documents_name_is_a_row_or_has_no_value_here() -> None:
    assert grammar.NAMED - {*scalars.WRITTEN, *WRITTEN_ARRAYS} == {*grammar.VALUELESS, "rank"}
    assert not {*scalars.WRITTEN, *WRITTEN_ARRAYS} & {*grammar.VALUELESS, "rank"}


def test_no_name_is_two_functions() -> None:
    assert len(scalars.NAMED) == sum(1 + len(row.aliases) for row in scalars.SCALARS)
    assert set(scalars.WRITTEN) & set(WRITTEN_ARRAYS) == {"max", "min"}  # of two numbers, and of an array


def test_a_hint_for_a_name_of_other_languages_is_for_one_that_is_no_function() -> None:
    assert not set(evidence.ELSEWHERE) & {*scalars.NAMED, *ARRAYS}


# --- facts

OF_FACTS: dict[str, Iterable[str]] = {
    "what makes structures": [fact for row in STRUCTURES for fact in row.facts],
    "what moves together, as samples see it": [fact for needed, _ in structure._TIES for fact in needed],
    "without which a matrix function has no value": [row.exists for row in MATRIX_FUNCTIONS.values() if row.exists],
    "what may be assumed in a document": [*needs.SUMS, *needs.COMMON],
    "what aliases mean": ALIASES.values(),
    "what words say": [fact for _, fact, _ in prose.FACT_WORDS if fact != "constant"],
    "what builds samples": generic.BUILDERS,
}


@pytest.mark.parametrize("what", OF_FACTS)
def test_a_list_of_facts_names_rows(what: str) -> None:
    assert set(OF_FACTS[what]) <= set(FACTS)


def test_structures_are_those_that_samples_know() -> None:
    assert {frozenset(row.facts) for row in STRUCTURES} == {facts for facts, _ in structure._TIES}


def test_what_follows_from_a_fact_is_a_row() -> None:
    for row in FACTS.values():
        assert {*row.implies, *row.excludes, *([row.by_rows] if row.by_rows else [])} <= set(FACTS)


BUILT_OTHERWISE = {
    **dict.fromkeys(
        ("zero", "binary", "integer", "signs", "positive", "negative", "nonnegative"), "each number is drawn so"
    ),
    "nonzero": "no number that is drawn is 0",
    "posdef": "of symmetric and invertible, with a diagonal that is positive",
    "projection": "of symmetric and idempotent",
}


def test_every_fact_has_a_meaning_and_points_that_respect_it() -> None:
    assert set(holds.HOLDS) == set(FACTS)
    assert {*generic.BUILDERS, *BUILT_OTHERWISE} == set(FACTS)
    assert not set(generic.BUILDERS) & set(BUILT_OTHERWISE)


def _named(*rooms: str) -> set[str]:
    """The facts that stand by their names in the code of a room."""
    paths = [path for room in rooms for path in sorted((SOURCE / room).rglob("*.py"))]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return {n.value for t in trees for n in ast.walk(t) if isinstance(n, ast.Constant) and n.value in FACTS}


SIMPLIFIES_NOTHING = {
    "onehot": "what it implies does: Σ y = 1 and y² = y",
    "onehot_rows": "the same, row by row",
    "onehot_or_zero": "it may sum to 0 or 1: y² = y by what it implies, the rest is for code with labels",
    "onehot_or_zero_rows": "its rows may sum to 0 or 1: y² = y by what it implies, the rest is for code with labels",
    "integer": "documents state it, where sin kπ = 0 is held by arithmetic; no pass rewrites it",
    "nonzero": "a formula is taken to exist, so that nothing it divides by is 0",
    "orthonormal": "documents state it, where QᵀQ = I is held by arithmetic; no pass contracts it",
    "idempotent": "documents state it, where P² = P is held by arithmetic; no pass contracts it",
    "projection": "the same, of a symmetric matrix",
}


def test_every_fact_is_used_in_deriving_or_it_is_said_why_not() -> None:
    assert set(FACTS) - _named("engine", "tables") == set(SIMPLIFIES_NOTHING)


FOR_NO_CODE = {
    **dict.fromkeys(("simplex", "simplex_rows", "unit", "signs", "binary", "orthogonal"), "used before code is made"),
    **dict.fromkeys(("skew", "diagonal", "lower", "upper", "toeplitz"), "the array is given in full all the same"),
    **dict.fromkeys(("orthonormal", "idempotent", "projection"), "the array is given in full all the same"),
    **dict.fromkeys(
        ("negative", "nonnegative", "nonzero", "integer"), "the same code serves every sign but a positive one"
    ),
    "invertible": "a solve fails where it does not hold",
    "singular": "its determinant is written as it is",
    "zero": "an array of zeros is no argument once the formula is simplified",
}


def test_every_fact_changes_emitted_code_or_it_is_said_why_not() -> None:
    used = _named("emit") - {"zero"}  # the word, not the fact, stands in a text of emitted code
    assert set(FACTS) - used == set(FOR_NO_CODE)
