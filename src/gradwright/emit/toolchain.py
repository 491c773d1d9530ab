"""C files as functions of arrays. Owns: finding a compiler, what is built on disk, calling it. Never: writes C.

A library is built once for what it is made of: its text, the compiler, its options and the processor. It comes into the
cache whole, under a name that has its own digest, and is believed only if that is right: what another process left
half-written, or somebody else put there, is built again. A cache that cannot be used is left alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gradwright.core.errors import Error

_OPTIONS = ("-O3", "-std=gnu11", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd")
_THREADS = "-fopenmp"
_ERRORS: dict[int, Callable[[str], Exception]] = {1: MemoryError, 2: ValueError}
_SECONDS = 300
_REALS: dict[str, Any] = {"f": ctypes.c_float, "d": ctypes.c_double}


@functools.cache
def compiler() -> tuple[str, ...] | None:
    """The command that compiles C here: what CC says, the machine's own, or that of the wheel ``ziglang``; one that
    cannot build the smallest file, for want of headers say, is passed over."""
    for command in _candidates():
        with contextlib.suppress(Error, OSError, subprocess.SubprocessError):
            _made(_PROBE, command, ())
            return command
    return None


_PROBE = "#include <math.h>\n#include <stdlib.h>\nint gradwright_probe(void) { return 0; }\n"


def _candidates() -> Iterator[tuple[str, ...]]:
    named = os.environ.get("CC", "").split()
    for command in (named, ["cc"], ["gcc"], ["clang"]):
        path = shutil.which(command[0]) if command else None
        if path:
            yield path, *command[1:]
    if importlib.util.find_spec("ziglang") is not None:
        yield sys.executable, "-m", "ziglang", "cc"


class Library:
    """A C file; ``statuses`` are in words what its functions answer with."""

    def __init__(self, text: str, statuses: dict[int, str]) -> None:
        self._text, self._statuses = text, statuses

    def function(self, name: str, kinds: str) -> Callable[..., None]:
        """One of its functions. Arguments are ``i`` an extent or a label, ``r`` a number, ``p`` an array as it lies,
        ``a`` an array with its extents, ``o`` one that is written, ``l`` labels, ``w`` an array of double precision;
        the last has the type of the numbers. What the function cannot do is an error."""
        made: dict[str, Any] = {}

        def run(*given: Any) -> None:
            dtype = given[-1].dtype
            function = made.get(dtype.char)
            if function is None:
                options = ("-DGRADWRIGHT_FLOAT",) if dtype.char == "f" else ()
                function = made[dtype.char] = getattr(loaded(self._text, options), name)
                function.restype = ctypes.c_int
            held = [_laid(value, kind, dtype) for kind, value in zip(kinds, given, strict=True)]
            passed = (each for kind, value in zip(kinds, held, strict=True) for each in _passed(value, kind, dtype))
            status = function(*passed)
            if status == 3:
                from numpy.linalg import LinAlgError

                raise LinAlgError(self._statuses[status])
            if status:
                raise _ERRORS[status](self._statuses[status])

        return run


def _laid(value: Any, kind: str, dtype: Any) -> Any:
    """An argument as the function reads it; what is written to is as it should be, or that is an error of ours."""
    import numpy as np

    if kind in "al":
        return np.ascontiguousarray(value, np.int64 if kind == "l" else dtype)
    if kind in "ow":
        assert value.flags.c_contiguous
        assert value.dtype == (np.float64 if kind == "w" else dtype)
    return value


def _passed(value: Any, kind: str, dtype: Any) -> list[Any]:
    """An argument in C: an array is where it lies, and its extents."""
    if kind == "i":
        return [ctypes.c_ssize_t(int(value))]
    if kind == "r":
        return [_REALS[dtype.char](value)]
    extents = () if kind == "p" else map(ctypes.c_ssize_t, value.shape)
    return [ctypes.c_void_p(value.__array_interface__["data"][0]), *extents]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def loaded(text: str, options: Sequence[str] = ()) -> ctypes.CDLL:
    """The library made of a C file, from the cache where it is there and sound."""
    command = compiler()
    if command is None:
        raise Error("there is no C compiler", hint="install one (cc, gcc, clang), or pip install 'gradwright[cc]'")
    return _made(text, command, options)


def _made(text: str, command: tuple[str, ...], options: Sequence[str]) -> ctypes.CDLL:
    native = "-march=native" if platform.machine() in ("x86_64", "AMD64") else "-mcpu=native"
    every = (*_OPTIONS, native, *options)
    key = hashlib.sha256("\0".join((text, *every, *_identity(command))).encode()).hexdigest()[:32]
    folder = _folder()
    for path in _sound(folder, key) if folder is not None else ():
        try:
            return _opened(path)
        except OSError:  # of another machine, perhaps: it is built here
            break
    with tempfile.TemporaryDirectory(prefix="gradwright-") as place:
        built = _built(text, command, every, Path(place))
        library = _opened(built)
        if folder is not None:
            _kept(built, folder, key)
        return library


def _identity(command: Sequence[str]) -> Iterator[str]:
    """What else a library depends on: the compiler itself, and the processor it is made for."""
    about = os.stat(command[0])
    yield from (*command, str(about.st_size), str(about.st_mtime_ns), platform.machine(), sys.platform)
    try:
        with open("/proc/cpuinfo") as file:
            yield next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        yield platform.processor()


def _folder() -> Path | None:
    """Where libraries are kept: a folder that is ours alone; None where there can be none."""
    named = os.environ.get("GRADWRIGHT_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(named) / "gradwright"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
    except OSError:
        return None
    ours = not hasattr(os, "getuid") or (
        about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
    return folder if ours and os.access(folder, os.W_OK) else None


def _sound(folder: Path, key: str) -> Iterator[Path]:
    """What was built for the key, and is as it was then."""
    for path in sorted(folder.glob(f"{key}-*.so")):
        try:
            if path.stem == f"{key}-{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}":
                yield path
            else:
                path.unlink()
        except OSError:
            continue


def _kept(built: Path, folder: Path, key: str) -> None:
    """A copy in the cache, whole or not at all; a cache that is full or gone is no error."""
    content = built.read_bytes()
    try:
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, folder / f"{key}-{hashlib.sha256(content).hexdigest()[:32]}.so")
    except OSError:
        return


def _built(text: str, command: Sequence[str], options: Sequence[str], place: Path) -> Path:
    source, built = place / "module.c", place / "module.so"
    source.write_text(text, encoding="utf-8")
    said = ""
    for threads in ((_THREADS,), ()):  # with threads where the compiler has them
        call = [*command, *options, *threads, "-o", str(built), str(source), "-lm"]
        made = subprocess.run(call, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if made.returncode == 0:
            return built
        said = made.stderr
    raise Error(f"the C compiler {' '.join(command)} failed", hint=said.strip()[-400:])


def _opened(path: Path) -> ctypes.CDLL:
    """The library, whose threads a forked process does not have."""
    library = ctypes.CDLL(str(path))
    alone = getattr(library, "omp_set_num_threads", None)
    if alone is not None and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=functools.partial(alone, 1))
    return library
