"""The C file as a person uses it: two files, a compiler that warns of everything, a program in C."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gradwright.doors.cli import main
from gradwright.emit.targets.c.target import files
from tests.emit.shared import derive
from tests.emit.zoo import ZOO, derivation

WARNINGS = ["-Wall", "-Werror", "-Wno-unknown-pragmas", "-std=c11", "-O1"]


def _compiled(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["cc", *arguments], capture_output=True, text=True, cwd=at, check=False)


@pytest.mark.parametrize("name", ["softmax", "gaussian", "clip", "batchnorm", "design"])
@pytest.mark.parametrize("real", ["-DGRADWRIGHT_FLOAT", "-DGRADWRIGHT_DOUBLE"])
def test_no_compiler_has_anything_to_say(name: str, real: str, tmp_path: Path) -> None:
    (tmp_path / "loss.c").write_text(derivation(name).emit("c"))
    assert _compiled(*WARNINGS, real, "-c", "loss.c", at=tmp_path).stderr == ""


def test_a_program_in_c_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    formula = ["sum(log(1 + exp(-y.*(X*w))))/n", "--wrt", "w", "--shape", "X: n d"]
    written = ["--target", "c", "-o", str(tmp_path / "logistic.c")]
    monkeypatch.setattr("sys.argv", ["gradwright", "emit", *formula, *written])
    with pytest.raises(SystemExit, match="0"):
        main()
    (tmp_path / "main.c").write_text("""
#include <stdio.h>
#include "logistic.h"
int main(void)
{
    const double y[] = {1, -1}, X[] = {1, 2, 3, 4, 5, 6}, w[] = {0, 0, 0};
    double value, gradient[3];
    if (logistic(2, 3, y, X, w, &value, gradient)) return 1;
    printf("%.15g %g %g %g\\n", value, gradient[0], gradient[1], gradient[2]);
    return 0;
}
""")
    assert _compiled(*WARNINGS, "main.c", "logistic.c", "-o", "main", "-lm", at=tmp_path).stderr == ""
    said = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True).stdout
    assert said == "0.693147180559945 0.75 0.75 0.75\n"


def test_a_matrix_that_is_not_definite_is_an_error_of_numpys_kind() -> None:
    made = derive("logdet(S)", "S", given=["posdef(S)"], shapes={"S": ("n", "n")})
    with pytest.raises(ValueError, match="positive definite"):
        made.compile("c")(S=[[1.0, 2.0], [2.0, 1.0]])


def test_names_that_mean_something_in_c_are_made_safe() -> None:
    shapes = {"int": ("end",), "double": ("end",), "real": (), "I": ()}
    made = derive("sum(int.*double) + real*I", "int", shapes=shapes)
    given = {"int_": [1.0, 2.0], "double": [3.0, 4.0], "real": 2.0, "I": 5.0}
    value, gradient = made.compile("c")(**given)
    assert (float(value), list(gradient)) == (21.0, [3.0, 4.0])


def test_every_formula_of_the_zoo_comes_as_two_files() -> None:
    for name in ZOO:
        header, body = files(derivation(name).emit("c"), "loss")
        assert "int loss(" in header
        assert body.startswith('#include "loss.h"\n')
        assert "value_and_gradient" not in header + body
