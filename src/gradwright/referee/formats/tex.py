"""LaTeX documents. Owns: comments, the files a document names, its macros where they hide mathematics. Never: formulas.

A macro that a formula's tokens can be replaced by stays, as a ``\\newcommand``; one that opens a display, closes one or
takes optional arguments is replaced in the text. Expansion is bounded, so that no definition can run away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.latex.rows import ENVIRONMENTS
from gradwright.referee.formats.mapped import Edit, Mapped

_ROUNDS = 20
_MOST_GROWTH = 500_000
_DEEPEST = 8
_LONGEST = 20_000  # characters of an argument, and
_LONGEST_BODY = 2_000  # of what a macro stands for
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%(?P<said>[^\n]*)\n?[ \t]*")
_NOTE = re.compile(r"\s*gradwright:")
_INPUT = re.compile(
    r"\\(?:(?:input|include|subfile)\s*(?:\{(?P<a>[^{}\n]+)\}|\s(?P<b>[\w./-]+))"
    r"|(?:sub)?import\*?\s*\{(?P<folder>[^{}\n]*)\}\s*\{(?P<c>[^{}\n]+)\}|usepackage\s*(?:\[[^\]]*\])?\s*\{(?P<sty>[^{}\n]+)\})"
)
_DEFINED = re.compile(
    r"\\(?P<how>(?:re)?newcommand|providecommand|DeclareRobustCommand|(?:[gex]|long)?def|DeclareMathOperator"
    r"|DeclarePairedDelimiter|(?:New|Renew|Provide|Declare)DocumentCommand|let|(?:re)?newenvironment"
    r"|(?:New|Renew)DocumentEnvironment)(?![A-Za-z])\*?"
)
_NAME = re.compile(r"\s*(?:\{\s*\\?(?P<a>[A-Za-z]+\*?)\s*\}|\\(?P<b>[A-Za-z]+))")
_TARGET = re.compile(r"\s*=?\s*\\(?P<to>[A-Za-z]+)")
_MATHS = "|".join(ENVIRONMENTS)
_OPENS = re.compile(rf"\\(?:begin|end)\s*\{{(?:{_MATHS})\*?\}}|\\[\[\]()]|\$|\\(?:end)?(?:{_MATHS})(?![A-Za-z])")
_FRAMES = {"boxed": 0, "Aboxed": 0, "bbox": 0, "fbox": 0, "textcolor": 1, "colorbox": 1, "tcboxmath": 0, "hl": 0}
"""Commands around what may be a relation, and how many arguments stand before it."""
_FRAME = re.compile(rf"\\(?P<name>{'|'.join(_FRAMES)})(?![A-Za-z])\s*(?:\[[^\]\n]*\])?")
_EMPHASIZED = re.compile(r"\\begin\{empheq\}\s*(?:\[[^\]]*\])?\s*\{(?P<name>[a-z]+\*?)(?:=\d+)?\}")
_ALIAS = re.compile(
    r"\\(?P<end>begin|end)\{(?P<name>IEEEeqnarray|xalignat|xxalignat|dgroup|darray|dseries)\*?\}(?:\{[^{}]*\})?"
)


@dataclass(frozen=True)
class Parameter:
    """``kind``: m for an argument, o for an optional one, s for a star; ``until``: what an argument ends at."""

    kind: str
    default: str = ""
    until: str = ""


@dataclass(frozen=True)
class Definition:
    """A macro or, with an ``end``, an environment; ``span`` is where it is defined, None in another file."""

    name: str
    parameters: tuple[Parameter, ...]
    body: str
    end: str | None = None
    span: tuple[int, int] | None = None

    @property
    def simple(self) -> bool:
        """Whether tokens of a formula may be replaced by it, wherever it stands."""
        plain = self.end is None and all(p.kind == "m" and not p.until for p in self.parameters)
        return plain and not _OPENS.search(self.body) and len(self.body) < 400

    def written(self) -> str:
        count = f"[{len(self.parameters)}]" if self.parameters else ""
        return f"\\newcommand{{\\{self.name}}}{count}{{{self.body}}}"


# --- files


def comments(text: str) -> Iterator[Edit]:
    """Comments go; what gradwright is told in one stays."""
    for found in _COMMENT.finditer(text):
        start = found.end(1)
        said = found["said"]
        yield Edit(start, found.end(), f"<!--{said}-->\n" if _NOTE.match(said) else "")


def named(text: str) -> list[str]:
    """The files that a document names, with a folder and an ending."""
    return [name for found in _INPUT.finditer(_uncommented(text)) for name in _names(found)]


def _uncommented(text: str) -> str:
    return Mapped.of(text).edited(comments(text)).text


def _names(found: re.Match[str]) -> list[str]:
    if found["sty"]:
        return [f"{name.strip()}.sty" for name in found["sty"].split(",")]
    name = (found["a"] or found["b"] or found["c"]).strip()
    folder = (found["folder"] or "").strip()
    whole = f"{folder.rstrip('/')}/{name}" if folder else name
    return [whole if re.search(r"\.\w+$", whole) else whole + ".tex"]


def assembled(text: str, file: int, inputs: Mapping[str, str], files: Sequence[str], depth: int = 0) -> Mapped:
    """A document without comments, the files it names in their places."""
    whole = Mapped.of(text, file).edited(comments(text))
    if depth:
        whole = whole.edited(_around(whole.text))
    if depth > _DEEPEST:
        return whole
    edits = []
    for found in _INPUT.finditer(whole.text):
        there = [name for name in _names(found) if name in inputs]
        parts = [assembled(inputs[name], files.index(name), inputs, files, depth + 1) for name in there]
        for k, part in enumerate(parts):
            edits.append(Edit(found.end() if k else found.start(), found.end(), part))
    return whole.edited(edits)


def _around(text: str) -> Iterator[Edit]:
    """What stands around the body of a document that is part of another."""
    begin, end = text.find("\\begin{document}"), text.find("\\end{document}")
    if 0 <= begin < end:
        yield Edit(0, begin + len("\\begin{document}"))
        yield Edit(end, len(text))


def preamble(text: str) -> Iterator[Edit]:
    """Of what stands before the document only its macros matter, and of what stands after it nothing."""
    begin, end = text.find("\\begin{document}"), text.find("\\end{document}")
    if begin >= 0:
        kept = [d.written() for d in definitions(text[:begin]) if d.simple]
        notes = re.findall(r"<!--\s*gradwright:.*?-->", text[:begin])
        said = "\n".join([_hidden(kept), *notes])
        yield Edit(0, begin + len("\\begin{document}"), said)
    if end > begin:
        yield Edit(end, len(text))


def _hidden(macros: Sequence[str]) -> str:
    return "<!--\n" + "\n".join(macros) + "\n-->\n" if macros else ""


# --- macros


def definitions(text: str) -> list[Definition]:
    """The macros and environments that a text defines."""
    found = (_definition(text, match) for match in _DEFINED.finditer(text))
    return [definition for definition in found if definition is not None]


def _definition(text: str, match: re.Match[str]) -> Definition | None:
    how = match["how"]
    name = _NAME.match(text, match.end())
    if name is None:
        return None
    called, at = name["a"] or name["b"], name.end()
    if how == "let":
        return _let(text, match.start(), called, at)
    parameters, at = _parameters(text, at, how)
    body = group(text, at, _LONGEST_BODY)
    if body is None:
        return None
    said, end = text[body[0] + 1 : body[1] - 1], body[1]
    if how == "DeclareMathOperator":
        said = f"\\operatorname{{{said}}}"
    second = group(text, end, _LONGEST_BODY) if "nvironment" in how or how == "DeclarePairedDelimiter" else None
    if second is None:
        return Definition(called, parameters, said, None, (match.start(), end))
    closing = text[second[0] + 1 : second[1] - 1]
    if how == "DeclarePairedDelimiter":
        paired = (Parameter("s"), Parameter("o"), Parameter("m"))
        return Definition(called, paired, f"\\left{said} #3 \\right{closing}", None, (match.start(), second[1]))
    return Definition(called, parameters, said, closing, (match.start(), second[1]))


def _let(text: str, start: int, name: str, at: int) -> Definition | None:
    r"""A name for another macro; \equation is how an environment begins."""
    other = _TARGET.match(text, at)
    if other is None or other["to"] in ("relax", "undefined", name):
        return None
    body = re.sub(rf"^(end)?({_MATHS})$", lambda m: f"{m[1] or 'begin'}{{{m[2]}}}", other["to"])
    return Definition(name, (), "\\" + body, None, (start, other.end()))


def _parameters(text: str, at: int, how: str) -> tuple[tuple[Parameter, ...], int]:
    """The parameters of a definition, and where its body begins."""
    if how.endswith("def"):
        head = re.compile(r"\s*(?P<all>(?:#\d[^#{}\n]{0,20})*)").match(text, at)
        assert head is not None
        ends = re.findall(r"#\d([^#]*)", head["all"])
        return tuple(Parameter("m", until=end.strip()) for end in ends), head.end()
    if "Document" in how:
        spec = group(text, at, _LONGEST_BODY)
        if spec is None:
            return (), at
        kinds = re.findall(r"([a-zA-Z])\s*(?:\{([^{}]*)\})?", text[spec[0] + 1 : spec[1] - 1])
        found = (Parameter({"s": "s", "m": "m"}.get(k.lower(), "o"), default) for k, default in kinds)
        return tuple(found), spec[1]
    count = re.compile(r"\s*(?:\[(?P<n>\d)\])?\s*(?:\[(?P<default>[^\]]*)\])?").match(text, at)
    assert count is not None
    number, default = int(count["n"] or 0), count["default"]
    optional = (Parameter("o", default),) if default is not None else ()
    return (*optional, *(Parameter("m") for _ in range(number - len(optional)))), count.end()


def group(text: str, at: int, most: int = _LONGEST) -> tuple[int, int] | None:
    """Where a group in braces stands that begins there, after space."""
    while at < len(text) and text[at].isspace():
        at += 1
    if text[at : at + 1] != "{":
        return None
    depth = 0
    for found in re.compile(r"\\.|[{}]", re.S).finditer(text, at, at + most):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0:
            return at, found.end()
    return None


def expanded(whole: Mapped, others: str = "") -> Mapped:
    """The text with the macros replaced that hide mathematics; ``others`` defines some, too."""
    known = definitions(whole.text)
    foreign = definitions(others)
    hiding = {d.name: d for d in [*foreign, *known] if not d.simple}
    opening = {name: d for name, d in hiding.items() if d.end is None or _OPENS.search(d.body)}
    while more := {d.name: d for d in [*foreign, *known] if d.name not in opening and _mentions(d, opening)}:
        opening |= more
    whole = whole.edited(_rewritten(known, opening))
    whole = whole.edited([Edit(0, 0, _hidden([d.written() for d in foreign if d.name not in opening and d.simple]))])
    most = len(whole.text) + _MOST_GROWTH
    for _ in range(_ROUNDS if opening else 0):
        edits = list(_uses(whole.text, opening))
        if not edits:
            break
        whole = whole.edited(edits)
        if len(whole.text) > most:
            raise Error("the document's macros expand without end")
    return whole


def _mentions(definition: Definition, names: Mapping[str, Definition]) -> bool:
    return any(word in names for word in re.findall(r"\\([A-Za-z]+)", definition.body + (definition.end or "")))


def _rewritten(known: Sequence[Definition], opening: Mapping[str, Definition]) -> Iterator[Edit]:
    """A definition that is used up goes; one of another form than a formula's reader knows gets that form."""
    for definition in known:
        if definition.span and definition.name in opening:
            yield Edit(*definition.span)
        elif definition.span and definition.simple:
            yield Edit(*definition.span, definition.written())


def _uses(text: str, opening: Mapping[str, Definition]) -> Iterator[Edit]:
    names = "|".join(map(re.escape, opening))
    for found in re.finditer(rf"\\(?:(?P<part>begin|end)\{{(?P<env>{names})\}}|(?P<name>{names})(?![A-Za-z]))", text):
        definition = opening[found["env"] or found["name"]]
        if (definition.end is not None) != (found["env"] is not None):
            continue
        if found["part"] == "end":
            yield Edit(*found.span(), definition.end or "")
            continue
        arguments, end = _arguments(text, found.end(), definition.parameters)
        yield from _put(text, found.start(), end, definition.body, arguments)


def _arguments(text: str, at: int, parameters: Sequence[Parameter]) -> tuple[list[tuple[int, int] | str], int]:
    """Where each argument stands (or what it is by default), and where the last one ends."""
    found: list[tuple[int, int] | str] = []
    for parameter in parameters:
        here = at + len(text[at:]) - len(text[at:].lstrip()) if parameter.kind == "m" and not parameter.until else at
        if parameter.kind == "s":
            found.append("")
            at += text[at : at + 1] == "*"
        elif parameter.kind == "o":
            end = text.find("]", at) if text[at : at + 1] == "[" else -1
            found.append((at + 1, end) if end > 0 else parameter.default)
            at = end + 1 if end > 0 else at
        elif parameter.until:
            end = text.find(parameter.until, at)
            end = len(text) if end < 0 else end
            found.append((at, end))
            at = end + len(parameter.until)
        elif braces := group(text, here):
            found.append((braces[0] + 1, braces[1] - 1))
            at = braces[1]
        else:
            one = re.compile(r"\\[A-Za-z]+|.|\Z", re.S).match(text, here)
            at = one.end() if one else here
            found.append((here, at))
    return found, at


def _put(text: str, start: int, end: int, body: str, arguments: Sequence[tuple[int, int] | str]) -> Iterator[Edit]:
    """The body in place of a use; arguments stay where they stand, if each is used once and in order."""
    pieces = re.split(r"#(\d)", body)
    numbers = [int(n) - 1 for n in pieces[1::2]]
    places = [arguments[n] if n < len(arguments) else "" for n in numbers]
    spans = [place for place in places if not isinstance(place, str)]
    if spans == sorted(set(spans)) and len(spans) == len(places):
        for literal, span in zip(pieces[::2], [*spans, (end, end)], strict=True):
            yield Edit(start, span[0], literal)
            start = span[1]
        return
    said = [place if isinstance(place, str) else text[place[0] : place[1]] for place in places]
    yield Edit(start, end, "".join(a + b for a, b in zip(pieces[::2], [*said, ""], strict=True)))


# --- what is around a relation


def frames(text: str) -> Iterator[Edit]:
    r"""A frame or a colour around a relation goes, for it is one all the same: \boxed{A = B}."""
    for found in _FRAME.finditer(text):
        at = found.end()
        for _ in range(_FRAMES[found["name"]]):
            before = group(text, at)
            at = before[1] if before else at
        inside = group(text, at, _LONGEST_BODY)
        if inside and "=" in text[inside[0] : inside[1]]:
            yield Edit(found.start(), inside[0] + 1)
            yield Edit(inside[1] - 1, inside[1])


def environments(text: str) -> Iterator[Edit]:
    """Environments of packages by the names of those that do the same."""
    for found in _ALIAS.finditer(text):
        yield Edit(*found.span(), f"\\{found['end']}{{align}}")
    for found in _EMPHASIZED.finditer(text):
        end = text.find("\\end{empheq}", found.end())
        if end >= 0:
            yield Edit(*found.span(), f"\\begin{{{found['name']}}}")
            yield Edit(end, end + len("\\end{empheq}"), f"\\end{{{found['name']}}}")
