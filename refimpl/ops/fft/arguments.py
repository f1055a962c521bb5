"""What the transforms ask of their arguments, and how these are read: dtypes, lengths, dimensions, norms."""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.dtypes import all_dtypes, bfloat16, float16, get_default_dtype
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import OutputKind, exact
from ...tensor import Tensor

_COMPLEX = tuple(d for d in all_dtypes if d.is_complex)
_FLOATING = tuple(d for d in all_dtypes if d.is_floating_point)


def complex_output(name: str) -> OutputKind:
    """An output of any complex dtype."""
    return exact(f"{name} expects a complex output tensor, but got {{out}}")._replace(dtypes=_COMPLEX, layout="contiguous")


def conjugated_output(name: str) -> Any:
    """An output of any complex dtype for a complex input; for a real one, whose transform is conjugated, of exactly the result's."""
    loose = complex_output(name)
    strict = exact("Found dtype {out} but expected {result}")._replace(also=(str(loose.words),))
    return lambda bound: loose if bound["input"].is_complex() else strict


def real_output(name: str) -> OutputKind:
    """An output of any floating point dtype."""
    return exact(f"{name} expects a floating point output tensor, but got {{out}}")._replace(dtypes=_FLOATING, layout="contiguous")


# -- constraints -----------------------------------------------------------------------------------------------------


def transformable(require: Any, input: Tensor, norm: Any) -> None:
    """A dtype that is transformed, and a norm that there is."""
    require(input.dtype not in (float16, bfloat16), RuntimeError, "Unsupported dtype {}", input.dtype.type_name)
    require(norm in (None, "forward", "backward", "ortho"), RuntimeError, "Invalid normalization mode: \"{}\"", norm)


def one_dimension(require: Any, input: Tensor, n: int | None, dim: int) -> None:
    """A dimension of the input, and a length of at least 1."""
    require.dimension(dim, input, zero_dim=False)
    size = input.shape[wrap_dim(dim, input.dim())] if n is None else n
    require(size >= 1, RuntimeError, "Invalid number of data points ({}) specified", size)


def one_halved_dimension(require: Any, input: Tensor, n: int | None, dim: int) -> None:
    """The same, where the length is by default that of which the input is one half."""
    require.dimension(dim, input, zero_dim=False)
    size = 2 * (input.shape[wrap_dim(dim, input.dim())] - 1) if n is None else n
    require(size >= 1, RuntimeError, "Invalid number of data points ({}) specified", size)


def several_dimensions(require: Any, input: Tensor, s: Any, dim: Any) -> None:
    """Different dimensions of the input, and for each a length of at least 1, if lengths are given; -1 stands for the input's."""
    _dimensions(require, input, s, dim)
    dims = chosen_dims(input, s, dim)
    sizes = chosen_sizes(input, s, dims)
    wrong = next((size for size in sizes if size < 1), None)
    require(wrong is None, RuntimeError, "Invalid number of data points ({}) specified", wrong)


def several_dimensions_halved(require: Any, input: Tensor, s: Any, dim: Any) -> None:
    """The same, where the last length is by default that of which the input is one half."""
    _dimensions(require, input, s, dim)
    dims = chosen_dims(input, s, dim)
    if dims:
        sizes = [*chosen_sizes(input, s, dims)[:-1], last_size(input, s, dims)]
        wrong = next((size for size in sizes if size < 1), None)
        require(wrong is None, RuntimeError, "Invalid number of data points ({}) specified", wrong, also=(
            (RuntimeError, f"Invalid number of data points ({input.shape[dims[-1]]}) specified"),) if not input.shape[dims[-1]] else ())  # fmt: skip


def no_more_lengths(require: Any, input: Tensor, s: Any, dim: Any) -> None:
    """Not more lengths than dimensions, where these are not given."""
    s = _several(s)
    require(s is None or dim is not None or len(s) <= input.dim(), RuntimeError,
            "Got shape with {} values but input tensor only has {} dimensions.", len(s or ()), input.dim())  # fmt: skip


def _dimensions(require: Any, input: Tensor, s: Any, dim: Any) -> None:
    if dim is None:
        return
    ndim = input.dim()
    s, dim = _several(s), _several(dim)
    for d in dim:
        require.dimension(d, input, zero_dim=False)
    require(len({d % ndim for d in dim if ndim}) == len(dim), RuntimeError, "FFT dims must be unique")
    require(s is None or len(s) == len(dim), RuntimeError, "When given, dim and shape arguments must have the same length")


def at_least_one(require: Any, name: str, input: Tensor, s: Any, dim: Any) -> None:
    """At least one dimension."""
    s, dim = _several(s), _several(dim)
    count = len(dim) if dim is not None else len(s) if s is not None else input.dim()
    require(count, RuntimeError, "{} must transform at least one axis", name)


# -- the arguments of a valid call -------------------------------------------------------------------------------------


def _several(value: Any) -> Any:
    """One length, or dimension, stands for a tuple of one."""
    return (value,) if isinstance(value, int) else value


def chosen_dims(input: Tensor, s: Sequence[int] | None, dim: Sequence[int] | None) -> tuple[int, ...]:
    """The dimensions that are transformed: those that are given, or else the last ones, as many as there are lengths, or else all."""
    ndim = input.dim()
    s, dim = _several(s), _several(dim)
    if dim is not None:
        return tuple([d % ndim for d in dim])
    return tuple(range(0 if s is None else ndim - len(s), ndim))


def chosen_sizes(input: Tensor, s: Sequence[int] | None, dims: Sequence[int]) -> list[int]:
    """The lengths to which the input is cut off or continued with zeros."""
    s = _several(s)
    return [input.shape[d] if s is None or s[i] == -1 else s[i] for i, d in enumerate(dims)]


def last_size(input: Tensor, s: Sequence[int] | None, dims: Sequence[int]) -> int:
    """The length of the result's last dimension where the input is half a spectrum."""
    s = _several(s)
    return 2 * (input.shape[dims[-1]] - 1) if s is None or s[-1] == -1 else s[-1]


def normalization(norm: str | None, forward: bool) -> int:
    """What the norm of a forward or inverse transform divides by: 0 nothing, 1 the root of the number of elements, 2 their number."""
    if norm == "ortho":
        return 1
    return 2 if forward == (norm == "forward") else 0


def as_float(input: Tensor) -> Tensor:
    """Integers and bool become the default dtype."""
    return input.to(get_default_dtype()) if input.dtype.category < 2 else input


def as_complex(input: Tensor) -> Tensor:
    """Real numbers become complex ones of the same precision."""
    return input if input.is_complex() else input.to(as_dtype(input).to_computed_complex())


def as_dtype(input: Tensor) -> Any:
    """The dtype in which the input is transformed: the default one for integers and bool."""
    return get_default_dtype() if input.dtype.category < 2 else input.dtype
