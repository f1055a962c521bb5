"""The product of two vectors with a matrix between them, for each of several matrices: a layer of a network."""

from __future__ import annotations

from math import prod

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...operations.registry import op
from .evaluation import NUMBERS, narrowed, widened


@op("function", contract=accumulated(2), aliases=("nn.functional.bilinear",), dtypes=NUMBERS)
def bilinear(input1, input2, weight, bias=None):
    """``input1 @ weight[o] @ input2 + bias[o]`` for each output ``o``: an exact sum of products, rounded once (but for float64, in two steps).

    Shapes: (..., n), (..., m), with the same leading sizes, and (o, n, m) give (..., o); ``bias`` has o elements. Dtypes: all but bool, the same for
    all. Special cases: the products with ``input1`` are summed first; NaN, and 0 times an infinity, give NaN. Errors: RuntimeError for sizes and
    ranks that do not fit, vectors without elements, and two dtypes; IndexError for 0-d operands; NotImplementedError for bool. Gradient: that of the
    products. Source: torch.nn.functional.bilinear.

    >>> bilinear(tensor([[1., 2.]]), tensor([[3., 4.]]), tensor([[[1., 0.], [0., 1.]]]))
    tensor([[11.]])
    """
    *lead, n = input1.shape
    outputs, _, m = weight.shape
    count = prod(lead)
    first, second, matrices = widened([input1.reshape(count, n), input2.reshape(count, m), weight])
    rows = first.mm(matrices.transpose(0, 1).reshape(n, outputs * m)).view(count, outputs, m)
    products = rows.bmm(second.unsqueeze(-1))
    if bias is None:
        return narrowed(products, input1.dtype, "BmmBackward0").view(*lead, outputs)
    return narrowed(products.view(*lead, outputs) + widened([bias])[0], input1.dtype, "AddBackward0")


@bilinear.constraints
def _(require, input1, input2, weight, bias):
    same = input1.dtype is input2.dtype is weight.dtype and (bias is None or bias.dtype is weight.dtype)
    named = {"input1": input1, "input2": input2, "weight": weight, **({} if bias is None else {"bias": bias})}
    require(same, RuntimeError, "All tensors must have the same dtype, got {}",
            ", ".join(f"{name}: {spelled_c_name(t.dtype)}" for name, t in named.items()))  # fmt: skip
    require(input1.dim() == input2.dim(), RuntimeError, "bilinear(): input dimensions do not match: got {} and {}", input1.dim(), input2.dim())
    for i, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1])):
        require(a == b, RuntimeError, "bilinear(): input batch dimensions do not match at dim {}: got {} and {}", i, a, b)
    for x in (input1, input2):
        require(x.dim(), IndexError, "Dimension specified as -1 but tensor has no dimensions")
    for i, x in ((1, input1), (2, input2)):
        require.dimension(i, weight, zero_dim=False)
        require(x.shape[-1] == weight.shape[i], RuntimeError, "bilinear(): input{} size does not match weight size: got {} but expected {}", i,
                x.shape[-1], weight.shape[i])  # fmt: skip
        require(x.shape[-1], RuntimeError, "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be "
                "any value and is ambiguous")  # fmt: skip
    require(bias is None or bias.dim(), IndexError, "Dimension specified as 0 but tensor has no dimensions")
    require(bias is None or bias.shape[0] == weight.shape[0], RuntimeError, "bilinear(): bias size does not match weight size: got {} but expected "
            "{}", None if bias is None else bias.shape[0], weight.shape[0])  # fmt: skip
