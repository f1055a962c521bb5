"""Statements that make views, of views most of the time, and those that make a tensor another view in place."""

from __future__ import annotations

from typing import Any

from ..grammar import Draw, Family, NothingFits, dtype_name, is_complex, is_float, rank, said
from ..program import Statement

VIEWS = Family("views", 2.2)
_SAME_SIZE = {
    "float32": ("int32", "uint8", "int16"), "int32": ("float32", "int16"), "float64": ("int64", "int32"), "int64": ("int32", "float64"),
    "uint8": ("bool", "int8"), "bool": ("uint8",), "float16": ("int16", "bfloat16"), "bfloat16": ("int16",), "complex64": ("float32", "int64"),
    "complex128": ("float64",), "int16": ("uint8", "float16"), "int8": ("uint8",),
}  # fmt: skip


@VIEWS.rule(3)
def select(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    t = draw[x]
    dim = draw.dim(t)
    size = t.shape[dim] if -t.dim() <= dim < t.dim() else 1
    choice = draw.random.randrange(4)
    if choice == 0:
        return said("select", f"{draw.result()} = {x}.select({dim}, {draw.index(size)})")
    if choice == 1:
        return said("index by an int", f"{draw.result()} = {x}[..., {draw.index(t.shape[-1])}]")
    return said("index by an int", f"{draw.result()} = {x}[{draw.index(t.shape[0])}]")


@VIEWS.rule(3)
def sliced(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    t = draw[x]
    if draw.chance(0.2):
        dim = draw.random.randrange(t.dim())
        start = draw.random.randrange(t.shape[dim] + 1)
        return said("narrow", f"{draw.result()} = {x}.narrow({dim}, {start}, {draw.random.randint(0, t.shape[dim] - start)})")
    parts = [draw.slice(size) for size in t.shape[: draw.random.randint(1, t.dim())]]
    if draw.chance(0.2):
        parts[-1] = draw.one(("None", "..."))
    return said("slice", f"{draw.result()} = {x}[{', '.join(parts)}]")


@VIEWS.rule(3)
def several(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    t = draw[x]
    dim = draw.random.randrange(t.dim())
    size = t.shape[dim]
    if not size:
        raise NothingFits
    name = draw.one(("split", "chunk", "unbind", "iteration", "tensor_split"))
    if name == "iteration":
        count, dim, text = t.shape[0], 0, x
    elif name == "unbind":
        count, text = size, f"{x}.unbind({dim})"
    elif name == "split":
        step = draw.random.randint(1, size)
        count, text = -(-size // step), f"{x}.split({step}, {dim})"
    elif name == "chunk":
        wanted = draw.random.randint(1, 3)
        step = -(-size // wanted)
        count, text = -(-size // step), f"{x}.chunk({wanted}, {dim})"
    else:
        count = draw.random.randint(1, 3)
        text = f"{x}.tensor_split({count}, {dim})"
    if name != "iteration" and draw.chance(0.3):
        return said(name, f"{draw.result()} = {text}[{draw.index(count)}]")
    if not 1 <= count <= 3:
        raise NothingFits
    return said(name, f"{', '.join(draw.new(count))}{',' if count == 1 else ''} = {text}")


@VIEWS.rule(3)
def reshaped(draw: Draw) -> Statement:
    x = draw.tensor()
    sizes = ", ".join(map(str, factors(draw, draw[x].numel())))
    name = draw.one(("view", "view", "reshape", "flatten", "unflatten", "view_as", "ravel"))
    if name in ("view", "reshape"):
        return said(name, f"{draw.result()} = {x}.{name}({sizes})")
    if name == "unflatten" and draw[x].dim():
        size = draw[x].shape[-1]
        return said(name, f"{draw.result()} = {x}.unflatten(-1, ({', '.join(map(str, factors(draw, size)))},))")
    if name == "view_as":
        y = draw.tensor(lambda t: t.numel() == draw[x].numel())
        return said(name, f"{draw.result()} = {x}.view_as({y})")
    name = "flatten" if name == "unflatten" else name
    return said(name, f"{draw.result()} = {x}.{name}()")


def factors(draw: Draw, count: int) -> list[int]:
    """Sizes whose product is ``count``; one may be -1."""
    options: list[list[int]] = [[-1], [1, -1], [count]]
    options += [[k, count // k] for k in range(1, count + 1) if count and not count % k]
    options += [[k, -1] for k in (2, 3) if count and not count % k]
    if count == 1:
        options.append([1, 1, 1])
    return list(draw.one(options))


@VIEWS.rule(3)
def permuted(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    name = draw.one(("t", "transpose", "permute", "mT", "T", "movedim", "swapaxes"))
    if name == "permute":
        order = list(range(t.dim()))
        draw.random.shuffle(order)
        return said(name, f"{draw.result()} = {x}.permute({', '.join(map(str, order)) or '()'})")
    if name == "t" and t.dim() <= 2:
        return said(name, f"{draw.result()} = {x}.t()")
    if name in ("mT", "T") and t.dim() == 2:
        return said(name, f"{draw.result()} = {x}.{name}")
    name = name if name in ("movedim", "swapaxes") else "transpose"
    return said(name, f"{draw.result()} = {x}.{name}({draw.dim(t)}, {draw.dim(t)})")


@VIEWS.rule(2)
def expanded(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    sizes = [draw.one((2, 3)) if size == 1 and draw.chance(0.7) else draw.one((size, -1)) for size in t.shape]
    if draw.chance(0.5) or not sizes:
        sizes = [draw.one((1, 2, 2, 3)), *sizes]
    name = draw.one(("expand", "expand", "broadcast_to", "expand_as"))
    if name == "expand_as":
        y = draw.tensor(lambda other: other.dim() >= t.dim() and all(a in (1, b) for a, b in zip(reversed(t.shape), reversed(other.shape))))
        return said(name, f"{draw.result()} = {x}.expand_as({y})")
    shape = ", ".join(map(str, sizes))
    return said(name, f"{draw.result()} = {x}.{name}({shape if name == 'expand' else f'({shape},)'})")


@VIEWS.rule(2)
def squeezed(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    place = draw.random.randrange(-t.dim() - 1, t.dim() + 1)
    text = draw.one((f"{x}.squeeze()", f"{x}.squeeze({draw.dim(t)})", f"{x}.unsqueeze({place})", f"{x}[None]"))
    kind = "index by None" if text.endswith("]") else "unsqueeze" if "unsqueeze" in text else "squeeze"
    return said(kind, f"{draw.result()} = {text}")


@VIEWS.rule(1.5)
def as_strided(draw: Draw) -> Statement:
    x = draw.tensor()
    words = strided(draw, draw[x])
    return said("as_strided", f"{draw.result()} = {x}.as_strided({words})")


def strided(draw: Draw, t: Any) -> str:
    """Sizes and strides that stay within the elements of a contiguous tensor, most of the time."""
    count = max(t.numel(), 1)
    size = draw.random.randint(1, min(count, 3))
    step = draw.one((1, max((count - 1) // max(size - 1, 1), 1), 0 if draw.chance(0.3) else 1))
    words = f"({size},), ({step},)"
    if draw.chance(0.3):
        inside = draw.random.randint(1, 2)
        words = f"({size}, {inside}), ({step}, {draw.one((0, 1, 1))})"
    if draw.chance(0.3):
        words += f", {draw.random.randint(0, 2)}"
    return words


@VIEWS.rule(1.5)
def diagonal_or_unfold(draw: Draw) -> Statement:
    if draw.chance(0.5):
        x = draw.tensor(rank(2))
        name = draw.one(("diagonal()", "diagonal(1)", "diagonal(-1)", "diagonal(0, -1, 0)"))
        return said("diagonal", f"{draw.result()} = {x}.{name}")
    x = draw.tensor(rank(1))
    dim = draw.random.randrange(draw[x].dim())
    size = draw[x].shape[dim]
    return said("unfold", f"{draw.result()} = {x}.unfold({dim}, {draw.random.randint(1, max(size, 1))}, {draw.random.randint(1, 2)})")


@VIEWS.rule(1.5)
def another_dtype(draw: Draw) -> Statement:
    x = draw.tensor()
    dtypes = [name for name in _SAME_SIZE.get(dtype_name(draw[x]), ()) if name in draw.dtypes or name == "int8"]
    return said("view as a dtype", f"{draw.result()} = {x}.view(torch.{draw.one(dtypes)})")


@VIEWS.rule(2)
def complex_views(draw: Draw) -> Statement:
    if draw.chance(0.3):
        x = draw.tensor(is_float, rank(1), lambda t: t.shape[-1] == 2 and t.element_size() > 2)
        return said("view_as_complex", f"{draw.result()} = torch.view_as_complex({x})")
    x = draw.tensor(is_complex)
    name, text = draw.one((("view_as_real", f"torch.view_as_real({x})"), ("real", f"{x}.real"), ("imag", f"{x}.imag"), ("conj", f"{x}.conj()")))
    return said(name, f"{draw.result()} = {text}")


@VIEWS.rule(2)
def detached(draw: Draw) -> Statement:
    x = draw.tensor()
    name = draw.one(("detach()", "data", "detach()", "view_as({0})", "alias"))
    if name == "alias":
        return said("view_as", f"{draw.result()} = {x}.view({x}.shape)")
    return said(name.partition("(")[0], f"{draw.result()} = {x}.{name.format(x)}")


@VIEWS.rule(1)
def in_place(draw: Draw) -> Statement:
    x = draw.tensor()
    t = draw[x]
    name = draw.one(("t_", "transpose_", "squeeze_", "unsqueeze_", "as_strided_", "detach_", "swapaxes_"))
    words = {
        "transpose_": f"{draw.dim(t)}, {draw.dim(t)}", "swapaxes_": f"{draw.dim(t)}, {draw.dim(t)}", "unsqueeze_": str(draw.one((0, -1))),
        "as_strided_": strided(draw, t),
    }.get(name, "")  # fmt: skip
    return said(name, f"{x}.{name}({words})")
