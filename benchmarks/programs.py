"""How many programs are read and certified, and what is said of backward passes, right ones and ones with a slip.

python benchmarks/programs.py
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
warnings.simplefilter("ignore")

import gradwright as gw
from tests.programs import passes, wrapped
from tests.read.program import larger_of_jax, larger_of_torch, of_jax, of_torch
from tests.read.program.row import Row


def derived(rows: list[Row]) -> Iterator[tuple[str, float, bool]]:
    """Each program, the processor's seconds for it, and whether its gradient is certified."""
    for row in rows:
        began = time.process_time()
        try:
            found = gw.derive(row.program, row.wrt, shapes=row.shapes, given=row.given)
        except gw.Error as error:
            print(f"  {row.name}: {str(error).splitlines()[0]}")
            continue
        sure = found.certificate.verdict == "confirmed"
        if not sure:
            print(f"  {row.name}: {found.certificate}")
        yield row.name, time.process_time() - began, sure


def programs() -> None:
    for name, rows in (
        ("JAX", of_jax.ROWS + of_jax.MORE + larger_of_jax.ROWS),
        ("PyTorch", of_torch.ROWS + of_torch.MORE + larger_of_torch.ROWS),
    ):
        found = list(derived(rows))
        certified = sum(sure for _, _, sure in found)
        seconds = statistics.median(took for _, took, _ in found)
        print(f"{name}: {len(rows)} programs, {len(found)} read, {certified} certified, median {seconds:.2f} s")


def backward_passes() -> None:
    rows = passes.PASSES + passes.MORE + wrapped.WRAPPED
    right = wrong = words = 0
    for row in rows:
        for program, is_right in ((row.right, True), (row.slip, False)):
            try:
                found = gw.verify(program, of=row.of, wrt=row.wrt, shapes=row.shapes, given=row.given)
            except gw.Error as error:
                print(f"  {row.name}, {'right' if is_right else 'slip'}: {error}")
                continue
            if is_right:
                right += bool(found)
                if not found:
                    print(f"  {row.name}: a false alarm: {found}")
            else:
                wrong += found.verdict in ("refuted", "needs")
                told = row.says in found.missing and (not row.needs or row.needs in found.needs)
                words += told
                if found or not told:
                    print(f"  {row.name}, slip: {found}")
    print(
        f"backward passes: {right} of {len(rows)} right ones pass; of as many slips {wrong} are told, {words} in words"
    )


if __name__ == "__main__":
    backward_passes()
    programs()
