"""Known differences that only programs of several statements show: see :mod:`conformance.programs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .entry import KnownDifference

if TYPE_CHECKING:  # this room stands below that of the programs
    from ..programs.comparing import Difference
    from ..programs.observing import Observation
    from ..programs.program import Program

Before = Callable[[], "Observation"]


@dataclass(frozen=True)
class InPrograms(KnownDifference):
    """``explains(program, difference, before)`` decides, for a program that ends in the difference; ``before()`` is what torch shows before its
    last statement."""

    explains: Callable[[Program, Difference, Before], bool] = lambda program, difference, before: False


_OVERLAP = "some elements of the input tensor and the written-to tensor refer to a single memory location"
_SHARED = "more than one element of the written-to tensor refers to a single memory location"


def _written_overlap(program: Program, difference: Difference, before: Before) -> bool:
    """torch writes to a tensor whose elements share memory, the backend refuses."""
    return difference.observable == "raises" and _SHARED in difference.got


def _into_its_input(program: Program, difference: Difference, before: Before) -> bool:
    """The last statement is a sum, a product or a concatenation into memory from which it reads: torch reads what it has overwritten, or finds
    dimensions that it has changed, or the backend refuses."""
    text = program.statements[difference.place].text
    found = re.search(r"torch\.(?:sum|matmul|cat|stack|hstack|vstack)\((.*), out=(\w+)\)", text)
    if found is None:
        return False
    if difference.observable not in ("values", "text", "does not raise") and not (difference.observable == "raises" and _OVERLAP in difference.got):
        return False
    seen = before()
    out = getattr(seen.get(found[2]), "storage", None)  # only what is seen of a tensor has one
    operands = [seen.get(name) for name in re.findall(r"\w+", found[1])]
    return out is not None and any(getattr(operand, "storage", None) == out for operand in operands)


def _counted_inside(program: Program, difference: Difference, before: Before) -> bool:
    """The version counter of a gradient, or of something that was computed from inference tensors."""
    text = program.statements[difference.place].text
    computed = ".grad" in difference.expression or "backward(" in text or "autograd.grad(" in text
    return difference.observable == "_version" and (computed or any("inference_mode" in s.text for s in program.statements))


def _data_of_inference(program: Program, difference: Difference, before: Before) -> bool:
    """What a tensor that was made in inference mode shows after its ``data`` was assigned."""
    texts = [s.text for s in program.statements]
    return any(".data = " in text for text in texts) and any("inference_mode" in text for text in texts) and difference.observable in (
        "text", "is_inference()", "_version", "raises", "does not raise")


def _set_with_geometry(program: Program, difference: Difference, before: Before) -> bool:
    """``set_`` with a tensor and a geometry, or what follows from it."""
    return difference.observable in ("grad_fn", "requires_grad") and any(
        re.search(r"\.set_\(\w+, ", s.text) for s in program.statements[: difference.place + 1])


IN_PROGRAMS: list[InPrograms] = [
    InPrograms(
        "hook-of-a-stale-view", ("register_hook",), (),
        "a hook is put on a view whose base has been written since anybody asked for the view's `grad_fn`",
        "torch makes the view's node afresh while it registers the hook with it, and ends the process; the suite asks for the node first",
        "import torch\n\nx = torch.ones(2, requires_grad=True) * 2\ny = x.view(2)\nx.mul_(2)\ny.register_hook(lambda g: None)\n",
        avoided=True, signal="SIGSEGV",
    ),
    InPrograms(
        "writes-to-shared-elements-in-programs", ("index_put_", "add_"), ("errors",),
        "a tensor is written some of whose elements share memory, by an operation that does not look",
        "which of the values that are written to one place stays is not specified; some operations of torch refuse, others do not look",
        "import torch\n\nx = torch.zeros(1).expand(2)\n"
        "x[torch.tensor([0, 1])] = torch.tensor([1.0, 2.0])\nassert x.tolist() in ([1.0, 1.0], [2.0, 2.0])\n",
        open=True, explains=_written_overlap,
    ),
    InPrograms(
        "sum-into-its-own-input", ("sum", "matmul"), ("values", "errors"),
        "the result of a sum or of a product of matrices is written into memory that an operand is read from",
        "torch clears the result before it reads, and does not refuse as other operations do; so what it read last is lost",
        "import torch\n\nx = torch.ones(2)\ntorch.sum(x, 0, keepdim=True, out=x[:1])\nassert x[0] != 2.0\n",
        explains=_into_its_input,
    ),
    InPrograms(
        "versions-counted-inside", ("backward", "autograd.grad", "clone", "to"), ("aliasing",),
        "the version counter of a gradient, or of what was computed from inference tensors outside of inference mode",
        "how many writes torch counts there says how its implementation fills a fresh tensor, or whether nobody else held a gradient to which "
        "another was added; refimpl counts the writes that a program makes",
        "import torch\n\nwith torch.inference_mode():\n    x = torch.tensor([1])\nassert x.clone()._version == 1\n",
        open=True, explains=_counted_inside,
    ),
    InPrograms(
        "data-of-an-inference-tensor", ("data",), ("errors",),
        "`data` is assigned to a tensor that was made in inference mode, or from one",
        "torch exchanges half of what makes a tensor an inference tensor, and then cannot print it; refimpl exchanges the elements",
        "import torch\n\nwith torch.inference_mode():\n    x = torch.tensor([3])\nx.data = torch.tensor([1])\nassert not x.is_inference()\n",
        open=True, explains=_data_of_inference,
    ),
    InPrograms(
        "set-with-geometry", ("set_",), ("gradients",),
        "`set_` is given a tensor with an offset, sizes and strides",
        "torch then takes the tensor's storage alone, and its node has no edge for the tensor; in refimpl it has, and the target requires grad if "
        "the tensor does",
        "import torch\n\nx = torch.ones(2, requires_grad=True) * 1\ny = torch.zeros(2)\ny.set_(x, 0, (2,), (1,))\nassert not y.requires_grad\n",
        open=True, explains=_set_with_geometry,
    ),
]  # fmt: skip


def explain(program: Program, difference: Difference, before: Before) -> str | None:
    """The identifier of the entry that explains what a program ends in; None if none does."""
    return next((known.identifier for known in IN_PROGRAMS if known.explains(program, difference, before)), None)
