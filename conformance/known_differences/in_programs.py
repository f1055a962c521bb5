"""Known differences that only programs of several statements show: see :mod:`conformance.programs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .entry import KnownDifference
from .program_conditions import (
    beyond_the_numbers,
    bits_of_nan,
    data_of_inference,
    extremes_of_zeros,
    gradient_is_a_view,
    graph_of_inference,
    graph_of_integers,
    hooks_of_an_earlier_view,
    internal_assertion,
    into_its_input,
    memory_behind_a_loss,
    nobody,
    nothing_to_compute,
    promoted_to_complex32,
    real_into_complex,
    shared_elements,
    written_before_refused,
)

if TYPE_CHECKING:  # this room stands below that of the programs
    from ..programs.comparing import Difference
    from ..programs.program import Program
    from ..programs.running import LastStatement


@dataclass(frozen=True)
class InPrograms(KnownDifference):
    """``explains(program, difference, last)`` decides, for a program that ends in the difference; ``last`` tells how its last statement went on
    torch."""

    explains: Callable[[Program, Difference, LastStatement], bool] = nobody


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
        open=True, explains=shared_elements,
    ),
    InPrograms(
        "sum-into-its-own-input", ("sum", "matmul", "cat", "stack", "max", "sort", "topk"), ("values", "errors"),
        "a result that is not made element by element (a sum, a product of matrices, a concatenation, a sort) is written into memory that an operand "
        "is read from",
        "torch clears the result before it reads, or gives it another shape, and does not refuse as other operations do; so what it read last is "
        "lost",
        "import torch\n\nx = torch.ones(2)\ntorch.sum(x, 0, keepdim=True, out=x[:1])\nassert x[0] != 2.0\n",
        explains=into_its_input,
    ),
    InPrograms(
        "versions-counted-inside", ("backward", "autograd.grad", "clone", "to"), ("aliasing",),
        "the version counter of a gradient, or of what was computed from inference tensors outside of inference mode",
        "how many writes torch counts there says how its implementation fills a fresh tensor, or whether nobody else held a gradient to which "
        "another was added; refimpl counts the writes that a program makes",
        "import torch\n\nwith torch.inference_mode():\n    x = torch.tensor([1])\nassert x.clone()._version == 1\n",
        open=True,
    ),
    InPrograms(
        "data-of-an-inference-tensor", ("data",), ("errors",),
        "`data` is assigned to a tensor that was made in inference mode, or from one",
        "torch exchanges half of what makes a tensor an inference tensor, and then cannot print it; refimpl exchanges the elements",
        "import torch\n\nwith torch.inference_mode():\n    x = torch.tensor([3])\nx.data = torch.tensor([1])\nassert not x.is_inference()\n",
        open=True, explains=data_of_inference,
    ),
    InPrograms(
        "graph-of-an-inference-tensor", ("clone", "rsub", "flip", "relu", "mean"), ("gradients", "errors"),
        "an operation outside of inference mode, all of whose tensors were made in inference mode, and one of them requires grad",
        "whether torch records it, or fails, follows from which operations its implementation is composed of; refimpl does not record it",
        "import torch\n\nwith torch.inference_mode():\n    x = torch.ones(1, requires_grad=True)\n"
        "assert x.clone().requires_grad and not x.sum().requires_grad\n",
        open=True, explains=graph_of_inference,
    ),
    InPrograms(
        "graph-of-integers", ("index_put_", "masked_fill_", "fill_"), ("gradients", "errors"),
        "an operation on a tensor of integers or bools that requires grad, because a tensor that does was written into it by a mask",
        "integers have no gradient; some operations of torch go on as if they had, others refuse; refimpl's results do not require grad",
        "import torch\n\nx = torch.zeros(2, dtype=torch.int64)\nx[x == 0] = torch.ones(1, requires_grad=True)\n"
        "assert x.requires_grad and x.float().requires_grad\n",
        explains=graph_of_integers,
    ),
    InPrograms(
        "internal-assertions", ("div_",), ("errors",),
        "torch ends in an assertion about itself",
        "its own message asks for a report: a tensor that keeps its gradient is one of several outputs of a custom function, and is written in place",
        "import torch\n\nclass F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        return x * 2, x * 3\n\n"
        "    @staticmethod\n    def backward(ctx, g, h):\n        return g + h\n\n"
        "y = F.apply(torch.ones(1, requires_grad=True))[1]\ny.retain_grad()\n"
        "try:\n    y /= 2\nexcept RuntimeError as error:\n    assert 'INTERNAL ASSERT' in str(error)\n",
        explains=internal_assertion,
    ),
    InPrograms(
        "hooks-of-an-earlier-view", ("t_", "transpose_", "squeeze_", "unsqueeze_"), ("gradients",),
        "a tensor with hooks, or that keeps its gradient, becomes another view in place",
        "torch leaves both where the tensor was before, so that its `grad` has another shape than the tensor; refimpl's `grad` follows the tensor",
        "import torch\n\nx = torch.ones(2, 3, requires_grad=True) * 1\nx.retain_grad()\nx.t_()\nx.sum().backward()\n"
        "assert x.shape == (3, 2) and x.grad.shape == (2, 3)\n",
        explains=hooks_of_an_earlier_view,
    ),
    InPrograms(
        "real-number-into-complex-ones", ("fill_", "masked_fill_"), ("gradients", "errors"),
        "a real tensor without dimensions that requires grad is filled into a complex one",
        "torch's formula hands the complex sum on to the real tensor, and the backward pass refuses it; refimpl hands on its real part",
        "import torch\n\nx = torch.zeros(2, dtype=torch.complex64)\nx.fill_(torch.tensor(1.0, requires_grad=True))\n"
        "try:\n    x.real.sum().backward()\nexcept RuntimeError as error:\n    assert 'isFloatingType' in str(error)\n"
        "else:\n    raise AssertionError\n",
        explains=real_into_complex,
    ),
    InPrograms(
        "other-part-of-an-infinite-complex-number", ("add", "sub", "mul", "div"), ("values",),
        "a complex result that is infinite in one part",
        "torch multiplies by alpha=1 first, and infinity times a zero part is NaN; refimpl adds part by part",
        "import torch\n\nz = torch.tensor(1+1j) + torch.tensor(complex('inf'))\nassert z.imag.isnan()\n",
        explains=beyond_the_numbers,
    ),
    InPrograms(
        "written-before-refused", ("index_put_", "setitem"), ("errors",),
        "a write that both libraries refuse while they write: an index out of range behind others that are not",
        "torch has written what came before; refimpl looks first, and writes nothing",
        "import torch\n\nx = torch.ones(3)\ntry:\n    x[[1, 3]] = 2.0\nexcept IndexError:\n    assert x[1] == 2.0\n",
        explains=written_before_refused,
    ),
    InPrograms(
        "extremes-of-zeros-in-programs", ("maximum", "minimum", "max", "min", "clamp"), ("values",),
        "0 and -0 as the greatest or least elements",
        "they are equal: torch returns one or the other by the place of the element in its vector register. refimpl takes the first operand",
        "import torch\n\nx = torch.maximum(torch.full((17,), -0.0), torch.zeros(17)).signbit()\nassert x.any() and not x.all()\n",
        open=True, explains=extremes_of_zeros,
    ),
    InPrograms(
        "gradients-that-are-views", ("masked_select", "take", "as_strided", "autograd.grad"), ("errors",),
        "a gradient that `autograd.grad` has returned is written in place, with gradients recorded",
        "torch refuses if its formula made the gradient as a view of something, which nobody can write outside of no_grad; which formulas do follows "
        "from how they are written",
        "import torch\n\nx = torch.ones(2, requires_grad=True)\ng, = torch.autograd.grad(x.sum(), x)\n"
        "h, = torch.autograd.grad(x.exp().sum(), x)\nassert g._is_view() and not h._is_view()\n", open=True, explains=gradient_is_a_view,
    ),
    InPrograms(
        "dtypes-of-empty-operands", ("matmul", "mm", "mv", "bmm", "addmm", "amax", "amin", "cummax", "mode", "softmax"), ("errors",),
        "an operand without elements, of a dtype for which the operation is not implemented",
        "torch finds out when it computes the first element, and so returns a result where there is nothing to compute; refimpl refuses the dtype",
        "import torch\n\nx = torch.ones(0, 2, dtype=torch.bool)\nassert (x @ x.mT).shape == (0, 0)\n"
        "try:\n    torch.ones(1, 2, dtype=torch.bool) @ torch.ones(2, 1, dtype=torch.bool)\nexcept NotImplementedError:\n    pass\n",
        explains=nothing_to_compute,
    ),
    InPrograms(
        "complex32-in-programs", ("mul", "add", "where"), ("dtype",),
        "float16 elements beside a complex number, or beside a complex tensor without dimensions",
        "torch promotes to complex32, in which few of its operations compute; refimpl goes on in complex64",
        "import torch\n\nassert (torch.ones(1, dtype=torch.float16) * 1j).dtype == torch.complex32\n", explains=promoted_to_complex32,
    ),
    InPrograms(
        "memory-behind-a-loss", ("mse_loss", "smooth_l1_loss"), ("errors",),
        "the memory of a loss that is reduced to one element is read beyond it",
        "torch computes the loss of each element first and leaves it in memory behind the mean; refimpl's result has memory for itself alone",
        "import torch\n\nx = torch.ones(3)\nassert torch.nn.functional.mse_loss(x, x).untyped_storage().nbytes() == 12\n",
        explains=memory_behind_a_loss,
    ),
    InPrograms(
        "bits-of-a-nan", ("mul", "add", "view"), ("values",),
        "the bytes of a NaN, seen as an integer",
        "a NaN has many bit patterns. torch's processor hands on those of an operand; refimpl computes one NaN of each dtype",
        "import torch\n\nx = torch.tensor([-2], dtype=torch.int16).view(torch.float16)\nassert x.isnan() and (x * 1).view(torch.int16) == -2\n",
        open=True, explains=bits_of_nan,
    ),
]  # fmt: skip


def explain(program: Program, difference: Difference, last: LastStatement) -> str | None:
    """The identifier of the entry that explains what a program ends in; None if none does."""
    return next((known.identifier for known in IN_PROGRAMS if known.explains(program, difference, last)), None)
