"""The frame of an emitted module. Owns: docstrings, signatures, argument checks. Never: the mathematics in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

from gradwright.core.errors import Error
from gradwright.core.index import AT, Dim, Extent, alone_in, names_of
from gradwright.core.node import Delta, Entry
from gradwright.core.record import dataclass
from gradwright.emit.forms.batch import Batch
from gradwright.emit.forms.labels import zero_rows
from gradwright.emit.plan.names import freed, identifier, mentioned, words
from gradwright.emit.plan.program import Program

_LONG = 140
WHAT = {
    "value": "the value",
    "gradient": "its gradient in {wrt}",
    "hessian": "its Hessian in {wrt}",
    "hvp": "its Hessian in {wrt} times v",
    "pullback": "the cotangent times its derivative in {wrt}",
}


COTANGENT = "cotangent"
OUT = "out: Array | None = None"
"""The parameter that may take an answer in."""


@dataclass(frozen=True)
class Style:
    """How a module is written, whatever is in it.

    ``bare`` leaves out what checks and converts arguments. ``module`` names the parameters of a ``torch.nn.Module``
    that is written beside the function. ``keep`` is what a backward pass finds: ``values``, all that it reads of what
    was computed, or ``arguments``, from which it computes that again.
    """

    bare: bool = False
    module: tuple[str, ...] = ()
    keep: str = "values"


PLAIN = Style()
KEPT = ("values", "arguments")


@dataclass(frozen=True)
class Request:
    """What is wanted: the formula as the user wrote it, the variables, the outputs and their shapes.

    ``backward`` is the plan of the value and of the gradients times a cotangent, where a target has a backward pass; of
    a scalar whose gradient is kept and scaled there, that of the value and the gradient.
    """

    formula: str
    wrt: tuple[str, ...]
    outputs: tuple[str, ...]
    result: Mapping[str, str]
    given: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    backward: Program | None = None
    classes: Mapping[str, str | int] = field(default_factory=dict)
    """What each label runs over."""
    batch: Batch | None = None
    style: Style = PLAIN

    @property
    def name(self) -> str:
        return "_and_".join(self.outputs)


def header(request: Request, plan: Program, needs: str, notes: Sequence[str] = ()) -> list[str]:
    """The module's docstring: formula, shapes, layout."""
    many = {"gradient": "its gradients in {wrt}"} if len(request.wrt) > 1 else {}
    what = [(many.get(o) or WHAT[o]).format(wrt=" and ".join(request.wrt)) for o in request.outputs]
    said = what[0] if len(what) == 1 else ", ".join(what[:-1]) + " and " + what[-1]
    lines = [f'"""{said[0].upper()}{said[1:]} of', ""]
    lines += [f"    {part.strip()}" for part in request.formula.replace("\\", "\\\\").replace('"""', "'''").split(";")]
    lines += ["", "Shapes: " + "; ".join(f"{identifier(n)} {shape_said(s)}" for n, s in plan.inputs.items()) + "."]
    if request.given:
        lines += [f"Given: {', '.join(request.given)}."]
    if request.batch:
        lines += [f"The formula is of one sample; {', '.join(request.batch.names)} hold {request.batch.dim} of them."]
        lines += ["A derivative in what all samples share is that of the sum of the values."]
    for output, text in request.result.items():
        if len(text) <= _LONG:
            lines += [f"The {output} on paper: {text}."]
    lines += [*notes, f"Made by gradwright; needs {needs} and nothing else.", '"""', ""]
    return [line.rstrip() for line in lines]


def shape_said(shape: Sequence[Dim]) -> str:
    return "scalar" if not shape else "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def parameters(plan: Program) -> list[str]:
    return [*(identifier(name) for name in plan.inputs), *(identifier(dim) for dim in plan.sizes)]


def checks(plan: Program) -> list[str]:
    """The shapes that arguments have, and the function that checks them."""
    least = _least(plan)
    check = _CHECK.replace("@MADE@", "".join(f"    {line}\n" for line in _made(plan)))
    if not least:
        return [_shapes(plan), "", *check.replace("@LEAST@", "").split("\n")]
    rows = ", ".join(f'"{dim}": {count}' for dim, count in least.items())
    return [_shapes(plan), f"LEAST = {{{rows}}}", "", *check.replace("@LEAST@", _ENTRY).split("\n")]


def _plain(shape: Sequence[Dim]) -> tuple[str | int, ...]:
    return tuple(dim if isinstance(dim, int) else str(dim) for dim in shape)


def _made(plan: Program) -> list[str]:
    """Statements that hold extents made of names (2·e) against the names, or find a name that has no axis alone."""
    every = dict.fromkeys(d for shape in plan.inputs.values() for d in shape)
    known = {d for d in every if isinstance(d, str)}
    lines = []

    def said(dim: Dim) -> str:
        return re.sub(r"[^\W\d]\w*", lambda match: f'sizes["{match[0]}"]', str(dim))

    for dim in (d for d in every if isinstance(d, Extent)):
        alone = alone_in(dim, known)
        if alone is not None:
            lines.append(f'sizes["{alone.name}"] = ' + freed(f'sizes["{dim}"]', alone, said))
            known.add(alone.name)
        if names_of(dim) <= known:
            lines += [f'known, extent = {said(dim)}, sizes["{dim}"]', "if known != extent:",
                      f'    raise ValueError(f"an axis of {{extent}} where {dim} = {{known}}")']  # fmt: skip
    return lines


def _least(plan: Program) -> dict[str, int]:
    """How long an axis is at least, where an entry of it is read by its number."""
    shapes, found = plan.shapes, dict[str, int]()
    for node in (n for n in plan.nodes if isinstance(n, Entry | Delta)):
        dims = shapes[node.name] if isinstance(node, Entry) else tuple(i.dim for i in node.indices)
        for index, dim in zip(node.indices, dims, strict=True):
            if index.kind != AT:
                continue
            place = int(str(index.name))
            if not isinstance(dim, int):
                found[str(dim)] = max(place + 1, found.get(str(dim), 0))
    return found


def _shapes(plan: Program) -> str:
    rows = ", ".join(f'"{identifier(n)}": {_plain(s)!r}'.replace("'", '"') for n, s in plan.inputs.items())
    return f"SHAPES: dict[str, tuple[str | int, ...]] = {{{rows}}}"


def prepared(text: str, request: Request, plan: Program, convert: str, in_range: str) -> list[str]:
    """The helper that readies arguments, and beside it, where there are class labels, the one that checks these
    (``in_range``): they stay whole numbers."""
    if not request.labels:
        return text.replace("@CONVERTED@", f"[{convert} for a in arrays.values()]").split("\n")
    rows = ", ".join(f'"{identifier(n)}": {d!r}'.replace("'", '"') for n, d in request.classes.items())
    zero = [name for name in request.labels if zero_rows(plan.context, name)]
    lines = [f"LABELS: dict[str, str | int] = {{{rows}}}"]
    lines += ["IGNORED = (" + "".join(f'"{identifier(name)}", ' for name in zero).rstrip() + ")"]
    known = "_check(arrays)"
    if alone(request, plan):
        known = "{**known, **_check(arrays)}"
        text = text.replace("_prepared(**given", "_prepared(known: dict[str, int], /, **given")
    text = text.replace("    _check(arrays)", f"    _in_range(arrays, {known})")
    kept = f"[a if name in LABELS else {convert} for name, a in arrays.items()]"
    return [*lines, *in_range.split("\n"), *text.replace("@CONVERTED@", kept).split("\n")]


def alone(request: Request, plan: Program) -> list[str]:
    """How many classes labels have, where no argument's shape says so."""
    return [dim for dim in request.classes.values() if isinstance(dim, str) and dim in plan.sizes]


def preparing(request: Request, plan: Program) -> str:
    """The call that checks and converts the arguments."""
    counts = ", ".join(f'"{dim}": {identifier(dim)}' for dim in alone(request, plan))
    keywords = ", ".join(f"{n}={n}" for n in map(identifier, plan.inputs))
    return f"_prepared({f'{{{counts}}}, ' if counts else ''}{keywords})"


_CHECK = '''
def _check(given: dict[str, Any]) -> dict[str, int]:
    """Every argument has the shape it should have; the first that has not is named. The extents of the dimensions."""
    sizes: dict[str, int] = {}
    for name, array in given.items():
        expected = SHAPES[name]
        if len(array.shape) != len(expected):
            raise ValueError(f"{name} has {len(array.shape)} axes, expected {len(expected)}: {expected}")
        for dim, extent in zip(expected, array.shape):
            known = dim if isinstance(dim, int) else sizes.setdefault(dim, extent)
            if known != extent:
                raise ValueError(f"{name} has shape {tuple(array.shape)}: an axis of {extent} where {dim} = {known}")
@MADE@@LEAST@    return sizes
'''
_ENTRY = """    for dim, least in LEAST.items():
        if sizes.get(dim, least) < least:
            raise ValueError(f"{dim} is {sizes[dim]}, and entry {least - 1} is read: entries are counted from 0")
"""


_STANDARD = ("ctypes", "functools", "inspect", "math", "os", "sys")


@dataclass(frozen=True)
class Frame:
    """What stands around the mathematics in a target's modules: what an array is called, what is imported, the helper
    that readies arguments, how it converts one, the helper that checks labels, and those that a text calls."""

    array: str
    imports: tuple[str, ...]
    prepare: str
    convert: str
    in_range: str
    helping: Callable[[str], list[str]]

    def module(
        self, plan: Program, request: Request, needs: str, lines: tuple[list[str], list[str]], run: Sequence[str],
        custom: Sequence[str] = (), notes: Sequence[str] = (), given: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """The module as text: the function, which does what ``run`` says or, without a frame, computes these ``lines``
        and answers; what it calls; what checks and converts its arguments."""
        body, answers = lines
        if request.style.bare:
            made = [*unchecked(request, plan, self.array, body, answers), *self.helping("\n".join((*body, *answers)))]
        else:
            made = [*function(request, plan, self.array, run, given), *custom, "", *checks(plan)]
            made += prepared(self.prepare, request, plan, self.convert, self.in_range)
            made += self.helping("\n".join((*run, *custom)))
        text = "\n".join(made)
        standard = [f"import {name}" for name in _STANDARD if re.search(rf"\b{name}\.", text)]
        return tidy([*header(request, plan, needs, notes), *standard, *self.imports, *made, ""])


def defined(said: str, says: str, body: Iterable[str]) -> list[str]:
    """A function: the line that opens it, what it says of itself, its statements."""
    return ["", said, f'    """{says}"""', *(f"    {line}" for line in body), ""]


def function(request: Request, plan: Program, array: str, body: Iterable[str], given: Sequence[str] = ()) -> list[str]:
    """The function that a module is for; ``given`` are parameters beside the formula's own."""
    shapes = ", ".join(f"{identifier(n)} {shape_said(s)}" for n, s in plan.inputs.items())
    gives = " and ".join(f"{o} {shape_said([i.dim for i in a.axes])}" for o, a in plan.outputs.items())
    every = ", ".join([*(f"{name}: {array}" for name in parameters(plan)), *given])
    opening = f"def {request.name}({every}) -> {answer(array, len(plan.outputs))}:"
    return defined(opening, f"{gives[0].upper() + gives[1:]} from {shapes}.", body)


def answer(array: str, count: int) -> str:
    """The type of so many arrays."""
    return array if count == 1 else f"tuple[{', '.join([array] * count)}]"


def ready(request: Request, plan: Program, kinds: str, of: str = "arrays", full: Sequence[str] = ()) -> list[str]:
    """The statements that check and convert the arguments; ``full`` stands before they have their names."""
    names = [identifier(name) for name in plan.inputs]
    return [f"arrays, {kinds} = {preparing(request, plan)}", *full, *unpacked(names, of)]


def unchecked(request: Request, plan: Program, array: str, body: Sequence[str], answers: Sequence[str]) -> list[str]:
    """The function without a frame: the mathematics, in the type (and on the device) that the arguments have."""
    first = next((identifier(name) for name in plan.inputs if name not in request.labels), "")
    shapes = {identifier(name): shape for name, shape in plan.inputs.items()}
    typed = kinds((*body, *answers), first)
    if typed and not first:
        raise Error("no argument says of what type the answer is", hint="leave out bare: then it is the default type")
    lines = [*mentioned(shapes, (*body, *answers)), *typed, *body]
    return function(request, plan, array, [*lines, f"return {', '.join(answers)}"])


def kinds(lines: Iterable[str], of: str) -> list[str]:
    """Statements for the type and the device that the code mentions, which an array has."""
    read = words(lines)
    return [f"{kind} = {of}.{kind}" for kind in ("dtype", "device") if kind in read]


def called(helpers: Mapping[str, str], text: str) -> list[str]:
    """The helpers that a text calls or passes on, and those that these call, as lines."""
    found: dict[str, str] = {}
    while more := [name for name in helpers.keys() & passed_on(text) if name not in found]:
        found |= {name: helpers[name] for name in helpers if name in more}
        text = "\n".join(helpers[name] for name in more)
    return "\n".join(found.values()).split("\n")


def passed_on(text: str) -> set[str]:
    """The names of ours that a text calls or gives to what it calls."""
    return set(re.findall(r"\b_\w+(?=[(,)])", text))


def unpacked(names: Sequence[str], of: str) -> list[str]:
    """``a, b = arrays``"""
    return [f"{', '.join(names)}{',' if len(names) == 1 else ''} = {of}"] if names else []


def tidy(lines: list[str]) -> str:
    """Two blank lines before a definition at the top, none doubled elsewhere."""
    kept: list[str] = []
    for line in lines:
        if line.startswith(("def ", "class ", "@")) and not (kept and kept[-1].startswith("@")):
            while kept and not kept[-1]:
                kept.pop()
            kept += ["", ""]
        if not line and len(kept) > 1 and not kept[-1] and not kept[-2]:
            continue
        kept.append(line)
    return "\n".join(kept).rstrip() + "\n"
