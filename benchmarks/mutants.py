"""How many small damages of a room its own tests find.

python benchmarks/mutants.py [ROOM …] [--count 200] [--seed 0] [--children 2]

mutmut damages functions one by one in a copy of the project under build/mutants, and runs the tests of the room that
call the damaged one. Of all damages ``--count`` are drawn. What survives is shown as a diff, to be looked at: either
a test is missing, or the damaged function does the same. Rows of tables that no function makes are not damaged, and
of a function that runs only as modules are loaded (one that makes a row) no damage is seen: it comes too late.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = {
    "core": ("tests/core",),
    "tables": ("tests/tables", "tests/certify/test_rows.py", "tests/engine/test_calculus.py"),
    "engine": ("tests/engine", "tests/tables/test_simplifications.py", "tests/tables/test_identities.py"),
    "certify": ("tests/certify",),
    "write": ("tests/write",),
}
"""The nearest tests of each room."""
COPIED = ("src", "tests", "docs", "pyproject.toml", "README.md")
NAMED = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
FOUND = ("killed", "timeout", "suspicious", "segfault")
SETTINGS = """
[tool.mutmut]
source_paths = ["src/gradwright"]
only_mutate = ["src/gradwright/{room}/*"]
also_copy = ["src", "docs", "README.md"]
pytest_add_cli_args_test_selection = [{tests}]
# a process of its own has none of what mutmut's functions ask for; tests are asked for by their names, δ and all
pytest_add_cli_args = ["-k", "not process", "-o", "{named}=true"]
"""


def mutmut(folder: Path, *words: str, may_fail: bool = False) -> str:
    """What mutmut says, run in the copy."""
    told = subprocess.run([sys.executable, "-m", "mutmut", *words], cwd=folder, capture_output=True, text=True)
    if told.returncode and not may_fail:
        raise SystemExit(told.stdout[-4000:] + told.stderr[-4000:])
    return told.stdout


def results(folder: Path) -> dict[str, str]:
    """Every damage that there is, with what became of it."""
    return dict(re.findall(r"(\S+__mutmut_\d+): (.+)", mutmut(folder, "results", "--all", "true")))


def copied(room: str) -> Path:
    """A fresh copy of the project with the settings for that room."""
    folder = PROJECT / "build" / "mutants" / room
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(room=room, named=NAMED, tests=", ".join(f'"{path}"' for path in ROOMS[room])))
    return folder


def examined(room: str, count: int, seed: int, children: int) -> tuple[Path, dict[str, str]]:
    """What became of each damage that was drawn, and where they are."""
    folder = copied(room)
    mutmut(folder, "run", "none", may_fail=True)  # makes all damages, and finds none of that name
    names = sorted(results(folder))
    drawn = Random(seed).sample(names, min(count, len(names)))
    mutmut(folder, "run", "--max-children", str(children), *drawn)
    found = results(folder)
    return folder, {name: found[name] for name in drawn}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"one of {', '.join(ROOMS)}; all of them by default")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--children", type=int, default=2)
    asked = parser.parse_args()
    figures = []
    for room in asked.rooms or ROOMS:
        folder, outcomes = examined(room, asked.count, asked.seed, asked.children)
        counts = Counter(outcomes.values())
        found = sum(counts[each] for each in FOUND)
        for name, outcome in sorted(outcomes.items()):
            if outcome not in FOUND:
                print(f"--- {outcome}: {mutmut(folder, 'show', name)}", flush=True)
        figures.append(f"{room:8} {found:4} of {len(outcomes):4} found, {found / len(outcomes):4.0%}   {dict(counts)}")
        print(figures[-1], flush=True)
    print("\n".join(figures))


if __name__ == "__main__":
    main()
