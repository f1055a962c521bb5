"""All that a refused call violates.

Which of several violated constraints an error reports is not specified. An error that leaves an operation therefore remembers the call
(``error.refused``), and whoever judges it asks here for everything that would have been a right answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ..foundation.dtypes import all_dtypes
from ..foundation.layout import broadcast_shapes, has_internal_overlap
from ..foundation.promotion import can_cast
from ..tensor import Tensor
from .constraints import Violation
from .operation import Operation
from .output_kinds import output_kind


class Refused(NamedTuple):
    """A call that an operation refused. ``written``: the tensors that it would have written, in place or as ``out=``."""

    operation: Operation
    args: Sequence[Any]
    kwargs: dict[str, Any]
    written: Sequence[Tensor] = ()


def refuse(error: Exception, operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], written: Sequence[Tensor] = ()) -> Exception:
    """The error, which remembers the call; of calls within calls the outermost."""
    error.refused = Refused(operation, args, kwargs, written)  # type: ignore[attr-defined]
    return error


def violations_of(error: BaseException) -> list[Violation]:
    """What the call that ended in ``error`` violates; the error alone if it came from somewhere else."""
    refused = getattr(error, "refused", None)
    found = [Violation(None, type(error), str(error))]  # type: ignore[arg-type]
    if refused is not None:
        try:
            found += refused.operation.declared_violations(refused.operation.bind(refused.args, refused.kwargs))
        except TypeError:  # arguments of the wrong types have nothing but that error
            return found
        found += _of_shapes(refused)
        found += [violation for tensor in refused.written for violation in _of_output(refused, tensor)]
    return list(dict.fromkeys(found))


def _of_output(refused: Refused, out: Tensor) -> list[Violation]:
    """What is wrong with a tensor to be written: elements that share memory, and a dtype that cannot hold the result.

    A call that is refused has no result: what is listed is what a result of each dtype would meet.
    """
    found = []
    view = out._view
    if has_internal_overlap(view.shape, view.strides):
        found.append(Violation(None, RuntimeError, "unsupported operation: more than one element of the written-to tensor refers to a single "
                                                   "memory location. Please clone() the tensor before performing the operation."))
    operation = refused.operation
    bound = operation.bind(refused.args, refused.kwargs)
    in_place = bool(refused.args) and refused.args[0] is out
    read = refused.args[1:] if refused.args and refused.args[0] is out else refused.args
    if any(isinstance(value, Tensor) and value._view.storage is view.storage for value in read):
        found.append(Violation(None, RuntimeError, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
                                                   "single memory location. Please clone() the tensor before performing the operation."))
    kind = output_kind(operation, bound)
    for d in all_dtypes:
        if in_place:
            error = None if can_cast(d, view.dtype) else kind.cast_refusal(operation.name, d, view.dtype)
        else:
            error = kind.refusal(operation.name, d, view.dtype)
        if error is not None:
            found.append(Violation(None, type(error), str(error)))
            if kind.also is not None:
                found.append(Violation(None, type(error), str(kind.in_place(kind.also).cast_refusal(operation.name, d, view.dtype))))
    return found


def _of_shapes(refused: Refused) -> list[Violation]:
    """What is wrong with the shapes of several operands, which are broadcast: in place no shape may differ from what results."""
    operation = refused.operation
    bound = operation.bind(refused.args, refused.kwargs)
    operands = [bound[name] for name in operation.operands]
    if len(operands) < 2:
        return []
    try:
        shape = broadcast_shapes(*(operand._view.shape for operand in operands if isinstance(operand, Tensor)))
    except RuntimeError as error:
        return [Violation(None, RuntimeError, str(error))]
    wrong = [out._view.shape for out in refused.written if refused.args and refused.args[0] is out and out._view.shape != shape]
    return [Violation(None, RuntimeError, f"output with shape {list(ours)} doesn't match the broadcast shape {list(shape)}") for ours in wrong]
