"""C files as functions: what is built once stays built, and no broken cache breaks a process."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradwright.core.errors import Error
from gradwright.emit import emitter, toolchain
from tests.emit.zoo import arguments, derivation, truth

SMALLEST = "int answer(void) { return 42; }\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert toolchain.compiler() is not None  # which builds a file of its own
    monkeypatch.setenv("GRADWRIGHT_CACHE", str(tmp_path))
    return tmp_path / "gradwright"


def _built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are compiled from here on."""
    texts: list[str] = []
    build = toolchain._built

    def noted(text: str, *rest: object) -> Path:
        texts.append(text)
        return build(text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(toolchain, "_built", noted)
    return texts


def test_a_library_is_built_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = _built(monkeypatch)
    assert [toolchain.loaded(SMALLEST).answer() for _ in range(2)] == [42, 42]
    assert len(built) == 1
    assert len(list(cache.glob("*.so"))) == 1
    assert not list(cache.glob("*.part"))


@pytest.mark.parametrize("damage", [b"", b"\x7fELF", None])
def test_a_broken_cache_is_built_again(cache: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes | None) -> None:
    toolchain.loaded(SMALLEST)
    (path,) = cache.glob("*.so")
    whole = path.read_bytes()
    path.unlink()  # and not written over: it is loaded here
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    built = _built(monkeypatch)
    assert toolchain.loaded(SMALLEST).answer() == 42
    assert len(built) == 1
    assert [each.read_bytes() for each in cache.glob("*.so")] == [whole]


def test_a_folder_that_others_can_write_to_is_left_alone(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    built = _built(monkeypatch)
    assert [toolchain.loaded(SMALLEST).answer() for _ in range(2)] == [42, 42]
    assert len(built) == 2
    assert not list(cache.iterdir())


def test_no_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADWRIGHT_CACHE", str(tmp_path / "file"))
    assert toolchain.loaded(SMALLEST).answer() == 42


def test_a_compiler_that_fails_says_why(cache: Path) -> None:
    with pytest.raises(Error, match="failed") as caught:
        toolchain.loaded("int answer(void) { return nothing; }\n")
    assert "nothing" in str(caught.value.hint)


def test_a_compiler_that_does_not_work_is_passed_over(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    toolchain.compiler.cache_clear()
    try:
        command = toolchain.compiler()
    finally:
        toolchain.compiler.cache_clear()
    assert command is not None
    assert command[0] != str(broken)


def test_native_says_what_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    made, values = derivation("softmax-logits"), arguments("softmax-logits")
    by_c = made.compile("native")
    assert by_c.engine.startswith("C, built by ")  # type: ignore[attr-defined]
    assert repr(by_c).startswith("<gradwright value_and_gradient(Y, O, out) for native, computed by C")
    monkeypatch.setattr(emitter, "compiler", lambda: None)
    by_numba = made.compile("native")
    assert by_numba.engine == "numba"  # type: ignore[attr-defined]
    right = truth(made, values)
    for function in (by_c, by_numba):
        for found, expected in zip(function(**values), right, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert "numba" not in repr(by_c)


def test_without_a_compiler_c_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "compiler", lambda: None)
    with pytest.raises(Error, match="no C compiler"):
        toolchain.loaded(SMALLEST)


@pytest.mark.parametrize("target", ["c", "native"])
def test_a_pickled_function_runs_in_another_process(target: str, tmp_path: Path) -> None:
    path = tmp_path / "function.pickle"
    path.write_bytes(pickle.dumps(derivation("logistic").compile(target)))
    code = f"import pickle, numpy as np; f = pickle.load(open({str(path)!r}, 'rb'))\n"
    code += "print(f(X=np.ones((2, 3)), w=np.zeros(3), y=np.ones(2))[0])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(said) == pytest.approx(np.log(2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process of its own by fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:os.fork", "ignore:Exception ignored in")
@pytest.mark.parametrize("target", ["c", "native"])
def test_a_forked_process_computes_too(target: str) -> None:
    """With arrays so large that threads have shared them before the fork."""
    function = derivation("softmax-logits").compile(target, labels=["Y"])
    logits, labels = np.zeros((2048, 128)), np.zeros(2048, np.int64)
    right = function(O=logits, Y=labels)[0]
    context = multiprocessing.get_context("fork")
    there, here = context.Pipe()
    child = context.Process(target=lambda: here.send(function(O=logits, Y=labels)[0]))
    child.start()
    found = there.recv() if there.poll(60) else None
    child.kill()
    child.join()
    assert found == pytest.approx(right, rel=1e-12)
