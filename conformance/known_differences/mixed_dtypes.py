"""Known differences in gradients of operands of several dtypes: formulas of torch's that forget what has been promoted."""

from __future__ import annotations

from ..cases.case import COMPLEX, EVERY_INTEGER, FLOATS, ITEMSIZE, Case
from ..cases.deviation import Deviation
from .entry import ANY, KnownDifference, differentiated, numbers


def _real_beside_complex(case: Case, deviation: Deviation) -> bool:
    dtypes = {spec.dtype for spec in case.tensors() if spec.requires_grad}
    refused = "isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex)" in deviation.expected
    return refused and deviation.got == "None" and bool(dtypes & set(FLOATS)) and bool(dtypes & set(COMPLEX))


def _integer_quotient(case: Case, deviation: Deviation) -> bool:
    refused = "can't be cast to the desired output type" in deviation.expected
    return refused and deviation.got == "None" and any(spec.dtype not in (*FLOATS, *COMPLEX) for spec in case.tensors())


def _integer_exponents(case: Case, deviation: Deviation) -> bool:
    """Some power of two is no number of the exponents' dtype."""
    exponents = case.tensors()[1]
    if differentiated(case, deviation) is None or exponents.dtype not in EVERY_INTEGER:
        return False
    return any(not 0 <= n < 8 * ITEMSIZE[exponents.dtype] - 1 for n in numbers(case, exponents))


MIXED_DTYPES: list[KnownDifference] = [
    KnownDifference(
        "real-leaf-beside-a-complex-one", ANY, ("gradients",), "a real tensor and a complex one that both require grad",
        "the formulas of where, lerp, ldexp, logaddexp, fill, masked_fill, index_fill and diagonal_scatter hand the complex gradient on to the real "
        "tensor, and the engine refuses it; those of most others keep its real part, as refimpl does",
        "import torch\n\nx = torch.ones(1, requires_grad=True)\nz = torch.ones(1, dtype=torch.complex64, requires_grad=True)\n"
        "try:\n    torch.where(torch.tensor([True]), x, z).abs().sum().backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'isFloatingType' in str(error)\n",
        _real_beside_complex,
    ),
    KnownDifference(
        "gradient-of-an-integer-quotient", ("addcdiv",), ("gradients",), "addcdiv of a float that requires grad and integers or bools",
        "the formula writes a quotient into a tensor of the integers' dtype; that of div does not",
        "import torch\n\nx = torch.ones(1, requires_grad=True)\n"
        "try:\n    torch.addcdiv(torch.ones(1), x, torch.ones(1, dtype=torch.int32)).sum().backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'can\\'t be cast' in str(error)\n",
        _integer_quotient,
    ),
    KnownDifference(
        "gradient-of-integer-exponents", ("ldexp",), ("gradients",),
        "integer exponents that are negative, or so large that their dtype does not hold the power",
        "the formula takes the power of two in the dtype of the integers, where it wraps around or is cut off to 0; the function itself does not",
        "import torch\n\nx = torch.ones(1, requires_grad=True)\ntorch.ldexp(x, torch.tensor([252], dtype=torch.uint8)).sum().backward()\n"
        "assert x.grad == 0  # exactly infinite in float32\n",
        _integer_exponents,
    ),
]
