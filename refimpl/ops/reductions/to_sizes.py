"""Sums over the dimensions along which a shape is expanded to another: the transpose of broadcasting."""

from __future__ import annotations

from ...foundation.contracts import accumulated
from ...operations.registry import op


@op("only method", contract=accumulated(1))
def sum_to_size(input, size):
    """The sum over the dimensions that broadcasting a tensor of shape ``size`` to the input's would expand.

    Shapes: ``size``; if that is the input's shape the tensor itself comes back. Dtypes: all; integers and bool are added as int64. Errors:
    RuntimeError for a shape that does not broadcast to the input's. Gradient: that of the result, for every element. Source:
    torch.Tensor.sum_to_size.

    >>> ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    sizes = tuple(size)
    if not sizes:
        return input.sum()
    lead = input.dim() - len(sizes)
    dims = [*range(lead), *[d for d in range(lead, input.dim()) if sizes[d - lead] == 1 != input.shape[d]]]
    result = input.sum(dims, True) if dims else input
    return result.view(sizes) if lead else result


@sum_to_size.constraints
def _(require, input, size):
    lead = input.dim() - len(size)
    fits = lead >= 0 and all(n in (1, input.shape[lead + d]) for d, n in enumerate(size))
    require(fits, RuntimeError, "size {{[{}]}} is not expandable to size {{[{}]}}.", ", ".join(map(str, size)), ", ".join(map(str, input.shape)))
