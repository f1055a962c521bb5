"""What torch asks of tensors given as ``out=``, where it is not just that the result can be cast to their dtype.

Each rule is called with the function, its arguments and the tuple of outputs; it returns the result to be stored.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ...foundation.c_names import spelled_c_name
from ...foundation.dtypes import get_default_dtype
from ...foundation.kernels import View
from ...foundation.layout import Strides, contiguous_strides, elementwise_strides, wrap_dim
from ...tensor import Tensor, wrap

Function = Callable[..., Any]
Arguments = Sequence[Any]
Keywords = dict[str, Any]


def same_dtype(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """The outputs must have exactly the dtypes of the results; that comes before a dtype that has no kernel."""
    try:
        result = function(*args, **kwargs)
    except RuntimeError as error:
        expected = getattr(error, "result_dtype", None)
        if expected is not None and expected is not outs[0].dtype:
            raise RuntimeError(
                f"Expected out tensor to have dtype {spelled_c_name(expected)}, but got {spelled_c_name(outs[0].dtype)} instead") from None
        raise
    for source, target in zip(result if isinstance(result, tuple) else (result,), outs):
        _require(source.dtype, target.dtype)
    return result


same_dtype.sets_output = True  # type: ignore[attr-defined]  # the in-place form has its own message for a tensor of another shape


def input_dtype(function: Any, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """As :func:`same_dtype`, of an operation whose result has the input's dtype; that comes before all but a wrong dimension."""
    bound = function.operation.bind(args, kwargs)
    input = bound["input"]
    wrap_dim(bound["dim"], input.dim())
    if isinstance(bound["index"], Tensor):
        _require(input.dtype, outs[0].dtype)
    return function(*args, **kwargs)


def input_dtype_before_values(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """As :func:`input_dtype`, but shapes and dtypes of the arguments come first; indices and numbers out of range later."""
    input = args[0] if args else kwargs["input"]
    try:
        result = function(*args, **kwargs)
    except (IndexError, RuntimeError) as error:
        if any(words in str(error) for words in _about_values):
            _require(input.dtype, outs[0].dtype)
        raise
    _require(input.dtype, outs[0].dtype)
    return result


_about_values = ("without overflow", "out of bounds for dimension", "out of range in self", "must not be a floating point number")


def _require(expected: Any, given: Any) -> None:
    if expected is not given:
        raise RuntimeError(f"Expected out tensor to have dtype {spelled_c_name(expected)}, but got {spelled_c_name(given)} instead")


def pair(function: Any, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """As :func:`same_dtype`, of an operation with two results: the outputs are a tuple."""
    if len(outs) == 1:
        raise TypeError(f"{function.__name__}(): argument 'out' must be tuple of Tensors, not Tensor")
    return same_dtype(function, args, kwargs, outs)


def evaluated_in_its_dtype(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """The operation is evaluated in the dtype of the output; if ``dtype`` is given, they must be the same."""
    if kwargs.get("dtype") is not None:
        return same_dtype(function, args, kwargs, outs)
    return function(*args, **{**kwargs, "dtype": outs[0].dtype})


def evaluated_in_its_float_dtype(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """As :func:`evaluated_in_its_dtype`, of floating point or complex inputs and outputs: a quotient is not cast to an integer."""
    input = args[0] if args else kwargs["input"]
    if input.dtype.category < 2 or kwargs.get("dtype") is not None:
        return same_dtype(function, args, kwargs, outs)
    if outs[0].dtype.category < 2:
        function(*args, **kwargs)  # a dimension that does not exist comes first
        raise RuntimeError(f"result type {get_default_dtype().type_name} can't be cast to the desired output type {outs[0].dtype.type_name}")
    return evaluated_in_its_dtype(function, args, kwargs, outs)


def dtype_of_input(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """The output must have exactly the dtype of the input."""
    input = args[0] if args else kwargs["input"]
    if input.dtype is not outs[0].dtype:
        raise RuntimeError(f"Expected the dtype for input and out to match, but got {input.dtype.type_name} for input's dtype and "
                           f"{outs[0].dtype.type_name} for out's dtype.")
    return function(*args, **kwargs)


# -- of pointwise operations -------------------------------------------------------------------------


def found_dtype(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """The output must have exactly the dtype of the result; that comes before a dtype that has no kernel."""
    try:
        result = function(*args, **kwargs)
    except RuntimeError as error:
        expected = getattr(error, "result_dtype", None)
        if expected is not None and expected is not outs[0].dtype:
            raise RuntimeError(f"Found dtype {outs[0].dtype.type_name} but expected {expected.type_name}") from None
        raise
    if result.dtype is not outs[0].dtype:
        raise RuntimeError(f"Found dtype {outs[0].dtype.type_name} but expected {result.dtype.type_name}")
    return result


def found_dtype_of_reals(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """As :func:`found_dtype`, but the real result of a complex input can go to any floating point or complex output."""
    input = args[0] if args else kwargs["input"]
    return real_part_of_result(function, args, kwargs, outs) if input.dtype.is_complex else found_dtype(function, args, kwargs, outs)


def real_part_of_result(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """torch evaluates a real function of complex numbers in complex numbers, and puts the real parts into a real output: its layout, if it
    takes the result's shape, is contiguous. In a complex output it is the usual one of pointwise operations."""
    input = args[0] if args else kwargs["input"]
    result = function(*args, **kwargs)
    if not input.dtype.is_complex or result.shape == outs[0].shape:
        return result
    shape = input._view.shape
    return laid_out(result, usual_strides(input) if outs[0].dtype.is_complex else contiguous_strides(shape))


def laid_out(result: Tensor, strides: Strides) -> Tensor:
    """The result in memory of its own with the given strides (dense ones)."""
    view = result._view
    if view.strides == strides:
        return result
    out = View(view.storage.kernels.allocate(view.numel * view.dtype.itemsize), 0, view.shape, strides, view.dtype)
    view.storage.kernels.copy(out, view)
    return wrap(out)


def usual_strides(input: Tensor) -> Strides:
    """The strides of a pointwise function's result."""
    return elementwise_strides(input._view.shape, [(input._view.shape, input._view.strides)])


def found_dtype_with_numbers(function: Function, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """As :func:`found_dtype` if all operands but the first are numbers."""
    if any(isinstance(operand, Tensor) for operand in (*args[1:], *kwargs.values())):
        return function(*args, **kwargs)
    return found_dtype(function, args, kwargs, outs)


def boolean_output(function: Any, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
    """The output must be a bool tensor."""
    result = function(*args, **kwargs)
    if outs[0].dtype is not result.dtype:
        raise RuntimeError(f"{function.__name__} does not support non-boolean outputs.")
    return result


def no_cast(message: str) -> Function:
    """The output must have exactly the dtype of the result; the message may name both and the operation."""

    def rule(function: Any, args: Arguments, kwargs: Keywords, outs: Sequence[Tensor]) -> Any:
        result = function(*args, **kwargs)
        if outs[0].dtype is not result.dtype:
            raise RuntimeError(message.format(name=function.__name__, out=outs[0].dtype.type_name, result=result.dtype.type_name))
        return result

    return rule
