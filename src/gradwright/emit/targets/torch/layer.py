"""A layer as a ``torch.nn.Module``. Owns: its text: parameters, how they begin, the call of ``value``. Never: plans.

What is only added, a bias, begins at 0; another vector or number, which multiplies, at 1; a matrix as PyTorch's linear
layer does, evenly between ±1/√(its last extent).
"""

from __future__ import annotations

from gradwright.core.errors import Error
from gradwright.core.index import names_of
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Program
from gradwright.emit.spell.module import COTANGENT, Request, shape_said


def layer(request: Request) -> list[str]:
    """The class; nothing where none is asked for."""
    names = request.style.module
    if not names:
        return []
    if request.backward is None or request.backward.sizes:
        raise Error(
            "a layer needs its value and a way back", hint="--with value,pullback, and --wrt with every variable"
        )
    for name in names:
        if name not in request.wrt:
            raise Error(
                f"{name} is no variable that is differentiated in", hint=f"--wrt {','.join((*request.wrt, name))}"
            )
    inputs = [name for name in request.backward.inputs if name != COTANGENT]
    shapes = {name: request.backward.inputs[name] for name in names}
    dims = list(dict.fromkeys(dim for shape in shapes.values() for dim in sorted(names_of(*shape))))
    given = [identifier(name) for name in inputs if name not in names]
    passed = ", ".join(f"self.{identifier(n)}" if n in names else identifier(n) for n in inputs)
    said = ", ".join(f"{identifier(name)} {shape_said(shape)}" for name, shape in shapes.items())
    lines = [
        "",
        "class Layer(torch.nn.Module):",
        f'    """The value, with parameters {said}."""',
        "",
        f"    def __init__(self, {', '.join([*(f'{identifier(dim)}: int' for dim in dims), '**kind: Any'])}) -> None:",
        "        super().__init__()",
    ]
    for name, shape in shapes.items():
        size = ", ".join(extent(dim) for dim in shape)
        lines.append(f"        self.{identifier(name)} = torch.nn.Parameter(torch.empty({size or '()'}, **kind))")
    lines += ["        self.reset_parameters()", "", "    def reset_parameters(self) -> None:"]
    lines += ['        """The parameters as they begin."""']
    lines += [f"        {_beginning(name, len(shape), request.backward)}" for name, shape in shapes.items()]
    lines += ["", f"    def forward({', '.join(['self', *(f'{name}: Tensor' for name in given)])}) -> Tensor:"]
    return [*lines, '        """The value."""', f"        return value({passed})", ""]


def _beginning(name: str, rank: int, backward: Program) -> str:
    """The statement that gives a parameter its first values."""
    own = f"self.{identifier(name)}"
    if rank > 1:
        return f"torch.nn.init.uniform_({own}, -({own}.shape[-1] ** -0.5), {own}.shape[-1] ** -0.5)"
    gradients = [label for label in backward.outputs if label in ("gradient", f"gradient_{name}")]
    part = backward.only(*gradients)
    read = {n for let in part.lets for n in let.reads} | part.returned
    added = not read & (backward.inputs.keys() - {COTANGENT})
    return f"torch.nn.init.{'zeros_' if added else 'ones_'}({own})"
