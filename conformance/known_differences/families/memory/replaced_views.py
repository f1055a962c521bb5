"""Known differences of copies with a view replaced."""

from __future__ import annotations

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference, in_a_cotangent


def _gradient_from_elsewhere(case: Case, deviation: Deviation) -> bool:
    if "INTERNAL ASSERT FAILED" in deviation.expected or "setStorage" in deviation.expected:
        return True
    if "input 0" in deviation.rule or in_a_cotangent(case, deviation):
        return True
    offset = case.kwargs.get("storage_offset", case.args[4] if len(case.args) > 4 else None)
    return case.tensors()[0].offset > 0 or offset is not None and case.cotangents == "strided"


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "gradient-of-as-strided-scatter", ("as_strided_scatter",), ("gradients", "errors"),
        "the gradient of the input, also where it is differentiated in its cotangent; that of the source where the input does not begin with its "
        "storage, or an offset is given",
        "torch gives the input the gradient at the places that were replaced, where it has none, and zero at the others, where it has; it reads both "
        "gradients from the memory of the result's as if that began with the input's storage; (so that of the source depends on how a "
        "gradient lies in memory); and refuses an input that is not contiguous by an "
        "internal assertion",
        "import torch\n\nx = torch.zeros(3, requires_grad=True)\ntorch.as_strided_scatter(x, torch.ones(1), (1,), (1,)).sum().backward()\n"
        "assert x.grad.tolist() == [1, 0, 0]  # x[0] was replaced\n\nw = torch.ones(3, requires_grad=True)\n"
        "g, = torch.autograd.grad(torch.as_strided_scatter(x, torch.ones(1), (1,), (1,)), x, w, create_graph=True)\n"
        "assert torch.autograd.grad(g.sum(), w)[0].tolist() == [1, 0, 0]  # and of the cotangent as well\n",
        _gradient_from_elsewhere,
    ),
    KnownDifference(
        "unsafe-parts-in-inference-mode", ("unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk"), ("gradients",), "in inference mode",
        "torch makes views there, gives them a count of writes of their own, and takes them for written by that: it refuses to look for their node",
        "import torch\n\nx = torch.zeros(4).add_(1)\nwith torch.inference_mode():\n    y = torch.unsafe_split(x, 2)[0]\ntry:\n    y.grad_fn\n"
        "except RuntimeError as error:\n    assert 'created in inference mode' in str(error)\n",
        lambda case, deviation: "A view was created in inference mode" in deviation.expected,
    ),
]
