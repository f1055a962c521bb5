"""All that a refused call violates.

Which of several violated constraints an error reports is not specified. An error that leaves an operation therefore remembers the call
(``error.refused``), and whoever judges it asks here for everything that would have been a right answer.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, Sequence

from ..autograd.in_place import check_inplace
from ..foundation.dtypes import Limited, all_dtypes, dtype, stored_dtypes
from ..foundation.layout import broadcast_shapes
from ..foundation.promotion import can_cast
from ..random.generator import Generator, fork_rng
from ..tensor import Tensor
from .constraints import Violation
from .operation import Operation, operations
from .output_kinds import EXACT_OUTPUT, Listed, OutputKind, output_kind
from .sharing import other_shape, refuse_shared_elements, refuse_shared_inputs, sharing_of


class Refused(NamedTuple):
    """A call that an operation refused. ``written``: the tensors that it would have written, in place or as ``out=``."""

    operation: Operation
    args: Sequence[Any]
    kwargs: dict[str, Any]
    written: Sequence[Tensor] = ()


def refuse(error: Exception, operation: Operation, args: Sequence[Any], kwargs: dict[str, Any], written: Sequence[Tensor] = ()) -> Exception:
    """The error, which remembers the call, beside those within it that ended in the same error."""
    error.refused = (*getattr(error, "refused", ()), Refused(operation, args, kwargs, written))  # type: ignore[attr-defined]
    return error


def note_output(error: Exception, operation: Operation, kwargs: dict[str, Any]) -> None:
    """Beside an argument that does not pass the door, the output may be wrong: of another dtype than the one that is given."""
    out, given = kwargs.get("out"), kwargs.get("dtype")
    kind = operation.out
    if isinstance(out, Tensor) and isinstance(given, dtype) and isinstance(kind, OutputKind) and kind.evaluated:
        refusal = kind.refusal(operation.name, given, out.dtype)
        if refusal is not None:
            error.refused = ()  # type: ignore[attr-defined]  # no call was made
            error.beside = (Violation(None, type(refusal), str(refusal)),)  # type: ignore[attr-defined]


def violations_of(error: BaseException) -> list[Violation]:
    """What the call that ended in ``error`` violates, or a call within it, by what is declared.

    The error itself is among them only if it is declared: what a body refuses on its own proves nothing about itself. Of arguments of the
    wrong types, which violate nothing else, it is all there is.
    """
    found: list[Violation] = []
    if hasattr(error, "beside"):
        found = [Violation(None, type(error), str(error)), *error.beside]  # type: ignore[arg-type]
    for refused in getattr(error, "refused", ()):
        try:
            declared = refused.operation.declared_violations(refused.operation.bind(refused.args, refused.kwargs))
        except (IndexError, TypeError):  # arguments of the wrong types have nothing but that error
            return found
        found += declared
        if declared:
            found += _further_on(refused)
        found += _of_shapes(refused)
        found += [violation for tensor in refused.written for violation in _of_output(refused, tensor)]
    return list(dict.fromkeys(found))


_MODERATE = 1 << 10  # a number up to which sizes and steps are harmless


def _further_on(refused: Refused) -> list[Violation]:
    """What the operations refuse that a composition is made of, which it did not come to: its own constraints were checked before."""
    operation = refused.operation
    values = (*refused.args, *refused.kwargs.values())
    if operation.gradients or not operation.differentiable or operation.mutates or refused.written or not all(map(_is_moderate, values)):
        return []
    args, kwargs = [_copied(value) for value in refused.args], {name: _copied(value) for name, value in refused.kwargs.items()}
    try:
        with warnings.catch_warnings(), fork_rng():
            warnings.simplefilter("ignore")
            operation.body(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  (it is what is asked for)
        return violations_of(error)
    return []


def _is_moderate(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_moderate, value))
    return not isinstance(value, Generator) and not (isinstance(value, int) and abs(value) > _MODERATE)


def _copied(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(map(_copied, value)) if type(value) in (tuple, list) else value
    return value.detach().clone().requires_grad_(value.requires_grad) if isinstance(value, Tensor) else value


def _of_output(refused: Refused, out: Tensor) -> list[Violation]:
    """What is wrong with a tensor to be written: elements that share memory, a place in the graph that a write would break, and a dtype that
    cannot hold the result.

    A call that is refused has no result: what is listed is what a result of each dtype would meet.
    """
    found: list[Violation] = []
    operation, args = refused.operation, refused.args
    in_place = bool(args) and args[0] is out
    read = (*args[in_place:], *refused.kwargs.values())
    bound = operation.bind(args, refused.kwargs)
    # an output of another shape is resized, and then shares memory with an input in part that it shared as a whole
    kind_of_inputs = "apart" if not in_place or sharing_of(operation, bound).inputs == "apart" else "same"
    refusals = [lambda: refuse_shared_elements(out), lambda: refuse_shared_inputs(out, read, kind_of_inputs)]
    if in_place:
        refusals.append(lambda: check_inplace(out))
    for refusal in refusals:
        try:
            refusal()
        except RuntimeError as error:
            found.append(Violation(None, RuntimeError, str(error)))
    kind = EXACT_OUTPUT if isinstance(operation.out, Listed) else output_kind(operation, bound)
    given = (out.dtype, bound[kind.copied].dtype) if kind.copied is not None else (out.dtype,)
    for d in (stored_dtypes if Limited.met else all_dtypes) if kind.result is None else (kind.result,):
        if not in_place:
            errors = [error for each in given for error in kind.all_refusals(operation.name, d, each)]
        else:
            kinds = () if can_cast(d, out.dtype) else (kind, *map(kind.in_place, kind.also))
            errors = [kind.cast_refusal(operation.name, d, out.dtype) for kind in kinds]
        found += [Violation(None, type(error), str(error)) for error in errors]
    if kind.operand_of is not None:
        counted = operations[kind.operand_of]
        found += [violation._replace(number=None) for violation in counted.declared_violations(counted.bind((out, *args), refused.kwargs))]
    return found


def _of_shapes(refused: Refused) -> list[Violation]:
    """What is wrong with the shapes of operands that are broadcast: those that a page declares, and all of an operation whose
    output is one of them."""
    operation, args = refused.operation, refused.args
    in_place = [out for out in refused.written if any(value is out for value in (*args, *refused.kwargs.values()))]
    bound = operation.bind(args, refused.kwargs)
    operands = [bound[name] for name in operation.operands] if len(operation.operands) > 1 else list(bound.values()) if in_place else []
    try:
        shape = broadcast_shapes(*(operand._view.shape for operand in operands if isinstance(operand, Tensor)))
    except RuntimeError as error:
        return [Violation(None, RuntimeError, str(error))]
    return [Violation(None, RuntimeError, other_shape(out, shape)) for out in in_place if out._view.shape != shape]
