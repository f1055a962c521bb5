"""The overloads of aten that are not called as the operation of the same name is: which operations each needs, and how it calls them."""

from __future__ import annotations

from typing import Any, Callable

from ...foundation.dtypes import float32
from ...operations.operation import operations
from ..pooling.maxima import put_back
from ..views.slices import slice_
from .networks import NETWORKS


def _call(name: str) -> Callable[..., Any]:
    """An operation of the registry, looked up when it is called."""
    return lambda *args, **kwargs: operations[name].function(*args, **kwargs)


def _given(**options: Any) -> dict[str, Any]:
    """The options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def _softmax(name: str) -> Callable[..., Any]:
    def softmax(self: Any, dim: int, half_to_float: bool) -> Any:
        return _call(name)(self, dim, **({"dtype": float32} if half_to_float else {}))

    return softmax


def _to_copy(self: Any, dtype: Any, layout: Any, device: Any, pin_memory: Any, non_blocking: bool, memory_format: Any) -> Any:
    return self.to(**_given(dtype=dtype or self.dtype, device=device, memory_format=memory_format), copy=True)


def _index(self: Any, indices: Any) -> Any:
    return self[tuple([slice(None) if index is None else index for index in indices])]


def _index_put(self: Any, indices: Any, values: Any, accumulate: bool) -> Any:
    return self.clone().index_put_(tuple([slice(None) if index is None else index for index in indices]), values, accumulate)


def _elu(self: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    """``scale`` times the input where it is positive, else times ``alpha (exp(input_scale x) - 1)``."""
    if scale == input_scale == 1:
        return _call("nn.functional.elu" if "nn.functional.elu" in operations else "elu")(self, alpha)
    return _call("where")(self > 0, self * scale, (self * input_scale).expm1() * (alpha * scale))


def _padded(mode: str) -> tuple[tuple[str, ...], Callable[..., Any]]:
    return ("_pad_with_own",), lambda self, padding: _call("_pad_with_own")(self, tuple(padding), mode)


def _adaptive(layer: str) -> tuple[tuple[str, ...], Callable[..., Any]]:
    return ("_adaptive_avg_pool",), lambda self, output_size: _call("_adaptive_avg_pool")(self, tuple(output_size), layer)


def _avg_pool2d_backward(grad_output: Any, self: Any, **numbers: Any) -> Any:
    return _call("_avg_pool_backward")(grad_output, self.shape, *numbers.values(), 2)


def _max_pool2d_backward(grad_output: Any, self: Any, indices: Any, **numbers: Any) -> Any:
    return put_back(grad_output, indices, self.shape, 2)


def _upsample(mode: str) -> Callable[..., Any]:
    def upsample(input: Any, output_size: Any, scale_factors: Any, align_corners: bool = False) -> Any:
        return _call("_interpolate")(input, output_size, scale_factors, mode, align_corners, False)

    return upsample


# By overload, the names of the operations that it needs, and the function of the schema's parameters.
TRANSLATIONS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    **NETWORKS,
    "_softmax.default": (("softmax",), _softmax("softmax")),
    "_log_softmax.default": (("log_softmax",), _softmax("log_softmax")),
    "_to_copy.default": (("to",), _to_copy),
    "_adaptive_avg_pool2d.default": _adaptive("adaptive_avg_pool2d"),
    "_adaptive_avg_pool2d_backward.default": (("_adaptive_avg_pool_backward",), lambda grad_output, self: _call("_adaptive_avg_pool_backward")(
        grad_output, self.shape, tuple(grad_output.shape[-2:]))),
    "_adaptive_avg_pool3d.default": _adaptive("adaptive_avg_pool3d"),
    "_local_scalar_dense.default": ((), lambda self: self.item()),
    "_cdist_forward.default": (("cdist",), lambda x1, x2, p, compute_mode: _call("cdist")(x1, x2, p)),
    "_pdist_forward.default": (("pdist",), lambda self, p: _call("pdist")(self, p)),
    "add.Scalar": (("add",), lambda self, other, alpha: _call("add")(self, other, alpha=alpha)),
    "alias.default": (("view",), lambda self: self.view(self.shape)),
    "any.dims": (("any",), lambda self, dim, keepdim: self.any(dim, keepdim)),
    "avg_pool2d_backward.default": (("_avg_pool_backward",), _avg_pool2d_backward),
    "copy.default": (("copy_",), lambda self, src, non_blocking: self.clone().copy_(src)),
    "elu.default": (("where", "expm1"), _elu),
    "fill.Scalar": (("full_like",), lambda self, value: _call("full_like")(self, value)),
    "index.Tensor": (("__getitem__",), _index),
    "index_put.default": (("index_put_",), _index_put),
    "max_pool2d_with_indices_backward.default": (("max_pool2d_with_indices",), _max_pool2d_backward),
    "randperm.default": (("randperm",), lambda n, dtype, layout, device, pin_memory: _call("randperm")(
        n, **({} if dtype == 4 else _given(dtype=dtype)), **_given(device=device))),
    "reflection_pad1d.default": _padded("reflect"),
    "reflection_pad2d.default": _padded("reflect"),
    "reflection_pad3d.default": _padded("reflect"),
    "replication_pad2d.default": _padded("replicate"),
    "replication_pad3d.default": _padded("replicate"),
    "slice.Tensor": ((), lambda self, dim, start, end, step: slice_(self, dim, start, end, step)),
    "sub.Scalar": (("sub",), lambda self, other, alpha: _call("sub")(self, other, alpha=alpha)),
    "sym_numel.default": ((), lambda self: self.numel()),
    "sym_size.int": ((), lambda self, dim: self.size(dim)),
    "sym_storage_offset.default": ((), lambda self: self.storage_offset()),
    "sym_stride.int": ((), lambda self, dim: self.stride(dim)),
    "upsample_bilinear2d.vec": (("_interpolate",), _upsample("bilinear")),
    "upsample_nearest2d.vec": (("_interpolate",), _upsample("nearest")),
}  # fmt: skip
