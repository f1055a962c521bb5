"""The same expression on tensors of every layout, on refimpl and on torch: all that can be asked of the results must agree."""

from __future__ import annotations

import re
import warnings

import torch as real_torch
from refusals import as_torchs, text_of

import refimpl

LAYOUTS = {
    "0-d": "torch.tensor(3.)",
    "vector": "torch.arange(5.)",
    "vector with a step and an offset": "torch.arange(20.)[3:17:3]",
    "matrix": "torch.arange(6.).view(2, 3)",
    "transposed": "torch.arange(6.).view(2, 3).t()",
    "square": "torch.arange(9.).view(3, 3)",
    "steps in both dimensions": "torch.arange(40.).view(5, 8)[1::2, 2::3]",
    "expanded": "torch.tensor([[1.], [2.]]).expand(2, 3)",
    "overlapping": "torch.arange(10.).as_strided((3, 3), (1, 2), 1)",
    "no elements": "torch.zeros(0)",
    "a dimension of size 0": "torch.zeros(2, 0, 3)",
    "size 0, permuted": "torch.zeros(2, 0, 3).permute(2, 0, 1)",
    "odd strides where the size is 1": "torch.arange(12.).as_strided((1, 3, 1), (7, 2, 9), 1)",
    "permuted": "torch.arange(24.).view(2, 3, 4).permute(2, 0, 1)",
    "channels last": "torch.arange(48.).view(2, 3, 4, 2).permute(0, 3, 1, 2)",
    "5-d, permuted with a step": "torch.arange(96.).view(1, 2, 3, 8, 2)[:, :, 1:, ::2].permute(4, 2, 0, 3, 1)",
}
WRITABLE = {name: made for name, made in LAYOUTS.items() if name not in ("expanded", "overlapping")}


def lines(text):
    """The programs in a text, one a line; ``;`` separates statements, the last of which is an expression."""
    return [line for line in text.strip().split("\n") if line and not line.startswith("#")]


def answer(library, made, program, names):
    """What the program says of the tensor ``x`` that ``made`` makes: the value, or the error, and the warnings."""
    space = {"torch": library, "nan": float("nan"), "inf": float("inf"), **names}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            x = space["x"] = eval(made, space)
            *body, last = (part.strip() for part in program.split(";"))
            exec("\n".join(body), space)
            text = described(library, eval(last, space), x)
        except TypeError:
            return "TypeError", []  # torch's message often lists its C++ overloads
        except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
            return as_torchs(text_of(error)), []  # what is warned of before it is found is not specified
    # torch adds to some messages where in its sources they come from
    told = sorted(f"{w.category.__name__}: {str(w.message).split(' (Triggered')[0]}" for w in caught)
    return as_torchs(text), told


def described(library, value, x):
    """A value as text; of a tensor also its geometry, whether it shares the storage of ``x``, and its place in the graph."""
    if isinstance(value, library.Tensor):
        shares = isinstance(x, library.Tensor) and value.numel() and x.numel() and (
            value.untyped_storage().data_ptr() == x.untyped_storage().data_ptr())
        elements = [str(element) for element in value.detach().reshape(-1).tolist()]
        text = f"{value.dtype} {tuple(value.shape)} {value.stride()} {value.storage_offset()} {shares} {value is x} {elements}"
        return f"{text} {value.is_leaf} {value.grad_fn and value.grad_fn.name()}" if value.requires_grad else text
    if isinstance(value, (tuple, list)) and not all(isinstance(item, int) for item in value):
        return f"{type(value).__name__}({', '.join(described(library, item, x) for item in value)})"
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


def assert_same_on(layouts, program, **names):
    """The program says the same on both libraries for a tensor ``x`` of each layout."""
    warned_always = real_torch.is_warn_always_enabled()
    real_torch.set_warn_always(True)  # else torch gives most of its warnings once in a process
    try:
        for layout, made in layouts.items():
            ours = answer(refimpl, made, program, names)
            theirs = answer(real_torch, made, program, names)
            assert ours == theirs, f"{program} on a tensor {layout}: {made}"
    finally:
        real_torch.set_warn_always(warned_always)
