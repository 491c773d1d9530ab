"""The PyTorch target. Owns: the text of a module that needs PyTorch alone. Never: plans, runs.

The scalar is an ``autograd.Function`` whose backward pass is the derived gradient, computed with the value in one pass.
A gradient in an argument that was not derived is an error, not a silent zero.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Program, multilinear
from gradwright.emit.spell.arrays import sizes
from gradwright.emit.spell.module import Frame, Request, called, ready, unpacked
from gradwright.emit.spell.special import HELPERS as OF_NUMPY
from gradwright.emit.targets.torch.autograd import autograd, in_full
from gradwright.emit.targets.torch.blocks import in_blocks
from gradwright.emit.targets.torch.layer import layer
from gradwright.emit.targets.torch.lines import answered, cast, statements

_HELPERS = {
    name: OF_NUMPY[name].replace("np.", "torch.").replace("_lgamma", "torch.lgamma").replace("Array", "Tensor")
    for name in ("_dawson", "_gamma", "_sphj1")
} | {
    "_added": '''
def _added(total: Tensor | None, a: Tensor, b: Tensor) -> Tensor:
    """a @ b, added to the total where there is one, in its place if there is room."""
    if total is None:
        return a @ b
    if a.ndim == b.ndim == 2:
        return _placed(lambda b: torch.addmm(total, a, b, out=total), lambda b: torch.addmm(total, a, b), b)
    return total + a @ b
''',
    "_scaled": '''
def _scaled(cotangent: Tensor, gradient: Tensor) -> Tensor:
    """The gradient times a number. Where that is 1 nothing is copied: whoever writes to what is given back and goes the
    same way back again then meets an error of PyTorch's."""
    if cotangent.device.type == "cpu" and not torch.is_grad_enabled() and not torch.compiler.is_compiling():
        try:
            if bool(cotangent == 1):
                return gradient.detach()
        except RuntimeError:  # under vmap nobody can say
            pass
    return cotangent * gradient
''',
    "_joined": '''
def _joined(blocks: list[Tensor]) -> Tensor:
    """The rows of all blocks."""
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks)
''',
    "_symmetric": '''
def _symmetric(x: Tensor, s: Tensor) -> Tensor:
    """sum_n s[n,a,b] x[n,i] x[n,j] at a, b, i, j."""
    return torch.tensordot(s, x[:, :, None] * x[:, None, :], dims=([0], [0]))
''',
    "_logerfc": '''
def _logerfc(a: Tensor) -> Tensor:
    """log erfc a: below 1/2 by log1p(-erf a), above by the scaled complement, which does not underflow."""
    above = torch.log(torch.special.erfcx(a.clamp(min=0.5))) - a * a
    return torch.where(a < 0.5, torch.log1p(-torch.erf(a.clamp(max=0.5))), above)
''',
    "_cofactors": '''
def _cofactors(a: Tensor) -> Tensor:
    """det(a) times inv(a)', which a singular matrix has too: then by its singular values, but for one at a time."""
    inverse, _ = torch.linalg.inv_ex(a)
    found = torch.linalg.det(a)[..., None, None] * inverse.mT
    size = torch.linalg.matrix_norm(a)
    safe = size * torch.linalg.matrix_norm(inverse) < torch.finfo(a.dtype).eps ** -0.5
    if a.device.type == "cpu" and not torch.compiler.is_compiling():
        try:
            if bool(torch.all(safe)):
                return found
        except RuntimeError:  # under vmap nobody can say
            pass
    u, s, v = torch.linalg.svd(torch.nan_to_num(a, posinf=0.0, neginf=0.0))
    others = torch.prod(torch.where(torch.eye(s.shape[-1], dtype=torch.bool, device=a.device), 1, s[..., None, :]), -1)
    turned = (torch.linalg.det(u) * torch.linalg.det(v))[..., None, None] * (u * others[..., None, :]) @ v
    return torch.where(safe[..., None, None], found, turned + 0 * size[..., None, None])
''',
    "_sign": '''
def _sign(a: Tensor) -> Tensor:
    """The sign, which PyTorch gives NaN none of."""
    return torch.where(a == a, torch.sign(a), a)
''',
    "_norm": '''
def _norm(a: Tensor, axis: Any, scale: Any = 1, beside: Any = None) -> Tensor:
    """sqrt(scale * sum(a**2) + beside), by way of a over its largest entry where squares overflow or underflow."""
    plain = _length(a, axis)
    whole = plain if beside is None else torch.sqrt(scale * plain**2 + beside)
    if a.device.type == "cpu" and not torch.compiler.is_compiling() and _safe(whole):
        return whole
    top = torch.amax(torch.abs(a), dim=axis, keepdim=True)
    top = torch.where((top > 0) & (top < math.inf), top, 1)
    norm = _length(a / top, axis) * torch.amax(top, dim=axis)
    return norm if beside is None else _hypot(scale**0.5 * norm, beside**0.5)


def _length(a: Tensor, axis: Any) -> Tensor:
    """sqrt(sum(a**2)), not by PyTorch's own norm where that steps from row to row: there it is ten times as slow."""
    last = a.ndim - 1 in (axis if isinstance(axis, tuple) else (axis,))
    return torch.linalg.vector_norm(a, dim=axis) if last else torch.sqrt(torch.sum(a * a, dim=axis))
''',
    "_safe": '''
def _safe(roots: Tensor) -> bool:
    """Whether sums of squares have lost no digits to overflow or underflow; under vmap nobody can say."""
    info = torch.finfo(roots.dtype)
    try:
        least, most = torch.aminmax(roots)
        return bool(least >= math.sqrt(info.tiny / info.eps)) and bool(most < math.inf)
    except RuntimeError:
        return False
''',
    "_hypot": '''
def _hypot(a: Any, b: Any) -> Tensor:
    """sqrt(a**2 + b**2), from the squares where these lose nothing; either may be a number."""
    if (a if isinstance(a, Tensor) else b).device.type == "cpu" and not torch.compiler.is_compiling():
        plain = torch.sqrt(a * a + b * b)
        if _safe(plain):
            return plain
    return torch.hypot(*_alike(a, b))
''',
    "_alike": '''
def _alike(a: Any, b: Any) -> list[Tensor]:
    """Two arrays, or an array and a number in its type."""
    like = a if isinstance(a, Tensor) else b
    return [torch.as_tensor(x, dtype=like.dtype, device=like.device) for x in (a, b)]
''',
    "_at_labels": '''
def _at_labels(a: Tensor, labels: Tensor, share: Any) -> Tensor:
    """a with the share added to each row at its label, in its place."""
    if torch.compiler.is_compiling():  # a pass of its own would not fuse with those before and after
        share = share[:, None] if isinstance(share, Tensor) and share.ndim else share
        return torch.where(labels[:, None] == torch.arange(a.shape[1], device=a.device), a + share, a)
    a[torch.arange(a.shape[0], device=a.device), labels] += share
    return a
''',
    "_largest": '''
def _largest(p: Tensor, a: Tensor, dim: int) -> Tensor:
    """The largest entry of each softmax p of a, which is 1/sum(exp(a - max(a)))."""
    if torch.compiler.is_compiling():  # computed with the softmax, which then need not be stored
        return 1 / torch.sum(torch.exp(a - torch.amax(a, dim=dim, keepdim=True)), dim=dim)
    return torch.amax(p, dim=dim)
''',
    "_over": '''
def _over(operation: Any, a: Tensor, *more: Any) -> Tensor:
    """A slope times a, in the place of a; where there is no room for it, as it is."""
    if not torch.compiler.is_compiling():
        try:
            found: Tensor = operation.grad_input(a, *more, grad_input=a)
            return found
        except RuntimeError:
            pass
    return operation(a, *more)
''',
    "_silu_slope": '''
def _silu_slope(g: Any, a: Tensor) -> Tensor:
    """g times the derivative of SiLU at a."""
    return torch.ops.aten.silu_backward(torch.as_tensor(g, dtype=a.dtype).expand_as(a).contiguous(), a)
''',
    "_placed": '''
def _placed(there: Any, elsewhere: Any, b: Any) -> Tensor:
    """An operation in the place of its first operand; under vmap over the second alone there is no room for it."""
    if not torch.compiler.is_compiling():
        try:
            return there(b)
        except RuntimeError:
            pass
    return elsewhere(b)
''',
}
for _name, _what in (("maximum", "larger"), ("minimum", "smaller")):
    _HELPERS[f"_{_name}"] = f'''
def _{_name}(a: Any, b: Any) -> Tensor:
    """The {_what} of two, either of which may be a number."""
    return torch.{_name}(*_alike(a, b))
'''
for _name, _sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")):
    _HELPERS[f"_{_name}"] = f'''
def _{_name}(a: Tensor, b: Any) -> Tensor:
    """a {_sign} b, in the place of a."""
    return _placed(a.{_name}_, a.{_name}, b)
'''

_PREPARE = '''
def _prepared(**given: Any) -> tuple[list[Tensor], torch.dtype, torch.dtype, torch.device]:
    """The arguments as arrays of one floating type, the type to compute in, the type to answer in, the device."""
    floats = [x for x in given.values() if isinstance(x, Tensor) and x.is_floating_point()]
    large = [x for x in floats if x.ndim] or floats
    answer = functools.reduce(torch.promote_types, [x.dtype for x in large] or [torch.get_default_dtype()])
    device = large[0].device if large and large[0].ndim else torch.device("cpu")
    dtype = torch.float32 if answer.itemsize < 4 else answer
    arrays: dict[str, Tensor] = {}
    for name, value in given.items():
        if not isinstance(value, Tensor) or value.device != device:
            exact = torch.float64 if isinstance(value, float) else None
            value = torch.as_tensor(value, dtype=exact, device=device)
        arrays[name] = value
        if arrays[name].is_complex():
            raise TypeError(f"{name} has dtype {arrays[name].dtype}: real numbers are expected")
    _check(arrays)
    return @CONVERTED@, dtype, answer, device
'''
_IN_RANGE = '''
def _in_range(arrays: dict[str, Tensor], sizes: dict[str, int]) -> None:
    """Class labels are whole numbers from 0, or negative where a row may have none; under vmap nobody can say."""
    for name, dim in LABELS.items():
        label, classes = arrays[name], dim if isinstance(dim, int) else sizes[dim]
        if label.is_floating_point():
            raise TypeError(f"{name} has dtype {label.dtype}: whole numbers are expected, the places of the ones")
        label = arrays[name] = label.long().clamp(min=-1) if name in IGNORED else label.long()
        first = -1 if name in IGNORED else 0
        if label.device.type != "cpu" or torch.compiler.is_compiling():
            sound = torch.all((label >= first) & (label < classes))
            torch._assert_async(sound, f"{name} holds a label that is no class: they run from 0 to {classes - 1}")
            continue
        try:
            least, most = (int(end) for end in torch.aminmax(label)) if label.numel() else (first, first)
        except RuntimeError:
            continue
        if least < first or most >= max(classes, 1):
            raise ValueError(f"{name} holds {least} to {most}: labels run from 0 to {classes - 1}")
'''


_FRAME = Frame("Tensor", ("from typing import Any", "", "import torch", "from torch import Tensor", ""), _PREPARE,
               "a if a.dtype == dtype else a.to(dtype)", _IN_RANGE, partial(called, _HELPERS))  # fmt: skip


def _narrow(plan: Program, request: Request) -> Frame:
    """The frame. A linear layer multiplies in the type that its arguments have, as PyTorch's does: sums are taken in
    full precision by either's products, and nothing else is computed of what was rounded."""
    layer = request.backward is not None and bool(request.backward.outputs["value"].axes)
    linear = layer and multilinear(plan) and request.backward is not None and multilinear(request.backward)
    wide = "torch.float32 if answer.itemsize < 4 else answer"
    return replace(_FRAME, prepare=_PREPARE.replace(wide, "answer")) if linear else _FRAME


def source(plan: Program, request: Request) -> str:
    """The module as text: the mathematics, then what checks and converts its arguments."""
    custom = blocks = [] if request.style.bare else in_blocks(plan, request)
    alone = len(request.outputs) == 1  # then the function has the name of an array in it
    run = ready(request, plan, "dtype, answer, device", full=in_full("_again" if alone else request.name, plan.sizes))
    body, answers = list[str](), list[str]()
    if blocks:
        results = [identifier(label) for label in plan.outputs]
        run += unpacked(results, f"_in_blocks({', '.join(map(identifier, plan.inputs))})")
        run += [f"return {', '.join(f'{name}.to(answer)' for name in results)}"]
    else:
        body, answers = statements(plan, plan.lets, plan.returned), answered(plan)
        run += [*sizes(plan, (*body, *answers)), *body, f"return {', '.join(map(cast, answers))}"]
        custom = [] if request.style.bare or request.backward is None else autograd(plan, request.backward, request)
    again = ["", "", f"_again = {request.name}"] if alone else []
    more = [] if request.style.bare else [*custom, *layer(request), *again]
    return _narrow(plan, request).module(plan, request, "PyTorch", (body, answers), run, more)
