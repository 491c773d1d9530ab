"""The house rules a machine can check: imports run one way, import is light, files stay small, tables are total."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gradwright
from gradwright.core.node import KINDS
from gradwright.tables.calculus import RULES

ROOT = Path(gradwright.__file__).parent
FLOORS = {
    "core": 0, "style": 0, "rewrite": 1, "tables": 2, "simplify": 3, "fold": 3.3, "normal": 3.3, "inverses": 3.5,
    "facts": 3.6, "shorten": 3.6, "prove": 4, "abbreviate": 3, "read": 5, "write": 5, "certify": 5, "answer": 6,
    "expression": 6, "variables": 6, "emit": 6, "show": 8, "api": 7, "document": 7, "web": 8.5, "editor": 8.7,
    "agents": 8.7, "notebook": 8.7, "cli": 9, "__main__": 10,
}  # fmt: skip
ROOMS = {  # each imports what stands before it
    "emit": ("forms", "plan", "text", "native", "torch", "targets", "emitter"),
    "document": ("text", "syntax", "knowledge", "meaning", "verdict", "slips", "judge", "show", "checker", "formula",
                 "command"),
}  # fmt: skip
HEAVY = {
    "lark", "flint", "numpy", "scipy", "typer", "rich", "numba", "jax", "torch", "opt_einsum", "starlette", "pygls",
    "lsprotocol", "mcp", "IPython",
}  # fmt: skip


def _imports(path: Path) -> list[tuple[str, bool]]:
    """Modules a file imports, each with whether that happens on import (not inside a function or for types only)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    inner = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node not in inner))
        elif isinstance(node, ast.Import):
            found += [(alias.name, node not in inner) for alias in node.names]
    return found


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "gradwright" and len(parts) > 1 else None


def test_imports_run_one_way() -> None:
    for path in ROOT.rglob("*.py"):
        relative = path.relative_to(ROOT).with_suffix("").parts
        if relative == ("__init__",):
            continue
        here = relative[0]
        for module, eager in _imports(path):
            there = _room(module)
            if there is None or there == here or not eager:
                continue
            assert FLOORS[there] < FLOORS[here], f"{path.name} imports {module}: {here} stands below {there}"


@pytest.mark.parametrize("house", ROOMS)
def test_rooms_within_a_house_import_one_way(house: str) -> None:
    order = ROOMS[house]
    for path in (ROOT / house).rglob("*.py"):
        here = path.relative_to(ROOT / house).with_suffix("").parts[0]
        for module, eager in _imports(path):
            parts = module.split(".")
            if parts[:2] == ["gradwright", house] and len(parts) > 2 and eager and here != "__init__":
                assert order.index(parts[2]) <= order.index(here), f"{path} imports {module}"


def test_readers_writers_and_checkers_do_not_know_each_other() -> None:
    for room in ("read", "write", "certify"):
        for path in (ROOT / room).rglob("*.py"):
            others = {"read", "write", "certify"} - {room}
            assert not {_room(module) for module, _ in _imports(path)} & others, path


def test_the_oracle_shares_nothing_with_the_rules() -> None:
    for path in (ROOT / "certify").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "partials" not in source.replace("never", ""), path
        for module, _ in _imports(path):
            assert module not in ("gradwright.tables.calculus", "gradwright.tables.identities", "gradwright.simplify")


def test_import_is_light() -> None:
    code = "import sys, gradwright; print(*sorted(m.split('.')[0] for m in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def test_every_module_opens_with_its_contract() -> None:
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) or not tree.body, f"{path} has no docstring"


def test_files_stay_small() -> None:
    for path in ROOT.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 520, path


def test_every_kind_of_node_has_a_rule_of_differentiation() -> None:
    assert set(RULES) == set(KINDS)
