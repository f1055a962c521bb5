"""Numerical checks of gradients: analytical Jacobians against central differences."""

from __future__ import annotations

from typing import Any, Callable
from warnings import warn

from ..foundation.dtypes import complex128, float64
from ..tensor import Tensor
from .engine import grad
from .forward_ad import dual_level, make_dual, unpack_dual
from .function import Function

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


_NOTES = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'


class GradcheckError(RuntimeError):
    """The analytical gradient does not agree with the numerical one."""


def gradcheck(func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False, check_batched_grad: bool = False,
              check_batched_forward_grad: bool = False, check_forward_ad: bool = False, check_backward_ad: bool = True, fast_mode: bool = False,
              masked: bool | None = None) -> bool:
    """Compare the gradients of ``func`` with central differences at ``inputs``.

    Every input that requires grad should be float64 or complex128. The Jacobian of each output with respect to each such input is compared
    entry by entry: ``|analytical - numerical| <= atol + rtol * |numerical|``. For a complex input the numerical derivative is taken along the
    real and the imaginary axis. ``check_forward_ad`` compares the tangents of dual tensors as well, ``check_undefined_grad`` lets each output have
    no cotangent, from which no gradient but zero may come. ``fast_mode``, where torch compares one random combination of the entries, compares
    all of them, too; the options for batches and sparse tensors have no effect.

    >>> gradcheck(lambda x: x.exp(), (tensor([0., 1.], dtype=float64, requires_grad=True),))
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    try:
        _check(func, arguments, eps, atol, rtol, nondet_tol, check_backward_ad, check_forward_ad)
        if check_undefined_grad and check_backward_ad:
            _check_undefined(func, arguments)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check(func: Callable[..., Any], inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, nondet_tol: float, backward: bool,
           forward: bool) -> None:
    tracked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not tracked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.")
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and x.dtype not in (float64, complex128):
            warn(f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will likely fail if all the "
                 "inputs are not of double precision floating point or complex. ", stacklevel=3)
        if isinstance(x, Tensor) and x.requires_grad and any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape)):
            raise RuntimeError(f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be "
                               "able to compute the numerical gradients correctly. You should call .contiguous on the input before "
                               "passing it to gradcheck.")
    results = _outputs(func, inputs)
    if not any(output.requires_grad for output in results) and (backward or forward):
        for o, x in ((o, x) for o in range(len(results)) for x in tracked):
            if any(value for row in _numerical(func, inputs, x, o, eps) for value in row):
                raise GradcheckError("Numerical gradient for function expected to be zero")
    for o, output in enumerate(results):
        if not output.requires_grad:
            continue
        for i, x in enumerate(inputs):
            if not (isinstance(x, Tensor) and x.requires_grad):
                continue
            numerical = _numerical(func, inputs, x, o, eps)
            if forward:
                _compare(x, _forward(func, inputs, i, o), numerical, atol, rtol, o, i, "computed with forward mode ")
            if not backward:
                continue
            analytical = _analytical(output, x)
            repeated = _analytical(output, x)
            for row, again in zip(analytical, repeated):
                if any(abs(a - b) > nondet_tol for a, b in zip(row, again) if a == a and b == b):
                    raise GradcheckError("Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
                                         "different values, although analytical gradient matches numerical gradient.")
            _compare(x, analytical, numerical, atol, rtol, o, i)


def _compare(x: Tensor, analytical: list[list[Any]], numerical: list[list[float]], atol: float, rtol: float, o: int, i: int, mode: str = "") -> None:
    for row, expected in zip(analytical, numerical):
        for a, n in zip(row, expected):
            if not abs(a - n) <= atol + rtol * abs(n):
                raise GradcheckError(f"Jacobian {mode}mismatch for output {o} with respect to input {i},\n"
                                     f"numerical:{_matrix(x, numerical)}\nanalytical:{_matrix(x, analytical)}\n")


class _NoCotangent(Function):
    """The identity, through which no cotangent comes back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)  # type: ignore[attr-defined, no-any-return]

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> None:
        return None


def _check_undefined(func: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    """Without a cotangent for all outputs, and for each in turn, gradients are None or zero."""
    tracked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    count = len(_tracked_outputs(func, inputs))
    for chosen in [range(count), *([k] for k in range(count) if count > 1)]:
        outputs = [_NoCotangent.apply(o) if k in chosen else o for k, o in enumerate(_tracked_outputs(func, inputs))]
        if not outputs:
            return
        try:
            gradients = grad(outputs, tracked, [o.detach() * 0 for o in outputs], allow_unused=True)
        except RuntimeError as error:
            raise GradcheckError(f"Expected backward function to handle undefined output grads. {_NOTES}") from error
        if any(g is not None and g.ne(0).any() for g in gradients):
            raise GradcheckError(f"Expected all input grads to be undefined or zero when all output grads are undefined or zero. {_NOTES}")


def _tracked_outputs(func: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Tensor]:
    return [o for o in _outputs(func, inputs) if o.requires_grad]


def _matrix(x: Tensor, rows: list[list[Any]]) -> Any:
    """A Jacobian as torch prints it: a row for each component of the input."""
    return x.detach().new_tensor([list(column) for column in zip(*rows)]).real


def _outputs(func: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Tensor]:
    result = func(*inputs)
    return [t for t in (result if isinstance(result, (tuple, list)) else (result,)) if isinstance(t, Tensor) and t.dtype.category > 1]


def _basis(output: Tensor) -> list[Tensor]:
    """Cotangents that read off one real component of the output each."""
    found = []
    for k in range(output.numel()):
        for unit in (1.0, 1j) if output.is_complex() else (1.0,):
            values: list[Any] = [0.0] * output.numel()
            values[k] = unit
            found.append(output.detach().new_tensor(values).reshape(output.shape))
    return found


def _analytical(output: Tensor, x: Tensor) -> list[list[Any]]:
    """One row for each real component of the output: its gradient, as real components of ``x``."""
    rows = []
    for cotangent in _basis(output):
        (value,) = grad(output, x, cotangent, retain_graph=True, allow_unused=True)
        flat = [0.0] * x.numel() if value is None else value.reshape(-1).tolist()
        rows.append([part for z in flat for part in ((z.real, z.imag) if isinstance(z, complex) else (z, 0.0))] if x.is_complex() else flat)
    return rows


def _forward(func: Callable[..., Any], inputs: tuple[Any, ...], which: int, o: int) -> list[list[Any]]:
    """The same Jacobian from the tangents of dual tensors, a column for each real component of an input."""
    columns = []
    for direction in _basis(inputs[which]):
        with dual_level():
            duals = [x.detach() if isinstance(x, Tensor) and x.requires_grad else x for x in inputs]
            duals[which] = make_dual(duals[which], direction)
            output = _outputs(func, tuple(duals))[o]
            tangent = unpack_dual(output).tangent
            columns.append(_components(output.detach() * 0 if tangent is None else tangent))
    return [list(row) for row in zip(*columns)]


def _numerical(func: Callable[..., Any], inputs: tuple[Any, ...], x: Tensor, which: int, eps: float) -> list[list[float]]:
    original = x.detach().clone()
    directions = (eps, eps * 1j) if x.is_complex() else (eps,)
    columns = []
    data = x.data
    for k in range(x.numel()):
        for step in directions:
            sides = []
            for sign in (1, -1):
                flat = original.reshape(-1).tolist()
                flat[k] += sign * step
                data.copy_(original.new_tensor(flat).reshape(original.shape))
                sides.append(_components(_outputs(func, inputs)[which]))
            columns.append([(a - b) / (2 * eps) for a, b in zip(*sides)])
    data.copy_(original)
    return [list(row) for row in zip(*columns)] if columns else []


def _components(t: Tensor) -> list[float]:
    flat = t.detach().reshape(-1).tolist()
    return [part for z in flat for part in (z.real, z.imag)] if t.is_complex() else flat


def gradgradcheck(func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True, nondet_tol: float = 0.0,
                  check_undefined_grad: bool = True, check_grad_dtypes: bool = False, check_batched_grad: bool = False,
                  check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True, fast_mode: bool = False, masked: bool = False) -> bool:
    """:func:`gradcheck` of the gradient of ``func``: the second derivatives. Cotangents that are not given are drawn from [-1, 1)."""
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_batched_grad=True requires check_rev_over_rev to be True")
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if grad_outputs is None:
        cotangents = [_random_like(o, gen_non_contig_grad_outputs) for o in _tracked_outputs(func, arguments)]
    else:
        cotangents = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    count = len(arguments)

    def first_derivatives(*args: Any) -> tuple[Tensor, ...]:
        tracked = [x for x in args[:count] if isinstance(x, Tensor) and x.requires_grad]
        found = grad(_tracked_outputs(func, args[:count]), tracked, args[count:], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(first_derivatives, (*arguments, *cotangents), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
                     nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_forward_ad=check_fwd_over_rev,
                     check_backward_ad=check_rev_over_rev)


def _random_like(output: Any, noncontiguous: bool) -> Any:
    shape, parts = list(output.shape), (2,) if output.is_complex() else ()
    if noncontiguous := noncontiguous and output.numel() > 1:
        shape[-1] *= 2
    drawn = output.detach().new_empty((*shape, *parts), dtype=output.dtype.real).uniform_(-1, 1).view(output.dtype).reshape(shape)
    return (drawn[..., 1::2] if noncontiguous else drawn).requires_grad_()
