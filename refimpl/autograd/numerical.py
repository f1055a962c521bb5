"""Numerical checks of gradients: analytical Jacobians against central differences."""

from __future__ import annotations

from typing import Any, Callable

from ..tensor import Tensor
from .engine import grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """The analytical gradient does not agree with the numerical one."""


def gradcheck(func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False) -> bool:
    """Compare the gradients of ``func`` with central differences at ``inputs``.

    Every input that requires grad should be float64 or complex128. The Jacobian of each output with respect to each such input is compared
    entry by entry: ``|analytical - numerical| <= atol + rtol * |numerical|``. For a complex input the numerical derivative is taken along the
    real and the imaginary axis.

    >>> gradcheck(lambda x: x.exp(), (tensor([0., 1.], dtype=float64, requires_grad=True),))
    True
    """
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    try:
        _check(func, arguments, eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check(func: Callable[..., Any], inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, nondet_tol: float) -> None:
    tracked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not tracked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.")
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape)):
            raise RuntimeError(f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be "
                               "able to compute the numerical gradients correctly. You should call .contiguous on the input before "
                               "passing it to gradcheck.")
    for o, output in enumerate(_outputs(func, inputs)):
        if not output.requires_grad:
            continue
        for i, x in enumerate(inputs):
            if not (isinstance(x, Tensor) and x.requires_grad):
                continue
            analytical = _analytical(output, x)
            repeated = _analytical(output, x)
            for row, again in zip(analytical, repeated):
                if any(abs(a - b) > nondet_tol for a, b in zip(row, again) if a == a and b == b):
                    raise GradcheckError("Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
                                         "different values, although analytical gradient matches numerical gradient.")
            numerical = _numerical(func, inputs, x, o, eps)
            for row, expected in zip(analytical, numerical):
                for a, n in zip(row, expected):
                    if not abs(a - n) <= atol + rtol * abs(n):
                        raise GradcheckError(f"Jacobian mismatch for output {o} with respect to input {i},\n"
                                             f"numerical:{_matrix(x, numerical)}\nanalytical:{_matrix(x, analytical)}\n")


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
                  raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
                  gen_non_contig_grad_outputs: bool = False) -> bool:
    """:func:`gradcheck` of the gradient of ``func``: the second derivatives. Cotangents that are not given are drawn at random."""
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    outputs = _outputs(func, arguments)
    if grad_outputs is None:
        cotangents = [_random_like(o).requires_grad_() for o in outputs]
    else:
        cotangents = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    count = len(arguments)

    def first_derivatives(*args: Any) -> tuple[Tensor, ...]:
        tracked = [x for x in args[:count] if isinstance(x, Tensor) and x.requires_grad]
        found = grad(_outputs(func, args[:count]), tracked, args[count:], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(first_derivatives, (*arguments, *cotangents), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
                     nondet_tol=nondet_tol)


def _random_like(output: Tensor) -> Tensor:
    from random import gauss

    values = [complex(gauss(0, 1), gauss(0, 1)) if output.is_complex() else gauss(0, 1) for _ in range(output.numel())]
    return output.detach().new_tensor(values).reshape(output.shape)
